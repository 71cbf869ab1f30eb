/** Validation at the edge, and its verdict in the words that clients of the reference know (its decoder's sentences). */
import type * as z from 'zod/mini';
import { RequestError } from '../base/errors.ts';
import { decodedName, type NotificationRow, type RequestRow, schemaName, unitName } from './contract.ts';
import type { Dialect } from './dialect.ts';
import { isJsonObject } from './frame.ts';
import { isInteger, unexpected } from './unexpected.ts';

export type Checked = { readonly params: unknown } | { readonly reason: string };

/** Params of a request as its handler gets them, or the decoder's sentence. */
export function checkParams(row: RequestRow, raw: unknown, dialect: Dialect): Checked {
  const absent = raw === undefined || raw === null;
  if (row.noParams) {
    const empty = absent || (isJsonObject(raw) && Object.keys(raw).length === 0);
    if (empty) return check(row.params(), undefined);
    if (schemaName(row.params()) === unitName) return { reason: `invalid type: ${unexpected(raw)}, expected unit` };
  }
  if (absent && dialect.paramsRequired) return { reason: 'missing field `params`' };
  if (!Array.isArray(raw)) return check(row.params(), raw ?? null);
  // A list of nothing is as good as an object of nothing.
  if (raw.length === 0 && hasNoMembers(row.params())) return check(row.params(), {});
  return dialect.positionalParams ? checkPositional(row.params(), raw) : check(row.params(), raw);
}

const hasNoMembers = ({ _zod: { def } }: z.ZodMiniType): boolean => isObjectDef(def) && Object.keys(def.shape).length === 0;

/** Params whose members are given as a list, in the order of their declaration; the last ones may be left out when they are optional. */
function checkPositional(schema: z.ZodMiniType, list: readonly unknown[]): Checked {
  const { def } = schema._zod;
  const members = isObjectDef(def) ? Object.entries(def.shape) : [];
  if (list.length > members.length && members.length > 0) {
    return { reason: `invalid length ${list.length}, expected fewer elements in array` };
  }
  const isComplete = members.slice(list.length).every(([, member]) => member._zod.optin === 'optional');
  return check(schema, isComplete ? Object.fromEntries(members.map(([name], index) => [name, list[index]])) : list);
}

/** Params of a notification; absent ones count as an empty object when the row wants an object. */
export function checkNotification(row: NotificationRow, raw: unknown): Checked {
  const checked = check(row.params(), raw ?? undefined);
  if ('reason' in checked && (raw === undefined || raw === null)) return check(row.params(), {});
  return checked;
}

/** What is wrong with `value`, or undefined. */
export function describeProblem(schema: z.ZodMiniType, value: unknown): string | undefined {
  const checked = check(schema, value);
  return 'reason' in checked ? checked.reason : undefined;
}

/** The parsed value; throws `invalidParams` naming `what`. */
export function parseWith(schema: z.ZodMiniType, value: unknown, what: string): unknown {
  const checked = check(schema, value);
  if ('reason' in checked) throw new RequestError('invalidParams', `${what}: ${checked.reason}`);
  return checked.params;
}

function check(schema: z.ZodMiniType, raw: unknown): Checked {
  const parsed = schema.safeParse(raw, { error: sentence });
  if (parsed.success) return { params: parsed.data };
  const first = firstIssue(parsed.error.issues, raw);
  return { reason: first?.message ?? 'invalid value' };
}

type Issue = z.core.$ZodIssue;
type RawIssue = z.core.$ZodRawIssue;

/**
 * The issue a decoder meets first when it reads the input from left to right: wrong members in the order they were
 * written, then missing ones in the order they are declared.
 */
export function firstIssue(issues: readonly Issue[], raw: unknown): Issue | undefined {
  let best: { issue: Issue; rank: number[] } | undefined;
  for (const issue of issues) {
    const rank = rankOf(issue.path, raw);
    if (!best || compare(rank, best.rank) < 0) best = { issue, rank };
  }
  return best?.issue;
}

function rankOf(path: readonly PropertyKey[], raw: unknown): number[] {
  const rank: number[] = [];
  let value = raw;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) break;
    if (typeof step === 'number') rank.push(step);
    else {
      const index = Object.keys(value).indexOf(String(step));
      rank.push(index < 0 ? Number.POSITIVE_INFINITY : index);
    }
    value = Reflect.get(value, step);
  }
  return rank;
}

function compare(left: readonly number[], right: readonly number[]): number {
  for (let at = 0; at < Math.min(left.length, right.length); at += 1) {
    const [a, b] = [left[at] ?? 0, right[at] ?? 0];
    if (a !== b) return a < b ? -1 : 1;
  }
  return 0;
}

/** The error map of every parse: one issue as the decoder's sentence. */
function sentence(issue: RawIssue): string {
  const { input, inst } = issue;
  const schema = isSchema(inst) ? inst : issue.schema;
  if (input === undefined && issue.code !== 'custom') return missing(issue.path);
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(schema, input, issue.expected);
    case 'invalid_value':
      return wrongWord(input, issue.values.map(String));
    case 'too_small':
    case 'too_big':
      if (typeof input === 'number') {
        return `invalid ${isInteger(input) ? 'value' : 'type'}: ${unexpected(input)}, expected ${expected(schema, 'number')}`;
      }
      return `invalid length ${lengthOf(input)}, expected ${issue.code === 'too_small' ? `at least ${issue.minimum}` : `at most ${issue.maximum}`}`;
    case 'invalid_union':
      return noVariant(issue, schema);
    case 'unrecognized_keys':
      return unknownField(issue.keys[0] ?? '', schema);
    case 'invalid_format':
      return `invalid value: ${unexpected(input)}, expected ${issue.format}`;
    default:
      return `invalid value: ${unexpected(input)}`;
  }
}

const missing = (path: readonly PropertyKey[] | undefined) => `missing field \`${String(path?.at(-1) ?? 'params')}\``;

function wrongType(schema: z.core.$ZodType | undefined, input: unknown, fallback: string): string {
  const name = expected(schema, fallback);
  const def = schema?._zod.def;
  if (Array.isArray(input) && isObjectDef(def)) {
    const count = Object.keys(def.shape).length;
    return `invalid length ${input.length}, expected ${name} with ${count} element${count === 1 ? '' : 's'}`;
  }
  return `invalid type: ${unexpected(input)}, expected ${name}`;
}

function unknownVariant(value: string, variants: readonly string[]): string {
  return `unknown variant \`${value}\`, expected ${oneOf(variants)}`;
}

/** For a value that should be one of a few words, which the decoder would also take as the only key of a map. */
function wrongWord(input: unknown, words: readonly string[]): string {
  if (typeof input === 'string') return unknownVariant(input, words);
  if (!isJsonObject(input)) return `invalid type: ${unexpected(input)}, expected string or map`;
  const [key, second] = Object.keys(input);
  if (key === undefined || second !== undefined) return 'invalid value: map, expected map with a single key';
  return words.includes(key) ? 'invalid type: map, expected string' : unknownVariant(key, words);
}

function unknownField(name: string, schema: z.core.$ZodType | undefined): string {
  const def = schema?._zod.def;
  const fields = isObjectDef(def) ? Object.keys(def.shape) : [];
  return `unknown field \`${name}\`, expected ${fields.length > 0 ? oneOf(fields) : 'no fields'}`;
}

function oneOf(names: readonly string[]): string {
  const quoted = names.map((name) => `\`${name}\``);
  if (quoted.length === 1) return quoted[0] ?? '';
  return quoted.length === 2 ? `${quoted[0]} or ${quoted[1]}` : `one of ${quoted.join(', ')}`;
}

type UnionIssue = Extract<RawIssue, { code: 'invalid_union' }>;

function noVariant(issue: UnionIssue, schema: z.core.$ZodType | undefined): string {
  const { input, discriminator } = issue;
  if (typeof discriminator === 'string') {
    const tag = isJsonObject(input) ? input[discriminator] : input;
    if (tag === undefined) return missing([discriminator]);
    if (typeof tag !== 'string') return `invalid type: ${unexpected(tag)}, expected variant identifier`;
    return unknownVariant(tag, tagsOf(schema, discriminator));
  }
  const variants = externalVariants(schema);
  if (variants) {
    const [key] = isJsonObject(input) ? Object.keys(input) : [];
    const inner = 'errors' in issue && key !== undefined ? issue.errors.flat().find((nested) => nested.path[0] === key) : undefined;
    return inner && key !== undefined && variants.includes(key) ? inner.message : wrongWord(input, variants);
  }
  return `data did not match any variant of untagged enum ${schema ? (schemaName(schema) ?? 'Value') : 'Value'}`;
}

/** The values of the tag in a union of tagged objects, in order of declaration. */
function tagsOf(schema: z.core.$ZodType | undefined, tag: string): string[] {
  const def = schema?._zod.def;
  if (!isUnionDef(def)) return [];
  return def.options.flatMap((option) => {
    const member = isObjectDef(option._zod.def) ? option._zod.def.shape[tag] : undefined;
    if (member) return [...(member._zod.values ?? [])].map(String);
    return isUnionDef(option._zod.def) ? tagsOf(option, tag) : [];
  });
}

/** Names of a union of words and one-member objects (an enum whose variants are named from outside), else undefined. One without any word has no names. */
function externalVariants(schema: z.core.$ZodType | undefined): string[] | undefined {
  const def = schema?._zod.def;
  if (!isUnionDef(def)) return undefined;
  const names: string[] = [];
  if (!def.options.some((option) => option._zod.values)) return undefined;
  for (const option of def.options) {
    const values = option._zod.values;
    if (values && [...values].every((value) => typeof value === 'string')) names.push(...[...values].map(String));
    else if (isObjectDef(option._zod.def) && Object.keys(option._zod.def.shape).length === 1)
      names.push(...Object.keys(option._zod.def.shape));
    else return undefined;
  }
  return names;
}

/** What was wanted, in the decoder's words. */
function expected(schema: z.core.$ZodType | undefined, fallback: string): string {
  const own = schema && decodedName(schema);
  if (own !== undefined) return own;
  const def = schema?._zod.def;
  switch (def?.type ?? fallback) {
    case 'string':
      return 'a string';
    case 'number':
    case 'int':
      return schema ? numberName(schema) : 'i64';
    case 'boolean':
      return 'a boolean';
    case 'array':
    case 'set':
      return 'a sequence';
    case 'record':
    case 'map':
      return 'a map';
    case 'object':
      return `struct ${(schema && schemaName(schema)) ?? 'Object'}`;
    case 'union':
      return `internally tagged enum ${(schema && schemaName(schema)) ?? 'Value'}`;
    case 'null':
    case 'void':
    case 'undefined':
      return 'unit';
    default:
      return fallback;
  }
}

function numberName(schema: z.core.$ZodType): string {
  const def = schema._zod.def;
  const format = 'format' in def ? def.format : undefined;
  if (format === undefined) return 'f64';
  if (format === 'uint32') return 'u32';
  if (format === 'int32') return 'i32';
  const minimum = bound(def, 'greater_than');
  const maximum = bound(def, 'less_than');
  if (minimum === undefined || minimum < 0) return maximum === 2 ** 31 - 1 ? 'i32' : 'i64';
  const widths: Readonly<Record<number, string>> = { [2 ** 8 - 1]: 'u8', [2 ** 16 - 1]: 'u16', [2 ** 32 - 1]: 'u32' };
  return (maximum === undefined ? undefined : widths[maximum]) ?? 'u64';
}

/** The value of a number schema's check. */
function bound(def: Def, check: 'greater_than' | 'less_than'): number | undefined {
  for (const { _zod } of def.checks ?? []) {
    if (_zod.def.check === check && 'value' in _zod.def && typeof _zod.def.value === 'number') return _zod.def.value;
  }
  return undefined;
}

const lengthOf = (value: unknown): number =>
  typeof value === 'string' || Array.isArray(value) ? value.length : Object.keys(isJsonObject(value) ? value : {}).length;

type Def = z.core.$ZodTypeDef;
const isSchema = (inst: unknown): inst is z.core.$ZodType =>
  typeof inst === 'object' &&
  inst !== null &&
  '_zod' in inst &&
  typeof inst._zod === 'object' &&
  inst._zod !== null &&
  'def' in inst._zod &&
  typeof inst._zod.def === 'object' &&
  inst._zod.def !== null &&
  'type' in inst._zod.def;
const isObjectDef = (def: Def | undefined): def is z.core.$ZodObjectDef => def?.type === 'object';
const isUnionDef = (def: Def | undefined): def is z.core.$ZodUnionDef => def?.type === 'union';
