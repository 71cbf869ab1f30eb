/** The rows of the specification's test matrix that are about shapes of disk, tools of the network and the end of things, local and through an exec-server. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { PermissionProfile } from '../../../src/base/permission-profile.ts';
import { SandboxUnavailable } from '../../../src/host/process-types.ts';
import { at, entry, managed, python, readOnly, root, Stage, special, starters, workspace, workspaceWrite } from './starters.ts';

const unrestricted = (network: 'restricted' | 'enabled'): PermissionProfile => ({
  type: 'managed',
  file_system: { type: 'unrestricted' },
  network,
});

describe.each(starters)('$name', (starter) => {
  const stage = new Stage(starter);

  describe('files', () => {
    test('P-18: what a writable root outside the workspace holds is protected like the workspace', async () => {
      const other = join(stage.base, `${basename(stage.ws)}-other`);
      await mkdir(other);
      const profile = workspaceWrite(entry(at(other), 'write'));
      expect(await stage.code(profile, `echo x > ${other}/file`)).toBe(0);
      for (const name of ['.git', '.codex', '.agents', '.aws']) expect(await stage.code(profile, `mkdir ${other}/${name}/x`)).not.toBe(0);
      expect(readdirSync(other)).toEqual(['file']);
    });

    test('P-18: a profile that names a protected path as writable opens it, and nothing beside it', async () => {
      await mkdir(join(stage.ws, '.git'));
      const profile = workspaceWrite(entry(at(join(stage.ws, '.git')), 'write'));
      expect(await stage.code(profile, 'echo x > .git/config')).toBe(0);
      expect(await stage.code(profile, 'mkdir .codex/x')).not.toBe(0);
    });

    test('P-35: an empty .git may be another run’s guard: it stays closed, and stays where it was', async () => {
      await mkdir(join(stage.ws, '.git'));
      expect(await stage.code(workspaceWrite(), 'touch .git/HEAD || mv .git x || rmdir .git')).not.toBe(0);
      expect(readdirSync(stage.ws)).toEqual(['.git']);
    });

    test('P-19: a .git file that is no pointer is protected as the file it is', async () => {
      await writeFile(join(stage.ws, '.git'), 'nonsense\n');
      expect(await stage.code(workspaceWrite(), 'echo x > .git')).not.toBe(0);
      expect(await stage.code(workspaceWrite(), 'rm .git')).not.toBe(0);
      expect(await readFile(join(stage.ws, '.git'), 'utf8')).toBe('nonsense\n');
    });

    test('P-35: a read-only path that does not exist yet cannot be brought into being, whole or in parts', async () => {
      const profile = workspaceWrite(entry(at(join(stage.ws, 'made/later/x')), 'read'));
      expect(await stage.code(profile, 'mkdir -p made/later && echo x > made/later/x')).not.toBe(0);
      expect(await stage.code(profile, 'mkdir other && mkdir other/later && mv other made')).not.toBe(0);
      expect(existsSync(join(stage.ws, 'made'))).toBe(false);
    });

    test('P-36: a denied path that does not exist yet cannot be made and read', async () => {
      const profile = workspaceWrite(entry(at(join(stage.ws, 'later')), 'deny'));
      expect(await stage.code(profile, 'echo x > later')).not.toBe(0);
      expect(await stage.code(profile, 'ln -s /etc/passwd later')).not.toBe(0);
      expect(existsSync(join(stage.ws, 'later'))).toBe(false);
    });

    test('P-36: a denied directory is closed whole: no listing, no reading, no name of a file in it', async () => {
      await mkdir(join(stage.ws, 'closed'));
      await writeFile(join(stage.ws, 'closed/secret'), 'TREASURE');
      const profile = workspaceWrite(entry(at(join(stage.ws, 'closed')), 'deny'));
      for (const attack of ['ls closed', 'cat closed/secret', 'mv closed open', 'cp -r closed copy', 'test -e closed/secret'])
        expect(await stage.code(profile, attack), attack).not.toBe(0);
    });

    test('P-36: outside the workspace a denied file is hidden under read access to everything', async () => {
      const secret = join(stage.base, `${basename(stage.ws)}-secret`);
      await writeFile(secret, 'TREASURE');
      const profile = managed([root, entry(at(secret), 'deny')]);
      expect((await stage.run(profile, `cat ${secret}; ln -s ${secret} /tmp/l; cat /proc/self/root${secret}`)).output).not.toContain(
        'TREASURE',
      );
    });

    test('P-15: the deepest entry decides, and of equals the strictest', async () => {
      await mkdir(join(stage.ws, 'a/b'), { recursive: true });
      await writeFile(join(stage.ws, 'a/b/file'), 'TREASURE');
      const [a, b] = [join(stage.ws, 'a'), join(stage.ws, 'a/b')];
      expect(await stage.code(workspaceWrite(entry(at(a), 'read'), entry(at(b), 'write')), 'echo x > a/b/new')).toBe(0);
      expect(await stage.code(workspaceWrite(entry(at(a), 'write'), entry(at(a), 'read')), 'echo x > a/new')).toBe(0);
      expect(await stage.code(workspaceWrite(entry(at(b), 'write'), entry(at(b), 'deny')), 'cat a/b/file')).not.toBe(0);
    });

    test('P-38: more matches of a denied pattern than can be hidden: refused, nothing runs', async () => {
      mkdirSync(join(stage.ws, 'many'));
      for (let n = 0; n <= 8192; n += 1) writeFileSync(join(stage.ws, 'many', `${n}.env`), '');
      const profile = workspaceWrite(entry({ type: 'glob_pattern', pattern: `${stage.ws}/**/*.env` }, 'deny'));
      await expect(stage.run(profile, 'touch ran')).rejects.toBeInstanceOf(SandboxUnavailable);
      expect(existsSync(join(stage.ws, 'ran'))).toBe(false);
    });

    test('P-10: patterns reach as deep as their limit says, and dot files too', async () => {
      await mkdir(join(stage.ws, 'one/two'), { recursive: true });
      for (const name of ['.env', 'one/x.env', 'one/two/y.env']) await writeFile(join(stage.ws, name), 'TREASURE');
      const pattern = entry({ type: 'glob_pattern', pattern: '**/*.env' }, 'deny');
      const all = await stage.run(workspaceWrite(pattern), 'cat .env one/x.env one/two/y.env');
      expect(all.output).not.toContain('TREASURE');
      const limited: PermissionProfile = {
        type: 'managed',
        network: 'restricted',
        file_system: { type: 'restricted', entries: [root, workspace, pattern], glob_scan_max_depth: 2 },
      };
      expect((await stage.run(limited, 'cat one/x.env')).output).not.toContain('TREASURE');
      expect((await stage.run(limited, 'cat one/two/y.env')).output).toContain('TREASURE');
    });

    test('P-35: a link below the workspace on the way to a read-only path: refused, nothing runs', async () => {
      await mkdir(join(stage.ws, 'real'));
      await symlink('real', join(stage.ws, 'way'));
      await expect(stage.run(workspaceWrite(entry(at(join(stage.ws, 'way/x')), 'read')), 'touch ran')).rejects.toBeInstanceOf(
        SandboxUnavailable,
      );
      expect(existsSync(join(stage.ws, 'ran'))).toBe(false);
    });

    test('P-34: a writable root that is named through a link is the real one, and protected as such', async () => {
      const [real, via] = [join(stage.base, `${basename(stage.ws)}-real`), join(stage.base, `${basename(stage.ws)}-link`)];
      await mkdir(join(real, '.git'), { recursive: true });
      await writeFile(join(real, '.git/config'), 'mine');
      await symlink(real, via);
      const profile = workspaceWrite(entry(at(via), 'write'));
      expect(await stage.code(profile, `echo x > ${via}/file && echo y > ${real}/file2`)).toBe(0);
      expect(await stage.code(profile, `echo x > ${real}/.git/config`)).not.toBe(0);
      expect(await stage.code(profile, `echo x > ${via}/.git/config`)).not.toBe(0);
    });

    test('P-07, nested roots: the inner one is protected by itself', async () => {
      const inner = join(stage.ws, 'inner');
      await mkdir(join(inner, '.git'), { recursive: true });
      const roots = { roots: [stage.ws, inner] };
      expect(await stage.run(workspaceWrite(), 'echo x > inner/.git/config', roots)).not.toMatchObject({ exitCode: 0 });
      expect(await stage.run(workspaceWrite(), 'echo x > inner/file', roots)).toMatchObject({ exitCode: 0 });
    });

    test('R-8.17, P-16: entries that mean the workspace mean all its roots, and never where the command runs', async () => {
      const [one, two, three] = ['one', 'two', 'three'].map((name) => join(stage.base, `${basename(stage.ws)}-${name}`));
      for (const directory of [one, two, three]) await mkdir(directory ?? '');
      const options = { cwd: three ?? '', roots: [one ?? '', two ?? ''] };
      const result = await stage.run(workspaceWrite(), `echo x > ${one}/f && echo x > ${two}/f && echo both; echo x > ${three}/f`, options);
      expect(result.output).toContain('both');
      expect(existsSync(join(three ?? '', 'f'))).toBe(false);
    });

    test('P-17: full access to files with the network off is not full access: the network is off', async () => {
      expect(await stage.code(unrestricted('restricted'), 'echo x > file && mkdir .git')).toBe(0);
      expect((await stage.run(unrestricted('restricted'), python("socket.socket(socket.AF_INET); print('OPEN')"))).output).not.toContain(
        'OPEN',
      );
    });

    test('P-16: `:minimal` shows the platform’s directories and nothing else', async () => {
      const { output } = await stage.run(managed([entry(special('minimal'), 'read')]), 'ls /', { cwd: '/' });
      const seen = output.trim().split('\n');
      expect(seen).toContain('usr');
      for (const name of seen) expect(['bin', 'dev', 'etc', 'lib', 'lib32', 'lib64', 'nix', 'proc', 'run', 'sbin', 'usr']).toContain(name);
    });
  });

  describe('network', () => {
    test.each([
      ['ping', 'ping -c1 -W1 127.0.0.1'],
      ['curl', 'curl -sS --max-time 2 http://127.0.0.1:1/ 2>&1; [ $? != 7 ]'],
      ['wget', 'wget -q -t 1 -T 2 -O- http://127.0.0.1:1/'],
      ['nc', 'nc -z -w1 127.0.0.1 22'],
      ['ssh', 'ssh -o BatchMode=yes -o ConnectTimeout=1 127.0.0.1 true'],
      ['getent', 'getent hosts example.com'],
      ['bash', "bash -c 'exec 3<>/dev/tcp/127.0.0.1/22'"],
      ['bash', "bash -c 'exec 3<>/dev/udp/127.0.0.1/53; echo x >&3'"],
    ])('P-47: %s gets nowhere: %s', async (_, script) => {
      const result = await stage.run(readOnly(), `(${script}) && echo REACHED; true`);
      expect(result.output).not.toMatch(/^REACHED/m);
    });

    test('P-47: AF_ALG, vsock and what they are made of are closed too', async () => {
      const script = python(`for f in range(0, 46):
  for t in (1, 2, 3, 5):
    if f == 1 and t in (1, 5): continue
    try: socket.socket(f, t); print('OPENED', f, t)
    except OSError: pass
    try: socket.socketpair(f, t); print('PAIR', f, t)
    except (OSError, ValueError): pass
print('done')`);
      expect((await stage.run(readOnly(), script)).output).toBe('done\n');
    });

    test('P-45: with the network on, tracing and io_uring stay closed', async () => {
      const script = python(`libc = ctypes.CDLL(None, use_errno=True)
print(libc.syscall(101, 0, 0, 0, 0), ctypes.get_errno(), libc.syscall(425, 1, 0), ctypes.get_errno())`);
      expect((await stage.run(managed([root], 'enabled'), script)).output).toBe('-1 1 -1 1\n');
    });

    test('P-44: a program for another kind of machine cannot slip past the filter', async () => {
      // 32-bit calls have other numbers: the filter kills whoever makes one.
      const script = python(`code = bytes([0xb8,20,0,0,0,0xcd,0x80,0xc3])
import mmap
m = mmap.mmap(-1, 4096, prot=mmap.PROT_READ|mmap.PROT_WRITE|mmap.PROT_EXEC)
m.write(code)
f = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(m)))
print('GOT', f())`);
      expect((await stage.run(readOnly(), script)).output).not.toContain('GOT');
    });
  });

  describe('processes', () => {
    test('P-34: no new privileges, no capabilities, an own session, an own pid namespace, and a filter', async () => {
      const { output } = await stage.run(
        readOnly(),
        'grep -E "^(NoNewPrivs|CapEff|CapPrm|CapBnd|CapAmb|Seccomp|NSpid):" /proc/self/status',
      );
      expect(output).toMatch(/NoNewPrivs:\s1/);
      expect(output).toMatch(/Seccomp:\s2/);
      for (const set of ['CapEff', 'CapPrm', 'CapBnd', 'CapAmb']) expect(output).toMatch(new RegExp(`${set}:\\s0{16}`));
      expect(Number(/NSpid:\s(\d+)/.exec(output)?.[1])).toBeLessThan(20);
    });

    test('U-14: nothing that a command left in the background outlives it', async () => {
      const mark = `switchyard-mark-${process.pid}-${basename(stage.ws)}`;
      await stage.run(workspaceWrite(), `setsid env MARK=${mark} sleep 60 & (MARK=${mark} sleep 60 &) ; exit 0`);
      const marked = readdirSync('/proc').filter((pid) => {
        try {
          return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'latin1').includes(mark);
        } catch {
          return false; // gone meanwhile
        }
      });
      expect(marked).toEqual([]);
    });

    test('P-40: commands that are killed leave no guard behind', async () => {
      const killed = [1, 2, 3].map(async () => {
        const running = await stage.start(workspaceWrite(), 'echo up; sleep 60');
        await new Promise<void>((resolve) => {
          running.onOutput(() => resolve());
        });
        await running.terminate();
        await running.closed;
      });
      await Promise.all(killed);
      expect(readdirSync(stage.ws)).toEqual([]);
    });

    test('U-20: a working directory that does not exist stops it before it starts', async () => {
      await expect(stage.run(workspaceWrite(), 'touch ran', { cwd: join(stage.ws, 'nowhere') })).rejects.toThrow(
        'No such file or directory (os error 2)',
      );
      expect(existsSync(join(stage.ws, 'ran'))).toBe(false);
    });

    test('E-06: variables for the loader reach the command and not what confines it', async () => {
      const { output } = await stage.run(readOnly(), 'echo "[$LD_LIBRARY_PATH][$GLIBC_TUNABLES]"', {
        overlay: { LD_LIBRARY_PATH: '/nowhere', GLIBC_TUNABLES: 'x=y' },
      });
      expect(output).toBe('[/nowhere][x=y]\n');
    });

    test('D-8, P-43: shared memory and message queues of the host are not to be seen', async () => {
      expect((await stage.run(readOnly(), 'ls -A /dev/shm; ls /dev/mqueue; tail -n +2 /proc/sysvipc/shm')).output).not.toContain(
        'switchyard',
      );
    });
  });
});
