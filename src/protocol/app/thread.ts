/** The thread, and the methods that start, load and copy one. */
import * as z from 'zod/mini';
import { notification, type Out, request, schema } from '../../rpc/contract.ts';
import { absolutePath, Empty, experimental, int64, json, opt, pathString } from '../fields.ts';
import { inThread, inThreadOrPath } from '../lanes.ts';
import { ResponseItem, SortDirection } from './content.ts';
import { CollaborationMode, MultiAgentMode, Personality, ReasoningEffort, ReasoningSummary } from './model-settings.ts';
import { ActivePermissionProfile, ApprovalsReviewer, AskForApproval, SandboxMode, SandboxPolicy } from './policy.ts';
import { TokenUsageBreakdown, Turn, TurnEnvironmentParams, TurnItemsView, TurnsPage } from './turn.ts';

export const CapabilityRootLocation = schema('CapabilityRootLocation', () =>
  z.object({ type: z.literal('environment'), environmentId: z.string(), path: z.string() }),
);
export type CapabilityRootLocation = Out<typeof CapabilityRootLocation>;

export const SelectedCapabilityRoot = schema('SelectedCapabilityRoot', () =>
  z.object({ id: z.string(), location: CapabilityRootLocation() }),
);
export type SelectedCapabilityRoot = Out<typeof SelectedCapabilityRoot>;

export const DynamicToolFunctionSpec = schema('DynamicToolFunctionSpec', () =>
  z.object({ name: z.string(), description: z.string(), inputSchema: json(), deferLoading: opt(z.boolean()) }),
);
export type DynamicToolFunctionSpec = Out<typeof DynamicToolFunctionSpec>;

export const DynamicToolNamespaceTool = schema('DynamicToolNamespaceTool', () =>
  z.object({ ...DynamicToolFunctionSpec().shape, type: z.literal('function') }),
);
export type DynamicToolNamespaceTool = Out<typeof DynamicToolNamespaceTool>;

export const DynamicToolNamespaceSpec = schema('DynamicToolNamespaceSpec', () =>
  z.object({ name: z.string(), description: z.string(), tools: z.array(DynamicToolNamespaceTool()) }),
);
export type DynamicToolNamespaceSpec = Out<typeof DynamicToolNamespaceSpec>;

/** A tool, or a named group of tools, that the client runs. */
export const DynamicToolSpec = schema('DynamicToolSpec', () =>
  z.discriminatedUnion('type', [
    z.object({ ...DynamicToolFunctionSpec().shape, type: z.literal('function') }),
    z.object({ ...DynamicToolNamespaceSpec().shape, type: z.literal('namespace') }),
  ]),
);
export type DynamicToolSpec = Out<typeof DynamicToolSpec>;

/** An environment that a thread may use, with its working directory in that environment's notation. */
export const ThreadEnvironment = schema('ThreadEnvironment', () =>
  z.object({ environmentId: z.string(), cwd: z.string(), runtimeWorkspaceRoots: z.array(z.string()) }),
);
export type ThreadEnvironment = Out<typeof ThreadEnvironment>;

/** The lasting settings that the next turn of a thread starts with. */
export const ThreadSettings = schema('ThreadSettings', () =>
  z.object({
    disabledPluginIds: z.array(z.string()),
    cwd: z.string(),
    environments: experimental(z.nullable(z.array(ThreadEnvironment()))),
    approvalPolicy: AskForApproval(),
    approvalsReviewer: ApprovalsReviewer(),
    sandboxPolicy: SandboxPolicy(),
    activePermissionProfile: z.nullable(ActivePermissionProfile()),
    model: z.string(),
    modelProvider: z.string(),
    serviceTier: z.nullable(z.string()),
    effort: z.nullable(ReasoningEffort()),
    summary: z.nullable(ReasoningSummary()),
    collaborationMode: CollaborationMode(),
    multiAgentMode: experimental(MultiAgentMode()),
    personality: z.nullable(Personality()),
  }),
);
export type ThreadSettings = Out<typeof ThreadSettings>;

export const ThreadUnreadPosition = schema('ThreadUnreadPosition', () =>
  z.discriminatedUnion('type', [z.object({ type: z.literal('threadStart') }), z.object({ type: z.literal('turn'), turnId: z.string() })]),
);
export type ThreadUnreadPosition = Out<typeof ThreadUnreadPosition>;

/** What of a thread the user has seen; `revision` grows with every change. */
export const ThreadReadState = schema('ThreadReadState', () =>
  z.object({ firstUnread: z.nullable(ThreadUnreadPosition()), revision: z.string() }),
);
export type ThreadReadState = Out<typeof ThreadReadState>;

export const ThreadActiveFlag = schema('ThreadActiveFlag', () => z.enum(['waitingOnApproval', 'waitingOnUserInput']));
export type ThreadActiveFlag = Out<typeof ThreadActiveFlag>;

/** What a loaded thread is doing; `notLoaded` when it only exists on disk. */
export const ThreadStatus = schema('ThreadStatus', () =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('notLoaded') }),
    z.object({ type: z.literal('idle') }),
    z.object({ type: z.literal('systemError') }),
    z.object({ type: z.literal('active'), activeFlags: z.array(ThreadActiveFlag()) }),
  ]),
);
export type ThreadStatus = Out<typeof ThreadStatus>;

export const ThreadSectionAppearance = schema('ThreadSectionAppearance', () =>
  z.object({ icon: z._default(z.nullable(z.string()), null), color: z._default(z.nullable(z.string()), null) }),
);
export type ThreadSectionAppearance = Out<typeof ThreadSectionAppearance>;

export const ThreadSection = schema('ThreadSection', () =>
  z.object({ id: z.string(), name: z.string(), appearance: z.nullable(ThreadSectionAppearance()) }),
);
export type ThreadSection = Out<typeof ThreadSection>;

export const ThreadHistoryMode = schema('ThreadHistoryMode', () => z.enum(['legacy', 'paginated']));
export type ThreadHistoryMode = Out<typeof ThreadHistoryMode>;

export const SubAgentSource = schema('SubAgentSource', () =>
  z.union([
    z.enum(['review', 'compact']),
    z.object({
      thread_spawn: z.object({
        parent_thread_id: z.string(),
        depth: z.int32(),
        agent_path: z.nullable(z.string()),
        agent_nickname: z.nullable(z.string()),
        agent_role: z.nullable(z.string()),
      }),
    }),
    z.literal('memory_consolidation'),
    z.object({ other: z.string() }),
  ]),
);
export type SubAgentSource = Out<typeof SubAgentSource>;

/** What kind of program started a thread. */
export const SessionSource = schema('SessionSource', () =>
  z.union([
    z.enum(['cli', 'vscode', 'exec', 'appServer']),
    z.object({ custom: z.string() }),
    z.object({ subAgent: SubAgentSource() }),
    z.literal('unknown'),
  ]),
);
export type SessionSource = Out<typeof SessionSource>;

/** The state of the working tree when a thread started. */
export const GitInfo = schema('GitInfo', () =>
  z.object({ sha: z.nullable(z.string()), branch: z.nullable(z.string()), originUrl: z.nullable(z.string()) }),
);
export type GitInfo = Out<typeof GitInfo>;

/** A conversation. `turns` is filled only where a full history was asked for; times are Unix seconds. */
export const Thread = schema('Thread', () =>
  z.object({
    id: z.string(),
    environments: experimental(z.nullable(z.array(ThreadEnvironment()))),
    extra: experimental(z.nullable(z.object({}))),
    sessionId: z.string(),
    forkedFromId: z.nullable(z.string()),
    attachedToThreadId: experimental(z.nullable(z.string())),
    parentThreadId: z.nullable(z.string()),
    preview: z.string(),
    ephemeral: z.boolean(),
    section: z.nullable(ThreadSection()),
    sectionEnteredAt: z.nullable(int64()),
    projectId: z.nullable(z.string()),
    historyMode: ThreadHistoryMode(),
    modelProvider: z.string(),
    model: z.nullable(z.string()),
    reasoningEffort: z.nullable(ReasoningEffort()),
    createdAt: int64(),
    updatedAt: int64(),
    recencyAt: z.nullable(int64()),
    status: ThreadStatus(),
    path: z.nullable(z.string()),
    cwd: z.string(),
    cliVersion: z.string(),
    originator: z.nullable(z.string()),
    source: SessionSource(),
    canAcceptDirectInput: experimental(z.nullable(z.boolean())),
    threadSource: z.nullable(z.string()),
    agentNickname: z.nullable(z.string()),
    agentRole: z.nullable(z.string()),
    gitInfo: z.nullable(GitInfo()),
    name: z.nullable(z.string()),
    daybreakEnabled: experimental(z.nullable(z.boolean())),
    turns: z.array(Turn()),
  }),
);
export type Thread = Out<typeof Thread>;

export const ThreadResumeInitialTurnsPageParams = schema('ThreadResumeInitialTurnsPageParams', () =>
  z.object({ limit: opt(z.uint32()), sortDirection: opt(SortDirection()), itemsView: opt(TurnItemsView()) }),
);
export type ThreadResumeInitialTurnsPageParams = Out<typeof ThreadResumeInitialTurnsPageParams>;

export const ThreadStartSource = schema('ThreadStartSource', () => z.enum(['startup', 'clear']));
export type ThreadStartSource = Out<typeof ThreadStartSource>;

export const ThreadTokenUsage = schema('ThreadTokenUsage', () =>
  z.object({ total: TokenUsageBreakdown(), last: TokenUsageBreakdown(), modelContextWindow: z.nullable(int64()) }),
);
export type ThreadTokenUsage = Out<typeof ThreadTokenUsage>;

/** The settings that a thread may be opened with, whether it is new or stored. */
const openingOverrides = () => ({
  model: opt(z.string()),
  modelProvider: opt(z.string()),
  serviceTier: z.nullish(z.string()),
  cwd: opt(z.string()),
  runtimeWorkspaceRoots: experimental(opt(z.array(absolutePath()))),
  approvalPolicy: opt(AskForApproval()),
  approvalsReviewer: opt(ApprovalsReviewer()),
  sandbox: opt(SandboxMode()),
  permissions: experimental(opt(z.string())),
  config: opt(z.record(z.string(), z.unknown())),
  baseInstructions: opt(z.string()),
  developerInstructions: opt(z.string()),
});

export const ThreadStartParams = schema('ThreadStartParams', () =>
  z.object({
    ...openingOverrides(),
    allowProviderModelFallback: experimental(z._default(z.boolean(), false)),
    serviceName: opt(z.string()),
    personality: opt(Personality()),
    multiAgentMode: experimental(opt(MultiAgentMode())),
    ephemeral: opt(z.boolean()),
    historyMode: experimental(opt(ThreadHistoryMode())),
    sessionStartSource: opt(ThreadStartSource()),
    threadSource: opt(z.string()),
    projectId: experimental(opt(z.string())),
    daybreakEnabled: experimental(opt(z.boolean())),
    environments: experimental(opt(z.array(TurnEnvironmentParams()))),
    dynamicTools: experimental(opt(z.array(DynamicToolSpec()))),
    selectedCapabilityRoots: experimental(opt(z.array(SelectedCapabilityRoot()))),
    mockExperimentalField: experimental(opt(z.string())),
    experimentalRawEvents: experimental(z._default(z.boolean(), false)),
  }),
);
export type ThreadStartParams = Out<typeof ThreadStartParams>;

/** What every answer that opens a thread says of it. */
const openedThread = () => ({
  thread: Thread(),
  model: z.string(),
  modelProvider: z.string(),
  serviceTier: z.nullable(z.string()),
  disabledPluginIds: z.array(z.string()),
  cwd: z.string(),
  runtimeWorkspaceRoots: experimental(z.array(z.string())),
  instructionSources: z.array(z.string()),
  approvalPolicy: AskForApproval(),
  approvalsReviewer: ApprovalsReviewer(),
  sandbox: SandboxPolicy(),
  activePermissionProfile: experimental(z.nullable(ActivePermissionProfile())),
  reasoningEffort: z.nullable(ReasoningEffort()),
});

export const ThreadStartResponse = schema('ThreadStartResponse', () =>
  z.object({
    ...openedThread(),
    multiAgentMode: experimental(MultiAgentMode()),
  }),
);
export type ThreadStartResponse = Out<typeof ThreadStartResponse>;

export const ThreadResumeParams = schema('ThreadResumeParams', () =>
  z.object({
    threadId: z.string(),
    history: experimental(opt(z.array(ResponseItem()))),
    path: experimental(opt(pathString())),
    ...openingOverrides(),
    personality: opt(Personality()),
    excludeTurns: z._default(z.boolean(), false),
    initialTurnsPage: experimental(opt(ThreadResumeInitialTurnsPageParams())),
  }),
);
export type ThreadResumeParams = Out<typeof ThreadResumeParams>;

export const ThreadResumeResponse = schema('ThreadResumeResponse', () =>
  z.object({
    ...openedThread(),
    collaborationMode: z.nullable(CollaborationMode()),
    multiAgentMode: experimental(MultiAgentMode()),
    initialTurnsPage: experimental(z.nullable(TurnsPage())),
    turnsBackwardsCursor: z.nullable(z.string()),
    itemsBackwardsCursor: z.nullable(z.string()),
  }),
);
export type ThreadResumeResponse = Out<typeof ThreadResumeResponse>;

export const ThreadForkParams = schema('ThreadForkParams', () =>
  z.object({
    threadId: z.string(),
    experimentalPredictionMode: experimental(z._default(z.boolean(), false)),
    experimentalDisablePredictionMcp: experimental(z._default(z.boolean(), false)),
    lastTurnId: opt(z.string()),
    beforeTurnId: experimental(opt(z.string())),
    path: experimental(opt(pathString())),
    ...openingOverrides(),
    ephemeral: z._default(z.boolean(), false),
    attachToSource: experimental(z._default(z.boolean(), false)),
    threadSource: opt(z.string()),
    excludeTurns: z._default(z.boolean(), false),
    deferGoalContinuation: experimental(z._default(z.boolean(), false)),
  }),
);
export type ThreadForkParams = Out<typeof ThreadForkParams>;

export const ThreadForkResponse = schema('ThreadForkResponse', () =>
  z.object({
    ...openedThread(),
    multiAgentMode: experimental(MultiAgentMode()),
  }),
);
export type ThreadForkResponse = Out<typeof ThreadForkResponse>;

export const ThreadSettingsUpdateParams = schema('ThreadSettingsUpdateParams', () =>
  z.object({
    threadId: z.string(),
    disabledPluginIds: opt(z.array(z.string())),
    cwd: opt(pathString()),
    environments: opt(z.array(TurnEnvironmentParams())),
    approvalPolicy: opt(AskForApproval()),
    approvalsReviewer: opt(ApprovalsReviewer()),
    sandboxPolicy: opt(SandboxPolicy()),
    permissions: opt(z.string()),
    model: opt(z.string()),
    serviceTier: z.nullish(z.string()),
    effort: opt(ReasoningEffort()),
    summary: opt(ReasoningSummary()),
    collaborationMode: opt(CollaborationMode()),
    multiAgentMode: opt(MultiAgentMode()),
    personality: opt(Personality()),
  }),
);
export type ThreadSettingsUpdateParams = Out<typeof ThreadSettingsUpdateParams>;

export const ThreadStartedNotification = schema('ThreadStartedNotification', () => z.object({ thread: Thread() }));
export type ThreadStartedNotification = Out<typeof ThreadStartedNotification>;

export const EnvironmentConnectionNotification = schema('EnvironmentConnectionNotification', () =>
  z.object({ threadId: z.string(), environmentId: z.string() }),
);
export type EnvironmentConnectionNotification = Out<typeof EnvironmentConnectionNotification>;

export const ThreadSettingsUpdatedNotification = schema('ThreadSettingsUpdatedNotification', () =>
  z.object({ threadId: z.string(), threadSettings: ThreadSettings() }),
);
export type ThreadSettingsUpdatedNotification = Out<typeof ThreadSettingsUpdatedNotification>;

export const ThreadTokenUsageUpdatedNotification = schema('ThreadTokenUsageUpdatedNotification', () =>
  z.object({ threadId: z.string(), turnId: z.string(), tokenUsage: ThreadTokenUsage() }),
);
export type ThreadTokenUsageUpdatedNotification = Out<typeof ThreadTokenUsageUpdatedNotification>;

export const threadRequests = {
  'thread/start': request({
    doc: 'Starts a new thread and subscribes the caller to it.',
    params: ThreadStartParams,
    result: ThreadStartResponse,
  }),
  'thread/resume': request({
    doc: 'Loads a stored thread, subscribes the caller and repeats open questions.',
    params: ThreadResumeParams,
    result: ThreadResumeResponse,
    lane: inThreadOrPath,
  }),
  'thread/fork': request({
    doc: 'Copies a stored thread, whole or up to a turn, into a new one.',
    params: ThreadForkParams,
    result: ThreadForkResponse,
    lane: inThreadOrPath,
  }),
  'thread/settings/update': request({
    doc: 'Changes the lasting settings of a loaded thread between turns.',
    params: ThreadSettingsUpdateParams,
    result: Empty,
    lane: inThread,
    experimental: true,
  }),
} as const;

export const threadNotifications = {
  'thread/started': notification({ doc: 'A thread was started, forked or loaded.', params: ThreadStartedNotification }),
  'thread/environment/connected': notification({
    doc: 'An environment of a thread is reachable.',
    params: EnvironmentConnectionNotification,
  }),
  'thread/environment/disconnected': notification({
    doc: 'An environment of a thread is out of reach.',
    params: EnvironmentConnectionNotification,
  }),
  'thread/settings/updated': notification({ doc: 'Lasting settings of a thread changed.', params: ThreadSettingsUpdatedNotification }),
  'thread/tokenUsage/updated': notification({ doc: 'Tokens used by a thread so far.', params: ThreadTokenUsageUpdatedNotification }),
} as const;
