/** Finds the schemas that have a wire name, starting from the rows that use them. */
import * as z from 'zod/mini';
import { type Protocol, type Schema, schemaName } from '../../rpc/contract.ts';

/** Who writes a message decides how its schema reads: a sender may leave defaults out, a receiver finds them filled in. */
export interface Directions {
  /** Written by clients: params of their requests and notifications, results of the server's requests. */
  readonly input: readonly Schema[];
  /** Written by the server. */
  readonly output: readonly Schema[];
}

export function directionsOf(protocol: Protocol): Directions {
  const { clientRequests, clientNotifications, serverRequests, serverNotifications } = protocol;
  const params = (rows: Readonly<Record<string, { readonly params: Schema }>>) => Object.values(rows).map((row) => row.params);
  const results = (rows: Readonly<Record<string, { readonly result: Schema }>>) => Object.values(rows).map((row) => row.result);
  return {
    input: [...params(clientRequests), ...params(clientNotifications), ...results(serverRequests)],
    output: [...results(clientRequests), ...params(serverRequests), ...params(serverNotifications)],
  };
}

/** Every named schema that the roots reach, by name. Throws when two schemas share a name. */
export function namedSchemas(roots: readonly Schema[]): Map<string, z.core.$ZodType> {
  const named = new Map<string, z.core.$ZodType>();
  const seen = new Set<z.core.$ZodType>();
  const open = roots.map((root): z.core.$ZodType => root());
  for (let type = open.pop(); type; type = open.pop()) {
    if (seen.has(type)) continue;
    seen.add(type);
    const name = schemaName(type);
    if (name !== undefined) {
      if (named.has(name)) throw new Error(`two schemas are named ${name}`);
      named.set(name, type);
    }
    open.push(...partsOf(type));
  }
  return named;
}

/** The schemas a schema is made of. One that only adds a mark has the marked one as its parent. */
function partsOf(type: z.core.$ZodType): z.core.$ZodType[] {
  const { parent } = type._zod;
  if (parent) return [parent];
  if (type instanceof z.core.$ZodObject) {
    const { shape, catchall } = type._zod.def;
    return [...Object.values(shape), ...(catchall ? [catchall] : [])];
  }
  if (type instanceof z.core.$ZodArray) return [type._zod.def.element];
  if (type instanceof z.core.$ZodRecord) return [type._zod.def.valueType];
  if (type instanceof z.core.$ZodUnion) return [...type._zod.def.options];
  if (type instanceof z.core.$ZodPipe) return [type._zod.def.in, type._zod.def.out];
  if (type instanceof z.core.$ZodTuple) return [...type._zod.def.items];
  if (isWrapper(type)) return [type._zod.def.innerType];
  return [];
}

const isWrapper = (type: z.core.$ZodType) =>
  type instanceof z.core.$ZodOptional ||
  type instanceof z.core.$ZodNullable ||
  type instanceof z.core.$ZodDefault ||
  type instanceof z.core.$ZodNonOptional;
