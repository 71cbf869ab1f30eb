/** `environment/*`: the places where threads can run things. */

import { pathToFileURL } from 'node:url';
import type { EnvironmentManager } from '../../environment/manager.ts';
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
    const { shell, cwd } = await deps.environments.get(environmentId).info(signal);
    return { shell: { name: shell.name, path: shell.path }, cwd: cwd === undefined ? null : pathToFileURL(cwd).href };
  },
});
