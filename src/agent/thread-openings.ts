/** The three ways a thread comes to life: started, loaded from its file, or copied from another one. */
import { invalidRequest } from '../base/errors.ts';
import type { ResponseItem } from '../base/response-item.ts';
import type { ThreadForkParams, ThreadResumeParams, ThreadStartParams, Turn as WireTurn } from '../protocol/app/index.ts';
import type { HistoryCut, NewThread, StoredThread, ThreadWriter } from '../store/thread-store.ts';
import type { AgentHost } from './agent-host.ts';
import { storedRoots } from './capability-roots.ts';
import { MemoryTurns } from './memory-turns.ts';
import type { Originator } from './ports.ts';
import type { Documents } from './project-docs.ts';
import type { Thread } from './thread.ts';
import { checkId } from './thread-ids.ts';
import {
  buildThread,
  configRequest,
  declaredTools,
  documentShelf,
  forkedSettings,
  newborn,
  newFacts,
  resumedSettings,
  type SharedState,
  selectEnvironments,
  settingsFor,
  storedClientTools,
} from './thread-loading.ts';
import { storedContext } from './thread-settings.ts';

export const noRollout = (threadId: string) => invalidRequest(`no rollout found for thread id ${threadId}`);

/** There is no thread file at this path. */
export const noFile = (path: string) => invalidRequest(`failed to resolve rollout path \`${path}\`: file does not exist`);

/** Called with what the user should know about going on with a thread. */
export type ResumeWarning = (threadId: string, text: string) => void;

export interface Opened {
  readonly thread: Thread;
  readonly documents: Documents;
}

/** Opens threads; registering them is the manager's. */
export class ThreadOpener {
  readonly #host: AgentHost;
  readonly #shared: SharedState;

  constructor(host: AgentHost, shared: SharedState) {
    this.#host = host;
    this.#shared = shared;
  }

  /** A new thread; `history` is what the model is to know from before. */
  async start(params: ThreadStartParams, originator: Originator, history: readonly ResponseItem[] = []): Promise<Opened> {
    const host = this.#host;
    const request = configRequest(params, undefined);
    const tools = declaredTools(params.dynamicTools ?? []);
    const selectedCapabilityRoots = storedRoots(params.selectedCapabilityRoots ?? []);
    const config = await host.configs.load(request);
    const { runtimeWorkspaceRoots } = params;
    const settings = settingsFor(config, selectEnvironments(host, params.environments, { cwd: config.cwd, runtimeWorkspaceRoots }));
    const shelf = documentShelf(host, config);
    const [documents, gitInfo] = await Promise.all([shelf.ready(settings), host.gitInfo(settings.cwd)]);
    const born: NewThread = {
      ...newborn(host, config, originator, settings),
      threadSource: params.threadSource ?? null,
      dynamicTools: params.dynamicTools ?? [],
      selectedCapabilityRoots,
      historyMode: params.historyMode ?? 'paginated',
      gitInfo,
    };
    const writer = params.ephemeral ? new MemoryTurns() : host.store.create(born);
    const thread = buildThread(host, this.#shared, {
      born,
      config,
      settings,
      writer,
      facts: newFacts(born, writer),
      tools,
      documents: shelf,
      rawEvents: params.experimentalRawEvents,
      begun: params.sessionStartSource ?? 'startup',
      stored: history.length === 0 ? undefined : { history, worldState: undefined, windowNumber: 0, tokenUsage: undefined },
    });
    return { thread, documents };
  }

  /** A stored thread goes on where it ended. Everyone hears that it is idle. */
  async load(stored: StoredThread, params: ThreadResumeParams, warn: ResumeWarning): Promise<Thread> {
    const host = this.#host;
    const { record } = stored;
    await Promise.all([this.#shared.readStates.refresh(), host.store.goals.refresh()]);
    if (record.archived)
      throw invalidRequest(`session ${record.id} is archived. Run \`codex unarchive ${record.id}\` to unarchive it first.`);
    const request = configRequest(params, stored.lastContext?.cwd ?? record.cwd);
    const loaded = await host.configs.load(request);
    const keeps = loaded.baseInstructions === undefined && record.baseInstructions !== '';
    const config = keeps ? { ...loaded, baseInstructions: record.baseInstructions } : loaded;
    const settings = resumedSettings(settingsFor(config, this.#selections(stored, params, config.cwd)), stored.lastContext, request);
    const writer = await host.store.open(record.id);
    const thread = buildThread(host, this.#shared, {
      born: record,
      config,
      settings,
      writer,
      facts: record,
      tools: storedClientTools(record),
      documents: documentShelf(host, config),
      rawEvents: false,
      begun: 'resume',
      stored,
    });
    if (stored.skippedLines > 0) host.log.warn('lines of a thread file were left out', { thread: record.id, lines: stored.skippedLines });
    const before = stored.lastContext?.model ?? '';
    if (before !== '' && before !== settings.model) warn(record.id, otherModelWarning(before, settings.model));
    if (thread.openingWarning !== undefined) warn(record.id, thread.openingWarning);
    thread.core.client.broadcast('thread/status/changed', { threadId: record.id, status: { type: 'idle' } });
    return thread;
  }

  /** A copy of a stored thread, whole or up to a turn. */
  async fork(params: ThreadForkParams, originator: Originator): Promise<Opened & { readonly turns: readonly WireTurn[] }> {
    const host = this.#host;
    const cut = cutOf(params);
    const running = this.#shared.find(params.threadId)?.activeTurn?.id;
    if (params.path === undefined && running !== undefined && running === params.lastTurnId)
      throw invalidRequest(`lastTurnId '${running}' identifies an in-progress turn`);
    const source = await this.#source(params, cut);
    const request = configRequest(params, source.lastContext?.cwd ?? source.record.cwd);
    const config = await host.configs.load(request);
    const settings = forkedSettings(settingsFor(config, this.#selections(source, params, config.cwd)), source.lastContext, request);
    const shelf = documentShelf(host, config);
    const [documents, gitInfo] = await Promise.all([shelf.ready(settings), host.gitInfo(settings.cwd)]);
    const { record } = source;
    const born: NewThread = {
      ...newborn(host, config, originator, settings),
      forkedFromId: record.id,
      threadSource: params.threadSource ?? null,
      dynamicTools: record.dynamicTools,
      selectedCapabilityRoots: record.selectedCapabilityRoots,
      historyMode: record.historyMode,
      gitInfo,
    };
    const writer = await this.#forkWriter(params, source, born, cut);
    const thread = buildThread(host, this.#shared, {
      born,
      config,
      settings,
      writer,
      facts: { ...newFacts(born, writer), preview: record.preview, gitInfo: source.turns.length > 0 ? gitInfo : null },
      tools: storedClientTools(born),
      documents: shelf,
      rawEvents: false,
      begun: 'fork',
      stored: source,
    });
    return { thread, documents, turns: source.turns };
  }

  /** Where a thread worked before, unless it is told to work elsewhere or those environments are gone. */
  #selections(stored: StoredThread, params: ThreadResumeParams | ThreadForkParams, cwd: string) {
    const { runtimeWorkspaceRoots } = params;
    const moved = params.cwd !== undefined || runtimeWorkspaceRoots !== undefined;
    const { environments } = stored.record;
    const known = environments.filter(({ environmentId }) => this.#host.environments.find(environmentId) !== undefined);
    if (moved || known.length === 0 || known.length < environments.length)
      return selectEnvironments(this.#host, undefined, { cwd, runtimeWorkspaceRoots });
    const [first, ...rest] = known;
    return first ? [first.cwd === cwd ? first : { ...first, cwd, runtimeWorkspaceRoots: [cwd] }, ...rest] : [];
  }

  async #source(params: ThreadForkParams, cut: HistoryCut | undefined): Promise<StoredThread> {
    if (params.path !== undefined) {
      const stored = await this.#host.store.readPath(params.path, cut);
      if (!stored) throw noFile(params.path);
      return stored;
    }
    checkId(params.threadId, 'session');
    const stored = await this.#host.store.read(params.threadId, cut);
    if (stored) return stored;
    const loaded = this.#shared.find(params.threadId);
    // A thread that has not said anything yet has no file, and can be copied all the same.
    if (!loaded || loaded.facts.path === null || cut) throw noRollout(params.threadId);
    return unwritten(loaded);
  }

  async #forkWriter(params: ThreadForkParams, source: StoredThread, born: NewThread, cut: HistoryCut | undefined): Promise<ThreadWriter> {
    if (params.ephemeral) return new MemoryTurns(source.turns);
    if (params.path !== undefined) return this.#host.store.fork({ path: params.path }, born, cut);
    const written = source.turns.length > 0 || (await this.#host.store.find(source.record.id)) !== undefined;
    return written ? this.#host.store.fork({ threadId: source.record.id }, born, cut) : this.#host.store.create(born);
  }
}

/** A loaded thread without a file, in the form of a stored one. */
const unwritten = ({ born, facts, settings, core }: Thread): StoredThread => ({
  record: { ...born, ...facts, path: facts.path ?? '', model: settings.model, reasoningEffort: settings.effort, archived: false },
  turns: [],
  history: core.conversation.history.items,
  lastContext: storedContext('', settings),
  worldState: undefined,
  tokenUsage: undefined,
  windowNumber: 0,
  skippedLines: 0,
});

const otherModelWarning = (before: string, now: string): string =>
  `This session was recorded with model \`${before}\` but is resuming with \`${now}\`. Consider switching back to \`${before}\` as it may affect Codex performance.`;

function cutOf(params: ThreadForkParams): HistoryCut | undefined {
  const { lastTurnId, beforeTurnId } = params;
  if (lastTurnId !== undefined && beforeTurnId !== undefined) throw invalidRequest('`beforeTurnId` cannot be combined with `lastTurnId`');
  if (lastTurnId !== undefined) return { throughTurnId: lastTurnId };
  return beforeTurnId === undefined ? undefined : { beforeTurnId };
}
