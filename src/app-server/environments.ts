/** The environments of a server: this machine and the declared ones, and what clients are told of their connections. */
import type { ThreadManager } from '../agent/threads.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { type DeclarationFile, readDeclaration } from '../environment/declared.ts';
import { createLocalEnvironment, type LocalEnvironment } from '../environment/local.ts';
import { createEnvironmentManager, type EnvironmentManager } from '../environment/manager.ts';
import { declaredEnvironment, remoteConnector } from '../environment/providers.ts';
import type { Audience } from './audience.ts';

export interface EnvironmentsOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: Log;
  readonly environmentsFile?: DeclarationFile | undefined;
  /** Commands may never write it: its rules and settings decide about later commands. */
  readonly codexHome: string;
}

export interface ServerEnvironments extends AsyncDisposable {
  readonly manager: EnvironmentManager;
  /** This machine for the server's own work, also where threads may not use it. */
  readonly local: LocalEnvironment;
}

const definedOnly = (env: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));

/** Throws `DeclarationError`. Declared URLs are being connected to when it returns. */
export function createEnvironments(options: EnvironmentsOptions): ServerEnvironments {
  const { env, cwd, clock, log, codexHome } = options;
  const { includeLocal, defaultId, environments } = readDeclaration(env, options.environmentsFile);
  const local = createLocalEnvironment({ baseEnv: definedOnly(env), cwd, clock, ownPaths: [codexHome] });
  const manager = createEnvironmentManager({
    ...(includeLocal && { local }),
    declared: environments.map((declared) => declaredEnvironment(declared, { env, log })),
    defaultId,
    connectRemote: remoteConnector({ env, log }),
  });
  const close = async () => {
    await Promise.all([manager.close(), ...(includeLocal ? [] : [local.close()])]);
  };
  return { manager, local, [Symbol.asyncDispose]: close };
}

/** Tells the clients of each thread when an environment it works in is lost for good, and when it is back, also from a short break. */
export function announceConnections(deps: { manager: EnvironmentManager; threads: ThreadManager; audience: Audience }): () => void {
  const { manager, threads, audience } = deps;
  const connected = new Set<string>();
  /** Back, they are told of. */
  const lost = new Set<string>();
  const tell = (method: 'thread/environment/connected' | 'thread/environment/disconnected', environmentId: string) => {
    for (const threadId of threads.loadedIds()) {
      const selected = threads.find(threadId)?.settings.environments.some((one) => one.environmentId === environmentId);
      if (selected) audience.forThread(threadId).notify(method, { threadId, environmentId });
    }
  };
  return manager.onStateChange((id, state) => {
    if (state.status === 'ready') {
      connected.add(id);
      if (lost.delete(id)) tell('thread/environment/connected', id);
    } else if (state.status === 'disconnected' && connected.has(id)) {
      lost.add(id);
      if (!state.recovering && connected.delete(id)) tell('thread/environment/disconnected', id);
    }
  });
}

/**
 * Asks those that lost their connection to come back, and waits for the first, where the turn works unless the model says
 * otherwise. A failure is for whoever uses them to tell.
 */
export async function reachEnvironments(manager: EnvironmentManager, ids: readonly string[], signal: AbortSignal): Promise<void> {
  const back = ids.map(async (id) => {
    const environment = manager.find(id);
    if (environment?.state().status === 'disconnected') await environment.info(signal).catch(() => {});
  });
  await back[0];
}
