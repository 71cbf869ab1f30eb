/** A thread manager over a scripted model, a recorded client, a real local environment and a real store in a scratch directory. */
import type { AgentHost } from '../../src/agent/agent-host.ts';
import type { ConfigRequest, ModelInfo, ThreadClient, ThreadConfig } from '../../src/agent/ports.ts';
import type { Thread } from '../../src/agent/thread.ts';
import { ThreadManager } from '../../src/agent/threads.ts';
import { builtInTools } from '../../src/agent/tools/index.ts';
import type { Tool } from '../../src/agent/tools/tool.ts';
import { plainTurn, type TurnRequest } from '../../src/agent/turn.ts';
import { systemClock } from '../../src/base/clock.ts';
import { deferred } from '../../src/base/deferred.ts';
import { Cancelled } from '../../src/base/errors.ts';
import { silentLog } from '../../src/base/log.ts';
import { defaultShellEnvironmentPolicy } from '../../src/base/permission-profile.ts';
import type { ResponseItem, TokenUsage } from '../../src/base/response-item.ts';
import { Scope } from '../../src/base/scope.ts';
import { noTelemetry } from '../../src/base/telemetry.ts';
import { createLocalEnvironment } from '../../src/environment/local.ts';
import { createEnvironmentManager } from '../../src/environment/manager.ts';
import type { ModelClient, ModelEvent, ModelRequest } from '../../src/model/model-client.ts';
import { permissionsOfPolicy, policyOfMode } from '../../src/policy/permissions.ts';
import { ThreadResumeParams, ThreadStartParams, type UserInput } from '../../src/protocol/app/index.ts';
import { createThreadStore } from '../../src/store/rollout-store.ts';
import { tempWorkspace, type Workspace } from '../support/workspace.ts';

export const usage: TokenUsage = {
  inputTokens: 10,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 0,
  outputTokens: 5,
  reasoningOutputTokens: 0,
  totalTokens: 15,
};

type Emit = (event: ModelEvent) => void;
/** Answers one request. `signal` aborts with it. */
export type Step = (emit: Emit, request: ModelRequest, signal: AbortSignal) => void | Promise<void>;

let responses = 0;

export function complete(emit: Emit, over: { endTurn?: boolean; usage?: TokenUsage } = {}): void {
  responses += 1;
  emit({ type: 'completed', responseId: `resp_${responses}`, usage: over.usage ?? usage, endTurn: over.endTurn });
}

const textItem = (id: string, text: string, phase?: string): ResponseItem => ({
  type: 'message',
  role: 'assistant',
  id,
  content: [{ type: 'output_text', text }],
  ...(phase === undefined ? {} : { phase }),
});

/** Streams `text` in pieces as one message, then completes. */
export const say =
  (id: string, text: string, options: { pieces?: number; phase?: string } = {}): Step =>
  (emit) => {
    emit({ type: 'created', responseId: id });
    emit({
      type: 'itemAdded',
      item: { type: 'message', role: 'assistant', id, content: [], ...(options.phase ? { phase: options.phase } : {}) },
    });
    const size = Math.ceil(text.length / (options.pieces ?? 2));
    for (let at = 0; at < text.length; at += size) emit({ type: 'textDelta', itemId: id, delta: text.slice(at, at + size) });
    emit({ type: 'itemDone', item: textItem(id, text, options.phase) });
    complete(emit);
  };

export interface CallSpec {
  readonly id: string;
  readonly name: string;
  readonly args: unknown;
  readonly namespace?: string;
}

export const callItem = ({ id, name, args, namespace }: CallSpec): ResponseItem => ({
  type: 'function_call',
  id: `fc_${id}`,
  call_id: id,
  name,
  arguments: typeof args === 'string' ? args : JSON.stringify(args),
  ...(namespace === undefined ? {} : { namespace }),
});

/** Calls tools, all in one answer. */
export const call =
  (...specs: CallSpec[]): Step =>
  (emit) => {
    emit({ type: 'created', responseId: 'r' });
    for (const spec of specs) emit({ type: 'itemDone', item: callItem(spec) });
    complete(emit);
  };

export const run = (id: string, cmd: string, more: Record<string, unknown> = {}): Step =>
  call({ id, name: 'exec_command', args: { cmd, ...more } });

export const patch =
  (id: string, input: string): Step =>
  (emit) => {
    emit({ type: 'itemDone', item: { type: 'custom_tool_call', id: `ctc_${id}`, call_id: id, name: 'apply_patch', input } });
    complete(emit);
  };

/** Emits whole items. */
export const items =
  (...list: ResponseItem[]): Step =>
  (emit) => {
    for (const item of list) emit({ type: 'itemDone', item });
    complete(emit);
  };

/** Streams the beginning of a message and waits until the request is aborted. */
export const hang =
  (id: string, text: string, begun: () => void = () => {}): Step =>
  (emit, _request, signal) => {
    emit({ type: 'itemAdded', item: { type: 'message', role: 'assistant', id, content: [] } });
    emit({ type: 'textDelta', itemId: id, delta: text });
    begun();
    return new Promise<void>((_resolve, reject) => {
      const stop = () => reject(signal.reason instanceof Error ? signal.reason : new Cancelled());
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop, { once: true });
    });
  };

export const fail =
  (error: Error, before: Step = () => {}): Step =>
  async (emit, request, signal) => {
    await before(emit, request, signal);
    throw error;
  };

export class ScriptedModel implements ModelClient {
  readonly providerId = 'mock';
  streamMaxRetries = 0;
  readonly requests: ModelRequest[] = [];
  readonly #steps: Step[];

  constructor(steps: Step[]) {
    this.#steps = steps;
  }

  push(...steps: Step[]): void {
    this.#steps.push(...steps);
  }

  async stream(request: ModelRequest, onEvent: Emit, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.requests.push(request);
    const step = this.#steps.shift();
    if (!step) throw new Error('the script of the model is over');
    await step(onEvent, request, signal);
    signal.throwIfAborted();
  }

  prewarm(): Promise<void> {
    return Promise.resolve();
  }
}

export interface Line {
  readonly method: string;
  readonly params: Record<string, unknown>;
}

/** How a client answers a question: a value, or an error to reject with. `undefined` leaves it open. */
export type Answer = (method: string, params: Record<string, unknown>) => unknown;

/** Records what a thread says, in order, and answers its questions. */
export class RecordedClient {
  readonly lines: Line[] = [];
  answer: Answer = () => undefined;
  readonly #waiters = new Set<() => void>();

  #add(line: Line): void {
    this.lines.push(line);
    for (const wake of this.#waiters) wake();
  }

  client(): ThreadClient {
    const notify = (method: string, params: object): void => this.#add({ method, params: structuredClone({ ...params }) });
    const request = (method: string, params: object, options?: { signal?: AbortSignal }): Promise<unknown> => {
      const asked = structuredClone({ ...params });
      this.#add({ method: `ask ${method}`, params: asked });
      return this.#ask(method, asked, options?.signal);
    };
    // The recorder stands in for typed functions; what it records is compared as data.
    return { notify, broadcast: notify, request } as unknown as ThreadClient;
  }

  async #ask(method: string, params: Record<string, unknown>, signal: AbortSignal | undefined): Promise<unknown> {
    const answer = this.answer(method, params);
    if (answer === undefined) {
      const open = deferred<never>();
      signal?.addEventListener('abort', () => {
        this.#add({ method: 'resolved', params: {} });
        open.reject(new Cancelled());
      });
      return open.promise;
    }
    await Promise.resolve();
    if (!method.startsWith('item/tool/call')) this.#add({ method: 'resolved', params: {} });
    if (answer instanceof Error) throw answer;
    return answer;
  }

  /** Resolves when a line matches, past ones included unless `from` skips them. */
  async until(matches: (line: Line) => boolean, from = 0): Promise<Line> {
    for (;;) {
      const found = this.lines.slice(from).find(matches);
      if (found) return found;
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiters.delete(wake);
          resolve();
        };
        this.#waiters.add(wake);
      });
    }
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

/** One line as a short text: enough to compare order and meaning. */
export function brief(line: Line): string {
  const { method, params } = line;
  const item = member(params, 'item');
  switch (method) {
    case 'item/started':
    case 'item/completed': {
      const what = ['status', 'text', 'review', 'source']
        .map((name) => member(item, name))
        .filter((value) => typeof value === 'string' && value !== '');
      return [method.slice(5), text(member(item, 'type')), ...what].join(' ');
    }
    case 'thread/status/changed': {
      const status = member(params, 'status');
      const flags = member(status, 'activeFlags');
      return `status ${text(member(status, 'type'))}${Array.isArray(flags) ? ` [${flags.join(' ')}]` : ''}`;
    }
    case 'turn/completed':
      return `turn/completed ${text(member(member(params, 'turn'), 'status'))}`;
    case 'thread/tokenUsage/updated':
      return `usage ${text(member(member(member(params, 'tokenUsage'), 'total'), 'totalTokens'))}`;
    case 'account/rateLimits/updated':
      return 'rateLimits';
    case 'thread/readState/changed':
      return 'readState';
    case 'item/agentMessage/delta':
    case 'item/plan/delta':
    case 'item/commandExecution/outputDelta':
      return `${method} ${text(member(params, 'delta'))}`;
    case 'error':
      return `error ${text(member(member(params, 'error'), 'message'))} retry=${text(member(params, 'willRetry'))}`;
    default:
      return method;
  }
}

export interface BenchOptions {
  readonly steps?: Step[];
  readonly config?: Partial<ThreadConfig>;
  readonly model?: Partial<ModelInfo>;
  readonly tools?: readonly Tool[];
  readonly workspace?: Workspace;
}

export interface Bench extends AsyncDisposable {
  readonly threads: ThreadManager;
  readonly model: ScriptedModel;
  readonly recorded: RecordedClient;
  readonly workspace: Workspace;
  readonly host: AgentHost;
  /** A thread with a sandbox mode and an approval policy. */
  thread(params?: Partial<ThreadStartParams>): Promise<Thread>;
  /** Runs a turn to its end; the lines it caused, in short. */
  turn(thread: Thread, input: string, change?: TurnRequest['change']): Promise<string[]>;
}

export const said = (content: string, clientId: string | null = null) => ({
  input: content === '' ? [] : [{ type: 'text', text: content, text_elements: [] } satisfies UserInput],
  clientId,
  additionalContext: undefined,
});

export const request = (content: string, change: TurnRequest['change'] = {}): TurnRequest => ({
  said: said(content),
  change,
  options: plainTurn,
});

export const startParams = (params: Partial<ThreadStartParams> = {}): ThreadStartParams => ({
  ...ThreadStartParams().parse({}),
  ...params,
});
export const resumeParams = (threadId: string, params: Partial<ThreadResumeParams> = {}): ThreadResumeParams => ({
  ...ThreadResumeParams().parse({ threadId }),
  ...params,
});

export const originator = { name: 'test', source: 'vscode' } as const;

export async function createBench(options: BenchOptions = {}): Promise<Bench> {
  const workspace = options.workspace ?? (await tempWorkspace());
  const scope = new Scope('test');
  const recorded = new RecordedClient();
  const model = new ScriptedModel(options.steps ?? []);
  const local = createLocalEnvironment({ baseEnv: { PATH: process.env.PATH ?? '', HOME: workspace.root }, cwd: workspace.root });
  const environments = scope.own(createEnvironmentManager({ local }));
  const store = scope.own(createThreadStore({ home: workspace.path('home') }));
  const info: ModelInfo = {
    slug: 'mock-model',
    known: true,
    contextWindow: 258_400,
    truncation: { unit: 'bytes', limit: 10_000 },
    parallelToolCalls: true,
    imageInput: true,
    originalImageDetail: false,
    applyPatch: true,
    defaultEffort: null,
    defaultSummary: 'auto',
    defaultVerbosity: null,
    serviceTiers: [],
    baseInstructions: undefined,
    ...options.model,
  };
  const host: AgentHost = {
    scope,
    clock: systemClock,
    log: silentLog,
    telemetry: noTelemetry,
    store,
    environments,
    configs: {
      load: async (asked) => ({ ...configOf(asked, workspace), ...options.config }),
      permissions: async () => permissionsOfPolicy(policyOfMode('read-only')),
      programs: async () => ({
        shellEnvironment: defaultShellEnvironmentPolicy,
        permissions: permissionsOfPolicy(policyOfMode('read-only')),
        networkRules: async () => [],
      }),
    },
    client: () => recorded.client(),
    model: () => model,
    modelInfo: (slug) => ({ ...info, slug }),
    userInstructions: async () => undefined,
    gitInfo: async () => null,
    tools: options.tools ?? builtInTools,
    installationId: '00000000-0000-0000-0000-000000000000',
    version: '0.169.0',
  };
  const threads = new ThreadManager(host);
  return {
    threads,
    model,
    recorded,
    workspace,
    host,
    thread: async (params = {}) =>
      (
        await threads.start(
          startParams({ cwd: workspace.root, approvalPolicy: 'never', sandbox: 'danger-full-access', ...params }),
          originator,
        )
      ).thread,
    turn: async (thread, input, change) => {
      const from = recorded.lines.length;
      thread.prepareTurn(request(input, change)).start();
      await thread.idle();
      return recorded.lines.slice(from).map(brief);
    },
    [Symbol.asyncDispose]: async () => {
      await scope.close();
      if (!options.workspace) await workspace[Symbol.asyncDispose]();
    },
  };
}

function configOf(asked: ConfigRequest, workspace: Workspace): ThreadConfig {
  return {
    cwd: asked.cwd ?? workspace.root,
    model: asked.model ?? 'mock-model',
    modelProvider: 'mock',
    effort: null,
    summary: null,
    serviceTier: null,
    personality: null,
    verbosity: null,
    approvalPolicy: asked.approvalPolicy ?? 'on-request',
    approvalsReviewer: 'user',
    permissions: permissionsOfPolicy(policyOfMode(asked.sandbox ?? 'read-only')),
    shellEnvironment: defaultShellEnvironmentPolicy,
    allowLoginShell: true,
    backgroundTerminalMaxTimeoutMs: 300_000,
    baseInstructions: asked.baseInstructions,
    developerInstructions: asked.developerInstructions,
    compactPrompt: undefined,
    modelContextWindow: undefined,
    autoCompactTokenLimit: undefined,
    toolOutputTokenLimit: undefined,
    projectDocMaxBytes: 32_768,
    projectDocFallbackFilenames: [],
    projectRootMarkers: ['.git'],
    features: new Set(),
  };
}
