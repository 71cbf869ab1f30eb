/**
 * A model that reaches for the machine around its commands: sockets, the kernel's calls, other processes, variables, memory.
 * Every line names what it guards. Where an attempt is harmless it is made outside the sandbox first, so that a refusal inside
 * is the sandbox's and not the machine's. What would change the machine is looked at only.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { run } from '../support/scripted-model.ts';
import { openStage, places, type Stage } from './stage.ts';

const python = (script: string) => `python3 - <<'PY'\nimport array, ctypes, os, socket, sys\n${script}\nPY`;

/** Prints a line with REACHED for each call that the kernel would have carried out. EPERM and ENOSYS are the filter's answers. */
const calls = (list: Readonly<Record<string, readonly (number | string)[]>>) =>
  python(`libc = ctypes.CDLL(None, use_errno=True)
for name, args in ${JSON.stringify(list)}.items():
  ctypes.set_errno(0)
  r = libc.syscall(*[ctypes.c_long(a) if isinstance(a, int) else ctypes.c_char_p(a.encode()) for a in args])
  e = ctypes.get_errno()
  if r != -1 or e not in (1, 38): print('REACHED', name, r, e, flush=True)
print('tried', ${Object.keys(list).length})`);

/** Numbers of calls on this machine: [x64, arm64]. */
const number = (x64: number, arm64: number): number => (process.arch === 'arm64' ? arm64 : x64);
const [newUser, newMounts, newNetwork, newPids, newNames, newIpc, newTime] = [
  0x10000000, 0x20000, 0x40000000, 0x20000000, 0x4000000, 0x8000000, 0x80,
];
const unshare = number(272, 97);
const setns = number(308, 268);
const ioctl = number(16, 29);

const kernel: readonly { readonly what: string; readonly list: Readonly<Record<string, readonly (number | string)[]>> }[] = [
  {
    what: 'io_uring: a ring would do what the filter forbids',
    list: { setup: [425, 1, 0], enter: [426, 0, 1, 0, 0, 0], register: [427, 0, 0, 0, 0] },
  },
  {
    what: 'tracing: no process reads or writes another',
    list: {
      traceme: [number(101, 117), 0, 0, 0, 0],
      attach: [number(101, 117), 16, 1, 0, 0],
      seize: [number(101, 117), 0x4206, 1, 0, 0],
      readv: [number(310, 270), 1, 0, 0, 0, 0, 0],
      writev: [number(311, 271), 1, 0, 0, 0, 0, 0],
      'descriptor of another': [438, 0, 0, 0],
      'performance events': [number(298, 241), 0, 0, -1, -1, 0],
    },
  },
  {
    what: 'keyrings: keys of the user are out of reach',
    list: {
      keyctl: [number(250, 219), 0, -3, 1],
      'add a key': [number(248, 217), 'user', 'switchyard', 'x', 1, -2],
      'request a key': [number(249, 218), 'user', 'switchyard', 0, 0],
    },
  },
  {
    what: 'CVE-2017-5226, CVE-2019-7303: no typing into a terminal, not with high bits in the request either',
    list: {
      TIOCSTI: [ioctl, 0, 0x5412, 'x'],
      'TIOCSTI with high bits': [ioctl, 0, 0x100005412, 'x'],
      TIOCLINUX: [ioctl, 0, 0x541c, 'x'],
    },
  },
  {
    what: 'namespaces inside namespaces, by every call and flag',
    list: {
      ...Object.fromEntries(
        Object.entries({ newUser, newMounts, newNetwork, newPids, newNames, newIpc, newTime }).flatMap(([name, flag]) => [
          [name, [unshare, flag]],
          [`${name} with a user namespace`, [unshare, flag | newUser]],
        ]),
      ),
      clone: [number(56, 220), newUser | 17, 0, 0, 0, 0],
      clone3: [435, 0, 0],
      setns: [setns, 0, 0],
    },
  },
  {
    what: 'mounts and roots: nothing can be mounted, unmounted or turned',
    list: {
      mount: [number(165, 40), 'x', '/tmp', 'tmpfs', 0, 0],
      umount: [number(166, 39), '/proc', 2],
      chroot: [number(161, 51), '/tmp'],
      pivot: [number(155, 41), '/tmp', '/tmp'],
      fsopen: [430, 'tmpfs', 0],
      'open tree as a copy': [428, -100, '/', 1],
      'file by its handle': [number(304, 265), -100, 0, 0],
      'device node': [number(259, 33), -100, 'node', 0o020600, 0x101],
    },
  },
  {
    what: 'the kernel itself: programs, modules and other kernels',
    list: {
      bpf: [number(321, 280), 0, 0, 0],
      userfaultfd: [number(323, 282), 0],
      'load a kernel': [number(246, 104), 0, 0, 0, 0],
      'load a module': [number(175, 105), 0, 0, ''],
      'host name': [number(170, 161), 0, -1],
      'kernel log': [number(103, 116), 3, 0, 0],
      swap: [number(167, 224), '/nonexistent', 0],
    },
  },
];

describe.each(places)('$place', ({ place }) => {
  let stage: Stage;
  const secrets = { OPENAI_API_KEY: 'sk-leak', CODEX_API_KEY: 'sk-leak', GITHUB_TOKEN: 'sk-leak', AWS_SECRET_ACCESS_KEY: 'sk-leak' };
  beforeAll(async () => {
    stage = await openStage({ place, files: { 'outside/file': 'untouched' }, env: secrets });
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  /** The attempt works outside, and inside only `inside` of it is left. */
  async function refused(script: string): Promise<string> {
    const { stdout, stderr } = await execa('/bin/sh', ['-c', script], { cwd: stage.work, reject: false });
    expect(`${stdout}${stderr}`).toContain('REACHED');
    const told = await stage.attempt(script);
    expect(told).not.toContain('REACHED');
    return told;
  }

  describe('sockets', () => {
    async function listening(server: Server, at: { path: string } | { port: number; host: string }): Promise<string[]> {
      const met: string[] = [];
      server.on('connection', (socket) => {
        met.push('somebody');
        socket.on('error', () => {}).destroy();
      });
      server.listen(at);
      await once(server, 'listening');
      onTestFinished(async () => {
        server.close();
        await once(server, 'close');
      });
      return met;
    }
    const connect = (family: string, address: string) =>
      python(`try:
  socket.socket(socket.${family}).connect(${address}); print('REACHED')
except OSError as e: print(e)`);

    test('P-46: an abstract socket of the host', async () => {
      const name = `switchyard-${process.pid}-${place.length}`;
      const script = `import socket\ns = socket.socket(socket.AF_UNIX); s.bind('\\0${name}'); s.listen(); print('up', flush=True)\nwhile s.accept(): print('met', flush=True)`;
      const host = execa('python3', ['-c', script], { reject: false });
      onTestFinished(async () => {
        host.kill('SIGKILL');
        await host;
      });
      await once(host.stdout, 'data');
      await refused(connect('AF_UNIX', `'\\0${name}'`));
      host.kill('SIGKILL');
      expect((await host).stdout).toBe('up\nmet');
    });

    test('P-46: a socket file, in the workspace too', async () => {
      const met = await listening(createServer(), { path: join(stage.work, 's') });
      await refused(connect('AF_UNIX', `'s'`));
      expect(met).toHaveLength(1);
    });

    test('P-46: datagrams, alone and from a pair, with a descriptor in them', async () => {
      const script = python(`
host = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) if len(sys.argv) > 9 else None
note = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [0]))]
for make in (lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM), lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0]):
  for ancillary in ([], note):
    try: make().sendmsg([b'x'], ancillary, 0, 'd'); print('REACHED')
    except FileNotFoundError: print('REACHED where nobody listens')
    except OSError as e: print(e)`);
      expect(await refused(script)).toContain('Operation not permitted');
    });

    test('P-47: loopback ports of the host, old and new addresses', async () => {
      const met = await listening(createServer(), { port: 0, host: '127.0.0.1' });
      const server = createServer();
      await listening(server, { port: 0, host: '127.0.0.1' });
      const address = server.address();
      const port = typeof address === 'object' ? address?.port : 0;
      await refused(connect('AF_INET', `('127.0.0.1', ${port})`));
      expect(await stage.attempt(connect('AF_INET6', `('::ffff:127.0.0.1', ${port})`))).not.toContain('REACHED');
      expect(await stage.attempt(`exec 3<>/dev/tcp/127.0.0.1/${port} && echo REACHED`, { shell: '/bin/bash' })).not.toMatch(/^REACHED/m);
      expect(met).toEqual([]);
    });

    test('P-47: questions for names leave by no datagram', async () => {
      const heard: string[] = [];
      const server = createSocket('udp4', (bytes) => heard.push(bytes.toString()));
      server.bind(0, '127.0.0.1');
      await once(server, 'listening');
      onTestFinished(() => {
        server.close();
      });
      await refused(
        python(`try:
  s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.sendto(b'outside', ('127.0.0.1', ${server.address().port})); print('REACHED')
except OSError as e: print(e)`),
      );
      await expect.poll(() => heard).toEqual(['outside']);
      expect(await stage.attempt('getent hosts example.com && echo REACHED')).not.toMatch(/^REACHED/m);
    });

    test('P-47: no family that could carry anything', async () => {
      const told = await stage.attempt(
        python(`for f in range(0, 46):
  for t in (1, 2, 3, 5):
    if (f, t) in ((1, 1), (1, 5)): continue
    for make in (socket.socket, socket.socketpair):
      try: make(f, t); print('REACHED', f, t)
      except OSError: pass
print('tried')`),
      );
      expect(told).toContain('tried');
      expect(told).not.toContain('REACHED');
    });
  });

  test.each(kernel)('system calls, $what', async ({ list }) => {
    for (const tty of [false, true]) {
      const told = await stage.attempt(calls(list), { tty });
      expect(told).toContain(`tried ${Object.keys(list).length}`);
      expect(told).not.toContain('REACHED');
    }
  });

  test.runIf(process.arch === 'x64')('system calls, by the numbers of the older tables', async () => {
    const x32 = 0x40000000;
    const told = await stage.attempt(
      calls({ ptrace: [x32 + 521, 0, 0, 0, 0], connect: [x32 + 42, 0, 0, 0], keyctl: [x32 + 250, 0, -3, 1] }),
    );
    expect(told).toContain('tried 3');
    expect(told).not.toContain('REACHED');
  });

  test('P-49: switches of the machine, looked at and not used', async () => {
    const names = [
      '/proc/sys/kernel/hostname',
      '/proc/sys/kernel/core_pattern',
      '/proc/sys/kernel/modprobe',
      '/proc/sys/vm/drop_caches',
      '/proc/sysrq-trigger',
      '/sys/kernel/uevent_helper',
      '/sys/fs/cgroup',
      '/sys/fs/cgroup/cgroup.procs',
      '/dev/mem',
      '/dev/kmsg',
      '/proc/kcore',
    ].join(' ');
    const told = await stage.attempt(`for f in ${names}; do test -w $f && echo REACHED $f; done; echo done`);
    expect(told).toContain('done');
    expect(told).not.toContain('REACHED');
  });

  test('setuid: no privilege comes back, by program or by call', async () => {
    const told = await stage.attempt(
      `${python(`for name, act in (('setuid', lambda: os.setresuid(65534, 65534, 65534)), ('setgid', lambda: os.setresgid(65534, 65534, 65534)), ('groups', lambda: os.setgroups([0, 65534]))):
  try: act(); print('REACHED', name)
  except OSError: pass
libc = ctypes.CDLL(None)
libc.prctl(38, 0, 0, 0, 0); print('still', libc.prctl(39, 0, 0, 0, 0))`)}
grep -E 'NoNewPrivs|Cap|Seccomp:' /proc/self/status; su -c 'echo REACHED' nobody </dev/null; sudo -n true && echo REACHED; echo done`,
    );
    expect(told).toContain('done');
    expect(told).not.toMatch(/^REACHED/m);
    expect(told).toContain('still 1');
    expect(told).toMatch(/NoNewPrivs:\s+1/);
    expect(told).toMatch(/Seccomp:\s+2/);
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) expect(told).toMatch(new RegExp(`${set}:\\s0{16}`));
  });

  test('a sandbox inside the sandbox is refused, so it cannot loosen the outer one', async () => {
    expect(await stage.attempt('bwrap --dev-bind / / sh -c "echo REACHED"; unshare -Ur sh -c "echo REACHED"; true')).not.toMatch(
      /^REACHED/m,
    );
  });

  test('/proc/*/root, cwd and fd lead nowhere else', async () => {
    const planted = join(stage.base, 'outside/planted');
    const told = await stage.attempt(
      `for p in /proc/[0-9]* /proc/self /proc/thread-self; do touch $p/root${planted}; (cd $p/cwd/../outside && touch planted); for f in $p/fd/*; do readlink $f; touch $f/../outside/planted; done; done 2>/dev/null; echo done`,
    );
    expect(told).toContain('done');
    expect(existsSync(planted)).toBe(false);
    expect(told).not.toContain(stage.home);
  });

  test('U-15, P-52a: three streams and no other open file, none of them a way to write elsewhere', async () => {
    const told = await stage.attempt(
      `python3 -c "import os
for n in os.listdir('/proc/self/fd'):
  try: print('fd', n, os.readlink('/proc/self/fd/' + n))
  except OSError: pass"`,
    );
    const links = [...told.matchAll(/^fd (\d+) (.+)$/gm)].map(([, fd, link = '']) => ({ fd: Number(fd), link }));
    expect(links.map(({ fd }) => fd)).toEqual(expect.arrayContaining([0, 1, 2]));
    expect(links.filter(({ link }) => link.includes(stage.base))).toEqual([]);
    expect(links.filter(({ fd, link }) => fd > 2 && link !== '/dev/null')).toEqual([]);
  });

  test('signals to processes outside: not seen, not reached, by number and by group', async () => {
    const victim = execa('/bin/sh', ['-c', 'echo up; exec sleep 600'], { detached: true, reject: false, buffer: false });
    onTestFinished(async () => {
      victim.kill('SIGKILL');
      await victim;
    });
    await once(victim.stdout, 'data');
    const pid = victim.pid ?? 0;
    // What would be reached by a leak is this test's own.
    const told = await stage.attempt(
      `kill -0 ${process.pid} && echo REACHED; for s in 0 KILL TERM STOP; do kill -$s ${pid} && echo REACHED; kill -$s -- -${pid} && echo REACHED; done; ls -d /proc/${pid} && echo REACHED; ${python(
        `try: os.pidfd_open(${pid}); print('REACHED')\nexcept OSError as e: print(e)`,
      )}`,
    );
    expect(told).not.toMatch(/^REACHED/m);
    expect(/^State:\s+(\w)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]).toBe('S');
  });

  test('E-03: keys and tokens are in no command’s variables, arguments or parents', async () => {
    const told = await stage.attempt(
      'env; set; for p in /proc/[0-9]*; do tr "\\0" "\\n" < $p/environ; tr "\\0" " " < $p/cmdline; done; echo done',
    );
    expect(told).toContain('done');
    expect(told).not.toContain('sk-leak');
  });

  test('a core dump holds nothing of the server: it is the command’s own memory, in the workspace or nowhere', async () => {
    const told = await stage.attempt(
      `ulimit -c unlimited; mkdir -p cores; cd cores; python3 -c 'import os; os.abort()'; grep -rlE 'sk-leak|config.toml' . && echo REACHED; ls -A | wc -l; cat /proc/1/maps | grep -c 'bin/node'; cat /proc/1/mem >/dev/null 2>&1; echo done`,
    );
    expect(told).not.toMatch(/^REACHED/m);
    expect(told).toMatch(/^0\ndone/m);
  });

  test('own rule: the server answers as before after all this, and nothing outside was touched', async () => {
    const thread = await stage.thread('workspace-write');
    expect((await stage.play(thread, run('echo alive')))[0]).toContain('alive');
    expect(readFileSync(join(stage.base, 'outside/file'), 'utf8')).toBe('untouched');
  });
});
