/** HTTP made by an exec-server: the head as an answer, the body as numbered pieces that end with the connection they come over. */
import { abortReason, onAbort } from '../base/abort.ts';
import { decodeBase64 } from '../base/base64.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../host/http-types.ts';
import type { ReconnectingClient, SessionMember } from './reconnect.ts';
import { ConnectionLost, type ExecConnection, type ExecNotification } from './remote-connection.ts';

type BodyDelta = Extract<ExecNotification, { method: 'http/request/bodyDelta' }>['params'];

/** Pieces of one body that may wait to be read. */
const maxQueuedDeltas = 256;
/** Bytes that may wait in all bodies of a session together. */
const maxQueuedBytes = 16 * 1_048_576;
const maxDeltaBytes = 1_048_576;
/** How whoever asked learns that nobody can say what became of the request. */
const disconnected = 'exec-server transport disconnected';

/** Bytes that wait in the bodies of one session. */
interface Budget {
  queued: number;
}

export class RemoteHttp implements HttpClient, SessionMember {
  readonly #client: () => Promise<ReconnectingClient>;
  readonly #bodies = new Map<string, Body>();
  readonly #budget: Budget = { queued: 0 };
  #connection: ExecConnection | undefined;
  #count = 0;

  constructor(client: () => Promise<ReconnectingClient>) {
    this.#client = client;
  }

  async request(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    const client = await this.#client();
    const requestId = `http-${++this.#count}`;
    const body = new Body(requestId, this.#budget, () => this.#bodies.delete(requestId));
    this.#bodies.set(requestId, body);
    try {
      this.#connection = await client.ready(signal);
      if (request.secretHeaders?.length && !(await client.can('httpHeaderEnvVars', signal))) {
        throw new Error('the exec-server cannot fill headers from its variables');
      }
      const params = {
        method: request.method,
        url: request.url,
        headers: [
          ...request.headers.map(([name, value]) => ({ name, value })),
          ...(request.secretHeaders ?? []).map(({ name, prefix, variable }) => ({ name, value: prefix, valueEnvVar: variable })),
        ],
        bodyBase64: request.body?.toString('base64') ?? null,
        ...(request.timeoutMs !== undefined && { timeoutMs: request.timeoutMs }),
        ...(request.publicUnless !== undefined && { publicUnless: request.publicUnless }),
        redirectPolicy: request.redirect === 'manual' ? ('stop' as const) : ('follow' as const),
        requestId,
        streamResponse: true,
      };
      const head = await client.callOn(this.#connection, (call) => call('http/request', params, { signal }));
      body.endWith(signal);
      return { status: head.status, headers: head.headers.map(({ name, value }) => [name, value] as const), body };
    } catch (error) {
      body.fail(error);
      throw error instanceof ConnectionLost ? new Error(`${disconnected}: ${error.message}`, { cause: error }) : error;
    }
  }

  notified(notification: ExecNotification): void {
    if (notification.method !== 'http/request/bodyDelta') return;
    const { params } = notification;
    const bytes = decodeBase64(params.deltaBase64);
    if (!bytes || bytes.length > maxDeltaBytes) void this.#connection?.close();
    else this.#bodies.get(params.requestId)?.accept(params, bytes);
  }

  disconnected(reason: string): void {
    this.failed(`${disconnected}: ${reason}`);
  }

  async resumed(): Promise<void> {}

  failed(reason: string): void {
    for (const body of [...this.#bodies.values()]) body.fail(new Error(reason));
  }
}

type BodyEnd = { readonly error: unknown } | 'done';

/** One body, read by one reader. */
class Body implements AsyncIterable<Buffer> {
  readonly #requestId: string;
  readonly #budget: Budget;
  readonly #release: () => void;
  #queue: Buffer[] = [];
  #nextSeq = 1;
  #end: BodyEnd | undefined;
  #wake = () => {};
  #offAbort = () => {};

  constructor(requestId: string, budget: Budget, release: () => void) {
    this.#requestId = requestId;
    this.#budget = budget;
    this.#release = release;
  }

  /** From now on the body fails when `signal` aborts. */
  endWith(signal: AbortSignal): void {
    if (this.#end === undefined) this.#offAbort = onAbort(signal, () => this.fail(abortReason(signal)));
  }

  accept({ seq, done, error }: BodyDelta, bytes: Buffer): void {
    if (seq !== this.#nextSeq) {
      this.fail(new Error(`http response stream \`${this.#requestId}\` received seq ${seq}, expected ${this.#nextSeq}`));
      return;
    }
    this.#nextSeq += 1;
    if (bytes.length > 0) {
      if (this.#queue.length >= maxQueuedDeltas || this.#budget.queued + bytes.length > maxQueuedBytes) {
        this.fail(new Error(`http response stream \`${this.#requestId}\` is not read fast enough`));
        return;
      }
      this.#queue.push(bytes);
      this.#budget.queued += bytes.length;
    }
    if (error != null) this.#finish({ error: new Error(error) });
    else if (done) this.#finish('done');
    this.#wake();
  }

  /** What was queued is dropped: a body that breaks is not handed out in part without saying so. */
  fail(error: unknown): void {
    this.#drop();
    this.#finish({ error });
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        const bytes = this.#queue.shift();
        if (bytes) {
          this.#budget.queued -= bytes.length;
          yield bytes;
        } else if (this.#end === 'done') return;
        else if (this.#end) throw this.#end.error;
        else await this.#next();
      }
    } finally {
      this.#drop();
      this.#finish('done');
    }
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #drop(): void {
    for (const bytes of this.#queue.splice(0)) this.#budget.queued -= bytes.length;
  }

  #finish(end: BodyEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#offAbort();
    this.#release();
  }
}
