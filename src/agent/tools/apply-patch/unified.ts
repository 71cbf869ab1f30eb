/** Unified hunks between two texts, without file headers: what clients show and what git would print. */
import { diffArrays } from 'diff';

interface Edit {
  readonly kind: ' ' | '-' | '+';
  readonly line: string;
}

/** Beyond this many edits the changed region is shown as one replacement: finding the shortest script would block the server. */
const MAX_EDITS = 4000;

/**
 * The hunks that turn `before` into `after`, each change with `context` lines around it; empty when the texts are equal.
 * Every line ends with LF; a missing final newline is marked as git does.
 */
export function unifiedHunks(before: string, after: string, context: number): string {
  if (before === after) return '';
  const edits = editScript(splitLines(before), splitLines(after));
  let out = '';
  for (const [start, end] of hunkRanges(edits, context)) out += formatHunk(edits, start, end);
  return out;
}

/** Lines with their LF; only the last may lack it. */
function splitLines(text: string): string[] {
  const lines = text.split('\n');
  const last = lines.pop();
  const whole = lines.map((line) => `${line}\n`);
  if (last) whole.push(last);
  return whole;
}

function editScript(before: readonly string[], after: readonly string[]): Edit[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  const limit = Math.min(before.length, after.length) - head;
  while (tail < limit && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
  const keep = (line: string): Edit => ({ kind: ' ', line });
  return [
    ...before.slice(0, head).map(keep),
    ...changedRegion(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...before.slice(before.length - tail).map(keep),
  ];
}

function changedRegion(before: string[], after: string[]): Edit[] {
  const parts = diffArrays(before, after, { maxEditLength: MAX_EDITS });
  if (!parts) return [...before.map((line): Edit => ({ kind: '-', line })), ...after.map((line): Edit => ({ kind: '+', line }))];
  return parts.flatMap((part) => {
    const kind = part.added ? '+' : part.removed ? '-' : ' ';
    return part.value.map((line): Edit => ({ kind, line }));
  });
}

/** Ranges of `edits` [start, end) that make one hunk each: changes whose context touches belong together. */
function hunkRanges(edits: readonly Edit[], context: number): [number, number][] {
  const ranges: [number, number][] = [];
  for (const [index, edit] of edits.entries()) {
    if (edit.kind === ' ') continue;
    const start = Math.max(0, index - context);
    const end = Math.min(edits.length, index + context + 1);
    const last = ranges.at(-1);
    if (last && start <= last[1]) last[1] = end;
    else ranges.push([start, end]);
  }
  return ranges;
}

function formatHunk(edits: readonly Edit[], start: number, end: number): string {
  let oldBefore = 0;
  let newBefore = 0;
  for (const edit of edits.slice(0, start)) {
    if (edit.kind !== '+') oldBefore += 1;
    if (edit.kind !== '-') newBefore += 1;
  }
  let oldCount = 0;
  let newCount = 0;
  let body = '';
  for (const edit of edits.slice(start, end)) {
    if (edit.kind !== '+') oldCount += 1;
    if (edit.kind !== '-') newCount += 1;
    body += edit.kind + (edit.line.endsWith('\n') ? edit.line : `${edit.line}\n\\ No newline at end of file\n`);
  }
  return `@@ -${range(oldBefore, oldCount)} +${range(newBefore, newCount)} @@\n${body}`;
}

/** Start and length as git writes them: a length of one is left out, an empty range names the line before it. */
function range(before: number, count: number): string {
  const start = count === 0 ? before : before + 1;
  return count === 1 ? `${start}` : `${start},${count}`;
}
