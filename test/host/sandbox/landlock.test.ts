/** The rung below bubblewrap under the real kernel: what it confines it confines whole, and everything else it refuses. */
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execaSync } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultShellEnvironmentPolicy, type PermissionProfile } from '../../../src/base/permission-profile.ts';
import { SandboxUnavailable } from '../../../src/host/process-types.ts';
import { createProcesses, type HostProcesses } from '../../../src/host/processes.ts';
import { landlockRights, probeLandlock } from '../../../src/host/sandbox/landlock.ts';
import { createLinuxSandbox } from '../../../src/host/sandbox/linux.ts';
import { resolvePolicy } from '../../../src/host/sandbox/resolved-policy.ts';
import { at, entry, managed, python, readOnly, root, special, workspace, workspaceWrite } from './starters.ts';

const here = await probeLandlock(process.env.PATH ?? '', '/').then(
  () => undefined,
  (error: Error) => error.message,
);
if (here !== undefined) console.warn(`skipped: Landlock under the real kernel (${here})`);

const unrestricted: PermissionProfile = { type: 'managed', file_system: { type: 'unrestricted' }, network: 'restricted' };

let base: string;
let searchPath: string;
beforeAll(async () => {
  base = await realpath(await mkdtemp(join(homedir(), '.switchyard-landlock-')));
  // A machine with Perl and without bubblewrap.
  searchPath = join(base, 'bin');
  await mkdir(searchPath);
  const { stdout } = execaSync('sh', ['-c', 'command -v perl || true']);
  if (stdout !== '') await symlink(await realpath(stdout), join(searchPath, 'perl'));
});
afterAll(() => rm(base, { recursive: true, force: true }));

describe('P-24: what round-trips', () => {
  const facts = { tmpdir: undefined, slashTmpIsDirectory: true };
  const rights = (profile: PermissionProfile) => landlockRights(resolvePolicy({ profile, policyCwd: '/w', workspaceRoots: ['/w'] }, facts));

  test('read-only with and without a network, and full access to files without one', () => {
    expect(rights(readOnly())).toEqual({ readOnlyFiles: true, networkRestricted: true });
    expect(rights(managed([root], 'enabled'))).toEqual({ readOnlyFiles: true, networkRestricted: false });
    expect(rights(unrestricted)).toEqual({ readOnlyFiles: false, networkRestricted: true });
    expect(rights(managed([root, entry(at('/etc'), 'read')]))).toBeDefined();
  });

  test('a workspace of `/` is not full access: what lies directly below it stays closed', () => {
    const at = { profile: workspaceWrite(), policyCwd: '/', workspaceRoots: ['/'] };
    expect(landlockRights(resolvePolicy(at, { tmpdir: undefined, slashTmpIsDirectory: false }))).toBeUndefined();
  });

  test.each([
    ['a writable workspace, whose metadata stays closed', workspaceWrite()],
    ['a denied path', managed([root, entry(at('/etc/shadow'), 'deny')])],
    ['a denied pattern', managed([root, entry({ type: 'glob_pattern', pattern: '/**/*.env' }, 'deny')])],
    ['a restricted read', managed([entry(special('minimal'), 'read')])],
    ['a read-only part of full access', managed([entry(special('root'), 'write'), entry(at('/etc'), 'read')])],
    ['a reopened child', managed([root, entry(at('/a'), 'deny'), entry(at('/a/b'), 'write'), workspace])],
  ])('not %s', (_what, profile) => {
    expect(rights(profile)).toBeUndefined();
  });
});

describe.skipIf(here !== undefined)('under the real kernel', () => {
  let processes: HostProcesses;
  beforeAll(() => {
    const backend = createLinuxSandbox({ searchPath });
    processes = createProcesses({
      baseEnv: { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: homedir() },
      sandboxBackend: async () => backend,
    });
  });
  afterAll(() => processes.close());

  let ids = 0;
  async function run(
    profile: PermissionProfile,
    script: string,
    more: {
      overlay?: Record<string, string>;
      argv?: readonly [string, ...string[]];
      arg0?: string;
      tty?: boolean;
      landlockOnly?: boolean;
    } = {},
  ) {
    ids += 1;
    const { landlockOnly = false } = more;
    const started = await processes.start(
      {
        id: `p${ids}`,
        argv: more.argv ?? ['/bin/sh', '-c', script],
        ...(more.arg0 === undefined ? {} : { arg0: more.arg0 }),
        cwd: base,
        env: { policy: { ...defaultShellEnvironmentPolicy, inherit: 'all' }, overlay: more.overlay ?? {} },
        stdin: 'closed',
        ...(more.tty ? { terminal: { rows: 24, cols: 80 } } : {}),
        sandbox: { profile, policyCwd: base, workspaceRoots: [base], landlockOnly },
      },
      new AbortController().signal,
    );
    const chunks: Buffer[] = [];
    started.onOutput(({ bytes }) => chunks.push(bytes));
    const outcome = await started.exited;
    await started.closed;
    return { output: Buffer.concat(chunks).toString(), ...outcome };
  }

  test('the status names the rung, the program and why it is not a better one', async () => {
    expect(await createLinuxSandbox({ searchPath }).status('/')).toEqual({
      rung: 'landlock',
      program: await realpath(join(searchPath, 'perl')),
      reason: expect.stringContaining('bubblewrap'),
    });
  });

  test('read-only: everything is readable, and no road leads to a change', async () => {
    await writeFile(join(base, 'file'), 'untouched');
    await chmod(join(base, 'file'), 0o644);
    expect(await run(readOnly(), 'cat file; echo x > /dev/null && echo fine')).toMatchObject({ exitCode: 0, output: 'untouchedfine\n' });
    for (const attack of [
      'echo x > file',
      'echo x >> file',
      'echo x > new',
      'echo x > /tmp/switchyard-never',
      'echo x > /dev/shm/switchyard-never',
      'mkdir new',
      'rm file',
      'mv file new',
      'ln file new',
      'ln -s file new',
      'mkfifo new',
      'truncate -s 0 file',
      'chmod 777 file',
      'chown 1:1 file',
      'touch file',
      'touch -d 2000-01-01 file',
      'setfattr -n user.x -v y file',
      'chattr +d file',
      'python3 -c "import os; os.truncate(\'file\', 0)"',
      'python3 -c "import os; os.open(\'.\', os.O_TMPFILE | os.O_RDWR)"',
      "python3 -c \"import fcntl, os; fcntl.ioctl(os.open('file', 0), 0x40086602, b'\\x40\\0\\0\\0')\"",
    ])
      expect((await run(readOnly(), attack)).kind === 'exited' && (await run(readOnly(), attack)), attack).not.toMatchObject({
        exitCode: 0,
      });
    expect(await readFile(join(base, 'file'), 'utf8')).toBe('untouched');
    expect(existsSync(join(base, 'new'))).toBe(false);
  });

  test('a denial is judged as one', async () => {
    expect(await run(readOnly(), 'echo x > file')).toMatchObject({ sandboxDenied: true });
  });

  test('no family of sockets but connected unix ones, no tracing, no keyrings, no shared memory of the host', async () => {
    const { output } = await run(
      readOnly(),
      python(`libc = ctypes.CDLL(None, use_errno=True)
for f in (1, 2, 10, 16, 17, 38, 40):
  for t in (1, 2, 3):
    try:
      s = socket.socket(f, t)
      s.connect('${base}/sock' if f == 1 else ('127.0.0.1', 1))
      print('REACHED', f, t)
    except PermissionError: pass
for call in ((101, 0, 0, 0, 0), (425, 1, 0), (250, 0, -3, 1), (272, 0x10000000), (29, 5, 10, 0o1600), (240, b'/x', 0o102, 0o600, 0)):
  ctypes.set_errno(0)
  if not (libc.syscall(*call) == -1 and ctypes.get_errno() == 1): print('ALLOWED', call)
print('done')`),
    );
    expect(output).toBe('done\n');
  });

  test('processes outside cannot be signalled, read or traced', async () => {
    const { output } = await run(
      readOnly(),
      `kill -0 ${process.pid} 2>/dev/null && echo SIGNAL; cat /proc/${process.pid}/environ >/dev/null 2>&1 && echo ENVIRON; ls /proc/${process.pid}/root/ >/dev/null 2>&1 && echo ROOT; readlink /proc/${process.pid}/fd/0 >/dev/null 2>&1 && echo FD; head -c1 /proc/${process.pid}/mem >/dev/null 2>&1 && echo MEM; echo done`,
    );
    expect(output).toBe('done\n');
  });

  test('no capabilities and no new privileges, as root too; the switches of the machine are closed (looked at only)', async () => {
    const { output } = await run(readOnly(), 'grep -E "^(NoNewPrivs|Cap(Eff|Prm|Amb)|Seccomp):" /proc/self/status');
    expect(output).toMatch(/NoNewPrivs:\s1/);
    expect(output).toMatch(/Seccomp:\s2/);
    for (const set of ['CapEff', 'CapPrm', 'CapAmb']) expect(output).toMatch(new RegExp(`${set}:\\s0{16}`));
    const opened = python(`for f in ('/proc/sys/kernel/hostname', '/proc/sys/kernel/core_pattern', '/proc/sysrq-trigger'):
  try: os.open(f, os.O_WRONLY); print('OPENED', f)
  except OSError: pass
print('done')`);
    expect((await run(readOnly(), opened)).output).toBe('done\n');
  });

  test('full access to files without a network', async () => {
    expect(await run(unrestricted, 'echo x > made && rm made && mkdir .git && rmdir .git')).toMatchObject({ exitCode: 0 });
    expect((await run(unrestricted, python("socket.socket(socket.AF_INET); print('OPEN')"))).output).not.toContain('OPEN');
  });

  test('on a terminal, with a first argument of its own, and with exit codes as they are', async () => {
    expect((await run(readOnly(), 'test -t 0 && echo tty; echo x > new || echo denied', { tty: true })).output).toMatch(/tty[\s\S]*denied/);
    expect(await run(readOnly(), '', { argv: ['/bin/sh', '-c', 'echo $0'], arg0: 'other' })).toMatchObject({ output: 'other\n' });
    expect(await run(readOnly(), 'exit 7')).toMatchObject({ exitCode: 7 });
    expect(await run(readOnly(), '', { argv: ['/no/such/program'] })).toMatchObject({ exitCode: 127 });
  });

  test('E-06: variables that would change the helper reach the command only', async () => {
    await writeFile(join(base, 'Evil.pm'), `open my $f, '>', '${base}/evil'; 1`);
    const overlay = { PERL5OPT: '-MEvil', PERL5LIB: base, LD_LIBRARY_PATH: '/nowhere' };
    const { output } = await run(readOnly(), 'echo "[$PERL5OPT][$PERL5LIB][$LD_LIBRARY_PATH]"', { overlay });
    expect(output).toBe(`[-MEvil][${base}][/nowhere]\n`);
    expect(existsSync(join(base, 'evil'))).toBe(false);
  });

  test('B-30: what does not round-trip is refused, and nothing runs', async () => {
    await expect(run(workspaceWrite(), 'touch ran')).rejects.toBeInstanceOf(SandboxUnavailable);
    await expect(run(workspaceWrite(), 'touch ran', { landlockOnly: true })).rejects.toThrow('Landlock cannot enforce');
    expect(existsSync(join(base, 'ran'))).toBe(false);
  });

  test('a declared container takes what Landlock cannot, and nothing that Landlock can', async () => {
    const backend = createLinuxSandbox({ searchPath, outerContainer: 'docker' });
    const spec = (profile: PermissionProfile) => ({
      argv: ['/bin/true'] as const,
      cwd: '/',
      env: {},
      sandbox: { profile, policyCwd: base, workspaceRoots: [base] },
      terminal: false,
    });
    const { closeSync } = await import('node:fs');
    const confined = await backend(spec(readOnly()));
    for (const fd of confined.extraFds) closeSync(fd);
    expect(confined).toMatchObject({ kind: 'linux' });
    expect(await backend(spec(workspaceWrite()))).toMatchObject({ kind: 'none', file: '/bin/true' });
  });
});

describe('without it', () => {
  test('no Perl: the reason names both rungs', async () => {
    const empty = join(base, 'empty');
    await mkdir(empty, { recursive: true });
    const { rung, reason } = await createLinuxSandbox({ searchPath: empty }).status('/');
    expect(rung).toBe('none');
    expect(reason).toMatch(/bubblewrap.*perl/);
  });

  test('a Perl in the working directory is not used', async () => {
    const planted = join(base, 'planted');
    await mkdir(planted, { recursive: true });
    await writeFile(join(planted, 'perl'), '#!/bin/sh\necho 9\n');
    await chmod(join(planted, 'perl'), 0o755);
    await expect(probeLandlock([planted].join(delimiter), planted)).rejects.toThrow('perl on PATH');
  });

  test.each([
    ['an older kernel', 'echo 4', 'ABI 6 is needed'],
    ['no Landlock', 'printf "no: Function not implemented"', 'Function not implemented'],
    ['a broken Perl', 'exit 3', 'perl failed'],
  ])('%s: refused with the reason', async (name, answer, why) => {
    const directory = join(base, name.replaceAll(' ', '-'));
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'perl'), `#!/bin/sh\n${answer}\n`);
    await chmod(join(directory, 'perl'), 0o755);
    await expect(probeLandlock(directory, '/')).rejects.toThrow(why);
  });
});
