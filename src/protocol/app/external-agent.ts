/** Importing the configuration of other agents. */
import * as z from 'zod/mini';
import { notification, type Out, request, schema } from '../../rpc/contract.ts';
import { int64, NoParams, opt } from '../fields.ts';
import { exclusive, shared } from '../lanes.ts';
import { SkillMigration } from './skill.ts';

export const ExternalAgentConfigMigrationItemType = schema('ExternalAgentConfigMigrationItemType', () =>
  z.enum(['AGENTS_MD', 'CONFIG', 'SKILLS', 'PLUGINS', 'MCP_SERVER_CONFIG', 'SUBAGENTS', 'HOOKS', 'COMMANDS', 'MEMORY', 'SESSIONS']),
);
export type ExternalAgentConfigMigrationItemType = Out<typeof ExternalAgentConfigMigrationItemType>;

export const ExternalAgentConfigImportHistoryRecordSuccessParams = schema('ExternalAgentConfigImportHistoryRecordSuccessParams', () =>
  z.object({
    itemType: ExternalAgentConfigMigrationItemType(),
    cwd: opt(z.string()),
    source: opt(z.string()),
    target: opt(z.string()),
    title: opt(z.string()),
  }),
);
export type ExternalAgentConfigImportHistoryRecordSuccessParams = Out<typeof ExternalAgentConfigImportHistoryRecordSuccessParams>;

export const ExternalAgentConfigImportItemTypeFailure = schema('ExternalAgentConfigImportItemTypeFailure', () =>
  z.object({
    itemType: ExternalAgentConfigMigrationItemType(),
    errorType: z._default(z.nullable(z.string()), null),
    subErrorType: z._default(z.nullable(z.string()), null),
    failureStage: z.string(),
    message: z.string(),
    cwd: z._default(z.nullable(z.string()), null),
    source: z._default(z.nullable(z.string()), null),
  }),
);
export type ExternalAgentConfigImportItemTypeFailure = Out<typeof ExternalAgentConfigImportItemTypeFailure>;

export const ExternalAgentConfigImportHistoryRecordTypeResultParams = schema('ExternalAgentConfigImportHistoryRecordTypeResultParams', () =>
  z.object({
    itemType: ExternalAgentConfigMigrationItemType(),
    successes: z.array(ExternalAgentConfigImportHistoryRecordSuccessParams()),
    failures: z.array(ExternalAgentConfigImportItemTypeFailure()),
  }),
);
export type ExternalAgentConfigImportHistoryRecordTypeResultParams = Out<typeof ExternalAgentConfigImportHistoryRecordTypeResultParams>;

export const PluginsMigration = schema('PluginsMigration', () =>
  z.object({ marketplaceName: z.string(), pluginNames: z.array(z.string()) }),
);
export type PluginsMigration = Out<typeof PluginsMigration>;

export const SessionMigration = schema('SessionMigration', () =>
  z.object({ path: z.string(), cwd: z.string(), title: z._default(z.nullable(z.string()), null) }),
);
export type SessionMigration = Out<typeof SessionMigration>;

export const McpServerMigration = schema('McpServerMigration', () => z.object({ name: z.string() }));
export type McpServerMigration = Out<typeof McpServerMigration>;

export const HookMigration = schema('HookMigration', () => z.object({ name: z.string() }));
export type HookMigration = Out<typeof HookMigration>;

export const SubagentMigration = schema('SubagentMigration', () => z.object({ name: z.string() }));
export type SubagentMigration = Out<typeof SubagentMigration>;

export const CommandMigration = schema('CommandMigration', () => z.object({ name: z.string() }));
export type CommandMigration = Out<typeof CommandMigration>;

export const MigrationDetails = schema('MigrationDetails', () =>
  z.object({
    plugins: z._default(z.array(PluginsMigration()), []),
    skills: z._default(z.array(SkillMigration()), []),
    sessions: z._default(z.array(SessionMigration()), []),
    mcpServers: z._default(z.array(McpServerMigration()), []),
    hooks: z._default(z.array(HookMigration()), []),
    subagents: z._default(z.array(SubagentMigration()), []),
    commands: z._default(z.array(CommandMigration()), []),
    memory: z._default(z.array(z.string()), []),
  }),
);
export type MigrationDetails = Out<typeof MigrationDetails>;

export const ExternalAgentConfigMigrationItem = schema('ExternalAgentConfigMigrationItem', () =>
  z.object({
    itemType: ExternalAgentConfigMigrationItemType(),
    description: z.string(),
    cwd: z._default(z.nullable(z.string()), null),
    details: z._default(z.nullable(MigrationDetails()), null),
  }),
);
export type ExternalAgentConfigMigrationItem = Out<typeof ExternalAgentConfigMigrationItem>;

export const ExternalAgentConfigImportItemTypeSuccess = schema('ExternalAgentConfigImportItemTypeSuccess', () =>
  z.object({
    itemType: ExternalAgentConfigMigrationItemType(),
    cwd: z.nullable(z.string()),
    source: z.nullable(z.string()),
    target: z.nullable(z.string()),
    title: z.nullable(z.string()),
  }),
);
export type ExternalAgentConfigImportItemTypeSuccess = Out<typeof ExternalAgentConfigImportItemTypeSuccess>;

export const ExternalAgentConfigImportTypeResult = schema('ExternalAgentConfigImportTypeResult', () =>
  z.object({
    itemType: ExternalAgentConfigMigrationItemType(),
    successes: z.array(ExternalAgentConfigImportItemTypeSuccess()),
    failures: z.array(ExternalAgentConfigImportItemTypeFailure()),
  }),
);
export type ExternalAgentConfigImportTypeResult = Out<typeof ExternalAgentConfigImportTypeResult>;

export const ExternalAgentImportedConnectorSource = schema('ExternalAgentImportedConnectorSource', () =>
  z.literal('remoteMcpServersConfig'),
);
export type ExternalAgentImportedConnectorSource = Out<typeof ExternalAgentImportedConnectorSource>;

export const ExternalAgentImportedConnectorCandidate = schema('ExternalAgentImportedConnectorCandidate', () =>
  z.object({ name: z.string(), sessionCount: z.uint32(), source: ExternalAgentImportedConnectorSource() }),
);
export type ExternalAgentImportedConnectorCandidate = Out<typeof ExternalAgentImportedConnectorCandidate>;

export const ExternalAgentConfigImportHistory = schema('ExternalAgentConfigImportHistory', () =>
  z.object({
    importId: z.string(),
    providerId: z.nullable(z.string()),
    completedAtMs: int64(),
    successes: z.array(ExternalAgentConfigImportItemTypeSuccess()),
    failures: z.array(ExternalAgentConfigImportItemTypeFailure()),
  }),
);
export type ExternalAgentConfigImportHistory = Out<typeof ExternalAgentConfigImportHistory>;

export const ExternalAgentDetectedConnectorSource = schema('ExternalAgentDetectedConnectorSource', () =>
  z.enum(['remoteMcpServersConfig', 'sessionToolUse']),
);
export type ExternalAgentDetectedConnectorSource = Out<typeof ExternalAgentDetectedConnectorSource>;

export const ExternalAgentDetectedConnectorCandidate = schema('ExternalAgentDetectedConnectorCandidate', () =>
  z.object({ name: z.string(), sessionCount: z.uint32(), source: ExternalAgentDetectedConnectorSource() }),
);
export type ExternalAgentDetectedConnectorCandidate = Out<typeof ExternalAgentDetectedConnectorCandidate>;

export const ExternalAgentConfigDetectParams = schema('ExternalAgentConfigDetectParams', () =>
  z.object({
    includeHome: z._default(z.boolean(), false),
    cwds: opt(z.array(z.string())),
    maxSessionAgeDays: opt(z.uint32()),
    maxSessions: opt(z.uint32()),
    source: opt(z.string()),
    migrationSource: opt(z.string()),
  }),
);
export type ExternalAgentConfigDetectParams = Out<typeof ExternalAgentConfigDetectParams>;

export const ExternalAgentConfigDetectResponse = schema('ExternalAgentConfigDetectResponse', () =>
  z.object({ items: z.array(ExternalAgentConfigMigrationItem()), connectors: z.array(ExternalAgentDetectedConnectorCandidate()) }),
);
export type ExternalAgentConfigDetectResponse = Out<typeof ExternalAgentConfigDetectResponse>;

export const ExternalAgentConfigImportParams = schema('ExternalAgentConfigImportParams', () =>
  z.object({
    migrationItems: z.array(ExternalAgentConfigMigrationItem()),
    source: opt(z.string()),
    providerId: opt(z.string()),
    migrationSource: opt(z.string()),
  }),
);
export type ExternalAgentConfigImportParams = Out<typeof ExternalAgentConfigImportParams>;

export const ExternalAgentConfigImportResponse = schema('ExternalAgentConfigImportResponse', () => z.object({ importId: z.string() }));
export type ExternalAgentConfigImportResponse = Out<typeof ExternalAgentConfigImportResponse>;

export const ExternalAgentConfigImportHistoryRecordParams = schema('ExternalAgentConfigImportHistoryRecordParams', () =>
  z.object({ providerId: z.string(), itemTypeResults: z.array(ExternalAgentConfigImportHistoryRecordTypeResultParams()) }),
);
export type ExternalAgentConfigImportHistoryRecordParams = Out<typeof ExternalAgentConfigImportHistoryRecordParams>;

export const ExternalAgentConfigImportHistoryRecordResponse = schema('ExternalAgentConfigImportHistoryRecordResponse', () =>
  z.object({ importId: z.string() }),
);
export type ExternalAgentConfigImportHistoryRecordResponse = Out<typeof ExternalAgentConfigImportHistoryRecordResponse>;

export const ExternalAgentConfigImportHistoriesReadResponse = schema('ExternalAgentConfigImportHistoriesReadResponse', () =>
  z.object({ data: z.array(ExternalAgentConfigImportHistory()), connectors: z.array(ExternalAgentImportedConnectorCandidate()) }),
);
export type ExternalAgentConfigImportHistoriesReadResponse = Out<typeof ExternalAgentConfigImportHistoriesReadResponse>;

export const ExternalAgentConfigImportProgressNotification = schema('ExternalAgentConfigImportProgressNotification', () =>
  z.object({ importId: z.string(), itemTypeResults: z.array(ExternalAgentConfigImportTypeResult()) }),
);
export type ExternalAgentConfigImportProgressNotification = Out<typeof ExternalAgentConfigImportProgressNotification>;

export const ExternalAgentConfigImportCompletedNotification = schema('ExternalAgentConfigImportCompletedNotification', () =>
  z.object({ importId: z.string(), itemTypeResults: z.array(ExternalAgentConfigImportTypeResult()) }),
);
export type ExternalAgentConfigImportCompletedNotification = Out<typeof ExternalAgentConfigImportCompletedNotification>;

export const externalAgentRequests = {
  'externalAgentConfig/detect': request({
    doc: 'Looks for configurations of other agents to import.',
    params: ExternalAgentConfigDetectParams,
    result: ExternalAgentConfigDetectResponse,
    lane: exclusive('config'),
  }),
  'externalAgentConfig/import': request({
    doc: 'Imports configurations of another agent.',
    params: ExternalAgentConfigImportParams,
    result: ExternalAgentConfigImportResponse,
    lane: exclusive('config'),
  }),
  'externalAgentConfig/import/recordHistory': request({
    doc: 'Records what an import did.',
    params: ExternalAgentConfigImportHistoryRecordParams,
    result: ExternalAgentConfigImportHistoryRecordResponse,
    lane: exclusive('config'),
  }),
  'externalAgentConfig/import/readHistories': request({
    doc: 'Reads what earlier imports did.',
    params: NoParams,
    result: ExternalAgentConfigImportHistoriesReadResponse,
    lane: shared('config'),
    noParams: true,
  }),
} as const;

export const externalAgentNotifications = {
  'externalAgentConfig/import/progress': notification({
    doc: 'Progress of an import.',
    params: ExternalAgentConfigImportProgressNotification,
  }),
  'externalAgentConfig/import/completed': notification({ doc: 'An import ended.', params: ExternalAgentConfigImportCompletedNotification }),
} as const;
