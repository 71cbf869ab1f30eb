/** Reading bodies of HTTP answers with a bound: whole ones, and event streams. */
import { createParser } from 'eventsource-parser';
import type { HttpResponse } from '../environment/environment.ts';

export const headerOf = ({ headers }: HttpResponse, name: string): string | undefined =>
  headers.find(([key]) => key.toLowerCase() === name)?.[1];

export const headersOf = ({ headers }: HttpResponse, name: string): string[] =>
  headers.flatMap(([key, value]) => (key.toLowerCase() === name ? [value] : []));

export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
}

/** The whole body. Rejects with `BodyTooLarge` as soon as it is longer than `limit` bytes. */
export async function readBody(response: HttpResponse, limit: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of response.body) {
    size += part.length;
    if (size > limit) throw new BodyTooLarge(`body longer than ${limit} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts, size);
}

/** The first bytes of a body as text; never rejects. */
export async function preview(response: HttpResponse, limit: number): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of response.body) {
      parts.push(part);
      size += part.length;
      if (size >= limit) break;
    }
  } catch {
    // What came so far is all there is to show.
  }
  return Buffer.concat(parts, size).subarray(0, limit).toString('utf8');
}

/** Lets the rest of a body go; never rejects. A body without an end stays open until its request is aborted. */
export async function discard(response: HttpResponse): Promise<void> {
  await preview(response, 0);
}

export interface ServerEvent {
  readonly id: string | undefined;
  readonly data: string;
}

/**
 * Calls `onEvent` for each event until the stream ends, or until it returns true. Rejects with `BodyTooLarge` for an endless
 * event. `onRetry` hears how long the server wants us to wait before the stream is taken up again, in milliseconds.
 */
export async function readEvents(
  response: HttpResponse,
  limit: number,
  on: { event(event: ServerEvent): unknown; retry?(ms: number): void },
): Promise<void> {
  let enough = false;
  let tooLong = false;
  const parser = createParser({
    maxBufferSize: limit,
    onError: ({ type }) => {
      tooLong ||= type === 'max-buffer-size-exceeded';
    },
    onRetry: (ms) => on.retry?.(ms),
    onEvent: ({ id, data }) => {
      if (!enough && on.event({ id, data }) === true) enough = true;
    },
  });
  const decoder = new TextDecoder();
  for await (const part of response.body) {
    parser.feed(decoder.decode(part, { stream: true }));
    if (tooLong) throw new BodyTooLarge(`event longer than ${limit} characters`);
    if (enough) return;
  }
}
