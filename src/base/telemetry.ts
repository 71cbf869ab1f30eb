/** Where the program measures itself. The default does nothing and costs nothing; exporters plug in at the composition root. */

/** Startup phases (a closed list, so that tags stay low in cardinality). */
export type StartupPhase =
  | 'thread_start_total'
  | 'thread_start_create_thread'
  | 'startup_prewarm_total'
  | 'startup_prewarm_create_turn_context'
  | 'startup_prewarm_build_tools'
  | 'startup_prewarm_build_prompt'
  | 'startup_prewarm_websocket_warmup'
  | 'startup_prewarm_resolve';

export type PhaseStatus = 'ready' | 'failed' | 'timed_out' | 'join_failed' | 'cancelled' | 'not_scheduled';

export interface Telemetry {
  /** `codex.startup_phase`: one finished phase. */
  startupPhase(phase: StartupPhase, durationMs: number, status?: PhaseStatus): void;
  /** `codex.turn_ttft`: once per turn, at its first visible output. */
  timeToFirstToken(durationMs: number): void;
}

const nothing = () => {};
export const noTelemetry: Telemetry = { startupPhase: nothing, timeToFirstToken: nothing };
