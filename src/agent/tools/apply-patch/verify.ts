/** Checks a parsed patch against the real files before anybody is asked, and works out what it would do to each of them. */

import { errnoOf, messageOf } from '../../../base/errors.ts';
import type { SandboxRequest } from '../../../base/permission-profile.ts';
import type { FileSystem } from '../../../environment/environment.ts';
import { resolveFrom } from '../native-path.ts';
import { applyChunks } from './apply.ts';
import type { Hunk, Patch } from './parse.ts';

/** One hunk with its paths resolved and its result computed. */
export interface PlannedChange {
  readonly kind: 'add' | 'delete' | 'update';
  /** Absolute. */
  readonly path: string;
  /** As the patch spells it; a moved file is named by its destination. */
  readonly shownPath: string;
  /** Absolute destination of a move. */
  readonly movePath: string | undefined;
  /** What the file held when it was checked; undefined where the change does not depend on it. */
  readonly before: Buffer | undefined;
  /** Undefined for a deletion. */
  readonly after: Buffer | undefined;
}

/** The patch does not fit the files. The message is written for the model. */
export class PatchRefused extends Error {
  override readonly name = 'PatchRefused';
}

export interface PatchFiles {
  readonly files: FileSystem;
  /** Absolute; relative paths of the patch start here. */
  readonly cwd: string;
  readonly signal: AbortSignal;
  /** Set when not every file may be read. */
  readonly sandbox: SandboxRequest | undefined;
}

/** Changes in the order of the patch. Throws `PatchRefused` or `PatchMismatch`; writes nothing. */
export async function verifyPatch(patch: Patch, place: PatchFiles): Promise<PlannedChange[]> {
  const seen = new Set<string>();
  for (const hunk of patch.hunks) {
    const path = resolveFrom(place.cwd, hunk.path);
    if (seen.has(path)) throw new PatchRefused(`invalid patch: multiple operations target ${path}`);
    seen.add(path);
  }
  return Promise.all(patch.hunks.map((hunk) => planHunk(hunk, place)));
}

async function planHunk(hunk: Hunk, place: PatchFiles): Promise<PlannedChange> {
  const path = resolveFrom(place.cwd, hunk.path);
  const plain = { path, shownPath: hunk.path, movePath: undefined };
  if (hunk.kind === 'add') return { ...plain, kind: 'add', before: undefined, after: Buffer.from(hunk.content) };
  if (hunk.kind === 'delete') {
    const before = await readText(path, place, `Failed to read ${path}`);
    return { ...plain, kind: 'delete', before: before.bytes, after: undefined };
  }
  const before = await readText(path, place, `Failed to read file to update ${path}`);
  const after = Buffer.from(applyChunks(before.text, hunk.chunks, path));
  return {
    kind: 'update',
    path,
    shownPath: hunk.movePath ?? hunk.path,
    movePath: hunk.movePath === undefined ? undefined : resolveFrom(place.cwd, hunk.movePath),
    before: before.bytes,
    after,
  };
}

async function readText(path: string, place: PatchFiles, what: string): Promise<{ bytes: Buffer; text: string }> {
  try {
    const bytes = await place.files.readFile(path, { signal: place.signal, ...(place.sandbox ? { sandbox: place.sandbox } : {}) });
    // The byte order mark is part of the first line and has to survive.
    return { bytes, text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch (error) {
    if (place.signal.aborted) throw error;
    throw new PatchRefused(`${what}: ${reasonOf(error, path)}`, { cause: error });
  }
}

/** Why a file could not be read, in the words models know. */
function reasonOf(error: unknown, path: string): string {
  if (error instanceof TypeError) return 'the file is not valid UTF-8 text';
  switch (errnoOf(error)) {
    case 'ENOENT':
      return 'No such file or directory (os error 2)';
    case 'EACCES':
      return 'Permission denied (os error 13)';
    case 'ENOTDIR':
      return 'Not a directory (os error 20)';
    case 'EISDIR':
      return `path \`${path}\` is not a file`;
    default:
      return messageOf(error);
  }
}
