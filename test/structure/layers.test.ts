/** The layering of docs/architecture.md and the size of files are build failures, not advice. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';

const sources = (dir: string): string[] =>
  readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) return sources(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });

test('every import points the way the layering allows, without cycles', async () => {
  const run = await execa('npx', ['depcruise', 'src', '--config', '.dependency-cruiser.cjs', '--output-type', 'err'], {
    reject: false,
    all: true,
  });
  expect(run.all).toContain('no dependency violations found');
}, 60_000);

test('no file is too long to read: 400 lines, 500 for pure schema files', () => {
  const long = sources('src')
    .map((path) => ({ path, lines: readFileSync(path, 'utf8').split('\n').length - 1 }))
    .filter(({ path, lines }) => lines > (path.startsWith(join('src', 'protocol')) ? 500 : 400));
  expect(long).toEqual([]);
});

test('escape hatches of the type system are not used', () => {
  // Tests may say what must not compile.
  const banned = /\bas any\b[;,)\]]|: any[;,)\]>]|@ts-ignore|\.only\(|\.skip\(/;
  const found = [...sources('src'), ...sources('test')]
    .filter((path) => !path.endsWith('layers.test.ts'))
    .flatMap((path) =>
      readFileSync(path, 'utf8')
        .split('\n')
        .flatMap((line, index) => (banned.test(line) && !line.includes('biome-ignore') ? [`${path}:${index + 1} ${line.trim()}`] : [])),
    );
  expect(found).toEqual([]);
});
