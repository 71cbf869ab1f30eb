/** Reads a server-sent event stream from bytes that may be cut anywhere, and hands over the events worth parsing. */
import { createParser, type EventSourceParser } from 'eventsource-parser';
import { Utf8Stream } from '../base/bytes.ts';

/** Bytes one event may take before the stream is given up: far above any real event, far below what hurts. */
const largestEvent = 128 * 1024 * 1024;

export class EventTooLarge extends Error {
  override readonly name = 'EventTooLarge';
}

/** Calls `onEvent` with the `event:` name (undefined when the stream names none) and the joined data of each event, in order. */
export class SseReader {
  readonly #decoder = new Utf8Stream();
  readonly #parser: EventSourceParser;
  #pending = 0;

  constructor(onEvent: (name: string | undefined, data: string) => void) {
    this.#parser = createParser({
      onEvent: (event) => {
        this.#pending = 0;
        onEvent(event.event, event.data);
      },
      onComment: () => {
        this.#pending = 0;
      },
    });
  }

  /** Throws `EventTooLarge`, and what `onEvent` throws. */
  push(chunk: Buffer): void {
    this.#pending += chunk.length;
    if (this.#pending > largestEvent) throw new EventTooLarge(`an event of more than ${largestEvent} bytes`);
    this.#parser.feed(this.#decoder.write(chunk));
  }
}
