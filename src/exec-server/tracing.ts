/** Spans of what clients ask for, below the W3C trace they sent along. */
import { randomBytes } from 'node:crypto';
import type { Trace } from '../rpc/inbound-call.ts';

export type SpanKind = 'internal' | 'server' | 'client';
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** A span that has ended, as an exporter takes it. Times are Unix milliseconds. */
export interface EndedSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
}

export interface SpanOptions {
  readonly kind: SpanKind;
  readonly attributes?: Attributes;
}

export interface Span {
  /** What a message sent on behalf of this span says. */
  readonly trace: Trace & { readonly traceparent: string };
  child(name: string, options: SpanOptions): Span;
  /** Takes further attributes and hands the span over; later calls do nothing. */
  end(attributes?: Attributes): void;
}

export interface Tracer {
  /** Below `parent` when that is a valid trace, else a trace of its own. */
  start(name: string, options: SpanOptions, parent: Trace | undefined): Span;
}

interface Place {
  readonly traceId: string;
  readonly parentSpanId: string;
  readonly traceState: string;
  /** The sender asked for the trace to be kept. */
  readonly isSampled: boolean;
}

const now = (): number => performance.timeOrigin + performance.now();

function placeOf(parent: Trace | undefined): Place {
  const match = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/.exec(parent?.traceparent ?? '');
  const [, traceId = '', parentSpanId = '', flags = ''] = match ?? [];
  if (!match || match[0].startsWith('ff') || /^0+$/.test(traceId) || /^0+$/.test(parentSpanId)) {
    return { traceId: randomBytes(16).toString('hex'), parentSpanId: '', traceState: '', isSampled: true };
  }
  return { traceId, parentSpanId, traceState: parent?.tracestate ?? '', isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** `take` gets every span that ended, unless its sender does not want the trace to be kept. */
export function createTracer(take: (span: EndedSpan) => void): Tracer {
  const open = (name: string, { kind, attributes = {} }: SpanOptions, place: Place): Span => {
    const { traceId, parentSpanId, traceState, isSampled } = place;
    const spanId = randomBytes(8).toString('hex');
    const startMs = now();
    const traceparent = `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
    let ended = false;
    return {
      trace: { traceparent, ...(traceState !== '' && { tracestate: traceState }) },
      child: (childName, options) => open(childName, options, { ...place, parentSpanId: spanId }),
      end(more = {}) {
        if (ended) return;
        ended = true;
        const all = { ...attributes, ...more };
        if (isSampled) take({ ...{ name, kind, traceId, spanId, parentSpanId, traceState, startMs }, endMs: now(), attributes: all });
      },
    };
  };
  return { start: (name, options, parent) => open(name, options, placeOf(parent)) };
}
