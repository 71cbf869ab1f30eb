/** `account/*`: who pays. Only API keys are handled here; other logins need the vendor's backend. */

import { invalidRequest, isRequestError } from '../../base/errors.ts';
import { isUuid } from '../../base/ids.ts';
import type { Configuration } from '../../config/configuration.ts';
import type { ClientRequests, Handlers } from '../../protocol/app/index.ts';
import type { Accounts } from '../accounts.ts';
import type { Audience } from '../audience.ts';
import type { RequestContext } from '../connection.ts';
import { notOfferedError } from './not-offered.ts';

export interface AccountDeps {
  readonly accounts: Accounts;
  readonly configuration: Configuration;
  readonly audience: Audience;
}

type Methods =
  | 'account/read'
  | 'account/login/start'
  | 'account/login/cancel'
  | 'account/logout'
  | 'account/rateLimits/read'
  | 'account/usage/read'
  | 'account/workspaceMessages/read'
  | 'getAuthStatus';

export const accountHandlers = (deps: AccountDeps): Handlers<Pick<ClientRequests, Methods>, RequestContext> => {
  /** Whether the configured provider wants the account's credentials. A broken configuration counts as the default one. */
  const needsAccount = async (): Promise<boolean> => {
    try {
      const { model } = (await deps.configuration.load()).settings;
      return model.providers.get(model.provider)?.requiresOpenaiAuth ?? false;
    } catch (error) {
      if (isRequestError(error)) return true;
      throw error;
    }
  };
  const refuse = async (what: string): Promise<never> => {
    const which = (await deps.accounts.apiKey()) === undefined ? 'codex account' : 'chatgpt';
    throw invalidRequest(`${which} authentication required to read ${what}`);
  };

  return {
    'account/read': async () => {
      const requiresOpenaiAuth = await needsAccount();
      const key = requiresOpenaiAuth ? await deps.accounts.apiKey() : undefined;
      return { account: key === undefined ? null : { type: 'apiKey' }, userId: null, requiresOpenaiAuth, workspaceRouting: null };
    },
    'account/login/start': async (params, { afterReply }) => {
      if (params.type !== 'apiKey')
        throw notOfferedError(`account/login/start with type \`${params.type}\``, "this login needs the vendor's backend");
      await deps.accounts.logIn(params.apiKey);
      afterReply(() => {
        deps.audience.broadcast('account/login/completed', { loginId: null, success: true, error: null, onboardingEntrypoint: null });
        deps.audience.broadcast('account/updated', { authMode: 'apikey', planType: null });
      });
      return { type: 'apiKey' };
    },
    'account/login/cancel': ({ loginId }) => {
      if (!isUuid(loginId)) throw invalidRequest(`invalid login id: ${loginId}`);
      return { status: 'notFound' };
    },
    'account/logout': async (_params, { afterReply }) => {
      await deps.accounts.logOut();
      afterReply(() => deps.audience.broadcast('account/updated', { authMode: null, planType: null }));
      return {};
    },
    'account/rateLimits/read': () => refuse('rate limits'),
    'account/usage/read': () => refuse('token usage'),
    'account/workspaceMessages/read': () => refuse('workspace messages'),
    getAuthStatus: async ({ includeToken }) => {
      const requiresOpenaiAuth = await needsAccount();
      const key = requiresOpenaiAuth ? await deps.accounts.apiKey() : undefined;
      return { authMethod: key === undefined ? null : 'apikey', authToken: includeToken ? (key ?? null) : null, requiresOpenaiAuth };
    },
  };
};
