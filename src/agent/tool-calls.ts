/** The tool calls of one answer: started while the answer still streams, collected in the order they were made. */
import { abortable, onAbort } from '../base/abort.ts';
import { Cancelled, isCancelled, messageOf } from '../base/errors.ts';
import type { PermissionProfile } from '../base/permission-profile.ts';
import type { ResponseItem } from '../base/response-item.ts';
import { grantedOf, noExtra, wireExtra } from '../policy/extra-permissions.ts';
import { isManaged, withNetworkRules } from '../policy/network-plan.ts';
import { noRules } from '../policy/prefix-rules.ts';
import { watchNetwork } from './command-network.ts';
import { callIdOf, outputOf } from './history.ts';
import { CallHooks } from './hooks/call-hooks.ts';
import type { ThreadCore } from './thread-core.ts';
import { ToolLane } from './tool-lane.ts';
import { runTool } from './tools/run-tool.ts';
import type { ModelOutput, NetworkWatch, PermissionQuestion, SelectedEnvironment, Tool, ToolCall, ToolOutcome } from './tools/tool.ts';
import { forHistory, type TruncationPolicy, truncateMiddle } from './truncation.ts';
import type { Turn } from './turn.ts';

/** How long an interrupted tool may take to stop by itself. */
const graceMs = 100;

const toolKey = (namespace: string | undefined, name: string): string => (namespace === undefined ? name : `${namespace}/${name}`);

/** Finds a tool by the names the model calls it with. */
export class ToolBox {
  readonly tools: readonly Tool[];
  readonly #byKey: ReadonlyMap<string, Tool>;

  constructor(tools: readonly Tool[]) {
    this.tools = tools;
    this.#byKey = new Map(tools.map((tool) => [toolKey(tool.namespace?.name, tool.name), tool]));
  }

  find(item: ResponseItem): Tool | undefined {
    const { name, namespace } = item;
    const tool = this.#byKey.get(toolKey(typeof namespace === 'string' ? namespace : undefined, typeof name === 'string' ? name : ''));
    return tool && (tool.kind === 'custom') === (item.type === 'custom_tool_call') ? tool : undefined;
  }
}

export interface CallsDeps {
  readonly core: ThreadCore;
  readonly turn: Turn;
  readonly box: ToolBox;
  readonly truncation: TruncationPolicy;
  readonly environments: readonly SelectedEnvironment[];
  /** Adds to what the model reads. */
  record(item: ResponseItem): void;
  /** Settles when the answer is complete. */
  readonly answered: Promise<void>;
  /** Calls begin no earlier than that. */
  readonly held: boolean;
}

interface Running {
  readonly item: ResponseItem;
  readonly startedMs: number;
  readonly done: Promise<void>;
  outcome: ToolOutcome | undefined;
}

export interface CallResults {
  /** One output per call, in call order. */
  readonly outputs: readonly ResponseItem[];
  /** The user cancelled one of them. */
  readonly cancelled: boolean;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** A result as it enters history: cut once more, with room for its wrapping. */
function bounded(output: ModelOutput, policy: TruncationPolicy): ModelOutput {
  const limit = forHistory(policy);
  if (typeof output === 'string') return truncateMiddle(output, limit);
  return output.map((part) => (part.type === 'input_text' ? { ...part, text: truncateMiddle(part.text, limit) } : part));
}

export class ToolCalls {
  readonly #deps: CallsDeps;
  readonly #lane = new ToolLane();
  readonly #running: Running[] = [];

  constructor(deps: CallsDeps) {
    this.#deps = deps;
  }

  get any(): boolean {
    return this.#running.length > 0;
  }

  /** Starts a call that the model completed. Never throws. */
  start(item: ResponseItem): void {
    const tool = this.#deps.box.find(item);
    const running: Running = {
      item,
      startedMs: this.#deps.core.host.clock.monotonicMs(),
      outcome: undefined,
      done: this.#lane
        .run(tool?.parallel === false, () => this.#outcome(tool, item))
        .then((outcome) => {
          running.outcome = outcome;
        }),
    };
    this.#running.push(running);
  }

  /** Waits for all calls; after an interruption only as long as the grace lasts. Never rejects. */
  async settle(): Promise<CallResults> {
    await new Promise<void>((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const off = onAbort(this.#deps.turn.signal, () => {
        timer = setTimeout(resolve, graceMs);
      });
      void Promise.all(this.#running.map((call) => call.done)).then(() => {
        clearTimeout(timer);
        off();
        resolve();
      });
    });
    return {
      outputs: this.#running.map((call) => outputOf(call.item, bounded(this.#output(call), this.#deps.truncation))),
      cancelled: this.#running.some((call) => call.outcome?.kind === 'interrupted'),
    };
  }

  #output(call: Running): ModelOutput {
    const { outcome } = call;
    if (outcome?.kind === 'sandboxDenied') return this.#outputOfSettled(outcome.settle());
    if (outcome) return outcome.output;
    const seconds = ((this.#deps.core.host.clock.monotonicMs() - call.startedMs) / 1000).toFixed(1);
    return callIsCommand(call.item) ? `Wall time: ${seconds} seconds\naborted by user` : `aborted by user after ${seconds}s`;
  }

  #outputOfSettled(outcome: ToolOutcome): ModelOutput {
    return outcome.kind === 'sandboxDenied' ? 'the sandbox stopped the command' : outcome.output;
  }

  /** Undefined: interrupted before there was an outcome. */
  async #outcome(tool: Tool | undefined, item: ResponseItem): Promise<ToolOutcome | undefined> {
    const name = textOf(item.name);
    if (!tool) return { kind: 'failed', output: `unsupported call: ${textOf(item.namespace)}${name}` };
    if (this.#deps.turn.signal.aborted) return undefined;
    const { core, turn } = this.#deps;
    const scope = turn.scope.child(`call ${callIdOf(item) ?? name}`);
    try {
      const input = tool.kind === 'custom' ? { value: textOf(item.input) } : parseArguments(textOf(item.arguments));
      if ('error' in input) return { kind: 'failed', output: `failed to parse function arguments: ${input.error}` };
      if (this.#deps.held) await this.#deps.answered;
      const hooks = new CallHooks(this.#deps, { callId: callIdOf(item) ?? '', signal: scope.signal });
      const call = this.#call(item, name, { scope, hooks });
      const judged = await hooks.before(tool, input.value, call);
      if ('outcome' in judged) return judged.outcome;
      const prepared = await tool.prepare(judged.input, call);
      const outcome = await runTool(prepared, call, {
        approvals: core.approvals,
        rules: core.config.rules?.current() ?? noRules,
        grants: core.grants,
        withdraw: turn.withdrawn,
        unconfinable: core.unconfinable,
        network: (environmentId, profile) => networkOf(core, turn, { environmentId, profile }),
      });
      return await hooks.after(outcome);
    } catch (error) {
      if (turn.signal.aborted) return undefined;
      if (!isCancelled(error)) core.host.log.warn('a tool failed', { tool: name, error });
      return { kind: 'failed', output: `${name} failed: ${messageOf(error)}` };
    } finally {
      void scope.close(new Cancelled('the call has ended')).catch((error: unknown) => {
        core.host.log.warn('a tool call left something open', { tool: name, error });
      });
    }
  }

  #call(item: ResponseItem, toolName: string, { scope, hooks }: { scope: ToolCall['scope']; hooks: CallHooks }): ToolCall {
    const { core, turn } = this.#deps;
    const callId = callIdOf(item) ?? '';
    const identity = { threadId: core.id, turnId: turn.id };
    return {
      ...identity,
      sessionId: core.sessionId,
      callId,
      modelItemId: textOf(item.id) || callId,
      toolName,
      bare: textOf(item.arguments).trim() === '',
      scope,
      threadScope: core.scope,
      signal: scope.signal,
      settings: turn.settings,
      features: core.config.features,
      environments: this.#deps.environments,
      items: turn.items,
      ask: {
        refusedReview: (action) =>
          core.approvals.refusedReview(turn.settings.approvalsReviewer, { turnId: turn.id, itemId: callId, action }),
        userInput: (questions) => this.#askUser(callId, questions, scope.signal),
        permissions: (question) => this.#askPermissions(callId, question, scope.signal),
        clientTool: (call) => core.client.request('item/tool/call', { ...identity, callId, ...call }, { signal: scope.signal }),
      },
      consult: (justification) => hooks.consult(justification),
      answered: this.#deps.answered,
      goal: core.goal,
      terminals: core.terminals,
      diff: turn.diff,
      clock: core.host.clock,
      log: core.host.log,
      truncation: this.#deps.truncation,
      planUpdated: (explanation, plan) => core.client.notify('turn/plan/updated', { ...identity, explanation, plan: [...plan] }),
      diffUpdated: () => announceDiff(core, turn),
    };
  }

  async #askPermissions(itemId: string, question: PermissionQuestion, signal: AbortSignal) {
    const { core, turn } = this.#deps;
    const { permissions: asked, ...rest } = question;
    const answer = await core.approvals.permissions(
      { ...rest, permissions: wireExtra(asked) },
      { turnId: turn.id, itemId, reviewer: turn.settings.approvalsReviewer, signal, withdraw: turn.withdrawn },
    );
    const permissions = answer ? grantedOf(asked, answer.permissions) : noExtra;
    const scope = answer?.scope ?? 'turn';
    const { environmentId } = question;
    core.grants.add({ permissions, scope, turnId: turn.id, environmentId, grantedAtMs: core.host.clock.nowMs() });
    return { permissions, scope };
  }

  async #askUser(itemId: string, questions: Parameters<ToolCall['ask']['userInput']>[0], signal: AbortSignal) {
    const { core, turn } = this.#deps;
    const release = core.status.wait('waitingOnUserInput');
    const params = { threadId: core.id, turnId: turn.id, itemId, questions: [...questions], isBlocking: true, autoResolutionMs: null };
    try {
      const answer = await abortable(core.client.request('item/tool/requestUserInput', params, { signal: turn.withdrawn }), signal);
      release();
      return answer;
    } catch (error) {
      // After an interruption the flag falls with the turn; lowering it here would show the thread at work again.
      if (!signal.aborted) release();
      throw error;
    }
  }
}

/** With the rules as they are now: a host that was ruled about meanwhile needs no question. */
function networkOf(
  core: ThreadCore,
  turn: Turn,
  { environmentId, profile }: { environmentId: string; profile: PermissionProfile },
): NetworkWatch | undefined {
  const plan = turn.settings.network;
  if (!isManaged(plan, profile)) return undefined;
  const proxy = withNetworkRules(plan, core.config.rules?.current().networkRules ?? []);
  return watchNetwork({ plan, proxy, approvals: core.network, environmentId });
}

const callIsCommand = (item: ResponseItem): boolean => item.name === 'exec_command' || item.name === 'write_stdin';

/** `turn/diff/updated` with the whole diff, when there is one. */
export function announceDiff(core: ThreadCore, turn: Turn): void {
  const diff = turn.diff.render();
  if (diff !== '') core.client.notify('turn/diff/updated', { threadId: core.id, turnId: turn.id, diff });
}

function parseArguments(text: string): { value: unknown } | { error: string } {
  try {
    const value: unknown = text.trim() === '' ? {} : JSON.parse(text);
    return { value };
  } catch (error) {
    return { error: messageOf(error) };
  }
}
