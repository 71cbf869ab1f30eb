/** Puts a reply of the rehearsal model into the events of a Responses stream. */
import { callId } from './conversation.ts';
import type { Part, ToolCall } from './reply.ts';

/** One thing to do with the stream, in order. */
export type Output = { readonly write: string } | { readonly pauseMs: number } | { readonly end: 'cut' | 'early' | 'hang' | 'done' };

const event = (type: string, fields: Record<string, unknown>): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;

/** Words with the blanks that follow them, as tokens would come. */
const words = (text: string): string[] => text.match(/\S+\s*|\s+/g) ?? [];

export interface Answering {
  readonly tag: string;
  readonly round: number;
  readonly inputTokens: number;
}

/** How many deltas are put into one write: enough to be fast, little enough to be sent at once. */
const batch = 500;

export class EventWriter {
  readonly #answering: Answering;
  readonly #id: string;
  #items = 0;
  #calls = 0;
  #outputBytes = 0;
  #tokens: number | undefined;

  constructor(answering: Answering) {
    this.#answering = answering;
    this.#id = `resp_${answering.tag}_${answering.round}`;
  }

  start(): Output {
    return { write: event('response.created', { response: { id: this.#id } }) };
  }

  finish(endTurn: boolean | undefined): Output[] {
    const input = this.#tokens ?? this.#answering.inputTokens;
    const output = Math.ceil(this.#outputBytes / 4);
    const usage = {
      input_tokens: input,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: input + output,
    };
    const response = { id: this.#id, usage, ...(endTurn === undefined ? {} : { end_turn: endTurn }) };
    return [{ write: event('response.completed', { response }) }, { end: 'done' }];
  }

  *part(part: Part): Generator<Output> {
    switch (part.kind) {
      case 'say':
        return yield* this.#say(part.text, part.phase, part.paceMs);
      case 'deltas':
        return yield* this.#deltas(part.count);
      case 'think':
        return yield* this.#think(part.text);
      case 'calls':
        for (const call of part.calls) yield { write: this.#call(call) };
        return;
      case 'item':
        return yield { write: this.#done({ id: this.#itemId('it'), ...part.item }) };
      case 'event':
        return yield { write: event(String(part.event.type), { ...part.event }) };
      case 'pause':
        return yield { pauseMs: part.ms };
      case 'tokens':
        this.#tokens = part.count;
        return;
      case 'end':
        return yield* this.#end(part.end);
      case 'header':
      case 'refuse':
        return;
    }
  }

  #itemId(prefix: string): string {
    return `${prefix}_${this.#answering.tag}_${this.#answering.round}_${this.#items++}`;
  }

  #done(item: Record<string, unknown>): string {
    const encoded = event('response.output_item.done', { item });
    this.#outputBytes += encoded.length;
    return encoded;
  }

  *#say(text: string, phase: string | undefined, paceMs: number | undefined): Generator<Output> {
    const id = this.#itemId('msg');
    const item = { type: 'message', role: 'assistant', id, ...(phase === undefined ? {} : { phase }) };
    yield { write: event('response.output_item.added', { item: { ...item, content: [] } }) };
    for (const delta of words(text)) {
      yield { write: event('response.output_text.delta', { item_id: id, output_index: 0, content_index: 0, delta }) };
      if (paceMs !== undefined) yield { pauseMs: paceMs };
    }
    yield { write: this.#done({ ...item, content: [{ type: 'output_text', text }] }) };
  }

  *#deltas(count: number): Generator<Output> {
    const id = this.#itemId('msg');
    const item = { type: 'message', role: 'assistant', id };
    yield { write: event('response.output_item.added', { item: { ...item, content: [] } }) };
    const texts: string[] = [];
    for (let start = 0; start < count; start += batch) {
      let write = '';
      for (let index = start; index < Math.min(start + batch, count); index++) {
        const delta = `tok${index} `;
        texts.push(delta);
        write += event('response.output_text.delta', { item_id: id, output_index: 0, content_index: 0, delta });
      }
      yield { write };
    }
    yield { write: this.#done({ ...item, content: [{ type: 'output_text', text: texts.join('') }] }) };
  }

  *#think(text: string): Generator<Output> {
    const id = this.#itemId('rs');
    const summary = `**Thinking** about ${text}`;
    yield { write: event('response.output_item.added', { item: { type: 'reasoning', id, summary: [] } }) };
    yield {
      write: event('response.reasoning_summary_part.added', { item_id: id, summary_index: 0, part: { type: 'summary_text', text: '' } }),
    };
    for (const delta of words(summary))
      yield { write: event('response.reasoning_summary_text.delta', { item_id: id, summary_index: 0, delta }) };
    yield {
      write: this.#done({ type: 'reasoning', id, summary: [{ type: 'summary_text', text: summary }], encrypted_content: 'rehearsed' }),
    };
  }

  #call({ name, namespace, input }: ToolCall): string {
    const { tag, round } = this.#answering;
    const ids = { call_id: callId(tag, round, this.#calls++), name, ...(namespace === undefined ? {} : { namespace }) };
    return this.#done(
      typeof input === 'string'
        ? { type: 'custom_tool_call', id: this.#itemId('ctc'), ...ids, input }
        : { type: 'function_call', id: this.#itemId('fc'), ...ids, arguments: JSON.stringify(input) },
    );
  }

  *#end(end: Extract<Part, { kind: 'end' }>['end']): Generator<Output> {
    if (end.how === 'failed') yield { write: event('response.failed', { response: { id: this.#id, error: end.error } }) };
    else if (end.how === 'incomplete')
      yield { write: event('response.incomplete', { response: { id: this.#id, incomplete_details: { reason: end.reason } } }) };
    yield { end: end.how === 'failed' || end.how === 'incomplete' ? 'early' : end.how };
  }
}
