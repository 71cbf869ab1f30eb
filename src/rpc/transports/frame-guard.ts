/** Watches the lengths of WebSocket frames as they arrive: the library bounds whole messages only, which may come in many frames. */
import type { Duplex } from 'node:stream';

/** Two bytes, a long length, and the mask. */
const longestHeader = 14;
const lengthFieldOf: Readonly<Record<number, number>> = { 126: 2, 127: 8 };
const maskBytes = 4;

/** Calls `onTooLong` once, as soon as a frame says that it is longer than `maxBytes`, before its bytes have come. */
export function guardFrames(socket: Duplex, maxBytes: number, onTooLong: () => void): void {
  const header = Buffer.alloc(longestHeader);
  let known = 0;
  /** Payload of the current frame that is still to come. */
  let left = 0;
  /** Takes bytes of `chunk` from `at` until `wanted` of the header are known. */
  const fill = (chunk: Buffer, at: number, wanted: number): number => {
    const copied = chunk.copy(header, known, at, at + wanted - known);
    known += copied;
    return at + copied;
  };
  const onData = (chunk: Buffer) => {
    for (let at = 0; at < chunk.length; ) {
      if (left > 0) {
        const passed = Math.min(left, chunk.length - at);
        left -= passed;
        at += passed;
        continue;
      }
      at = fill(chunk, at, 2);
      if (known < 2) return;
      const [, second = 0] = header;
      const lengthBytes = lengthFieldOf[second & 0x7f] ?? 0;
      const wanted = 2 + lengthBytes + (second & 0x80 ? maskBytes : 0);
      at = fill(chunk, at, wanted);
      if (known < wanted) return;
      known = 0;
      left = lengthBytes === 0 ? second & 0x7f : lengthBytes === 2 ? header.readUInt16BE(2) : Number(header.readBigUInt64BE(2));
      if (left > maxBytes) {
        socket.off('data', onData);
        onTooLong();
        return;
      }
    }
  };
  // Before the library, which would otherwise have read the frame first.
  socket.prependListener('data', onData);
}
