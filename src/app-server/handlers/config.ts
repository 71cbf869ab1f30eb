/** `config/*` and what hangs on the configuration: features, permission profiles, requirements. */

import { resolve } from 'node:path';
import type { ThreadManager } from '../../agent/threads.ts';
import type { Configuration } from '../../config/configuration.ts';
import { allFeatures } from '../../config/features.ts';
import type { ClientRequests, ConfigReadResponse, Handlers } from '../../protocol/app/index.ts';
import type { RequestContext } from '../connection.ts';
import { page } from '../paging.ts';
import { requirementsResponse } from '../requirements.ts';

type Methods =
  | 'config/read'
  | 'config/value/write'
  | 'config/batchWrite'
  | 'configRequirements/read'
  | 'experimentalFeature/list'
  | 'experimentalFeature/enablement/set'
  | 'permissionProfile/list';

export interface ConfigDeps {
  readonly threads: ThreadManager;
  readonly configuration: Configuration;
  readonly cwd: string;
}

const builtInProfiles = [':read-only', ':workspace', ':danger-full-access'];

/** Profiles do not inherit it. */
function descriptionOf(table: unknown): string | null {
  const text = typeof table === 'object' && table !== null ? Reflect.get(table, 'description') : undefined;
  return typeof text === 'string' ? text : null;
}

export const configHandlers = (deps: ConfigDeps): Handlers<Pick<ClientRequests, Methods>, RequestContext> => {
  const { configuration } = deps;
  return {
    'config/read': async ({ includeLayers, cwd }) => {
      const result = await configuration.read({ includeLayers, cwd: cwd === undefined ? undefined : resolve(deps.cwd, cwd) });
      // The configuration checked it against its own schema, which has the same members and more.
      return result as ConfigReadResponse;
    },
    'config/value/write': ({ keyPath, value, mergeStrategy, filePath, expectedVersion }) =>
      configuration.write({ edits: [{ keyPath, value, mergeStrategy }], filePath, expectedVersion }),
    // The files are read anew whenever they change; what running threads keep of them is renewed on demand only.
    'config/batchWrite': async ({ edits, filePath, expectedVersion, reloadUserConfig }) => {
      const written = await configuration.write({ edits, filePath, expectedVersion });
      if (reloadUserConfig) configuration.reload();
      return written;
    },
    'configRequirements/read': async () => requirementsResponse((await configuration.load()).requirements),
    'experimentalFeature/list': async ({ threadId, ...request }) => {
      if (threadId !== undefined) deps.threads.get(threadId);
      const enabled = configuration.features(await configuration.load());
      return page(
        allFeatures().map((feature) => ({ ...feature, enabled: enabled.has(feature.name) })),
        request,
      );
    },
    'experimentalFeature/enablement/set': ({ enablement }) => ({ enablement: configuration.setFeatures(enablement) }),
    'permissionProfile/list': async ({ cwd, ...request }) => {
      const { sandbox } = (await configuration.load({ cwd: cwd === undefined ? undefined : resolve(deps.cwd, cwd) })).settings;
      const configured = Object.entries(sandbox.profiles).map(([id, table]) => ({ id, description: descriptionOf(table) }));
      const all = [...builtInProfiles.map((id) => ({ id, description: null })), ...configured];
      return page(
        all.map((profile) => ({ ...profile, allowed: true })),
        request,
      );
    },
  };
};
