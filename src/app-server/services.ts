/** Everything handlers work with, wired once per server. */
import type { Clock } from '../base/clock.ts';
import type { HttpTransport } from '../base/http-transport.ts';
import type { Log } from '../base/log.ts';
import type { Scope } from '../base/scope.ts';
import type { Telemetry } from '../base/telemetry.ts';
import type { Environment } from '../environment/environment.ts';
import { createLocalEnvironment } from '../environment/local.ts';
import { createEnvironmentManager, type EnvironmentManager, localEnvironmentId } from '../environment/manager.ts';
import { readInstallationId } from '../store/installation-id.ts';
import type { Audience } from './audience.ts';
import type { Connection } from './connection.ts';
import type { MachineFacts } from './handshake.ts';
import type { FileWatcher } from './ports.ts';

export interface ServicesOptions {
  readonly codexHome: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly facts: MachineFacts;
  readonly clock: Clock;
  readonly log: Log;
  readonly telemetry: Telemetry;
  readonly http: HttpTransport;
  readonly watcher: FileWatcher;
  readonly ripgrep: () => Promise<string>;
  readonly processInfo: () => { readonly id: number; readonly residentMemoryBytes: number };
  readonly overrides?: readonly string[];
  readonly strictConfig?: boolean;
  /** Closes with the server. */
  readonly scope: Scope;
  readonly audience: Audience;
  /** The name in front of the user agent, given a client's own; the first client decides. */
  readonly originator: (clientName: string) => string;
}

export interface Services extends ServicesOptions {
  readonly environments: EnvironmentManager;
  readonly localEnvironment: () => Environment;
  readonly installationId: Promise<string>;
  /** Tells a freshly initialised connection what is wrong with the configuration, then the state of remote control. */
  welcome(connection: Connection): void;
  runningTurns(): number;
  whenIdle(signal: AbortSignal): Promise<void>;
}

const definedOnly = (env: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));

export function createServices(options: ServicesOptions): Services {
  const local = createLocalEnvironment({ baseEnv: definedOnly(options.env), cwd: options.cwd, clock: options.clock });
  const environments = options.scope.own(createEnvironmentManager({ local }));
  const installationId = readInstallationId(options.codexHome);
  const remoteControl = async () => ({
    status: 'disabled' as const,
    serverName: options.facts.hostName,
    installationId: await installationId,
    environmentId: null,
  });
  return {
    ...options,
    environments,
    localEnvironment: () => environments.get(localEnvironmentId),
    installationId,
    welcome: (connection) => {
      void (async () => {
        connection.notify('remoteControl/status/changed', await remoteControl());
      })();
    },
    runningTurns: () => 0,
    whenIdle: async () => {},
  };
}
