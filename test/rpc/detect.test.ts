/** The framing of a stream is told from its first bytes, and none of them is lost. */
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Frame } from '../../src/rpc/frame.ts';
import { detectTransport, framingOf } from '../../src/rpc/transports/detect.ts';

const framed = (message: unknown) => {
  const body = JSON.stringify(message);
  return `Content-Length: ${Buffer.byteLength(body)}\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n${body}`;
};
const line = (message: unknown) => `${JSON.stringify(message)}\n`;
const messages = [{ method: 'one', params: { text: 'é€😀' } }, { id: 2, method: 'two' }, { method: 'three' }];

/** Opens a transport on bytes that come in pieces and collects what it reads until the end. */
async function read(pieces: readonly Buffer[], initialBytes = Buffer.alloc(0)): Promise<{ read: unknown[]; written: string }> {
  const input = new PassThrough();
  const output = new PassThrough();
  const detecting = detectTransport({ input, output, initialBytes });
  const feed = async () => {
    for (const piece of pieces) {
      input.write(piece);
      await new Promise(setImmediate);
    }
    input.end();
  };
  const feeding = feed();
  const transport = await detecting;
  const seen: unknown[] = [];
  const ended = new Promise<void>((resolve) => transport.reader.onClose(resolve));
  transport.reader.listen((message) => seen.push(message));
  await Promise.all([feeding, ended]);
  transport.writer.post(new Frame({ id: 2, result: {} }));
  await transport.close();
  return { read: seen, written: String(output.read() ?? '') };
}

const cut = (bytes: Buffer, at: readonly number[]): Buffer[] => {
  const places = [...new Set(at.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...places, bytes.length].map((end, n) => bytes.subarray(n === 0 ? 0 : places[n - 1], end));
};

describe('the framing follows the first bytes, and none of them is lost', () => {
  const cuts = fc.array(fc.nat(), { maxLength: 4 });

  test('lines', async () => {
    await fc.assert(
      fc.asyncProperty(cuts, fc.constantFrom('', '\n', ' \r\n'), fc.nat({ max: 60 }), async (at, before, known) => {
        const bytes = Buffer.from(before + messages.map(line).join(''));
        const result = await read(cut(bytes.subarray(known), at), bytes.subarray(0, known));
        expect(result).toEqual({ read: messages, written: '{"id":2,"result":{}}\n' });
      }),
      { numRuns: 50 },
    );
  });

  test('headers; the answer carries the jsonrpc member', async () => {
    await fc.assert(
      fc.asyncProperty(cuts, fc.nat({ max: 60 }), async (at, known) => {
        const bytes = Buffer.from(messages.map(framed).join(''));
        const result = await read(cut(bytes.subarray(known), at), bytes.subarray(0, known));
        expect(result).toEqual({ read: messages, written: 'Content-Length: 36\r\n\r\n{"jsonrpc":"2.0","id":2,"result":{}}' });
      }),
      { numRuns: 50 },
    );
  });

  test('nothing but an end', async () => {
    expect((await read([])).read).toEqual([]);
    expect((await read([Buffer.from('\n\n')])).read).toEqual([]);
  });
});

test.each([
  ['', undefined],
  [' \t\r\n', undefined],
  ['{', 'ndjson'],
  ['\n[', 'ndjson'],
  ['Content-Length: 1', 'content-length'],
  ['content-length: 1', 'content-length'],
  ['garbage', 'ndjson'],
])('%j is %s', (bytes, framing) => {
  expect(framingOf(Buffer.from(bytes))).toBe(framing);
});

test('waiting for the first bytes ends with its signal', async () => {
  const abort = new AbortController();
  const detecting = detectTransport({ input: new PassThrough(), output: new PassThrough(), signal: abort.signal });
  abort.abort();
  await expect(detecting).rejects.toMatchObject({ name: 'Cancelled' });
});
