/**
 * The same commands under `switchyard sandbox` and under the reference's `codex sandbox` (CODEX_REFERENCE names its binary): what
 * the reference stops, we stop. What only we stop is listed with its reason, so that a new difference is noticed.
 */
import { mkdir, mkdtemp, realpath, rm, rmdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mountedSomewhere } from '../../src/host/sandbox/last-process.ts';
import { referenceBinary, withoutReference } from '../support/reference.ts';
import { cli } from '../support/server.ts';

/** A command that ends with 0 when it got what it wanted. Nothing here changes the machine. `stricter`: why only we stop it. */
interface Case {
  readonly what: string;
  readonly profile: string;
  readonly script: string;
  readonly stricter?: string;
}

const python = (code: string) => `python3 -c "${code}"`;
const socket = (family: string, type = 'SOCK_STREAM') => python(`import socket; socket.socket(socket.${family}, socket.${type})`);

/** Outcomes of a system call by number, in the way that changes nothing even if it is let through. */
const call = (...args: number[]) =>
  python(
    `import ctypes,sys; l=ctypes.CDLL(None,use_errno=True); r=l.syscall(${args.join(',')}); sys.exit(r == -1 and ctypes.get_errno() in (1, 38))`,
  );

const cases: readonly Case[] = [
  { what: 'read a file', profile: ':read-only', script: 'cat /etc/passwd >/dev/null' },
  { what: 'write the workspace read-only', profile: ':read-only', script: 'touch a' },
  { what: 'write /tmp read-only', profile: ':read-only', script: 'touch /tmp/switchyard-compare' },
  { what: 'write /dev/null', profile: ':read-only', script: 'echo x > /dev/null' },
  { what: 'write the workspace', profile: ':workspace', script: 'touch a && rm a' },
  { what: 'write /tmp', profile: ':workspace', script: 'f=$(mktemp -p /tmp) && rm $f' },
  { what: 'write a pipe and a file at once', profile: ':workspace', script: 'echo x | tee t | cat >/dev/null && rm t' },
  {
    what: 'run a script of the workspace',
    profile: ':workspace',
    script: 'printf "#!/bin/sh\nexit 0\n" > s.sh && chmod +x s.sh && ./s.sh && rm s.sh',
  },
  { what: 'change modes in the workspace', profile: ':workspace', script: 'touch m && chmod 600 m && rm m' },
  { what: 'a link in the workspace', profile: ':workspace', script: 'ln -s . l && rm l' },
  {
    what: 'write through a link out of the workspace',
    profile: ':workspace',
    script: 'ln -sf ../held-out o; echo x > o; r=$?; rm o; exit $r',
  },
  { what: 'write by ..', profile: ':workspace', script: 'echo x > sub/../../escaped' },
  { what: 'write through /proc/self/root', profile: ':workspace', script: 'echo x > /proc/self/root$(dirname $PWD)/escaped' },
  { what: 'write through /proc/1/root', profile: ':workspace', script: 'echo x > /proc/1/root$(dirname $PWD)/escaped' },
  { what: 'write /var/tmp', profile: ':workspace', script: 'touch /var/tmp/switchyard-compare' },
  { what: 'write /usr', profile: ':workspace', script: 'touch /usr/switchyard-compare' },
  { what: 'write the root', profile: ':workspace', script: 'touch /switchyard-compare' },
  { what: 'write /dev', profile: ':workspace', script: 'touch /dev/switchyard-compare' },
  { what: 'write /run', profile: ':workspace', script: 'touch /run/switchyard-compare' },
  { what: 'write the program’s home', profile: ':workspace', script: 'touch "$CODEX_HOME/x"' },
  { what: 'read-only: make a directory', profile: ':read-only', script: 'mkdir made' },
  { what: 'read-only: remove a file', profile: ':read-only', script: 'rm denied' },
  { what: 'read-only: rename a file', profile: ':read-only', script: 'mv denied d2' },
  { what: 'read-only: change a mode', profile: ':read-only', script: 'chmod 600 denied' },
  { what: 'read-only: change a time', profile: ':read-only', script: 'touch -d 2001-01-01 denied' },
  { what: 'read-only: a hard link', profile: ':read-only', script: 'ln denied d3' },
  { what: 'read-only: a shell with output in a pipe', profile: ':read-only', script: 'test "$(echo a | cat)" = a' },
  { what: 'read-only: a name', profile: ':read-only', script: 'getent hosts example.com' },
  { what: 'read-only: a socket', profile: ':read-only', script: socket('AF_INET') },
  { what: 'write next to the workspace', profile: ':workspace', script: 'touch ../a' },
  { what: 'write the home directory', profile: ':workspace', script: 'touch ~/.switchyard-compare' },
  { what: 'write /etc', profile: ':workspace', script: 'touch /etc/switchyard-compare' },
  ...['.git', '.codex', '.agents', '.aws'].map((name) => ({
    what: `make ${name}`,
    profile: ':workspace',
    script: `mkdir ${name} || mkdir ${name}/x || touch ${name}/y`,
  })),
  { what: 'a hook in the nested repository', profile: ':workspace', script: 'mkdir -p n/.git/hooks && touch n/.git/hooks/x && rm -r n' },
  { what: 'read a denied file', profile: 'd', script: 'cat denied' },
  { what: 'read a denied pattern', profile: 'd', script: 'cat x.env' },
  { what: 'rename a denied file', profile: 'd', script: 'mv denied d2' },
  {
    what: 'rename the parent of a denied file',
    profile: 'd',
    script: 'mv sub sub9 && mv sub9 sub',
    stricter: 'P-50: the next command could read it under the new name',
  },
  ...['AF_INET', 'AF_INET6', 'AF_NETLINK', 'AF_PACKET', 'AF_VSOCK', 'AF_ALG'].map((family) => ({
    what: `a socket of ${family}`,
    profile: ':workspace',
    script: socket(
      family,
      family === 'AF_NETLINK' || family === 'AF_PACKET' ? 'SOCK_RAW' : family === 'AF_ALG' ? 'SOCK_SEQPACKET' : 'SOCK_STREAM',
    ),
  })),
  {
    what: 'a unix datagram socket',
    profile: ':workspace',
    script: socket('AF_UNIX', 'SOCK_DGRAM'),
    stricter: 'P-46: sendmsg reaches host sockets with it',
  },
  {
    what: 'a pair of sockets',
    profile: ':workspace',
    script: python("import socket; a,b=socket.socketpair(); a.sendmsg([b'x']); b.recv(1)"),
  },
  { what: 'connect to a path', profile: ':workspace', script: python("import socket; socket.socket(socket.AF_UNIX).connect('nothing')") },
  { what: 'a writable root beside the workspace', profile: 'w', script: 'f=$(mktemp -p ../more) && rm $f' },
  { what: 'beside that writable root', profile: 'w', script: 'touch ../more-not' },
  { what: 'metadata of that writable root', profile: 'w', script: 'mkdir ../more/.git || mkdir ../more/.git/x' },
  { what: 'a read-only part of the workspace', profile: 'w', script: 'touch sub/x' },
  { what: 'renaming a read-only part', profile: 'w', script: 'mv sub sub8 && mv sub8 sub' },
  { what: 'reading a read-only part', profile: 'w', script: 'cat sub/denied >/dev/null' },
  { what: 'network on: a socket', profile: 'n', script: socket('AF_INET') },
  { what: 'network on: a datagram socket', profile: 'n', script: socket('AF_INET', 'SOCK_DGRAM') },
  { what: 'network on: files as before', profile: 'n', script: 'touch ../a' },
  { what: 'network on: tracing', profile: 'n', script: call(101, 0, 0, 0, 0), stricter: 'own rule: no tracing, whatever the network is' },
  { what: 'full access', profile: ':danger-full-access', script: 'f=$(mktemp -p ..) && rm $f' },
  { what: 'a denied file by a link', profile: 'd', script: 'ln -s denied l9; cat l9; r=$?; rm l9; exit $r' },
  { what: 'a denied file by a hard link', profile: 'd', script: 'ln denied h9 && cat h9' },
  { what: 'a denied file by /proc/self/root', profile: 'd', script: 'cat /proc/self/root$PWD/denied' },
  { what: 'a denied file in an archive', profile: 'd', script: 'tar cf - denied | grep -q s3cret' },
  { what: 'writing a denied file', profile: 'd', script: 'echo x > denied' },
  { what: 'removing a denied file', profile: 'd', script: 'rm -f denied && test ! -e denied' },
  { what: 'a denied file deeper down', profile: 'd', script: 'cat sub/denied' },
  { what: 'a denied pattern by a link', profile: 'd', script: 'ln -s x.env l8; cat l8; r=$?; rm l8; exit $r' },
  { what: 'what is not denied', profile: 'd', script: 'touch open && cat open && rm open' },
  { what: 'look a name up', profile: ':workspace', script: 'getent hosts example.com' },
  { what: 'trace', profile: ':workspace', script: python('import ctypes,sys; sys.exit(ctypes.CDLL(None).ptrace(0,0,0,0) != 0)') },
  {
    what: 'io_uring',
    profile: ':workspace',
    script: python('import ctypes,sys; sys.exit(ctypes.CDLL(None,use_errno=True).syscall(425,1,0) == -1 and ctypes.get_errno() == 1)'),
  },
  { what: 'a user namespace', profile: ':workspace', script: 'unshare -U true', stricter: 'own rule: no namespaces inside namespaces' },
  {
    what: 'kernel switches open for writing (looked at only)',
    profile: ':workspace',
    script: 'test -w /proc/sys/kernel/hostname',
    stricter: 'P-49: run as root they are the real ones',
  },
  { what: 'io_uring, entering', profile: ':workspace', script: call(426, 0, 1, 0, 0, 0) },
  { what: 'reading another process', profile: ':workspace', script: call(310, 1, 0, 0, 0, 0, 0) },
  { what: 'keyrings', profile: ':workspace', script: call(250, 0, -3, 1), stricter: 'own rule: keys of the user are not the command’s' },
  { what: 'bpf', profile: ':workspace', script: call(321, 0, 0, 0), stricter: 'own rule: no programs for the kernel' },
  { what: 'performance events', profile: ':workspace', script: call(298, 0, 0, -1, -1, 0), stricter: 'own rule: no tracing by counters' },
  { what: 'a mount namespace', profile: ':workspace', script: 'unshare -m true' },
  { what: 'a network namespace', profile: ':workspace', script: 'unshare -n true' },
  {
    what: 'a sandbox inside the sandbox',
    profile: ':workspace',
    script: 'bwrap --dev-bind / / true',
    stricter: 'own rule: no namespaces inside namespaces',
  },
  { what: 'mounting (asked with a flag that mounts nothing)', profile: ':workspace', script: call(165, 0, 0, 0, 0, 0) },
  {
    what: 'the host name, looked at',
    profile: ':workspace',
    script: 'test -w /proc/sys/kernel/hostname',
    stricter: 'P-49: run as root they are the real ones',
  },
  {
    what: 'the way of core dumps, looked at',
    profile: ':workspace',
    script: 'test -w /proc/sys/kernel/core_pattern',
    stricter: 'P-49: the same',
  },
  { what: 'the magic key, looked at', profile: ':workspace', script: 'test -w /proc/sysrq-trigger', stricter: 'P-49: the same' },
  { what: 'control groups, looked at', profile: ':workspace', script: 'test -w /sys/fs/cgroup/cgroup.procs' },
  { what: 'the memory of the machine, looked at', profile: ':workspace', script: 'test -w /dev/mem' },
  { what: 'processes outside, listed', profile: ':workspace', script: `test -d /proc/${process.pid}` },
  { what: 'new privileges', profile: ':workspace', script: 'grep -q "NoNewPrivs:.*0" /proc/self/status' },
  { what: 'capabilities', profile: ':workspace', script: '! grep -q "CapEff:.*0000000000000000" /proc/self/status' },
  { what: 'a terminal of its own session', profile: ':workspace', script: 'test "$(cut -d" " -f6 /proc/self/stat)" != 0' },
  { what: 'signal a process outside', profile: ':workspace', script: `kill -0 ${process.pid}` },
  { what: 'a private /dev/shm', profile: ':workspace', script: 'touch /dev/shm/x' },
  {
    what: 'a key of the caller',
    profile: ':workspace',
    script: 'test -n "$OPENAI_API_KEY"',
    stricter: 'E-03: the default environment has no keys',
  },
  {
    what: 'an inherited descriptor',
    profile: ':read-only',
    script: 'test -e /proc/self/fd/9 && echo x >/proc/self/fd/9',
    stricter: 'P-52a: descriptors are not passed on',
  },
];

describe.skipIf(withoutReference('the same outcome as the reference, or a stricter one'))('against the reference', () => {
  let base: string;
  const works: string[] = [];
  beforeAll(async () => {
    // Not below the temporary directory: the reference refuses to keep its helper there.
    base = await realpath(await mkdtemp(join(homedir(), '.switchyard-compare-')));
    for (const name of ['ours', 'theirs']) {
      const work = join(base, name);
      works.push(work);
      await mkdir(join(work, 'sub'), { recursive: true });
      for (const file of ['denied', 'x.env', 'sub/denied']) await writeFile(join(work, file), 's3cret');
    }
    await mkdir(join(base, 'home'));
    await mkdir(join(base, 'more'));
    await writeFile(
      join(base, 'home/config.toml'),
      'default_permissions = ":workspace"\n[permissions.n]\nextends = ":workspace"\n[permissions.n.network]\nenabled = true\n' +
        `[permissions.w]\nextends = ":workspace"\n[permissions.w.filesystem]\n${JSON.stringify(join(base, 'more'))} = "write"\n":workspace_roots" = { "sub" = "read" }\n` +
        '[permissions.d]\nextends = ":workspace"\n[permissions.d.filesystem]\n":workspace_roots" = { "denied" = "deny", "sub/denied" = "deny", "*.env" = "deny" }\n',
    );
    await writeFile(join(base, 'held'), '');
  });
  afterAll(async () => {
    await rm(base, { recursive: true, force: true });
    // Where both programs mount over the same missing path, each may take for the other's what bubblewrap made, and leave it.
    const left = ['.git', '.codex', '.agents', '.aws'].map((name) => join('/tmp', name));
    const used = mountedSomewhere(left);
    for (const path of left) if (!used.has(path)) await rmdir(path).catch(() => {});
  });

  /** True when the command got what it wanted. Descriptor 9 is a file outside, open for reading. */
  const succeeds = async (program: readonly string[], work: string, { profile, script }: Case): Promise<boolean> => {
    const argv = [...program, 'sandbox', '-P', profile, '--', 'sh', '-c', script];
    const { exitCode } = await execa('/bin/sh', ['-c', 'exec 9<"$0"; exec "$@"', join(base, 'held'), ...argv], {
      cwd: work,
      reject: false,
      stdin: 'ignore',
      env: { PATH: process.env.PATH, HOME: homedir(), CODEX_HOME: join(base, 'home'), OPENAI_API_KEY: 'sk-compare' },
      extendEnv: false,
    });
    return exitCode === 0;
  };

  test.each(cases)('$what ($profile)', async (one) => {
    const [ourWork = '', theirWork = ''] = works;
    const both = [succeeds([process.execPath, cli], ourWork, one), succeeds([referenceBinary ?? ''], theirWork, one)];
    const [ours = false, theirs = false] = await Promise.all(both);
    if (one.stricter === undefined) expect(ours).toBe(theirs);
    else expect({ ours }).toEqual({ ours: false });
    expect(ours && !theirs).toBe(false);
  });
});
