/** The items a turn is made of. */
import * as z from 'zod/mini';
import { type Out, schema } from '../../rpc/contract.ts';
import { int64, json } from '../fields.ts';
import { DynamicToolCallOutputContentItem, FunctionCallOutputBody, MessagePhase, UserInput } from './content.ts';
import { ReasoningEffort } from './model-settings.ts';

export const PatchChangeKind = schema('PatchChangeKind', () =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('add') }),
    z.object({ type: z.literal('delete') }),
    z.object({ type: z.literal('update'), move_path: z.nullable(z.string()) }),
  ]),
);
export type PatchChangeKind = Out<typeof PatchChangeKind>;

/** A changed file: the whole content for add and delete, a unified diff for update. */
export const FileUpdateChange = schema('FileUpdateChange', () => z.object({ path: z.string(), kind: PatchChangeKind(), diff: z.string() }));
export type FileUpdateChange = Out<typeof FileUpdateChange>;

export const HookPromptFragment = schema('HookPromptFragment', () => z.object({ text: z.string(), hookRunId: z.string() }));
export type HookPromptFragment = Out<typeof HookPromptFragment>;

export const AgentMessageDisplay = schema('AgentMessageDisplay', () =>
  z.object({
    action: z.string(),
    blockType: z.nullable(z.string()),
    cyberTrustedAccess: z.nullable(z.boolean()),
    checkTrustedContacts: z.nullable(z.boolean()),
  }),
);
export type AgentMessageDisplay = Out<typeof AgentMessageDisplay>;

export const AgentMessageModeration = schema('AgentMessageModeration', () =>
  z.object({ moderated: z.boolean(), display: z.nullable(AgentMessageDisplay()) }),
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
  z.object({ title: z.string(), options: z.nullable(z.array(z.string())) }),
);
export type AsyncUserInputQuestion = Out<typeof AsyncUserInputQuestion>;

export const CommandExecutionSource = schema('CommandExecutionSource', () =>
  z.enum(['agent', 'userShell', 'unifiedExecStartup', 'unifiedExecInteraction']),
);
export type CommandExecutionSource = Out<typeof CommandExecutionSource>;

export const CommandExecutionStatus = schema('CommandExecutionStatus', () => z.enum(['inProgress', 'completed', 'failed', 'declined']));
export type CommandExecutionStatus = Out<typeof CommandExecutionStatus>;

/** What a command does, as far as it can be recognised. */
export const CommandAction = schema('CommandAction', () =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('read'), command: z.string(), name: z.string(), path: z.string() }),
    z.object({ type: z.literal('listFiles'), command: z.string(), path: z.nullable(z.string()) }),
    z.object({ type: z.literal('search'), command: z.string(), query: z.nullable(z.string()), path: z.nullable(z.string()) }),
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
    linkId: z.nullable(z.string()),
    resourceUri: z.nullable(z.string()),
    appName: z.nullable(z.string()),
    actionName: z.nullable(z.string()),
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

export const CollabAgentState = schema('CollabAgentState', () =>
  z.object({ status: CollabAgentStatus(), message: z.nullable(z.string()) }),
);
export type CollabAgentState = Out<typeof CollabAgentState>;

export const SubAgentActivityKind = schema('SubAgentActivityKind', () => z.enum(['started', 'interacted', 'interrupted', 'completed']));
export type SubAgentActivityKind = Out<typeof SubAgentActivityKind>;

export const WebSearchAction = schema('WebSearchAction', () =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('search'), query: z.nullable(z.string()), queries: z.nullable(z.array(z.string())) }),
    z.object({ type: z.literal('openPage'), url: z.nullable(z.string()) }),
    z.object({ type: z.literal('findInPage'), url: z.nullable(z.string()), pattern: z.nullable(z.string()) }),
    z.object({ type: z.literal('other') }),
  ]),
);
export type WebSearchAction = Out<typeof WebSearchAction>;

export const WebSearchItem = schema('WebSearchItem', () =>
  z.object({ id: z.string(), query: z.string(), action: z.nullable(WebSearchAction()), results: z.nullable(z.array(z.unknown())) }),
);
export type WebSearchItem = Out<typeof WebSearchItem>;

export const SleepItem = schema('SleepItem', () => z.object({ id: z.string(), durationMs: int64() }));
export type SleepItem = Out<typeof SleepItem>;

export const ImageGenerationFailure = schema('ImageGenerationFailure', () =>
  z.object({ type: z.literal('usageLimitExceeded'), limitId: z.string(), resetsAt: z.nullable(int64()) }),
);
export type ImageGenerationFailure = Out<typeof ImageGenerationFailure>;

export const ImageGenerationInputImage = schema('ImageGenerationInputImage', () => z.object({ path: z.string(), sha256: z.string() }));
export type ImageGenerationInputImage = Out<typeof ImageGenerationInputImage>;

/** One thing that happened in a turn. Times are Unix milliseconds, null while unknown. */
export const ThreadItem = schema('ThreadItem', () => {
  const common = { startedAtMs: z.nullable(int64()), completedAtMs: z.nullable(int64()) };
  return z.discriminatedUnion('type', [
    z.object({
      ...common,
      type: z.literal('userMessage'),
      id: z.string(),
      clientId: z.nullable(z.string()),
      content: z.array(UserInput()),
    }),
    z.object({ ...common, type: z.literal('hookPrompt'), id: z.string(), fragments: z.array(HookPromptFragment()) }),
    z.object({
      ...common,
      type: z.literal('agentMessage'),
      moderation: z.nullable(AgentMessageModeration()),
      id: z.string(),
      text: z.string(),
      phase: z.nullable(MessagePhase()),
      memoryCitation: z.nullable(MemoryCitation()),
      delivery: z.nullable(AgentMessageDelivery()),
      questions: z.nullable(z.array(AsyncUserInputQuestion())),
    }),
    z.object({
      ...common,
      type: z.literal('functionCallOutput'),
      id: z.string(),
      name: z.string(),
      namespace: z.nullable(z.string()),
      output: FunctionCallOutputBody(),
    }),
    z.object({ ...common, type: z.literal('plan'), id: z.string(), text: z.string() }),
    z.object({ ...common, type: z.literal('reasoning'), id: z.string(), summary: z.array(z.string()), content: z.array(z.string()) }),
    z.object({
      ...common,
      type: z.literal('commandExecution'),
      id: z.string(),
      pluginId: z.nullable(z.string()),
      scriptPath: z.nullable(z.string()),
      command: z.string(),
      cwd: z.string(),
      processId: z.nullable(z.string()),
      source: CommandExecutionSource(),
      status: CommandExecutionStatus(),
      commandActions: z.array(CommandAction()),
      aggregatedOutput: z.nullable(z.string()),
      exitCode: z.nullable(z.int32()),
      durationMs: z.nullable(int64()),
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
      appContext: z.nullable(McpToolCallAppContext()),
      mcpAppResourceUri: z.nullish(z.string()),
      mcpAppUi: z.nullable(McpAppUi()),
      pluginId: z.nullable(z.string()),
      readOnlyHint: z.nullable(z.boolean()),
      result: z.nullable(McpToolCallResult()),
      error: z.nullable(McpToolCallError()),
      durationMs: z.nullable(int64()),
    }),
    z.object({
      ...common,
      type: z.literal('dynamicToolCall'),
      id: z.string(),
      namespace: z.nullable(z.string()),
      tool: z.string(),
      arguments: json(),
      status: DynamicToolCallStatus(),
      contentItems: z.nullable(z.array(DynamicToolCallOutputContentItem())),
      success: z.nullable(z.boolean()),
      durationMs: z.nullable(int64()),
    }),
    z.object({
      ...common,
      type: z.literal('collabAgentToolCall'),
      id: z.string(),
      tool: CollabAgentTool(),
      status: CollabAgentToolCallStatus(),
      senderThreadId: z.string(),
      receiverThreadIds: z.array(z.string()),
      prompt: z.nullable(z.string()),
      model: z.nullable(z.string()),
      reasoningEffort: z.nullable(ReasoningEffort()),
      agentsStates: z.record(z.string(), CollabAgentState()),
    }),
    z.object({
      ...common,
      type: z.literal('subAgentActivity'),
      model: z.nullable(z.string()),
      reasoningEffort: z.nullable(ReasoningEffort()),
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
      revisedPrompt: z.nullable(z.string()),
      transparentBackground: z.nullish(z.boolean()),
      failure: z.nullable(ImageGenerationFailure()),
      savedPath: z.nullish(z.string()),
      inputImages: z.optional(z.array(ImageGenerationInputImage())),
      generationId: z.nullable(z.string()),
      fileId: z.optional(z.string()),
      result: z.optional(z.string()),
    }),
    z.object({ ...common, type: z.literal('enteredReviewMode'), id: z.string(), review: z.string() }),
    z.object({ ...common, type: z.literal('exitedReviewMode'), id: z.string(), review: z.string() }),
    z.object({ ...common, type: z.literal('contextCompaction'), id: z.string() }),
  ]);
});
export type ThreadItem = Out<typeof ThreadItem>;
