/** Writing the beginning of a forked thread: its own session line, then the lines it shares with its source. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { LineBody } from './rollout-lines.ts';
import type { RolloutLine } from './rollout-reader.ts';

/** Rejects when the file exists. Resolves with the ordinal of the next line. */
export async function writeCopy(
  path: string,
  meta: LineBody,
  copy: { readonly lines: readonly RolloutLine[]; readonly threadId: string; readonly sessionId: string },
): Promise<number> {
  const now = new Date().toISOString();
  let text = `${JSON.stringify({ timestamp: now, ordinal: 0, ...meta })}\n`;
  let ordinal = 1;
  for (const { timestampMs, type, payload, metadata } of copy.lines) {
    const own = {
      ...payload,
      ...('thread_id' in payload ? { thread_id: copy.threadId } : {}),
      ...('session_id' in payload ? { session_id: copy.sessionId } : {}),
    };
    const line = {
      timestamp: new Date(timestampMs).toISOString(),
      ordinal: ordinal++,
      type,
      payload: own,
      ...(metadata ? { metadata } : {}),
    };
    text += `${JSON.stringify(line)}\n`;
  }
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, text, { flag: 'wx', mode: 0o600 });
  return ordinal;
}
