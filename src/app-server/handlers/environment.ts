/** `environment/*`: the places where threads can run things. */
import { internalError, isCancelled, messageOf } from '../../base/errors.ts';
import type { EnvironmentManager } from '../../environment/manager.ts';
import { wireUri } from '../../environment/path-uris.ts';
import type { ClientRequests, Handlers, Slice } from '../../protocol/app/index.ts';
import type { RequestContext } from '../connection.ts';

export const environmentHandlers = (deps: {
  environments: EnvironmentManager;
}): Handlers<Slice<ClientRequests, 'environment'>, RequestContext> => ({
  'environment/add': ({ environmentId, execServerUrl, connectTimeoutMs, authBearerToken }) => {
    deps.environments.add({
      environmentId,
      execServerUrl,
      ...(connectTimeoutMs !== undefined && { connectTimeoutMs }),
      ...(authBearerToken !== undefined && { authBearerToken }),
    });
    return {};
  },
  'environment/status': ({ environmentId }) => deps.environments.status(environmentId),
  'environment/info': async ({ environmentId }, { signal }) => {
    const environment = deps.environments.get(environmentId);
    const { shell, cwd } = await environment.info(signal).catch((error: unknown) => {
      if (isCancelled(error)) throw error;
      throw internalError(`failed to get info for environment \`${environmentId}\`: ${messageOf(error)}`, error);
    });
    return { shell: { name: shell.name, path: shell.path }, cwd: cwd === undefined ? null : wireUri(cwd) };
  },
});
