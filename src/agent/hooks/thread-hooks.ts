/** The hooks of one thread: runs those that match an event, tells the client of each, and says what they decided together. */
import { unixSeconds } from '../../base/clock.ts';
import type { Scope } from '../../base/scope.ts';
import { localEnvironmentId } from '../../environment/manager.ts';
import type { HookEventName, HookMetadata, HookPromptFragment, HookRunSummary } from '../../protocol/app/index.ts';
import type { AgentHost } from '../agent-host.ts';
import type { HookSource, ThreadClient } from '../ports.ts';
import type { TurnSettings } from '../thread-settings.ts';
import type { HookedTool } from '../tools/tool.ts';
import { truncateOutput } from '../truncation.ts';
import { hookMatches } from './hook-matcher.ts';
import { runHookCommand } from './hook-process.ts';
import { type HookEnd, type HookResult, readHook } from './hook-result.ts';

/** Tokens of additional context the model gets of one hook that names no limit of its own. */
const contextTokens = 2500;
/** The clients know the end of a session by this turn. */
const sessionEndTurn = 'auto-compact-0';

export type SessionStartSource = 'startup' | 'resume' | 'clear' | 'compact' | 'fork';

/** A turn as hooks see it. */
export interface HookedTurn {
  readonly id: string;
  readonly settings: TurnSettings;
  readonly signal: AbortSignal;
}

export interface CallPlace {
  readonly callId: string;
  readonly signal: AbortSignal;
}

/** What the hooks of an event decided. */
export interface Judgement {
  /** For the model to read, in the order of the hooks. */
  readonly context: readonly string[];
  /** What was about to happen must not, for this reason. */
  readonly blocked?: string;
  /** A hook ended what is going on. */
  readonly stopped?: true;
}

export interface ThreadHooksDeps {
  readonly host: Pick<AgentHost, 'clock' | 'log' | 'environments'>;
  readonly threadId: string;
  readonly sessionId: string;
  readonly client: ThreadClient;
  readonly scope: Scope;
  /** The file of the thread; null when it has none. */
  readonly transcript: string | null;
  /** Absent: there are none. */
  readonly source: HookSource | undefined;
}

interface Occasion {
  readonly event: HookEventName;
  readonly turnId: string;
  /** What matchers are compared with. */
  readonly names: readonly string[];
  /** Set for hooks around one call. */
  readonly callId?: string;
  readonly cwd: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
  /** The program ends: nobody is told, and a hook may take this many milliseconds at most, whatever it is configured for. */
  readonly lastMs?: number;
}

interface Run {
  readonly id: string;
  readonly hook: HookMetadata;
  readonly result: HookResult;
}

const nothing: Judgement = { context: [] };

const kebab = (event: HookEventName): string => event.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const fileName = (event: HookEventName): string => event.charAt(0).toUpperCase() + event.slice(1);
const isThreadWide = (event: HookEventName): boolean => event === 'sessionStart' || event === 'sessionEnd';

export class ThreadHooks {
  readonly #deps: ThreadHooksDeps;
  /** How the session began, until its hooks have heard of it. */
  #begun: SessionStartSource | undefined;
  #ended = false;
  /** Runs whose end nobody waits for, other than the end of their turn. */
  readonly #late = new Set<Promise<unknown>>();

  constructor(deps: ThreadHooksDeps, begun: SessionStartSource) {
    this.#deps = deps;
    this.#begun = begun;
  }

  /** False: the event has no hook, and nothing needs to be asked. */
  has(event: HookEventName): boolean {
    return this.#deps.source?.current.some((hook) => hook.eventName === event) ?? false;
  }

  /** Takes over what the client changed since; undefined: nothing did. Never rejects. */
  refresh(): Promise<void> | undefined {
    return this.#deps.source?.refresh();
  }

  /** The conversation was compacted: the next chance begins the session anew. */
  compacted(): void {
    this.#begun = 'compact';
  }

  /** Once per session, when its first turn begins. */
  async sessionStart(turn: HookedTurn): Promise<Judgement> {
    const source = this.#begun;
    this.#begun = undefined;
    if (source === undefined || !this.has('sessionStart')) return nothing;
    const { turn_id: _, ...input } = this.#facts('sessionStart', turn);
    return judgement(await this.#run({ ...this.#at('sessionStart', turn), names: [source], input: { ...input, source } }));
  }

  /** Blocked or stopped: what the user said goes no further. */
  async userPromptSubmit(turn: HookedTurn, prompt: string): Promise<Judgement> {
    return this.#ask('userPromptSubmit', turn, { prompt });
  }

  async compaction(event: 'preCompact' | 'postCompact', turn: HookedTurn, trigger: 'manual' | 'auto'): Promise<Judgement> {
    if (!this.has(event)) return nothing;
    const { permission_mode: _, ...input } = this.#facts(event, turn);
    return judgement(await this.#run({ ...this.#at(event, turn), names: [trigger], input: { ...input, trigger } }));
  }

  async preModelRequest(turn: HookedTurn): Promise<void> {
    if (!this.has('preModelRequest')) return;
    const { permission_mode: _, ...input } = this.#facts('preModelRequest', turn);
    await this.#run({ ...this.#at('preModelRequest', turn), input });
  }

  /** How a request ended. That of an interrupted turn is told without delaying anybody. */
  async postModelRequest(turn: HookedTurn, end: Readonly<Record<string, unknown>>): Promise<void> {
    if (!this.has('postModelRequest')) return;
    const { permission_mode: _, ...input } = this.#facts('postModelRequest', turn);
    const occasion = { ...this.#at('postModelRequest', turn), input: { ...input, ...end } };
    if (turn.signal.aborted) this.#later(this.#run({ ...occasion, signal: this.#deps.scope.signal }));
    else await this.#run(occasion);
  }

  async preToolUse(turn: HookedTurn, tool: HookedTool, place: CallPlace): Promise<Judgement & { readonly updatedInput?: unknown }> {
    if (!this.has('preToolUse')) return nothing;
    const runs = await this.#run(this.#around('preToolUse', turn, tool, place, { tool_use_id: place.callId }));
    const updated = runs.findLast(({ result }) => result.updatedInput !== undefined);
    return { ...judgement(runs), ...(updated ? { updatedInput: updated.result.updatedInput } : {}) };
  }

  /** Undefined: the hooks have no opinion. */
  async permissionRequest(turn: HookedTurn, tool: HookedTool, place: CallPlace): Promise<'allow' | { readonly deny: string } | undefined> {
    if (!this.has('permissionRequest')) return undefined;
    const runs = await this.#run(this.#around('permissionRequest', turn, tool, place, {}));
    const denied = runs.find(({ result }) => result.blocked !== undefined)?.result.blocked;
    if (denied !== undefined) return { deny: denied };
    return runs.some(({ result }) => result.allowed) ? 'allow' : undefined;
  }

  /** `feedback` takes the place of what the tool answered. */
  async postToolUse(
    turn: HookedTurn,
    tool: HookedTool & { readonly response: unknown },
    place: CallPlace,
  ): Promise<{ readonly context: readonly string[]; readonly feedback?: string }> {
    if (!this.has('postToolUse')) return nothing;
    const more = { tool_response: tool.response, tool_use_id: place.callId };
    const runs = await this.#run(this.#around('postToolUse', turn, tool, place, more));
    const said = runs.flatMap(({ result }) => result.blocked ?? result.stopped?.reason ?? []);
    return { context: contexts(runs), ...(said.length === 0 ? {} : { feedback: said.join('\n\n') }) };
  }

  /** Fragments: the turn goes on, and this is what the model is told. `active`: it went on for that reason before. */
  async stop(turn: HookedTurn, active: boolean, lastText: string | null): Promise<readonly HookPromptFragment[]> {
    if (!this.has('stop')) return [];
    const input = { ...this.#facts('stop', turn), stop_hook_active: active, last_assistant_message: lastText };
    const runs = await this.#run({ ...this.#at('stop', turn), input });
    if (runs.some(({ result }) => result.stopped)) return [];
    return runs.flatMap(({ id, result }) => (result.blocked === undefined ? [] : [{ text: result.blocked, hookRunId: id }]));
  }

  /** After the user interrupted the turn. Resolves when nothing of the turn's hooks runs any more. */
  async interrupt(turn: HookedTurn): Promise<void> {
    if (this.has('interrupt')) {
      const occasion = { ...this.#at('interrupt', turn), input: this.#facts('interrupt', turn) };
      this.#later(this.#run({ ...occasion, signal: this.#deps.scope.signal }));
    }
    await Promise.all(this.#late);
  }

  /**
   * Before the thread is unloaded; the first call alone counts. `lastMs`: the program ends, so that nobody is told and no hook
   * may take longer than that. Never rejects.
   */
  async sessionEnd(settings: TurnSettings, lastMs?: number): Promise<void> {
    if (this.#ended || !this.has('sessionEnd')) return;
    this.#ended = true;
    const turn: HookedTurn = { id: sessionEndTurn, settings, signal: this.#deps.scope.signal };
    const { turn_id: _, model: __, permission_mode: ___, ...input } = this.#facts('sessionEnd', turn);
    const occasion = { ...this.#at('sessionEnd', turn), names: ['other'], input: { ...input, reason: 'other' } };
    await this.#run({ ...occasion, ...(lastMs === undefined ? {} : { lastMs }) }).catch((error: unknown) => {
      if (!turn.signal.aborted) this.#deps.host.log.warn('the hooks of a session that ended failed', { error });
    });
  }

  #later(run: Promise<unknown>): void {
    const settled = run.catch((error: unknown) => this.#deps.host.log.warn('a hook was not waited for and failed', { error }));
    this.#late.add(settled);
    void settled.then(() => this.#late.delete(settled));
  }

  async #ask(event: HookEventName, turn: HookedTurn, more: Readonly<Record<string, unknown>>): Promise<Judgement> {
    if (!this.has(event)) return nothing;
    return judgement(await this.#run({ ...this.#at(event, turn), input: { ...this.#facts(event, turn), ...more } }));
  }

  #at(event: HookEventName, { id, settings, signal }: HookedTurn) {
    return { event, turnId: id, names: [], cwd: settings.cwd, signal } satisfies Omit<Occasion, 'input'>;
  }

  #around(event: HookEventName, turn: HookedTurn, tool: HookedTool, place: CallPlace, more: Readonly<Record<string, unknown>>): Occasion {
    const names = [tool.name, ...(tool.aliases ?? [])];
    const cwd = tool.cwd ?? turn.settings.cwd;
    const input = { ...this.#facts(event, turn), cwd, tool_name: tool.name, tool_input: tool.input, ...more };
    return { ...this.#at(event, turn), ...place, names, input };
  }

  /** What every hook is told. */
  #facts(event: HookEventName, { id, settings }: HookedTurn) {
    return {
      session_id: this.#deps.sessionId,
      turn_id: id,
      transcript_path: this.#deps.transcript,
      cwd: settings.cwd,
      hook_event_name: fileName(event),
      model: settings.model,
      permission_mode: settings.approvalPolicy === 'never' ? 'bypassPermissions' : 'default',
    };
  }

  /** All matching hooks at once; their ends are told in the order of the hooks. Rejects only when the signal aborts. */
  async #run(occasion: Occasion): Promise<Run[]> {
    const matching = (this.#deps.source?.current ?? []).filter(
      (hook) => hook.eventName === occasion.event && (occasion.names.length === 0 || hookMatches(hook.matcher, occasion.names)),
    );
    const begun = matching.flatMap((hook) => {
      if (hook.handlerType === 'command' && hook.async) {
        this.#background(hook, occasion);
        return [];
      }
      return [this.#begin(hook, occasion)];
    });
    return Promise.all(begun).then((ended) => ended.map((end) => end()));
  }

  /** Starts one hook; the function that is given back tells of its end. */
  async #begin(hook: HookMetadata, occasion: Occasion): Promise<() => Run> {
    const { clock } = this.#deps.host;
    const { event, turnId } = occasion;
    const startedMs = clock.monotonicMs();
    const running: HookRunSummary = {
      id: [kebab(event), hook.displayOrder, hook.sourcePath, ...(occasion.callId === undefined ? [] : [occasion.callId])].join(':'),
      eventName: event,
      handlerType: hook.handlerType,
      executionMode: 'sync',
      scope: isThreadWide(event) ? 'thread' : 'turn',
      sourcePath: hook.sourcePath,
      source: hook.source,
      displayOrder: hook.displayOrder,
      status: 'running',
      statusMessage: hook.statusMessage,
      startedAt: unixSeconds(clock.nowMs()),
      completedAt: null,
      durationMs: null,
      entries: [],
    };
    const told = { threadId: this.#deps.threadId, turnId };
    const silent = occasion.lastMs !== undefined;
    if (!silent) this.#deps.client.notify('hook/started', { ...told, run: running });
    const result = withinLimit(hook, readHook(event, await this.#execute(hook, occasion)));
    const completedAt = unixSeconds(clock.nowMs());
    const durationMs = Math.round(clock.monotonicMs() - startedMs);
    return () => {
      const run = { ...running, status: result.status, completedAt, durationMs, entries: [...result.entries] };
      if (!silent) this.#deps.client.notify('hook/completed', { ...told, run });
      return { id: running.id, hook, result };
    };
  }

  /** Nobody waits for it and nobody is told; it ends with the thread at the latest. */
  #background(hook: HookMetadata, occasion: Occasion): void {
    const { scope, host } = this.#deps;
    this.#execute(hook, { ...occasion, signal: scope.signal }).catch((error: unknown) => {
      if (!scope.signal.aborted) host.log.warn('a hook in the background failed', { hook: hook.key, error });
    });
  }

  async #execute(hook: HookMetadata, { cwd, input, signal, lastMs }: Occasion): Promise<HookEnd> {
    if (hook.handlerType !== 'command') return { kind: 'broken', why: 'only hooks that are commands are run' };
    const environment = this.#deps.host.environments.find(localEnvironmentId);
    if (!environment) return { kind: 'broken', why: 'hooks run on this machine, and this server runs nothing here' };
    const timeoutMs = Math.min(hook.timeoutSec * 1000, lastMs ?? Number.POSITIVE_INFINITY);
    const hiddenVariables = this.#deps.source?.hiddenVariables ?? [];
    return runHookCommand(environment, { command: hook.command, timeoutMs, cwd, input, hiddenVariables }, signal);
  }
}

const contexts = (runs: readonly Run[]): string[] => runs.flatMap(({ result }) => result.context ?? []);

function judgement(runs: readonly Run[]): Judgement {
  const blocked = runs.find(({ result }) => result.blocked !== undefined)?.result.blocked;
  const stopped = runs.some(({ result }) => result.stopped);
  return {
    context: contexts(runs),
    ...(blocked === undefined ? {} : { blocked }),
    ...(stopped ? { stopped: true } : {}),
  };
}

/** The client is shown all of what a hook said, the model as much as the hook may tell it. */
function withinLimit(hook: HookMetadata, result: HookResult): HookResult {
  if (result.context === undefined) return result;
  const limit = hook.additionalContextLimit ?? contextTokens;
  return { ...result, context: truncateOutput(result.context, { unit: 'tokens', limit }) };
}
