/** Sharing plugins with other people. */
import * as z from 'zod/mini';
import { type Out, request, schema } from '../../rpc/contract.ts';
import { absolutePath, Empty, opt } from '../fields.ts';
import { exclusive } from '../lanes.ts';
import { PluginShareDiscoverability, PluginSharePrincipal, PluginSharePrincipalType, PluginSummary } from './plugin-model.ts';

export const PluginShareTargetRole = schema('PluginShareTargetRole', () => z.enum(['reader', 'editor']));
export type PluginShareTargetRole = Out<typeof PluginShareTargetRole>;

export const PluginShareTarget = schema('PluginShareTarget', () =>
  z.object({ principalType: PluginSharePrincipalType(), principalId: z.string(), role: PluginShareTargetRole() }),
);
export type PluginShareTarget = Out<typeof PluginShareTarget>;

export const PluginShareUpdateDiscoverability = schema('PluginShareUpdateDiscoverability', () => z.enum(['UNLISTED', 'PRIVATE', 'LISTED']));
export type PluginShareUpdateDiscoverability = Out<typeof PluginShareUpdateDiscoverability>;

export const PluginShareListItem = schema('PluginShareListItem', () =>
  z.object({ plugin: PluginSummary(), localPluginPath: z.nullable(z.string()) }),
);
export type PluginShareListItem = Out<typeof PluginShareListItem>;

export const PluginShareSaveParams = schema('PluginShareSaveParams', () =>
  z.object({
    pluginPath: absolutePath(),
    remotePluginId: opt(z.string()),
    discoverability: opt(PluginShareDiscoverability()),
    shareTargets: opt(z.array(PluginShareTarget())),
  }),
);
export type PluginShareSaveParams = Out<typeof PluginShareSaveParams>;

export const PluginShareSaveResponse = schema('PluginShareSaveResponse', () =>
  z.object({ remotePluginId: z.string(), shareUrl: z.string(), canPublishToWorkspace: z.nullable(z.boolean()) }),
);
export type PluginShareSaveResponse = Out<typeof PluginShareSaveResponse>;

export const PluginShareUpdateTargetsParams = schema('PluginShareUpdateTargetsParams', () =>
  z.object({ remotePluginId: z.string(), discoverability: PluginShareUpdateDiscoverability(), shareTargets: z.array(PluginShareTarget()) }),
);
export type PluginShareUpdateTargetsParams = Out<typeof PluginShareUpdateTargetsParams>;

export const PluginShareUpdateTargetsResponse = schema('PluginShareUpdateTargetsResponse', () =>
  z.object({ principals: z.array(PluginSharePrincipal()), discoverability: PluginShareDiscoverability() }),
);
export type PluginShareUpdateTargetsResponse = Out<typeof PluginShareUpdateTargetsResponse>;

export const PluginShareListResponse = schema('PluginShareListResponse', () => z.object({ data: z.array(PluginShareListItem()) }));
export type PluginShareListResponse = Out<typeof PluginShareListResponse>;

export const PluginShareCheckoutParams = schema('PluginShareCheckoutParams', () => z.object({ remotePluginId: z.string() }));
export type PluginShareCheckoutParams = Out<typeof PluginShareCheckoutParams>;

export const PluginShareCheckoutResponse = schema('PluginShareCheckoutResponse', () =>
  z.object({
    remotePluginId: z.string(),
    pluginId: z.string(),
    pluginName: z.string(),
    pluginPath: z.string(),
    marketplaceName: z.string(),
    marketplacePath: z.string(),
    remoteVersion: z.nullable(z.string()),
  }),
);
export type PluginShareCheckoutResponse = Out<typeof PluginShareCheckoutResponse>;

export const PluginShareDeleteParams = schema('PluginShareDeleteParams', () => z.object({ remotePluginId: z.string() }));
export type PluginShareDeleteParams = Out<typeof PluginShareDeleteParams>;

export const pluginShareRequests = {
  'plugin/share/save': request({
    doc: 'Publishes a plugin for others.',
    params: PluginShareSaveParams,
    result: PluginShareSaveResponse,
    lane: exclusive('config'),
  }),
  'plugin/share/updateTargets': request({
    doc: 'Changes who may use a shared plugin.',
    params: PluginShareUpdateTargetsParams,
    result: PluginShareUpdateTargetsResponse,
    lane: exclusive('config'),
  }),
  'plugin/share/list': request({
    doc: 'Lists the plugins shared by the user.',
    params: Empty,
    result: PluginShareListResponse,
    lane: exclusive('config'),
  }),
  'plugin/share/checkout': request({
    doc: 'Copies a shared plugin for editing.',
    params: PluginShareCheckoutParams,
    result: PluginShareCheckoutResponse,
    lane: exclusive('config'),
  }),
  'plugin/share/delete': request({
    doc: 'Stops sharing a plugin.',
    params: PluginShareDeleteParams,
    result: Empty,
    lane: exclusive('config'),
  }),
} as const;
