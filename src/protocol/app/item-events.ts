/** Notifications about items: start, growth and completion. */
import * as z from 'zod/mini';
import { notification, type Out, schema } from '../../rpc/contract.ts';
import { int64, json, uint } from '../fields.ts';
import { ResponseItem } from './content.ts';
import { FileUpdateChange, ThreadItem } from './item.ts';
import { TokenUsageBreakdown } from './turn.ts';

export const ResponseUsageMetadata = schema('ResponseUsageMetadata', () => z.object({ amount: z.nullable(z.string()), metadata: json() }));
export type ResponseUsageMetadata = Out<typeof ResponseUsageMetadata>;

export const ItemStartedNotification = schema('ItemStartedNotification', () =>
  z.object({ item: ThreadItem(), threadId: z.string(), turnId: z.string(), startedAtMs: int64() }),
);
export type ItemStartedNotification = Out<typeof ItemStartedNotification>;

export const ItemCompletedNotification = schema('ItemCompletedNotification', () =>
  z.object({ item: ThreadItem(), threadId: z.string(), turnId: z.string(), contentTokenCount: z.nullish(uint()), completedAtMs: int64() }),
);
export type ItemCompletedNotification = Out<typeof ItemCompletedNotification>;

export const RawResponseItemCompletedNotification = schema('RawResponseItemCompletedNotification', () =>
  z.object({ threadId: z.string(), turnId: z.string(), item: ResponseItem() }),
);
export type RawResponseItemCompletedNotification = Out<typeof RawResponseItemCompletedNotification>;

export const RawResponseCompletedNotification = schema('RawResponseCompletedNotification', () =>
  z.object({
    threadId: z.string(),
    turnId: z.string(),
    responseId: z.string(),
    usage: z.nullable(TokenUsageBreakdown()),
    usageMetadata: z.nullable(ResponseUsageMetadata()),
  }),
);
export type RawResponseCompletedNotification = Out<typeof RawResponseCompletedNotification>;

export const AgentMessageDeltaNotification = schema('AgentMessageDeltaNotification', () =>
  z.object({ threadId: z.string(), turnId: z.string(), itemId: z.string(), delta: z.string() }),
);
export type AgentMessageDeltaNotification = Out<typeof AgentMessageDeltaNotification>;

export const PlanDeltaNotification = schema('PlanDeltaNotification', () =>
  z.object({ threadId: z.string(), turnId: z.string(), itemId: z.string(), delta: z.string() }),
);
export type PlanDeltaNotification = Out<typeof PlanDeltaNotification>;

export const CommandExecutionOutputDeltaNotification = schema('CommandExecutionOutputDeltaNotification', () =>
  z.object({ threadId: z.string(), turnId: z.string(), itemId: z.string(), delta: z.string() }),
);
export type CommandExecutionOutputDeltaNotification = Out<typeof CommandExecutionOutputDeltaNotification>;

export const TerminalInteractionNotification = schema('TerminalInteractionNotification', () =>
  z.object({ threadId: z.string(), turnId: z.string(), itemId: z.string(), processId: z.string(), stdin: z.string() }),
);
export type TerminalInteractionNotification = Out<typeof TerminalInteractionNotification>;

export const FileChangeOutputDeltaNotification = schema('FileChangeOutputDeltaNotification', () =>
  z.object({ threadId: z.string(), turnId: z.string(), itemId: z.string(), delta: z.string() }),
);
export type FileChangeOutputDeltaNotification = Out<typeof FileChangeOutputDeltaNotification>;

export const FileChangePatchUpdatedNotification = schema('FileChangePatchUpdatedNotification', () =>
  z.object({ threadId: z.string(), turnId: z.string(), itemId: z.string(), changes: z.array(FileUpdateChange()) }),
);
export type FileChangePatchUpdatedNotification = Out<typeof FileChangePatchUpdatedNotification>;

export const McpToolCallProgressNotification = schema('McpToolCallProgressNotification', () =>
  z.object({ threadId: z.string(), turnId: z.string(), itemId: z.string(), message: z.string() }),
);
export type McpToolCallProgressNotification = Out<typeof McpToolCallProgressNotification>;

export const ReasoningSummaryTextDeltaNotification = schema('ReasoningSummaryTextDeltaNotification', () =>
  z.object({ threadId: z.string(), turnId: z.string(), itemId: z.string(), delta: z.string(), summaryIndex: int64() }),
);
export type ReasoningSummaryTextDeltaNotification = Out<typeof ReasoningSummaryTextDeltaNotification>;

export const ReasoningSummaryPartAddedNotification = schema('ReasoningSummaryPartAddedNotification', () =>
  z.object({ threadId: z.string(), turnId: z.string(), itemId: z.string(), summaryIndex: int64() }),
);
export type ReasoningSummaryPartAddedNotification = Out<typeof ReasoningSummaryPartAddedNotification>;

export const ReasoningTextDeltaNotification = schema('ReasoningTextDeltaNotification', () =>
  z.object({ threadId: z.string(), turnId: z.string(), itemId: z.string(), delta: z.string(), contentIndex: int64() }),
);
export type ReasoningTextDeltaNotification = Out<typeof ReasoningTextDeltaNotification>;

export const itemEventsNotifications = {
  'item/started': notification({ doc: 'An item began.', params: ItemStartedNotification }),
  'item/completed': notification({ doc: 'An item reached its final state.', params: ItemCompletedNotification }),
  'rawResponseItem/completed': notification({
    doc: "A raw item of the model's response.",
    params: RawResponseItemCompletedNotification,
    experimental: true,
  }),
  'rawResponse/completed': notification({
    doc: 'A raw response of the model ended.',
    params: RawResponseCompletedNotification,
    experimental: true,
  }),
  'item/agentMessage/delta': notification({ doc: 'More text of an agent message.', params: AgentMessageDeltaNotification }),
  'item/plan/delta': notification({ doc: 'More text of a plan.', params: PlanDeltaNotification }),
  'item/commandExecution/outputDelta': notification({ doc: 'Output of a command item.', params: CommandExecutionOutputDeltaNotification }),
  'item/commandExecution/terminalInteraction': notification({
    doc: 'The model wrote to a running terminal.',
    params: TerminalInteractionNotification,
  }),
  'item/fileChange/outputDelta': notification({
    doc: 'Output of the tool that applies a patch; no longer sent.',
    params: FileChangeOutputDeltaNotification,
  }),
  'item/fileChange/patchUpdated': notification({
    doc: 'More of a patch that the model is still writing.',
    params: FileChangePatchUpdatedNotification,
  }),
  'item/mcpToolCall/progress': notification({ doc: 'Progress of an MCP tool call.', params: McpToolCallProgressNotification }),
  'item/reasoning/summaryTextDelta': notification({
    doc: 'More text of a reasoning summary.',
    params: ReasoningSummaryTextDeltaNotification,
  }),
  'item/reasoning/summaryPartAdded': notification({
    doc: 'A new part of a reasoning summary begins.',
    params: ReasoningSummaryPartAddedNotification,
  }),
  'item/reasoning/textDelta': notification({ doc: 'More raw reasoning text.', params: ReasoningTextDeltaNotification }),
} as const;
