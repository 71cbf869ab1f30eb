/** Sends spans to an OpenTelemetry collector as the configuration's `[otel]` table names it: OTLP over HTTP, as JSON, in batches. */
import { parse } from 'smol-toml';
import { withDeadline } from '../base/abort.ts';
import type { Log } from '../base/log.ts';
import { createHttpClient } from '../host/http.ts';
import { type Attributes, createTracer, type EndedSpan, type SpanKind, type Tracer } from './tracing.ts';

/** Spans wait this long for others. */
const batchMs = 1000;
const batchSize = 512;
/** More spans than this wait for a collector that does not answer; newer ones are dropped. */
const maxWaiting = 2048;
const sendMs = 5000;

export interface TraceExport extends AsyncDisposable {
  readonly tracer: Tracer;
}

export interface TraceExportOptions {
  /** Text of the configuration file. */
  readonly config: string;
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
}

interface Collector {
  readonly endpoint: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly environment: string;
}

const isTable = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Undefined when no spans are to be sent. Throws for what is asked for in a way that is not understood. */
function collectorOf(config: string): Collector | undefined {
  const { otel } = parse(config);
  if (!isTable(otel)) return undefined;
  const { trace_exporter: exporter, environment } = otel;
  if (exporter === undefined || exporter === 'none') return undefined;
  const http = isTable(exporter) ? exporter['otlp-http'] : undefined;
  if (!isTable(http) || typeof http.endpoint !== 'string' || !URL.canParse(http.endpoint) || http.protocol !== 'json') {
    throw new Error('`otel.trace_exporter` must be `otlp-http` with an `endpoint` and `protocol = "json"`');
  }
  const headers = Object.entries(isTable(http.headers) ? http.headers : {}).map(([name, value]) => [name, String(value)] as const);
  return { endpoint: http.endpoint, headers, environment: typeof environment === 'string' ? environment : 'dev' };
}

/** A broken configuration is logged and nothing is sent. */
export function openTraceExport(options: TraceExportOptions): TraceExport | undefined {
  try {
    const collector = collectorOf(options.config);
    return collector && new Exporter(collector, options);
  } catch (error) {
    options.log.warn('no spans are sent', { error });
    return undefined;
  }
}

class Exporter implements TraceExport {
  readonly tracer: Tracer;
  readonly #collector: Collector;
  readonly #options: TraceExportOptions;
  readonly #http;
  #waiting: EndedSpan[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> = Promise.resolve();

  constructor(collector: Collector, options: TraceExportOptions) {
    this.#collector = collector;
    this.#options = options;
    this.#http = createHttpClient({ env: options.env });
    this.tracer = createTracer((span) => this.#take(span));
  }

  #take(span: EndedSpan): void {
    if (this.#waiting.length >= maxWaiting) return;
    this.#waiting.push(span);
    this.#timer ??= setTimeout(() => this.#flush(), batchMs).unref();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending = this.#sending.then(() => this.#sendAll());
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, batchSize);
      try {
        await withDeadline(this.#send(batch), sendMs, 'sending spans');
      } catch (error) {
        this.#options.log.warn('spans could not be sent', { count: batch.length, error });
      }
    }
  }

  async #send(batch: readonly EndedSpan[]): Promise<void> {
    const { endpoint, headers } = this.#collector;
    const body = Buffer.from(JSON.stringify(this.#requestOf(batch)));
    const named = [['content-type', 'application/json'] as const, ...headers];
    const signal = AbortSignal.timeout(sendMs);
    const response = await this.#http.request({ method: 'POST', url: endpoint, headers: named, body, redirect: 'manual' }, signal);
    for await (const _ of response.body);
    if (response.status >= 300) throw new Error(`the collector answered ${response.status}`);
  }

  #requestOf(batch: readonly EndedSpan[]): object {
    const resource = { 'service.name': 'codex-exec-server', 'service.version': this.#options.version, env: this.#collector.environment };
    const scope = { name: 'codex-exec-server' };
    return { resourceSpans: [{ resource: { attributes: wireAttributes(resource) }, scopeSpans: [{ scope, spans: batch.map(wireSpan) }] }] };
  }

  /** Sends what waits, within a deadline. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#flush();
    await this.#sending;
    await this.#http.close();
  }
}

const kinds: Readonly<Record<SpanKind, number>> = { internal: 1, server: 2, client: 3 };
const nanoseconds = (ms: number): string => `${BigInt(Math.round(ms * 1000)) * 1000n}`;

const wireSpan = ({ kind, startMs, endMs, attributes, ...span }: EndedSpan): object => ({
  ...span,
  kind: kinds[kind],
  startTimeUnixNano: nanoseconds(startMs),
  endTimeUnixNano: nanoseconds(endMs),
  attributes: wireAttributes(attributes),
  status: {},
});

const wireAttributes = (attributes: Attributes): object[] =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: wireValue(value) }));

function wireValue(value: string | number | boolean): object {
  if (typeof value === 'string') return { stringValue: value };
  return typeof value === 'boolean' ? { boolValue: value } : { intValue: String(Math.round(value)) };
}
