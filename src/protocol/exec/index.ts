/** The exec protocol: what an orchestrator asks of a machine. */
import { capabilityRequests } from './capability.ts';
import { fsNotifications, fsRequests } from './fs.ts';
import { httpNotifications, httpRequests } from './http.ts';
import { networkNotifications, networkServerRequests } from './network.ts';
import { processNotifications, processRequests } from './process.ts';
import { sessionClientNotifications, sessionRequests } from './session.ts';

export type { Caller, Handlers, In, Notifier, Out, Slice } from '../../rpc/contract.ts';
export * from './capability.ts';
export * from './fs.ts';
export * from './http.ts';
export * from './network.ts';
export * from './process.ts';
export * from './sandbox.ts';
export * from './session.ts';

export const execProtocol = {
  clientRequests: { ...sessionRequests, ...processRequests, ...fsRequests, ...httpRequests, ...capabilityRequests },
  clientNotifications: sessionClientNotifications,
  serverRequests: networkServerRequests,
  serverNotifications: { ...processNotifications, ...fsNotifications, ...httpNotifications, ...networkNotifications },
} as const;

export type ExecRequests = (typeof execProtocol)['clientRequests'];
export type ExecServerRequests = (typeof execProtocol)['serverRequests'];
export type ExecNotifications = (typeof execProtocol)['serverNotifications'];
