/** Each rung of the ladder as users and clients see it: `switchyard doctor --json`, and one configWarning after the start. */
import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLinuxSandbox } from '../../src/host/sandbox/linux.ts';
import { cli, startServer } from '../support/server.ts';

let base: string;
beforeAll(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'switchyard-rungs-')));
});
afterAll(() => rm(base, { recursive: true, force: true }));

/** A directory with a bubblewrap that fails whenever one of `refused` is asked for; undefined: with none. */
async function programs(name: string, refused: readonly string[] | undefined, perl = false): Promise<string> {
  const directory = join(base, name);
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory);
  if (perl) await symlink('/usr/bin/perl', join(directory, 'perl'));
  if (refused === undefined) return directory;
  const tests = refused.map((flag) => `case " $* " in *" ${flag} "*) echo "no ${flag} here" >&2; exit 1;; esac`);
  const script = `#!/bin/sh\n[ "$1" = --help ] && { echo "--perms --argv0"; exit 0; }\n${tests.join('\n')}\nexit 0\n`;
  await writeFile(join(directory, 'bwrap'), script);
  await chmod(join(directory, 'bwrap'), 0o755);
  return directory;
}

const rows = [
  { rung: 'full', refused: [], reason: undefined },
  { rung: 'noNetworkNamespace', refused: ['--unshare-net'], reason: 'no --unshare-net here' },
  { rung: 'none', refused: ['--unshare-user'], reason: 'no --unshare-user here' },
  { rung: 'none', refused: undefined, reason: 'bubblewrap (bwrap) is not installed' },
  { rung: 'outerContainer', refused: undefined, outer: 'docker', reason: 'bubblewrap (bwrap) is not installed' },
] as const;

describe.runIf(process.platform === 'linux')('rung', () => {
  const doctor = async (env: Readonly<Record<string, string>>) => {
    const home = join(base, 'home');
    await mkdir(home, { recursive: true });
    const { stdout } = await execa(process.execPath, [cli, 'doctor', '--json'], {
      cwd: home, // a bubblewrap in the working directory would not be trusted
      env: { HOME: base, CODEX_HOME: home, ...env },
      extendEnv: false,
      reject: false,
    });
    return JSON.parse(stdout).sandbox;
  };

  test.each(rows)('$rung ($reason)', async ({ rung, refused, reason, ...more }) => {
    const PATH = await programs('row', refused);
    const env: Record<string, string> = { PATH };
    if ('outer' in more) env.SWITCHYARD_OUTER_SANDBOX = more.outer;
    const told = await doctor(env);
    expect(told).toMatchObject({ rung });
    await using server = await startServer({ via: 'stdio', env });
    const client = await server.client();
    const warning = () => client.seen.find(({ method }) => method === 'configWarning');
    if (reason === undefined) {
      // It is looked at once and early; a thread that has been started shows that this is over.
      await client.request('thread/start', {});
      expect(warning()).toBeUndefined();
      return;
    }
    expect(JSON.stringify(told)).toContain(reason);
    await expect.poll(warning, { timeout: 20_000 }).toMatchObject({ params: { details: expect.stringContaining(reason) } });
  });

  test('without bubblewrap but with a perl, the rung is what Landlock of this kernel gives, and its reason is told', async () => {
    const PATH = await programs('perl', undefined, true);
    const { rung } = await createLinuxSandbox({ searchPath: PATH }).status('/');
    expect(['landlock', 'none']).toContain(rung);
    expect(await doctor({ PATH })).toMatchObject({ rung });
  });

  test('on the lowest rung a command that wants a sandbox is not run', async () => {
    const PATH = await programs('lowest', undefined);
    const { exitCode, stderr } = await execa(process.execPath, [cli, 'sandbox', '-P', ':workspace', '--', '/usr/bin/touch', 'planted'], {
      cwd: base,
      env: { HOME: base, CODEX_HOME: join(base, 'home'), PATH },
      extendEnv: false,
      reject: false,
    });
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain('bubblewrap (bwrap) is not installed');
    await expect(rm(join(base, 'planted'))).rejects.toThrow('ENOENT');
  });
});
