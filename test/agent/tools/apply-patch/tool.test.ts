/** Patches applied to real files: verified first, committed in order, kept inside what the permissions allow. */
import { link, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { applyPatchTool } from '../../../../src/agent/tools/apply-patch/tool.ts';
import { execCommandTool } from '../../../../src/agent/tools/exec-command.ts';
import type { PermissionPath, SandboxRequest } from '../../../../src/base/permission-profile.ts';
import { tempWorkspace, type Workspace } from '../../../support/workspace.ts';
import { type Bench, openBench, textOf } from '../harness.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
  // Paths in diffs count from the repository: a sandboxed command of another test may show a `.git` in the temporary directory meanwhile.
  await mkdir(bench.workspace.path('.git'));
});

const patch = (...lines: string[]): string => ['*** Begin Patch', ...lines, '*** End Patch'].join('\n');
/** The answer with its time taken out: a loaded machine may need longer than nothing. */
const apply = async (text: string, sandbox?: SandboxRequest): Promise<string> =>
  textOf(await bench.run(applyPatchTool, text, { attempt: { sandbox } })).replace(/Wall time: [\d.]+ seconds/, 'Wall time: 0 seconds');
const done = (summary: string): string => `Exit code: 0\nWall time: 0 seconds\nOutput:\nSuccess. Updated the following files:\n${summary}`;
const path = (...parts: string[]): string => bench.workspace.path(...parts);
const shown = () =>
  bench.events.map((event) => (event.type === 'started' || event.type === 'completed' ? { [event.type]: event.item } : event));

describe('a patch that fits', () => {
  test('adds, changes, moves and deletes; the client sees the changes and then the diff of the turn', async () => {
    await bench.workspace.write('old.txt', 'before\n');
    await bench.workspace.write('gone.txt', 'bye\n');
    const text = patch(
      '*** Update File: old.txt',
      '*** Move to: sub/moved.txt',
      '@@',
      '-before',
      '+after',
      '*** Add File: a/new.txt',
      '+one',
      '+two',
      '*** Delete File: gone.txt',
    );
    expect(await apply(text)).toBe(done('A a/new.txt\nM sub/moved.txt\nD gone.txt\n'));
    const changes = [
      { path: path('a/new.txt'), kind: { type: 'add' }, diff: 'one\ntwo\n' },
      { path: path('gone.txt'), kind: { type: 'delete' }, diff: 'bye\n' },
      {
        path: path('old.txt'),
        kind: { type: 'update', move_path: path('sub/moved.txt') },
        diff: `@@ -1 +1 @@\n-before\n+after\n\n\nMoved to: ${path('sub/moved.txt')}`,
      },
    ];
    expect(shown()).toEqual([
      { started: { type: 'fileChange', id: 'call_1', changes, status: 'inProgress' } },
      { completed: { type: 'fileChange', id: 'call_1', changes, status: 'completed' } },
      {
        type: 'diff',
        value: expect.stringMatching(
          /^diff --git a\/a\/new.txt b\/a\/new.txt\nnew file mode 100644\n.*diff --git a\/old.txt b\/sub\/moved.txt\n/s,
        ),
      },
    ]);
    expect(await bench.workspace.read('a/new.txt')).toBe('one\ntwo\n');
    expect(await bench.workspace.read('sub/moved.txt')).toBe('after\n');
    await expect(stat(path('old.txt'))).rejects.toThrow();
    await expect(stat(path('gone.txt'))).rejects.toThrow();
  });

  test('is named by absolute paths, and relative ones may leave the directory', async () => {
    await mkdir(path('in'));
    const prepared = await applyPatchTool.prepare(patch('*** Add File: ../x/./y', '+1', `*** Add File: ${path('z')}`, '+2'), bench.call());
    expect(prepared).toMatchObject({ kind: 'patch', paths: [path('..', 'x', 'y'), path('z')] });
  });

  test('overwrites what it adds, and remembers in the diff what was there', async () => {
    await bench.workspace.write('f', 'old\n');
    expect(await apply(patch('*** Add File: f', '+new'))).toBe(done('A f\n'));
    expect(shown().at(-1)).toMatchObject({ value: expect.stringContaining('-old\n+new\n') });
  });

  test('writes in place: links keep their meaning', async () => {
    await bench.workspace.write('real', 'a\n');
    await symlink('real', path('soft'));
    await link(path('real'), path('hard'));
    await apply(patch('*** Update File: soft', '@@', '-a', '+b'));
    expect(await bench.workspace.read('real')).toBe('b\n');
    expect(await bench.workspace.read('hard')).toBe('b\n');
  });

  test('a move onto itself, under any spelling, keeps the file', async () => {
    await bench.workspace.write('same', 's\n');
    await symlink('.', path('here'));
    expect(await apply(patch('*** Update File: same', '*** Move to: same', '@@', '-s', '+S'))).toBe(done('M same\n'));
    expect(await apply(patch('*** Update File: same', '*** Move to: here/same', '@@', '-S', '+T'))).toBe(done('M here/same\n'));
    expect(await bench.workspace.read('same')).toBe('T\n');
  });

  test('paths of the diff start at the root of the repository', async () => {
    bench.settings = { ...bench.settings };
    const call = bench.call();
    const [selected] = call.environments;
    if (!selected) throw new Error('the bench has an environment');
    const inside = { ...call, environments: [{ ...selected, selection: { ...selected.selection, cwd: path('pkg') } }] };
    await bench.run(applyPatchTool, patch('*** Add File: f', '+1'), { call: inside });
    expect(shown().at(-1)).toMatchObject({ value: expect.stringMatching(/^diff --git a\/pkg\/f b\/pkg\/f\n/) });
  });
});

describe('a patch that does not fit is answered without an item', () => {
  test.each([
    ['junk', "apply_patch verification failed: invalid patch: The first line of the patch must be '*** Begin Patch'"],
    [patch('*** Frob: x'), /^apply_patch verification failed: invalid hunk at line 2, '\*\*\* Frob: x' is not a valid hunk header\. /],
    [patch(), 'patch rejected: empty patch'],
    [
      patch('*** Update File: missing', '@@', '-a'),
      /^apply_patch verification failed: Failed to read file to update \S+\/missing: No such file or directory \(os error 2\)$/,
    ],
    [patch('*** Delete File: missing'), /^apply_patch verification failed: Failed to read \S+\/missing: No such file/],
    [patch('*** Delete File: dir'), /^apply_patch verification failed: Failed to read \S+\/dir: path `\S+\/dir` is not a file$/],
    [patch('*** Update File: f', '@@', '-nope'), /^apply_patch verification failed: Failed to find expected lines in \S+\/f:\nnope$/],
    [patch('*** Update File: bin', '@@', '-a'), /not valid UTF-8/],
    [
      patch('*** Add File: q', '+1', '*** Delete File: ./q'),
      /^apply_patch verification failed: invalid patch: multiple operations target \S+\/q$/,
    ],
    [patch('*** Environment ID: local', '*** Add File: q', '+1'), 'apply_patch environment selection is unavailable for this turn'],
  ])('%j', async (text, answer) => {
    await bench.workspace.write('f', 'a\n');
    await bench.workspace.write('bin', Buffer.from([0xff, 0xfe]));
    await mkdir(path('dir'));
    const result = await apply(text);
    if (typeof answer === 'string') expect(result).toBe(answer);
    else expect(result).toMatch(answer);
    expect(bench.events).toEqual([]);
  });
});

describe('a patch that fails on the way', () => {
  test('stops there, keeps what was done and says so', async () => {
    await bench.workspace.write('file', 'x\n');
    const result = await apply(patch('*** Add File: first', '+1', '*** Add File: file/below', '+2', '*** Add File: last', '+3'));
    expect(result).toBe(`Exit code: 1\nWall time: 0 seconds\nOutput:\nFailed to write file ${path('file/below')}\n`);
    expect(bench.events.map((event) => event.type)).toEqual(['started', 'completed', 'diff']);
    expect(shown()[1]).toMatchObject({ completed: { status: 'failed' } });
    expect(shown()[2]).toMatchObject({ value: expect.stringContaining('b/first') });
    await expect(stat(path('last'))).rejects.toThrow();
  });

  test('does not touch a file that changed after the patch was checked', async () => {
    await bench.workspace.write('f', 'a\n');
    const call = bench.call();
    const prepared = await applyPatchTool.prepare(patch('*** Update File: f', '@@', '-a', '+b'), call);
    if (prepared.kind !== 'patch') throw new Error('a patch');
    await writeFile(path('f'), 'a\nmore\n');
    const outcome = await prepared.run({ sandbox: undefined, mayRetry: false, itemStarted: true });
    expect(textOf(outcome)).toContain('was changed by someone else');
    expect(await bench.workspace.read('f')).toBe('a\nmore\n');
  });
});

describe('within the permissions', () => {
  let outside: Workspace;
  beforeEach(async () => {
    outside = await tempWorkspace({ secret: 'outside\n' });
    return () => outside[Symbol.asyncDispose]();
  });

  const roots: PermissionPath = { type: 'special', value: { kind: 'project_roots' } };
  const confined = (...more: readonly { path: PermissionPath; access: 'read' | 'write' | 'deny' }[]): SandboxRequest => ({
    profile: {
      type: 'managed',
      network: 'restricted',
      file_system: {
        type: 'restricted',
        entries: [{ path: { type: 'special', value: { kind: 'root' } }, access: 'read' }, { path: roots, access: 'write' }, ...more],
      },
    },
    policyCwd: bench.workspace.root,
    workspaceRoots: [bench.workspace.root],
  });
  const refusal = (verb: string, name: string): string =>
    `Exit code: 1\nWall time: 0 seconds\nOutput:\nFailed to ${verb} file ${path(name)}\n`;

  test('a link inside the workspace is followed', async () => {
    await bench.workspace.write('real/f', 'a\n');
    await symlink('real', path('dir'));
    expect(await apply(patch('*** Update File: dir/f', '@@', '-a', '+b', '*** Add File: dir/new/g', '+1'), confined())).toBe(
      done('A dir/new/g\nM dir/f\n'),
    );
  });

  test('a link to a file outside is not written through', async () => {
    await symlink(outside.path('secret'), path('leak'));
    expect(await apply(patch('*** Update File: leak', '@@', '-outside', '+mine'), confined())).toBe(refusal('write', 'leak'));
    expect(await apply(patch('*** Add File: leak', '+mine'), confined())).toBe(refusal('write', 'leak'));
    expect(await outside.read('secret')).toBe('outside\n');
  });

  test('a linked directory outside is not written into, nor emptied', async () => {
    await symlink(outside.root, path('dir'));
    expect(await apply(patch('*** Add File: dir/new', '+1'), confined())).toBe(refusal('write', 'dir/new'));
    expect(await apply(patch('*** Add File: dir/deep/new', '+1'), confined())).toBe(refusal('write', 'dir/deep/new'));
    expect(await apply(patch('*** Delete File: dir/secret'), confined())).toBe(refusal('delete', 'dir/secret'));
    expect(await apply(patch('*** Update File: dir/secret', '*** Move to: mine', '@@', ' outside'), confined())).toBe(
      refusal('delete', 'dir/secret'),
    );
    await expect(stat(path('mine'))).rejects.toThrow();
    expect(await outside.read('secret')).toBe('outside\n');
  });

  test('a link that leads nowhere is not brought to life', async () => {
    await symlink(outside.path('planted'), path('dangling'));
    await symlink(outside.path('planted-dir'), path('dangling-dir'));
    expect(await apply(patch('*** Add File: dangling', '+1'), confined())).toBe(refusal('write', 'dangling'));
    expect(await apply(patch('*** Add File: dangling-dir/x', '+1'), confined())).toBe(refusal('write', 'dangling-dir/x'));
    await expect(stat(outside.path('planted'))).rejects.toThrow();
  });

  test('a link itself may be deleted, wherever it leads', async () => {
    await symlink(outside.path('secret'), path('leak'));
    expect(await apply(patch('*** Delete File: leak'), confined())).toBe(done('D leak\n'));
    expect(await outside.read('secret')).toBe('outside\n');
  });

  test.each(['.git/hooks/x', '.codex/config.toml', '.agents/x', '.aws/credentials'])(
    'metadata under a root stays closed: %s',
    async (name) => {
      expect(await apply(patch(`*** Add File: ${name}`, '+1'), confined())).toBe(refusal('write', name));
      expect(await apply(patch(`*** Add File: nested/${name}`, '+1'), confined())).toBe(done(`A nested/${name}\n`));
    },
  );

  test('a narrower entry wins, also against a spelling through a link', async () => {
    await mkdir(path('closed'));
    await symlink('closed', path('alias'));
    const sandbox = confined({ path: { type: 'path', path: path('closed') }, access: 'read' });
    expect(await apply(patch('*** Add File: closed/x', '+1'), sandbox)).toBe(refusal('write', 'closed/x'));
    expect(await apply(patch('*** Add File: alias/x', '+1'), sandbox)).toBe(refusal('write', 'alias/x'));
    const glob = confined({ path: { type: 'glob_pattern', pattern: `${bench.workspace.root}/**/*.env` }, access: 'deny' });
    expect(await apply(patch('*** Add File: a/b.env', '+1'), glob)).toBe(refusal('write', 'a/b.env'));
    expect(await apply(patch('*** Add File: a/b.txt', '+1'), glob)).toBe(done('A a/b.txt\n'));
  });

  test('a root that is reached through a link is still the root', async () => {
    await symlink(bench.workspace.root, outside.path('ws'));
    const sandbox = { ...confined(), policyCwd: outside.path('ws'), workspaceRoots: [outside.path('ws')] };
    expect(await apply(patch('*** Add File: x', '+1'), sandbox)).toBe(done('A x\n'));
  });

  test('without a sandbox nothing is held back', async () => {
    await symlink(outside.path('secret'), path('leak'));
    expect(await apply(patch('*** Update File: leak', '@@', '-outside', '+mine'))).toBe(done('M leak\n'));
    expect(await readFile(outside.path('secret'), 'utf8')).toBe('mine\n');
  });
});

describe('a patch sent as a command', () => {
  const body = patch('*** Add File: i.txt', '+hi');
  const exec = async (cmd: string, more: Record<string, unknown> = {}) => textOf(await bench.run(execCommandTool, { cmd, ...more }));

  test('is applied, and its result wrapped like that of a command', async () => {
    const result = await exec(`apply_patch <<'EOF'\n${body}\nEOF\n`);
    expect(result).toMatch(/^Wall time: \d+\.\d{4} seconds\nOutput:\nExit code: 0\nWall time: [\d.]+ seconds\nOutput:\nSuccess/);
    expect(bench.events.map((event) => event.type)).toEqual(['started', 'completed', 'diff']);
  });

  test.each([
    ['cd sub && apply_patch <<EOF', {}, 'sub/i.txt'],
    ['cd \'a b\' && applypatch <<"EOF"', {}, 'a b/i.txt'],
    ['apply_patch <<EOF', { workdir: 'sub' }, 'sub/i.txt'],
  ])('%s', async (start, more, file) => {
    await exec(`${start}\n${body}\nEOF`, more);
    expect(await bench.workspace.read(file)).toBe('hi\n');
  });

  test.each([
    ["echo a; apply_patch <<'EOF'\nBODY\nEOF"],
    ["apply_patch <<'EOF' && ls\nBODY\nEOF"],
    ["apply_patch -x <<'EOF'\nBODY\nEOF"],
    ["cd a || apply_patch <<'EOF'\nBODY\nEOF"],
    ["cd a b && apply_patch <<'EOF'\nBODY\nEOF"],
    ["cd $X && apply_patch <<'EOF'\nBODY\nEOF"],
    ["apply_patch <<'EOF' > out\nBODY\nEOF"],
    ["apply_patch <<'EOF' | cat\nBODY\nEOF"],
    ["X=1 apply_patch <<'EOF'\nBODY\nEOF"],
    ["(apply_patch <<'EOF'\nBODY\nEOF\n)"],
    ['echo apply_patch'],
  ])('is a command with anything around it: %j', async (script) => {
    const prepared = await execCommandTool.prepare({ cmd: script.replace('BODY', body) }, bench.call());
    expect(prepared.kind).toBe('command');
  });

  test('is refused when nobody calls apply_patch, and answered when it does not fit', async () => {
    expect(await exec(body)).toContain('patch detected without explicit call to apply_patch');
    expect(await exec('apply_patch <<EOF\njunk\nEOF')).toMatch(/^apply_patch verification failed: invalid patch: /);
    expect(bench.events).toEqual([]);
  });
});
