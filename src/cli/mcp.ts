/** `switchyard mcp`: reads and edits the servers of the configuration, and signs in and out at them with the server's own code. */
import { messageOf } from '../base/errors.ts';
import { type Configuration, createConfiguration } from '../config/configuration.ts';
import type { ConfigEdit } from '../config/edit.ts';
import type { McpServerToml } from '../config/schema.ts';
import { callbackId } from '../mcp/oauth-callback.ts';
import { serverConfig } from '../mcp/server-config.ts';
import { resolveCodexHome } from './home.ts';
import { type McpCommand, type McpFlags, mcpHelp, type NewHttpServer, parseMcp } from './mcp-flags.ts';
import { serverJson, serverTables, serverText } from './mcp-listing.ts';
import { type LoginOptions, type LoginsPlace, loginAt, logoutAt, withLogins } from './mcp-login.ts';
import { fail, misuse, misuseStatus } from './misuse.ts';

type Of<Kind extends McpCommand['kind']> = Extract<McpCommand, { kind: Kind }>;

/** `args`: all words but the command's name. Rejects with what the user should read; see `run`. */
export async function mcp(args: readonly string[]): Promise<void> {
  const flags = parseMcp(args);
  if (flags === 'help') process.stdout.write(mcpHelp);
  else if (flags === 'nothing') fail(mcpHelp, misuseStatus);
  else if ('wrong' in flags) fail(misuse(flags.wrong), misuseStatus);
  else await run(flags);
}

/** After a rejection the configuration is as it was before, unless only a login failed. */
async function run({ command, overrides }: McpFlags): Promise<void> {
  const { env } = process;
  const cwd = process.cwd();
  const configuration = createConfiguration({ home: resolveCodexHome(env), cwd, overrides, env });
  const place: LoginsPlace = { configuration, cwd, env };
  switch (command.kind) {
    case 'list':
      return list(command, place);
    case 'get':
      return get(command, configuration);
    case 'add':
      return add(command, place);
    case 'remove':
      return remove(command, configuration);
    case 'login':
      return login(command, place);
    case 'logout':
      return logout(command, place);
  }
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);

const serversOf = async (configuration: Configuration): Promise<Readonly<Record<string, McpServerToml>>> =>
  (await configuration.load()).settings.mcpServers;

/** Rejects when there is none of that name; `where` ends the sentence. */
async function serverNamed(configuration: Configuration, name: string, where = ''): Promise<McpServerToml> {
  const servers = await serversOf(configuration);
  const server = Object.hasOwn(servers, name) ? servers[name] : undefined;
  if (!server) throw new Error(`No MCP server named '${name}' found${where}.`);
  return server;
}

async function list({ json }: Of<'list'>, place: LoginsPlace): Promise<void> {
  const servers = Object.entries(await serversOf(place.configuration)).sort(([a], [b]) => (a < b ? -1 : 1));
  if (servers.length === 0) {
    print(json ? '[]' : 'No MCP servers configured yet. Try `switchyard mcp add my-tool -- my-command`.');
    return;
  }
  const signal = AbortSignal.timeout(statusMs);
  // One that is switched off is asked nothing, and a program has no sign-in.
  const asked = servers.some(([, raw]) => raw.enabled !== false && raw.command === undefined);
  const statuses = asked
    ? await withLogins(place, (logins) =>
        Promise.all(
          servers.map(([name, raw]) => (raw.enabled === false ? 'unsupported' : logins.authStatus(serverConfig(name, raw), signal))),
        ),
      )
    : servers.map(() => 'unsupported' as const);
  const listed = servers.map(([name, raw], at) => ({ name, raw, auth: statuses[at] ?? 'unknown' }));
  print(json ? JSON.stringify(listed.map(serverJson), null, 2) : serverTables(listed));
}

/** How long listing waits for servers that do not answer. */
const statusMs = 15_000;

async function get({ name, json }: Of<'get'>, configuration: Configuration): Promise<void> {
  const raw = await serverNamed(configuration, name);
  print(json ? JSON.stringify(serverJson({ name, raw, auth: undefined }), null, 2) : serverText(name, raw));
}

const nameForm = /^[a-zA-Z0-9_:@/.-]+$/;

async function add(command: Of<'add'>, place: LoginsPlace): Promise<void> {
  const { name, env, server } = command;
  if (!nameForm.test(name)) throw new Error(`invalid server name '${name}' (use letters, numbers, '-', '_', ':', '@', '/', '.')`);
  const overHttp = 'url' in server ? server : undefined;
  if (overHttp && Object.keys(env).length > 0) throw new Error('command is required');
  // A configuration that cannot be read is told before anything is changed.
  await place.configuration.load();
  await edit(place.configuration, name, 'url' in server ? httpTable(server) : stdioTable(server.argv, env));
  print(`Added global MCP server '${name}'.`);
  if (!overHttp) return;
  if (overHttp.clientId !== undefined) print(`OAuth callback URL: ${callbackUrl(overHttp.url)}`);
  if (overHttp.bearerTokenVariable === undefined) await loginAfterAdding(command, place);
}

/** What to register at an authorization server that knows its clients beforehand; the port is another at every login. */
const callbackUrl = (url: string): string => `http://127.0.0.1/callback/${callbackId(url)}`;

function stdioTable([command, ...args]: readonly [string, ...string[]], env: Readonly<Record<string, string>>) {
  return { command, ...(args.length === 0 ? {} : { args }), ...(Object.keys(env).length === 0 ? {} : { env }) };
}

function httpTable({ url, bearerTokenVariable, clientId, clientSecret, resource }: NewHttpServer) {
  return {
    url,
    ...(bearerTokenVariable === undefined ? {} : { bearer_token_env_var: bearerTokenVariable }),
    ...(resource === undefined ? {} : { oauth_resource: resource }),
    ...(clientId === undefined
      ? {}
      : {
          oauth: {
            client_id: clientId,
            ...(clientSecret === undefined ? {} : { client_secret: clientSecret }),
            callback_url: callbackUrl(url),
          },
        }),
  };
}

async function edit(configuration: Configuration, name: string, value: ConfigEdit['value']): Promise<void> {
  const keyPath = `mcp_servers.${JSON.stringify(name)}`;
  const edits = [{ keyPath, value, mergeStrategy: 'replace' as const }];
  const { overriddenMetadata } = await configuration.write({ edits, filePath: undefined, expectedVersion: undefined });
  if (overriddenMetadata) process.stderr.write(`warning: ${overriddenMetadata.message}\n`);
}

async function loginAfterAdding({ name, registration }: Of<'add'>, place: LoginsPlace): Promise<void> {
  const config = serverConfig(name, await serverNamed(place.configuration, name));
  await withLogins(place, async (logins) => {
    const status = await logins.authStatus(config, AbortSignal.timeout(statusMs));
    if (status === 'unknown') print(`MCP server may or may not require login. Run \`switchyard mcp login ${name}\` to login.`);
    if (status !== 'notLoggedIn') return;
    print('Detected OAuth support. Starting OAuth flow…');
    await signIn(logins, { config, registration, scopes: undefined, pasted: false });
    print('Successfully logged in.');
  });
}

async function remove({ name }: Of<'remove'>, configuration: Configuration): Promise<void> {
  if ((await configuration.userValue(['mcp_servers', name])) === undefined) {
    print(`No MCP server named '${name}' found.`);
    return;
  }
  await edit(configuration, name, null);
  print(`Removed global MCP server '${name}'.`);
}

async function login({ name, scopes, registration, pasted }: Of<'login'>, place: LoginsPlace): Promise<void> {
  const config = serverConfig(name, await serverNamed(place.configuration, name));
  await withLogins(place, (logins) => signIn(logins, { config, registration, scopes, pasted }));
  print(`Successfully logged in to MCP server '${name}'.`);
}

/** Scopes that were the server's own idea and that its provider does not like are left out at a second try. */
async function signIn(logins: Parameters<typeof loginAt>[0], options: LoginOptions): Promise<void> {
  const first = await loginAt(logins, options);
  if (first.error === undefined) return;
  if (!first.scopesDiscovered || !first.refusedByProvider) throw new Error(first.error);
  print('OAuth provider rejected discovered scopes. Retrying without scopes…');
  const second = await loginAt(logins, { ...options, scopes: [] });
  if (second.error !== undefined) throw new Error(second.error);
}

async function logout({ name }: Of<'logout'>, place: LoginsPlace): Promise<void> {
  const config = serverConfig(name, await serverNamed(place.configuration, name, ' in configuration'));
  const removed = await withLogins(place, (logins) => logoutAt(logins, config)).catch((error: unknown) => {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : undefined;
    // The system's own words say what its keyring is missing.
    throw cause?.cause === undefined ? error : new Error(`${messageOf(error)} (${messageOf(cause.cause)})`, { cause: error });
  });
  print(removed ? `Removed OAuth credentials for '${name}'.` : `No OAuth credentials stored for '${name}'.`);
}
