/** The page about the rules names a test or a recording for each of them, and every test it names exists. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exists, testsNamedIn } from '../support/named-tests.ts';

const page = readFileSync('docs/mcp-rules.md', 'utf8');

test.each(testsNamedIn(page))("$file '$title'", (one) => {
  expect(exists(one)).toBe(true);
});

test('every rule has its test or its recording', () => {
  const built = page.split('## Not there')[0] ?? '';
  const rows = built.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| rule '));
  expect(rows.length).toBeGreaterThan(90);
  for (const row of rows) expect(row.split(' | ').at(-1), row).toMatch(/[\w-]+ '[^']+'|recording [\w-]+/);
});

test('the recordings are those that the replay has scenes for', () => {
  const scenes = readFileSync('bench/mcp/scenes.mjs', 'utf8');
  for (const [, name = ''] of page.matchAll(/[,|] recording ([\w-]+)/g)) expect(scenes).toMatch(new RegExp(`^  '?${name}'?: `, 'm'));
});

test('one module makes connections with the library', () => {
  const users = readdirSync('src', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => /import\('@modelcontextprotocol|^import \{[^}]*\} from '@modelcontextprotocol/m.test(readFileSync(file, 'utf8')));
  expect(users).toEqual(['src/mcp/client.ts']);
});
