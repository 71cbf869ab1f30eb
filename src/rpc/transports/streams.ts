/** The end of a pair of byte streams. */
import type { Readable } from 'node:stream';
import { withDeadline } from '../../base/abort.ts';
import type { StreamWriter } from './stream-writer.ts';

/** Gives the writer `graceMs` to hand over what waits, then ends the output and lets go of the input. Never rejects. */
export async function closeStreams(streams: { input: Readable; writer: StreamWriter; graceMs: number }): Promise<void> {
  const { input, writer, graceMs } = streams;
  // A reader that never takes the rest must not hold the close up; what it did not take is lost on purpose.
  await withDeadline(writer.drained(), graceMs, 'flushing').catch(() => {});
  writer.end();
  input.destroy();
}
