/** What a listing shows of a file, read from its head and its tail only. */
import { type FileHandle, open } from 'node:fs/promises';
import { isRecord, type JsonRecord, listIn, numberIn, recordIn, textIn } from './json.ts';
import { parseLine, type RolloutLine } from './rollout-reader.ts';
import { threadFromMeta } from './thread-record.ts';
import type { NewThread } from './thread-store.ts';

interface ThreadHead {
  readonly thread: NewThread;
  /** The first text of the user; undefined when it does not stand near the beginning. */
  readonly preview: string | undefined;
  /** The thread whose file holds the beginning of this one. */
  readonly baseThreadId: string | undefined;
}

interface ThreadTail {
  readonly model: string | null;
  readonly reasoningEffort: string | null;
  /** Start of the newest turn. */
  readonly turnStartedAtMs: number | undefined;
}

const headChunk = 64 * 1024;
/** How far the first user message may be from the beginning. */
const headLimit = 4 * 1024 * 1024;
const tailChunk = 8 * 1024;
const tailLimit = 1024 * 1024;

/** Prompts and tool output make long lines that are not worth parsing: near its beginning a line says what it is. */
const markWithin = 400;
/** Lines that may hold what the beginning of a file is read for. */
const headMark = /"type":\s*"(?:session_meta|event_msg)"/;

/** Undefined when the file holds no session line near its beginning. */
async function readHead(handle: FileHandle, fallbackId: string): Promise<ThreadHead | undefined> {
  let meta: JsonRecord | undefined;
  let preview: string | undefined;
  let bytes = Buffer.alloc(0);
  let at = 0;
  while (preview === undefined && bytes.length < headLimit) {
    const chunk = Buffer.allocUnsafe(bytes.length === 0 ? headChunk : bytes.length);
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, bytes.length);
    if (bytesRead === 0) break;
    const read = chunk.subarray(0, bytesRead);
    bytes = bytes.length === 0 ? read : Buffer.concat([bytes, read]);
    for (let end = bytes.indexOf(0x0a, at); end >= 0 && preview === undefined; end = bytes.indexOf(0x0a, at)) {
      const told = headMark.test(bytes.toString('latin1', at, Math.min(end, at + markWithin)));
      const line = told ? parseLine(bytes.toString('utf8', at, end)) : undefined;
      at = end + 1;
      if (line?.type === 'session_meta') meta ??= line.payload;
      else if (line) preview = userTextOf(line);
    }
  }
  // A file of one line may lack its end.
  meta ??= sessionLine(bytes.toString('utf8', at));
  if (!meta) return undefined;
  const base = meta.history_base;
  // Prompts and tool declarations are large, and no listing shows them.
  const thread = { ...threadFromMeta(meta, fallbackId), baseInstructions: '', dynamicTools: [] };
  return { thread, preview, baseThreadId: isRecord(base) ? textIn(base.thread_id) : undefined };
}

const sessionLine = (text: string): JsonRecord | undefined => {
  const line = parseLine(text);
  return line?.type === 'session_meta' ? line.payload : undefined;
};

/** The text of a user message line, else undefined. */
function userTextOf(line: RolloutLine): string | undefined {
  if (line.type !== 'event_msg') return undefined;
  if (line.payload.type === 'user_message') return textIn(line.payload.message);
  const item = recordIn(line.payload.item);
  if (item.type !== 'UserMessage') return undefined;
  const texts = listIn(item.content).flatMap((part) =>
    isRecord(part) && part.type === 'text' && typeof part.text === 'string' ? [part.text] : [],
  );
  return texts.join('\n').trim();
}

/** Looks back from the end for the newest turn and its settings. */
const readTail = (handle: FileHandle, size: number): Promise<ThreadTail> =>
  lookBack(handle, size, { tailOf, done: ({ model, turnStartedAtMs }) => model !== null && turnStartedAtMs !== undefined });

/** When the newest turn began; undefined when there is none near the end. */
export async function readTurnStart(path: string): Promise<number | undefined> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    return await lookBack(handle, size, { tailOf: turnStartIn, done: (startedAtMs) => startedAtMs !== undefined });
  } finally {
    await handle.close();
  }
}

/** Reads more and more of the end until `done` or the limit. */
async function lookBack<T>(
  handle: FileHandle,
  size: number,
  search: { tailOf: (lines: string[]) => T; done: (tail: T) => boolean },
): Promise<T> {
  for (let length = Math.min(size, tailChunk); ; length = Math.min(size, length * 8)) {
    const bytes = Buffer.allocUnsafe(length);
    const { bytesRead } = await handle.read(bytes, 0, length, size - length);
    const tail = search.tailOf(bytes.toString('utf8', 0, bytesRead).split('\n'));
    if (search.done(tail) || length === size || length >= tailLimit) return tail;
  }
}

/** Lines that name when their turn began. */
const turnMark = /"type":"(?:task_started|task_complete|turn_aborted)"/;

function turnStartIn(lines: readonly string[]): number | undefined {
  for (let index = lines.length - 1; index >= 0; index--) {
    const raw = lines[index] ?? '';
    const line = turnMark.test(raw.slice(0, markWithin)) ? parseLine(raw) : undefined;
    if (line?.type !== 'event_msg') continue;
    const startedAt = numberIn(line.payload.started_at);
    if (startedAt !== undefined) return startedAt * 1000;
  }
  return undefined;
}

function tailOf(lines: readonly string[]): ThreadTail {
  const turnStartedAtMs = turnStartIn(lines);
  for (let index = lines.length - 1; index >= 0; index--) {
    const raw = lines[index] ?? '';
    const line = raw.includes('"turn_context"') ? parseLine(raw) : undefined;
    if (line?.type !== 'turn_context') continue;
    return { model: textIn(line.payload.model) ?? null, reasoningEffort: textIn(line.payload.effort) ?? null, turnStartedAtMs };
  }
  return { model: null, reasoningEffort: null, turnStartedAtMs };
}

export interface ThreadSummary extends ThreadHead, ThreadTail {
  readonly size: number;
  readonly modifiedAtMs: number;
}

/** Reads what a listing needs; `known` saves the head, which never changes. Undefined for a file without a session line. */
export async function summarise(path: string, fallbackId: string, known: ThreadSummary | undefined): Promise<ThreadSummary | undefined> {
  const handle = await open(path, 'r');
  try {
    const { size, mtimeMs } = await handle.stat();
    const keep = known?.preview !== undefined && known.size <= size;
    const head = keep ? known : await readHead(handle, fallbackId);
    if (!head) return undefined;
    const { thread, preview, baseThreadId } = head;
    return { thread, preview, baseThreadId, ...(await readTail(handle, size)), size, modifiedAtMs: mtimeMs };
  } finally {
    await handle.close();
  }
}
