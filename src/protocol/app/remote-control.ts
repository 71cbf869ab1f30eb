/** Controlling this server from other devices (a vendor surface). */
import * as z from 'zod/mini';
import { notification, type Out, request, schema } from '../../rpc/contract.ts';
import { Empty, int64, NoParams, opt, optionalParams } from '../fields.ts';
import { exclusive, shared } from '../lanes.ts';

export const RemoteControlClientsListOrder = schema('RemoteControlClientsListOrder', () => z.enum(['asc', 'desc']));
export type RemoteControlClientsListOrder = Out<typeof RemoteControlClientsListOrder>;

export const RemoteControlConnectionStatus = schema('RemoteControlConnectionStatus', () =>
  z.enum(['disabled', 'connecting', 'connected', 'errored']),
);
export type RemoteControlConnectionStatus = Out<typeof RemoteControlConnectionStatus>;

export const RemoteControlClient = schema('RemoteControlClient', () =>
  z.object({
    clientId: z.string(),
    displayName: z.nullable(z.string()),
    deviceType: z.nullable(z.string()),
    platform: z.nullable(z.string()),
    osVersion: z.nullable(z.string()),
    deviceModel: z.nullable(z.string()),
    appVersion: z.nullable(z.string()),
    lastSeenAt: z.nullable(int64()),
  }),
);
export type RemoteControlClient = Out<typeof RemoteControlClient>;

export const RemoteControlEnableParams = schema('RemoteControlEnableParams', () =>
  optionalParams(z.object({ ephemeral: z._default(z.boolean(), false) })),
);
export type RemoteControlEnableParams = Out<typeof RemoteControlEnableParams>;

export const RemoteControlEnableResponse = schema('RemoteControlEnableResponse', () =>
  z.object({
    status: RemoteControlConnectionStatus(),
    serverName: z.string(),
    installationId: z.string(),
    environmentId: z.nullable(z.string()),
  }),
);
export type RemoteControlEnableResponse = Out<typeof RemoteControlEnableResponse>;

export const RemoteControlDisableParams = schema('RemoteControlDisableParams', () =>
  optionalParams(z.object({ ephemeral: z._default(z.boolean(), false) })),
);
export type RemoteControlDisableParams = Out<typeof RemoteControlDisableParams>;

export const RemoteControlDisableResponse = schema('RemoteControlDisableResponse', () =>
  z.object({
    status: RemoteControlConnectionStatus(),
    serverName: z.string(),
    installationId: z.string(),
    environmentId: z.nullable(z.string()),
  }),
);
export type RemoteControlDisableResponse = Out<typeof RemoteControlDisableResponse>;

export const RemoteControlStatusReadResponse = schema('RemoteControlStatusReadResponse', () =>
  z.object({
    status: RemoteControlConnectionStatus(),
    serverName: z.string(),
    installationId: z.string(),
    environmentId: z.nullable(z.string()),
  }),
);
export type RemoteControlStatusReadResponse = Out<typeof RemoteControlStatusReadResponse>;

export const RemoteControlPairingStartParams = schema('RemoteControlPairingStartParams', () =>
  z.object({ manualCode: z._default(z.boolean(), false) }),
);
export type RemoteControlPairingStartParams = Out<typeof RemoteControlPairingStartParams>;

export const RemoteControlPairingStartResponse = schema('RemoteControlPairingStartResponse', () =>
  z.object({ pairingCode: z.string(), manualPairingCode: z.nullable(z.string()), environmentId: z.string(), expiresAt: int64() }),
);
export type RemoteControlPairingStartResponse = Out<typeof RemoteControlPairingStartResponse>;

export const RemoteControlPairingStatusParams = schema('RemoteControlPairingStatusParams', () =>
  z.object({ pairingCode: opt(z.string()), manualPairingCode: opt(z.string()) }),
);
export type RemoteControlPairingStatusParams = Out<typeof RemoteControlPairingStatusParams>;

export const RemoteControlPairingStatusResponse = schema('RemoteControlPairingStatusResponse', () => z.object({ claimed: z.boolean() }));
export type RemoteControlPairingStatusResponse = Out<typeof RemoteControlPairingStatusResponse>;

export const RemoteControlClientsListParams = schema('RemoteControlClientsListParams', () =>
  z.object({ environmentId: z.string(), cursor: opt(z.string()), limit: opt(z.uint32()), order: opt(RemoteControlClientsListOrder()) }),
);
export type RemoteControlClientsListParams = Out<typeof RemoteControlClientsListParams>;

export const RemoteControlClientsListResponse = schema('RemoteControlClientsListResponse', () =>
  z.object({ data: z.array(RemoteControlClient()), nextCursor: z.nullable(z.string()) }),
);
export type RemoteControlClientsListResponse = Out<typeof RemoteControlClientsListResponse>;

export const RemoteControlClientsRevokeParams = schema('RemoteControlClientsRevokeParams', () =>
  z.object({ environmentId: z.string(), clientId: z.string() }),
);
export type RemoteControlClientsRevokeParams = Out<typeof RemoteControlClientsRevokeParams>;

export const RemoteControlStatusChangedNotification = schema('RemoteControlStatusChangedNotification', () =>
  z.object({
    status: RemoteControlConnectionStatus(),
    serverName: z.string(),
    installationId: z.string(),
    environmentId: z.nullable(z.string()),
  }),
);
export type RemoteControlStatusChangedNotification = Out<typeof RemoteControlStatusChangedNotification>;

export const remoteControlRequests = {
  'remoteControl/enable': request({
    doc: 'Lets other devices control this server.',
    params: RemoteControlEnableParams,
    result: RemoteControlEnableResponse,
    lane: exclusive('remote-control'),
    experimental: true,
    noParams: true,
  }),
  'remoteControl/disable': request({
    doc: 'Ends control by other devices.',
    params: RemoteControlDisableParams,
    result: RemoteControlDisableResponse,
    lane: exclusive('remote-control'),
    experimental: true,
    noParams: true,
  }),
  'remoteControl/status/read': request({
    doc: 'Reads the remote control state.',
    params: NoParams,
    result: RemoteControlStatusReadResponse,
    lane: shared('remote-control'),
    experimental: true,
    noParams: true,
  }),
  'remoteControl/pairing/start': request({
    doc: 'Starts pairing another device.',
    params: RemoteControlPairingStartParams,
    result: RemoteControlPairingStartResponse,
    lane: exclusive('remote-control-pairing'),
    experimental: true,
  }),
  'remoteControl/pairing/status': request({
    doc: 'Tells how a pairing goes.',
    params: RemoteControlPairingStatusParams,
    result: RemoteControlPairingStatusResponse,
    lane: shared('remote-control-pairing'),
    experimental: true,
  }),
  'remoteControl/client/list': request({
    doc: 'Lists paired devices.',
    params: RemoteControlClientsListParams,
    result: RemoteControlClientsListResponse,
    lane: shared('remote-control-clients'),
    experimental: true,
  }),
  'remoteControl/client/revoke': request({
    doc: 'Removes a paired device.',
    params: RemoteControlClientsRevokeParams,
    result: Empty,
    lane: exclusive('remote-control-clients'),
    experimental: true,
  }),
} as const;

export const remoteControlNotifications = {
  'remoteControl/status/changed': notification({
    doc: 'The remote control state; also sent once after initialize.',
    params: RemoteControlStatusChangedNotification,
  }),
} as const;
