/** One WebSocket connection as a transport, whichever side opened it: one JSON message per frame. */
import type { Duplex } from 'node:stream';
import type { DataCallback, Disposable } from 'vscode-jsonrpc/node';
import type { WebSocket } from 'ws';
import { BufferPool, type Lease } from '../../base/buffer-pool.ts';
import type { Frame } from '../frame.ts';
import { type Transport, TransportReader, TransportWriter } from './transport.ts';

/** Bytes the socket may hold back before the writer counts as congested. */
const congestedAtBytes = 1024 * 1024;
const normalClosure = 1000;
/** Longer than any link needs that is worth keeping. */
const pongWithinMs = 5000;
/** Memory for long messages on their way out, for all connections together. */
const outgoing = new BufferPool(8 * 1024 * 1024);

/** `socket` is the byte stream under `ws`. */
export function webSocketTransport(ws: WebSocket, socket: Duplex, label: string): Transport {
  const reader = new WebSocketReader(ws);
  const writer = new WebSocketWriter(ws, socket);
  return {
    label,
    kind: 'websocket',
    reader,
    writer,
    alive: () => answersPing(ws),
    close: (graceMs = 1000) => closeWebSocket(ws, writer, graceMs),
  };
}

/** False when no answer to a ping comes in time. */
function answersPing(ws: WebSocket): Promise<boolean> {
  if (ws.readyState !== ws.OPEN) return Promise.resolve(false);
  return new Promise((resolve) => {
    const settle = (alive: boolean) => {
      clearTimeout(timer);
      ws.off('pong', onPong).off('close', onClose);
      resolve(alive);
    };
    const onPong = () => settle(true);
    const onClose = () => settle(false);
    const timer = setTimeout(settle, pongWithinMs, false);
    ws.once('pong', onPong).once('close', onClose).ping();
  });
}

async function closeWebSocket(ws: WebSocket, writer: WebSocketWriter, graceMs: number): Promise<void> {
  if (ws.readyState === ws.CLOSED) return;
  const closed = new Promise<void>((resolve) => {
    ws.once('close', () => resolve());
  });
  writer.end();
  // A side that does not answer the close in time is cut off.
  const timer = setTimeout(() => ws.terminate(), graceMs);
  if (graceMs === 0) ws.terminate();
  else ws.close(normalClosure);
  await closed;
  clearTimeout(timer);
}

class WebSocketReader extends TransportReader {
  readonly #ws: WebSocket;
  #paused = false;
  /** Messages that came out of the socket's last chunk while paused. */
  #held: string[] = [];
  #closed = false;
  #callback: DataCallback | undefined;
  /** What came before somebody listened. */
  readonly #onMessage = (data: Buffer | ArrayBuffer | Buffer[]) => {
    const text = textOf(data);
    if (this.#paused || !this.#callback) this.#held.push(text);
    else this.deliver(text, this.#callback);
  };

  constructor(ws: WebSocket) {
    super();
    this.#ws = ws;
    ws.on('message', this.#onMessage);
    ws.on('error', (error) => this.fireError(error));
    ws.on('close', () => this.#ended());
  }

  listen(callback: DataCallback): Disposable {
    this.#callback = callback;
    this.#release();
    return {
      dispose: () => {
        this.#callback = undefined;
        this.#ws.off('message', this.#onMessage);
      },
    };
  }

  pause(): void {
    this.#paused = true;
    this.#ws.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#release();
    if (!this.#paused) this.#ws.resume();
  }

  #release(): void {
    const held = this.#held;
    let next = 0;
    for (; next < held.length && !this.#paused && this.#callback; next += 1) this.deliver(held[next] ?? '', this.#callback);
    this.#held = held.slice(next);
    if (this.#closed && this.#held.length === 0) this.fireClose();
  }

  #ended(): void {
    this.#closed = true;
    if (this.#held.length === 0) this.fireClose();
  }
}

function textOf(data: Buffer | ArrayBuffer | Buffer[]): string {
  if (Buffer.isBuffer(data)) return data.toString('utf8');
  return (Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)).toString('utf8');
}

const asText = { binary: false, compress: false };

class WebSocketWriter extends TransportWriter {
  readonly #ws: WebSocket;
  readonly #socket: Duplex;
  #batch: (string | Lease)[] = [];
  #scheduled = false;
  #congested = false;
  #ended = false;

  constructor(ws: WebSocket, socket: Duplex) {
    super();
    this.#ws = ws;
    this.#socket = socket;
    socket.on('drain', () => this.#drained());
    ws.on('close', () => {
      this.#ended = true;
      this.#batch = [];
      this.fireClose();
    });
  }

  get congested(): boolean {
    return this.#congested;
  }

  post(frame: Frame): void {
    if (this.#ended) return;
    this.#batch.push(frame.toBytes(outgoing) ?? frame.text);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  override end(): void {
    this.#flush();
    this.#ended = true;
  }

  #flush(): void {
    if (this.#batch.length === 0 || this.#ws.readyState !== this.#ws.OPEN) return;
    const batch = this.#batch;
    this.#batch = [];
    this.#socket.cork();
    for (const message of batch) {
      if (typeof message === 'string') this.#ws.send(message, asText);
      else this.#ws.send(message.bytes, asText, message.release);
    }
    this.#socket.uncork();
    if (this.#ws.bufferedAmount > congestedAtBytes) this.#congested = true;
  }

  #drained(): void {
    if (!this.#congested) return;
    this.#congested = false;
    this.onDrain();
  }
}
