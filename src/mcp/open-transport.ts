/** Chooses and opens the transport of a server in the environment where it belongs. */
import type { Log } from '../base/log.ts';
import type { Environments } from '../environment/environments.ts';
import type { Transport } from './client.ts';
import { Unreachable } from './mcp-error.ts';
import type { McpServerConfig } from './server-config.ts';
import { startStdio, type Variables } from './stdio-transport.ts';

export interface TransportPlace {
  readonly environments: Pick<Environments, 'find'>;
  /** Where a stdio server without a directory of its own runs; absolute. */
  readonly cwd: string;
  /** The variables of the host of the app-server. */
  readonly variables: Variables;
  readonly log: Log;
}

/** Rejects with `Unreachable`. */
export async function openTransport(config: McpServerConfig, place: TransportPlace, signal: AbortSignal): Promise<Transport> {
  const environment = place.environments.find(config.environmentId);
  if (!environment) throw new Unreachable(`unknown environment id \`${config.environmentId}\``);
  const { transport } = config;
  if (transport.type === 'stdio')
    return startStdio(
      {
        settings: transport,
        environment,
        fallbackCwd: place.cwd,
        hostVariables: place.variables,
        log: place.log.child(`mcp ${config.name}`),
      },
      signal,
    );
  throw new Unreachable('streamable HTTP servers are not offered');
}
