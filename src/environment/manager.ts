/** The set of environments a program knows: this machine, those from the configuration, and those clients add. */
import { invalidRequest, messageOf } from '../base/errors.ts';
import type { Environment, EnvironmentState } from './environment.ts';
import type { Environments } from './environments.ts';

/** What a client says about an exec-server it wants to use by URL. */
export interface RemoteTarget {
  readonly environmentId: string;
  readonly execServerUrl: string;
  readonly connectTimeoutMs?: number;
  /** Goes into the connection and nowhere else. */
  readonly authBearerToken?: string;
}

/** Makes an environment without waiting for its connection; `state()` starts as pending. */
export type ConnectRemote = (target: RemoteTarget) => Environment;

export interface EnvironmentManagerOptions {
  /** Absent: no environment on this machine. Its id is `local`. */
  readonly local?: Environment;
  /** Environments from the configuration, in their order. */
  readonly declared?: readonly Environment[];
  /** Absent: `local` when there is one. Null: none, execution is switched off. */
  readonly defaultId?: string | null;
  readonly connectRemote?: ConnectRemote;
}

/** `unknown` for an id nobody added. */
export type EnvironmentStatus = { readonly status: EnvironmentState['status'] | 'unknown'; readonly error?: string };

export interface EnvironmentManager extends Environments, AsyncDisposable {
  /** `local`, or what the configuration names; undefined when execution is switched off. It never changes. */
  readonly defaultId: string | undefined;
  /** Adds or replaces an environment that is reached by URL. Handles to the one it replaces stay valid until `close`. */
  add(target: RemoteTarget): void;
  /** Reading it changes nothing and connects nothing. */
  status(id: string): EnvironmentStatus;
  /** Calls `listener` after a change of state of any environment. Returns the function that stops it. */
  onStateChange(listener: (id: string, state: EnvironmentState) => void): () => void;
  /** Closes every environment that was ever added. Later calls wait for the first. */
  close(): Promise<void>;
}

export const localEnvironmentId = 'local';

const violation = (message: string) => invalidRequest(`exec-server protocol error: ${message}`);

const unknownId = (id: string): string => `unknown environment id \`${id}\``;

/** Throws `invalidRequest` for an id that a client may not give. */
function checkAddedId(id: string): void {
  if (id.trim() === '') throw violation('environment id cannot be empty');
  if (id === localEnvironmentId) throw violation('environment id `local` is reserved for EnvironmentManager');
}

/** Why `id` cannot be declared in a configuration, or undefined when it can. */
export function declaredIdProblem(id: string): string | undefined {
  if (id.trim() === '') return 'environment id cannot be empty';
  if (id !== id.trim()) return `environment id \`${id}\` must not contain surrounding whitespace`;
  if (id === localEnvironmentId || id.toLowerCase() === 'none') return `environment id \`${id}\` is reserved`;
  if (!/^[A-Za-z0-9_-]+$/.test(id)) return `environment id \`${id}\` must contain only ASCII letters, numbers, '-' or '_'`;
  if (id.length > 64) return `environment id \`${id}\` cannot be longer than 64 characters`;
  return undefined;
}

export function createEnvironmentManager(options: EnvironmentManagerOptions): EnvironmentManager {
  const environments = new Map<string, Environment>();
  /** Also those that were replaced: their handles are still in use, and we own them. */
  const owned = new Set<Environment>();
  const listeners = new Set<(id: string, state: EnvironmentState) => void>();
  const defaultId = options.defaultId === undefined ? options.local?.id : (options.defaultId ?? undefined);
  let closing: Promise<void> | undefined;

  const put = (environment: Environment): void => {
    environments.set(environment.id, environment);
    owned.add(environment);
    environment.onStateChange((state) => {
      if (environments.get(environment.id) !== environment) return;
      for (const listener of listeners) listener(environment.id, state);
    });
  };

  validate(options, defaultId);
  if (options.local) put(options.local);
  for (const environment of options.declared ?? []) put(environment);

  const find = (id: string): Environment | undefined => environments.get(id);
  const close = (): Promise<void> => {
    closing ??= closeAll([...owned]);
    return closing;
  };
  return {
    defaultId,
    find,
    get(id) {
      const environment = find(id);
      if (!environment) throw invalidRequest(unknownId(id));
      return environment;
    },
    list: () => [...environments.values()].map((environment) => ({ id: environment.id, state: environment.state() })),
    defaultIds: () => (defaultId === undefined ? [] : [defaultId, ...[...environments.keys()].filter((id) => id !== defaultId)]),
    add(target) {
      checkAddedId(target.environmentId);
      const url = target.execServerUrl.trim();
      if (url === '') throw violation('remote environment requires an exec-server url');
      if (url.toLowerCase() === 'none') throw violation('remote environment cannot use disabled exec-server url');
      if (closing) throw invalidRequest('the server is shutting down');
      if (!options.connectRemote) throw invalidRequest('remote environments are not available');
      put(options.connectRemote({ ...target, execServerUrl: url }));
    },
    status(id) {
      const environment = find(id);
      if (!environment) return { status: 'unknown', error: unknownId(id) };
      const state = environment.state();
      return state.status === 'disconnected' ? { status: state.status, error: state.error } : state;
    },
    onStateChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Everything is checked before anything is started. */
function validate(options: EnvironmentManagerOptions, defaultId: string | undefined): void {
  const ids = new Set<string>();
  if (options.local) {
    if (options.local.id !== localEnvironmentId)
      throw violation(`the environment of this machine must have the id \`${localEnvironmentId}\``);
    ids.add(localEnvironmentId);
  }
  for (const { id } of options.declared ?? []) {
    const problem = declaredIdProblem(id);
    if (problem) throw violation(problem);
    if (ids.has(id)) throw violation(`environment id \`${id}\` is duplicated`);
    ids.add(id);
  }
  if (defaultId !== undefined && !ids.has(defaultId)) throw violation(`default environment \`${defaultId}\` is not configured`);
}

async function closeAll(environments: readonly Environment[]): Promise<void> {
  const results = await Promise.allSettled(environments.map((environment) => environment.close()));
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [new Error(messageOf(result.reason))] : []));
  if (failures.length > 0) throw new AggregateError(failures, 'closing the environments failed');
}
