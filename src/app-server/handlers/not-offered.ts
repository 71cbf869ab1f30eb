/** Methods of the protocol that this server does not offer: each with its reason, all with the same error. */

import { RequestError } from '../../base/errors.ts';
import type { ClientRequests, Handlers } from '../../protocol/app/index.ts';
import type { RequestContext } from '../connection.ts';

const vendor = "it belongs to the vendor's backend";
const plugins = 'plugins and marketplaces are not offered';
const sharing = "sharing plugins needs the vendor's backend";
const remoteControl = "remote control needs the vendor's backend";
const verification = 'user verification needs the desktop application';
const sections = 'sections are not offered';
const projects = 'projects are not offered';
const attachments = 'thread attachments are not offered';
const guardian = 'automatic approval review is not offered';
const externalAgents = 'taking over configurations of other agents is not offered';

/** The reason in half a sentence, by method. */
export const notOffered = {
  'userVerification/enroll': verification,
  'userVerification/delete': verification,
  'userVerification/verify': verification,
  'thread/sample': 'sampling beside a thread is not offered',
  'thread/prediction/request': 'predictions are not offered',
  'thread/section/move': sections,
  'threadSection/create': sections,
  'threadSection/update': sections,
  'threadSection/delete': sections,
  'thread/attachment/add': attachments,
  'thread/attachment/remove': attachments,
  'rollout/compress': 'rollout files are not compressed',
  'thread/approveGuardianDeniedAction': guardian,
  'thread/guardianReview': guardian,
  'thread/prepareApprovedPlan': "it belongs to the vendor's clients",
  'project/create': projects,
  'project/import': projects,
  'project/update': projects,
  'project/move': projects,
  'project/delete': projects,
  'marketplace/add': plugins,
  'marketplace/remove': plugins,
  'marketplace/upgrade': plugins,
  'plugin/read': plugins,
  'plugin/skill/read': plugins,
  'plugin/share/save': sharing,
  'plugin/share/updateTargets': sharing,
  'plugin/share/list': sharing,
  'plugin/share/checkout': sharing,
  'plugin/share/delete': sharing,
  'plugin/install': plugins,
  'plugin/uninstall': plugins,
  'account/gatewayOAuth/login': vendor,
  'account/gatewayOAuth/cancel': vendor,
  'modelProvider/config/write': 'providers are configured in config.toml, through config/batchWrite',
  'remoteControl/enable': remoteControl,
  'remoteControl/disable': remoteControl,
  'remoteControl/pairing/start': remoteControl,
  'remoteControl/pairing/status': remoteControl,
  'remoteControl/client/revoke': remoteControl,
  'mcpServer/event/stream/start': 'event streams of MCP servers are not offered',
  'windowsSandbox/setupStart': 'the sandbox of Windows is not offered',
  'account/bedrock/discover': vendor,
  'account/bedrock/setup': vendor,
  'account/gcp/setup': vendor,
  'accountSession/switch': vendor,
  'account/rateLimitResetCredit/consume': vendor,
  'account/sendAddCreditsNudgeEmail': vendor,
  'feedback/upload': 'nothing is ever sent to the vendor',
  'feedback/save': 'feedback archives are not offered',
  'externalAgentConfig/import': externalAgents,
  'externalAgentConfig/import/recordHistory': externalAgents,
} as const satisfies Partial<Record<keyof ClientRequests, string>>;

type NotOffered = Handlers<Pick<ClientRequests, keyof typeof notOffered>, RequestContext>;

/** The error a client gets: -32601, the same sentence for every method. */
export const notOfferedError = (method: string, reason: string): RequestError =>
  new RequestError('unsupported', `${method} is not offered by this server: ${reason}`);

const refusals = Object.entries(notOffered).map(([method, reason]) => [
  method,
  () => {
    throw notOfferedError(method, reason);
  },
]);

// Object.fromEntries forgets which names it was given; they are exactly those of the table.
export const notOfferedHandlers = Object.fromEntries(refusals) as NotOffered;
