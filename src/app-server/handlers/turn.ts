/** `turn/*` and `review/start`: the work of a thread. */

import type { ThreadConfigs } from '../../agent/ports.ts';
import { prepareReview } from '../../agent/thread-turns.ts';
import type { ThreadManager } from '../../agent/threads.ts';
import type { UserTurnInput } from '../../agent/turn.ts';
import { invalidRequest } from '../../base/errors.ts';
import type { EnvironmentManager } from '../../environment/manager.ts';
import type { ClientRequests, Handlers, Slice, TurnStartParams, TurnSteerParams } from '../../protocol/app/index.ts';
import type { RequestContext } from '../connection.ts';
import { reachEnvironments } from '../environments.ts';
import { settingsChange } from '../settings-change.ts';

export interface TurnDeps {
  readonly threads: ThreadManager;
  readonly configs: ThreadConfigs;
  readonly environments: EnvironmentManager;
  readonly cwd: string;
}

const saidIn = (params: TurnStartParams | TurnSteerParams): UserTurnInput => ({
  input: params.input,
  clientId: params.clientUserMessageId ?? null,
  additionalContext: params.additionalContext,
});

export const turnHandlers = (
  deps: TurnDeps,
): Handlers<Slice<ClientRequests, 'turn'> & Slice<ClientRequests, 'review'>, RequestContext> => ({
  'turn/start': async (params, { afterReply, signal }) => {
    const thread = deps.threads.get(params.threadId);
    const change = await settingsChange(params, deps, thread.settings.cwd);
    const selected = change.environments ?? thread.settings.environments;
    const ids = selected.map(({ environmentId }) => environmentId);
    await reachEnvironments(deps.environments, ids, signal);
    const prepared = thread.prepareTurn({
      said: saidIn(params),
      change,
      options: {
        outputSchema: params.outputSchema,
        clientMetadata: { ...params.responsesapiClientMetadata, ...params.responsesapiClientMetadataPatch },
        rootTurnId: params.rootTurnId,
      },
    });
    afterReply(() => prepared.start());
    return { turn: prepared.turn };
  },
  'turn/steer': (params) => ({ turnId: deps.threads.get(params.threadId).steer(params.expectedTurnId, saidIn(params)) }),
  'turn/interrupt': async ({ threadId, turnId }, { afterReply }) => {
    const tell = await deps.threads.get(threadId).interrupt(turnId);
    afterReply(tell);
    return {};
  },
  'turn/settings/update': ({ threadId }) => {
    deps.threads.get(threadId);
    throw invalidRequest('turn settings updates require the step_model_switching feature');
  },
  'review/start': async ({ threadId, target }, { afterReply }) => {
    const prepared = await prepareReview(deps.threads.get(threadId), target);
    afterReply(() => prepared.start());
    return { turn: prepared.turn, reviewThreadId: threadId };
  },
});
