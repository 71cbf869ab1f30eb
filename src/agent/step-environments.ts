/** What one model step sees of its environments: the exact handles of its beginning, however they are replaced meanwhile. */
import { invalidRequest } from '../base/errors.ts';
import type { Environment, EnvironmentSelection } from '../environment/environment.ts';
import type { Environments } from '../environment/environments.ts';
import type { SelectedEnvironment } from './tools/tool.ts';

/** How far an environment's start-up had come. `ready` holds through a lost connection that may come back; `failed` is final. */
export type StartUp = 'ready' | 'starting' | 'failed';

export interface CapturedEnvironment {
  readonly startUp: StartUp;
  readonly environment: Environment;
}

export interface StepEnvironments {
  /** Where the step works, in the order of the turn's settings. One that is still starting is waited for by whoever uses it. */
  readonly selected: readonly SelectedEnvironment[];
  /** By id. */
  readonly captured: ReadonlyMap<string, CapturedEnvironment>;
}

export function startUpOf(environment: Environment): StartUp {
  const state = environment.state();
  if (state.status === 'pending') return 'starting';
  return state.status === 'disconnected' && state.final ? 'failed' : 'ready';
}

/** Pins the handles of now. Throws for an environment that nobody knows. */
export function captureEnvironments(environments: Environments, selections: readonly EnvironmentSelection[]): StepEnvironments {
  const captured = new Map<string, CapturedEnvironment>();
  const selected = selections.map((selection) => {
    const { environmentId } = selection;
    const environment = captured.get(environmentId)?.environment ?? environments.find(environmentId);
    if (!environment) throw invalidRequest(`unknown turn environment id \`${environmentId}\``);
    captured.set(environmentId, { startUp: startUpOf(environment), environment });
    return { selection, environment };
  });
  return { selected, captured };
}
