/** Builders of threads and turns as the agent appends them, with what reading them back must give. */
import { uuidv7 } from '../../src/base/ids.ts';
import type { ResponseItem } from '../../src/base/response-item.ts';
import type { Turn } from '../../src/protocol/app/index.ts';
import type { NewThread, StoredEvent, StoredTurnContext } from '../../src/store/thread-store.ts';

export function newThread(change: Partial<NewThread> = {}): NewThread {
  const id = change.id ?? uuidv7();
  return {
    id,
    sessionId: id,
    forkedFromId: null,
    parentThreadId: null,
    createdAtMs: Date.now(),
    cwd: '/w',
    runtimeWorkspaceRoots: ['/w'],
    originator: 'test',
    cliVersion: '0.169.0',
    source: 'vscode',
    threadSource: null,
    modelProvider: 'mock',
    baseInstructions: 'Be brief.',
    dynamicTools: [],
    selectedCapabilityRoots: [],
    historyMode: 'paginated',
    gitInfo: null,
    environments: [],
    ...change,
  };
}

export const turnContext = (turnId: string, change: Partial<StoredTurnContext> = {}): StoredTurnContext => ({
  turnId,
  cwd: '/w',
  model: 'mock-model',
  effort: null,
  summary: 'none',
  serviceTier: null,
  approvalPolicy: 'never',
  approvalsReviewer: 'user',
  sandboxPolicy: { type: 'danger-full-access' },
  permissionProfile: { type: 'disabled' },
  personality: null,
  collaborationMode: { mode: 'default', settings: { model: 'mock-model', reasoning_effort: null, developer_instructions: null } },
  ...change,
});

export interface BuiltTurn {
  readonly facts: StoredEvent[];
  readonly turn: Turn;
  readonly history: ResponseItem[];
  readonly context: StoredTurnContext;
}

/** A turn in which the user says `said` and the model answers `answer`. */
export function textTurn(turnId: string, said: string, answer: string): BuiltTurn {
  const startedAtMs = 1_795_252_573_000;
  const completedAtMs = startedAtMs + 107;
  const context = turnContext(turnId);
  const usage = {
    inputTokens: 10,
    cachedInputTokens: 0,
    cacheWriteInputTokens: 0,
    outputTokens: 5,
    reasoningOutputTokens: 0,
    totalTokens: 15,
  };
  const history: ResponseItem[] = [
    { type: 'message', id: `msg_${turnId}_in`, role: 'user', content: [{ type: 'input_text', text: said }] },
    { type: 'message', id: `msg_${turnId}_out`, role: 'assistant', content: [{ type: 'output_text', text: answer }] },
  ];
  const user: Turn['items'][number] = {
    type: 'userMessage',
    id: `${turnId}-user`,
    clientId: null,
    content: [{ type: 'text', text: said, text_elements: [] }],
    startedAtMs,
    completedAtMs: startedAtMs + 1,
  };
  const agent: Turn['items'][number] = {
    type: 'agentMessage',
    id: `msg_${turnId}_out`,
    text: answer,
    phase: null,
    moderation: null,
    memoryCitation: null,
    delivery: null,
    questions: null,
    startedAtMs: startedAtMs + 2,
    completedAtMs: startedAtMs + 3,
  };
  const [input, output] = history;
  if (!input || !output) throw new Error('unreachable');
  return {
    context,
    history,
    facts: [
      { type: 'turnStarted', turnId, startedAtMs, modelContextWindow: 258_400, mode: 'default' },
      { type: 'turnContext', context },
      { type: 'responseItem', item: input },
      { type: 'itemCompleted', turnId, item: user, completedAtMs: startedAtMs + 1 },
      { type: 'itemCompleted', turnId, item: agent, completedAtMs: startedAtMs + 3 },
      { type: 'responseItem', item: output },
      { type: 'tokenUsage', turnId, responseId: `resp_${turnId}`, last: usage, total: usage, modelContextWindow: 258_400 },
      { type: 'turnCompleted', turnId, startedAtMs, completedAtMs, lastAgentMessage: answer, timeToFirstTokenMs: 97, error: null },
    ],
    turn: {
      id: turnId,
      rootTurnId: turnId,
      items: [user, agent],
      itemsView: 'full',
      status: 'completed',
      error: null,
      startedAt: Math.floor(startedAtMs / 1000),
      completedAt: Math.floor(completedAtMs / 1000),
      durationMs: 107,
    },
  };
}
