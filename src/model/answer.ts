/** Reads one streamed answer to its end: events in order, a deadline on silence, and one outcome. */
import { abortReason } from '../base/abort.ts';
import { TransportError, type TransportResponse } from '../base/http-transport.ts';
import { brokenStream } from './api-errors.ts';
import type { ModelError, ModelEvent } from './model-client.ts';
import { rateLimitsOf } from './rate-limits.ts';
import { EventTooLarge, SseReader } from './sse.ts';
import { interpret, isIgnored, type StreamStep } from './stream-events.ts';

export interface AnswerOptions {
  readonly onEvent: (event: ModelEvent) => void;
  readonly signal: AbortSignal;
  /** Longest silence between two events. Comments do not count as events. */
  readonly idleTimeoutMs: number;
}

/** `setTimeout` would turn a longer wait into no wait at all. */
const longestTimer = 2 ** 31 - 1;

/** Resolves after `completed`; rejects with `ModelError`, the signal's reason, or what `onEvent` throws. */
export function readAnswer(response: TransportResponse, options: AnswerOptions): Promise<void> {
  const { onEvent, signal } = options;
  announce(response, onEvent);
  return new Promise<void>((resolve, reject) => {
    let finished = false;
    const finish = (settle: () => void) => {
      if (finished) return;
      finished = true;
      clearTimeout(idle);
      try {
        settle();
      } catch (error) {
        // `onEvent` threw while the end was being told.
        reject(error);
      }
    };
    const fail = (error: ModelError) =>
      finish(() => {
        tellLimits(response, onEvent);
        reject(error);
      });
    const silence = () => {
      fail(brokenStream('idle timeout waiting for SSE'));
      response.abandon();
    };
    const idle = setTimeout(silence, Math.min(options.idleTimeoutMs, longestTimer));
    const take = (step: StreamStep) => {
      if (step.kind === 'failure') return fail(step.error);
      if (step.kind === 'malformed') return fail(brokenStream(step.why));
      if (step.event.type !== 'completed') return onEvent(step.event);
      const { event } = step;
      finish(() => {
        tellLimits(response, onEvent);
        onEvent(event);
        resolve();
      });
    };
    let sawEvent = false;
    const reader = new SseReader((name, data) => {
      if (finished || signal.aborted) return;
      sawEvent = true;
      const step = isIgnored(name) ? undefined : interpret(data);
      if (step) take(step);
    });
    const onChunk = (chunk: Buffer): boolean => {
      if (finished) return false;
      sawEvent = false;
      reader.push(chunk);
      if (sawEvent && !finished) idle.refresh();
      return !finished;
    };
    response.read(onChunk).then(
      () => fail(brokenStream('stream closed before response.completed')),
      (error: unknown) => {
        if (signal.aborted) finish(() => reject(abortReason(signal)));
        else if (error instanceof TransportError) fail(brokenStream('Transport error: network error: error decoding response body', error));
        else if (error instanceof EventTooLarge) fail(brokenStream(error.message, error));
        else finish(() => reject(error));
      },
    );
  });
}

/** What the head says besides the answer. */
function announce({ headers }: TransportResponse, onEvent: (event: ModelEvent) => void): void {
  const turnState = headers['x-codex-turn-state'];
  const servedModel = headers['openai-model'];
  const reasoningIncluded = headers['x-reasoning-included'] !== undefined;
  if (turnState !== undefined || servedModel !== undefined || reasoningIncluded)
    onEvent({ type: 'routing', turnState, servedModel, reasoningIncluded });
}

function tellLimits({ headers }: TransportResponse, onEvent: (event: ModelEvent) => void): void {
  for (const snapshot of rateLimitsOf(headers)) onEvent({ type: 'rateLimits', snapshot });
}
