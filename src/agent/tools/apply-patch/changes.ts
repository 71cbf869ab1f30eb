/** A patch as clients show it: one entry a file, with the content or the hunks of its change. */
import type { FileUpdateChange } from '../../../protocol/app/index.ts';
import { unifiedHunks } from './unified.ts';
import type { PlannedChange } from './verify.ts';

const CONTEXT_LINES = 1;

/** Sorted by path. */
export function fileChanges(planned: readonly PlannedChange[]): FileUpdateChange[] {
  return planned.map(fileChange).sort((a, b) => (a.path < b.path ? -1 : 1));
}

function fileChange(change: PlannedChange): FileUpdateChange {
  const { path, movePath } = change;
  const before = change.before?.toString() ?? '';
  const after = change.after?.toString() ?? '';
  if (change.kind === 'add') return { path, kind: { type: 'add' }, diff: after };
  if (change.kind === 'delete') return { path, kind: { type: 'delete' }, diff: before };
  const hunks = unifiedHunks(before, after, CONTEXT_LINES);
  return {
    path,
    kind: { type: 'update', move_path: movePath ?? null },
    diff: movePath === undefined ? hunks : `${hunks}\n\nMoved to: ${movePath}`,
  };
}

/** Every path the patch touches, destinations of moves included; absolute, each once. */
export function touchedPaths(planned: readonly PlannedChange[]): string[] {
  return [...new Set(planned.flatMap((change) => (change.movePath === undefined ? [change.path] : [change.path, change.movePath])))];
}
