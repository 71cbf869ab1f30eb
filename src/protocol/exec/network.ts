/** The managed network: a proxy beside the command, and the questions it asks the client. */
import * as z from 'zod/mini';
import { notification, type Out, request, schema, structAs } from '../../rpc/contract.ts';
import { opt, orElse, uint, uint16 } from '../fields.ts';

const auditNames = [
  'conversationId',
  'appVersion',
  'userAccountId',
  'authMode',
  'originator',
  'userEmail',
  'terminalType',
  'model',
  'slug',
] as const;

export const NetworkProxyLaunch = schema('NetworkProxyLaunch', () =>
  structAs(
    'RemoteNetworkProxyLaunchConfig',
    z.object({
      proxy: z.object({
        enabled: z.boolean(),
        enableSocks5: z.boolean(),
        enableSocks5Udp: z.boolean(),
        allowUpstreamProxy: z.boolean(),
        dangerouslyAllowAllUnixSockets: z.boolean(),
        allowLocalBinding: z.boolean(),
        mode: z.enum(['limited', 'full']),
        domains: opt(z.record(z.string(), z.enum(['allow', 'deny', 'none']))),
        unixSockets: opt(z.record(z.string(), z.string())),
        reviewDomains: opt(z.array(z.string())),
        credentialMasking: opt(z.boolean()),
        credentialProviders: opt(z.record(z.string(), z.unknown())),
      }),
      auditMetadata: orElse(z.object(Object.fromEntries(auditNames.map((name) => [name, opt(z.string())]))), {}),
      environmentId: opt(z.string()),
      executionId: opt(z.string()),
      policyDecisionTimeoutMs: opt(uint()),
    }),
  ),
);

export const NetworkPolicyRequestParams = schema('NetworkPolicyRequestParams', () =>
  z.object({ processId: z.string(), request: z.object({ protocol: z.string(), host: z.string(), port: uint16() }) }),
);
export const NetworkPolicyRequestResult = schema('NetworkPolicyRequestResult', () =>
  z.object({
    decision: z.discriminatedUnion('type', [
      z.object({ type: z.literal('allow') }),
      z.object({ type: z.literal('deny'), reason: z.string() }),
      z.object({ type: z.literal('ask'), reason: z.string() }),
    ]),
  }),
);
export type NetworkPolicyRequestParams = Out<typeof NetworkPolicyRequestParams>;
export type NetworkPolicyRequestResult = Out<typeof NetworkPolicyRequestResult>;
export const NetworkPolicyDecisionNotification = schema('NetworkPolicyDecisionNotification', () =>
  z.object({
    processId: z.string(),
    timestamp: z.string(),
    scope: z.string(),
    decision: z.string(),
    source: z.string(),
    reason: z.string(),
    protocol: z.string(),
    host: z.string(),
    port: uint16(),
    method: z.nullish(z.string()),
    client: z.nullish(z.string()),
    policyOverride: z.boolean(),
  }),
);

export const networkServerRequests = {
  'network/policyRequest': request({
    doc: 'May this process reach this host?',
    params: NetworkPolicyRequestParams,
    result: NetworkPolicyRequestResult,
  }),
} as const;

export const networkNotifications = {
  'network/policyDecision': notification({ doc: 'What was decided about a host.', params: NetworkPolicyDecisionNotification }),
} as const;
