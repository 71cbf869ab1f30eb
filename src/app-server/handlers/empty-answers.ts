/** What clients ask about things this server has none of, and which has a true answer all the same: an empty one. */

import { checkId } from '../../agent/thread-ids.ts';
import type { ThreadManager } from '../../agent/threads.ts';
import { invalidParams, invalidRequest, isRequestError } from '../../base/errors.ts';
import type { Configuration } from '../../config/configuration.ts';
import type { ClientRequests, Handlers } from '../../protocol/app/index.ts';
import type { RequestContext } from '../connection.ts';

type Methods =
  | 'plugin/list'
  | 'plugin/search'
  | 'plugin/reconcile'
  | 'app/read'
  | 'project/list'
  | 'project/read'
  | 'thread/attachment/list'
  | 'thread/attachmentOwner/list'
  | 'thread/memory/read'
  | 'memory/status'
  | 'externalAgentConfig/detect'
  | 'externalAgentConfig/import/readHistories'
  | 'account/bedrock/checkGovCloudRequirements'
  | 'account/gatewayOAuth/read'
  | 'account/securitySetup/read'
  | 'accountSession/list'
  | 'remoteControl/client/list'
  | 'userVerification/status'
  | 'userVerification/cancel'
  | 'thread/sample/cancel'
  | 'mcpServer/event/stream/stop';

export interface EmptyAnswerDeps {
  readonly threads: ThreadManager;
  readonly configuration: Configuration;
}

const emptyPage = () => ({ data: [], nextCursor: null });

function emptyAttachments(cursor: string | undefined) {
  if (cursor !== undefined) throw invalidParams('invalid pagination cursor');
  return emptyPage();
}

/** Attachments speak of a malformed id as wrong parameters. */
function checkAttachmentThread(threadId: string): void {
  try {
    checkId(threadId, 'thread');
  } catch (error) {
    throw isRequestError(error) ? invalidParams(error.message) : error;
  }
}

export const emptyAnswerHandlers = (deps: EmptyAnswerDeps): Handlers<Pick<ClientRequests, Methods>, RequestContext> => ({
  'plugin/list': () => ({ marketplaces: [], marketplaceLoadErrors: [], featuredPluginIds: [] }),
  'plugin/search': emptyPage,
  'plugin/reconcile': () => ({ changedPlugins: [], failedRemotePluginIds: [], failedMaterializationRemotePluginIds: [] }),
  'app/read': ({ appIds }) => ({ apps: [], missingAppIds: [...appIds] }),
  'project/list': ({ cursor, sortKey, sortDirection }) => {
    if (sortDirection !== undefined && sortKey === undefined) throw invalidParams('sortDirection requires sortKey');
    if (cursor !== undefined) throw invalidParams('invalid project cursor: malformed or mismatched sort anchor');
    return emptyPage();
  },
  'project/read': ({ projectId }) => {
    throw invalidParams(`project not found: ${projectId}`);
  },
  'thread/attachment/list': ({ threadId, cursor }) => {
    checkAttachmentThread(threadId);
    return emptyAttachments(cursor);
  },
  'thread/attachmentOwner/list': ({ cursor }) => emptyAttachments(cursor),
  'thread/memory/read': ({ threadId }) => {
    deps.threads.get(threadId);
    return { summary: null };
  },
  // Ready: nothing waits to be consolidated.
  'memory/status': () => ({ v2ConsolidatedThreads: 0, v2Ready: true }),
  'externalAgentConfig/detect': () => ({ items: [], connectors: [] }),
  'externalAgentConfig/import/readHistories': () => ({ data: [], connectors: [] }),
  'account/bedrock/checkGovCloudRequirements': () => ({ isGovCloud: false, shouldWarn: false }),
  'account/gatewayOAuth/read': async () => {
    const { provider, providers } = (await deps.configuration.load()).settings.model;
    const providerName = providers.get(provider)?.name ?? provider;
    return { providerId: provider, providerName, required: false, supportsDeviceAuth: false, status: null, error: null };
  },
  'account/securitySetup/read': () => ({ notice: null }),
  'accountSession/list': () => ({ activeSessionId: null, sessions: [] }),
  'remoteControl/client/list': () => {
    throw invalidRequest('remote control requires ChatGPT authentication');
  },
  'userVerification/status': () => ({
    credentialId: null,
    unavailableReason: 'providerUnavailable',
    unavailableMessage: 'User verification is not available in this build or account.',
  }),
  // What was never begun is over.
  'userVerification/cancel': () => ({}),
  'thread/sample/cancel': () => ({}),
  'mcpServer/event/stream/stop': () => ({}),
});
