/** The app protocol: every row of every resource, and all that other folders may know of the contract. */
import { accountNotifications, accountRequests, accountServerRequests } from './account.ts';
import { accountProviderNotifications, accountProviderRequests } from './account-provider.ts';
import { accountUsageNotifications, accountUsageRequests } from './account-usage.ts';
import { appNotifications, appRequests } from './app.ts';
import { approvalNotifications, approvalServerRequests } from './approval.ts';
import { commandNotifications, commandRequests } from './command.ts';
import { configRequests } from './config.ts';
import { configRequirementsRequests } from './config-requirements.ts';
import { connectionClientNotifications, connectionRequests, connectionServerRequests } from './connection.ts';
import { elicitationServerRequests } from './elicitation.ts';
import { environmentRequests } from './environment.ts';
import { externalAgentNotifications, externalAgentRequests } from './external-agent.ts';
import { feedbackRequests } from './feedback.ts';
import { fsNotifications, fsRequests } from './fs.ts';
import { grantRequests } from './grant.ts';
import { guardianNotifications, guardianRequests } from './guardian.ts';
import { hookNotifications, hookRequests } from './hook.ts';
import { itemEventsNotifications } from './item-events.ts';
import { legacyRequests } from './legacy.ts';
import { marketplaceRequests } from './marketplace.ts';
import { mcpNotifications, mcpRequests } from './mcp.ts';
import { memoryRequests } from './memory.ts';
import { clientMethodOrder, inOrder } from './method-order.ts';
import { modelNotifications, modelRequests } from './model.ts';
import { modelProviderNotifications, modelProviderRequests } from './model-provider.ts';
import { noticeNotifications } from './notice.ts';
import { pluginRequests } from './plugin.ts';
import { pluginShareRequests } from './plugin-share.ts';
import { processNotifications, processRequests } from './process.ts';
import { projectNotifications, projectRequests } from './project.ts';
import { realtimeNotifications, realtimeRequests } from './realtime.ts';
import { remoteControlNotifications, remoteControlRequests } from './remote-control.ts';
import { reviewRequests } from './review.ts';
import { searchNotifications, searchRequests } from './search.ts';
import { skillNotifications, skillRequests } from './skill.ts';
import { threadNotifications, threadRequests } from './thread.ts';
import { threadAttachmentNotifications, threadAttachmentRequests } from './thread-attachment.ts';
import { threadGoalNotifications, threadGoalRequests } from './thread-goal.ts';
import { threadListNotifications, threadListRequests } from './thread-list.ts';
import { threadQueueNotifications, threadQueueRequests } from './thread-queue.ts';
import { threadSectionNotifications, threadSectionRequests } from './thread-section.ts';
import { threadStoreNotifications, threadStoreRequests } from './thread-store.ts';
import { threadToolsNotifications, threadToolsRequests } from './thread-tools.ts';
import { toolServerRequests } from './tool.ts';
import { turnNotifications, turnRequests } from './turn.ts';
import { userVerificationRequests } from './user-verification.ts';
import { windowsSandboxNotifications, windowsSandboxRequests } from './windows-sandbox.ts';

export type { Caller, CallOptions, Handlers, In, Notifier, Out, Slice } from '../../rpc/contract.ts';
export * from './account.ts';
export * from './account-provider.ts';
export * from './account-usage.ts';
export * from './app.ts';
export * from './approval.ts';
export * from './command.ts';
export * from './config.ts';
export * from './config-requirements.ts';
export * from './connection.ts';
export * from './content.ts';
export * from './elicitation.ts';
export * from './environment.ts';
export * from './external-agent.ts';
export * from './feedback.ts';
export * from './fs.ts';
export * from './grant.ts';
export * from './guardian.ts';
export * from './hook.ts';
export * from './item.ts';
export * from './item-events.ts';
export * from './legacy.ts';
export * from './marketplace.ts';
export * from './mcp.ts';
export * from './memory.ts';
export * from './model.ts';
export * from './model-provider.ts';
export * from './model-settings.ts';
export * from './notice.ts';
export * from './plugin.ts';
export * from './plugin-model.ts';
export * from './plugin-share.ts';
export * from './policy.ts';
export * from './process.ts';
export * from './project.ts';
export * from './realtime.ts';
export * from './remote-control.ts';
export * from './review.ts';
export * from './search.ts';
export * from './skill.ts';
export * from './thread.ts';
export * from './thread-attachment.ts';
export * from './thread-goal.ts';
export * from './thread-list.ts';
export * from './thread-queue.ts';
export * from './thread-section.ts';
export * from './thread-store.ts';
export * from './thread-tools.ts';
export * from './tool.ts';
export * from './turn.ts';
export * from './user-verification.ts';
export * from './windows-sandbox.ts';

// Spelled out as names: declaration files then refer to the rows instead of repeating all of them.
export type ClientRequests = typeof connectionRequests &
  typeof accountRequests &
  typeof searchRequests &
  typeof legacyRequests &
  typeof configRequests &
  typeof externalAgentRequests &
  typeof skillRequests &
  typeof processRequests &
  typeof commandRequests &
  typeof feedbackRequests &
  typeof accountUsageRequests &
  typeof accountProviderRequests &
  typeof windowsSandboxRequests &
  typeof mcpRequests &
  typeof environmentRequests &
  typeof remoteControlRequests &
  typeof modelProviderRequests &
  typeof modelRequests &
  typeof reviewRequests &
  typeof threadListRequests &
  typeof realtimeRequests &
  typeof turnRequests &
  typeof pluginRequests &
  typeof fsRequests &
  typeof appRequests &
  typeof pluginShareRequests &
  typeof marketplaceRequests &
  typeof hookRequests &
  typeof grantRequests &
  typeof guardianRequests &
  typeof threadToolsRequests &
  typeof threadSectionRequests &
  typeof threadRequests &
  typeof projectRequests &
  typeof threadStoreRequests &
  typeof memoryRequests &
  typeof threadAttachmentRequests &
  typeof threadQueueRequests &
  typeof threadGoalRequests &
  typeof userVerificationRequests &
  typeof configRequirementsRequests;
export type ClientNotifications = typeof connectionClientNotifications;
export type ServerRequests = typeof approvalServerRequests &
  typeof connectionServerRequests &
  typeof accountServerRequests &
  typeof toolServerRequests &
  typeof elicitationServerRequests;
export type ServerNotifications = typeof approvalNotifications &
  typeof accountNotifications &
  typeof searchNotifications &
  typeof externalAgentNotifications &
  typeof skillNotifications &
  typeof processNotifications &
  typeof commandNotifications &
  typeof accountUsageNotifications &
  typeof accountProviderNotifications &
  typeof windowsSandboxNotifications &
  typeof mcpNotifications &
  typeof remoteControlNotifications &
  typeof modelProviderNotifications &
  typeof modelNotifications &
  typeof threadListNotifications &
  typeof realtimeNotifications &
  typeof turnNotifications &
  typeof fsNotifications &
  typeof appNotifications &
  typeof hookNotifications &
  typeof guardianNotifications &
  typeof threadToolsNotifications &
  typeof threadSectionNotifications &
  typeof threadNotifications &
  typeof projectNotifications &
  typeof threadStoreNotifications &
  typeof threadAttachmentNotifications &
  typeof threadQueueNotifications &
  typeof threadGoalNotifications &
  typeof noticeNotifications &
  typeof itemEventsNotifications;

export interface AppProtocol {
  readonly clientRequests: ClientRequests;
  readonly clientNotifications: ClientNotifications;
  readonly serverRequests: ServerRequests;
  readonly serverNotifications: ServerNotifications;
}

const clientRequests: ClientRequests = inOrder(
  {
    ...connectionRequests,
    ...accountRequests,
    ...searchRequests,
    ...legacyRequests,
    ...configRequests,
    ...externalAgentRequests,
    ...skillRequests,
    ...processRequests,
    ...commandRequests,
    ...feedbackRequests,
    ...accountUsageRequests,
    ...accountProviderRequests,
    ...windowsSandboxRequests,
    ...mcpRequests,
    ...environmentRequests,
    ...remoteControlRequests,
    ...modelProviderRequests,
    ...modelRequests,
    ...reviewRequests,
    ...threadListRequests,
    ...realtimeRequests,
    ...turnRequests,
    ...pluginRequests,
    ...fsRequests,
    ...appRequests,
    ...pluginShareRequests,
    ...marketplaceRequests,
    ...hookRequests,
    ...grantRequests,
    ...guardianRequests,
    ...threadToolsRequests,
    ...threadSectionRequests,
    ...threadRequests,
    ...projectRequests,
    ...threadStoreRequests,
    ...memoryRequests,
    ...threadAttachmentRequests,
    ...threadQueueRequests,
    ...threadGoalRequests,
    ...userVerificationRequests,
    ...configRequirementsRequests,
  } as const,
  clientMethodOrder,
);
const clientNotifications: ClientNotifications = { ...connectionClientNotifications } as const;
const serverRequests: ServerRequests = {
  ...approvalServerRequests,
  ...connectionServerRequests,
  ...accountServerRequests,
  ...toolServerRequests,
  ...elicitationServerRequests,
} as const;
const serverNotifications: ServerNotifications = {
  ...approvalNotifications,
  ...accountNotifications,
  ...searchNotifications,
  ...externalAgentNotifications,
  ...skillNotifications,
  ...processNotifications,
  ...commandNotifications,
  ...accountUsageNotifications,
  ...accountProviderNotifications,
  ...windowsSandboxNotifications,
  ...mcpNotifications,
  ...remoteControlNotifications,
  ...modelProviderNotifications,
  ...modelNotifications,
  ...threadListNotifications,
  ...realtimeNotifications,
  ...turnNotifications,
  ...fsNotifications,
  ...appNotifications,
  ...hookNotifications,
  ...guardianNotifications,
  ...threadToolsNotifications,
  ...threadSectionNotifications,
  ...threadNotifications,
  ...projectNotifications,
  ...threadStoreNotifications,
  ...threadAttachmentNotifications,
  ...threadQueueNotifications,
  ...threadGoalNotifications,
  ...noticeNotifications,
  ...itemEventsNotifications,
} as const;

export const appProtocol: AppProtocol = { clientRequests, clientNotifications, serverRequests, serverNotifications };
