/** File operations under a profile: what the sandbox would allow, decided about what is really opened. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { FileAccess, FileSystemEntry, SandboxRequest } from '../../src/base/permission-profile.ts';
import { createFiles } from '../../src/host/files.ts';
import { pathAccess } from '../../src/host/path-access.ts';
import { tempWorkspace, type Workspace } from '../support/workspace.ts';

const files = createFiles();
let workspace: Workspace;
beforeEach(async () => {
  workspace = await tempWorkspace({ 'w/file': 'inside', 'w/.git/config': 'git', 'w/secret/key': 'key', 'out/file': 'outside' });
  onTestFinished(() => workspace[Symbol.asyncDispose]());
});
const at = (...parts: string[]): string => workspace.path(...parts);

const root: FileSystemEntry = { path: { type: 'special', value: { kind: 'root' } }, access: 'read' };
const entry = (path: string, access: FileAccess): FileSystemEntry => ({ path: { type: 'path', path }, access });
const request = (...entries: FileSystemEntry[]): SandboxRequest => ({
  profile: { type: 'managed', file_system: { type: 'restricted', entries }, network: 'restricted' },
  policyCwd: at('w'),
  workspaceRoots: [at('w')],
});
/** Read everything, write `w`, nothing below `w/secret`. */
const workspaceWrite = () => request(root, entry(at('w'), 'write'), entry(at('w', 'secret'), 'deny'));
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'done',
    (error: unknown) => (error instanceof Error && 'code' in error && error.code ? error.code : String(error)),
  );

describe('the rules', () => {
  const accessTo = async (sandbox: SandboxRequest, ...paths: string[]) => {
    const access = await pathAccess(sandbox, { tmpdir: undefined });
    return paths.map((path) => access?.of(path));
  };

  test('the deepest entry decides; protected names directly below a writable root stay read-only', async () => {
    const paths = ['w', 'w/a/b', 'w/secret', 'w/secret/key', 'w/.git', 'w/.git/x', 'w/a/.git', 'w/.github', 'out', 'wide'];
    expect(await accessTo(workspaceWrite(), ...paths.map((path) => at(...path.split('/'))))).toEqual([
      ...['write', 'write', 'deny', 'deny', 'read', 'read', 'write', 'write', 'read', 'read'],
    ]);
    const reopened = request(root, entry(at('w'), 'write'), entry(at('w', '.git'), 'write'), entry(at('w', '.git', 'hooks'), 'read'));
    expect(await accessTo(reopened, at('w', '.git', 'x'), at('w', '.git', 'hooks', 'y'))).toEqual(['write', 'read']);
  });

  test('without an entry for the root, only what is named can be seen', async () => {
    expect(await accessTo(request(entry(at('w'), 'read')), at('w', 'file'), at('out'), '/usr/bin/env')).toEqual(['read', 'deny', 'deny']);
    const minimal: FileSystemEntry = { path: { type: 'special', value: { kind: 'minimal' } }, access: 'read' };
    expect(await accessTo(request(minimal), at('w'), '/usr/bin/env')).toEqual(['deny', 'read']);
  });

  test('denied patterns hold for what lies below a match', async () => {
    const glob: FileSystemEntry = { path: { type: 'glob_pattern', pattern: '**/*.pem' }, access: 'deny' };
    const seen = await accessTo(request(root, entry(at('w'), 'write'), glob), at('w', 'x.pem'), at('w', 'd.pem', 'y'), at('w', 'pem'));
    expect(seen).toEqual(['deny', 'deny', 'write']);
  });

  test('entries mean what their links lead to, and restrictions their spelling too', async () => {
    symlinkSync(at('out'), at('link'));
    expect(await accessTo(request(root, entry(at('link'), 'write')), at('out', 'x'), at('link', 'x'))).toEqual(['write', 'read']);
    expect(await accessTo(request(root, entry(at('link'), 'deny')), at('out', 'x'), at('link', 'x'))).toEqual(['deny', 'deny']);
  });

  test('open profiles restrict nothing', async () => {
    const profiles = [
      { type: 'disabled' },
      { type: 'external', network: 'restricted' },
      { type: 'managed', file_system: { type: 'unrestricted' }, network: 'restricted' },
    ] as const;
    for (const profile of profiles) {
      expect(await pathAccess({ ...request(), profile }, { tmpdir: undefined })).toBeUndefined();
      await files.writeFile(at('out', 'file'), Buffer.from('x'), { sandbox: { ...request(), profile } });
    }
  });
});

describe.runIf(process.platform === 'linux')('operations', () => {
  test('inside the writable root everything works as without a sandbox', async () => {
    const options = { sandbox: workspaceWrite() };
    await files.writeFile(at('w', 'new'), Buffer.from('1'), options);
    execFileSync('ln', [at('w', 'new'), at('w', 'hard')]);
    await files.writeFile(at('w', 'new'), Buffer.from('22'), options);
    expect([await workspace.read('w/hard'), (await files.readFile(at('w', 'new'), options)).toString()]).toEqual(['22', '22']);
    await files.createDirectory(at('w', 'a', 'b', 'c'), { ...options, recursive: true });
    await files.createDirectory(at('w', 'a', 'b', 'c'), { ...options, recursive: true });
    await files.writeFile(at('w', 'a', 'b', 'file'), Buffer.from('deep'), options);
    symlinkSync('b/file', at('w', 'a', 'link'));
    await files.copy(at('w', 'a'), at('w', 'copy'), { ...options, recursive: true });
    expect(await workspace.read('w/copy/link')).toBe('deep');
    expect(await files.metadata(at('w', 'copy', 'link'), options)).toEqual(await files.metadata(at('w', 'copy', 'link')));
    expect(await files.canonicalize(at('w', 'copy', 'link'), options)).toBe(at('w', 'copy', 'b', 'file'));
    expect((await files.readDirectory(at('w', 'copy'), options)).map(({ fileName }) => fileName).sort()).toEqual(['b', 'link']);
    await files.remove(at('w', 'copy'), { ...options, recursive: true, force: false });
    expect([existsSync(at('w', 'copy')), existsSync(at('w', 'a', 'b', 'file'))]).toEqual([false, true]);
    for (const path of ['/', at('w'), `${at('w')}/a/../a/b/`]) {
      expect(await files.metadata(path, options)).toEqual(await files.metadata(path));
    }
    await files.createDirectory('/', { ...options, recursive: true });
    await files.remove(at('w', 'never'), { ...options, recursive: true, force: true });
  });

  test('outside nothing changes, in the words of a read-only file system; what is denied is not shown', async () => {
    const options = { sandbox: workspaceWrite() };
    const outcome = {
      write: await codeOf(files.writeFile(at('out', 'file'), Buffer.from('x'), options)),
      create: await codeOf(files.writeFile(at('out', 'new'), Buffer.from('x'), options)),
      mkdir: await codeOf(files.createDirectory(at('out', 'd', 'e'), { ...options, recursive: true })),
      remove: await codeOf(files.remove(at('out'), { ...options, recursive: true, force: true })),
      copy: await codeOf(files.copy(at('w', 'file'), at('out', 'copy'), { ...options, recursive: false })),
      git: await codeOf(files.writeFile(at('w', '.git', 'hook'), Buffer.from('x'), options)),
      removeAround: await codeOf(files.remove(at('w', '.git'), { ...options, recursive: true, force: true })),
      secret: await codeOf(files.readFile(at('w', 'secret', 'key'), options)),
      list: await codeOf(files.readDirectory(at('w', 'secret'), options)),
      describe: await codeOf(files.metadata(at('w', 'secret', 'key'), options)),
      resolve: await codeOf(files.canonicalize(at('w', 'secret', 'key'), options)),
      copySecret: await codeOf(files.copy(at('w', 'secret', 'key'), at('w', 'x'), { ...options, recursive: false })),
      copyTree: await codeOf(files.copy(at('w'), at('w2'), { ...options, recursive: true })),
      writeSecret: await codeOf(files.writeFile(at('w', 'secret', 'key'), Buffer.from('x'), options)),
      missing: await codeOf(files.readFile(at('w', 'none'), options)),
    };
    expect(outcome).toEqual({
      ...{ write: 'EROFS', create: 'EROFS', mkdir: 'EROFS', remove: 'EROFS', copy: 'EROFS', git: 'EROFS', removeAround: 'EROFS' },
      ...{ secret: 'EACCES', list: 'EACCES', describe: 'EACCES', resolve: 'EACCES', copySecret: 'EACCES', copyTree: 'EROFS' },
      ...{ writeSecret: 'EACCES', missing: 'ENOENT' },
    });
    expect((await files.readFile(at('out', 'file'), options)).toString()).toBe('outside');
    expect([await workspace.read('out/file'), await workspace.read('w/secret/key'), existsSync(at('out', 'new'))]).toEqual([
      ...['outside', 'key', false],
    ]);
  });

  test('links out of the root lead nowhere, dangling ones and chains included', async () => {
    const options = { sandbox: workspaceWrite() };
    symlinkSync(at('out', 'file'), at('w', 'to-file'));
    symlinkSync(at('out', 'new'), at('w', 'dangling'));
    symlinkSync(at('out'), at('w', 'to-dir'));
    symlinkSync('to-dir/../out/file', at('w', 'chain'));
    symlinkSync('loop', at('w', 'loop'));
    symlinkSync('secret/key', at('w', 'to-secret'));
    const write = (name: string) => codeOf(files.writeFile(at('w', ...name.split('/')), Buffer.from('x'), options));
    expect([await write('to-file'), await write('dangling'), await write('to-dir/new'), await write('chain'), await write('loop')]).toEqual(
      [...['EROFS', 'EROFS', 'EROFS', 'EROFS', 'ELOOP']],
    );
    expect(await codeOf(files.readFile(at('w', 'to-secret'), options))).toBe('EACCES');
    expect(await codeOf(files.metadata(at('w', 'to-secret'), options))).toBe('EACCES');
    await files.remove(at('w', 'to-dir'), { ...options, recursive: true, force: false });
    expect([await workspace.read('out/file'), existsSync(at('out', 'new'))]).toEqual(['outside', false]);
  });

  test('a FIFO or a device is no file, and nobody waits for one', async () => {
    const options = { sandbox: workspaceWrite() };
    execFileSync('mkfifo', [at('w', 'fifo')]);
    await expect(files.readFile(at('w', 'fifo'), options)).rejects.toThrow(/is not a file/);
    await expect(files.readFile('/dev/null', options)).rejects.toThrow(/is not a file/);
    await expect(files.copy(at('w', 'fifo'), at('w', 'x'), { ...options, recursive: false })).rejects.toThrow(/only supports/);
  });

  test('a directory that is swapped for a link all the time never lets a write out', async () => {
    const options = { sandbox: workspaceWrite() };
    const trap = at('w', 'trap');
    let swaps = 0;
    const swap = () => {
      const aside = at('w', `aside-${swaps}`);
      renameSync(trap, aside);
      if (swaps % 2 === 0) symlinkSync(at('out'), trap);
      else mkdirSync(trap);
      swaps += 1;
    };
    mkdirSync(trap);
    let written = 0;
    for (let round = 0; round < 60; round += 1) {
      const attempts = Array.from({ length: 4 }, (_, index) =>
        files.writeFile(join(trap, `f${index}`), Buffer.from('x'), options).then(
          () => (written += 1),
          () => undefined,
        ),
      );
      swap();
      await Promise.all([
        ...attempts,
        files.remove(join(trap, 'file'), { ...options, recursive: true, force: true }).catch(() => undefined),
      ]);
    }
    expect(written).toBeGreaterThan(0);
    expect(readFileSync(at('out', 'file'), 'utf8')).toBe('outside');
    expect(['f0', 'f1', 'f2', 'f3'].filter((name) => existsSync(at('out', name)))).toEqual([]);
    writeFileSync(at('out', 'probe'), '');
  });
});
