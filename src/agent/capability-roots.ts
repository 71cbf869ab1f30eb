/**
 * The capability roots a thread has selected: directories with skills and plugins in some environment. The selection is what
 * is kept with the thread; which environment serves it is decided anew for each model step.
 */
import { invalidRequest } from '../base/errors.ts';
import type { Environment } from '../environment/environment.ts';
import type { Environments } from '../environment/environments.ts';
import { isAbsolutePath, nativePath, wireUri } from '../environment/path-uris.ts';
import { SelectedCapabilityRoot } from '../protocol/app/index.ts';
import { type StepEnvironments, startUpOf } from './step-environments.ts';

export interface CapabilityRoot {
  /** As the client named it; what belongs to the root carries it (`pluginId`). */
  readonly id: string;
  readonly environmentId: string;
  /** A `file:` URI. */
  readonly uri: string;
}

/** A root and the environment that serves it, for as long as one step lasts. */
export interface ResolvedRoot extends CapabilityRoot {
  readonly environment: Environment;
  /** Absolute, native to the environment. */
  readonly path: string;
}

/** Roots that can be looked at without starting anything, and why the others cannot. */
export interface RootsAtHand {
  readonly roots: readonly ResolvedRoot[];
  readonly warnings: readonly string[];
}

/** What a client selects, in the form in which it is stored. Throws for a path that is not absolute. */
export function storedRoots(selected: readonly SelectedCapabilityRoot[]): SelectedCapabilityRoot[] {
  return selected.map(({ id, location }) => {
    const { type, environmentId, path } = location;
    if (!isAbsolutePath(path)) throw invalidRequest(`selected capability root \`${id}\` must have an absolute path`);
    return { id, location: { type, environmentId, path: wireUri(path) } };
  });
}

/** The selection of a stored thread. What cannot be read is left out; older threads selected nothing. */
function readRoots(stored: readonly unknown[]): CapabilityRoot[] {
  return stored.flatMap((one) => {
    const read = SelectedCapabilityRoot().safeParse(one);
    if (!read.success) return [];
    const { id, location } = read.data;
    return [{ id, environmentId: location.environmentId, uri: wireUri(location.path) }];
  });
}

export class CapabilityRoots {
  /** In the order of the client. */
  readonly selected: readonly CapabilityRoot[];
  readonly #environments: Environments;
  readonly #signal: AbortSignal;

  /** `stored` is the thread's own selection; `signal` ends with the thread. */
  constructor(stored: readonly unknown[], environments: Environments, signal: AbortSignal) {
    this.selected = readRoots(stored);
    this.#environments = environments;
    this.#signal = signal;
  }

  /**
   * The roots of one step. A captured environment is used as it was captured and never a newer one of its name; one the step
   * does not work in is taken as it is now, or asked to start and left out this time. Reads no file and waits for nothing.
   */
  resolve({ captured }: StepEnvironments): readonly ResolvedRoot[] {
    return this.selected.flatMap((root) => {
      const pinned = captured.get(root.environmentId);
      if (pinned) return pinned.startUp === 'ready' ? [resolved(root, pinned.environment)] : [];
      const environment = this.#environments.find(root.environmentId);
      if (!environment) return [];
      const startUp = startUpOf(environment);
      // The state tells how it went; a later step looks again.
      if (startUp === 'starting') environment.info(this.#signal).catch(() => {});
      return startUp === 'ready' ? [resolved(root, environment)] : [];
    });
  }

  /** The roots of now, for a catalogue. Starts nothing; an environment that is still starting is passed over without a word. */
  atHand(): RootsAtHand {
    const roots: ResolvedRoot[] = [];
    const warnings: string[] = [];
    for (const root of this.selected) {
      const environment = this.#environments.find(root.environmentId);
      const startUp = environment && startUpOf(environment);
      if (!environment) warnings.push(`capability root \`${root.id}\`: unknown environment id \`${root.environmentId}\``);
      else if (startUp === 'ready') roots.push(resolved(root, environment));
      else if (startUp === 'failed') warnings.push(`capability root \`${root.id}\`: ${failureOf(environment)}`);
    }
    return { roots, warnings };
  }
}

const resolved = (root: CapabilityRoot, environment: Environment): ResolvedRoot => ({ ...root, environment, path: nativePath(root.uri) });

function failureOf(environment: Environment): string {
  const state = environment.state();
  return state.status === 'disconnected' ? state.error : 'the environment is not available';
}
