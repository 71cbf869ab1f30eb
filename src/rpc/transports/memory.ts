/** Two ends in one process: messages pass as values, never as text. */
import type { DataCallback, Disposable, Message } from 'vscode-jsonrpc/node';
import type { Frame } from '../frame.ts';
import { MalformedMessage, type Transport, TransportReader, TransportWriter } from './transport.ts';

export interface MemoryOptions {
  /**
   * Pass the very objects instead of copies. Only for senders that never change what they sent.
   * Members that are undefined are then seen by the receiver. Default false.
   */
  readonly share?: boolean;
  /** Messages that may wait in a paused reader before its writer counts as congested. Default 1024. */
  readonly capacity?: number;
}

/** The two ends of one connection. Closing either closes both. */
export function memoryPair(options: MemoryOptions = {}): [Transport, Transport] {
  const left = new MemoryReader(options);
  const right = new MemoryReader(options);
  const toLeft = new MemoryWriter(left);
  const toRight = new MemoryWriter(right);
  const end = (reader: MemoryReader, writer: MemoryWriter): Transport => ({
    label: 'memory',
    kind: 'memory',
    reader,
    writer,
    close: async () => {
      toLeft.end();
      toRight.end();
    },
  });
  return [end(left, toRight), end(right, toLeft)];
}

class MemoryReader extends TransportReader {
  readonly #share: boolean;
  readonly #capacity: number;
  #queue: unknown[] = [];
  #callback: DataCallback | undefined;
  #paused = false;
  #ended = false;
  #closed = false;
  #scheduled = false;
  writer: MemoryWriter | undefined;

  constructor(options: MemoryOptions) {
    super();
    this.#share = options.share ?? false;
    this.#capacity = options.capacity ?? 1024;
  }

  get full(): boolean {
    return this.#queue.length >= this.#capacity && (this.#paused || !this.#callback);
  }

  accept(frame: Frame): void {
    if (this.#ended) return;
    this.#queue.push(this.#share ? frame.value : copyJson(frame.value, 0));
    this.#schedule();
  }

  endOfInput(): void {
    this.#ended = true;
    this.#schedule();
  }

  listen(callback: DataCallback): Disposable {
    this.#callback = callback;
    this.#schedule();
    return { dispose: () => (this.#callback = undefined) };
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#run();
    });
  }

  #run(): void {
    const queue = this.#queue;
    let next = 0;
    for (; next < queue.length && this.#callback && !this.#paused; next += 1) {
      const value = queue[next];
      if (value === tooDeep) this.onMalformed(new MalformedMessage('recursion limit exceeded'));
      // The peer looks at the shape; vscode-jsonrpc's callback type has no word for "not yet known".
      else this.#callback(value as Message);
    }
    queue.splice(0, next);
    if (!this.full) this.writer?.drained();
    if (this.#ended && queue.length === 0 && !this.#closed) {
      this.#closed = true;
      this.fireClose();
    }
  }
}

class MemoryWriter extends TransportWriter {
  readonly #target: MemoryReader;
  #ended = false;
  #congested = false;

  constructor(target: MemoryReader) {
    super();
    this.#target = target;
    target.writer = this;
  }

  get congested(): boolean {
    return this.#congested;
  }

  post(frame: Frame): void {
    if (this.#ended) return;
    this.#target.accept(frame);
    if (this.#target.full) this.#congested = true;
  }

  drained(): void {
    if (!this.#congested) return;
    this.#congested = false;
    this.onDrain();
  }

  override end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#target.endOfInput();
    this.fireClose();
  }
}

const maxDepth = 512;
const tooDeep = Symbol('nested too deeply');

/** What JSON would make of `value`, without the text: undefined members are gone, arrays and objects are new. */
export function copyJson(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > maxDepth) return tooDeep;
  if (Array.isArray(value)) {
    const list: unknown[] = [];
    for (const entry of value) {
      const copy = copyJson(entry, depth + 1);
      if (copy === tooDeep) return tooDeep;
      list.push(copy === undefined ? null : copy);
    }
    return list;
  }
  if ('toJSON' in value && typeof value.toJSON === 'function') return copyJson(value.toJSON(), depth + 1);
  const object: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    const copy = copyJson(member, depth + 1);
    if (copy === tooDeep) return tooDeep;
    if (copy === undefined) continue;
    // Assigning to this name would change the prototype instead.
    if (name === '__proto__') Object.defineProperty(object, name, { value: copy, enumerable: true, configurable: true, writable: true });
    else object[name] = copy;
  }
  return object;
}
