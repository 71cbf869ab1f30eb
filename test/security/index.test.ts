/** The page about security names a test for each try and each hole: every test it names exists. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';

const page = readFileSync('docs/security.md', 'utf8');

/** Test files by their name without the ending; several may share one. */
const texts = new Map<string, string>();
for (const entry of readdirSync('test', { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !entry.name.endsWith('.test.ts')) continue;
  const name = basename(entry.name, '.test.ts');
  texts.set(name, `${texts.get(name) ?? ''}\n${readFileSync(join(entry.parentPath, entry.name), 'utf8')}`);
}

/** `file 'title'`, in the last column of a table; a title may end with an ellipsis. */
const named = page
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .flatMap((line) => [...(line.split(' | ').at(-1) ?? '').matchAll(/([\w-]+) '([^']+)'/g)])
  .map(([, file = '', title = '']) => ({ file, title }));

test('the page names tests', () => expect(named.length).toBeGreaterThan(50));

test.each(named)("$file '$title'", ({ file, title }) => {
  expect(texts.get(file), `no test file ${file}.test.ts`).toBeDefined();
  expect(texts.get(file)).toContain(`'${title.replace(/…$/, '')}`);
});

test('every line of the two tables names a test', () => {
  for (const heading of ['## Hostile tries', '## Known holes of the reference']) {
    const section = page.slice(page.indexOf(heading)).split('\n## ')[0] ?? '';
    const lines = section.split('\n').filter((line) => line.startsWith('| '));
    expect(lines.length).toBeGreaterThan(8);
    for (const line of lines.slice(1)) expect(line.split(' | ').at(-1), line).toMatch(/[\w-]+ '[^']+'/);
  }
});
