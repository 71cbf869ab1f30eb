/** Opening threads: start, resume, fork, and their lasting settings. */

import { checkSelection } from '../../agent/environment-selection.ts';
import type { McpThreads } from '../../agent/mcp-threads.ts';
import type { Originator, ThreadConfigs } from '../../agent/ports.ts';
import type { Thread } from '../../agent/thread.ts';
import { noProject } from '../../agent/thread-ids.ts';
import type { ResumeWarning } from '../../agent/thread-openings.ts';
import type { ThreadManager } from '../../agent/threads.ts';
import { invalidRequest } from '../../base/errors.ts';
import type { Configuration } from '../../config/configuration.ts';
import type { EnvironmentManager } from '../../environment/manager.ts';
import { wideWorkspaceWarning } from '../../policy/wide-workspace.ts';
import type { ClientRequests, Handlers, ThreadResumeParams, ThreadResumeResponse, Turn } from '../../protocol/app/index.ts';
import type { ThreadStore } from '../../store/thread-store.ts';
import type { Audience } from '../audience.ts';
import type { RequestContext } from '../connection.ts';
import type { ClientIdentity } from '../handshake.ts';
import { newestCursors, turnsPage } from '../history-pages.ts';
import { settingsChange } from '../settings-change.ts';

export interface ThreadDeps {
  readonly threads: ThreadManager;
  readonly store: ThreadStore;
  readonly configs: ThreadConfigs;
  readonly configuration: Configuration;
  readonly environments: EnvironmentManager;
  readonly audience: Audience;
  readonly mcp: Pick<McpThreads, 'announced'>;
  readonly originator: (client: ClientIdentity) => string;
  readonly cwd: string;
  readonly userHome: string;
}

type Methods = 'thread/start' | 'thread/resume' | 'thread/fork' | 'thread/settings/update';

const hydration = {
  summary:
    'Full-history hydration is deprecated for paginated threads; use `excludeTurns: true`, then page with `thread/turns/list` and `thread/items/list`.',
  details: null,
};

export const threadHandlers = (deps: ThreadDeps): Handlers<Pick<ClientRequests, Methods>, RequestContext> => {
  const { threads, audience } = deps;
  const originatorOf = ({ connection }: RequestContext): Originator => {
    const client = connection.client;
    if (!client) throw invalidRequest('Not initialized');
    return { name: deps.originator(client), source: 'vscode' };
  };
  /** Clients hear that reading whole histories is going away before anything else about the thread. */
  const warnOfHydration = async (
    { threadId, path }: { threadId: string; path?: string | undefined },
    { client }: RequestContext,
  ): Promise<void> => {
    const loaded = path === undefined ? threads.find(threadId) : undefined;
    const record = loaded ? undefined : path === undefined ? await deps.store.find(threadId) : (await deps.store.readPath(path))?.record;
    if (loaded?.ephemeral) return;
    const mode = loaded?.born.historyMode ?? (record?.archived ? undefined : record?.historyMode);
    if (mode === 'paginated') client.notify('deprecationNotice', hydration);
  };
  const warnOfConfiguration = async (thread: Thread, { client }: RequestContext): Promise<void> => {
    const { cwd, permissions, activePermissionProfile, environments } = thread.settings;
    const id = activePermissionProfile?.id ?? ':';
    const profile = id.startsWith(':') ? undefined : await deps.configs.permissions(id, cwd).catch(() => undefined);
    const roots = environments.flatMap(({ runtimeWorkspaceRoots }) => runtimeWorkspaceRoots);
    const wide = wideWorkspaceWarning(permissions, roots, deps.userHome);
    const messages = [
      ...(await deps.configuration.threadWarnings(cwd)),
      ...(profile?.warnings ?? []),
      ...(wide === undefined ? [] : [wide]),
    ];
    for (const message of messages) client.notify('warning', { threadId: thread.id, message });
  };
  const tellUsage = (thread: Thread, { client }: RequestContext): void => {
    const update = thread.core.usage.update();
    if (update) client.notify('thread/tokenUsage/updated', update);
  };

  return {
    'thread/start': async (params, context) => {
      if (params.projectId !== undefined) throw noProject(params.projectId);
      const { thread, response, announce } = await threads.start(params, originatorOf(context));
      audience.subscribe(thread.id, context.connection);
      context.afterReply(() => {
        announce();
        void warnOfConfiguration(thread, context);
      });
      return response;
    },
    'thread/resume': async (params, context) => {
      if (!params.excludeTurns && !params.history) await warnOfHydration(params, context);
      const warn: ResumeWarning = (threadId, message) => context.client.notify('warning', { threadId, message });
      const { thread, response, collaborationMode } = await threads.resume(params, originatorOf(context), warn);
      const turns = (params.excludeTurns ? await threads.turns(thread) : response.thread.turns) ?? [];
      audience.subscribe(thread.id, context.connection);
      context.afterReply(() => {
        if (!params.excludeTurns) tellUsage(thread, context);
        thread.goal.announce();
        thread.pursueGoal();
        deps.mcp.announced(thread.id);
        audience.askAgain(thread.id, context.connection);
      });
      return { ...response, collaborationMode, ...resumePages(thread.id, turns, params) };
    },
    'thread/fork': async (params, context) => {
      if (params.experimentalDisablePredictionMcp && !params.experimentalPredictionMode)
        throw invalidRequest('`experimentalDisablePredictionMcp` requires `experimentalPredictionMode: true`');
      if (params.experimentalPredictionMode && !params.ephemeral)
        throw invalidRequest('`experimentalPredictionMode` requires `ephemeral: true`');
      const contradicts = params.lastTurnId !== undefined && params.beforeTurnId !== undefined;
      if (!params.excludeTurns && params.path === undefined && !contradicts) await warnOfHydration(params, context);
      const { thread, response, announce } = await threads.fork(params, originatorOf(context));
      audience.subscribe(thread.id, context.connection);
      context.afterReply(() => {
        if (!params.excludeTurns) tellUsage(thread, context);
        announce();
      });
      return response;
    },
    'thread/settings/update': async (params, { afterReply }) => {
      const thread = threads.get(params.threadId);
      const change = await settingsChange(params, deps, thread.settings.cwd);
      checkSelection(deps.environments, change.environments ?? []);
      afterReply(() => thread.updateSettings(change));
      return {};
    },
  };
};

type ResumePages = Pick<ThreadResumeResponse, 'initialTurnsPage' | 'turnsBackwardsCursor' | 'itemsBackwardsCursor'>;

function resumePages(threadId: string, turns: readonly Turn[], { initialTurnsPage }: ThreadResumeParams): ResumePages {
  return {
    initialTurnsPage: initialTurnsPage ? turnsPage(threadId, turns, initialTurnsPage) : null,
    ...newestCursors(threadId, turns),
  };
}
