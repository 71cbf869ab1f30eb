/** The part of a protocol that clients may use without announcing `experimentalApi`. */
import type { Protocol } from '../../rpc/contract.ts';
import { type Definitions, isSchema, type JsonSchema, refsOf } from './definitions.ts';

/** The rows that are not experimental. */
export function stableRows(protocol: Protocol): Protocol {
  return {
    clientRequests: kept(protocol.clientRequests),
    clientNotifications: kept(protocol.clientNotifications),
    serverRequests: kept(protocol.serverRequests),
    serverNotifications: kept(protocol.serverNotifications),
  };
}

const kept = <R extends { readonly experimental: boolean }>(rows: Readonly<Record<string, R>>): Record<string, R> =>
  Object.fromEntries(Object.entries(rows).filter(([, row]) => !row.experimental));

/** The definitions without marked members and variants, and without what only those need. `roots` are names in use. */
export function stableDefinitions(definitions: Definitions, roots: readonly string[]): Definitions {
  const stable = new Map([...definitions.all].map(([name, definition]) => [name, withoutMarked(definition)]));
  const reached = new Set<string>();
  const open = [...roots];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const definition = stable.get(name);
    if (reached.has(name) || !definition) continue;
    reached.add(name);
    open.push(...refsOf(definition));
  }
  return { ...definitions, all: new Map([...stable].filter(([name]) => reached.has(name))) };
}

function withoutMarked(node: JsonSchema): JsonSchema {
  const result: JsonSchema = {};
  const gone = new Set<string>();
  for (const [key, value] of Object.entries(node)) {
    if (key === 'properties' && isSchema(value)) result.properties = withoutMarkedMembers(value, gone);
    else result[key] = stableValue(value);
  }
  if (Array.isArray(result.required)) result.required = result.required.filter((name) => !gone.has(name));
  return result;
}

function withoutMarkedMembers(properties: JsonSchema, gone: Set<string>): JsonSchema {
  const members: JsonSchema = {};
  for (const [name, member] of Object.entries(properties)) {
    if (isMarked(member)) gone.add(name);
    else members[name] = stableValue(member);
  }
  return members;
}

function stableValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((part) => !isMarked(part)).map(stableValue);
  return isSchema(value) ? withoutMarked(value) : value;
}

const isMarked = (node: unknown): boolean => isSchema(node) && node['x-experimental'] === true;
