/** What extends the program: skills and hooks, found on disk; apps, as the vendor lists them; plugins, of which there are none yet. */

import { resolve } from 'node:path';
import { checkId } from '../../agent/thread-ids.ts';
import type { ThreadManager } from '../../agent/threads.ts';
import type { Configuration } from '../../config/configuration.ts';
import { listHooks } from '../../config/hooks.ts';
import type { ClientRequests, Handlers, Slice } from '../../protocol/app/index.ts';
import type { AppDirectory } from '../app-directory.ts';
import type { RequestContext } from '../connection.ts';
import { page } from '../paging.ts';
import type { Skills } from '../skills.ts';

type Methods = keyof Slice<ClientRequests, 'skills'> | 'hooks/list' | 'plugin/installed' | 'app/list' | 'app/installed';

export interface ExtensionDeps {
  readonly configuration: Configuration;
  readonly skills: Skills;
  readonly threads: ThreadManager;
  readonly apps: AppDirectory;
  /** What relative directories are resolved against, and the one that is meant when none is named. */
  readonly cwd: string;
}

export const extensionHandlers = (deps: ExtensionDeps): Handlers<Pick<ClientRequests, Methods>, RequestContext> => {
  const directories = (cwds: readonly string[]) => (cwds.length === 0 ? [deps.cwd] : cwds.map((cwd) => resolve(deps.cwd, cwd)));
  return {
    'skills/list': async ({ cwds }) => ({ data: await Promise.all(directories(cwds).map((cwd) => deps.skills.list(cwd))) }),
    'skills/extraRoots/set': ({ extraRoots }) => {
      deps.skills.setExtraRoots(extraRoots);
      return {};
    },
    'skills/config/write': ({ path, name, enabled }) => deps.skills.switch({ path, name, enabled }),
    'hooks/list': async ({ cwds, threadId }) => {
      if (threadId !== undefined) deps.threads.get(threadId);
      return { data: await Promise.all(directories(cwds).map(async (cwd) => listHooks(cwd, await deps.configuration.load({ cwd })))) };
    },
    'plugin/installed': () => ({ marketplaces: [], marketplaceLoadErrors: [] }),
    'app/list': async ({ threadId, cursor, limit, forceRefetch }, { signal }) => {
      if (threadId !== undefined) checkId(threadId, 'thread');
      // A bad cursor is told without asking the vendor.
      if (cursor !== undefined && !/^\d+$/.test(cursor)) return page([], { cursor });
      const { settings } = await deps.configuration.load();
      const apps = settings.features.has('apps') ? await deps.apps.list({ refetch: forceRefetch, signal }) : undefined;
      return apps === undefined ? { data: [], nextCursor: null } : page(apps, { cursor, limit }, 'apps');
    },
    'app/installed': () => ({ apps: [] }),
  };
};
