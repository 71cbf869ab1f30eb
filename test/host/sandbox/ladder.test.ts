import { closeSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSandboxNotice, warningOf } from '../../../src/app-server/sandbox-notice.ts';
import type { PermissionProfile } from '../../../src/base/permission-profile.ts';
import { Scope } from '../../../src/base/scope.ts';
import { SandboxUnavailable } from '../../../src/host/process-types.ts';
import { isWsl1 } from '../../../src/host/sandbox/bubblewrap.ts';
import { prepareSandboxedSpawn } from '../../../src/host/sandbox/index.ts';
import { outerContainer } from '../../../src/host/sandbox/ladder.ts';
import { createLinuxSandbox } from '../../../src/host/sandbox/linux.ts';
import { windowsSandbox } from '../../../src/host/sandbox/windows.ts';

let base: string;
beforeAll(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'switchyard-ladder-')));
});
afterAll(() => rm(base, { recursive: true, force: true }));

const profile = (denied?: string): PermissionProfile => ({
  type: 'managed',
  file_system: {
    type: 'restricted',
    entries: [
      { path: { type: 'special', value: { kind: 'root' } }, access: 'read' },
      ...(denied === undefined ? [] : [{ path: { type: 'path' as const, path: denied }, access: 'deny' as const }]),
    ],
  },
  network: 'restricted',
});
const spec = (denied?: string) => ({
  argv: ['/bin/true'] as const,
  cwd: '/',
  env: {},
  sandbox: { profile: profile(denied), policyCwd: '/', workspaceRoots: ['/'] },
  terminal: false,
});

/** A bubblewrap that fails whenever one of `refused` is asked for. */
async function fakeBubblewrap(name: string, ...refused: string[]): Promise<string> {
  const directory = join(base, name);
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory);
  const tests = refused.map((flag) => `case " $* " in *" ${flag} "*) echo "no ${flag} here" >&2; exit 1;; esac`);
  await writeFile(
    join(directory, 'bwrap'),
    `#!/bin/sh\n[ "$1" = --help ] && { echo "--perms --argv0"; exit 0; }\n${tests.join('\n')}\nexit 0\n`,
  );
  await chmod(join(directory, 'bwrap'), 0o755);
  return directory;
}

describe('the rungs', () => {
  test('full, without its own /proc, without a network namespace, and none, each with its reason', async () => {
    const status = async (...refused: string[]) =>
      createLinuxSandbox({ searchPath: await fakeBubblewrap('fake', ...refused) }).status('/nowhere');
    expect(await status()).toMatchObject({ rung: 'full' });
    expect(await status('--proc')).toMatchObject({ rung: 'full' });
    expect(await status('--unshare-net')).toMatchObject({ rung: 'noNetworkNamespace', reason: 'no --unshare-net here' });
    expect(await status('--unshare-user')).toMatchObject({ rung: 'none', reason: expect.stringContaining('no --unshare-user here') });
    expect(await createLinuxSandbox({ searchPath: base }).status('/')).toMatchObject({
      rung: 'none',
      reason: expect.stringContaining('apt-get install'),
    });
  });

  test('without a network namespace the filter is still there, and no namespace is asked for', async () => {
    const backend = createLinuxSandbox({ searchPath: await fakeBubblewrap('nonet', '--unshare-net') });
    const prepared = await backend(spec());
    for (const fd of prepared.extraFds) closeSync(fd);
    await prepared.cleanup();
    expect(prepared.args).toContain('--seccomp');
    expect(prepared.args).not.toContain('--unshare-net');
  });

  test('no bubblewrap and nothing declared: refused', async () => {
    await expect(createLinuxSandbox({ searchPath: base })(spec())).rejects.toBeInstanceOf(SandboxUnavailable);
  });

  test('a declared container counts only without bubblewrap, and never hides single paths', async () => {
    const outer = createLinuxSandbox({ searchPath: base, outerContainer: 'docker' });
    expect(await outer.status('/')).toMatchObject({ rung: 'outerContainer' });
    expect(await outer(spec())).toMatchObject({ kind: 'none', file: '/bin/true' });
    await expect(outer(spec('/etc/shadow'))).rejects.toBeInstanceOf(SandboxUnavailable);
    const both = createLinuxSandbox({ searchPath: await fakeBubblewrap('both'), outerContainer: 'docker' });
    expect(await both.status('/')).toMatchObject({ rung: 'full' });
  });

  test('only a variable of the server declares it, and an empty one does not', () => {
    expect(outerContainer({ SWITCHYARD_OUTER_SANDBOX: 'docker' })).toBe('docker');
    expect(outerContainer({ SWITCHYARD_OUTER_SANDBOX: ' ' })).toBeUndefined();
    expect(outerContainer({})).toBeUndefined();
  });

  test.each([
    ['Linux version 4.4.0-19041-Microsoft', true],
    ['Linux version 5.15.90.1-microsoft-standard-WSL2', false],
    ['Linux version 6.1.0-18-amd64 (debian-kernel@lists.debian.org)', false],
  ])('WSL1 is told by %s: %s', (version, wsl1) => {
    expect(isWsl1(version)).toBe(wsl1);
  });

  test('WSL1 refuses, though its bubblewrap would start', async () => {
    const searchPath = await fakeBubblewrap('wsl1');
    const wsl1 = createLinuxSandbox({ searchPath, kernel: 'Linux version 4.4.0-19041-Microsoft' });
    expect(await wsl1.status('/')).toMatchObject({
      rung: 'none',
      reason: expect.stringContaining('WSL1 cannot confine commands; use WSL2'),
    });
    await expect(wsl1(spec())).rejects.toThrow('WSL1 cannot confine commands');
    const wsl2 = createLinuxSandbox({ searchPath, kernel: 'Linux version 5.15.90.1-microsoft-standard-WSL2' });
    expect(await wsl2.status('/')).toMatchObject({ rung: 'full' });
  });

  test('Windows refuses with a reason, and through the door nothing that wants a sandbox is run', async () => {
    await expect(windowsSandbox(spec())).rejects.toThrow('WSL2');
    await expect(prepareSandboxedSpawn(spec(), async () => windowsSandbox)).rejects.toBeInstanceOf(SandboxUnavailable);
    const networkOnly: PermissionProfile = { type: 'managed', file_system: { type: 'unrestricted' }, network: 'restricted' };
    const restricted = { ...spec(), sandbox: { ...spec().sandbox, profile: networkOnly } };
    await expect(prepareSandboxedSpawn(restricted, async () => windowsSandbox)).rejects.toBeInstanceOf(SandboxUnavailable);
    await expect(prepareSandboxedSpawn(spec(), async () => undefined)).rejects.toBeInstanceOf(SandboxUnavailable);
  });

  test.each([{ type: 'disabled' }, { type: 'external', network: 'enabled' }] as const)(
    'what asks for nothing runs plainly: $type',
    async (profile) => {
      const prepared = await prepareSandboxedSpawn({ ...spec(), sandbox: { ...spec().sandbox, profile } }, async () => windowsSandbox);
      expect(prepared).toMatchObject({ kind: 'none', file: '/bin/true' });
    },
  );
});

describe('the notice', () => {
  test('nothing to say about a good sandbox, a summary and the reason about any other', () => {
    expect(warningOf({ rung: 'full' })).toBeUndefined();
    expect(warningOf({ rung: 'seatbelt' })).toBeUndefined();
    for (const rung of ['noNetworkNamespace', 'landlock', 'outerContainer', 'none'] as const)
      expect(warningOf({ rung, reason: 'why' })?.details).toBe('why');
  });

  test('looks once for all connections, later, and not after the end', async () => {
    const scope = new Scope('test');
    let looked = 0;
    const notice = createSandboxNotice({ status: async () => ({ rung: 'none', reason: `${++looked}` }), scope, delayMs: 0 });
    const told = await Promise.all([1, 2].map(() => new Promise<unknown>((resolve) => notice.check(resolve))));
    expect(told).toEqual([1, 2].map(() => expect.objectContaining({ details: '1' })));
    await scope.close();
  });
});
