/** What git knows about a directory, read from its files (fast, for every thread) or asked of git itself (for diffs). */
import { dirname, join, resolve } from 'node:path';
import { HeadTail } from '../base/bytes.ts';
import { defaultShellEnvironmentPolicy } from '../base/permission-profile.ts';
import type { Scope } from '../base/scope.ts';
import type { Environment, FileSystem } from '../environment/environment.ts';
import type { GitInfo } from '../protocol/app/index.ts';

const commitId = /^[0-9a-f]{40}([0-9a-f]{24})?$/;

const textOf = async (files: FileSystem, path: string): Promise<string | undefined> => {
  try {
    return (await files.readFile(path)).toString('utf8');
  } catch {
    // Missing or unreadable: git files come in many forms, and each is optional.
    return undefined;
  }
};

/** The repository's own directory of the working tree that holds `cwd`. */
async function gitDirectory(files: FileSystem, cwd: string): Promise<string | undefined> {
  for (let at = cwd; ; at = dirname(at)) {
    const candidate = join(at, '.git');
    const metadata = await files.metadata(candidate).catch(() => undefined);
    if (metadata?.isDirectory) return candidate;
    if (metadata?.isFile) {
      const target = /^gitdir: (.+)$/m.exec((await textOf(files, candidate)) ?? '')?.[1];
      return target === undefined ? undefined : resolve(at, target.trim());
    }
    if (dirname(at) === at) return undefined;
  }
}

/** Never rejects; null outside a repository and in one without a commit. */
export async function readGitInfo(files: FileSystem, cwd: string): Promise<GitInfo | null> {
  const directory = await gitDirectory(files, cwd);
  if (directory === undefined) return null;
  const common = await textOf(files, join(directory, 'commondir'));
  const shared = common === undefined ? directory : resolve(directory, common.trim());
  const head = (await textOf(files, join(directory, 'HEAD')))?.trim() ?? '';
  const ref = /^ref: (.+)$/.exec(head)?.[1];
  const sha = ref === undefined ? head : await commitOf(files, { directory, shared, ref });
  const originUrl = originIn((await textOf(files, join(shared, 'config'))) ?? '');
  return {
    sha: sha !== undefined && commitId.test(sha) ? sha : null,
    branch: ref?.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : null,
    originUrl,
  };
}

async function commitOf(files: FileSystem, at: { directory: string; shared: string; ref: string }): Promise<string | undefined> {
  const loose = (await textOf(files, join(at.directory, at.ref))) ?? (await textOf(files, join(at.shared, at.ref)));
  if (loose !== undefined) return loose.trim();
  const packed = (await textOf(files, join(at.shared, 'packed-refs'))) ?? '';
  return packed
    .split('\n')
    .find((line) => line.endsWith(` ${at.ref}`))
    ?.slice(0, -at.ref.length - 1);
}

/** The `url` of `[remote "origin"]`. */
function originIn(config: string): string | null {
  const section = /^\[remote "origin"\]\s*\n((?:[ \t]+.*\n?|\s*\n)*)/m.exec(config)?.[1] ?? '';
  return /^[ \t]*url\s*=\s*(.+?)\s*$/m.exec(section)?.[1] ?? null;
}

const longestDiff = 64 * 1024 * 1024;
const gitDeadlineMs = 30_000;
let runs = 0;

/** Runs git and gives what it printed; undefined when it failed (a difference found by `diff --no-index` is none). */
async function git(
  environment: Environment,
  owner: Scope,
  cwd: string,
  args: readonly string[],
  goodCodes = [0],
): Promise<string | undefined> {
  runs += 1;
  const scope = owner.child(`git ${runs}`);
  const timer = setTimeout(() => void scope.close(), gitDeadlineMs);
  try {
    const running = scope.own(
      await environment.processes.start(
        {
          id: `git-${runs}`,
          argv: ['git', '-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', ...args],
          cwd,
          env: { policy: defaultShellEnvironmentPolicy, overlay: { GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0' } },
          stdin: 'closed',
        },
        scope.signal,
      ),
    );
    const output = new HeadTail(longestDiff);
    running.onOutput((chunk) => {
      if (chunk.stream === 'stdout') output.push(chunk.bytes);
    });
    await running.closed;
    const outcome = await running.exited;
    if (outcome.kind !== 'exited' || !goodCodes.includes(outcome.exitCode)) return undefined;
    return output.toBuffer(() => '').toString('utf8');
  } catch {
    // No git on this machine, or no such directory: the same as no answer.
    return undefined;
  } finally {
    clearTimeout(timer);
    await scope.close();
  }
}

/** The newest commit that a remote has too, and everything that differs from it here, untracked files included. */
export async function diffToRemote(
  environment: Environment,
  owner: Scope,
  cwd: string,
): Promise<{ sha: string; diff: string } | undefined> {
  const remotes = await git(environment, owner, cwd, ['for-each-ref', '--format=%(refname)', 'refs/remotes']);
  if (!remotes?.trim()) return undefined;
  const sha = (await git(environment, owner, cwd, ['rev-list', '--max-count=1', 'HEAD', '--not', '--remotes']))?.trim();
  const base = sha === '' ? await git(environment, owner, cwd, ['rev-parse', 'HEAD']) : await nearestShared(environment, owner, cwd);
  if (!base?.trim()) return undefined;
  const tracked = await git(environment, owner, cwd, ['diff', '--no-textconv', '--no-ext-diff', base.trim()]);
  if (tracked === undefined) return undefined;
  const untracked = (await git(environment, owner, cwd, ['ls-files', '-z', '--others', '--exclude-standard'])) ?? '';
  let diff = tracked;
  for (const file of untracked.split('\0').filter((name) => name !== ''))
    diff +=
      (await git(
        environment,
        owner,
        cwd,
        ['diff', '--no-textconv', '--no-ext-diff', '--binary', '--no-index', '--', '/dev/null', file],
        [0, 1],
      )) ?? '';
  return { sha: base.trim(), diff };
}

/** The parent of the oldest commit that only this repository has. */
async function nearestShared(environment: Environment, owner: Scope, cwd: string): Promise<string | undefined> {
  const own = await git(environment, owner, cwd, ['rev-list', '--first-parent', 'HEAD', '--not', '--remotes']);
  const oldest = own?.trim().split('\n').at(-1);
  return oldest ? git(environment, owner, cwd, ['rev-parse', '--verify', `${oldest}^`]) : undefined;
}
