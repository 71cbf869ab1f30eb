/** What a user granted while answering questions, to be listed and taken back. Methods of our own: the reference has none for it. */
import * as z from 'zod/mini';
import { type Out, request, schema } from '../../rpc/contract.ts';
import { opt } from '../fields.ts';
import { inThread } from '../lanes.ts';
import { AdditionalPermissionProfile, NetworkApprovalProtocol, NetworkPolicyRuleAction } from './policy.ts';

/** One grant. `turn` ends with the running turn, `session` with the thread's stay in memory, `forever` is a line of a rule file. */
export const ThreadGrant = schema('ThreadGrant', () =>
  z.discriminatedUnion('type', [
    z.object({
      type: z.literal('command'),
      id: z.string(),
      scope: z.literal('session'),
      environmentId: z.string(),
      command: z.string(),
      cwd: z.string(),
      confined: z.boolean(),
      additionalPermissions: z.nullable(AdditionalPermissionProfile()),
    }),
    z.object({ type: z.literal('patch'), id: z.string(), scope: z.literal('session'), environmentId: z.string(), path: z.string() }),
    z.object({ type: z.literal('mcpTool'), id: z.string(), scope: z.literal('session'), server: z.string(), tool: z.string() }),
    z.object({
      type: z.literal('commandPrefix'),
      id: z.string(),
      scope: z.enum(['session', 'forever']),
      prefix: z.array(z.string()),
      confined: z.boolean(),
    }),
    z.object({
      type: z.literal('network'),
      id: z.string(),
      scope: z.enum(['session', 'forever']),
      environmentId: z.nullable(z.string()),
      protocol: NetworkApprovalProtocol(),
      host: z.string(),
      port: z.nullable(z.uint32()),
      action: NetworkPolicyRuleAction(),
    }),
    z.object({
      type: z.literal('permissions'),
      id: z.string(),
      scope: z.enum(['turn', 'session']),
      environmentId: z.string(),
      permissions: AdditionalPermissionProfile(),
    }),
  ]),
);
export type ThreadGrant = Out<typeof ThreadGrant>;

export const ThreadGrantsListParams = schema('ThreadGrantsListParams', () =>
  z.object({ threadId: z.string(), cursor: opt(z.string()), limit: opt(z.uint32()) }),
);
export type ThreadGrantsListParams = Out<typeof ThreadGrantsListParams>;

export const ThreadGrantsListResponse = schema('ThreadGrantsListResponse', () =>
  z.object({ data: z.array(ThreadGrant()), nextCursor: z.nullable(z.string()) }),
);
export type ThreadGrantsListResponse = Out<typeof ThreadGrantsListResponse>;

export const ThreadGrantsRevokeParams = schema('ThreadGrantsRevokeParams', () => z.object({ threadId: z.string(), grantId: z.string() }));
export type ThreadGrantsRevokeParams = Out<typeof ThreadGrantsRevokeParams>;

export const ThreadGrantsRevokeResponse = schema('ThreadGrantsRevokeResponse', () => z.object({ revoked: z.boolean() }));
export type ThreadGrantsRevokeResponse = Out<typeof ThreadGrantsRevokeResponse>;

export const grantRequests = {
  'thread/grants/list': request({
    doc: 'Lists what the user granted to a thread beyond its settings.',
    params: ThreadGrantsListParams,
    result: ThreadGrantsListResponse,
    lane: inThread,
    experimental: true,
    own: true,
  }),
  'thread/grants/revoke': request({
    doc: 'Takes one grant back: the next equal request is asked about again.',
    params: ThreadGrantsRevokeParams,
    result: ThreadGrantsRevokeResponse,
    lane: inThread,
    experimental: true,
    own: true,
  }),
} as const;
