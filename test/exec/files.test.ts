/** Files over the wire. */
import { link, mkdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { tempWorkspace } from '../support/workspace.ts';
import { readOnly, startExecutor, text, uri } from './support.ts';

const base64 = (value: string) => Buffer.from(value).toString('base64');

test('whole files: read, write through links, describe, copy, remove', async () => {
  await using executor = await startExecutor();
  await using space = await tempWorkspace({ 'a b.txt': 'hello' });
  const client = await executor.open('websocket');
  const at = (name: string) => uri(space.path(name));
  expect(at('a b.txt')).toContain('a%20b.txt');
  expect(await client.call('fs/readFile', { path: at('a b.txt') })).toEqual({ dataBase64: base64('hello') });
  await link(space.path('a b.txt'), space.path('hard'));
  await client.call('fs/writeFile', { path: at('a b.txt'), dataBase64: base64('longer text') });
  expect(await space.read('hard')).toBe('longer text');
  const described = await client.call('fs/getMetadata', { path: at('hard') });
  expect(described).toMatchObject({ isFile: true, isDirectory: false, isSymlink: false, size: 11 });
  expect(described.modifiedAtMs).toBe(Math.floor((await stat(space.path('hard'))).mtimeMs));
  await client.call('fs/createDirectory', { path: at('deep/er') });
  expect((await client.refusal('fs/createDirectory', { path: at('deep'), recursive: false }))[1]).toBe('File exists (os error 17)');
  await client.call('fs/copy', { sourcePath: at('hard'), destinationPath: at('deep/er/copy'), recursive: false });
  expect((await client.refusal('fs/copy', { sourcePath: at('deep'), destinationPath: at('deep/er/x'), recursive: true }))[1]).toContain(
    'itself',
  );
  await symlink('nowhere', space.path('broken'));
  const { entries } = await client.call('fs/readDirectory', { path: uri(space.root) });
  expect(entries.map(({ fileName }) => fileName).sort()).toEqual(['a b.txt', 'deep', 'hard']);
  await symlink(space.path('deep'), space.path('way'));
  expect(await client.call('fs/canonicalize', { path: at('way/er') })).toEqual({ path: at('deep/er') });
  await client.call('fs/remove', { path: at('way') });
  await client.call('fs/remove', { path: at('deep') });
  await client.call('fs/remove', { path: at('deep') });
  expect(await client.refusal('fs/remove', { path: at('deep'), force: false })).toEqual([
    -32_004,
    'No such file or directory (os error 2)',
  ]);
});

test('refusals by kind: foreign paths, what is no file, what is no base64', async () => {
  await using executor = await startExecutor();
  await using space = await tempWorkspace();
  const client = await executor.open('memory');
  expect(await client.refusal('fs/readFile', { path: 'file:///C:/x' })).toEqual([-32_600, "'file:///C:/x' is invalid on 'linux'"]);
  expect(await client.refusal('fs/readFile', { path: 'file://host/x' })).toEqual([-32_600, "'file://host/x' is invalid on 'linux'"]);
  expect(await client.refusal('fs/readFile', { path: 'http://x/y' })).toEqual([-32_602, 'unsupported path URI scheme `http`']);
  expect(await client.refusal('fs/readFile', { path: uri(space.root) })).toEqual([-32_600, `path \`${space.root}\` is not a file`]);
  expect(await client.refusal('fs/readFile', { path: 'file:///dev/null' })).toEqual([-32_600, 'path `/dev/null` is not a file']);
  for (const [path, refusal] of [
    ['file:///c:/x', [-32_600, "'file:///C:/x' is invalid on 'linux'"]],
    ['file:///%00/bad/path/YWJj', [-32_600, "'file:///%00/bad/path/YWJj' is invalid on 'linux'"]],
    ['file:///%00/bad/path/!!', [-32_602, "'file:///%00/bad/path/!!' is invalid on 'linux'"]],
    ['file:///tmp/%00', [-32_602, "'file:///tmp/%00' is invalid on 'linux'"]],
    ['file://user:pw@host/x', [-32_602, 'invalid URI: invalid international domain name']],
    ['file://host:80/x', [-32_602, 'invalid URI: invalid international domain name']],
    ['file:///tmp?q', [-32_602, 'query parameters are not allowed in path URIs']],
    ['file:///tmp#f', [-32_602, 'fragments are not allowed in path URIs']],
  ] as const) {
    expect(await client.refusal('fs/getMetadata', { path })).toEqual(refusal);
  }
  for (const path of [
    ` ${uri(space.root)} `,
    `${uri(space.root)}/./x/..`,
    uri(space.root).replace('file:', 'FILE:'),
    'file://localhost/',
  ]) {
    expect(await client.call('fs/getMetadata', { path })).toMatchObject({ isDirectory: true });
  }
  await symlink('nowhere', space.path('broken'));
  expect(await client.refusal('fs/createDirectory', { path: uri(space.path('broken')) })).toEqual([-32_603, 'File exists (os error 17)']);
  const [code, message] = await client.refusal('fs/writeFile', { path: uri(space.path('x')), dataBase64: '!' });
  expect([code, message.startsWith('fs/writeFile requires valid base64 dataBase64: ')]).toEqual([-32_600, true]);
});

test('links are refused everywhere in the path when they must not be followed', async () => {
  await using executor = await startExecutor();
  await using space = await tempWorkspace({ 'dir/f': 'x' });
  const client = await executor.open('memory');
  await symlink(space.path('dir'), space.path('l'));
  await symlink(space.path('dir/f'), space.path('lf'));
  const strictly = (name: string) => ({ path: uri(space.path(name)), followSymlinks: false });
  expect(await client.call('fs/readFile', strictly('dir/f'))).toEqual({ dataBase64: base64('x') });
  expect(await client.refusal('fs/readFile', strictly('lf'))).toEqual([-32_603, 'Symbolic link loop (os error 40)']);
  expect(await client.refusal('fs/getMetadata', strictly('l/f'))).toEqual([-32_600, 'path contains a symbolic link']);
  expect(await client.refusal('fs/createDirectory', strictly('l/new'))).toEqual([-32_603, 'Not a directory (os error 20)']);
  expect(await client.refusal('fs/remove', strictly('dir'))).toEqual([-32_603, 'recursive no-follow removal is unsupported']);
});

test('walks: breadth first by name, limits, links and cycles', async () => {
  await using executor = await startExecutor();
  await using space = await tempWorkspace({ 'b/x': '', 'b/c/y': '', 'a.txt': '', '.hid/z': '' });
  const client = await executor.open('memory');
  await symlink(space.root, space.path('b/up'));
  await symlink(space.path('a.txt'), space.path('to-file'));
  // A link that leads nowhere is no entry and does not count as one.
  await symlink('nowhere', space.path('.broken'));
  const defaults = { maxDepth: 9, maxDirectories: 99, maxEntries: 99, followDirectorySymlinks: false };
  const walk = async (options: object, root = space.root) => {
    const { entries, truncated, errors } = await client.call('fs/walk', { path: uri(root), options: { ...defaults, ...options } });
    expect(errors).toEqual([]);
    return [
      entries.map(({ path, kind }) => `${decodeURI(path).slice(uri(space.root).length + 1)}${kind === 'file' ? '' : '/'}`),
      truncated,
    ];
  };
  expect(await walk({})).toEqual([['.hid/', 'a.txt', 'b/', '.hid/z', 'b/c/', 'b/x', 'b/c/y'], false]);
  expect(await walk({ maxDepth: 0 })).toEqual([['.hid/', 'a.txt', 'b/'], false]);
  expect(await walk({ followDirectorySymlinks: true })).toEqual([
    ['.hid/', 'a.txt', 'b/', '.hid/z', 'b/c/', 'b/up/', 'b/x', 'b/c/y'],
    false,
  ]);
  expect(await walk({ pruneHiddenDirectories: true })).toEqual([['.hid/', 'a.txt', 'b/', 'b/c/', 'b/x', 'b/c/y'], false]);
  expect(await walk({ maxEntries: 2 })).toEqual([['.hid/', 'a.txt'], true]);
  expect(await walk({ maxDirectories: 2 })).toEqual([['.hid/', 'a.txt', 'b/', '.hid/z'], true]);
  expect(await walk({}, space.path('a.txt'))).toEqual([[], false]);
  const options = { ...defaults, maxEntries: 0 };
  expect((await client.refusal('fs/walk', { path: uri(space.root), options }))[1]).toBe('filesystem walk limits must be greater than zero');
  expect((await client.refusal('fs/walk', { path: uri(space.root), options: { ...defaults, maxDepth: 65 } }))[1]).toContain(
    'exceed maximums',
  );
  expect((await client.refusal('fs/walk', { path: uri(space.path('none')), options: defaults }))[0]).toBe(-32_004);
});

test('blocks: exact ends, replaced paths, limits, and handles that end with the connection', async () => {
  await using executor = await startExecutor();
  await using space = await tempWorkspace({ f: 'a'.repeat(100), other: 'other' });
  const client = await executor.open('websocket');
  const path = uri(space.path('f'));
  const open = (handleId: string, more: object = {}) => ({ handleId, path, ...more });
  await client.call('fs/open', open('h'));
  await rename(space.path('other'), space.path('f'));
  const read = (offset: number, len: number) => client.call('fs/readBlock', { handleId: 'h', offset, len });
  expect(await read(0, 100)).toEqual({ chunk: base64('a'.repeat(100)), eof: false });
  expect(await read(100, 1)).toEqual({ chunk: '', eof: true });
  expect(await read(90, 100)).toEqual({ chunk: base64('a'.repeat(10)), eof: true });
  const length = 'file read block length must be between 1 and 1048576';
  expect(await client.refusal('fs/readBlock', { handleId: 'h', offset: 0, len: 0 })).toEqual([-32_600, length]);
  expect((await client.refusal('fs/open', open('h')))[1]).toBe('file handle `h` already exists');
  expect((await client.refusal('fs/open', open('x'.repeat(33))))[1]).toBe('file handle ID must not exceed 32 bytes');
  expect((await client.refusal('fs/close', { handleId: 'é'.repeat(17) }))[1]).toBe('file handle ID must not exceed 32 bytes');
  for (let n = 1; n < 128; n += 1) await client.call('fs/open', open(`${n}`));
  expect((await client.refusal('fs/open', open('one more')))[1]).toBe('at most 128 file handles may be open per connection');
  await client.call('fs/close', { handleId: '5' });
  await client.call('fs/open', open('w', { mode: 'replace', path: uri(space.path('new')) }));
  await client.call('fs/writeBlock', { handleId: 'w', offset: 3, chunk: base64('def') });
  await client.call('fs/writeBlock', { handleId: 'w', offset: 0, chunk: base64('abc') });
  expect(await space.read('new')).toBe('abcdef');
  expect(await client.refusal('fs/readBlock', { handleId: 'w', offset: 0, len: 1 })).toEqual([-32_603, 'Bad file descriptor (os error 9)']);
  await client.close();
  const next = await executor.connect('websocket');
  await expect
    .poll(
      () =>
        next.handshake(client.sessionId).then(
          () => true,
          () => false,
        ),
      { interval: 5 },
    )
    .toBe(true);
  expect(await next.refusal('fs/readBlock', { handleId: 'h', offset: 0, len: 1 })).toEqual([-32_004, 'unknown file handle `h`']);
  expect(await next.call('fs/close', { handleId: 'h' })).toEqual({});
});

test.runIf(process.platform === 'linux')('restricted files: the profile decides for every way to touch one', async () => {
  await using executor = await startExecutor();
  await using space = await tempWorkspace({ 'in/f': 'data', 'out/g': 'other', 'secret/s': 'hidden' });
  const client = await executor.open('memory');
  const entry = (path: string, access: 'read' | 'write' | 'deny') => ({ path: { type: 'path' as const, path: uri(path) }, access });
  const root = { path: { type: 'special' as const, value: { kind: 'root' as const } }, access: 'read' as const };
  const roots = { path: { type: 'special' as const, value: { kind: 'project_roots' as const } }, access: 'write' as const };
  const entries = [root, roots, entry(space.path('secret'), 'deny')];
  const permissions = { type: 'managed' as const, file_system: { type: 'restricted' as const, entries }, network: 'restricted' as const };
  const sandbox = {
    permissions,
    windowsSandboxLevel: 'disabled' as const,
    cwd: uri(space.path('in')),
    workspaceRoots: [uri(space.path('in'))],
  };
  const write = (name: string) => ({ path: uri(space.path(name)), dataBase64: base64('new'), sandbox });
  expect(await client.call('fs/writeFile', write('in/new'))).toEqual({});
  expect(await client.refusal('fs/writeFile', write('out/new'))).toEqual([-32_603, 'Read-only file system (os error 30)']);
  expect((await client.refusal('fs/readFile', { path: uri(space.path('secret/s')), sandbox }))[0]).toBe(-32_600);
  expect((await client.refusal('fs/open', { handleId: 's', path: uri(space.path('secret/s')), sandbox }))[0]).toBe(-32_600);
  expect((await client.refusal('fs/open', { handleId: 'w', path: uri(space.path('out/g')), mode: 'replace', sandbox }))[0]).toBe(-32_603);
  expect(await space.read('out/g')).toBe('other');
  const remove = (name: string, force: boolean) => ({ path: uri(space.path(name)), force, sandbox });
  expect(await client.call('fs/remove', remove('out/none', true))).toEqual({});
  expect((await client.refusal('fs/remove', remove('out/none', false)))[0]).toBe(-32_004);
  expect(await client.refusal('fs/remove', remove('out/g', true))).toEqual([-32_603, 'Read-only file system (os error 30)']);
  await client.call('fs/open', { handleId: 'r', path: uri(space.path('in/f')), sandbox });
  expect(text((await client.call('fs/readBlock', { handleId: 'r', offset: 0, len: 9 })).chunk)).toBe('data');
  const options = { maxDepth: 3, maxDirectories: 9, maxEntries: 99, followDirectorySymlinks: false };
  const walked = await client.call('fs/walk', { path: uri(space.root), options, sandbox });
  expect(walked.entries.some(({ path }) => path.endsWith('/secret/s'))).toBe(false);
  expect(walked.errors.map(({ path }) => path)).toEqual([uri(space.path('secret'))]);
  const { cwd: _, ...withoutCwd } = sandbox;
  expect(await client.refusal('fs/readFile', { path: uri(space.path('in/f')), sandbox: withoutCwd })).toEqual([
    -32_602,
    'file system sandbox context with dynamic permissions requires cwd',
  ]);
});

test('a watch on what is missing tells once', async () => {
  await using executor = await startExecutor();
  await using space = await tempWorkspace({ 'there/file': '' });
  const client = await executor.open('websocket');
  const watch = (watchId: number, missing: string[], present?: string) =>
    client.call('fs/watchMissing', {
      watchId,
      missing: missing.map((name) => uri(space.path(name))),
      present: present && uri(space.path(present)),
    });
  expect(await watch(1, [])).toEqual({ watching: false });
  expect(await watch(2, ['there'])).toEqual({ watching: false });
  expect(await watch(3, ['later', 'deep/er/x'], 'there/file')).toEqual({ watching: true });
  // Ids only grow: neither the armed one nor an older one makes or ends a watch.
  expect(await watch(3, ['later'])).toEqual({ watching: false });
  expect(await watch(1, ['later'])).toEqual({ watching: false });
  await writeFile(space.path('unrelated'), '');
  await mkdir(space.path('deep'));
  expect(await client.note('fs/missingChanged')).toEqual({ watchId: 3 });
  expect(await watch(4, ['later'], 'there/file')).toEqual({ watching: true });
  await rename(space.path('there/file'), space.path('gone'));
  await client.note('fs/missingChanged', ({ watchId }) => watchId === 4);
  expect(await watch(4, ['later'])).toEqual({ watching: false });
  // A call that is answered false ends the watch before it all the same.
  expect(await watch(5, ['later'])).toEqual({ watching: true });
  expect(await client.call('fs/watchMissing', { watchId: 6, missing: ['file:///C:/x'], present: null })).toEqual({ watching: false });
  await writeFile(space.path('later'), '');
  expect(await watch(7, ['last'])).toEqual({ watching: true });
  await writeFile(space.path('last'), '');
  await client.note('fs/missingChanged', ({ watchId }) => watchId === 7);
  expect(client.notes.map(({ params }) => params)).toEqual([{ watchId: 3 }, { watchId: 4 }, { watchId: 7 }]);
  expect(await readFile(space.path('gone'), 'utf8')).toBe('');
});

test.runIf(process.platform === 'linux')(
  'names that are no UTF-8 are whole names: read, listed, walked, copied, canonicalized, under a sandbox too',
  async () => {
    await using executor = await startExecutor();
    await using space = await tempWorkspace();
    const client = await executor.open('websocket');
    const rawPath = (name: string) => Buffer.concat([Buffer.from(`${space.root}/`), Buffer.from(name, 'latin1')]);
    await mkdir(rawPath('d\xfe'));
    await writeFile(rawPath('d\xfe/f\xff'), 'inside');
    await symlink(rawPath('d\xfe/f\xff'), space.path('link'));
    const root = uri(space.root);
    expect(await client.call('fs/readFile', { path: `${root}/d%FE/f%ff` })).toEqual({ dataBase64: base64('inside') });
    expect(await client.call('fs/canonicalize', { path: `${root}/link` })).toEqual({ path: `${root}/d%FE/f%FF` });
    const options = { maxDepth: 3, maxDirectories: 9, maxEntries: 9, followDirectorySymlinks: true };
    const found = [
      { path: `${root}/d%FE`, kind: 'directory' },
      { path: `${root}/d%FE/f%FF`, kind: 'file' },
    ];
    expect((await client.call('fs/walk', { path: root, options })).entries).toEqual(found);
    const { entries } = await client.call('fs/readDirectory', { path: `${root}/d%FE` });
    expect(entries).toEqual([{ fileName: 'f\ufffd', isDirectory: false, isFile: true }]);
    await client.call('fs/copy', { sourcePath: `${root}/d%FE`, destinationPath: `${root}/e%FE`, recursive: true });
    await client.call('fs/open', { handleId: 'h', path: `${root}/e%FE/f%FF` });
    expect(await client.call('fs/readBlock', { handleId: 'h', offset: 0, len: 9 })).toEqual({ chunk: base64('inside'), eof: true });
    await client.call('fs/remove', { path: `${root}/e%FE` });
    expect(await client.refusal('fs/readFile', { path: `${root}/d%FE` })).toEqual([
      -32_600,
      `path \`${space.root}/d\ufffd\` is not a file`,
    ]);
    expect((await client.call('fs/walk', { path: root, options, sandbox: readOnly })).entries).toEqual(found);
    expect(await client.call('fs/readFile', { path: `${root}/d%FE/f%FF`, sandbox: readOnly })).toEqual({ dataBase64: base64('inside') });
    expect((await client.refusal('fs/writeFile', { path: `${root}/d%FE/f%FF`, dataBase64: '', sandbox: readOnly }))[1]).toContain(
      'Read-only',
    );
  },
);
