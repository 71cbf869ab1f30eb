/** Carries out a verified patch, file by file, and reports exactly what was committed even when a later file fails. */

import { throwIfAborted } from '../../../base/abort.ts';
import { errnoOf } from '../../../base/errors.ts';
import { type FileSystem, SandboxUnavailable } from '../../../environment/environment.ts';
import { pathsLike } from '../native-path.ts';
import type { CommittedChange } from '../tool.ts';
import type { PlannedChange } from './verify.ts';

export interface CommitPlace {
  readonly files: FileSystem;
  /** Checked between files, never in the middle of a write. */
  readonly signal: AbortSignal;
  /** Says of a real path (links resolved) whether the sandbox lets it be written; absent without a sandbox. */
  readonly mayWrite: ((realPath: string) => boolean) | undefined;
}

export interface CommitResult {
  readonly committed: readonly CommittedChange[];
  /** What went wrong, for the model; undefined when everything was applied. */
  readonly failure: string | undefined;
  /** The summary of a complete run. */
  readonly summary: string;
}

class CommitFailure extends Error {
  override readonly name = 'CommitFailure';
}

/**
 * Applies `planned` in order and stops at the first failure; what was done until then stays. Never rejects for a file: an
 * abort ends it between two files, and that is a failure as well. Rejects with `SandboxUnavailable` before anything was done.
 */
export async function commitPatch(planned: readonly PlannedChange[], place: CommitPlace): Promise<CommitResult> {
  const committed: CommittedChange[] = [];
  let failure: string | undefined;
  try {
    for (const change of planned) {
      throwIfAborted(place.signal);
      await commitChange(change, place, committed);
    }
  } catch (error) {
    if (error instanceof CommitFailure) failure = error.message;
    else if (place.signal.aborted) failure = 'The patch was stopped before all files were changed';
    else throw error;
  }
  return { committed, failure, summary: summaryOf(planned) };
}

async function commitChange(change: PlannedChange, place: CommitPlace, committed: CommittedChange[]): Promise<void> {
  const { path, after, movePath } = change;
  if (change.kind === 'add') {
    const before = await contentOf(path, place);
    await write(path, after ?? Buffer.alloc(0), place);
    committed.push({ path, before, after, movedTo: undefined });
    return;
  }
  const before = await contentOf(path, place);
  if (!before || !change.before || !before.equals(change.before))
    throw new CommitFailure(`${path} was changed by someone else after the patch was checked; read it again`);
  if (after === undefined) {
    await remove(path, place);
    committed.push({ path, before, after, movedTo: undefined });
  } else if (movePath === undefined || movePath === path) {
    await write(path, after, place);
    committed.push({ path, before, after, movedTo: undefined });
  } else {
    await move({ path, before, after, movePath }, place, committed);
  }
}

interface Move {
  readonly path: string;
  readonly before: Buffer;
  readonly after: Buffer;
  readonly movePath: string;
}

async function move(change: Move, place: CommitPlace, committed: CommittedChange[]): Promise<void> {
  const { path, before, after, movePath } = change;
  const replaced = await contentOf(movePath, place);
  await assertMayWrite(path, place, 'entry');
  await write(movePath, after, place);
  // The same file under two spellings: removing the source would remove the result.
  if ((await realPath(path, place.files)) === (await realPath(movePath, place.files))) {
    committed.push({ path: movePath, before, after, movedTo: undefined });
    return;
  }
  if (replaced) committed.push({ path: movePath, before: replaced, after: undefined, movedTo: undefined });
  try {
    await remove(path, place);
  } catch (error) {
    committed.push({ path: movePath, before: undefined, after, movedTo: undefined });
    throw error;
  }
  committed.push({ path, before, after, movedTo: movePath });
}

async function write(path: string, bytes: Buffer, place: CommitPlace): Promise<void> {
  await assertMayWrite(path, place);
  try {
    await place.files.createDirectory(pathsLike(path).dirname(path), { recursive: true });
    await place.files.writeFile(path, bytes);
  } catch (error) {
    if (error instanceof SandboxUnavailable) throw error;
    throw new CommitFailure(`Failed to write file ${path}`, { cause: error });
  }
}

async function remove(path: string, place: CommitPlace): Promise<void> {
  await assertMayWrite(path, place, 'entry');
  try {
    await place.files.remove(path, { recursive: false, force: false });
  } catch (error) {
    if (error instanceof SandboxUnavailable) throw error;
    throw new CommitFailure(`Failed to delete file ${path}`, { cause: error });
  }
}

/** Undefined when there is no such file, or nothing that could be read. */
async function contentOf(path: string, place: CommitPlace): Promise<Buffer | undefined> {
  try {
    return await place.files.readFile(path);
  } catch {
    // Adding over it may still be possible; writing decides, and a change that needs the old content fails on its absence.
    return undefined;
  }
}

/**
 * A path inside the workspace may lead out of it through a link. `entry`: the name itself is removed, so only the
 * directories above it count; otherwise a link at the end is followed too.
 */
async function assertMayWrite(path: string, place: CommitPlace, what: 'target' | 'entry' = 'target'): Promise<void> {
  if (!place.mayWrite) return;
  const paths = pathsLike(path);
  const real =
    what === 'target'
      ? await realPath(path, place.files)
      : paths.join((await realPath(paths.dirname(path), place.files)) ?? '', paths.basename(path));
  if (real === undefined || !place.mayWrite(real))
    throw new CommitFailure(`Failed to ${what === 'target' ? 'write' : 'delete'} file ${path}`);
}

/** The real path of what exists of `path` with the rest appended; undefined for a link that leads nowhere. */
async function realPath(path: string, files: FileSystem): Promise<string | undefined> {
  const paths = pathsLike(path);
  try {
    return await files.canonicalize(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') return undefined;
  }
  // A dangling link exists as an entry: writing through it would create its target.
  if (await isEntry(path, files)) return undefined;
  const parent = paths.dirname(path);
  if (parent === path) return path;
  const realParent = await realPath(parent, files);
  return realParent === undefined ? undefined : paths.join(realParent, paths.basename(path));
}

/**
 * Says of a path that leads to nothing whether it is a link nonetheless. Copying a path onto itself looks at the entry
 * without following it and can change nothing: no entry is ENOENT, a link is refused because its name is taken.
 */
async function isEntry(path: string, files: FileSystem): Promise<boolean> {
  try {
    await files.copy(path, path, { recursive: false });
    return true;
  } catch (error) {
    return errnoOf(error) !== 'ENOENT';
  }
}

function summaryOf(planned: readonly PlannedChange[]): string {
  const lines = (kind: PlannedChange['kind'], letter: string) =>
    planned.filter((change) => change.kind === kind).map((change) => `${letter} ${change.shownPath}\n`);
  return `Success. Updated the following files:\n${[...lines('add', 'A'), ...lines('update', 'M'), ...lines('delete', 'D')].join('')}`;
}
