/**
 * Stands between a server and the MCP library, which checks every message at length: what nobody waits for costs next to
 * nothing here, and a server that asks without end is cut off.
 */
import { Allowance } from './allowance.ts';
import type { JSONRPCMessage, JsonObject, Transport } from './messages.ts';

const protocolVersion = '2025-06-18';
/** Requests of a server: no honest one makes so many. */
const requestBurst = 2000;
const requestsPerSecond = 200;

export interface Overheard {
  /** A notification of the server; all but those about its own requests come here alone. */
  notified(method: string, params: JsonObject): void;
}

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

export class GuardedTransport implements Transport {
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: Transport['onmessage'];
  readonly #inner: Transport;
  readonly #overheard: Overheard;
  /** Ids of our requests that have no answer yet. */
  readonly #open = new Set<unknown>();
  readonly #requests = new Allowance(requestBurst, requestsPerSecond);

  constructor(inner: Transport, overheard: Overheard) {
    this.#inner = inner;
    this.#overheard = overheard;
  }

  start(): Promise<void> {
    this.#inner.onmessage = (message) => this.#take(message);
    this.#inner.onclose = () => this.onclose?.();
    this.#inner.onerror = (error) => this.onerror?.(error);
    return this.#inner.start();
  }

  /** Offers the protocol version we speak, whatever the library would offer. */
  send(message: JSONRPCMessage): Promise<void> {
    if (!('method' in message)) return this.#inner.send(message);
    if ('id' in message) this.#open.add(message.id);
    if (message.method === 'notifications/cancelled') this.#open.delete(message.params?.requestId);
    if (message.method !== 'initialize' || !message.params) return this.#inner.send(message);
    return this.#inner.send({ ...message, params: { ...message.params, protocolVersion } });
  }

  setProtocolVersion(version: string): void {
    this.#inner.setProtocolVersion?.(version);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  #take(message: unknown): void {
    if (!isObject(message)) return;
    const { method, id } = message;
    if (method === undefined) {
      if (this.#open.delete(id)) this.#pass(message);
    } else if (id === undefined && method !== 'notifications/cancelled') {
      if (typeof method === 'string') this.#overheard.notified(method, isObject(message.params) ? message.params : {});
    } else if (this.#requests.take()) this.#pass(message);
    else {
      this.onerror?.(new Error('an MCP server asks without end; its connection is closed'));
      void this.#inner.close();
    }
  }

  #pass(message: JsonObject): void {
    // The library checks the form of what it is given and reports what it cannot use.
    this.onmessage?.(message as JSONRPCMessage);
  }
}
