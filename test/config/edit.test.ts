/** Writing the configuration: what stays, what is refused, and that a write means exactly what was asked for. */
import { mkdir, mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createConfiguration } from '../../src/config/configuration.ts';
import type { ConfigEdit } from '../../src/config/edit.ts';
import { parseToml } from '../../src/config/toml-file.ts';

let root: string;
let home: string;
let file: string;
beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'edit-')));
  home = join(root, 'home');
  file = join(home, 'config.toml');
});
afterEach(() => rm(root, { recursive: true, force: true }));

const user = async (text: string) => {
  await mkdir(home, { recursive: true });
  await writeFile(file, text);
};
const open = (overrides: string[] = []) =>
  createConfiguration({ home, cwd: root, overrides, env: {}, systemFile: join(root, 'none.toml') });
const set = (keyPath: string, value: unknown, mergeStrategy: ConfigEdit['mergeStrategy'] = 'replace'): ConfigEdit => ({
  keyPath,
  value,
  mergeStrategy,
});
const write = (edits: ConfigEdit[], more: { filePath?: string; expectedVersion?: string } = {}, configuration = open()) =>
  configuration.write({ edits, filePath: more.filePath, expectedVersion: more.expectedVersion });
const text = () => readFile(file, 'utf8');
const code = (name: string, message: unknown) => ({ kind: 'invalidRequest', message, data: { config_write_error_code: name } });

test('comments, order and blank lines stay', async () => {
  await user(
    '# top comment\nmodel = "a" # trailing\n\n# about the interface\n[tui] # ui\ntheme = "x"\n\n[features]\nmemories = true\n# end\n',
  );
  await write([set('model', 'b'), set('tui', { animations: false }, 'upsert'), set('model_verbosity', 'low')]);
  const after = await text();
  for (const comment of ['# top comment\nmodel = "b" # trailing', '# about the interface\n[tui] # ui', '# end'])
    expect(after).toContain(comment);
  expect(parseToml(after, file)).toEqual({
    model: 'b',
    model_verbosity: 'low',
    tui: { theme: 'x', animations: false },
    features: { memories: true },
  });
});

test('the first write makes the file, for its owner only', async () => {
  expect(await write([set('model', 'x')])).toMatchObject({ status: 'ok', filePath: file, overriddenMetadata: null });
  expect(await text()).toBe('model = "x"\n');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test('replace, upsert and null', async () => {
  await user('[tui]\na = 1\nb = 2\n');
  await write([set('tui', { b: 3, c: 4 }, 'upsert')]);
  expect(parseToml(await text(), file)).toEqual({ tui: { a: 1, b: 3, c: 4 } });
  await write([set('tui', { d: 5 })]);
  expect(parseToml(await text(), file)).toEqual({ tui: { d: 5 } });
  await write([set('tui.d', null), set('missing.key', null), set('other', { kept: 1, gone: null })]);
  expect(parseToml(await text(), file)).toEqual({ tui: {}, other: { kept: 1 } });
});

test('keys with dots, quoted or inside a map', async () => {
  await write([
    set('projects', { '/a/b.c': { trust_level: 'trusted' } }, 'upsert'),
    set('"tui"."x.y"', 1),
    set("hooks.state.'/f:pre:0'.trusted_hash", 'sha256:1'),
  ]);
  expect(parseToml(await text(), file)).toEqual({
    projects: { '/a/b.c': { trust_level: 'trusted' } },
    tui: { 'x.y': 1 },
    hooks: { state: { '/f:pre:0': { trusted_hash: 'sha256:1' } } },
  });
});

test('the version says whether somebody else wrote', async () => {
  await user('model = "a"\nlog_dir = "relative"\n');
  const configuration = open();
  const read = await configuration.read({ includeLayers: true, cwd: undefined });
  const version = read.layers?.find(({ name }) => name.type === 'user')?.version ?? '';
  const first = await write([set('model', 'b')], { expectedVersion: version }, configuration);
  expect(first.version).not.toBe(version);
  await expect(write([set('model', 'c')], { expectedVersion: version }, configuration)).rejects.toMatchObject(
    code('configVersionConflict', 'Configuration was modified since last read. Fetch latest version and retry.'),
  );
  expect(await write([set('model', 'b')], { expectedVersion: first.version }, configuration)).toMatchObject({ version: first.version });
});

describe('refused, and nothing is written', () => {
  const cases: [string, ConfigEdit[], string][] = [
    ['an empty key', [set('', 1)], 'keyPath must not be empty'],
    ['an empty part', [set('a..b', 1)], 'keyPath segments must not be empty'],
    ['below a value', [set('model.sub', 1)], 'cannot set value on non-table parent'],
    [
      'a wrong word',
      [set('approval_policy', 'zz')],
      'Invalid configuration: unknown variant `zz`, expected one of `untrusted`, `on-failure`, `on-request`, `granular`, `never`\nin `approval_policy`\n',
    ],
    ['a wrong type', [set('model', 5)], 'Invalid configuration: invalid type: integer `5`, expected a string\nin `model`\n'],
    [
      'one bad edit of two',
      [set('model', 'fine'), set('mcp_servers.y', { args: ['1'] }, 'upsert')],
      'Invalid configuration: invalid transport\nin `mcp_servers.y`\n',
    ],
    [
      'the profile',
      [set('profile', 'x')],
      '`profile` is a legacy config selector and can no longer be written; use `--profile <name>` with `<name>.config.toml` instead',
    ],
  ];
  test.each(cases)('%s', async (_name, edits, message) => {
    const before = 'model = "a"\n';
    await user(before);
    await expect(write(edits)).rejects.toMatchObject(code('configValidationError', message));
    expect(await text()).toBe(before);
  });

  test('another file', async () => {
    await user('');
    for (const filePath of [join(root, 'other.toml'), 'relative.toml'])
      await expect(write([set('model', 'x')], { filePath })).rejects.toMatchObject(
        code('configLayerReadonly', 'Only writes to the user config are allowed'),
      );
    await expect(write([set('model', 'x')], { filePath: file })).resolves.toMatchObject({ status: 'ok' });
  });

  test('a file that is no TOML', async () => {
    await user('a = = 1');
    await expect(write([set('model', 'x')])).rejects.toMatchObject({ kind: 'internal', message: expect.stringContaining(`${file}:1:5`) });
    expect(await text()).toBe('a = = 1');
  });
});

test('a write that something stronger hides says so', async () => {
  const result = await write([set('model_verbosity', 'high')], {}, open(['model_verbosity="low"']));
  expect(result).toMatchObject({
    status: 'okOverridden',
    overriddenMetadata: {
      message: 'Overridden by session flags',
      overridingLayer: { name: { type: 'sessionFlags' } },
      effectiveValue: 'low',
    },
  });
  expect(await text()).toBe('model_verbosity = "high"\n');
});

test('edits at the same time all arrive', async () => {
  const configuration = open();
  await Promise.all(Array.from({ length: 20 }, (_, index) => write([set(`tui.k${index}`, index)], {}, configuration)));
  expect(Object.keys(Object(parseToml(await text(), file).tui))).toHaveLength(20);
});

test('whatever stands in the file, a write changes its key and nothing else', async () => {
  const key = fc.stringMatching(/^[a-z"' .#[\]=é-]{1,6}$/).filter((name) => name.trim() !== '');
  const leaf = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.integer({ min: -1e9, max: 1e9 }),
    fc.boolean(),
    fc.array(fc.integer({ max: 99 }), { maxLength: 3 }),
  );
  const table = fc.dictionary(
    key,
    fc.oneof(leaf, fc.dictionary(key, fc.oneof(leaf, fc.dictionary(key, leaf, { maxKeys: 2 })), { maxKeys: 3 })),
    { maxKeys: 4 },
  );
  const { stringify } = await import('smol-toml');
  await fc.assert(
    fc.asyncProperty(
      table,
      fc.array(fc.tuple(fc.constantFrom('desktop', 'audio', 'goals'), key, fc.oneof(leaf, table)), { minLength: 1, maxLength: 3 }),
      async (start, edits) => {
        // `x` keeps the generated keys away from those that have a form of their own.
        await user(`# head\n[cloud]\n# inside\na = 1 # here\n${stringify({ desktop: start })}`);
        let expected = parseToml(await text(), file);
        for (const [section, name, value] of edits) {
          await write([set(`${section}.${JSON.stringify(name)}`, value)]);
          const below = Object(expected[section]);
          expected = { ...expected, [section]: { ...below, [name]: value } };
        }
        const after = await text();
        expect(parseToml(after, file)).toEqual(expected);
        for (const comment of ['# head', '# inside', '# here']) expect(after).toContain(comment);
      },
    ),
    { numRuns: 40 },
  );
});

test('however many write at once, each write is in the file at the end, and every comment', async () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
  const table = fc.record({ command: fc.string({ minLength: 1 }), args: fc.array(fc.string(), { maxLength: 3 }) });
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.tuple(name, table), { selector: ([key]) => key, maxLength: 8 }), async (servers) => {
      await user('# top\nmodel = "m" # why\n\n[mcp_servers.kept] # stays\ncommand = "x" # this\n# end\n');
      // Each has a configuration of its own, as programs have.
      await Promise.all(servers.map(([key, value]) => write([set(`mcp_servers.${key}`, value)])));
      const after = await text();
      expect(parseToml(after, file)).toEqual({ model: 'm', mcp_servers: { kept: { command: 'x' }, ...Object.fromEntries(servers) } });
      for (const comment of ['# top', '# why', '# stays', '# this', '# end']) expect(after).toContain(comment);
    }),
    { numRuns: 25 },
  );
});
