/** What was read and not handled yet: how much there is, when reading stops, and when a request is refused. */
import type { Message } from 'vscode-jsonrpc/node';
import type { Dialect } from './dialect.ts';

export interface IntakeOptions {
  readonly inbox: Dialect['inbox'];
  /** Whether answers go through the library's queue, as they do unless requests are handled one by one. */
  readonly answersQueue: boolean;
  /** Messages that wait to be sent. */
  readonly backlog: () => number;
  readonly pause: () => void;
  readonly resume: () => void;
}

/** Messages that may wait for dispatch before reading stops, whatever they are. */
const readAhead = 1024;
/** Messages that may wait for the other side before reading its requests stops. */
const backlogStopsReading = 4096;
/** Requests of one burst that are read only as fast as they are handled, before refusing begins. */
const patience = 1000;

export class Intake {
  readonly #options: IntakeOptions;
  /** Messages inside the library's queue. */
  #queued = 0;
  /** Requests among them. */
  #requests = 0;
  /** Requests of the burst that is under way: it ends when none waits. */
  #pressed = 0;
  #thisTurn = 0;
  #breathing = false;
  #reading = true;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** True when nothing that was read waits to be handled. */
  get empty(): boolean {
    return this.#queued === 0;
  }

  /** Whether one more request may wait. */
  get hasRoom(): boolean {
    const { capacity, whenFull } = this.#options.inbox;
    return whenFull === 'wait' || this.#requests < capacity;
  }

  /** A message goes into the library's queue. */
  entered(message: object): void {
    if (!this.#counts(message)) return;
    this.#queued += 1;
    if (isRequest(message)) {
      this.#requests += 1;
      this.#pace();
    }
    this.flow();
  }

  /** A request found no room. */
  refused(): void {
    this.#pace();
    this.flow();
  }

  /** A message comes out of it. */
  left(message: Message): void {
    if (!this.#counts(message)) return;
    this.#queued -= 1;
    if (isRequest(message)) this.#requests -= 1;
    if (this.#requests === 0) this.#pressed = 0;
    this.flow();
  }

  /** Stops reading while too much waits on either side; reads on when half of it is gone. */
  flow(): void {
    const { inbox, backlog } = this.#options;
    const limit = inbox.whenFull === 'wait' ? inbox.capacity : readAhead;
    const share = this.#reading ? 1 : 0.5;
    const reading = !this.#breathing && this.#queued < limit * share && backlog() < backlogStopsReading * share;
    if (reading === this.#reading) return;
    this.#reading = reading;
    if (reading) this.#options.resume();
    else this.#options.pause();
  }

  /**
   * One request leaves the queue per turn of the event loop, but a whole chunk of them is read at once: a burst would be
   * refused although there is time for it. So while the queue is more than half full requests are read as they leave;
   * a client that goes on and on is then read a little faster than it is served, until its requests are refused.
   */
  #pace(): void {
    const { capacity, whenFull } = this.#options.inbox;
    if (whenFull === 'wait' || this.#requests <= capacity / 2) return;
    this.#pressed += 1;
    this.#thisTurn += 1;
    if (this.#thisTurn < (this.#pressed <= patience ? 1 : 2) || this.#breathing) return;
    this.#breathing = true;
    setImmediate(() => {
      this.#breathing = false;
      this.#thisTurn = 0;
      this.flow();
    });
  }

  /** The library acts on a cancellation at once and on some answers too: those never leave its queue. */
  #counts(message: object): boolean {
    if ('method' in message) return message.method !== '$/cancelRequest';
    return this.#options.answersQueue;
  }
}

const isRequest = (message: object): boolean => 'method' in message && 'id' in message;
