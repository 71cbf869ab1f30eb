/** `fs/*` and `fuzzyFileSearch*`: files of this machine, changes of them, and finding them by name. */
import { describe, expect, test } from 'vitest';
import { createMatcher } from '../../src/app-server/fuzzy-match.ts';
import { startServer, transports } from '../support/server.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

describe.each(transports)('fs/* over %s', (via) => {
  test('writes, reads, lists, copies and removes', async () => {
    await using server = await startServer({ via });
    const client = await server.client();
    const at = (...parts: string[]) => server.work.path(...parts);
    await client.request('fs/createDirectory', { path: at('d', 'e') });
    await client.request('fs/writeFile', { path: at('d', 'f.txt'), dataBase64: base64('hello') });
    expect(await client.request('fs/readFile', { path: at('d', 'f.txt') })).toEqual({ dataBase64: base64('hello') });
    expect(await client.request('fs/getMetadata', { path: at('d', 'f.txt') })).toMatchObject({
      isFile: true,
      isDirectory: false,
      isSymlink: false,
    });
    const { entries } = await client.request('fs/readDirectory', { path: at('d') });
    expect(entries.sort((a, b) => a.fileName.localeCompare(b.fileName))).toEqual([
      { fileName: 'e', isDirectory: true, isFile: false },
      { fileName: 'f.txt', isDirectory: false, isFile: true },
    ]);
    await client.request('fs/copy', { sourcePath: at('d'), destinationPath: at('d2'), recursive: true });
    expect(await server.work.read('d2/f.txt')).toBe('hello');
    await client.request('fs/remove', { path: at('d2') });
    expect(await client.request('fs/remove', { path: at('d2') })).toEqual({});
    await expect(client.request('fs/readFile', { path: at('d2', 'f.txt') })).rejects.toMatchObject({
      code: -32603,
      message: 'No such file or directory (os error 2)',
    });
  });
});

test('what cannot be done is said in the words of the reference', async () => {
  await using server = await startServer({ files: { 'd/f': 'x' } });
  const client = await server.client();
  const at = (name: string) => server.work.path(name);
  await expect(client.request('fs/readFile', { path: 'relative.txt' })).rejects.toThrow('AbsolutePathBuf deserialized without a base path');
  await expect(client.request('fs/readFile', { path: at('d') })).rejects.toThrow(`path \`${at('d')}\` is not a file`);
  await expect(client.request('fs/writeFile', { path: at('x'), dataBase64: '%%%' })).rejects.toThrow(
    'fs/writeFile requires valid base64 dataBase64: Invalid symbol 37, offset 0.',
  );
  await expect(client.request('fs/createDirectory', { path: at('q/r'), recursive: false })).rejects.toThrow('os error 2');
  await expect(client.request('fs/readDirectory', { path: at('d/f') })).rejects.toThrow('Not a directory (os error 20)');
  await expect(client.request('fs/remove', { path: at('d'), recursive: false })).rejects.toThrow('Directory not empty (os error 39)');
  await expect(client.request('fs/remove', { path: at('none'), force: false })).rejects.toThrow('os error 2');
  await expect(client.request('fs/copy', { sourcePath: at('d'), destinationPath: at('d2') })).rejects.toThrow(
    'fs/copy requires recursive: true when sourcePath is a directory',
  );
  await expect(client.request('fs/copy', { sourcePath: at('d'), destinationPath: at('d/in'), recursive: true })).rejects.toThrow(
    'fs/copy cannot copy a directory to itself or one of its descendants',
  );
});

test('a watch reports a file, the children of a directory, and a path that comes into being', async () => {
  await using server = await startServer({ files: { 'w.txt': '1', 'dir/x': '' } });
  const client = await server.client();
  const watch = (watchId: string, name: string) => client.request('fs/watch', { watchId, path: server.work.path(name) });
  const changed = (watchId: string) => client.next('fs/changed', { matches: (change) => change.watchId === watchId });
  expect(await watch('file', 'w.txt')).toEqual({ path: server.work.path('w.txt') });
  await expect(watch('file', 'w.txt')).rejects.toThrow('watchId already exists: file');
  await watch('dir', 'dir');
  await watch('later', 'not/there/yet');
  const [file, dir, later] = [changed('file'), changed('dir'), changed('later')];
  await server.work.write('w.txt', '2');
  await server.work.write('dir/new.txt', '');
  expect((await file).changedPaths).toEqual([server.work.path('w.txt')]);
  expect((await dir).changedPaths).toEqual([server.work.path('dir/new.txt')]);
  // Each directory on the way has to be seen before the next one is made.
  for (let round = 0; round < 200; round++) {
    await server.work.write('not/there/yet', String(round));
    if (await Promise.race([later.then(() => true), new Promise((resolve) => setTimeout(resolve, 25, false))])) break;
  }
  expect((await later).changedPaths).toEqual([server.work.path('not/there/yet')]);
  expect(await client.request('fs/unwatch', { watchId: 'file' })).toEqual({});
  expect(await client.request('fs/unwatch', { watchId: 'file' })).toEqual({});
});

const tree = {
  'alpha.txt': '',
  'alphabet.js': '',
  'alps/alp.txt': '',
  'beta.md': '',
  '.hidden/alpine': '',
  '.gitignore': 'ignored\n',
  'ignored/alp': '',
  '.git/HEAD': '',
};

test('a search ranks names before paths and respects ignore files', async () => {
  await using server = await startServer({ files: tree });
  const client = await server.client();
  const roots = [server.work.root];
  const { files } = await client.request('fuzzyFileSearch', { query: 'alp', roots, cancellationToken: null });
  expect(files.map(({ path, match_type, score, indices }) => [path, match_type, score, indices])).toEqual([
    ['.hidden/alpine', 'file', 65620, [8, 9, 10]],
    ['alpha.txt', 'file', 65620, [0, 1, 2]],
    ['alphabet.js', 'file', 65620, [0, 1, 2]],
    ['alps/alp.txt', 'file', 65620, [5, 6, 7]],
    ['alps', 'directory', 84, [0, 1, 2]],
  ]);
  expect(await client.request('fuzzyFileSearch', { query: '', roots })).toEqual({ files: [] });
  expect(await client.request('fuzzyFileSearch', { query: 'x', roots: [] })).toEqual({ files: [] });
  expect(await client.request('fuzzyFileSearch', { query: 'x', roots: [server.work.path('missing')] })).toEqual({ files: [] });
});

test('a search session is refined and stopped', async () => {
  await using server = await startServer({ files: tree });
  const client = await server.client();
  await client.request('fuzzyFileSearch/sessionStart', { sessionId: 's', roots: [server.work.root] });
  // Nobody asks at first: the session tells that it is ready.
  expect(await client.next('fuzzyFileSearch/sessionUpdated')).toEqual({ sessionId: 's', query: '', files: [] });
  await client.next('fuzzyFileSearch/sessionCompleted');
  const updated = client.next('fuzzyFileSearch/sessionUpdated');
  const completed = client.next('fuzzyFileSearch/sessionCompleted');
  await client.request('fuzzyFileSearch/sessionUpdate', { sessionId: 's', query: 'beta' });
  expect((await updated).files.map(({ path }) => path)).toEqual(['beta.md']);
  expect(await completed).toEqual({ sessionId: 's' });
  await client.request('fuzzyFileSearch/sessionStop', { sessionId: 's' });
  await expect(client.request('fuzzyFileSearch/sessionUpdate', { sessionId: 's', query: 'x' })).rejects.toThrow(
    'fuzzy file search session not found: s',
  );
  await expect(client.request('fuzzyFileSearch/sessionStart', { sessionId: '', roots: [] })).rejects.toThrow('sessionId must not be empty');
});

describe('scores are those of the reference', () => {
  // Query, path, kind, score and positions, as the reference gave them.
  const cases: [string, string, 'file' | 'directory', number, number[]][] = [
    ['alpha', 'deep/x/y/alpha.txt', 'file', 65670, [9, 10, 11, 12, 13]],
    ['alpha', 'xalphax.ts', 'file', 65632, [1, 2, 3, 4, 5]],
    ['alpha.txt', 'alpha.txt', 'file', 196842, [0, 1, 2, 3, 4, 5, 6, 7, 8]],
    ['ax', 'src/ALPHA2.txt', 'file', 65577, [4, 12]],
    ['src', 'src', 'directory', 131156, [0, 1, 2]],
    ['foobar', 'src/fooBar/main.ts', 'file', 159, [4, 5, 6, 7, 8, 9]],
    ['foobar', 'src/foo_bar', 'directory', 153, [4, 5, 6, 8, 9, 10]],
    ['fb', 'src/foo_bar/baz.ts', 'file', 53, [4, 8]],
    ['fb', 'src/fooBar', 'directory', 51, [4, 7]],
    ['src/foo', 'src/fooBar', 'directory', 184, [0, 1, 2, 3, 4, 5, 6]],
    ['a b', 'a b', 'directory', 66, [0, 2]],
    ['ba ts', 'src/foo_bar/baz.ts', 'file', 115, [12, 13, 16, 17]],
    ['^src', 'src/fooBar', 'directory', 84, [0, 1, 2]],
    ["'alpha", 'xalphax.ts', 'file', 96, [1, 2, 3, 4, 5]],
    ['ts$', 'xalphax.ts', 'file', 56, [8, 9]],
    ['!src alpha', 'xalphax.ts', 'file', 96, [1, 2, 3, 4, 5]],
    ['git', '.gitignore', 'file', 65616, [1, 2, 3]],
    ['mn', 'src/fooBar/main.ts', 'file', 65582, [11, 14]],
    ['foo bar', 'src/foo_bar', 'directory', 164, [4, 5, 6, 8, 9, 10]],
  ];
  test.each(cases)('%s in %s', (query, path, kind, score, indices) => {
    expect(createMatcher(query)?.(path, kind === 'directory')).toEqual({ score, indices });
  });

  test('what does not match gives nothing', () => {
    expect(createMatcher('alpha$')?.('alpha.txt', false)).toBeUndefined();
    expect(createMatcher('!src alpha')?.('src/ALPHA2.txt', false)).toBeUndefined();
    expect(createMatcher('zz')?.('alpha.txt', false)).toBeUndefined();
    expect(createMatcher('  ')).toBeUndefined();
  });
});
