/**
 * Every rule of the sandbox under the real bubblewrap, local and through an exec-server. Without bubblewrap this suite fails: a
 * skipped boundary is no boundary.
 */
import { existsSync, readdirSync } from 'node:fs';
import { link, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SandboxUnavailable } from '../../../src/host/process-types.ts';
import { at, entry, managed, python, readOnly, root, Stage, special, starters, workspace, workspaceWrite } from './starters.ts';

describe.each(starters)('$name', (starter) => {
  const stage = new Stage(starter);
  describe('files', () => {
    test('read-only: everything is readable, nothing is writable, and the failure is judged a denial', async () => {
      expect(await stage.run(readOnly(), 'cat /etc/passwd > /dev/null && echo read')).toMatchObject({ exitCode: 0, output: 'read\n' });
      const denied = await stage.run(readOnly(), 'echo x > file; echo x > /tmp/switchyard-never');
      expect(denied).toMatchObject({ kind: 'exited', sandboxDenied: true });
      expect(denied.output).toMatch(/read-only file system/i);
      expect(existsSync('/tmp/switchyard-never')).toBe(false);
    });

    test('workspace-write: the workspace and /tmp are writable, the rest is not', async () => {
      const result = await stage.run(
        workspaceWrite(),
        'echo a > in && echo b > /tmp/sy-$$ && rm /tmp/sy-$$ && echo c > /dev/null && echo ok; touch "$WS/../out" || echo no',
      );
      expect(result.output).toContain('ok\n');
      expect(result.output).toContain('no\n');
      expect(await readFile(join(stage.ws, 'in'), 'utf8')).toBe('a\n');
      expect(existsSync(join(stage.base, 'out'))).toBe(false);
    });

    test('a writable root that does not exist grants nothing and stops nothing', async () => {
      expect(await stage.code(workspaceWrite(entry(at(join(stage.base, 'nowhere')), 'write')), 'true')).toBe(0);
    });

    test.each(['.git', '.codex', '.agents', '.aws'])(
      '%s cannot be created in a writable root, and nothing is left of the guard',
      async (name) => {
        expect(await stage.code(workspaceWrite(), `mkdir ${name} || mkdir ${name}/hooks || rmdir ${name} || mv ${name} x`)).not.toBe(0);
        expect(readdirSync(stage.ws)).toEqual([]);
      },
    );

    test('an existing .git stays as it is; a nested one is not protected', async () => {
      await mkdir(join(stage.ws, '.git/hooks'), { recursive: true });
      await mkdir(join(stage.ws, 'nested/.git'), { recursive: true });
      expect(await stage.code(workspaceWrite(), 'echo x > .git/hooks/pre-commit')).not.toBe(0);
      expect(await stage.code(workspaceWrite(), 'mv .git elsewhere')).not.toBe(0);
      expect(await stage.code(workspaceWrite(), 'echo x > nested/.git/config')).toBe(0);
    });

    test('a .git pointer file protects itself and the directory it names, against renaming too', async () => {
      await mkdir(join(stage.ws, 'meta/real/hooks'), { recursive: true });
      await writeFile(join(stage.ws, '.git'), 'gitdir: meta/real\n');
      for (const attack of ['echo x > meta/real/hooks/a', 'rm .git', 'mv meta m2', 'mv meta/real meta/other', 'echo gitdir: x > .git']) {
        expect(await stage.code(workspaceWrite(), attack), attack).not.toBe(0);
      }
    });

    test('a gitdir that is itself another writable root is protected', async () => {
      const gitdir = join(stage.base, `${basename(stage.ws)}-gitdir`);
      await mkdir(join(gitdir, 'hooks'), { recursive: true });
      await writeFile(join(stage.ws, '.git'), `gitdir: ${gitdir}\n`);
      expect(await stage.code(workspaceWrite(entry(at(gitdir), 'write')), `echo x > ${gitdir}/hooks/a`)).not.toBe(0);
    });

    test.each(['.git', '.codex'])('a %s that is a symbolic link inside the root: refused, nothing runs', async (name) => {
      await mkdir(join(stage.ws, 'target'));
      await symlink(join(stage.ws, 'target'), join(stage.ws, name));
      await expect(stage.run(workspaceWrite(), 'touch ran')).rejects.toBeInstanceOf(SandboxUnavailable);
      expect(existsSync(join(stage.ws, 'ran'))).toBe(false);
    });

    test('a denied parent with a reopened child: the one is closed, the other open', async () => {
      await mkdir(join(stage.ws, 'a/b'), { recursive: true });
      await writeFile(join(stage.ws, 'a/secret'), 's');
      const profile = workspaceWrite(entry(at(join(stage.ws, 'a')), 'deny'), entry(at(join(stage.ws, 'a/b')), 'write'));
      expect(await stage.code(profile, 'ls a')).not.toBe(0);
      expect(await stage.code(profile, 'cat a/secret')).not.toBe(0);
      expect(await stage.code(profile, 'echo x > a/b/file')).toBe(0);
    });

    test('a read-only part of the workspace can be neither written nor renamed', async () => {
      await mkdir(join(stage.ws, 'a'));
      const profile = workspaceWrite(entry(at(join(stage.ws, 'a')), 'read'));
      expect(await stage.code(profile, 'echo x > a/f')).not.toBe(0);
      expect(await stage.code(profile, 'mv a b')).not.toBe(0);
    });

    test('a denied file cannot be read by name, by link, after a move of its parent, or in the next command', async () => {
      await mkdir(join(stage.ws, 'sub'));
      await writeFile(join(stage.ws, 'sub/secret'), 'TREASURE');
      const profile = workspaceWrite(entry(at(join(stage.ws, 'sub/secret')), 'deny'));
      for (const attack of [
        'cat sub/secret',
        'ln -s sub/secret l; cat l',
        'ln sub/secret h && cat h',
        'mv sub/secret s2 && cat s2',
        'rm sub/secret',
      ]) {
        const result = await stage.run(profile, attack);
        expect(result.output, attack).not.toContain('TREASURE');
        expect(result, attack).not.toMatchObject({ exitCode: 0 });
      }
      await stage.run(profile, 'mv sub sub9');
      expect((await stage.run(profile, 'cat sub9/secret sub/secret')).output).not.toContain('TREASURE');
    });

    test('a denied pattern hides what matches, also through a link', async () => {
      await writeFile(join(stage.ws, 'prod.env'), 'TREASURE');
      await symlink('prod.env', join(stage.ws, 'link'));
      const profile = workspaceWrite(entry({ type: 'glob_pattern', pattern: `${stage.ws}/**/*.env` }, 'deny'));
      expect((await stage.run(profile, 'cat prod.env; cat link')).output).not.toContain('TREASURE');
    });

    test('a denied path below a writable link: refused', async () => {
      await mkdir(join(stage.ws, 'real'));
      await symlink(join(stage.ws, 'real'), join(stage.ws, 'way'));
      await expect(stage.run(workspaceWrite(entry(at(join(stage.ws, 'way/secret')), 'deny')), 'true')).rejects.toBeInstanceOf(
        SandboxUnavailable,
      );
    });

    test('a link out of the workspace cannot be written through; an existing hard link can', async () => {
      await writeFile(join(stage.base, 'outside'), 'before');
      await symlink(join(stage.base, 'outside'), join(stage.ws, 'link'));
      expect(await stage.code(workspaceWrite(), 'echo after > link')).not.toBe(0);
      await link(join(stage.base, 'outside'), join(stage.ws, 'hard'));
      expect(await stage.code(workspaceWrite(), 'echo after > hard')).toBe(0);
      expect(await readFile(join(stage.base, 'outside'), 'utf8')).toBe('after\n');
    });

    test('only the platform: nothing of the machine is to be seen', async () => {
      const result = await stage.run(
        managed([entry(special('minimal'), 'read'), workspace]),
        'ls -d /home /root /var 2>&1; touch file && echo ok',
      );
      expect(result.output).not.toMatch(/^\/home$/m);
      expect(result.output).toContain('ok');
      expect(await stage.code(managed([entry(special('minimal'), 'read'), workspace]), 'touch /x')).not.toBe(0);
    });

    test('a working directory spelled through a link ends up in the real one', async () => {
      await symlink(stage.ws, join(stage.base, `${basename(stage.ws)}-via`));
      const result = await stage.run(workspaceWrite(), 'pwd -P && touch here', { cwd: join(stage.base, `${basename(stage.ws)}-via`) });
      expect(result).toMatchObject({ exitCode: 0, output: `${stage.ws}\n` });
      expect(existsSync(join(stage.ws, 'here'))).toBe(true);
    });

    test('three at once leave no guard behind', async () => {
      await Promise.all([1, 2, 3].map((n) => stage.run(workspaceWrite(), `touch f${n}; sleep 0.2`)));
      expect(readdirSync(stage.ws).sort()).toEqual(['f1', 'f2', 'f3']);
    });
  });

  describe('network and system calls', () => {
    test('without a network no family can be opened, and the child is told', async () => {
      const result = await stage.run(readOnly(), 'echo "net=$CODEX_SANDBOX_NETWORK_DISABLED"; getent hosts example.com || echo nohost');
      expect(result.output).toContain('net=1');
      expect(result.output).toContain('nohost');
      const families = await stage.run(
        readOnly(),
        python(`for f in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK, socket.AF_PACKET, 38):
  for t in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
    try: socket.socket(f, t); print('OPENED', f, t)
    except OSError: pass
print('done')`),
      );
      expect(families.output).toBe('done\n');
    });

    test('files restricted, network open: the two are independent', async () => {
      const profile = managed([root], 'enabled');
      expect((await stage.run(profile, python("socket.socket(socket.AF_INET); print('open')"))).output).toBe('open\n');
      expect(await stage.code(profile, 'touch x')).not.toBe(0);
    });

    test('no way to a host socket: not by connecting, not by a datagram, not from a pair', async () => {
      const server = join(stage.ws, 'host.sock');
      const script = python(`
for make in (lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM).connect('${server}'),
             lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM).connect('\\0abstract'),
             lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'x', '${server}'),
             lambda: socket.socket(socket.AF_UNIX, socket.SOCK_RAW),
             lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0].sendmsg([b'x'], [], 0, '${server}')):
  try: make(); print('REACHED')
  except PermissionError: print('refused')
a, b = socket.socketpair(); a.send(b'pair'); print(b.recv(4).decode())`);
      expect((await stage.run(workspaceWrite(), script)).output).toBe(`${'refused\n'.repeat(5)}pair\n`);
    });

    test('no tracing, no io_uring, no keyrings, no new namespaces, no typing into terminals', async () => {
      const script = python(`
libc = ctypes.CDLL(None, use_errno=True)
def refused(name, *args):
  ctypes.set_errno(0)
  r = libc.syscall(*args)
  print(name, 'refused' if r == -1 and ctypes.get_errno() in (1, 38) else 'ALLOWED %d' % ctypes.get_errno())
refused('ptrace', 101, 0, 0, 0, 0)
refused('io_uring', 425, 1, 0)
refused('keyctl', 250, 0, -3, 1)
refused('unshare user', 272, 0x10000000)
refused('clone user', 56, 0x10000000 | 17, 0, 0, 0, 0)
refused('clone3', 435, 0, 0)
refused('TIOCSTI', 16, 0, 0x5412, 0)
refused('bpf', 321, 0, 0, 0)`);
      const { output } = await stage.run(workspaceWrite(), script);
      expect(output).not.toContain('ALLOWED');
      expect(output.trim().split('\n')).toHaveLength(8);
    });

    test('as root too, the switches of the machine are read-only', async () => {
      // Checked without writing: a leak here must do no harm.
      const result = await stage.run(
        workspaceWrite(),
        'for f in /proc/sys/kernel/hostname /proc/sys/kernel/core_pattern /proc/sysrq-trigger; do test -w $f && echo WRITABLE $f; done; echo done',
      );
      expect(result.output).toBe('done\n');
    });

    test('processes outside cannot be seen or signalled, and none survives inside', async () => {
      const result = await stage.run(workspaceWrite(), `kill -0 ${stage.pid} 2>/dev/null && echo SEEN; ls /proc | grep -c '^[0-9]' `);
      expect(result.output).not.toContain('SEEN');
      const late = join(stage.ws, 'late');
      await stage.run(workspaceWrite(), `setsid sh -c 'sleep 0.3; touch late' >/dev/null 2>&1 & exit 0`);
      await stage.run(workspaceWrite(), 'sleep 0.6');
      expect(existsSync(late)).toBe(false);
    });

    test('/dev/shm is private, and works', async () => {
      expect(await stage.code(workspaceWrite(), 'touch /dev/shm/x && ls /dev/shm | grep -qx x')).toBe(0);
      expect(existsSync('/dev/shm/x')).toBe(false);
    });

    test('on a terminal as well', async () => {
      const result = await stage.run(workspaceWrite(), 'test -t 0 && echo tty; touch /etc/x || echo denied', { tty: true });
      expect(result.output).toContain('tty');
      expect(result.output).toContain('denied');
    });
  });
});
