/** schema/ and docs/reference are what the rows say. `UPDATE_SCHEMA=1` rewrites them. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { describe, expect, test } from 'vitest';
import { appProtocol } from '../../src/protocol/app/index.ts';
import { execProtocol } from '../../src/protocol/exec/index.ts';
import { generatedFiles } from '../../src/protocol/export/index.ts';

const root = resolve(import.meta.dirname, '../..');
const update = process.env.UPDATE_SCHEMA === '1';

const protocols = [
  { protocol: appProtocol, name: 'app-server', title: 'The app-server protocol' },
  { protocol: execProtocol, name: 'exec-server', title: 'The exec-server protocol' },
];

describe.each(protocols)('$name', ({ protocol, name, title }) => {
  const generated = generatedFiles(protocol, { name, title });

  test('the committed files are the generated ones', async () => {
    if (update) await rewrite(name, generated);
    for (const [path, text] of generated) {
      const committed = await readFile(join(root, path), 'utf8').catch(() => '');
      // Comparing the texts themselves would print megabytes.
      expect(committed === text, `${path} is stale: run npm run generate`).toBe(true);
    }
  });

  test('nothing else lies in the folder', async () => {
    const found = await readdir(join(root, 'schema', name), { recursive: true, withFileTypes: true });
    const files = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    const expected = [...generated.keys()].filter((path) => path.startsWith('schema/')).map((path) => join(root, ...path.split('/')));
    expect(files.sort()).toEqual(expected.sort());
  });

  test('every reference has a definition', () => {
    const definitions = JSON.parse(generated.get(`schema/${name}/json/definitions.json`) ?? '{}').definitions;
    const texts = [...generated].filter(([path]) => path.includes(`${sep === '\\' ? '/' : sep}json${'/'}`)).map(([, text]) => text);
    const refs = texts.flatMap((text) => [...text.matchAll(/"\$ref": "[^"]*#\/definitions\/([^"]+)"/g)].map(([, ref]) => ref));
    expect(refs.length).toBeGreaterThan(10);
    expect(refs.filter((ref) => !Object.hasOwn(definitions, ref ?? ''))).toEqual([]);
  });
});

async function rewrite(name: string, files: ReadonlyMap<string, string>): Promise<void> {
  await rm(join(root, 'schema', name), { recursive: true, force: true });
  for (const [path, text] of files) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}
