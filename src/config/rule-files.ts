/** Where rule files (`*.rules`) stand, their texts, and the one line that an approval may add to the user's own. */
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf, messageOf } from '../base/errors.ts';
import { ConfigError } from './config-error.ts';
import { withFileLock } from './file-lock.ts';
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

/** The file of the user's rules that approvals write to. */
export const approvedRulesFile = (home: string): string => join(home, 'rules', 'default.rules');

/** The lines of that file; none when there is no file. */
export async function approvedRuleLines(home: string): Promise<string[]> {
  const text = await readFile(approvedRulesFile(home), 'utf8').catch((error: unknown) => {
    if (isMissing(error)) return '';
    throw error;
  });
  return text.split('\n');
}

/** Adds `line` to the user's `rules/default.rules` unless it stands there already. */
export const appendRule = (home: string, line: string): Promise<void> =>
  rewrite(home, (lines) => {
    if (lines.includes(line)) return lines;
    return lines.at(-1) === '' ? lines.with(-1, line).concat('') : [...lines, line, ''];
  });

/** Takes `line` out of the user's `rules/default.rules`, wherever it stands. */
export const removeRule = (home: string, line: string): Promise<void> =>
  rewrite(home, (lines) => (lines.includes(line) ? lines.filter((each) => each !== line) : lines));

/** Once per home: takes out of the user's `rules/default.rules` what older programs saved there, each line that `isUnwanted`. */
export async function migrateRules(home: string, isUnwanted: (line: string) => boolean): Promise<void> {
  const marker = join(home, '.sandbox_migration');
  if (await stat(marker).catch(() => undefined)) return;
  if ((await approvedRuleLines(home)).some(isUnwanted)) await rewrite(home, (lines) => lines.filter((line) => !isUnwanted(line)));
  await writeFile(marker, 'v1\n', { mode: 0o600 });
}

/**
 * Puts what `change` makes of the lines in the place of the file, at once: whoever reads it, or kills us meanwhile, finds all
 * of the old text or all of the new one. Nothing is written when `change` gives the same array back. Waits for other programs
 * that do the same.
 */
async function rewrite(home: string, change: (lines: string[]) => string[]): Promise<void> {
  const file = approvedRulesFile(home);
  await withFileLock(file, async () => {
    const lines = await approvedRuleLines(home);
    const changed = change(lines);
    if (changed === lines) return;
    const { default: writeFileAtomic } = await import('write-file-atomic');
    // A file that is there keeps its mode.
    await writeFileAtomic(file, changed.join('\n'), lines.length === 1 && lines[0] === '' ? { mode: 0o600 } : {});
  });
}
