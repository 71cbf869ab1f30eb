/** Methods that kept their old names. */
import * as z from 'zod/mini';
import { type Out, request, schema } from '../../rpc/contract.ts';
import { pathString } from '../fields.ts';

/** `SessionSource` as the old methods spell it. */
export const LegacySessionSource = schema('LegacySessionSource', () =>
  z.union([
    z.enum(['cli', 'vscode', 'exec', 'mcp', 'unknown']),
    z.object({ custom: z.string() }),
    z.looseObject({ internal: z.unknown() }),
    z.looseObject({ subagent: z.unknown() }),
  ]),
);
export type LegacySessionSource = Out<typeof LegacySessionSource>;

export const ConversationGitInfo = schema('ConversationGitInfo', () =>
  z.object({ sha: z.nullable(z.string()), branch: z.nullable(z.string()), origin_url: z.nullable(z.string()) }),
);
export type ConversationGitInfo = Out<typeof ConversationGitInfo>;

export const ConversationSummary = schema('ConversationSummary', () =>
  z.object({
    conversationId: z.string(),
    path: z.string(),
    preview: z.string(),
    timestamp: z.nullable(z.string()),
    updatedAt: z.nullable(z.string()),
    modelProvider: z.string(),
    cwd: z.string(),
    cliVersion: z.string(),
    source: LegacySessionSource(),
    gitInfo: z.nullable(ConversationGitInfo()),
  }),
);
export type ConversationSummary = Out<typeof ConversationSummary>;

export const GetConversationSummaryParams = schema('GetConversationSummaryParams', () =>
  z.union([z.object({ rolloutPath: z.string() }), z.object({ conversationId: z.string() })]),
);
export type GetConversationSummaryParams = Out<typeof GetConversationSummaryParams>;

export const GetConversationSummaryResponse = schema('GetConversationSummaryResponse', () => z.object({ summary: ConversationSummary() }));
export type GetConversationSummaryResponse = Out<typeof GetConversationSummaryResponse>;

export const GitDiffToRemoteParams = schema('GitDiffToRemoteParams', () => z.object({ cwd: pathString() }));
export type GitDiffToRemoteParams = Out<typeof GitDiffToRemoteParams>;

export const GitDiffToRemoteResponse = schema('GitDiffToRemoteResponse', () => z.object({ sha: z.string(), diff: z.string() }));
export type GitDiffToRemoteResponse = Out<typeof GitDiffToRemoteResponse>;

export const legacyRequests = {
  getConversationSummary: request({
    doc: 'Summary of a stored conversation; old name.',
    params: GetConversationSummaryParams,
    result: GetConversationSummaryResponse,
  }),
  gitDiffToRemote: request({
    doc: 'Diff of a working tree to its closest remote commit.',
    params: GitDiffToRemoteParams,
    result: GitDiffToRemoteResponse,
  }),
} as const;
