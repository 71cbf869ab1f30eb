/**
 * The capability roots a thread has selected: directories with skills and plugins in some environment. The selection is what
 * is kept with the thread; which environment serves it is decided anew for each model step.
 */
import { abortable } from '../base/abort.ts';
import { invalidRequest, messageOf } from '../base/errors.ts';
import type { Environment, FoundRoot } from '../environment/environment.ts';
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

/** How long an environment may take to look through its roots. */
const discoveryMs = 30_000;

const keyOf = ({ id, environmentId, uri }: CapabilityRoot): string => JSON.stringify([id, environmentId, uri]);

export class CapabilityRoots {
  /** In the order of the client. */
  readonly selected: readonly CapabilityRoot[];
  readonly #environments: Environments;
  readonly #signal: AbortSignal;
  /** What was found below each root, for the life of the thread: neither a new handle nor a reconnection makes it old. */
  readonly #found = new Map<string, Promise<FoundRoot>>();

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

  /**
   * What lies below each of `roots`, manifests and their files included. Every root is looked at once per thread, those of
   * one environment together; a failure is kept too, unless the environment could not be reached. Rejects only when `signal`
   * aborts.
   */
  async look(roots: readonly ResolvedRoot[], signal: AbortSignal): Promise<FoundRoot[]> {
    const missing = roots.filter((root) => !this.#found.has(keyOf(root)));
    for (const environment of new Set(missing.map((root) => root.environment))) {
      this.#ask(
        environment,
        missing.filter((root) => root.environment === environment),
      );
    }
    const waits = roots.map((root) => this.#found.get(keyOf(root))?.catch((error: unknown) => unreached(root, error)));
    return (await abortable(Promise.all(waits), signal)).flatMap((found) => found ?? []);
  }

  #ask(environment: Environment, roots: readonly ResolvedRoot[]): void {
    // Not the caller's signal: whoever asks next waits for the same answer.
    const answer = environment.discover(roots, AbortSignal.any([this.#signal, AbortSignal.timeout(discoveryMs)]));
    for (const [index, root] of roots.entries()) {
      const found = answer.then((all) => all[index] ?? unreached(root, new Error('there was no answer')));
      this.#found.set(keyOf(root), found);
      found.catch(() => this.#found.delete(keyOf(root)));
    }
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

const unreached = ({ id, uri }: ResolvedRoot, error: unknown): FoundRoot => ({
  ...{ id, path: uri, plugin: null, skills: [], namespaceManifests: [], warnings: [] },
  error: `failed to inspect capability root ${uri}: ${messageOf(error)}`,
});

const resolved = (root: CapabilityRoot, environment: Environment): ResolvedRoot => ({ ...root, environment, path: nativePath(root.uri) });

function failureOf(environment: Environment): string {
  const state = environment.state();
  return state.status === 'disconnected' ? state.error : 'the environment is not available';
}
