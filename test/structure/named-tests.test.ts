/** The pages that say which test tries a claim: every test they name exists. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';

/** Test files by their name without the ending; several may share one. */
const texts = new Map<string, string>();
for (const entry of readdirSync('test', { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
  const name = basename(entry.name, '.ts').replace(/\.test$/, '');
  texts.set(name, `${texts.get(name) ?? ''}\n${readFileSync(join(entry.parentPath, entry.name), 'utf8')}`);
}

const rowsOf = (page: string): string[] => page.split('\n').filter((line) => line.startsWith('| '));
const lastColumn = (row: string): string => row.split(' | ').at(-1) ?? '';

describe.each([
  ['docs/security.md', 50],
  ['docs/exec-server.md', 150],
  ['docs/mcp-rules.md', 150],
])('%s', (path, atLeast) => {
  /** `file 'title'`, in the last column of a table; a title may end with an ellipsis. */
  const named = rowsOf(readFileSync(path, 'utf8'))
    .flatMap((row) => [...lastColumn(row).matchAll(/([\w-]+) '([^']+)'/g)])
    .map(([, file = '', title = '']) => ({ file, title }));

  test('it names tests', () => expect(named.length).toBeGreaterThan(atLeast));

  test.each(named)("$file '$title'", ({ file, title }) => {
    expect(texts.get(file), `no test file ${file}`).toBeDefined();
    expect(texts.get(file)).toContain(`'${title.replace(/…$/, '')}`);
  });
});

test('every line of the two tables of holes names a test', () => {
  const page = readFileSync('docs/security.md', 'utf8');
  for (const heading of ['## Hostile tries', '## Known holes of the reference']) {
    const section = page.slice(page.indexOf(heading)).split('\n## ')[0] ?? '';
    const lines = rowsOf(section);
    expect(lines.length).toBeGreaterThan(8);
    for (const line of lines.slice(1)) expect(lastColumn(line), line).toMatch(/[\w-]+ '[^']+'/);
  }
});

test('every rule of the exec protocol has a line, and every line a test unless the rule is not built', () => {
  /** How many rules each section of the specification has. */
  const sections: Readonly<Record<number, number>> = {
    ...{ 2: 9, 3: 16, 4: 17, 6: 1, 7: 41, 8: 20, 9: 9, 10: 31, 11: 8, 12: 14, 13: 2, 14: 2, 15: 1, 16: 6, 17: 1, 18: 1 },
    ...{ 19: 8, 20: 22, 21: 12, 22: 20, 23: 7, 25: 9 },
  };
  const rows = rowsOf(readFileSync('docs/exec-server.md', 'utf8')).filter((row) => !row.startsWith('| rules'));
  const covered = new Set(rows.flatMap((row) => (row.split(' | ')[0] ?? '').replace('| ', '').split(', ')));
  const rules = Object.entries(sections).flatMap(([section, count]) =>
    Array.from({ length: count }, (_, index) => `${section}.${index + 1}`),
  );
  const listed = [
    ...Array.from({ length: 23 }, (_, index) => `S${index + 1}`),
    ...Array.from({ length: 12 }, (_, index) => `C${index + 1}`),
  ];
  // 3.13 has its own heading in the specification, and the rule of the other direction has no number of its own.
  expect([...rules, ...listed].filter((rule) => !covered.has(rule))).toEqual([]);
  expect(rows.filter((row) => lastColumn(row) === '– |').map((row) => row.split(' | ')[0])).toEqual(['| 9.6', '| 13.2', '| 20.22, 21.12']);
});

test('every rule of MCP servers has a line, and every line that is built a test or a recording that is played', () => {
  /** How many rules each section of the specification has. */
  const sections: Readonly<Record<number, number>> = {
    ...{ 1: 8, 2: 13, 3: 13, 4: 9, 5: 12, 6: 15, 7: 13, 8: 14, 9: 11, 10: 7, 11: 13, 12: 31, 13: 9, 14: 9, 15: 10 },
    ...{ 17: 5, 18: 16, 20: 25 },
  };
  const page = readFileSync('docs/mcp-rules.md', 'utf8');
  const rows = rowsOf(page).filter((row) => !row.startsWith('| rule '));
  const covered = new Set(rows.flatMap((row) => rulesIn((row.split(' | ')[0] ?? '').replace('| ', ''))));
  const rules = Object.entries(sections).flatMap(([section, count]) =>
    Array.from({ length: count }, (_, index) => `${section}.${index + 1}`),
  );
  expect(rules.filter((rule) => !covered.has(rule))).toEqual([]);
  const scenes = readFileSync('bench/mcp/scenes.mjs', 'utf8');
  for (const row of rowsOf(page.split('## Not there')[0] ?? '').filter((one) => !one.startsWith('| rule ')))
    expect(lastColumn(row), row).toMatch(/[\w-]+ '[^']+'|recording [\w-]+/);
  for (const [, name = ''] of page.matchAll(/[,|] recording ([\w-]+)/g)) expect(scenes).toMatch(new RegExp(`^  '?${name}'?: `, 'm'));
});

/** `1.2, 3.4 to 3.6` in full. */
const rulesIn = (column: string): string[] =>
  column.split(', ').flatMap((part) => {
    const [, section = '', from = '', to = from] = /^(\d+)\.(\d+)(?: to \d+\.(\d+))?$/.exec(part) ?? [];
    return Array.from({ length: Number(to) - Number(from) + 1 }, (_, index) => `${section}.${Number(from) + index}`);
  });
