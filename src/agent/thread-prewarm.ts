/** What the first turn of a thread will need, made ready while the client is still reading that the thread exists. */
import { primeContext } from './context.ts';
import type { Thread } from './thread.ts';
import { modelOf, offeredSkills, toolsOf } from './turn-loop.ts';

/** Begins in the next turn of the event loop and never fails; a first turn that comes earlier waits for nothing here. */
export function prewarm(thread: Thread): void {
  setImmediate(() => {
    void run(thread).catch((error: unknown) => {
      if (!thread.core.scope.closed) thread.core.host.log.debug('a thread could not be prewarmed', { thread: thread.id, error });
    });
  });
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
  if (environment?.state().status === 'ready') await environment.processes.prepare?.();
  await connected;
  telemetry.startupPhase('startup_prewarm_total', clock.monotonicMs() - startedMs, core.scope.closed ? 'cancelled' : 'ready');
}
