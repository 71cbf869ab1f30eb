/** The thread that is open: its items as the server tells of them, and what the view has to be told. */
import { stripVTControlCharacters } from 'node:util';
import type { FileUpdateChange, ServerNotification, Thread, ThreadItem, Turn } from 'switchyard/client';
import { renderError, renderItem } from './item-renderers.ts';
import type { ToView, ViewItem } from './messages.ts';

export interface ConversationOptions {
  readonly post: (message: ToView) => void;
  readonly shorten: (path: string) => string;
  /** Running or not, title, and everything else of the state may have changed. */
  readonly onChange: () => void;
  /** An item is there or has changed: what refers to it may be shown anew. */
  readonly onItem: (itemId: string) => void;
  readonly onOutput: (itemId: string, text: string) => void;
  readonly onCommandEnd: (item: Extract<ThreadItem, { type: 'commandExecution' }>) => void;
  /** What was being decided on in a thread before the window was loaded anew: servers tell of finished items only. */
  readonly undecided: (threadId: string) => readonly ThreadItem[];
}

/** Text is handed to the view at this pace, however fast it comes. */
const flushMs = 32;
/** What is kept of the output of a running command. */
const keptOutput = 1024 * 1024;

export class Conversation {
  readonly #options: ConversationOptions;
  readonly #items = new Map<string, ThreadItem>();
  readonly #views = new Map<string, ViewItem>();
  readonly #appends = new Map<string, string[]>();
  #flushing: NodeJS.Timeout | undefined;
  #thread: Thread | undefined;
  #turnId = '';

  constructor(options: ConversationOptions) {
    this.#options = options;
  }

  get thread(): Thread | undefined {
    return this.#thread;
  }

  get threadId(): string {
    return this.#thread?.id ?? '';
  }

  get title(): string {
    const { name = null, preview = '' } = this.#thread ?? {};
    if (name !== null || preview !== '') return name ?? preview.split('\n')[0] ?? '';
    for (const view of this.#views.values()) if (view.kind === 'user') return view.text.split('\n')[0] ?? '';
    return '';
  }

  /** Empty when no turn runs. */
  get turnId(): string {
    return this.#turnId;
  }

  get running(): boolean {
    return this.#turnId !== '';
  }

  get views(): readonly ViewItem[] {
    return [...this.#views.values()];
  }

  item(itemId: string): ThreadItem | undefined {
    return this.#items.get(itemId);
  }

  changesOf(itemId: string): readonly FileUpdateChange[] {
    const item = this.#items.get(itemId);
    return item?.type === 'fileChange' ? item.changes : [];
  }

  /** Shows this thread from now on; undefined: an empty one that does not exist yet. */
  open(thread: Thread | undefined): void {
    this.#thread = thread;
    this.#turnId = '';
    this.#items.clear();
    this.#views.clear();
    this.#appends.clear();
    for (const turn of thread?.turns ?? []) this.#turn(turn);
    if (this.#turnId !== '') for (const item of this.#options.undecided(this.threadId)) if (!this.#items.has(item.id)) this.#add(item);
    this.#options.post({ type: 'items', items: this.views });
    for (const id of this.#items.keys()) this.#options.onItem(id);
    this.#options.onChange();
  }

  /** Shows which items wait for a decision. */
  markWaiting(itemIds: ReadonlySet<string>): void {
    for (const view of this.#views.values()) {
      if (!('state' in view) || (view.state !== 'running' && view.state !== 'waiting')) continue;
      const state = itemIds.has(view.id) ? 'waiting' : 'running';
      if (view.state !== state) this.#view({ ...view, state });
    }
  }

  hear(notification: ServerNotification): void {
    const { method, params } = notification;
    if (!('threadId' in params) || params.threadId !== this.threadId || this.threadId === '') return;
    switch (method) {
      case 'turn/started':
        this.#turnId = params.turn.id;
        this.#options.onChange();
        return;
      case 'turn/completed':
        this.#turnId = '';
        this.#ended(params.turn);
        this.#options.onChange();
        return;
      case 'item/started':
      case 'item/completed':
        this.#item(params.item, method === 'item/completed');
        return;
      case 'item/fileChange/patchUpdated': {
        const item = this.#items.get(params.itemId);
        if (item?.type === 'fileChange') this.#item({ ...item, changes: params.changes }, false);
        return;
      }
      case 'turn/plan/updated':
        this.#view({
          id: `plan ${params.turnId}`,
          kind: 'steps',
          text: params.explanation ?? '',
          steps: params.plan.map(({ step, status }) => ({ text: step, state: status })),
        });
        return;
      case 'error':
        if (params.willRetry)
          this.#view({ id: `retry ${params.turnId}`, kind: 'notice', text: `Trying again: ${params.error.message}`, login: '' });
        return;
      case 'warning':
        this.#view({ id: `warning ${this.#views.size}`, kind: 'notice', text: params.message, login: '' });
        return;
      case 'mcpServer/startupStatus/updated':
        this.#serverStatus(params.name, params.status, params.error ?? '');
        return;
      case 'thread/name/updated':
        if (this.#thread) this.#thread = { ...this.#thread, name: params.threadName ?? null };
        this.#options.onChange();
        return;
      default:
        this.#delta(notification);
        return;
    }
  }

  /** Servers that come up are no news, unless they had not. */
  #serverStatus(name: string, status: string, error: string): void {
    const id = `mcp ${name}`;
    if (status === 'failed') this.#view({ id, kind: 'notice', text: `MCP server ${name}: ${error}`, login: '' });
    else if (status === 'ready' && this.#views.has(id))
      this.#view({ id, kind: 'notice', text: `MCP server ${name} is connected.`, login: '' });
  }

  /** A server did not come up because somebody has to log in to it. */
  offerLogin(name: string): void {
    this.#view({ id: `mcp ${name}`, kind: 'notice', text: `MCP server ${name} asks you to log in.`, login: name });
  }

  #delta({ method, params }: ServerNotification): void {
    switch (method) {
      case 'item/agentMessage/delta':
      case 'item/plan/delta':
      case 'item/reasoning/summaryTextDelta':
      case 'item/reasoning/textDelta':
        this.#append(params.itemId, params.delta);
        return;
      case 'item/reasoning/summaryPartAdded':
        if (params.summaryIndex > 0) this.#append(params.itemId, '\n\n');
        return;
      case 'item/mcpToolCall/progress':
        this.#append(params.itemId, `${params.message}\n`);
        return;
      case 'item/commandExecution/outputDelta': {
        const item = this.#items.get(params.itemId);
        if (item?.type === 'commandExecution') {
          const aggregatedOutput = ((item.aggregatedOutput ?? '') + params.delta).slice(-keptOutput);
          this.#items.set(item.id, { ...item, aggregatedOutput });
        }
        this.#options.onOutput(params.itemId, params.delta);
        this.#append(params.itemId, stripVTControlCharacters(params.delta));
        return;
      }
      default:
        return;
    }
  }

  #turn(turn: Turn): void {
    for (const item of turn.items) this.#add(item);
    if (turn.status === 'inProgress') this.#turnId = turn.id;
    else this.#ended(turn);
  }

  #add(item: ThreadItem): void {
    this.#items.set(item.id, item);
    const view = renderItem(item, this.#options.shorten);
    if (view) this.#views.set(view.id, view);
  }

  #ended(turn: Turn): void {
    if (turn.error) this.#view(renderError(`end ${turn.id}`, turn.error));
    else if (turn.status === 'interrupted')
      this.#view({ id: `end ${turn.id}`, kind: 'notice', text: 'You interrupted this turn.', login: '' });
  }

  #item(item: ThreadItem, done: boolean): void {
    this.#items.set(item.id, item);
    this.#appends.delete(item.id);
    const view = renderItem(item, this.#options.shorten);
    if (view) this.#view(view);
    this.#options.onItem(item.id);
    if (item.type === 'userMessage') this.#options.onChange();
    if (done && item.type === 'commandExecution') this.#options.onCommandEnd(item);
  }

  #view(view: ViewItem): void {
    this.#views.set(view.id, view);
    this.#options.post({ type: 'item', item: view });
  }

  #append(id: string, text: string): void {
    const view = this.#views.get(id);
    if (!view || !('text' in view)) return;
    this.#views.set(id, { ...view, text: view.text + text });
    const waiting = this.#appends.get(id);
    if (waiting) waiting.push(text);
    else this.#appends.set(id, [text]);
    this.#flushing ??= setTimeout(() => this.#flush(), flushMs);
  }

  #flush(): void {
    this.#flushing = undefined;
    for (const [id, texts] of this.#appends) this.#options.post({ type: 'append', id, text: texts.join('') });
    this.#appends.clear();
  }
}
