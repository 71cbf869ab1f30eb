// Generated from the rows of the protocol. Do not edit.

import type {
  AccountLoginCompletedNotification,
  AccountRateLimitsUpdatedNotification,
  AccountSessionsListParams,
  AccountSessionsResponse,
  AccountSessionsSwitchParams,
  AccountSessionsSwitchResponse,
  AccountUpdatedNotification,
  AgentMessageDeltaNotification,
  AppListUpdatedNotification,
  ApplyPatchApprovalParams,
  ApplyPatchApprovalResponse,
  AppsInstalledParams,
  AppsInstalledResponse,
  AppsListParams,
  AppsListResponse,
  AppsReadParams,
  AppsReadResponse,
  AttestationGenerateResponse,
  AuthRecoveryNotification,
  BedrockCheckGovCloudRequirementsResponse,
  BedrockDiscoverResponse,
  BedrockSetupParams,
  CancelLoginAccountParams,
  CancelLoginAccountResponse,
  ChatgptAuthTokensRefreshParams,
  ChatgptAuthTokensRefreshResponse,
  CollaborationModeListResponse,
  CommandExecOutputDeltaNotification,
  CommandExecParams,
  CommandExecResizeParams,
  CommandExecResponse,
  CommandExecTerminateParams,
  CommandExecWriteParams,
  CommandExecutionOutputDeltaNotification,
  CommandExecutionRequestApprovalParams,
  CommandExecutionRequestApprovalResponse,
  ConfigBatchWriteParams,
  ConfigReadParams,
  ConfigReadResponse,
  ConfigRequirementsReadResponse,
  ConfigValueWriteParams,
  ConfigWarningNotification,
  ConfigWriteResponse,
  ConsumeAccountRateLimitResetCreditParams,
  ConsumeAccountRateLimitResetCreditResponse,
  ContextCompactedNotification,
  CurrentTimeReadParams,
  CurrentTimeReadResponse,
  DeprecationNoticeNotification,
  DynamicToolCallParams,
  DynamicToolCallResponse,
  Empty,
  EnvironmentAddParams,
  EnvironmentConnectionNotification,
  EnvironmentInfoParams,
  EnvironmentInfoResponse,
  EnvironmentStatusParams,
  EnvironmentStatusResponse,
  ErrorNotification,
  ExecCommandApprovalParams,
  ExecCommandApprovalResponse,
  ExperimentalFeatureEnablementSetParams,
  ExperimentalFeatureEnablementSetResponse,
  ExperimentalFeatureListParams,
  ExperimentalFeatureListResponse,
  ExternalAgentConfigDetectParams,
  ExternalAgentConfigDetectResponse,
  ExternalAgentConfigImportCompletedNotification,
  ExternalAgentConfigImportHistoriesReadResponse,
  ExternalAgentConfigImportHistoryRecordParams,
  ExternalAgentConfigImportHistoryRecordResponse,
  ExternalAgentConfigImportParams,
  ExternalAgentConfigImportProgressNotification,
  ExternalAgentConfigImportResponse,
  FeedbackSaveParams,
  FeedbackSaveResponse,
  FeedbackUploadParams,
  FeedbackUploadResponse,
  FileChangeOutputDeltaNotification,
  FileChangePatchUpdatedNotification,
  FileChangeRequestApprovalParams,
  FileChangeRequestApprovalResponse,
  FsChangedNotification,
  FsCopyParams,
  FsCreateDirectoryParams,
  FsGetMetadataParams,
  FsGetMetadataResponse,
  FsReadDirectoryParams,
  FsReadDirectoryResponse,
  FsReadFileParams,
  FsReadFileResponse,
  FsRemoveParams,
  FsUnwatchParams,
  FsWatchParams,
  FsWatchResponse,
  FsWriteFileParams,
  FuzzyFileSearchParams,
  FuzzyFileSearchResponse,
  FuzzyFileSearchSessionCompletedNotification,
  FuzzyFileSearchSessionStartParams,
  FuzzyFileSearchSessionStopParams,
  FuzzyFileSearchSessionUpdateParams,
  FuzzyFileSearchSessionUpdatedNotification,
  GatewayOAuthChangedNotification,
  GatewayOAuthLoginParams,
  GatewayOAuthLoginResponse,
  GatewayOAuthReadParams,
  GatewayOAuthReadResponse,
  GcpSetupParams,
  GetAccountParams,
  GetAccountRateLimitsParams,
  GetAccountRateLimitsResponse,
  GetAccountResponse,
  GetAccountSecuritySetupResponse,
  GetAccountTokenUsageParams,
  GetAccountTokenUsageResponse,
  GetAuthStatusParams,
  GetAuthStatusResponse,
  GetConversationSummaryParams,
  GetConversationSummaryResponse,
  GetWorkspaceMessagesResponse,
  GitDiffToRemoteParams,
  GitDiffToRemoteResponse,
  GuardianWarningNotification,
  HookCompletedNotification,
  HookStartedNotification,
  HooksListParams,
  HooksListResponse,
  InitializeParams,
  InitializeResponse,
  ItemCompletedNotification,
  ItemGuardianApprovalReviewCompletedNotification,
  ItemGuardianApprovalReviewStartedNotification,
  ItemStartedNotification,
  ListMcpServerStatusParams,
  ListMcpServerStatusResponse,
  LoginAccountParams,
  LoginAccountResponse,
  MarketplaceAddParams,
  MarketplaceAddResponse,
  MarketplaceRemoveParams,
  MarketplaceRemoveResponse,
  MarketplaceUpgradeParams,
  MarketplaceUpgradeResponse,
  McpResourceReadParams,
  McpResourceReadResponse,
  McpServerElicitationRequestParams,
  McpServerElicitationRequestResponse,
  McpServerEventStreamNotification,
  McpServerEventStreamStartParams,
  McpServerEventStreamStopParams,
  McpServerOauthCallbackParams,
  McpServerOauthCancelParams,
  McpServerOauthCancelResponse,
  McpServerOauthLoginCompletedNotification,
  McpServerOauthLoginParams,
  McpServerOauthLoginResponse,
  McpServerOauthLogoutParams,
  McpServerOauthLogoutResponse,
  McpServerStatusUpdatedNotification,
  McpServerToolCallParams,
  McpServerToolCallResponse,
  McpToolCallProgressNotification,
  MemoryStatusParams,
  MemoryStatusResponse,
  MockExperimentalMethodParams,
  MockExperimentalMethodResponse,
  ModelListParams,
  ModelListResponse,
  ModelProviderCapabilitiesReadResponse,
  ModelProviderConfigWriteParams,
  ModelProviderConfigWriteResponse,
  ModelProviderListResponse,
  ModelReroutedNotification,
  ModelSafetyBufferingUpdatedNotification,
  ModelVerificationNotification,
  NoParams,
  PermissionProfileListParams,
  PermissionProfileListResponse,
  PermissionsRequestApprovalParams,
  PermissionsRequestApprovalResponse,
  PlanDeltaNotification,
  PluginInstallParams,
  PluginInstallResponse,
  PluginInstalledParams,
  PluginInstalledResponse,
  PluginListParams,
  PluginListResponse,
  PluginReadParams,
  PluginReadResponse,
  PluginReconcileParams,
  PluginReconcileResponse,
  PluginSearchParams,
  PluginSearchResponse,
  PluginShareCheckoutParams,
  PluginShareCheckoutResponse,
  PluginShareDeleteParams,
  PluginShareListResponse,
  PluginShareSaveParams,
  PluginShareSaveResponse,
  PluginShareUpdateTargetsParams,
  PluginShareUpdateTargetsResponse,
  PluginSkillReadParams,
  PluginSkillReadResponse,
  PluginUninstallParams,
  ProcessExitedNotification,
  ProcessKillParams,
  ProcessOutputDeltaNotification,
  ProcessResizePtyParams,
  ProcessSpawnParams,
  ProcessWriteStdinParams,
  ProjectChangedNotification,
  ProjectCreateParams,
  ProjectCreateResponse,
  ProjectDeleteParams,
  ProjectImportParams,
  ProjectImportResponse,
  ProjectListParams,
  ProjectListResponse,
  ProjectMoveParams,
  ProjectReadParams,
  ProjectReadResponse,
  ProjectUpdateParams,
  ProjectUpdateResponse,
  RawResponseCompletedNotification,
  RawResponseItemCompletedNotification,
  ReasoningSummaryPartAddedNotification,
  ReasoningSummaryTextDeltaNotification,
  ReasoningTextDeltaNotification,
  RemoteControlClientsListParams,
  RemoteControlClientsListResponse,
  RemoteControlClientsRevokeParams,
  RemoteControlDisableParams,
  RemoteControlDisableResponse,
  RemoteControlEnableParams,
  RemoteControlEnableResponse,
  RemoteControlPairingStartParams,
  RemoteControlPairingStartResponse,
  RemoteControlPairingStatusParams,
  RemoteControlPairingStatusResponse,
  RemoteControlStatusChangedNotification,
  RemoteControlStatusReadResponse,
  ReviewStartParams,
  ReviewStartResponse,
  SendAddCreditsNudgeEmailParams,
  SendAddCreditsNudgeEmailResponse,
  ServerDiagnosticsResponse,
  ServerRequestResolvedNotification,
  SkillsConfigWriteParams,
  SkillsConfigWriteResponse,
  SkillsExtraRootsSetParams,
  SkillsListParams,
  SkillsListResponse,
  StrictReviewRequiredNotification,
  TerminalInteractionNotification,
  ThreadApproveGuardianDeniedActionParams,
  ThreadArchiveParams,
  ThreadArchivedNotification,
  ThreadAttachmentAddParams,
  ThreadAttachmentAddResponse,
  ThreadAttachmentListParams,
  ThreadAttachmentListResponse,
  ThreadAttachmentOwnerListParams,
  ThreadAttachmentOwnerListResponse,
  ThreadAttachmentRemoveParams,
  ThreadAttachmentUpdatedNotification,
  ThreadBackgroundTerminalsCleanParams,
  ThreadBackgroundTerminalsListParams,
  ThreadBackgroundTerminalsListResponse,
  ThreadBackgroundTerminalsTerminateParams,
  ThreadBackgroundTerminalsTerminateResponse,
  ThreadClosedNotification,
  ThreadCompactStartParams,
  ThreadDecrementElicitationParams,
  ThreadDecrementElicitationResponse,
  ThreadDeleteParams,
  ThreadDeletedNotification,
  ThreadForkParams,
  ThreadForkResponse,
  ThreadGoalClearParams,
  ThreadGoalClearResponse,
  ThreadGoalClearedNotification,
  ThreadGoalGetParams,
  ThreadGoalGetResponse,
  ThreadGoalSetParams,
  ThreadGoalSetResponse,
  ThreadGoalUpdatedNotification,
  ThreadGrantsListParams,
  ThreadGrantsListResponse,
  ThreadGrantsRevokeParams,
  ThreadGrantsRevokeResponse,
  ThreadGuardianReviewParams,
  ThreadGuardianReviewResponse,
  ThreadIncrementElicitationParams,
  ThreadIncrementElicitationResponse,
  ThreadInjectItemsParams,
  ThreadItemsListParams,
  ThreadItemsListResponse,
  ThreadItemsReadParams,
  ThreadItemsReadResponse,
  ThreadListParams,
  ThreadListResponse,
  ThreadLoadedListParams,
  ThreadLoadedListResponse,
  ThreadMemoryModeSetParams,
  ThreadMemoryReadParams,
  ThreadMemoryReadResponse,
  ThreadMetadataUpdateParams,
  ThreadMetadataUpdateResponse,
  ThreadNameUpdatedNotification,
  ThreadPredictionRequestParams,
  ThreadPredictionUpdatedNotification,
  ThreadPrepareApprovedPlanParams,
  ThreadPrepareApprovedPlanResponse,
  ThreadProjectUpdatedNotification,
  ThreadQueueAddParams,
  ThreadQueueAddResponse,
  ThreadQueueChangedNotification,
  ThreadQueueDeleteParams,
  ThreadQueueDeleteResponse,
  ThreadQueueListParams,
  ThreadQueueListResponse,
  ThreadQueueReorderParams,
  ThreadQueueStartParams,
  ThreadQueueStartResponse,
  ThreadQueueUpdateParams,
  ThreadQueueUpdateResponse,
  ThreadReadParams,
  ThreadReadResponse,
  ThreadReadStateChangedNotification,
  ThreadReadStateUpdateParams,
  ThreadReadStateUpdateResponse,
  ThreadRealtimeAppendAudioParams,
  ThreadRealtimeAppendSpeechParams,
  ThreadRealtimeAppendTextParams,
  ThreadRealtimeClosedNotification,
  ThreadRealtimeErrorNotification,
  ThreadRealtimeItemAddedNotification,
  ThreadRealtimeItemCompletedNotification,
  ThreadRealtimeItemStartedNotification,
  ThreadRealtimeItemTranscriptDeltaNotification,
  ThreadRealtimeListVoicesResponse,
  ThreadRealtimeOutputAudioDeltaNotification,
  ThreadRealtimeSdpNotification,
  ThreadRealtimeStartParams,
  ThreadRealtimeStartedNotification,
  ThreadRealtimeStopParams,
  ThreadRealtimeTranscriptDeltaNotification,
  ThreadRealtimeTranscriptDoneNotification,
  ThreadResumeParams,
  ThreadResumeResponse,
  ThreadRevertParams,
  ThreadRevertResponse,
  ThreadRevertedNotification,
  ThreadSampleCancelParams,
  ThreadSampleParams,
  ThreadSampleResponse,
  ThreadSearchOccurrencesParams,
  ThreadSearchOccurrencesResponse,
  ThreadSearchParams,
  ThreadSearchResponse,
  ThreadSectionChangedNotification,
  ThreadSectionCreateParams,
  ThreadSectionCreateResponse,
  ThreadSectionDeleteParams,
  ThreadSectionListParams,
  ThreadSectionListResponse,
  ThreadSectionMoveParams,
  ThreadSectionUpdateParams,
  ThreadSectionUpdateResponse,
  ThreadSetNameParams,
  ThreadSettingsUpdateParams,
  ThreadSettingsUpdatedNotification,
  ThreadShellCommandParams,
  ThreadStartParams,
  ThreadStartResponse,
  ThreadStartedNotification,
  ThreadStatusChangedNotification,
  ThreadTimelineListParams,
  ThreadTimelineListResponse,
  ThreadTokenUsageUpdatedNotification,
  ThreadTurnsListParams,
  ThreadTurnsListResponse,
  ThreadUnarchiveParams,
  ThreadUnarchiveResponse,
  ThreadUnarchivedNotification,
  ThreadUnsubscribeParams,
  ThreadUnsubscribeResponse,
  ToolRequestUserInputParams,
  ToolRequestUserInputResponse,
  TurnCompletedNotification,
  TurnDiffUpdatedNotification,
  TurnInterruptParams,
  TurnModerationMetadataNotification,
  TurnPlanUpdatedNotification,
  TurnSettingsUpdateParams,
  TurnSettingsUpdateResponse,
  TurnStartParams,
  TurnStartResponse,
  TurnStartedNotification,
  TurnSteerParams,
  TurnSteerResponse,
  UserVerificationCancelParams,
  UserVerificationEnrollResponse,
  UserVerificationStatusResponse,
  UserVerificationVerifyParams,
  UserVerificationVerifyResponse,
  WarningNotification,
  WindowsSandboxReadinessResponse,
  WindowsSandboxSetupCompletedNotification,
  WindowsSandboxSetupStartParams,
  WindowsSandboxSetupStartResponse,
  WindowsWorldWritableWarningNotification,
} from './types.ts';

export interface ClientRequests {
  /** Opens the connection: who the client is and what it can do. Must come first. */
  'initialize': { params: InitializeParams; result: InitializeResponse };
  /** Counters and sizes of the running server, for support. Experimental. */
  'server/diagnostics': { params: Empty; result: ServerDiagnosticsResponse };
  /** Tells whether a verification device is enrolled and usable. Experimental. */
  'userVerification/status': { params: Empty; result: UserVerificationStatusResponse };
  /** Enrols the device that confirms sensitive actions. Experimental. */
  'userVerification/enroll': { params: Empty; result: UserVerificationEnrollResponse };
  /** Removes the enrolled device. Experimental. */
  'userVerification/delete': { params: Empty; result: Empty };
  /** Asks the enrolled device to confirm one action. Experimental. */
  'userVerification/verify': { params: UserVerificationVerifyParams; result: UserVerificationVerifyResponse };
  /** Withdraws a pending verification. Experimental. */
  'userVerification/cancel': { params: UserVerificationCancelParams; result: Empty };
  /** Starts a new thread and subscribes the caller to it. */
  'thread/start': { params: ThreadStartParams; result: ThreadStartResponse };
  /** Loads a stored thread, subscribes the caller and repeats open questions. */
  'thread/resume': { params: ThreadResumeParams; result: ThreadResumeResponse };
  /** Copies a stored thread, whole or up to a turn, into a new one. */
  'thread/fork': { params: ThreadForkParams; result: ThreadForkResponse };
  /** Asks the model one side question about a thread without recording it. Experimental. */
  'thread/sample': { params: ThreadSampleParams; result: ThreadSampleResponse };
  /** Stops a side question. Experimental. */
  'thread/sample/cancel': { params: ThreadSampleCancelParams; result: Empty };
  /** Moves a thread and its descendants to the archive. */
  'thread/archive': { params: ThreadArchiveParams; result: Empty };
  /** Removes a thread from disk and from the index. */
  'thread/delete': { params: ThreadDeleteParams; result: Empty };
  /** Stops sending the thread's turn and item notifications to the caller. */
  'thread/unsubscribe': { params: ThreadUnsubscribeParams; result: ThreadUnsubscribeResponse };
  /** Pauses the thread's time-outs while the client shows a dialog. Experimental. */
  'thread/increment_elicitation': { params: ThreadIncrementElicitationParams; result: ThreadIncrementElicitationResponse };
  /** Ends one such pause. Experimental. */
  'thread/decrement_elicitation': { params: ThreadDecrementElicitationParams; result: ThreadDecrementElicitationResponse };
  /** Names a thread. */
  'thread/name/set': { params: ThreadSetNameParams; result: Empty };
  /** Asks for a guess at the user's next message. Experimental. */
  'thread/prediction/request': { params: ThreadPredictionRequestParams; result: Empty };
  /** Sets or changes the goal a thread works towards. */
  'thread/goal/set': { params: ThreadGoalSetParams; result: ThreadGoalSetResponse };
  /** Reads the goal of a thread. */
  'thread/goal/get': { params: ThreadGoalGetParams; result: ThreadGoalGetResponse };
  /** Removes the goal of a thread. */
  'thread/goal/clear': { params: ThreadGoalClearParams; result: ThreadGoalClearResponse };
  /** Queues input that starts a turn when the running one ends. Experimental. */
  'thread/queue/add': { params: ThreadQueueAddParams; result: ThreadQueueAddResponse };
  /** Lists queued input, oldest first. Experimental. */
  'thread/queue/list': { params: ThreadQueueListParams; result: ThreadQueueListResponse };
  /** Replaces one queued entry. Experimental. */
  'thread/queue/update': { params: ThreadQueueUpdateParams; result: ThreadQueueUpdateResponse };
  /** Drops one queued entry. Experimental. */
  'thread/queue/delete': { params: ThreadQueueDeleteParams; result: ThreadQueueDeleteResponse };
  /** Changes the order of queued entries. Experimental. */
  'thread/queue/reorder': { params: ThreadQueueReorderParams; result: Empty };
  /** Starts a turn from a queued entry now. Experimental. */
  'thread/queue/start': { params: ThreadQueueStartParams; result: ThreadQueueStartResponse };
  /** Changes stored facts of a thread: git state, project. */
  'thread/metadata/update': { params: ThreadMetadataUpdateParams; result: ThreadMetadataUpdateResponse };
  /** Attaches an external object to a thread. */
  'thread/attachment/add': { params: ThreadAttachmentAddParams; result: ThreadAttachmentAddResponse };
  /** Lists the attachments of a thread. */
  'thread/attachment/list': { params: ThreadAttachmentListParams; result: ThreadAttachmentListResponse };
  /** Lists the threads that hold a given attachment. */
  'thread/attachmentOwner/list': { params: ThreadAttachmentOwnerListParams; result: ThreadAttachmentOwnerListResponse };
  /** Detaches an object from a thread. */
  'thread/attachment/remove': { params: ThreadAttachmentRemoveParams; result: Empty };
  /** Puts a thread into a section, or takes it out. */
  'thread/section/move': { params: ThreadSectionMoveParams; result: Empty };
  /** Changes the lasting settings of a loaded thread between turns. Experimental. */
  'thread/settings/update': { params: ThreadSettingsUpdateParams; result: Empty };
  /** Allows or forbids that memories are made from a thread. Experimental. */
  'thread/memoryMode/set': { params: ThreadMemoryModeSetParams; result: Empty };
  /** Reads the memory made from a thread. Experimental. */
  'thread/memory/read': { params: ThreadMemoryReadParams; result: ThreadMemoryReadResponse };
  /** Tells whether memories exist and are enabled. Experimental. */
  'memory/status': { params: MemoryStatusParams; result: MemoryStatusResponse };
  /** Deletes all memories. Experimental. */
  'memory/reset': { params?: NoParams; result: Empty };
  /** Compresses stored histories. Experimental. */
  'rollout/compress': { params?: NoParams; result: Empty };
  /** Takes a thread out of the archive. */
  'thread/unarchive': { params: ThreadUnarchiveParams; result: ThreadUnarchiveResponse };
  /** Starts a turn that shortens the model's view of the history. */
  'thread/compact/start': { params: ThreadCompactStartParams; result: Empty };
  /** Runs a command of the user inside the thread, outside the sandbox. */
  'thread/shellCommand': { params: ThreadShellCommandParams; result: Empty };
  /** Lets an action pass that the automatic reviewer refused. */
  'thread/approveGuardianDeniedAction': { params: ThreadApproveGuardianDeniedActionParams; result: Empty };
  /** Ends every background terminal of a thread. Experimental. */
  'thread/backgroundTerminals/clean': { params: ThreadBackgroundTerminalsCleanParams; result: Empty };
  /** Lists the background terminals of a thread. Experimental. */
  'thread/backgroundTerminals/list': { params: ThreadBackgroundTerminalsListParams; result: ThreadBackgroundTerminalsListResponse };
  /** Ends one background terminal. Experimental. */
  'thread/backgroundTerminals/terminate': { params: ThreadBackgroundTerminalsTerminateParams; result: ThreadBackgroundTerminalsTerminateResponse };
  /** Drops a turn and all later ones from a thread. */
  'thread/revert': { params: ThreadRevertParams; result: ThreadRevertResponse };
  /** Lists stored threads, page by page. */
  'thread/list': { params: ThreadListParams; result: ThreadListResponse };
  /** Lists projects. Experimental. */
  'project/list': { params: ProjectListParams; result: ProjectListResponse };
  /** Reads one project. Experimental. */
  'project/read': { params: ProjectReadParams; result: ProjectReadResponse };
  /** Creates a project. Experimental. */
  'project/create': { params: ProjectCreateParams; result: ProjectCreateResponse };
  /** Creates or matches projects from directories the client knows. Experimental. */
  'project/import': { params: ProjectImportParams; result: ProjectImportResponse };
  /** Changes a project. Experimental. */
  'project/update': { params: ProjectUpdateParams; result: ProjectUpdateResponse };
  /** Changes the position of a project. Experimental. */
  'project/move': { params: ProjectMoveParams; result: Empty };
  /** Deletes a project; its threads stay. Experimental. */
  'project/delete': { params: ProjectDeleteParams; result: Empty };
  /** Lists the sections threads are grouped in. */
  'threadSection/list': { params: ThreadSectionListParams; result: ThreadSectionListResponse };
  /** Creates a section. */
  'threadSection/create': { params: ThreadSectionCreateParams; result: ThreadSectionCreateResponse };
  /** Renames or restyles a section. */
  'threadSection/update': { params: ThreadSectionUpdateParams; result: ThreadSectionUpdateResponse };
  /** Deletes a section; its threads stay. */
  'threadSection/delete': { params: ThreadSectionDeleteParams; result: Empty };
  /** Finds threads by their text. Experimental. */
  'thread/search': { params: ThreadSearchParams; result: ThreadSearchResponse };
  /** Finds the places of a text inside one thread. Experimental. */
  'thread/searchOccurrences': { params: ThreadSearchOccurrencesParams; result: ThreadSearchOccurrencesResponse };
  /** Lists the ids of the threads in memory. */
  'thread/loaded/list': { params: ThreadLoadedListParams; result: ThreadLoadedListResponse };
  /** Reads a thread without loading or subscribing. */
  'thread/read': { params: ThreadReadParams; result: ThreadReadResponse };
  /** Marks a thread read or unread. Experimental. */
  'thread/readState/update': { params: ThreadReadStateUpdateParams; result: ThreadReadStateUpdateResponse };
  /** Lists the turns of a thread, newest first. */
  'thread/turns/list': { params: ThreadTurnsListParams; result: ThreadTurnsListResponse };
  /** Lists the items of a thread or turn, oldest first. */
  'thread/items/list': { params: ThreadItemsListParams; result: ThreadItemsListResponse };
  /** Reads one item in full. Experimental. */
  'thread/items/read': { params: ThreadItemsReadParams; result: ThreadItemsReadResponse };
  /** Asks the automatic reviewer to judge a thread's action. Experimental. */
  'thread/guardianReview': { params: ThreadGuardianReviewParams; result: ThreadGuardianReviewResponse };
  /** Adds raw model items to the history without showing them. */
  'thread/inject_items': { params: ThreadInjectItemsParams; result: Empty };
  /** Stores an approved plan for the turn that carries it out. Experimental. */
  'thread/prepareApprovedPlan': { params: ThreadPrepareApprovedPlanParams; result: ThreadPrepareApprovedPlanResponse };
  /** Lists the skills found for the given directories. */
  'skills/list': { params: SkillsListParams; result: SkillsListResponse };
  /** Sets further directories to look for skills in. */
  'skills/extraRoots/set': { params: SkillsExtraRootsSetParams; result: Empty };
  /** Lists configured hooks and whether they are trusted. */
  'hooks/list': { params: HooksListParams; result: HooksListResponse };
  /** Adds a plugin marketplace. */
  'marketplace/add': { params: MarketplaceAddParams; result: MarketplaceAddResponse };
  /** Removes a plugin marketplace. */
  'marketplace/remove': { params: MarketplaceRemoveParams; result: MarketplaceRemoveResponse };
  /** Refreshes plugin marketplaces. */
  'marketplace/upgrade': { params: MarketplaceUpgradeParams; result: MarketplaceUpgradeResponse };
  /** Lists marketplaces and their plugins. */
  'plugin/list': { params: PluginListParams; result: PluginListResponse };
  /** Finds plugins by text. Experimental. */
  'plugin/search': { params: PluginSearchParams; result: PluginSearchResponse };
  /** Lists the plugins that are installed. */
  'plugin/installed': { params: PluginInstalledParams; result: PluginInstalledResponse };
  /** Brings installed plugins in line with what is configured. */
  'plugin/reconcile': { params: PluginReconcileParams; result: PluginReconcileResponse };
  /** Reads one plugin in detail. */
  'plugin/read': { params: PluginReadParams; result: PluginReadResponse };
  /** Reads one skill of a plugin. */
  'plugin/skill/read': { params: PluginSkillReadParams; result: PluginSkillReadResponse };
  /** Publishes a plugin for others. */
  'plugin/share/save': { params: PluginShareSaveParams; result: PluginShareSaveResponse };
  /** Changes who may use a shared plugin. */
  'plugin/share/updateTargets': { params: PluginShareUpdateTargetsParams; result: PluginShareUpdateTargetsResponse };
  /** Lists the plugins shared by the user. */
  'plugin/share/list': { params: Empty; result: PluginShareListResponse };
  /** Copies a shared plugin for editing. */
  'plugin/share/checkout': { params: PluginShareCheckoutParams; result: PluginShareCheckoutResponse };
  /** Stops sharing a plugin. */
  'plugin/share/delete': { params: PluginShareDeleteParams; result: Empty };
  /** Reads apps in detail. */
  'app/read': { params: AppsReadParams; result: AppsReadResponse };
  /** Lists the apps a user can connect. */
  'app/list': { params: AppsListParams; result: AppsListResponse };
  /** Lists the apps that are connected. */
  'app/installed': { params: AppsInstalledParams; result: AppsInstalledResponse };
  /** Reads a whole file. */
  'fs/readFile': { params: FsReadFileParams; result: FsReadFileResponse };
  /** Writes a whole file. */
  'fs/writeFile': { params: FsWriteFileParams; result: Empty };
  /** Creates a directory. */
  'fs/createDirectory': { params: FsCreateDirectoryParams; result: Empty };
  /** Reads kind and times of a path. */
  'fs/getMetadata': { params: FsGetMetadataParams; result: FsGetMetadataResponse };
  /** Lists a directory. */
  'fs/readDirectory': { params: FsReadDirectoryParams; result: FsReadDirectoryResponse };
  /** Removes a file or directory. */
  'fs/remove': { params: FsRemoveParams; result: Empty };
  /** Copies a file or directory. */
  'fs/copy': { params: FsCopyParams; result: Empty };
  /** Reports changes below a path until unwatched. */
  'fs/watch': { params: FsWatchParams; result: FsWatchResponse };
  /** Ends a watch. */
  'fs/unwatch': { params: FsUnwatchParams; result: Empty };
  /** Switches a skill on or off. */
  'skills/config/write': { params: SkillsConfigWriteParams; result: SkillsConfigWriteResponse };
  /** Installs a plugin. */
  'plugin/install': { params: PluginInstallParams; result: PluginInstallResponse };
  /** Removes an installed plugin. */
  'plugin/uninstall': { params: PluginUninstallParams; result: Empty };
  /** Adds user input and begins a turn, or steers the running one. */
  'turn/start': { params: TurnStartParams; result: TurnStartResponse };
  /** Changes settings of the running turn. Experimental. */
  'turn/settings/update': { params: TurnSettingsUpdateParams; result: TurnSettingsUpdateResponse };
  /** Adds user input to the running turn. */
  'turn/steer': { params: TurnSteerParams; result: TurnSteerResponse };
  /** Ends the running turn; answers when it has ended. */
  'turn/interrupt': { params: TurnInterruptParams; result: Empty };
  /** Opens a voice session on a thread. Experimental. */
  'thread/realtime/start': { params: ThreadRealtimeStartParams; result: Empty };
  /** Sends audio to the voice session. Experimental. */
  'thread/realtime/appendAudio': { params: ThreadRealtimeAppendAudioParams; result: Empty };
  /** Sends text to the voice session. Experimental. */
  'thread/realtime/appendText': { params: ThreadRealtimeAppendTextParams; result: Empty };
  /** Has the voice session speak a text. Experimental. */
  'thread/realtime/appendSpeech': { params: ThreadRealtimeAppendSpeechParams; result: Empty };
  /** Closes the voice session. Experimental. */
  'thread/realtime/stop': { params: ThreadRealtimeStopParams; result: Empty };
  /** Walks backwards through everything that happened in a thread. Experimental. */
  'thread/timeline/list': { params: ThreadTimelineListParams; result: ThreadTimelineListResponse };
  /** Lists the voices on offer. Experimental. */
  'thread/realtime/listVoices': { params: Empty; result: ThreadRealtimeListVoicesResponse };
  /** Starts a turn that reviews changes. */
  'review/start': { params: ReviewStartParams; result: ReviewStartResponse };
  /** Lists the models on offer. */
  'model/list': { params: ModelListParams; result: ModelListResponse };
  /** Reads the sign-in state of a model gateway. */
  'account/gatewayOAuth/read': { params?: GatewayOAuthReadParams; result: GatewayOAuthReadResponse };
  /** Signs in to a model gateway. */
  'account/gatewayOAuth/login': { params?: GatewayOAuthLoginParams; result: GatewayOAuthLoginResponse };
  /** Withdraws a gateway sign-in. */
  'account/gatewayOAuth/cancel': { params?: NoParams; result: Empty };
  /** Lists the configured model providers. */
  'modelProvider/list': { params: Empty; result: ModelProviderListResponse };
  /** Stores the settings of a model provider. */
  'modelProvider/config/write': { params: ModelProviderConfigWriteParams; result: ModelProviderConfigWriteResponse };
  /** Tells what the current model provider supports. */
  'modelProvider/capabilities/read': { params: Empty; result: ModelProviderCapabilitiesReadResponse };
  /** Lists feature flags and their state. */
  'experimentalFeature/list': { params: ExperimentalFeatureListParams; result: ExperimentalFeatureListResponse };
  /** Lists the permission profiles on offer. */
  'permissionProfile/list': { params: PermissionProfileListParams; result: PermissionProfileListResponse };
  /** Switches feature flags for this server process. */
  'experimentalFeature/enablement/set': { params: ExperimentalFeatureEnablementSetParams; result: ExperimentalFeatureEnablementSetResponse };
  /** Lets other devices control this server. Experimental. */
  'remoteControl/enable': { params?: RemoteControlEnableParams; result: RemoteControlEnableResponse };
  /** Ends control by other devices. Experimental. */
  'remoteControl/disable': { params?: RemoteControlDisableParams; result: RemoteControlDisableResponse };
  /** Reads the remote control state. Experimental. */
  'remoteControl/status/read': { params?: NoParams; result: RemoteControlStatusReadResponse };
  /** Starts pairing another device. Experimental. */
  'remoteControl/pairing/start': { params: RemoteControlPairingStartParams; result: RemoteControlPairingStartResponse };
  /** Tells how a pairing goes. Experimental. */
  'remoteControl/pairing/status': { params: RemoteControlPairingStatusParams; result: RemoteControlPairingStatusResponse };
  /** Lists paired devices. Experimental. */
  'remoteControl/client/list': { params: RemoteControlClientsListParams; result: RemoteControlClientsListResponse };
  /** Removes a paired device. Experimental. */
  'remoteControl/client/revoke': { params: RemoteControlClientsRevokeParams; result: Empty };
  /** Lists the collaboration modes. Experimental. */
  'collaborationMode/list': { params: Empty; result: CollaborationModeListResponse };
  /** Echoes its input; exists to test the experimental gate. Experimental. */
  'mock/experimentalMethod': { params: MockExperimentalMethodParams; result: MockExperimentalMethodResponse };
  /** Registers a remote environment by the address of its exec-server. Experimental. */
  'environment/add': { params: EnvironmentAddParams; result: Empty };
  /** Reads shell and working directory of an environment. Experimental. */
  'environment/info': { params: EnvironmentInfoParams; result: EnvironmentInfoResponse };
  /** Tells whether an environment is reachable. Experimental. */
  'environment/status': { params: EnvironmentStatusParams; result: EnvironmentStatusResponse };
  /** Starts the OAuth sign-in of an MCP server. */
  'mcpServer/oauth/login': { params: McpServerOauthLoginParams; result: McpServerOauthLoginResponse };
  /** Reads the MCP configuration again and applies it to loaded threads. */
  'config/mcpServer/reload': { params?: NoParams; result: Empty };
  /** Lists MCP servers with their tools and sign-in state. */
  'mcpServerStatus/list': { params: ListMcpServerStatusParams; result: ListMcpServerStatusResponse };
  /** Reads a resource of an MCP server. */
  'mcpServer/resource/read': { params: McpResourceReadParams; result: McpResourceReadResponse };
  /** Subscribes to an event stream of an MCP server. Experimental. */
  'mcpServer/event/stream/start': { params: McpServerEventStreamStartParams; result: Empty };
  /** Ends such a subscription. Experimental. */
  'mcpServer/event/stream/stop': { params: McpServerEventStreamStopParams; result: Empty };
  /** Calls a tool of an MCP server on behalf of the client. */
  'mcpServer/tool/call': { params: McpServerToolCallParams; result: McpServerToolCallResponse };
  /** Prepares the Windows sandbox. */
  'windowsSandbox/setupStart': { params: WindowsSandboxSetupStartParams; result: WindowsSandboxSetupStartResponse };
  /** Tells whether the Windows sandbox is ready. */
  'windowsSandbox/readiness': { params?: NoParams; result: WindowsSandboxReadinessResponse };
  /** Signs in with a key, a browser or a device code. */
  'account/login/start': { params: LoginAccountParams; result: LoginAccountResponse };
  /** Finds credentials for Amazon Bedrock. Experimental. */
  'account/bedrock/discover': { params: Empty; result: BedrockDiscoverResponse };
  /** Selects credentials for Amazon Bedrock. Experimental. */
  'account/bedrock/setup': { params: BedrockSetupParams; result: Empty };
  /** Selects credentials for Google Cloud. Experimental. */
  'account/gcp/setup': { params: GcpSetupParams; result: Empty };
  /** Checks what government regions of Bedrock ask for. Experimental. */
  'account/bedrock/checkGovCloudRequirements': { params: Empty; result: BedrockCheckGovCloudRequirementsResponse };
  /** Withdraws a sign-in in progress. */
  'account/login/cancel': { params: CancelLoginAccountParams; result: CancelLoginAccountResponse };
  /** Lists the accounts signed in on this machine. Experimental. */
  'accountSession/list': { params: AccountSessionsListParams; result: AccountSessionsResponse };
  /** Changes to another signed-in account. Experimental. */
  'accountSession/switch': { params: AccountSessionsSwitchParams; result: AccountSessionsSwitchResponse };
  /** Signs out and forgets the credentials. */
  'account/logout': { params?: NoParams; result: Empty };
  /** Reads open security steps of the account. */
  'account/securitySetup/read': { params?: NoParams; result: GetAccountSecuritySetupResponse };
  /** Reads the account's rate limits. */
  'account/rateLimits/read': { params?: GetAccountRateLimitsParams; result: GetAccountRateLimitsResponse };
  /** Spends a credit that resets a rate limit. */
  'account/rateLimitResetCredit/consume': { params: ConsumeAccountRateLimitResetCreditParams; result: ConsumeAccountRateLimitResetCreditResponse };
  /** Reads the account's token usage. */
  'account/usage/read': { params?: GetAccountTokenUsageParams; result: GetAccountTokenUsageResponse };
  /** Reads messages of the account's workspace. */
  'account/workspaceMessages/read': { params?: NoParams; result: GetWorkspaceMessagesResponse };
  /** Asks the workspace owner for credits. */
  'account/sendAddCreditsNudgeEmail': { params: SendAddCreditsNudgeEmailParams; result: SendAddCreditsNudgeEmailResponse };
  /** Sends feedback, with logs if wanted. */
  'feedback/upload': { params: FeedbackUploadParams; result: FeedbackUploadResponse };
  /** Stores a feedback bundle on this machine. */
  'feedback/save': { params: FeedbackSaveParams; result: FeedbackSaveResponse };
  /** Runs one command outside any thread; answers when it has ended. */
  'command/exec': { params: CommandExecParams; result: CommandExecResponse };
  /** Writes to the stdin of a command, or closes it. */
  'command/exec/write': { params: CommandExecWriteParams; result: Empty };
  /** Ends a command. */
  'command/exec/terminate': { params: CommandExecTerminateParams; result: Empty };
  /** Changes the terminal size of a command. */
  'command/exec/resize': { params: CommandExecResizeParams; result: Empty };
  /** Starts a process without sandbox; output and exit come as notifications. Experimental. */
  'process/spawn': { params: ProcessSpawnParams; result: Empty };
  /** Writes to the stdin of a process, or closes it. Experimental. */
  'process/writeStdin': { params: ProcessWriteStdinParams; result: Empty };
  /** Ends a process. Experimental. */
  'process/kill': { params: ProcessKillParams; result: Empty };
  /** Changes the terminal size of a process. Experimental. */
  'process/resizePty': { params: ProcessResizePtyParams; result: Empty };
  /** Reads the effective configuration and where it comes from. */
  'config/read': { params: ConfigReadParams; result: ConfigReadResponse };
  /** Looks for configurations of other agents to import. */
  'externalAgentConfig/detect': { params: ExternalAgentConfigDetectParams; result: ExternalAgentConfigDetectResponse };
  /** Imports configurations of another agent. */
  'externalAgentConfig/import': { params: ExternalAgentConfigImportParams; result: ExternalAgentConfigImportResponse };
  /** Records what an import did. */
  'externalAgentConfig/import/recordHistory': { params: ExternalAgentConfigImportHistoryRecordParams; result: ExternalAgentConfigImportHistoryRecordResponse };
  /** Reads what earlier imports did. */
  'externalAgentConfig/import/readHistories': { params?: NoParams; result: ExternalAgentConfigImportHistoriesReadResponse };
  /** Writes one value of the user's configuration. */
  'config/value/write': { params: ConfigValueWriteParams; result: ConfigWriteResponse };
  /** Writes several values of the user's configuration at once. */
  'config/batchWrite': { params: ConfigBatchWriteParams; result: ConfigWriteResponse };
  /** Reads what an administrator requires of the configuration. */
  'configRequirements/read': { params?: NoParams; result: ConfigRequirementsReadResponse };
  /** Reads who is signed in. */
  'account/read': { params: GetAccountParams; result: GetAccountResponse };
  /** Summary of a stored conversation; old name. */
  'getConversationSummary': { params: GetConversationSummaryParams; result: GetConversationSummaryResponse };
  /** Diff of a working tree to its closest remote commit. */
  'gitDiffToRemote': { params: GitDiffToRemoteParams; result: GitDiffToRemoteResponse };
  /** How requests are authenticated; old name. */
  'getAuthStatus': { params: GetAuthStatusParams; result: GetAuthStatusResponse };
  /** Finds files by an approximate name, once. */
  'fuzzyFileSearch': { params: FuzzyFileSearchParams; result: FuzzyFileSearchResponse };
  /** Opens a file search that is refined while the user types. Experimental. */
  'fuzzyFileSearch/sessionStart': { params: FuzzyFileSearchSessionStartParams; result: Empty };
  /** Changes the query of a file search. Experimental. */
  'fuzzyFileSearch/sessionUpdate': { params: FuzzyFileSearchSessionUpdateParams; result: Empty };
  /** Closes a file search. Experimental. */
  'fuzzyFileSearch/sessionStop': { params: FuzzyFileSearchSessionStopParams; result: Empty };
  /** Ends a sign-in with the address at which the browser ended up, copied by the user: for a browser that cannot reach this machine. Experimental. */
  'mcpServer/oauth/callback': { params: McpServerOauthCallbackParams; result: Empty };
  /** Gives up a sign-in; it is reported as ended. Experimental. */
  'mcpServer/oauth/cancel': { params: McpServerOauthCancelParams; result: McpServerOauthCancelResponse };
  /** Forgets the sign-in of an MCP server; threads start the server anew. Experimental. */
  'mcpServer/oauth/logout': { params: McpServerOauthLogoutParams; result: McpServerOauthLogoutResponse };
  /** Lists what the user granted to a thread beyond its settings. Experimental. */
  'thread/grants/list': { params: ThreadGrantsListParams; result: ThreadGrantsListResponse };
  /** Takes one grant back: the next equal request is asked about again. Experimental. */
  'thread/grants/revoke': { params: ThreadGrantsRevokeParams; result: ThreadGrantsRevokeResponse };
}

export interface ClientNotifications {
  /** The client has read the result of initialize. */
  'initialized': NoParams;
}

export interface ServerRequests {
  /** May this command run? */
  'item/commandExecution/requestApproval': { params: CommandExecutionRequestApprovalParams; result: CommandExecutionRequestApprovalResponse };
  /** May this patch be applied? */
  'item/fileChange/requestApproval': { params: FileChangeRequestApprovalParams; result: FileChangeRequestApprovalResponse };
  /** May the turn have these further permissions? */
  'item/permissions/requestApproval': { params: PermissionsRequestApprovalParams; result: PermissionsRequestApprovalResponse };
  /** May this patch be applied? Old name. */
  'applyPatchApproval': { params: ApplyPatchApprovalParams; result: ApplyPatchApprovalResponse };
  /** May this command run? Old name. */
  'execCommandApproval': { params: ExecCommandApprovalParams; result: ExecCommandApprovalResponse };
  /** Asks the client for the time. Experimental. */
  'currentTime/read': { params: CurrentTimeReadParams; result: CurrentTimeReadResponse };
  /** Asks the client, which owns the tokens, for fresh ones. */
  'account/chatgptAuthTokens/refresh': { params: ChatgptAuthTokensRefreshParams; result: ChatgptAuthTokensRefreshResponse };
  /** Asks the client for an attestation. */
  'attestation/generate': { params: Empty; result: AttestationGenerateResponse };
  /** Questions of the model to the user. */
  'item/tool/requestUserInput': { params: ToolRequestUserInputParams; result: ToolRequestUserInputResponse };
  /** Runs a tool that the client declared. */
  'item/tool/call': { params: DynamicToolCallParams; result: DynamicToolCallResponse };
  /** A question of an MCP server, or consent to one of its tools. */
  'mcpServer/elicitation/request': { params: McpServerElicitationRequestParams; result: McpServerElicitationRequestResponse };
}

export interface ServerNotifications {
  /** A question to the client is settled; close its dialog. */
  'serverRequest/resolved': ServerRequestResolvedNotification;
  /** The way requests are authenticated changed. */
  'account/updated': AccountUpdatedNotification;
  /** A sign-in ended. */
  'account/login/completed': AccountLoginCompletedNotification;
  /** Matches of a file search. */
  'fuzzyFileSearch/sessionUpdated': FuzzyFileSearchSessionUpdatedNotification;
  /** A file search has seen every file for its query. */
  'fuzzyFileSearch/sessionCompleted': FuzzyFileSearchSessionCompletedNotification;
  /** Progress of an import. */
  'externalAgentConfig/import/progress': ExternalAgentConfigImportProgressNotification;
  /** An import ended. */
  'externalAgentConfig/import/completed': ExternalAgentConfigImportCompletedNotification;
  /** The skills on disk changed. */
  'skills/changed': Empty;
  /** Output of a process. */
  'process/outputDelta': ProcessOutputDeltaNotification;
  /** A process ended. */
  'process/exited': ProcessExitedNotification;
  /** Output of a command. */
  'command/exec/outputDelta': CommandExecOutputDeltaNotification;
  /** The account's rate limits changed. */
  'account/rateLimits/updated': AccountRateLimitsUpdatedNotification;
  /** The sign-in state of a model gateway changed. */
  'account/gatewayOAuth/changed': GatewayOAuthChangedNotification;
  /** Directories that everyone may write weaken the sandbox. */
  'windows/worldWritableWarning': WindowsWorldWritableWarningNotification;
  /** Preparing the Windows sandbox ended. */
  'windowsSandbox/setupCompleted': WindowsSandboxSetupCompletedNotification;
  /** An OAuth sign-in of an MCP server ended. */
  'mcpServer/oauthLogin/completed': McpServerOauthLoginCompletedNotification;
  /** An MCP server is starting, ready or failed. */
  'mcpServer/startupStatus/updated': McpServerStatusUpdatedNotification;
  /** An event of a subscribed MCP server stream. */
  'mcpServer/event/stream/notification': McpServerEventStreamNotification;
  /** The remote control state; also sent once after initialize. */
  'remoteControl/status/changed': RemoteControlStatusChangedNotification;
  /** Sign-in of the model provider is being renewed. */
  'modelProvider/authRecoveryStarted': AuthRecoveryNotification;
  /** Sign-in of the model provider was renewed. */
  'modelProvider/authRecoveryCompleted': AuthRecoveryNotification;
  /** The provider answered with another model. */
  'model/rerouted': ModelReroutedNotification;
  /** The provider asks for a verification of the user. */
  'model/verification': ModelVerificationNotification;
  /** The provider holds back output for a check. */
  'model/safetyBuffering/updated': ModelSafetyBufferingUpdatedNotification;
  /** A thread was read or has news. */
  'thread/readState/changed': ThreadReadStateChangedNotification;
  /** A voice session is open. */
  'thread/realtime/started': ThreadRealtimeStartedNotification;
  /** A raw item of a voice session. */
  'thread/realtime/itemAdded': ThreadRealtimeItemAddedNotification;
  /** An item of a voice session began. */
  'thread/realtime/item/started': ThreadRealtimeItemStartedNotification;
  /** More text of a voice session item. */
  'thread/realtime/item/transcript/delta': ThreadRealtimeItemTranscriptDeltaNotification;
  /** An item of a voice session ended. */
  'thread/realtime/item/completed': ThreadRealtimeItemCompletedNotification;
  /** More text of a transcript. */
  'thread/realtime/transcript/delta': ThreadRealtimeTranscriptDeltaNotification;
  /** A transcript is complete. */
  'thread/realtime/transcript/done': ThreadRealtimeTranscriptDoneNotification;
  /** Audio to play. */
  'thread/realtime/outputAudio/delta': ThreadRealtimeOutputAudioDeltaNotification;
  /** The answer of the WebRTC handshake. */
  'thread/realtime/sdp': ThreadRealtimeSdpNotification;
  /** A voice session failed. */
  'thread/realtime/error': ThreadRealtimeErrorNotification;
  /** A voice session ended. */
  'thread/realtime/closed': ThreadRealtimeClosedNotification;
  /** A turn began. */
  'turn/started': TurnStartedNotification;
  /** A turn ended; the last notification of that turn. */
  'turn/completed': TurnCompletedNotification;
  /** The combined diff of a turn's file changes. */
  'turn/diff/updated': TurnDiffUpdatedNotification;
  /** The model's plan and its progress. */
  'turn/plan/updated': TurnPlanUpdatedNotification;
  /** Moderation facts about a turn. */
  'turn/moderationMetadata': TurnModerationMetadataNotification;
  /** Paths below a watch changed. */
  'fs/changed': FsChangedNotification;
  /** The list of apps changed. */
  'app/list/updated': AppListUpdatedNotification;
  /** A hook began to run. */
  'hook/started': HookStartedNotification;
  /** A hook ended. */
  'hook/completed': HookCompletedNotification;
  /** The automatic reviewer began to judge an action. */
  'item/autoApprovalReview/started': ItemGuardianApprovalReviewStartedNotification;
  /** The automatic reviewer judged an action. */
  'item/autoApprovalReview/completed': ItemGuardianApprovalReviewCompletedNotification;
  /** The automatic reviewer now judges every action. */
  'autoApprovalReview/strictReviewRequired': StrictReviewRequiredNotification;
  /** A warning of the automatic reviewer. */
  'guardianWarning': GuardianWarningNotification;
  /** A thread was compacted; old form of the contextCompaction item. */
  'thread/compacted': ContextCompactedNotification;
  /** A thread moved to another section. */
  'thread/section/changed': ThreadSectionChangedNotification;
  /** A thread was started, forked or loaded. */
  'thread/started': ThreadStartedNotification;
  /** An environment of a thread is reachable. */
  'thread/environment/connected': EnvironmentConnectionNotification;
  /** An environment of a thread is out of reach. */
  'thread/environment/disconnected': EnvironmentConnectionNotification;
  /** Lasting settings of a thread changed. */
  'thread/settings/updated': ThreadSettingsUpdatedNotification;
  /** Tokens used by a thread so far. */
  'thread/tokenUsage/updated': ThreadTokenUsageUpdatedNotification;
  /** A project was created, changed or deleted. */
  'project/changed': ProjectChangedNotification;
  /** A thread moved to another project. */
  'thread/project/updated': ThreadProjectUpdatedNotification;
  /** A thread became idle, active, failed or was unloaded. */
  'thread/status/changed': ThreadStatusChangedNotification;
  /** A thread was archived. */
  'thread/archived': ThreadArchivedNotification;
  /** A thread was deleted. */
  'thread/deleted': ThreadDeletedNotification;
  /** A thread left the archive. */
  'thread/unarchived': ThreadUnarchivedNotification;
  /** A thread was unloaded. */
  'thread/closed': ThreadClosedNotification;
  /** Turns were dropped from a thread. */
  'thread/reverted': ThreadRevertedNotification;
  /** A thread was named. */
  'thread/name/updated': ThreadNameUpdatedNotification;
  /** An attachment of a thread changed. */
  'thread/attachment/updated': ThreadAttachmentUpdatedNotification;
  /** The queue of a thread changed. */
  'thread/queue/changed': ThreadQueueChangedNotification;
  /** The goal of a thread changed. */
  'thread/goal/updated': ThreadGoalUpdatedNotification;
  /** A guess at the user's next message. */
  'thread/prediction/updated': ThreadPredictionUpdatedNotification;
  /** The goal of a thread was removed. */
  'thread/goal/cleared': ThreadGoalClearedNotification;
  /** A failure inside a turn; `willRetry` tells whether the turn goes on. */
  'error': ErrorNotification;
  /** Something the user should know; nothing failed. */
  'warning': WarningNotification;
  /** The client used something that will go away. */
  'deprecationNotice': DeprecationNoticeNotification;
  /** The configuration has a problem. */
  'configWarning': ConfigWarningNotification;
  /** An item began. */
  'item/started': ItemStartedNotification;
  /** An item reached its final state. */
  'item/completed': ItemCompletedNotification;
  /** A raw item of the model's response. Experimental. */
  'rawResponseItem/completed': RawResponseItemCompletedNotification;
  /** A raw response of the model ended. Experimental. */
  'rawResponse/completed': RawResponseCompletedNotification;
  /** More text of an agent message. */
  'item/agentMessage/delta': AgentMessageDeltaNotification;
  /** More text of a plan. */
  'item/plan/delta': PlanDeltaNotification;
  /** Output of a command item. */
  'item/commandExecution/outputDelta': CommandExecutionOutputDeltaNotification;
  /** The model wrote to a running terminal. */
  'item/commandExecution/terminalInteraction': TerminalInteractionNotification;
  /** Output of the tool that applies a patch; no longer sent. */
  'item/fileChange/outputDelta': FileChangeOutputDeltaNotification;
  /** More of a patch that the model is still writing. */
  'item/fileChange/patchUpdated': FileChangePatchUpdatedNotification;
  /** Progress of an MCP tool call. */
  'item/mcpToolCall/progress': McpToolCallProgressNotification;
  /** More text of a reasoning summary. */
  'item/reasoning/summaryTextDelta': ReasoningSummaryTextDeltaNotification;
  /** A new part of a reasoning summary begins. */
  'item/reasoning/summaryPartAdded': ReasoningSummaryPartAddedNotification;
  /** More raw reasoning text. */
  'item/reasoning/textDelta': ReasoningTextDeltaNotification;
}
