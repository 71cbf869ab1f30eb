/**
 * The same commands under `switchyard sandbox` and under the reference's `codex sandbox` (CODEX_REFERENCE names its binary): what
 * the reference stops, we stop. What only we stop is listed with its reason, so that a new difference is noticed.
 */
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

const cases: readonly Case[] = [
  { what: 'read a file', profile: ':read-only', script: 'cat /etc/passwd >/dev/null' },
  { what: 'write the workspace read-only', profile: ':read-only', script: 'touch a' },
  { what: 'write /tmp read-only', profile: ':read-only', script: 'touch /tmp/switchyard-compare' },
  { what: 'write /dev/null', profile: ':read-only', script: 'echo x > /dev/null' },
  { what: 'write the workspace', profile: ':workspace', script: 'touch a && rm a' },
  { what: 'write /tmp', profile: ':workspace', script: 'f=$(mktemp -p /tmp) && rm $f' },
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
    await writeFile(
      join(base, 'home/config.toml'),
      'default_permissions = ":workspace"\n[permissions.d]\nextends = ":workspace"\n[permissions.d.filesystem]\n":workspace_roots" = { "denied" = "deny", "sub/denied" = "deny", "*.env" = "deny" }\n',
    );
    await writeFile(join(base, 'held'), '');
  });
  afterAll(() => rm(base, { recursive: true, force: true }));

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
    const ours = await succeeds([process.execPath, cli], ourWork, one);
    const theirs = await succeeds([referenceBinary ?? ''], theirWork, one);
    if (one.stricter === undefined) expect(ours).toBe(theirs);
    else expect({ ours }).toEqual({ ours: false });
    expect(ours && !theirs).toBe(false);
  });
});
