/** Finds files by an approximate name: lists them with ripgrep (ignore files respected), ranks them, keeps the best. */
import { setImmediate as nextTick } from 'node:timers/promises';
import { throwIfAborted } from '../base/abort.ts';
import { Utf8Stream } from '../base/bytes.ts';
import { defaultShellEnvironmentPolicy } from '../base/permission-profile.ts';
import type { Scope } from '../base/scope.ts';
import type { Environment } from '../environment/environment.ts';
import type { FuzzyFileSearchResult } from '../protocol/app/index.ts';
import { createMatcher, type Match } from './fuzzy-match.ts';

export interface FileSearchDeps {
  readonly localEnvironment: () => Environment;
  /** Absolute path of the ripgrep program. */
  readonly ripgrep: () => Promise<string>;
}

export interface SearchEntry {
  readonly root: string;
  /** Relative to the root, with forward slashes. */
  readonly path: string;
  readonly isDirectory: boolean;
}

const maxResults = 50;
/** More paths than this under one root are not looked at. */
const maxEntries = 500_000;
/** Entries ranked before other work gets a turn. */
const batchSize = 10_000;

let searches = 0;

/** Everything under `root` that ignore files do not hide, directories that hold files included. An unreadable root is empty. */
export async function listFiles(deps: FileSearchDeps, root: string, owner: Scope): Promise<SearchEntry[]> {
  const scope = owner.child('file listing');
  try {
    const found = await deps
      .localEnvironment()
      .files.metadata(root)
      .catch(() => undefined);
    if (!found?.isDirectory) return [];
    const files: string[] = [];
    const decoder = new Utf8Stream();
    let rest = '';
    const take = (text: string) => {
      const parts = (rest + text).split('\0');
      rest = parts.pop() ?? '';
      if (files.length < maxEntries) files.push(...parts);
    };
    searches += 1;
    const running = scope.own(
      await deps.localEnvironment().processes.start(
        {
          id: `file-search-${searches}`,
          argv: [await deps.ripgrep(), '--files', '--hidden', '--follow', '--no-messages', '--null', '--glob', '!.git'],
          cwd: root,
          env: { policy: defaultShellEnvironmentPolicy, overlay: { RIPGREP_CONFIG_PATH: null } },
          stdin: 'closed',
        },
        scope.signal,
      ),
    );
    running.onOutput((chunk) => {
      if (chunk.stream === 'stdout') take(decoder.write(chunk.bytes));
    });
    await running.closed;
    throwIfAborted(scope.signal);
    return [...entriesOf(root, files)];
  } finally {
    await scope.close();
  }
}

function* entriesOf(root: string, files: readonly string[]): Iterable<SearchEntry> {
  const directories = new Set<string>();
  for (const file of files) {
    const path = file.replaceAll('\\', '/').replace(/^\.\//, '');
    yield { root, path, isDirectory: false };
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const directory = path.slice(0, end);
      if (directories.has(directory)) break;
      directories.add(directory);
      yield { root, path: directory, isDirectory: true };
    }
  }
}

interface Ranked {
  readonly entry: SearchEntry;
  readonly match: Match;
}

const byRank = (a: Ranked, b: Ranked): number =>
  b.match.score - a.match.score || (a.entry.path < b.entry.path ? -1 : a.entry.path > b.entry.path ? 1 : 0);

/** The best matches, best first. Rejects with the signal's reason when it aborts. */
export async function rank(query: string, entries: readonly SearchEntry[], signal: AbortSignal): Promise<FuzzyFileSearchResult[]> {
  const matcher = createMatcher(query);
  if (!matcher) return [];
  let best: Ranked[] = [];
  for (let from = 0; from < entries.length; from += batchSize) {
    if (from > 0) await nextTick();
    throwIfAborted(signal);
    for (const entry of entries.slice(from, from + batchSize)) {
      const match = matcher(entry.path, entry.isDirectory);
      if (match) best.push({ entry, match });
    }
    best = best.sort(byRank).slice(0, maxResults);
  }
  return best.map(({ entry, match }) => ({
    root: entry.root,
    path: entry.path,
    match_type: entry.isDirectory ? 'directory' : 'file',
    file_name: entry.path.slice(entry.path.lastIndexOf('/') + 1),
    score: match.score,
    indices: [...match.indices],
  }));
}
