/** The JSON Schema of every named schema of a protocol, one definition each, whoever writes it. */
import * as z from 'zod/mini';
import type { Protocol, Schema } from '../../rpc/contract.ts';
import { directionsOf, namedSchemas } from './named-schemas.ts';

export interface JsonSchema {
  [keyword: string]: unknown;
}

export interface Definitions {
  /** Sorted by name. */
  readonly all: ReadonlyMap<string, JsonSchema>;
  /** The definition of what clients write. It has a name of its own where it differs from what the server writes. */
  readonly input: (schema: Schema) => string;
  readonly output: (schema: Schema) => string;
}

const inputSuffix = 'Param';

export function definitionsOf(protocol: Protocol): Definitions {
  const { input, output } = directionsOf(protocol);
  const written = describe(output, 'output');
  const read = describe(input, 'input');
  const own = ownInputNames(read, written);
  const rename = (name: string) => (own.has(name) ? `${name}${inputSuffix}` : name);
  const all = new Map(written);
  for (const [name, definition] of read) {
    if (own.has(name) && all.has(rename(name))) throw new Error(`${rename(name)} is taken`);
    all.set(rename(name), withRefs(definition, rename));
  }
  const sorted = new Map([...all].sort(([left], [right]) => (left < right ? -1 : 1)));
  return { all: sorted, input: (schema) => rename(schema.id), output: (schema) => schema.id };
}

/** Names whose input form differs from their output form, in themselves or in something they are made of. */
function ownInputNames(read: ReadonlyMap<string, JsonSchema>, written: ReadonlyMap<string, JsonSchema>): ReadonlySet<string> {
  const own = new Set<string>();
  for (const [name, definition] of read) {
    const other = written.get(name);
    if (other && JSON.stringify(other) !== JSON.stringify(definition)) own.add(name);
  }
  for (let size = -1; size !== own.size; ) {
    size = own.size;
    for (const [name, definition] of read) {
      if (written.has(name) && refsOf(definition).some((ref) => own.has(ref))) own.add(name);
    }
  }
  return own;
}

function describe(roots: readonly Schema[], io: 'input' | 'output'): Map<string, JsonSchema> {
  const registry = z.registry<{ id: string }>();
  for (const [name, type] of namedSchemas(roots)) registry.add(type, { id: name });
  const { schemas } = z.toJSONSchema(registry, {
    io,
    target: 'draft-7',
    uri: (id) => `#/definitions/${id}`,
    override: ({ zodSchema, jsonSchema }) => {
      if (io === 'input' && readsNullAsAbsent(zodSchema)) acceptNull(jsonSchema);
    },
  });
  return new Map(Object.entries(schemas).map(([name, definition]) => [name, tidy(definition)]));
}

const readsNullAsAbsent = (type: z.core.$ZodType) => type instanceof z.core.$ZodPipe && type._zod.def.in instanceof z.core.$ZodTransform;

function acceptNull(definition: z.core.JSONSchema.BaseSchema): void {
  const { ...rest } = definition;
  for (const key of Object.keys(definition)) delete definition[key];
  definition.anyOf = [rest, { type: 'null' }];
}

/** Keywords that only say how the definition was made, or what every message has in common. */
function tidy(node: unknown): JsonSchema {
  const tidied = tidyNode(node);
  if (!isSchema(tidied)) throw new Error('not an object schema');
  return tidied;
}

function tidyNode(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(tidyNode);
  if (!isSchema(node)) return node;
  const result: JsonSchema = {};
  for (const [key, value] of Object.entries(node)) {
    if (key === 'properties') result.properties = mapValues(value, tidyNode);
    else if (key === 'default' || key === 'enum' || key === 'const') result[key] = value;
    else if (key === 'experimental') result['x-experimental'] = value;
    else if (!isNoise(key, value)) result[key] = tidyNode(value);
  }
  return flattened(result);
}

/** Unknown members are ignored on this wire, so no object is closed; integers are bounded only where the wire bounds them. */
function isNoise(key: string, value: unknown): boolean {
  if (key === '$schema' || key === '$id' || key === 'gate' || key === 'propertyNames') return true;
  if (key === 'additionalProperties') return value === false;
  if (key === 'minimum') return value === Number.MIN_SAFE_INTEGER;
  return key === 'maximum' && value === Number.MAX_SAFE_INTEGER;
}

/** `allOf` of one is that one; a choice between a plain type and null is a list of types; the mark stays in front. */
function flattened(node: JsonSchema): JsonSchema {
  const { allOf, anyOf, ...rest } = node;
  const keys = Object.keys(rest);
  if (Array.isArray(allOf) && allOf.length === 1 && keys.length === 0) return allOf[0];
  if (!Array.isArray(anyOf) || anyOf.length !== 2) return node;
  const [value, nothing] = anyOf;
  if (nothing?.type !== 'null') return node;
  const { 'x-experimental': mark, ...plain } = value;
  const marked = mark === undefined ? rest : { 'x-experimental': mark, ...rest };
  if (typeof plain.type === 'string' && !('enum' in plain) && !('const' in plain))
    return { ...marked, ...plain, type: [plain.type, 'null'] };
  return { ...marked, anyOf: [flattened(plain), nothing] };
}

/** The names of the definitions that a definition refers to. */
export function refsOf(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(refsOf);
  if (!isSchema(node)) return [];
  return Object.entries(node).flatMap(([key, value]) => (key === '$ref' ? [refName(value)] : refsOf(value)));
}

function withRefs(node: JsonSchema, rename: (name: string) => string): JsonSchema {
  const visit = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(visit);
    if (!isSchema(value)) return value;
    return mapEntries(value, (key, member) => (key === '$ref' ? refTo(rename(refName(member))) : visit(member)));
  };
  return mapEntries(node, (key, member) => (key === '$ref' ? refTo(rename(refName(member))) : visit(member)));
}

export const refTo = (name: string, file = '') => `${file}#/definitions/${name}`;
export const refName = (ref: unknown) => String(ref).slice(String(ref).lastIndexOf('/') + 1);

export const isSchema = (node: unknown): node is JsonSchema => typeof node === 'object' && node !== null && !Array.isArray(node);

const mapValues = (node: unknown, change: (value: unknown) => unknown) =>
  isSchema(node) ? mapEntries(node, (_key, value) => change(value)) : node;
const mapEntries = (node: JsonSchema, change: (key: string, value: unknown) => unknown): JsonSchema =>
  Object.fromEntries(Object.entries(node).map(([key, value]) => [key, change(key, value)]));
