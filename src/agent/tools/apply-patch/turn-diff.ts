/** The net effect of a turn's patches as one git diff, kept from what was committed and never from rereading the disk. */
import { createHash } from 'node:crypto';
import type { CommittedChange, TurnDiff } from '../tool.ts';
import { unifiedHunks } from './unified.ts';

type Content = Buffer | undefined;

interface TrackedFile {
  /** Content before the turn; undefined when the file did not exist. */
  readonly before: Content;
  after: Content;
  executable: boolean;
  root: string;
  /** The path this file had before the turn, when the turn moved it here. */
  movedFrom: string | undefined;
}

const CONTEXT_LINES = 3;
const NO_BLOB = '0'.repeat(40);

/** An empty diff. One object serves one turn. */
export function createTurnDiff(): TurnDiff {
  return new GitTurnDiff();
}

class GitTurnDiff implements TurnDiff {
  readonly #files = new Map<string, TrackedFile>();
  /** The text for the present state; several notifications of one turn carry it. */
  #rendered: string | undefined;

  record(changes: readonly CommittedChange[], root: string): void {
    for (const change of changes) this.#apply(change, root);
    this.#rendered = undefined;
  }

  render(): string {
    this.#rendered ??= this.#render();
    return this.#rendered;
  }

  #apply(change: CommittedChange, root: string): void {
    const file = this.#track(change.path, change.before, root);
    if (change.executable !== undefined) file.executable = change.executable;
    if (change.movedTo === undefined || change.movedTo === change.path) {
      file.after = change.after;
      if (change.after === undefined) file.movedFrom = undefined;
      return;
    }
    const target = this.#track(change.movedTo, undefined, root);
    target.after = change.after;
    target.executable = file.executable;
    target.movedFrom = file.movedFrom ?? change.path;
    file.after = undefined;
    file.movedFrom = undefined;
  }

  #track(path: string, before: Content, root: string): TrackedFile {
    let file = this.#files.get(path);
    if (!file) {
      file = { before, after: before, executable: false, root, movedFrom: undefined };
      this.#files.set(path, file);
    }
    return file;
  }

  #render(): string {
    const renames = this.#renames();
    const sources = new Set(renames.values());
    const parts: { name: string; text: string }[] = [];
    for (const [path, file] of this.#files) {
      const from = renames.get(path);
      const source = from === undefined ? undefined : this.#files.get(from);
      if (from !== undefined && source)
        parts.push({ name: shownPath(from, file.root), text: renderFile(from, path, { ...file, before: source.before }) });
      else if (!sources.has(path)) parts.push({ name: shownPath(path, file.root), text: renderFile(path, path, file) });
    }
    parts.sort((a, b) => (a.name < b.name ? -1 : 1));
    return parts.map((part) => part.text).join('');
  }

  /** New path to old path, for files that existed before the turn, are gone from there, and stand where nothing stood. */
  #renames(): Map<string, string> {
    const renames = new Map<string, string>();
    const taken = new Set<string>();
    for (const [path, file] of this.#files) {
      const from = file.movedFrom;
      if (from === undefined || from === path || taken.has(from) || file.before !== undefined || file.after === undefined) continue;
      const source = this.#files.get(from);
      if (source?.before === undefined || source.after !== undefined) continue;
      renames.set(path, from);
      taken.add(from);
    }
    return renames;
  }
}

function renderFile(oldPath: string, newPath: string, file: TrackedFile): string {
  const { before, after } = file;
  const moved = oldPath !== newPath;
  if (before === undefined ? after === undefined : after !== undefined && !moved && before.equals(after)) return '';
  const oldName = shownPath(oldPath, file.root);
  const newName = shownPath(newPath, file.root);
  const mode = file.executable ? '100755' : '100644';
  let text = `diff --git a/${oldName} b/${newName}\n`;
  if (moved && before && after?.equals(before)) return `${text}similarity index 100%\nrename from ${oldName}\nrename to ${newName}\n`;
  if (before === undefined) text += `new file mode ${mode}\n`;
  if (after === undefined) text += `deleted file mode ${mode}\n`;
  text += `index ${blobId(before)}..${blobId(after)}\n`;
  if (isBinary(before) || isBinary(after)) return `${text}Binary files differ\n`;
  const hunks = unifiedHunks(before?.toString() ?? '', after?.toString() ?? '', CONTEXT_LINES);
  if (hunks === '') return text;
  return `${text}--- ${before === undefined ? '/dev/null' : `a/${oldName}`}\n+++ ${after === undefined ? '/dev/null' : `b/${newName}`}\n${hunks}`;
}

/** Relative to the root with forward slashes; a path outside stays absolute. */
function shownPath(path: string, root: string): string {
  const base = root.endsWith('/') || root.endsWith('\\') ? root : `${root}${root.includes('\\') && !root.includes('/') ? '\\' : '/'}`;
  return (path.startsWith(base) ? path.slice(base.length) : path).replaceAll('\\', '/');
}

function blobId(content: Content): string {
  if (content === undefined) return NO_BLOB;
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}

/** Git's own test: a NUL among the first 8000 bytes. */
const isBinary = (content: Content): boolean => content?.subarray(0, 8000).includes(0) ?? false;
