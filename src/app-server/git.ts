/** Facts about the repository of a directory, read from git's own files: every thread wants them, and no program has to be started. */
import { dirname, join, resolve } from 'node:path';
import type { FileSystem } from '../environment/environment.ts';
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
    // Git itself looks further up when a directory of that name holds no repository.
    if (metadata?.isDirectory && (await textOf(files, join(candidate, 'HEAD'))) !== undefined) return candidate;
    if (metadata?.isFile) {
      const target = /^gitdir: (.+)$/m.exec((await textOf(files, candidate)) ?? '')?.[1];
      return target === undefined ? undefined : resolve(at, target.trim());
    }
    if (dirname(at) === at) return undefined;
  }
}

/** A remote's URL without the user and password it may carry: it is stored and shown to clients. */
export const withoutCredentials = (url: string): string => url.replace(/^(https?:\/\/)[^/@]*@/, '$1');

/** Never rejects; null outside a repository. A repository without a commit has no `sha`. */
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
    originUrl: originUrl === null ? null : withoutCredentials(originUrl),
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
