/** One loaded conversation: its settings, its turns one after another, and everything that belongs to it until it is unloaded. */
import { setImmediate as nextTick } from 'node:timers/promises';
import { withDeadline } from '../base/abort.ts';
import { type Deferred, deferred } from '../base/deferred.ts';
import { internalError, invalidRequest, isCancelled, isRequestError, messageOf } from '../base/errors.ts';
import { ModelError, type ModelErrorInfo } from '../model/model-client.ts';
import { CodexErrorInfo, type TurnError, type UserInput, type Thread as WireThread, type Turn as WireTurn } from '../protocol/app/index.ts';
import { type NewThread, previewOf } from '../store/thread-store.ts';
import { checkSelection } from './environment-selection.ts';
import { message } from './history.ts';
import { turnAbortedText } from './prompts.ts';
import type { ReadStates } from './read-state.ts';
import { completedTurn, liveThread, preparedTurn, startedTurn, type ThreadFacts, type TurnEnd } from './snapshots.ts';
import type { ThreadCore } from './thread-core.ts';
import type { GoalKeeper } from './thread-goal.ts';
import { ThreadQueue } from './thread-queue.ts';
import { type SettingsChange, settingsDiffer, settingsSnapshot, type TurnSettings, withChange } from './thread-settings.ts';
import { createTurnDiff } from './tools/apply-patch/turn-diff.ts';
import {
  type PreparedTurn,
  plainTurn,
  type StopReason,
  Turn,
  type TurnKind,
  type TurnOptions,
  type TurnRequest,
  TurnStopped,
  type UserTurnInput,
} from './turn.ts';
import { runTurnLoop } from './turn-loop.ts';
import { checkInput } from './user-input.ts';

/** How long the end of an interrupted turn waits for the answer to the interrupting request. */
const interruptReplyMs = 1000;

interface Active {
  readonly turn: Turn;
  /** Settles when the work of the turn is over; its closing notifications may still be missing. */
  readonly worked: Deferred<void>;
  /** Settles after `turn/completed`. */
  readonly ended: Deferred<void>;
  /** Present while interruptions of clients wait for their own answers. */
  replies: { open: number; readonly all: Deferred<void> } | undefined;
  /** The id that `turn/started` shows and the store begins with; a review has an inner turn. */
  readonly startedAs: string;
}

export interface TurnWork {
  readonly kind: TurnKind;
  /** Runs before the thread counts as active. */
  readonly before?: (turn: Turn) => void;
  readonly run: (turn: Turn) => Promise<void>;
  readonly options?: TurnOptions;
  readonly startedAs?: string;
}

/** One of `start` and `refuse` must be called once, after the reply. */
export interface ReservedTurn extends PreparedTurn {
  readonly live: Turn;
  /** There is nothing the turn could work on: clients read why, and never see it start. */
  refuse(text: string): void;
}

export interface ThreadStart {
  readonly core: ThreadCore;
  readonly born: NewThread;
  readonly facts: ThreadFacts;
  readonly settings: TurnSettings;
  /** What the client is to read about these settings once it knows the thread. */
  readonly openingWarning: string | undefined;
  readonly readStates: ReadStates;
}

export class Thread {
  readonly core: ThreadCore;
  readonly born: NewThread;
  readonly queue: ThreadQueue;
  /** See `ThreadStart`. */
  readonly openingWarning: string | undefined;
  readonly #readStates: ReadStates;
  #facts: ThreadFacts;
  #settings: TurnSettings;
  #active: Active | undefined;
  #closing: Promise<void> | undefined;

  constructor(start: ThreadStart) {
    this.core = start.core;
    this.born = start.born;
    this.#facts = start.facts;
    this.#settings = start.settings;
    this.openingWarning = start.openingWarning;
    this.#readStates = start.readStates;
    this.queue = new ThreadQueue(this);
  }

  get id(): string {
    return this.core.id;
  }

  get goal(): GoalKeeper {
    return this.core.goal;
  }

  get settings(): TurnSettings {
    return this.#settings;
  }

  get facts(): ThreadFacts {
    return this.#facts;
  }

  /** Lives in memory only. */
  get ephemeral(): boolean {
    return this.#facts.path === null;
  }

  /** The running turn, or undefined. */
  get activeTurn(): Turn | undefined {
    return this.#active?.turn;
  }

  snapshot(turns: readonly WireTurn[] = []): WireThread {
    // What is known of the repository is told once the thread has something to keep.
    const gitInfo = this.#facts.gitInfo ?? (this.core.conversation.materialized ? this.born.gitInfo : null);
    return liveThread(this.born, { ...this.#facts, gitInfo }, { status: this.core.status.snapshot, settings: this.#settings }, turns);
  }

  /** What a client changed about the thread as a whole. */
  relabel(change: Partial<Pick<ThreadFacts, 'name' | 'gitInfo'>>): void {
    this.#facts = { ...this.#facts, ...change };
  }

  /** `thread/settings/updated` when something changed. Throws for environments that cannot be selected. */
  updateSettings(change: SettingsChange): void {
    checkSelection(this.core.host.environments, change.environments ?? []);
    const next = withChange(this.#settings, change);
    if (!settingsDiffer(this.#settings, next)) return;
    this.#settings = next;
    this.core.client.notify('thread/settings/updated', { threadId: this.id, threadSettings: settingsSnapshot(next) });
  }

  /** Starts a turn, or steers the running one. Throws what the client should read. */
  prepareTurn(request: TurnRequest): PreparedTurn {
    checkInput(request.said.input);
    this.updateSettings(request.change);
    const active = this.#active;
    if (active) {
      if (active.turn.kind === 'compact' || active.turn.kind === 'review') {
        const kind = active.turn.kind === 'compact' ? 'Compact' : 'Review';
        throw internalError(`failed to submit turn input: ActiveTurnNotSteerable { turn_kind: ${kind} }`);
      }
      active.turn.steer(request.said);
      return { turn: preparedTurn(active.turn), start: () => {} };
    }
    this.warnOfUnknownModel();
    this.touch(request.said.input);
    return this.prepare({ kind: 'regular', run: (turn) => runTurnLoop(this.core, turn, request.said), options: request.options });
  }

  /** Reserves the thread for a turn. A turn that runs by then is stopped when the new one starts. */
  prepare(work: TurnWork): ReservedTurn {
    if (this.#closing) throw invalidRequest(`thread not found: ${this.id}`);
    const { core } = this;
    const turn = new Turn(work.kind, {
      settings: this.#settings,
      options: work.options ?? plainTurn,
      scope: core.scope,
      sink: { threadId: core.id, client: core.client, clock: core.host.clock, writer: core.writer, workId: work.startedAs },
      diff: createTurnDiff(),
    });
    const active: Active = { turn, worked: deferred(), ended: deferred(), replies: undefined, startedAs: work.startedAs ?? turn.id };
    this.#active ??= active;
    return {
      live: turn,
      turn: preparedTurn(turn),
      start: () => void this.#take(active, work),
      refuse: (text) => this.#refuse(active, text),
    };
  }

  /** Input for the running turn; returns its id. */
  steer(expectedTurnId: string, said: UserTurnInput): string {
    const turn = this.#active?.turn;
    if (!turn) throw invalidRequest('no active turn to steer');
    if (expectedTurnId === '') throw invalidRequest('expectedTurnId must not be empty');
    if (turn.kind === 'compact' || turn.kind === 'review') {
      const text = `cannot steer a ${turn.kind} turn`;
      throw invalidRequest(text, turnError(text, { activeTurnNotSteerable: { turnKind: turn.kind } }));
    }
    if (turn.id !== expectedTurnId) throw invalidRequest(`expected active turn id \`${expectedTurnId}\` but found \`${turn.id}\``);
    if (said.input.length === 0) throw invalidRequest('input must not be empty');
    checkInput(said.input);
    turn.steer(said);
    return turn.id;
  }

  /** Stops the running turn. Resolves when its work is over; the returned function lets it tell so and is called after the reply. */
  async interrupt(turnId: string): Promise<() => void> {
    const active = this.#active;
    // No id means whatever runs, if anything does.
    if (turnId === '' && !active) return () => {};
    if (!active) throw invalidRequest('no active turn to interrupt');
    // A review is known by two ids: that of its answer and that of its beginning.
    if (turnId !== '' && active.turn.id !== turnId && active.startedAs !== turnId)
      throw invalidRequest(`expected active turn id ${turnId} but found ${active.turn.id}`);
    const replies = (active.replies ??= { open: 0, all: deferred() });
    replies.open += 1;
    active.turn.stop('interrupted');
    await active.worked.promise;
    // Interruptions sent together are answered together, before the turn is told to be over: one tick to read what is there, one to handle it.
    await nextTick();
    await nextTick();
    return () => {
      replies.open -= 1;
      if (replies.open === 0) replies.all.resolve();
    };
  }

  /** Starts a turn towards the goal when the thread has an active one and nothing else to do. */
  pursueGoal(): void {
    const { prompt } = this.goal;
    if (prompt === undefined || this.#active || this.#closing || this.#settings.mode === 'plan') return;
    this.warnOfUnknownModel();
    const run = (turn: Turn) => runTurnLoop(this.core, turn, undefined, prompt);
    this.prepare({ kind: 'regular', run }).start();
  }

  /** Resolves when no turn runs. */
  async idle(): Promise<void> {
    await this.#active?.ended.promise;
  }

  /** Ends the running turn, if any, and the background terminals. */
  async quiet(): Promise<void> {
    this.#active?.turn.stop('interrupted');
    await this.idle();
    await this.core.terminals.clean();
  }

  /** Ends the running turn and the background terminals, writes what is left, and releases everything. Later calls wait for the first. */
  close(reason: StopReason = 'shutdown'): Promise<void> {
    this.#closing ??= this.#close(reason);
    return this.#closing;
  }

  warnOfUnknownModel(): void {
    const { model } = this.#settings;
    if (this.core.host.modelInfo(model).known) return;
    this.warn(`Model metadata for \`${model}\` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.`);
  }

  warn(message: string): void {
    this.core.client.notify('warning', { threadId: this.id, message });
  }

  /** The user said something: the thread is fresh, and its first words describe it. */
  touch(input: readonly UserInput[]): void {
    const nowMs = this.core.host.clock.nowMs();
    const keeps = this.#facts.preview !== '' || this.#facts.path === null;
    const preview = keeps ? this.#facts.preview : previewOf(input);
    this.#facts = { ...this.#facts, preview, updatedAtMs: nowMs, recencyAtMs: nowMs };
  }

  async #close(reason: StopReason): Promise<void> {
    const active = this.#active;
    active?.turn.stop(reason);
    active?.replies?.all.resolve();
    // A turn that was promised but never started ends with the thread.
    if (active && active.turn.startedAtMs > 0) await active.ended.promise;
    await this.core.terminals.clean();
    await this.core.hooks.sessionEnd(this.#settings);
    await this.core.scope.close();
    await this.core.writer.close();
  }

  /** Gives the thread to `active` once it is free. */
  async #take(active: Active, work: TurnWork): Promise<void> {
    while (this.#active !== undefined && this.#active !== active) {
      this.#active.turn.stop('replaced');
      await this.#active.ended.promise;
    }
    this.#active = active;
    if (!this.#closing) await this.#run(active, work);
  }

  async #run(active: Active, work: TurnWork): Promise<void> {
    const { core } = this;
    const { turn } = active;
    turn.startedAtMs = core.host.clock.nowMs();
    core.writer.append({
      type: 'turnStarted',
      turnId: active.startedAs,
      startedAtMs: turn.startedAtMs,
      modelContextWindow: core.config.modelContextWindow ?? core.host.modelInfo(turn.settings.model).contextWindow,
      mode: turn.settings.mode,
    });
    work.before?.(turn);
    core.goal.turnStarted(turn.id);
    core.status.enter('active');
    core.client.notify('turn/started', { threadId: this.id, turn: { ...startedTurn(turn), id: active.startedAs } });
    const end = await work.run(turn).then(
      (): TurnEnd => ({ status: 'completed', error: null }),
      (error: unknown) => this.#endOf(turn, error),
    );
    if (turn.kind === 'regular' && end.status === 'interrupted' && !this.#closing) await core.hooks.interrupt(turn);
    active.worked.resolve();
    if (active.replies && !this.#closing)
      await withDeadline(active.replies.all.promise, interruptReplyMs, 'the answer to an interruption').catch(() => {});
    core.goal.turnEnded(end.error?.codexErrorInfo === 'usageLimitExceeded' ? 'usageLimited' : end.status);
    this.#finish(active, end);
  }

  /** What an error means for the turn. A full context window is accounted for here. */
  #endOf(turn: Turn, error: unknown): TurnEnd {
    if (error instanceof TurnStopped || turn.signal.aborted || isCancelled(error)) return { status: 'interrupted', error: null };
    if (error instanceof ModelError) {
      if (error.info === 'contextWindowExceeded') {
        this.core.usage.fill();
        this.core.usage.announceKnown(turn.id);
      }
      return { status: 'failed', error: turnError(error.message, errorInfo(error.info)) };
    }
    if (isRequestError(error)) return { status: 'failed', error: turnError(error.message, 'badRequest') };
    this.core.host.log.error('a turn failed unexpectedly', { thread: this.id, turn: turn.id, error });
    return { status: 'failed', error: turnError(messageOf(error), 'other') };
  }

  #finish(active: Active, end: TurnEnd): void {
    const { core } = this;
    const { turn } = active;
    const completedAtMs = core.host.clock.nowMs();
    this.#store(turn, end, completedAtMs);
    this.#active = undefined;
    this.#facts = { ...this.#facts, updatedAtMs: completedAtMs };
    if (end.status === 'failed' && end.error) this.#tellFailure(turn, end.error);
    const shown = completedTurn(turn, end, completedAtMs);
    // A thread that goes on with its goal by itself has nothing to be read yet.
    const goesOn = end.status === 'completed' && this.goal.prompt !== undefined;
    if (this.#facts.path !== null && !goesOn && (end.status === 'failed' || shown.items.length > 0))
      core.client.notify('thread/readState/changed', { threadId: this.id, readState: this.#readStates.unread(this.id, turn.id) });
    if (end.status !== 'failed') core.status.enter('idle');
    core.client.notify('turn/completed', { threadId: this.id, turn: shown });
    turn.close();
    active.ended.resolve();
    if (this.#closing || end.status !== 'completed') return;
    this.queue.turnCompleted();
    this.pursueGoal();
  }

  #tellFailure(turn: Turn, error: TurnError): void {
    this.core.status.enter('systemError');
    this.core.client.notify('error', { error, willRetry: false, threadId: this.id, turnId: turn.id });
  }

  #refuse(active: Active, text: string): void {
    if (this.#active === active) this.#active = undefined;
    this.#tellFailure(active.turn, turnError(text, 'other'));
    active.turn.close();
    active.worked.resolve();
    active.ended.resolve();
  }

  #store(turn: Turn, end: TurnEnd, completedAtMs: number): void {
    const { core } = this;
    const { startedAtMs } = turn;
    if (end.status === 'interrupted') {
      const stopped: unknown = turn.signal.reason;
      const reason = stopped instanceof TurnStopped ? stopped.stop : 'interrupted';
      if (turn.kind === 'regular' && reason === 'interrupted') core.conversation.record(message('user', [turnAbortedText]));
      core.writer.append({ type: 'turnAborted', turnId: turn.id, reason, startedAtMs, completedAtMs });
    } else {
      core.writer.append({
        type: 'turnCompleted',
        turnId: turn.id,
        startedAtMs,
        completedAtMs,
        lastAgentMessage: turn.lastAgentText,
        timeToFirstTokenMs: turn.firstVisibleMs,
        error: end.error,
      });
    }
    // Nobody waits for the disk here; whoever reads the thread flushes first.
    void core.writer.flush().catch((error: unknown) => core.host.log.error('a thread could not be written', { thread: this.id, error }));
  }
}

/** What the model client said, if the wire has a word for it. */
function errorInfo(info: ModelErrorInfo): CodexErrorInfo {
  const known = CodexErrorInfo().safeParse(info);
  return known.success ? known.data : 'other';
}

export const turnError = (text: string, info: CodexErrorInfo): TurnError => ({
  message: text,
  codexErrorInfo: info,
  additionalDetails: null,
  misalignment: null,
});
