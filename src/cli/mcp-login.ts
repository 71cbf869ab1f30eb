/** Signing in and out from a terminal: the address is printed, never opened, and the rest is the server's own code. */

import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { createEnvironments } from '../app-server/environments.ts';
import { compatibleVersion } from '../app-server/handshake.ts';
import { McpLogins, mcpCredentials } from '../app-server/mcp-logins.ts';
import { systemClock } from '../base/clock.ts';
import { deferred } from '../base/deferred.ts';
import { Cancelled, messageOf } from '../base/errors.ts';
import { createLog, parseLogLevel } from '../base/log.ts';
import { Scope } from '../base/scope.ts';
import type { Configuration } from '../config/configuration.ts';
import { readEnvironmentsFile } from '../host/services.ts';
import type { McpServerConfig } from '../mcp/server-config.ts';
import type { RegistrationChoice } from './mcp-flags.ts';

export interface LoginsPlace {
  readonly configuration: Configuration;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

export interface LoginOptions {
  readonly config: McpServerConfig;
  /** Undefined: what the server asks for. */
  readonly scopes: readonly string[] | undefined;
  readonly registration: RegistrationChoice;
  /** The user may paste the address where the browser ended up. */
  readonly pasted: boolean;
}

export interface LoginEnd {
  /** Undefined: signed in. */
  readonly error: string | undefined;
  readonly refusedByProvider: boolean;
  readonly scopesDiscovered: boolean;
}

/** Runs `use` with the logins of this home and the environments that its servers may be in; both are gone afterwards. */
export async function withLogins<T>({ configuration, cwd, env }: LoginsPlace, use: (logins: McpLogins) => Promise<T>): Promise<T> {
  const codexHome = configuration.home;
  const scope = new Scope('mcp');
  const log = createLog({
    write: (line) => process.stderr.write(line),
    level: parseLogLevel(env.RUST_LOG),
    json: env.LOG_FORMAT === 'json',
  });
  const common = { clock: systemClock, log };
  try {
    const environmentsFile = readEnvironmentsFile(codexHome);
    const { manager } = scope.own(createEnvironments({ ...common, cwd, env, codexHome, environmentsFile }));
    const logins = new McpLogins({
      ...common,
      // There are no threads here; those of running servers see a login when they next start one.
      mcp: { restart: () => {} },
      configuration,
      environments: manager,
      credentials: mcpCredentials(configuration, undefined),
      variables: env,
      version: compatibleVersion,
      scope,
    });
    return await use(logins);
  } finally {
    await scope.close(new Cancelled('the command is over'));
  }
}

/** Resolves when the login is over, however it went. Rejects when there is nothing to open, or the user's input ended. */
export async function loginAt(logins: McpLogins, options: LoginOptions): Promise<LoginEnd> {
  const { config, registration, scopes, pasted } = options;
  const { transport: settings } = config;
  if (settings.type !== 'http') throw new Error('OAuth login is only supported for streamable HTTP servers.');
  const ended = deferred<string | undefined>();
  const params = { name: config.name, clientRegistration: registration, ...(scopes && { scopes: [...scopes] }) };
  const gone = new AbortController();
  const completed = ({ error }: { error?: string | null | undefined }) => ended.resolve(error ?? undefined);
  const { authorizationUrl, loginId, scopesDiscovered } = await logins.start({ config, settings, params, signal: gone.signal, completed });
  process.stdout.write(instructions(config.name, authorizationUrl, pasted));
  const input = pasted ? readHidden('Callback URL (input hidden): ') : undefined;
  const submitted = input?.line.then((url) => {
    logins.submit(loginId, url);
    return ended.promise;
  });
  try {
    const error = await Promise.race([ended.promise, ...(submitted ? [submitted] : [])]);
    return { error, refusedByProvider: error?.startsWith('OAuth provider returned ') ?? false, scopesDiscovered };
  } catch (error) {
    gone.abort(new Cancelled(messageOf(error)));
    await ended.promise;
    throw error;
  } finally {
    input?.close();
  }
}

function instructions(name: string, url: string, pasted: boolean): string {
  if (!pasted) return `Authorize \`${name}\` by opening this URL in your browser:\n${url}\n\n`;
  const after =
    "After signing in, copy the full URL from your browser's address bar.\nIf the callback page cannot load, paste that URL here anyway.";
  return `Authorize the MCP server by opening this URL in your browser:\n${url}\n\n${after}\n`;
}

/** One line of standard input, which a terminal does not show: there is a code in it. Rejects when the input ends before. */
function readHidden(prompt: string): { readonly line: Promise<string>; close(): void } {
  const { stdin, stderr } = process;
  stderr.write(prompt);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: nowhere, terminal: stdin.isTTY === true });
  const line = new Promise<string>((found, failed) => {
    lines.once('line', found);
    lines.once('close', () => failed(new Error('No OAuth callback URL received before input closed')));
  });
  // Whoever signs in without pasting is not waiting for it.
  line.catch(() => {});
  return {
    line,
    close() {
      lines.close();
      stderr.write('\n');
      stdin.destroy();
    },
  };
}

/** False when there was nothing to forget. */
export function logoutAt(logins: McpLogins, { name, transport }: McpServerConfig): Promise<boolean> {
  if (transport.type !== 'http') throw new Error('OAuth logout is only supported for streamable_http transports.');
  return logins.logout(name, transport);
}
