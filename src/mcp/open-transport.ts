/** Chooses and opens the transport of a server in the environment where it belongs. */
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Environment } from '../environment/environment.ts';
import type { Environments } from '../environment/environments.ts';
import { chooseAuthorization, fixedAuthorization, ownedHeaders, userHeaders } from './authorization.ts';
import type { Transport } from './client.ts';
import type { Opening } from './connection.ts';
import type { CredentialStore } from './credentials.ts';
import { HeadersHelper } from './headers-helper.ts';
import { HttpTransport } from './http-transport.ts';
import { Unreachable } from './mcp-error.ts';
import type { HttpSettings, McpServerConfig, StdioSettings } from './server-config.ts';
import { startStdio, type Variables } from './stdio-transport.ts';
import { StoredTokens } from './tokens.ts';

export interface TransportPlace {
  readonly environments: Pick<Environments, 'find'>;
  /** Where a stdio server without a directory of its own runs; absolute. */
  readonly cwd: string;
  /** The variables of the host of the app-server. */
  readonly variables: Variables;
  readonly version: string;
  readonly credentials: CredentialStore;
  readonly clock: Clock;
  readonly log: Log;
}

/** Rejects with `Unreachable`. */
export async function openTransport(config: McpServerConfig, place: TransportPlace, opening: Opening): Promise<Transport> {
  const environment = config.owner?.environment ?? place.environments.find(config.environmentId);
  if (!environment) throw new Unreachable(`unknown environment id \`${config.environmentId}\``);
  const { transport } = config;
  if (transport.type === 'stdio')
    return startStdio(
      {
        // In the environment of its plugin there is only one place to read variables.
        settings: config.owner ? readIn(environment.id, transport) : transport,
        environment,
        fallbackCwd: place.cwd,
        hostVariables: place.variables,
        log: place.log.child(`mcp ${config.name}`),
      },
      opening.signal,
    );
  return openHttp({ config, settings: transport, environment }, place, opening);
}

const readIn = (environmentId: string, settings: StdioSettings): StdioSettings => ({
  ...settings,
  forwarded: settings.forwarded.map(({ name }) => ({ name, source: environmentId === 'local' ? undefined : 'remote' })),
});

export const userAgentOf = (version: string): string => `codex-mcp-client/${version}`;

function openHttp(
  { config, settings, environment }: { config: McpServerConfig; settings: HttpSettings; environment: Environment },
  place: TransportPlace,
  { uncounted }: Opening,
): HttpTransport {
  const { version, credentials, clock, cwd } = place;
  const { http } = environment;
  const { name, owner } = config;
  // A plugin's variables are those of its environment, never the host's.
  const variables = owner ? {} : place.variables;
  const secretHeaders = owner ? ownedHeaders(settings) : [];
  if (!URL.canParse(settings.url) || !/^https?:$/.test(new URL(settings.url).protocol))
    throw new Unreachable(`the URL of MCP server '${name}' cannot be used`);
  const headers = userHeaders(settings, variables);
  const common = { http, headers, userAgent: userAgentOf(version) };
  if (settings.headersHelper !== undefined && environment.id !== 'local')
    throw new Unreachable('HTTP headers helpers can only run in the local environment');
  const helper = settings.headersHelper === undefined ? undefined : new HeadersHelper(settings.headersHelper, { environment, cwd });
  const resource = settings.resource ?? settings.url;
  // Whoever prints headers signs in that way.
  const stored = () =>
    helper
      ? fixedAuthorization(undefined)
      : new StoredTokens({ ...common, name, serverUrl: settings.url, resource, store: credentials, clock, client: settings.client });
  const authorization = secretHeaders.some((header) => header.name === 'authorization')
    ? fixedAuthorization(undefined)
    : chooseAuthorization({ name, settings }, headers, { variables, stored });
  return new HttpTransport({
    ...common,
    url: settings.url,
    authorization,
    helper,
    secretHeaders,
    uncounted,
    log: place.log.child(`mcp ${name}`),
  });
}
