/** The names under which a model sees the tools of MCP servers: legal characters, unique, and short enough. */
import { createHash } from 'node:crypto';

/** Namespace, tool and the two characters that join them. */
const longestName = 128;
const suffixLength = 13;

export interface RawTool {
  readonly server: string;
  readonly tool: string;
}

export interface ModelName {
  readonly namespace: string;
  readonly name: string;
}

const sanitized = (text: string): string => Array.from(text, (char) => (/[A-Za-z0-9_]/.test(char) ? char : '_')).join('');
const suffix = (identity: string): string => `_${createHash('sha1').update(identity).digest('hex').slice(0, 12)}`;
const namespaceIdentity = (server: string): string => `${server}\0${server}\0`;
const toolIdentity = ({ server, tool }: RawTool): string => `${namespaceIdentity(server)}\0${tool}\0${tool}`;

const prefixed = (server: string): string => {
  const name = sanitized(server);
  return name.startsWith('mcp__') ? name : `mcp__${name}`;
};

function namespaces(servers: readonly string[]): Map<string, string> {
  const counts = new Map<string, number>();
  for (const server of servers) counts.set(prefixed(server), (counts.get(prefixed(server)) ?? 0) + 1);
  return new Map(
    servers.map((server) => {
      const name = prefixed(server);
      return [server, (counts.get(name) ?? 0) > 1 ? `${name}${suffix(namespaceIdentity(server))}` : name];
    }),
  );
}

/** Cuts the tool name, and the namespace only when it leaves no room for a hash. */
function fitted(namespace: string, name: string, hash: string): ModelName {
  const room = longestName - 2 - namespace.length;
  if (name.length <= room) return { namespace, name };
  if (room >= suffixLength) return { namespace, name: `${name.slice(0, room - suffixLength)}${hash}` };
  return { namespace: namespace.slice(0, longestName - 2 - suffixLength), name: hash };
}

/** As one word: underscores at the seam must not make two tools one. */
const joined = ({ namespace, name }: ModelName): string => `${namespace}__${name}`;

/** One name per tool, the same whatever the order they come in; an exact duplicate gets the name of the first. */
export function modelNames(tools: readonly RawTool[]): ReadonlyMap<RawTool, ModelName> {
  const spaces = namespaces([...new Set(tools.map(({ server }) => server))]);
  const ordered = [...tools].sort((a, b) => (toolIdentity(a) < toolIdentity(b) ? -1 : 1));
  const counts = new Map<string, number>();
  const plain = ({ server, tool }: RawTool): string => `${spaces.get(server) ?? ''}\0${sanitized(tool)}`;
  const distinct = new Map(ordered.map((tool) => [toolIdentity(tool), tool]));
  for (const tool of distinct.values()) counts.set(plain(tool), (counts.get(plain(tool)) ?? 0) + 1);
  const taken = new Set<string>();
  const names = new Map<RawTool, ModelName>();
  const byIdentity = new Map<string, ModelName>();
  for (const tool of ordered) {
    const identity = toolIdentity(tool);
    let chosen = byIdentity.get(identity);
    for (let attempt = 0; !chosen || (!byIdentity.has(identity) && taken.has(joined(chosen))); attempt += 1) {
      const hash = suffix(attempt === 0 ? identity : `${identity}\0${attempt}`);
      const collides = attempt > 0 || (counts.get(plain(tool)) ?? 0) > 1;
      const name = sanitized(tool.tool);
      chosen = fitted(spaces.get(tool.server) ?? '', collides ? `${name}${hash}` : name, hash);
    }
    byIdentity.set(identity, chosen);
    taken.add(joined(chosen));
    names.set(tool, chosen);
  }
  return names;
}
