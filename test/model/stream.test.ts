/** What a stream's events become, however its bytes are cut. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HttpTransport } from '../../src/base/http-transport.ts';
import { readAnswer } from '../../src/model/answer.ts';
import type { ModelEvent } from '../../src/model/model-client.ts';
import { ask, completed, created, facts, request, type Step, sse, startModelServer, stream, testClient } from './model-server.ts';

const usage = {
  input_tokens: 100,
  input_tokens_details: { cached_tokens: 7, cache_write_tokens: 3 },
  output_tokens: 50,
  output_tokens_details: { reasoning_tokens: 20 },
  total_tokens: 150,
};
const message = { type: 'message', role: 'assistant', id: 'msg_1', content: [{ type: 'output_text', text: 'Grüße 🚀' }] };

const whole = [
  created,
  ': a comment\n\n',
  sse('response.in_progress', { response: {} }),
  sse('response.output_item.added', { item: { type: 'reasoning', id: 'rs_1', summary: [] } }),
  sse('response.reasoning_summary_part.added', { item_id: 'rs_1', summary_index: 0 }),
  sse('response.reasoning_summary_text.delta', { item_id: 'rs_1', summary_index: 0, delta: 'hm' }),
  sse('response.reasoning_text.delta', { item_id: 'rs_1', content_index: 1, delta: 'raw' }),
  sse('response.output_item.added', { item: { ...message, content: [] } }),
  sse('response.output_text.delta', { item_id: 'msg_1', delta: 'Grüße ' }),
  'data: {"type":"response.output_text.delta",\ndata: "item_id":"msg_1","delta":"🚀"}\r\n\r\n',
  sse('response.output_text.done', { item_id: 'msg_1', text: 'Grüße 🚀' }),
  'event: response.output_text.delta\ndata: {broken\n\n',
  sse('response.output_item.done', { item: message }),
  sse('response.output_item.done', { item: { no: 'type' } }),
  sse('response.custom_tool_call_input.delta', { item_id: 'ctc_1', delta: '*** ' }),
  sse('response.output_item.done', { item: { type: 'function_call', id: null, call_id: 'c', name: 'f', arguments: '{}' } }),
  sse('response.completed', { response: { id: 'resp_1', usage, end_turn: false } }),
  sse('response.output_text.delta', { item_id: 'msg_1', delta: 'after the end' }),
].join('');

const expected: ModelEvent[] = [
  { type: 'created', responseId: 'resp_1' },
  { type: 'itemAdded', item: { type: 'reasoning', id: 'rs_1', summary: [] } },
  { type: 'reasoningSummaryPart', itemId: 'rs_1', summaryIndex: 0 },
  { type: 'reasoningSummaryDelta', itemId: 'rs_1', summaryIndex: 0, delta: 'hm' },
  { type: 'reasoningTextDelta', itemId: 'rs_1', contentIndex: 1, delta: 'raw' },
  { type: 'itemAdded', item: { ...message, content: [] } },
  { type: 'textDelta', itemId: 'msg_1', delta: 'Grüße ' },
  { type: 'textDelta', itemId: 'msg_1', delta: '🚀' },
  { type: 'itemDone', item: message },
  { type: 'toolInputDelta', itemId: 'ctc_1', delta: '*** ' },
  { type: 'itemDone', item: { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' } },
  {
    type: 'completed',
    responseId: 'resp_1',
    usage: {
      inputTokens: 100,
      cachedInputTokens: 7,
      cacheWriteInputTokens: 3,
      outputTokens: 50,
      reasoningOutputTokens: 20,
      totalTokens: 150,
    },
    endTurn: false,
  },
];

const withoutLimits = (events: readonly ModelEvent[]) => events.filter((event) => event.type !== 'rateLimits');

/** A response whose body comes in exactly these pieces. */
function pieces(chunks: readonly Buffer[]): Awaited<ReturnType<HttpTransport['request']>> {
  return {
    status: 200,
    headers: {},
    abandon: () => {},
    read: async (onChunk) => {
      for (const chunk of chunks) if (!onChunk(chunk)) return;
    },
  };
}

async function eventsOf(chunks: readonly Buffer[]): Promise<ModelEvent[]> {
  const events: ModelEvent[] = [];
  await readAnswer(pieces(chunks), { onEvent: (event) => events.push(event), signal: new AbortController().signal, idleTimeoutMs: 10_000 });
  return events;
}

describe('events', () => {
  test('come over HTTP in order, each as what it means; the limits come just before the end', async () => {
    await using server = await startModelServer(stream(whole));
    await using client = testClient({ baseUrl: server.url });
    const { events, error } = await ask(client.model);
    expect(error).toBeUndefined();
    expect(withoutLimits(events)).toEqual(expected);
    expect(events.at(-2)?.type).toBe('rateLimits');
  });

  test('are the same when the bytes are cut at any one place', async () => {
    const bytes = Buffer.from(whole);
    for (let cut = 1; cut < bytes.length; cut++)
      expect(withoutLimits(await eventsOf([bytes.subarray(0, cut), bytes.subarray(cut)]))).toEqual(expected);
  });

  test('are the same when the bytes are cut at any places', async () => {
    const bytes = Buffer.from(whole);
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.integer({ min: 1, max: bytes.length - 1 }), { maxLength: 60 }), async (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const chunks = places.slice(1).map((place, index) => bytes.subarray(places[index], place));
        expect(withoutLimits(await eventsOf(chunks))).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  test('survive one byte at a time', async () => {
    const bytes = Buffer.from(whole);
    expect(withoutLimits(await eventsOf(Array.from(bytes, (_, index) => bytes.subarray(index, index + 1))))).toEqual(expected);
  });

  test('missing token details count as zero, missing usage as unknown', async () => {
    const [bare] = withoutLimits(await eventsOf([Buffer.from(completed)]));
    expect(bare).toEqual({ type: 'completed', responseId: 'resp_1', usage: undefined, endTurn: undefined });
    const some = sse('response.completed', {
      response: { id: 'r', usage: { input_tokens: 1, input_tokens_details: null, output_tokens: 2, total_tokens: 3 } },
    });
    expect(withoutLimits(await eventsOf([Buffer.from(some)]))[0]).toMatchObject({
      usage: { inputTokens: 1, cachedInputTokens: 0, cacheWriteInputTokens: 0, outputTokens: 2, reasoningOutputTokens: 0, totalTokens: 3 },
    });
  });

  test('an error of the listener ends the request with that error', async () => {
    await using server = await startModelServer(stream(whole));
    await using client = testClient({ baseUrl: server.url });
    const bug = new Error('bug');
    const failing = (event: ModelEvent) => {
      if (event.type === 'itemDone') throw bug;
    };
    const { signal } = new AbortController();
    const asked = client.model.stream(request, failing, signal);
    await expect(asked).rejects.toBe(bug);
    await server.closed(0);
  });
});

describe('the head of a response', () => {
  const headed =
    (headers: Record<string, string>): Step =>
    (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', ...headers });
      response.end(created + completed);
    };

  test('tells routing and limits', async () => {
    await using server = await startModelServer(
      headed({
        'x-codex-turn-state': 'state-1',
        'openai-model': 'other-model',
        'x-codex-primary-used-percent': '12.5',
        'x-codex-credits-has-credits': 'true',
        'x-codex-credits-unlimited': 'false',
        'x-codex-credits-balance': '9.99',
        'x-codex-other-primary-used-percent': '3',
        'x-codex-other-limit-name': 'Other',
      }),
    );
    await using client = testClient({ baseUrl: server.url });
    const { events } = await ask(client.model);
    expect(events.map((event) => event.type)).toEqual(['routing', 'created', 'rateLimits', 'rateLimits', 'completed']);
    expect(events[0]).toEqual({ type: 'routing', turnState: 'state-1', servedModel: 'other-model', reasoningIncluded: false });
    expect(events[2]).toMatchObject({
      snapshot: {
        limitId: 'codex',
        primary: { usedPercent: 13, windowDurationMins: null, resetsAt: null },
        credits: { hasCredits: true, unlimited: false, balance: '9.99' },
      },
    });
    expect(events[3]).toMatchObject({ snapshot: { limitId: 'codex_other', limitName: 'Other', primary: { usedPercent: 3 } } });
  });

  test('the turn state may come as an event', async () => {
    const [event] = withoutLimits(
      await eventsOf([Buffer.from(sse('response.metadata', { headers: { 'x-codex-turn-state': 's' } }) + completed)]),
    );
    expect(event).toEqual({ type: 'routing', turnState: 's', servedModel: undefined, reasoningIncluded: false });
  });
});

describe('silence', () => {
  const idle = { message: 'stream disconnected before completion: idle timeout waiting for SSE', info: 'other', retry: 'stream' };
  const open = (response: Parameters<Step>[0]) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(created);
  };

  test('ends the stream and its connection', async () => {
    await using server = await startModelServer(open);
    await using client = testClient({ baseUrl: server.url, streamIdleTimeoutMs: 40 });
    const { events, error } = await ask(client.model);
    expect(facts(error)).toEqual(idle);
    expect(events.map((event) => event.type)).toEqual(['created', 'rateLimits']);
    await server.closed(0);
  });

  test('comments do not break it, events do', async () => {
    await using server = await startModelServer((response) => {
      open(response);
      const comments = setInterval(() => response.write(': ping\n\n'), 5);
      const deltas = setInterval(() => response.write(sse('response.output_text.delta', { item_id: 'm', delta: 'x' })), 20);
      setTimeout(() => clearInterval(deltas), 250);
      response.on('close', () => {
        clearInterval(comments);
        clearInterval(deltas);
      });
    });
    await using client = testClient({ baseUrl: server.url, streamIdleTimeoutMs: 120 });
    const { events, error } = await ask(client.model);
    expect(facts(error)).toEqual(idle);
    // More deltas than fit into one period of silence: each of them began a new one.
    expect(events.filter((event) => event.type === 'textDelta').length).toBeGreaterThan(7);
  });
});
