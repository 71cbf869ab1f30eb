/** Turns one streamed answer of the model into items, history and tool calls. */
import { uuidv7 } from '../base/ids.ts';
import type { ResponseItem, TokenUsage } from '../base/response-item.ts';
import type { ModelEvent, RateLimitSnapshot } from '../model/model-client.ts';
import type { MessagePhase, WebSearchAction } from '../protocol/app/index.ts';
import { isCall } from './history.ts';
import { agentMessage, type TurnItems } from './items.ts';
import { PlanSplitter } from './plan-text.ts';
import type { ItemBodyOf } from './tools/tool.ts';

export interface ReaderSink {
  readonly items: TurnItems;
  /** An item of the model is complete: keep it. */
  record(item: ResponseItem): void;
  /** A tool call is complete: it starts at once. */
  call(item: ResponseItem): void;
  rateLimits(snapshot: RateLimitSnapshot): void;
  /** A token that later requests of this turn carry. */
  turnState(token: string): void;
  /** Something the user can see arrived. */
  visible(): void;
  /** Plans between tags are taken out of messages. */
  readonly planMode: boolean;
  /** Messages are begun and never completed or streamed. */
  readonly quietMessages: boolean;
}

/** How an answer ended. */
export interface Answer {
  readonly responseId: string;
  readonly usage: TokenUsage | undefined;
  readonly endTurn: boolean | undefined;
}

interface OpenMessage {
  readonly id: string;
  readonly phase: MessagePhase | null;
  readonly plan: PlanSplitter | undefined;
  /** Text of the message outside the plan; only collected in plan mode. */
  readonly said: string[];
  readonly planned: string[];
  started: boolean;
  planStarted: boolean;
}

const textsOf = (parts: unknown, types: readonly string[]): string[] => {
  if (!Array.isArray(parts)) return [];
  return parts.flatMap((part: unknown) => {
    if (typeof part !== 'object' || part === null || !('type' in part) || !('text' in part)) return [];
    return typeof part.text === 'string' && types.some((type) => type === part.type) ? [part.text] : [];
  });
};

/** The whole text of a message in the user's role. */
export const userText = (item: ResponseItem): string => textsOf(item.content, ['input_text', 'text']).join('');

/** The whole text of an assistant message. */
export const messageText = (item: ResponseItem): string => textsOf(item.content, ['output_text', 'text']).join('');

const phaseOf = (item: ResponseItem): MessagePhase | null => {
  const phase = item.phase;
  return phase === 'commentary' || phase === 'final_answer' || phase === 'partial_answer' ? phase : null;
};

/** Parts that belong in a message. One with any other part (a refusal) is no message: nothing of it is kept or shown. */
const messageParts = new Set<unknown>(['output_text', 'text', 'input_text', 'input_image']);

const hasStrangeParts = (item: ResponseItem): boolean =>
  item.type === 'message' &&
  Array.isArray(item.content) &&
  item.content.some((part: unknown) => typeof part !== 'object' || part === null || !('type' in part) || !messageParts.has(part.type));

const isAssistant = (item: ResponseItem): boolean => item.type === 'message' && item.role === 'assistant';

export class ResponseReader {
  readonly #sink: ReaderSink;
  readonly #messages = new Map<string, OpenMessage>();
  readonly #reasoning = new Set<string>();
  #answer: Answer | undefined;
  #opened = false;
  #lastText = '';

  constructor(sink: ReaderSink) {
    this.#sink = sink;
  }

  /** True once the server began to answer. */
  get opened(): boolean {
    return this.#opened;
  }

  /** Set after `completed`. */
  get answer(): Answer | undefined {
    return this.#answer;
  }

  /** The text of the last complete message. */
  get lastText(): string {
    return this.#lastText;
  }

  readonly handle = (event: ModelEvent): void => {
    this.#opened = true;
    switch (event.type) {
      case 'textDelta':
        this.#text(event.itemId, event.delta);
        break;
      case 'itemAdded':
        this.#added(event.item);
        break;
      case 'itemDone':
        this.#done(event.item);
        break;
      case 'reasoningSummaryPart':
        this.#sink.items.reasoningSummaryPart(this.#reasoningId(event.itemId), event.summaryIndex);
        break;
      case 'reasoningSummaryDelta':
        this.#sink.items.reasoningSummaryDelta(this.#reasoningId(event.itemId), event.summaryIndex, event.delta);
        break;
      case 'reasoningTextDelta':
        this.#sink.items.reasoningTextDelta(this.#reasoningId(event.itemId), event.contentIndex, event.delta);
        break;
      case 'rateLimits':
        this.#sink.rateLimits(event.snapshot);
        break;
      case 'routing':
        if (event.turnState !== undefined) this.#sink.turnState(event.turnState);
        break;
      case 'completed':
        this.#answer = { responseId: event.responseId, usage: event.usage, endTurn: event.endTurn };
        break;
      case 'created':
      case 'toolInputDelta':
        break;
    }
  };

  #added(item: ResponseItem): void {
    if (isAssistant(item)) this.#open(item.id ?? `msg_${uuidv7()}`, phaseOf(item));
    else if (item.type === 'reasoning' && item.id !== undefined) this.#reasoningId(item.id);
  }

  #open(id: string, phase: MessagePhase | null): OpenMessage {
    const open: OpenMessage = {
      id,
      phase,
      plan: this.#sink.planMode ? new PlanSplitter() : undefined,
      said: [],
      planned: [],
      started: false,
      planStarted: false,
    };
    this.#messages.set(id, open);
    if (!open.plan) this.#startMessage(open, '');
    return open;
  }

  #startMessage(open: OpenMessage, text: string): void {
    open.started = true;
    this.#sink.visible();
    this.#sink.items.start(agentMessage(open.id, text, open.phase));
  }

  #text(itemId: string, delta: string): void {
    const open = this.#messages.get(itemId) ?? this.#open(itemId, null);
    if (open.plan) this.#pieces(open, open.plan.push(delta));
    else if (!this.#sink.quietMessages) this.#sink.items.agentMessageDelta(itemId, delta);
  }

  #pieces(open: OpenMessage, pieces: ReturnType<PlanSplitter['push']>): void {
    for (const piece of pieces) {
      if (piece.kind === 'text') this.#say(open, piece.text);
      else if (piece.kind === 'plan') this.#plan(open, piece.text);
      else if (piece.kind === 'planStart') this.#startPlan(open);
    }
  }

  /** Blank text in front of anything else is held back: a message that is nothing but a plan has no message item. */
  #say(open: OpenMessage, text: string): void {
    open.said.push(text);
    if (open.started) {
      this.#sink.items.agentMessageDelta(open.id, text);
      return;
    }
    const whole = open.said.join('');
    if (whole.trim() === '') return;
    this.#startMessage(open, '');
    this.#sink.items.agentMessageDelta(open.id, whole);
  }

  #startPlan(open: OpenMessage): void {
    if (open.planStarted) return;
    open.planStarted = true;
    this.#sink.visible();
    this.#sink.items.start({ type: 'plan', id: this.#planId, text: '' });
  }

  #plan(open: OpenMessage, text: string): void {
    this.#startPlan(open);
    open.planned.push(text);
    this.#sink.items.planDelta(this.#planId, text);
  }

  get #planId(): string {
    return `${this.#sink.items.turnId}-plan`;
  }

  #reasoningId(id: string): string {
    if (!this.#reasoning.has(id)) {
      this.#reasoning.add(id);
      this.#sink.visible();
      this.#sink.items.start({ type: 'reasoning', id, summary: [], content: [] });
    }
    return id;
  }

  #done(given: ResponseItem): void {
    if (hasStrangeParts(given)) return;
    const item: ResponseItem = given.id === undefined ? { ...given, id: `${isAssistant(given) ? 'msg' : 'item'}_${uuidv7()}` } : given;
    this.#sink.record(item);
    const id = item.id ?? '';
    if (isAssistant(item)) this.#messageDone(id, item);
    else if (item.type === 'reasoning') {
      const summary = textsOf(item.summary, ['summary_text']);
      const content = textsOf(item.content, ['reasoning_text', 'text']);
      this.#reasoningId(id);
      this.#sink.items.complete({ type: 'reasoning', id, summary, content });
    } else if (item.type === 'web_search_call') {
      this.#sink.visible();
      this.#sink.items.complete(webSearch(id, item.action));
    } else if (isCall(item) && item.type !== 'local_shell_call') {
      // Nobody was offered a local shell: such a call stays without an output of ours and does not keep the turn going.
      this.#sink.visible();
      this.#sink.call(item);
    }
  }

  #messageDone(id: string, item: ResponseItem): void {
    const text = messageText(item);
    const open = this.#messages.get(id);
    this.#messages.delete(id);
    if (this.#sink.planMode) {
      this.#plannedMessageDone(open ?? this.#open(id, phaseOf(item)), text);
      return;
    }
    this.#lastText = text;
    if (!open) {
      this.#sink.visible();
      this.#sink.items.start(agentMessage(id, text, phaseOf(item)));
    }
    if (!this.#sink.quietMessages) this.#sink.items.complete(agentMessage(id, text, phaseOf(item)));
  }

  #plannedMessageDone(open: OpenMessage, text: string): void {
    this.#messages.delete(open.id);
    const streamed = open.said.length + open.planned.length > 0 || open.planStarted;
    if (open.plan) {
      if (!streamed) this.#pieces(open, open.plan.push(text));
      this.#pieces(open, open.plan.finish());
    }
    const said = open.said.join('');
    this.#lastText = said;
    if (open.planStarted) this.#sink.items.complete({ type: 'plan', id: this.#planId, text: open.planned.join('') });
    if (open.started) this.#sink.items.complete(agentMessage(open.id, said, open.phase));
  }
}

function webSearch(id: string, action: unknown): ItemBodyOf<'webSearch'> {
  const read = searchAction(action);
  const query = read?.type === 'search' ? (read.query ?? read.queries?.join(' ') ?? '') : read && 'url' in read ? (read.url ?? '') : '';
  return { type: 'webSearch', id, query, action: read, results: null };
}

function searchAction(action: unknown): WebSearchAction | null {
  if (typeof action !== 'object' || action === null || !('type' in action)) return null;
  const text = (name: string): string | null => {
    const value: unknown = Reflect.get(action, name);
    return typeof value === 'string' ? value : null;
  };
  switch (action.type) {
    case 'search': {
      const queries: unknown = Reflect.get(action, 'queries');
      return {
        type: 'search',
        query: text('query'),
        queries: Array.isArray(queries) ? queries.filter((q) => typeof q === 'string') : null,
      };
    }
    case 'open_page':
      return { type: 'openPage', url: text('url') };
    case 'find_in_page':
      return { type: 'findInPage', url: text('url'), pattern: text('pattern') };
    default:
      return { type: 'other' };
  }
}
