/** The live threads of the program. Starting, resuming and forking go through here; nothing else makes a thread. */
import { invalidRequest, RequestError } from '../base/errors.ts';
import type { ResponseItem } from '../base/response-item.ts';
import {
  type CollaborationMode,
  type ThreadForkParams,
  type ThreadGoal,
  type ThreadReadState,
  type ThreadResumeParams,
  ThreadStartParams,
  type ThreadStartResponse,
  type Thread as WireThread,
  type Turn as WireTurn,
} from '../protocol/app/index.ts';
import type { AgentHost } from './agent-host.ts';
import { MemoryTurns } from './memory-turns.ts';
import type { Originator } from './ports.ts';
import { ReadStates } from './read-state.ts';
import { userText } from './response-reader.ts';
import { storedThread } from './snapshots.ts';
import type { Thread } from './thread.ts';
import { checkId } from './thread-ids.ts';
import { startResponse } from './thread-loading.ts';
import { noFile, noRollout, type ResumeWarning, ThreadOpener } from './thread-openings.ts';
import { prewarm } from './thread-prewarm.ts';
import { collaborationModeOf } from './thread-settings.ts';
import type { StoredUsage } from './token-usage.ts';

/** A thread that was started or forked. `announce` (`thread/started`, to everyone) is called after the reply. */
export interface StartedThread {
  readonly thread: Thread;
  readonly response: ThreadStartResponse;
  announce(): void;
}

export interface ResumedThread {
  readonly thread: Thread;
  readonly response: ThreadStartResponse;
  readonly collaborationMode: CollaborationMode;
}

/** What lives in memory only has no goal. */
export const noGoals = (threadId: string) => invalidRequest(`ephemeral thread does not support goals: ${threadId}`);

const unsupportedTurns = () => new RequestError('unsupported', 'list_turns is not supported yet');

export class ThreadManager {
  readonly #host: AgentHost;
  readonly #opener: ThreadOpener;
  readonly #threads = new Map<string, Thread>();
  /** Loads under way, so that two resumes of one thread meet. */
  readonly #loading = new Map<string, Promise<Thread>>();
  /** Which turns the user has not seen; also of threads that are not loaded. */
  readonly readStates: ReadStates;

  constructor(host: AgentHost) {
    this.#host = host;
    this.readStates = new ReadStates(host.store.readStates);
    this.#opener = new ThreadOpener(host, { readStates: this.readStates, sessionIds: new Set(), find: (id) => this.find(id) });
    host.scope.own({ close: () => this.close() });
  }

  /** Throws for an id that is malformed or not loaded. */
  get(threadId: string): Thread {
    checkId(threadId, 'thread');
    const thread = this.#threads.get(threadId);
    if (!thread) throw invalidRequest(`thread not found: ${threadId}`);
    return thread;
  }

  find(threadId: string): Thread | undefined {
    return this.#threads.get(threadId);
  }

  /** In order of loading. */
  loadedIds(): string[] {
    return [...this.#threads.keys()];
  }

  /** Threads with a running turn. */
  get runningTurns(): number {
    return [...this.#threads.values()].filter((thread) => thread.activeTurn !== undefined).length;
  }

  async start(params: ThreadStartParams, originator: Originator): Promise<StartedThread> {
    const { clock, telemetry } = this.#host;
    const startedMs = clock.monotonicMs();
    const { thread, documents } = await this.#opener.start(params, originator);
    await this.#take(thread);
    telemetry.startupPhase('thread_start_create_thread', clock.monotonicMs() - startedMs, 'ready');
    return { thread, response: startResponse(thread, documents), announce: () => announceStarted(thread) };
  }

  /**
   * Loads a stored thread, or finds the loaded one, whose settings then stay as they are. `warn` is called, before the
   * status is told, with what the user should know about resuming it so.
   */
  async resume(params: ThreadResumeParams, originator: Originator, warn: ResumeWarning = () => {}): Promise<ResumedThread> {
    if (params.history) return this.#resumeHistory(params, params.history, originator);
    const thread = await this.#resumable(params, warn);
    const [documents, turns] = await Promise.all([
      thread.core.documents.ready(thread.settings),
      params.excludeTurns ? [] : this.turns(thread),
    ]);
    if (!turns) throw unsupportedTurns();
    const response = startResponse(thread, documents, withOpenItems(thread, turns));
    return { thread, response, collaborationMode: collaborationModeOf(thread.settings) };
  }

  /** A new thread whose model knows `history`; the id that was asked for only must not be one that is loaded. */
  async #resumeHistory(params: ThreadResumeParams, history: readonly ResponseItem[], originator: Originator): Promise<ResumedThread> {
    const { threadId, history: _, excludeTurns: __, initialTurnsPage: ___, path: ____, ...overrides } = params;
    if (this.#threads.has(threadId)) throw invalidRequest(`cannot resume thread ${threadId} with history while it is already running`);
    if (history.length === 0) throw invalidRequest('history must not be empty');
    const { thread, documents } = await this.#opener.start({ ...ThreadStartParams().parse({}), ...overrides }, originator, history);
    await this.#take(thread);
    thread.core.client.broadcast('thread/status/changed', { threadId: thread.id, status: { type: 'idle' } });
    const response = startResponse(thread, documents);
    const shown = { ...response, thread: { ...response.thread, preview: firstUserText(history) } };
    return { thread, response: shown, collaborationMode: collaborationModeOf(thread.settings) };
  }

  async fork(params: ThreadForkParams, originator: Originator): Promise<StartedThread> {
    const { thread, documents, turns } = await this.#opener.fork(params, originator);
    await this.#take(thread);
    const response = startResponse(thread, documents, params.excludeTurns ? [] : turns);
    return { thread, response, announce: () => announceStarted(thread) };
  }

  /** The turns of a loaded thread, the running one last and in progress. Undefined before the first user message. */
  async turns(thread: Thread): Promise<WireTurn[] | undefined> {
    if (!thread.core.conversation.materialized) return undefined;
    const { writer } = thread.core;
    // A thread that began with a history of its own has no file before its first turn.
    const turns = writer instanceof MemoryTurns ? writer.turns() : ((await this.#host.store.read(thread.id))?.turns ?? []);
    const running = thread.activeTurn?.id;
    return turns.map((turn) =>
      turn.id === running ? { ...turn, status: 'inProgress', error: null, completedAt: null, durationMs: null } : turn,
    );
  }

  /** Any thread by its id, loaded or stored, archived or not. */
  async read(threadId: string, options: { includeTurns: boolean }): Promise<{ thread: WireThread; readState: ThreadReadState }> {
    checkId(threadId, 'thread');
    await this.readStates.refresh();
    const readState = this.readStates.get(threadId);
    const loaded = this.find(threadId);
    if (loaded) {
      if (options.includeTurns && loaded.facts.path === null) throw invalidRequest('ephemeral threads do not support includeTurns');
      const turns = options.includeTurns ? await this.turns(loaded) : [];
      if (!turns) throw unsupportedTurns();
      return { thread: loaded.snapshot(turns), readState };
    }
    const record = await this.#host.store.find(threadId);
    if (!record) throw invalidRequest(`thread not loaded: ${threadId}`);
    const turns = options.includeTurns ? ((await this.#host.store.read(threadId))?.turns ?? []) : [];
    return { thread: storedThread(record, turns), readState };
  }

  /** The goal of a thread, loaded or stored. */
  async goal(threadId: string): Promise<ThreadGoal | null> {
    checkId(threadId, 'thread');
    const loaded = this.find(threadId);
    if (loaded?.ephemeral) throw noGoals(threadId);
    if (loaded) return loaded.goal.get();
    const { goals } = this.#host.store;
    await goals.refresh();
    const goal = goals.get(threadId);
    if (!goal && !(await this.#host.store.find(threadId))) throw invalidRequest(`thread not found: ${threadId}`);
    return goal ?? null;
  }

  /** Ends the running turn, then takes `beforeTurnId` and everything after it back. The status pair is sent even when there is no such turn. */
  async revert(threadId: string, beforeTurnId: string): Promise<Thread> {
    const thread = this.get(threadId);
    if (thread.born.historyMode !== 'paginated') throw invalidRequest('thread/revert only supports paginated threads');
    await thread.quiet();
    const { core } = thread;
    core.client.broadcast('thread/status/changed', { threadId, status: { type: 'notLoaded' } });
    core.client.broadcast('thread/status/changed', { threadId, status: { type: 'idle' } });
    const before = await this.#before(thread, beforeTurnId);
    core.writer.append({ type: 'reverted', beforeTurnId });
    core.conversation.reset(before.history);
    core.usage.restore(before.tokenUsage);
    return thread;
  }

  /** Ends a loaded thread; `thread/status/changed` notLoaded goes to everyone. False when it was not loaded. */
  async unload(threadId: string): Promise<boolean> {
    const thread = this.#threads.get(threadId);
    if (!thread) return false;
    this.#threads.delete(threadId);
    await thread.close();
    thread.core.client.broadcast('thread/status/changed', { threadId, status: { type: 'notLoaded' } });
    return true;
  }

  /** The program is about to end: hooks hear of it, for `lastMs` each at most. Never rejects. */
  async endSessions(lastMs: number): Promise<void> {
    await Promise.all([...this.#threads.values()].map((thread) => thread.core.hooks.sessionEnd(thread.settings, lastMs)));
  }

  /** Ends every thread; resolves when all are written. */
  async close(): Promise<void> {
    const all = [...this.#threads.values()];
    this.#threads.clear();
    await Promise.all(all.map((thread) => thread.close()));
  }

  async #resumable(params: ThreadResumeParams, warn: ResumeWarning): Promise<Thread> {
    const id = params.path === undefined ? params.threadId : await this.#idAt(params.path);
    checkId(id, 'session');
    const loaded = this.#threads.get(id);
    if (loaded?.ephemeral) throw noRollout(id);
    return loaded ?? this.#load(id, params, warn);
  }

  /** From now on the thread can be found; its MCP servers start. */
  async #take(thread: Thread): Promise<void> {
    this.#threads.set(thread.id, thread);
    try {
      await this.#host.mcp?.opened(thread.id);
    } catch (error) {
      this.#threads.delete(thread.id);
      await thread.close();
      throw error;
    }
  }

  async #idAt(path: string): Promise<string> {
    const stored = await this.#host.store.readPath(path);
    if (!stored) throw noFile(path);
    return stored.record.id;
  }

  #load(threadId: string, params: ThreadResumeParams, warn: ResumeWarning): Promise<Thread> {
    const underWay = this.#loading.get(threadId);
    if (underWay) return underWay;
    const load = (async () => {
      const stored = await this.#host.store.read(threadId);
      if (!stored) throw noRollout(threadId);
      const thread = await this.#opener.load(stored, params, warn);
      await this.#take(thread);
      prewarm(thread);
      return thread;
    })().finally(() => this.#loading.delete(threadId));
    this.#loading.set(threadId, load);
    return load;
  }

  async #before(thread: Thread, turnId: string): Promise<{ history: readonly ResponseItem[]; tokenUsage: StoredUsage | undefined }> {
    const { writer } = thread.core;
    if (!(writer instanceof MemoryTurns)) {
      const stored = await this.#host.store.read(thread.id, { beforeTurnId: turnId });
      if (stored) return stored;
    } else {
      const history = writer.historyBefore(turnId);
      if (history) return { history, tokenUsage: undefined };
    }
    throw invalidRequest(`turn not found: ${turnId}`);
  }
}

/** The turns as someone who joins needs them: with what the running turn has begun and no delta will tell. */
function withOpenItems(thread: Thread, turns: readonly WireTurn[]): readonly WireTurn[] {
  const running = thread.activeTurn;
  const open = running?.items.open ?? [];
  if (!running || open.length === 0) return turns;
  return turns.map((turn) => (turn.id === running.id ? { ...turn, items: [...turn.items, ...open] } : turn));
}

/** The first text in the user's role. */
function firstUserText(history: readonly ResponseItem[]): string {
  for (const item of history) if (item.type === 'message' && item.role === 'user') return userText(item);
  return '';
}

function announceStarted(thread: Thread): void {
  thread.core.client.broadcast('thread/started', { thread: thread.snapshot() });
  if (thread.openingWarning !== undefined) thread.warn(thread.openingWarning);
  thread.core.host.mcp?.announced(thread.id);
  prewarm(thread);
}
