/** Where rule files (`*.rules`) stand, their texts, and the one line that an approval may add to the user's own. */
import { appendFile, mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf, messageOf } from '../base/errors.ts';
import { ConfigError } from './config-error.ts';
import type { ConfigLayer } from './layers.ts';

export interface RuleText {
  readonly file: string;
  readonly text: string;
}

/** Beside each layer that counts, weakest first. */
export function ruleDirectories(layers: readonly ConfigLayer[]): string[] {
  const directories = layers.flatMap(({ name, disabledReason }) => {
    if (disabledReason !== undefined) return [];
    if (name.type === 'project') return [join(name.dotCodexFolder, 'rules')];
    return name.type === 'system' || name.type === 'user' ? [join(dirname(name.file), 'rules')] : [];
  });
  return [...new Set(directories)];
}

const isMissing = (error: unknown): boolean => errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR';

/** In the order of their names. Rejects with `ConfigError` when a directory or a file is there and cannot be read. */
export async function readRuleTexts(directories: readonly string[]): Promise<RuleText[]> {
  const perDirectory = await Promise.all(directories.map(textsIn));
  return perDirectory.flat();
}

async function textsIn(directory: string): Promise<RuleText[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw new ConfigError('meaning', `failed to read rules directory ${directory}: ${messageOf(error)}`, { file: directory });
  });
  const files = names.filter((name) => name.endsWith('.rules')).sort();
  return Promise.all(
    files.map(async (name) => {
      const file = join(directory, name);
      try {
        return { file, text: await readFile(file, 'utf8') };
      } catch (error) {
        throw new ConfigError('meaning', `failed to read rules file ${file}: ${messageOf(error)}`, { file });
      }
    }),
  );
}

/** Adds `line` to the user's `rules/default.rules` unless it stands there already. Waits for other programs that do the same. */
export async function appendRule(home: string, line: string): Promise<void> {
  const directory = join(home, 'rules');
  const file = join(directory, 'default.rules');
  await mkdir(directory, { recursive: true });
  const { default: lockfile } = await import('proper-lockfile');
  const release = await lockfile.lock(file, { realpath: false, retries: { retries: 20, minTimeout: 10, maxTimeout: 200 } });
  try {
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      if (isMissing(error)) return '';
      throw error;
    });
    if (text.split('\n').includes(line)) return;
    const gap = text === '' || text.endsWith('\n') ? '' : '\n';
    await appendFile(file, `${gap}${line}\n`, { mode: 0o600 });
  } finally {
    await release();
  }
}
