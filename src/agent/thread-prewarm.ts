/** What the first turn of a thread will need, made ready while the client is still reading that the thread exists. */
import type { Environment } from '../environment/environment.ts';
import { primeContext } from './context.ts';
import type { Thread } from './thread.ts';
import type { ThreadCore } from './thread-core.ts';
import { modelOf, offeredSkills, toolsOf } from './turn-loop.ts';

/** Begins in the next turn of the event loop and never fails; a first turn that comes earlier waits for nothing here. */
export function prewarm(thread: Thread): void {
  setImmediate(() => {
    void run(thread).catch((error: unknown) => {
      if (!thread.core.scope.closed) thread.core.host.log.debug('a thread could not be prewarmed', { thread: thread.id, error });
    });
  });
}

/** A first turn that follows at once must not share the processor with this; the first command waits for it otherwise. */
const processesAfterMs = 250;

function prepareProcesses({ scope }: ThreadCore, { processes }: Environment): void {
  if (scope.closed) return;
  const timer = setTimeout(() => void processes.prepare?.(), processesAfterMs);
  timer.unref();
  scope.defer(() => clearTimeout(timer));
}

async function run(thread: Thread): Promise<void> {
  const { core, settings } = thread;
  if (core.scope.closed) return;
  const { clock, telemetry, environments } = core.host;
  const startedMs = clock.monotonicMs();
  const connected = core.host.model(settings.modelProvider).prewarm();
  primeContext();
  const contextMs = clock.monotonicMs();
  telemetry.startupPhase('startup_prewarm_create_turn_context', contextMs - startedMs, 'ready');
  toolsOf(core, settings, modelOf(core, settings));
  telemetry.startupPhase('startup_prewarm_build_tools', clock.monotonicMs() - contextMs, 'ready');
  const first = settings.environments[0];
  const environment = first && environments.find(first.environmentId);
  // Another machine is connected when something is to run there, not because a thread was opened.
  if (environment?.state().status === 'ready') await environment.info(core.scope.signal).catch(() => undefined);
  await offeredSkills(core, settings);
  await connected;
  if (environment?.state().status === 'ready') prepareProcesses(core, environment);
  telemetry.startupPhase('startup_prewarm_total', clock.monotonicMs() - startedMs, core.scope.closed ? 'cancelled' : 'ready');
}
