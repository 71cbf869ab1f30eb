/** Reading rollout files: lines in order, tolerant of everything but a missing session line; referenced parents are read along. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { errnoOf, invalidRequest } from '../base/errors.ts';
import { isRecord, type JsonRecord, numberIn, parseRecord, textIn } from './json.ts';
import { parseRolloutName } from './paths.ts';

export interface RolloutLine {
  readonly timestampMs: number;
  readonly ordinal: number | undefined;
  readonly type: string;
  readonly payload: JsonRecord;
  /** What stands beside the payload of a response item. */
  readonly metadata?: JsonRecord;
}

export interface RolloutText {
  /** The payload of the first `session_meta` line. */
  readonly meta: JsonRecord;
  /** Everything after it, lines of a referenced parent first. */
  readonly lines: readonly RolloutLine[];
  /** Lines that hold no readable entry. */
  readonly skipped: number;
  /** For the next line of the file. */
  readonly nextOrdinal: number;
}

/** Finds the files of a thread, for histories that begin in another file. */
export type FindFiles = (threadId: string) => Promise<readonly string[]>;

/** Chains of files longer than this are taken for a loop. */
const maxDepth = 256;

/** Reads a file whole. Undefined when it does not exist; rejects with `invalidRequest` when it holds no session line. */
export async function readRollout(path: string, findFiles: FindFiles): Promise<RolloutText | undefined> {
  return readChain(path, findFiles, 0);
}

async function readChain(path: string, findFiles: FindFiles, depth: number): Promise<RolloutText | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  const own = parseLines(bytes, path);
  const base = own.meta.history_base;
  if (!isRecord(base)) return own;
  const parent = depth < maxDepth ? await findBase(path, base, findFiles) : undefined;
  const before = parent && (await readChain(parent, findFiles, depth + 1));
  // Without its parent the thread still has what stands in its own file.
  if (!before) return { ...own, skipped: own.skipped + 1 };
  const end = numberIn(base.end_ordinal_exclusive) ?? Number.POSITIVE_INFINITY;
  const kept = before.lines.filter(({ ordinal }) => ordinal === undefined || ordinal < end);
  return { ...own, lines: [...kept, ...own.lines], skipped: own.skipped + before.skipped };
}

/**
 * Whether the history in the file may say `term`, whatever its case: a look at the bare text, for searches that would else read
 * every history. What is not sure is true: rare characters may be escaped, and a history may begin in another file.
 */
export async function mayMention(path: string, term: string): Promise<boolean> {
  const plain = term.match(/[a-z0-9 ]+/gi) ?? [];
  const longest = plain.reduce((best, each) => (each.length > best.length ? each : best), '');
  const text = await readFile(path, 'utf8').catch(() => undefined);
  return text === undefined || text.includes('"history_base":{') || new RegExp(longest, 'iu').test(text);
}

function parseLines(bytes: Buffer, path: string): RolloutText {
  let meta: JsonRecord | undefined;
  const lines: RolloutLine[] = [];
  let skipped = 0;
  let nextOrdinal = 1;
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline;
    if (end > start) {
      const line = parseLine(bytes.toString('utf8', start, end));
      if (line?.ordinal !== undefined && line.ordinal >= nextOrdinal) nextOrdinal = line.ordinal + 1;
      if (!line) skipped += 1;
      else if (line.type !== 'session_meta') lines.push(line);
      else meta ??= line.payload;
    }
    start = end + 1;
  }
  if (!meta) throw invalidRequest(`rollout file ${path} holds no session line`);
  return { meta, lines, skipped, nextOrdinal };
}

/** One line as an entry; undefined when it is no JSON object of the right shape. */
export function parseLine(text: string): RolloutLine | undefined {
  const record = parseRecord(text);
  if (!record || typeof record.type !== 'string' || !isRecord(record.payload)) return undefined;
  const at = Date.parse(textIn(record.timestamp) ?? '');
  return {
    timestampMs: Number.isNaN(at) ? 0 : at,
    ordinal: numberIn(record.ordinal),
    type: record.type,
    payload: record.payload,
    ...(isRecord(record.metadata) ? { metadata: record.metadata } : {}),
  };
}

/** The file that a `history_base` means: the newest one of that thread that was there before `path`. */
async function findBase(path: string, base: JsonRecord, findFiles: FindFiles): Promise<string | undefined> {
  const threadId = textIn(base.thread_id);
  if (!threadId) return undefined;
  const own = parseRolloutName(basename(path));
  const age = (file: string) => parseRolloutName(basename(file))?.segment || threadId;
  const limit = own?.segment || own?.threadId || '\uffff';
  const files = (await findFiles(threadId)).filter((file) => file !== path && age(file) < limit);
  return files.sort((a, b) => (age(a) < age(b) ? 1 : -1))[0];
}

/** All files of one thread that lie beside `path`, for reading a copy outside the home directory. */
export const filesBeside =
  (path: string): FindFiles =>
  async (threadId) => {
    const directory = dirname(path);
    const names = await readdir(directory).catch(() => []);
    return names.filter((name) => parseRolloutName(name)?.threadId === threadId).map((name) => `${directory}/${name}`);
  };
