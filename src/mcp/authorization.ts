/** Which credentials go along with requests to an HTTP server, and what a refusal means. */
import type { SecretHeader } from '../environment/environment.ts';
import { Unreachable } from './mcp-error.ts';
import type { HttpSettings } from './server-config.ts';
import type { Variables } from './stdio-transport.ts';

export interface Authorization {
  /** The value of `authorization` for the next request; undefined: none. Rejects with `Unreachable` when there should be one. */
  header(signal: AbortSignal): Promise<string | undefined>;
  /** `refused` got a 401: a better value, or undefined when there is none. */
  renew(refused: string | undefined, signal: AbortSignal): Promise<string | undefined>;
  /** Why a request without a better value fails. */
  failure(refused: string | undefined): Unreachable;
}

export const fixedAuthorization = (value: string | undefined): Authorization => ({
  header: async () => value,
  renew: async () => undefined,
  failure: () => new Unreachable('the MCP server refuses the configured credentials'),
});

/** A token from a variable. Throws `Unreachable` when there is none. */
function variableToken(name: string, server: string, variables: Variables): string {
  const value = variables[name];
  if (value === undefined) throw new Unreachable(`Environment variable ${name} for MCP server '${server}' is not set`);
  if (value.trim() === '') throw new Unreachable(`Environment variable ${name} for MCP server '${server}' is empty`);
  return value;
}

const nameForm = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const badValue = /[\u0000-\u0008\u000a-\u001f\u007f]/;

export const validHeaderName = (name: string): boolean => nameForm.test(name);
export const validHeaderValue = (value: string): boolean => !badValue.test(value);

/** Headers whose values are read where the requests are made. */
export function ownedHeaders({ variableHeaders, bearerTokenVariable }: HttpSettings): SecretHeader[] {
  const headers = Object.entries(variableHeaders)
    .filter(([name]) => validHeaderName(name))
    .map(([name, variable]) => ({ name: name.toLowerCase(), prefix: '', variable }));
  if (bearerTokenVariable === undefined) return headers;
  const others = headers.filter(({ name }) => name !== 'authorization');
  return [...others, { name: 'authorization', prefix: 'Bearer ', variable: bearerTokenVariable }];
}

/** The headers of the configuration, by lower-case name. Headers with bad names, bad values or no value are left out. */
export function userHeaders(settings: HttpSettings, variables: Variables): Map<string, string> {
  const headers = new Map<string, string>();
  const put = (name: string, value: string) => {
    if (validHeaderName(name) && validHeaderValue(value)) headers.set(name.toLowerCase(), value);
  };
  for (const [name, value] of Object.entries(settings.headers)) put(name, value);
  for (const [name, variable] of Object.entries(settings.variableHeaders)) {
    const value = variables[variable];
    if (value !== undefined && value.trim() !== '') put(name, value);
  }
  return headers;
}

/** The first that applies: a token from a variable, the user's own header, tokens of a login. */
export function chooseAuthorization(
  server: { readonly name: string; readonly settings: HttpSettings },
  headers: ReadonlyMap<string, string>,
  from: { readonly variables: Variables; readonly stored: () => Authorization },
): Authorization {
  const { bearerTokenVariable } = server.settings;
  if (bearerTokenVariable !== undefined)
    return fixedAuthorization(`Bearer ${variableToken(bearerTokenVariable, server.name, from.variables)}`);
  const own = headers.get('authorization');
  return own === undefined ? from.stored() : fixedAuthorization(own);
}
