/**
 * What git says about a directory of an environment. A repository may be hostile: nothing it configures (hooks, monitors,
 * filters, external diffs, transports) is ever run.
 */
import { Cancelled, isCancelled } from '../base/errors.ts';
import type { ShellEnvironmentPolicy } from '../base/permission-profile.ts';
import { type CommandOutput, commandOutput } from './command-output.ts';
import type { Environment } from './environment.ts';

/** The state of a repository; a member is undefined when the repository has no such thing. */
export interface RepositoryInfo {
  readonly sha: string | undefined;
  /** Undefined also when no branch is checked out. */
  readonly branch: string | undefined;
  readonly originUrl: string | undefined;
}

export interface RemoteDiff {
  /** The commit of a remote branch that is nearest to the current one. */
  readonly sha: string;
  /** From there to the files as they are, those git does not track included. */
  readonly diff: string;
}

const timeoutMs = 5000;
const diffTimeoutMs = 30_000;
const maxAnswerBytes = 4 * 1024 * 1024;
const maxDiffBytes = 64 * 1024 * 1024;
/** Untracked files beyond this many are left out of a diff. */
const maxUntracked = 2000;
const parallel = 4;

const hardening = [
  ['core.fsmonitor', 'false'],
  ['core.hooksPath', '/dev/null'],
  ['core.attributesFile', '/dev/null'],
  ['core.pager', 'cat'],
  ['core.quotePath', 'false'],
  ['diff.external', ''],
  ['diff.submodule', 'short'],
  ['safe.bareRepository', 'explicit'],
].flatMap(([key, value]) => ['-c', `${key}=${value}`]);

/** Only what a program needs to run; none of the host's `GIT_*`. */
const policy: ShellEnvironmentPolicy = { inherit: 'core', ignoreDefaultExcludes: false, exclude: ['GIT_*'], set: {}, includeOnly: [] };
const overlay = {
  LC_ALL: 'C',
  // Also reaches programs git itself starts, for which settings on the command line would be dropped.
  GIT_ALLOW_PROTOCOL: 'none',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_NO_LAZY_FETCH: '1',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_TERMINAL_PROMPT: '0',
};

/** Git at work in one directory of one environment. */
class Git {
  readonly #environment: Environment;
  readonly #cwd: string;
  readonly #signal: AbortSignal;
  #extra: readonly string[];

  constructor(place: { environment: Environment; cwd: string; signal: AbortSignal }, extra: readonly string[] = []) {
    this.#environment = place.environment;
    this.#cwd = place.cwd;
    this.#signal = place.signal;
    this.#extra = extra;
  }

  at(cwd: string): Git {
    return new Git({ environment: this.#environment, cwd, signal: this.#signal }, this.#extra);
  }

  /** Undefined when git cannot be run. Rejects only when the signal aborts. */
  async run(args: readonly string[], limits = { timeoutMs, maxBytes: maxAnswerBytes }): Promise<CommandOutput | undefined> {
    const argv = ['git', '--no-pager', '--no-optional-locks', ...hardening, ...this.#extra, ...args] as const;
    const request = { argv, cwd: this.#cwd, env: { policy, overlay }, ...limits };
    try {
      return await commandOutput(this.#environment, request, this.#signal);
    } catch (error) {
      if (isCancelled(error) || this.#signal.aborted) throw error instanceof Error ? error : new Cancelled();
      return undefined;
    }
  }

  /** The trimmed answer, or undefined when there is none. */
  async ask(...args: readonly string[]): Promise<string | undefined> {
    const result = await this.run(args);
    const answer = result?.exitCode === 0 ? result.stdout.toString().trim() : '';
    return answer === '' ? undefined : answer;
  }

  async lines(...args: readonly string[]): Promise<string[]> {
    return (await this.ask(...args))?.split('\n') ?? [];
  }

  /**
   * Filters that the repository itself configures would run programs when files are compared. From here on they are off.
   * False when that cannot be made sure.
   */
  async disarmFilters(): Promise<boolean> {
    const listed = await this.run(['config', '--null', '--show-scope', '--name-only', '--get-regexp', '^filter\\.']);
    if (!listed || listed.truncated || (listed.exitCode !== 0 && listed.exitCode !== 1)) return false;
    const fields = listed.stdout.toString().split('\0');
    const filters = new Set<string>();
    for (let at = 0; at + 1 < fields.length; at += 2) {
      const [scope, key] = [fields[at] ?? '', fields[at + 1] ?? ''];
      if (scope === 'local' || scope === 'worktree') filters.add(key.slice(0, key.lastIndexOf('.')));
    }
    // A name with `=` cannot be given on the command line.
    if ([...filters].some((name) => name.includes('='))) return false;
    const off = ['clean=', 'smudge=', 'process=', 'required=false'];
    this.#extra = [...filters].flatMap((name) => off.flatMap((setting) => ['-c', `${name}.${setting}`]));
    return true;
  }
}

type Place = { readonly environment: Environment; readonly cwd: string; readonly signal: AbortSignal };

/** The directory that holds the working tree `cwd` is in; undefined outside of one. */
export const repositoryRoot = (place: Place): Promise<string | undefined> => new Git(place).ask('rev-parse', '--show-toplevel');

/** Undefined when `cwd` is in no repository, or git is missing. */
export async function repositoryInfo(place: Place): Promise<RepositoryInfo | undefined> {
  const git = new Git(place);
  const [directory, sha, branch, originUrl] = await Promise.all([
    git.ask('rev-parse', '--git-dir'),
    git.ask('rev-parse', '--verify', '--quiet', 'HEAD'),
    git.ask('symbolic-ref', '--quiet', '--short', 'HEAD'),
    git.ask('remote', 'get-url', 'origin'),
  ]);
  return directory === undefined ? undefined : { sha, branch, originUrl };
}

/** What differs from the nearest commit of a remote. Undefined outside of a repository and without a remote branch. */
export async function diffToRemote(place: Place): Promise<RemoteDiff | undefined> {
  const root = await repositoryRoot(place);
  if (root === undefined) return undefined;
  const git = new Git(place).at(root);
  const sha = await nearestRemoteCommit(git);
  if (sha === undefined || !(await git.disarmFilters())) return undefined;
  const tracked = await git.run(['diff', ...diffOptions, sha, '--'], { timeoutMs: diffTimeoutMs, maxBytes: maxDiffBytes });
  if (tracked?.exitCode !== 0 || tracked.truncated) return undefined;
  return { sha, diff: tracked.stdout.toString() + (await untrackedDiff(git)) };
}

// A dirty submodule would be asked with its own settings, which ours do not reach.
const diffOptions = ['--no-textconv', '--no-ext-diff', '--no-color', '--ignore-submodules=dirty'];

/** Of the branches that matter (the current one, the remote's default, those that contain it) the one with fewest commits since. */
async function nearestRemoteCommit(git: Git): Promise<string | undefined> {
  const remotes = await git.lines('remote');
  if (remotes.length === 0) return undefined;
  const [branch, containing, defaults] = await Promise.all([
    git.ask('symbolic-ref', '--quiet', '--short', 'HEAD'),
    git.lines('for-each-ref', '--contains=HEAD', '--format=%(objectname)', 'refs/remotes'),
    Promise.all(remotes.map((remote) => git.ask('rev-parse', '--verify', '--quiet', `refs/remotes/${remote}/HEAD`))),
  ]);
  const named = ['main', 'master', ...(branch === undefined ? [] : [branch])];
  const refs = remotes.flatMap((remote) => named.map((name) => `refs/remotes/${remote}/${name}`));
  const commits = await Promise.all(refs.map((ref) => git.ask('rev-parse', '--verify', '--quiet', `${ref}^{commit}`)));
  const candidates = [...new Set([...commits, ...defaults, ...containing].filter((sha) => sha !== undefined))];
  let nearest: { sha: string; distance: number } | undefined;
  for (const sha of candidates) {
    const counted = await git.ask('rev-list', '--count', `${sha}..HEAD`);
    const distance = counted === undefined ? Number.POSITIVE_INFINITY : Number(counted);
    if (!nearest || distance < nearest.distance) nearest = { sha, distance };
  }
  return nearest?.sha;
}

/** Untracked files as additions, in the order git lists them. */
async function untrackedDiff(git: Git): Promise<string> {
  const listed = await git.run(['ls-files', '--others', '--exclude-standard', '-z']);
  if (listed?.exitCode !== 0) return '';
  const files = listed.stdout
    .toString()
    .split('\0')
    .filter((file) => file !== '')
    .slice(0, maxUntracked);
  const diffs: string[] = [];
  let room = maxDiffBytes;
  for (let at = 0; at < files.length && room > 0; at += parallel) {
    const parts = await Promise.all(files.slice(at, at + parallel).map((file) => additionOf(git, file)));
    for (const part of parts) room -= part.length;
    diffs.push(...parts);
  }
  return diffs.join('');
}

async function additionOf(git: Git, file: string): Promise<string> {
  const args = ['diff', ...diffOptions, '--binary', '--no-index', '--', '/dev/null', file];
  const result = await git.run(args, { timeoutMs, maxBytes: maxDiffBytes });
  // 1 says that there is a difference.
  return result && result.exitCode <= 1 && !result.truncated ? result.stdout.toString() : '';
}
