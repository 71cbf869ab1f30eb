/** One tool call against a real local environment, with everything around it recorded. */
import { onTestFinished } from 'vitest';
import type { TurnSettings } from '../../../src/agent/thread-settings.ts';
import { createTurnDiff } from '../../../src/agent/tools/apply-patch/turn-diff.ts';
import { createTerminals } from '../../../src/agent/tools/terminals.ts';
import type { Attempt, ItemBody, Terminals, Tool, ToolCall, ToolOutcome } from '../../../src/agent/tools/tool.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { createLog } from '../../../src/base/log.ts';
import { defaultShellEnvironmentPolicy } from '../../../src/base/permission-profile.ts';
import { Scope } from '../../../src/base/scope.ts';
import type { Environment } from '../../../src/environment/environment.ts';
import { createLocalEnvironment } from '../../../src/environment/local.ts';
import { tempWorkspace, type Workspace } from '../../support/workspace.ts';

export type Recorded =
  | { readonly type: 'started' | 'completed'; readonly item: ItemBody }
  | { readonly type: 'delta'; readonly itemId: string; readonly text: string }
  | { readonly type: 'typed'; readonly itemId: string; readonly text: string }
  | { readonly type: 'plan' | 'diff'; readonly value: unknown };

export interface Bench {
  readonly workspace: Workspace;
  readonly environment: Environment;
  readonly events: Recorded[];
  readonly terminals: Terminals;
  readonly threadScope: Scope;
  settings: TurnSettings;
  /** Answers of the client, by kind of question. */
  readonly answers: { -readonly [Name in keyof ToolCall['ask']]: ToolCall['ask'][Name] };
  call(callId?: string): ToolCall;
  /** Prepares the call and runs it without asking anybody. */
  run(tool: Tool, input: unknown, options?: { call?: ToolCall; attempt?: Partial<Attempt> }): Promise<ToolOutcome>;
  /** Resolves with the first event, past or future, that `matches`. */
  event(matches: (event: Recorded) => boolean): Promise<Recorded>;
}

export const textOf = (outcome: ToolOutcome): string => {
  if (outcome.kind === 'sandboxDenied') throw new Error('the outcome is not settled');
  return typeof outcome.output === 'string' ? outcome.output : JSON.stringify(outcome.output);
};

const notAsked = () => Promise.reject(new Error('nobody was to be asked'));

export async function openBench(): Promise<Bench> {
  const workspace = await tempWorkspace();
  const environment = createLocalEnvironment({
    baseEnv: { PATH: process.env.PATH ?? '', HOME: workspace.root, SHELL: '/bin/bash' },
    cwd: workspace.root,
  });
  const threadScope = new Scope('thread');
  const terminals = createTerminals(threadScope);
  onTestFinished(async () => {
    await threadScope.close();
    await environment.close();
    await workspace[Symbol.asyncDispose]();
  });
  const selection = { environmentId: 'local', cwd: workspace.root, runtimeWorkspaceRoots: [workspace.root] };
  const recorder = createRecorder();
  const diff = createTurnDiff();
  const bench: Bench = {
    workspace,
    environment,
    events: recorder.events,
    terminals,
    threadScope,
    settings: settingsFor(workspace.root),
    answers: { refusedReview: () => false, userInput: notAsked, permissions: notAsked, clientTool: notAsked },
    event: recorder.event,
    call(callId = 'call_1') {
      const scope = threadScope.child(callId);
      return {
        threadId: 'thread',
        sessionId: 'session',
        turnId: 'turn',
        callId,
        modelItemId: callId,
        toolName: 'tool',
        scope,
        threadScope,
        signal: scope.signal,
        settings: bench.settings,
        features: new Set(),
        environments: [{ selection, environment }],
        items: recorder.items,
        ask: bench.answers,
        consult: () => Promise.resolve(undefined),
        answered: Promise.resolve(),
        goal: {
          get: () => null,
          set: () => {
            throw new Error('there are no goals here');
          },
          announce: () => {},
        },
        terminals,
        diff,
        clock: systemClock,
        log: createLog({ write: () => {}, level: 'error' }),
        truncation: { unit: 'bytes', limit: 10_000 },
        planUpdated: (explanation, plan) => recorder.add({ type: 'plan', value: { explanation, plan } }),
        diffUpdated: () => recorder.add({ type: 'diff', value: diff.render() }),
      };
    },
    async run(tool, input, { call = bench.call(), attempt = {} } = {}) {
      const prepared = await tool.prepare(input, call);
      if (prepared.kind === 'done') return prepared.outcome;
      if (prepared.kind === 'free') return prepared.run();
      if (prepared.kind === 'patch') call.items.start(prepared.item);
      return prepared.run({ sandbox: undefined, mayRetry: false, itemStarted: prepared.kind === 'patch', ...attempt });
    },
  };
  return bench;
}

function createRecorder() {
  const events: Recorded[] = [];
  const waiting = new Set<(event: Recorded) => void>();
  const add = (event: Recorded) => {
    events.push(event);
    for (const look of [...waiting]) look(event);
  };
  const items: ToolCall['items'] = {
    start: (item) => add({ type: 'started', item }),
    complete: (item) => add({ type: 'completed', item }),
    commandOutput: (itemId, text) => add({ type: 'delta', itemId, text }),
    terminalInteraction: (itemId, _processId, text) => add({ type: 'typed', itemId, text }),
  };
  const event: Bench['event'] = (matches) =>
    new Promise((resolve) => {
      const seen = events.find(matches);
      if (seen) return resolve(seen);
      const look = (candidate: Recorded) => {
        if (!matches(candidate)) return;
        waiting.delete(look);
        resolve(candidate);
      };
      waiting.add(look);
    });
  return { events, items, add, event };
}

function settingsFor(cwd: string): TurnSettings {
  return {
    model: 'model',
    modelProvider: 'provider',
    effort: null,
    summary: null,
    serviceTier: null,
    personality: null,
    mode: 'default',
    modeInstructions: null,
    cwd,
    environments: [],
    approvalPolicy: 'never',
    approvalsReviewer: 'user',
    sandboxPolicy: { type: 'dangerFullAccess' },
    permissions: { type: 'disabled' },
    activePermissionProfile: null,
    shellEnvironment: defaultShellEnvironmentPolicy,
    allowLoginShell: true,
    network: undefined,
    backgroundTerminalMaxTimeoutMs: 300_000,
  };
}
