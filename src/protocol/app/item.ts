/** item */
import * as z from 'zod';
import { type Out, schema } from '../../rpc/contract.ts';
import { absolutePath, int64, json } from '../fields.ts';
import { DynamicToolCallOutputContentItem, FunctionCallOutputBody, MessagePhase, UserInput } from './content.ts';
import { ReasoningEffort } from './model-settings.ts';

export const PatchChangeKind = schema('PatchChangeKind', () =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('add') }),
    z.object({ type: z.literal('delete') }),
    z.object({ type: z.literal('update'), move_path: z.string().nullable() }),
  ]),
);
export type PatchChangeKind = Out<typeof PatchChangeKind>;

export const FileUpdateChange = schema('FileUpdateChange', () => z.object({ path: z.string(), kind: PatchChangeKind(), diff: z.string() }));
export type FileUpdateChange = Out<typeof FileUpdateChange>;

export const HookPromptFragment = schema('HookPromptFragment', () => z.object({ text: z.string(), hookRunId: z.string() }));
export type HookPromptFragment = Out<typeof HookPromptFragment>;

export const AgentMessageDisplay = schema('AgentMessageDisplay', () =>
  z.object({
    action: z.string(),
    blockType: z.string().nullable(),
    cyberTrustedAccess: z.boolean().nullable(),
    checkTrustedContacts: z.boolean().nullable(),
  }),
);
export type AgentMessageDisplay = Out<typeof AgentMessageDisplay>;

export const AgentMessageModeration = schema('AgentMessageModeration', () =>
  z.object({ moderated: z.boolean(), display: AgentMessageDisplay().nullable() }),
);
export type AgentMessageModeration = Out<typeof AgentMessageModeration>;

export const MemoryCitationEntry = schema('MemoryCitationEntry', () =>
  z.object({ path: z.string(), lineStart: z.uint32(), lineEnd: z.uint32(), note: z.string() }),
);
export type MemoryCitationEntry = Out<typeof MemoryCitationEntry>;

export const MemoryCitation = schema('MemoryCitation', () =>
  z.object({ entries: z.array(MemoryCitationEntry()), threadIds: z.array(z.string()) }),
);
export type MemoryCitation = Out<typeof MemoryCitation>;

export const AgentMessageDelivery = schema('AgentMessageDelivery', () => z.literal('async'));
export type AgentMessageDelivery = Out<typeof AgentMessageDelivery>;

export const AsyncUserInputQuestion = schema('AsyncUserInputQuestion', () =>
  z.object({ title: z.string(), options: z.array(z.string()).nullable() }),
);
export type AsyncUserInputQuestion = Out<typeof AsyncUserInputQuestion>;

export const CommandExecutionSource = schema('CommandExecutionSource', () =>
  z.enum(['agent', 'userShell', 'unifiedExecStartup', 'unifiedExecInteraction']),
);
export type CommandExecutionSource = Out<typeof CommandExecutionSource>;

export const CommandExecutionStatus = schema('CommandExecutionStatus', () => z.enum(['inProgress', 'completed', 'failed', 'declined']));
export type CommandExecutionStatus = Out<typeof CommandExecutionStatus>;

export const CommandAction = schema('CommandAction', () =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('read'), command: z.string(), name: z.string(), path: z.string() }),
    z.object({ type: z.literal('listFiles'), command: z.string(), path: z.string().nullable() }),
    z.object({ type: z.literal('search'), command: z.string(), query: z.string().nullable(), path: z.string().nullable() }),
    z.object({ type: z.literal('unknown'), command: z.string() }),
  ]),
);
export type CommandAction = Out<typeof CommandAction>;

export const PatchApplyStatus = schema('PatchApplyStatus', () => z.enum(['inProgress', 'completed', 'failed', 'declined']));
export type PatchApplyStatus = Out<typeof PatchApplyStatus>;

export const McpToolCallStatus = schema('McpToolCallStatus', () => z.enum(['inProgress', 'completed', 'failed']));
export type McpToolCallStatus = Out<typeof McpToolCallStatus>;

export const McpToolCallAppContext = schema('McpToolCallAppContext', () =>
  z.object({
    connectorId: z.string(),
    linkId: z.string().nullable(),
    resourceUri: z.string().nullable(),
    appName: z.string().nullable(),
    actionName: z.string().nullable(),
  }),
);
export type McpToolCallAppContext = Out<typeof McpToolCallAppContext>;

export const McpAppDisplayMode = schema('McpAppDisplayMode', () => z.enum(['inline', 'fullscreen']));
export type McpAppDisplayMode = Out<typeof McpAppDisplayMode>;

export const McpAppUi = schema('McpAppUi', () => z.object({ resourceUri: z.string(), preferredModelDisplayMode: McpAppDisplayMode() }));
export type McpAppUi = Out<typeof McpAppUi>;

export const McpToolCallResult = schema('McpToolCallResult', () =>
  z.object({ content: z.array(z.unknown()), structuredContent: json(), _meta: json() }),
);
export type McpToolCallResult = Out<typeof McpToolCallResult>;

export const McpToolCallError = schema('McpToolCallError', () => z.object({ message: z.string() }));
export type McpToolCallError = Out<typeof McpToolCallError>;

export const DynamicToolCallStatus = schema('DynamicToolCallStatus', () => z.enum(['inProgress', 'completed', 'failed']));
export type DynamicToolCallStatus = Out<typeof DynamicToolCallStatus>;

export const CollabAgentTool = schema('CollabAgentTool', () =>
  z.enum(['spawnAgent', 'sendInput', 'resumeAgent', 'wait', 'closeAgent', 'sendMessage', 'followupTask', 'interruptAgent', 'listAgents']),
);
export type CollabAgentTool = Out<typeof CollabAgentTool>;

export const CollabAgentToolCallStatus = schema('CollabAgentToolCallStatus', () =>
  z.enum(['inProgress', 'completed', 'failed', 'interrupted']),
);
export type CollabAgentToolCallStatus = Out<typeof CollabAgentToolCallStatus>;

export const CollabAgentStatus = schema('CollabAgentStatus', () =>
  z.enum(['pendingInit', 'running', 'interrupted', 'completed', 'errored', 'shutdown', 'notFound']),
);
export type CollabAgentStatus = Out<typeof CollabAgentStatus>;

export const CollabAgentState = schema('CollabAgentState', () => z.object({ status: CollabAgentStatus(), message: z.string().nullable() }));
export type CollabAgentState = Out<typeof CollabAgentState>;

export const SubAgentActivityKind = schema('SubAgentActivityKind', () => z.enum(['started', 'interacted', 'interrupted', 'completed']));
export type SubAgentActivityKind = Out<typeof SubAgentActivityKind>;

export const WebSearchAction = schema('WebSearchAction', () =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('search'), query: z.string().nullable(), queries: z.array(z.string()).nullable() }),
    z.object({ type: z.literal('openPage'), url: z.string().nullable() }),
    z.object({ type: z.literal('findInPage'), url: z.string().nullable(), pattern: z.string().nullable() }),
    z.object({ type: z.literal('other') }),
  ]),
);
export type WebSearchAction = Out<typeof WebSearchAction>;

export const WebSearchItem = schema('WebSearchItem', () =>
  z.object({ id: z.string(), query: z.string(), action: WebSearchAction().nullable(), results: z.array(z.unknown()).nullable() }),
);
export type WebSearchItem = Out<typeof WebSearchItem>;

export const SleepItem = schema('SleepItem', () => z.object({ id: z.string(), durationMs: z.number() }));
export type SleepItem = Out<typeof SleepItem>;

export const ImageGenerationFailure = schema('ImageGenerationFailure', () =>
  z.object({ type: z.literal('usageLimitExceeded'), limitId: z.string(), resetsAt: int64().nullable() }),
);
export type ImageGenerationFailure = Out<typeof ImageGenerationFailure>;

export const ImageGenerationInputImage = schema('ImageGenerationInputImage', () => z.object({ path: absolutePath(), sha256: z.string() }));
export type ImageGenerationInputImage = Out<typeof ImageGenerationInputImage>;

export const ThreadItem = schema('ThreadItem', () => {
  const common = { startedAtMs: int64().nullable(), completedAtMs: int64().nullable() };
  return z.discriminatedUnion('type', [
    z.object({ ...common, type: z.literal('userMessage'), id: z.string(), clientId: z.string().nullable(), content: z.array(UserInput()) }),
    z.object({ ...common, type: z.literal('hookPrompt'), id: z.string(), fragments: z.array(HookPromptFragment()) }),
    z.object({
      ...common,
      type: z.literal('agentMessage'),
      moderation: AgentMessageModeration().nullable(),
      id: z.string(),
      text: z.string(),
      phase: MessagePhase().nullable(),
      memoryCitation: MemoryCitation().nullable(),
      delivery: AgentMessageDelivery().nullable(),
      questions: z.array(AsyncUserInputQuestion()).nullable(),
    }),
    z.object({
      ...common,
      type: z.literal('functionCallOutput'),
      id: z.string(),
      name: z.string(),
      namespace: z.string().nullable(),
      output: FunctionCallOutputBody(),
    }),
    z.object({ ...common, type: z.literal('plan'), id: z.string(), text: z.string() }),
    z.object({ ...common, type: z.literal('reasoning'), id: z.string(), summary: z.array(z.string()), content: z.array(z.string()) }),
    z.object({
      ...common,
      type: z.literal('commandExecution'),
      id: z.string(),
      pluginId: z.string().nullable(),
      scriptPath: z.string().nullable(),
      command: z.string(),
      cwd: z.string(),
      processId: z.string().nullable(),
      source: CommandExecutionSource(),
      status: CommandExecutionStatus(),
      commandActions: z.array(CommandAction()),
      aggregatedOutput: z.string().nullable(),
      exitCode: z.int32().nullable(),
      durationMs: int64().nullable(),
    }),
    z.object({
      ...common,
      type: z.literal('fileChange'),
      id: z.string(),
      changes: z.array(FileUpdateChange()),
      status: PatchApplyStatus(),
    }),
    z.object({
      ...common,
      type: z.literal('mcpToolCall'),
      id: z.string(),
      server: z.string(),
      tool: z.string(),
      status: McpToolCallStatus(),
      arguments: json(),
      appContext: McpToolCallAppContext().nullable(),
      mcpAppResourceUri: z.string().optional(),
      mcpAppUi: McpAppUi().nullable(),
      pluginId: z.string().nullable(),
      readOnlyHint: z.boolean().nullable(),
      result: McpToolCallResult().nullable(),
      error: McpToolCallError().nullable(),
      durationMs: int64().nullable(),
    }),
    z.object({
      ...common,
      type: z.literal('dynamicToolCall'),
      id: z.string(),
      namespace: z.string().nullable(),
      tool: z.string(),
      arguments: json(),
      status: DynamicToolCallStatus(),
      contentItems: z.array(DynamicToolCallOutputContentItem()).nullable(),
      success: z.boolean().nullable(),
      durationMs: int64().nullable(),
    }),
    z.object({
      ...common,
      type: z.literal('collabAgentToolCall'),
      id: z.string(),
      tool: CollabAgentTool(),
      status: CollabAgentToolCallStatus(),
      senderThreadId: z.string(),
      receiverThreadIds: z.array(z.string()),
      prompt: z.string().nullable(),
      model: z.string().nullable(),
      reasoningEffort: ReasoningEffort().nullable(),
      agentsStates: z.record(z.string(), CollabAgentState()),
    }),
    z.object({
      ...common,
      type: z.literal('subAgentActivity'),
      model: z.string().nullable(),
      reasoningEffort: ReasoningEffort().nullable(),
      id: z.string(),
      kind: SubAgentActivityKind(),
      agentThreadId: z.string(),
      agentPath: z.string(),
    }),
    z.object({ ...common, ...WebSearchItem().shape, type: z.literal('webSearch') }),
    z.object({ ...common, type: z.literal('imageView'), id: z.string(), path: z.string() }),
    z.object({ ...common, ...SleepItem().shape, type: z.literal('sleep') }),
    z.object({
      ...common,
      type: z.literal('imageGeneration'),
      id: z.string(),
      status: z.string(),
      revisedPrompt: z.string().nullable(),
      transparentBackground: z.boolean().optional(),
      failure: ImageGenerationFailure().nullable(),
      savedPath: absolutePath().optional(),
      inputImages: z.array(ImageGenerationInputImage()).optional(),
      generationId: z.string().nullable(),
      fileId: z.string().optional(),
      result: z.string().optional(),
    }),
    z.object({ ...common, type: z.literal('enteredReviewMode'), id: z.string(), review: z.string() }),
    z.object({ ...common, type: z.literal('exitedReviewMode'), id: z.string(), review: z.string() }),
    z.object({ ...common, type: z.literal('contextCompaction'), id: z.string() }),
  ]);
});
export type ThreadItem = Out<typeof ThreadItem>;
