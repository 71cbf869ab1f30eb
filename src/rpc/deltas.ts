/** Which notifications are pieces of a growing text, so that a slow reader gets fewer and longer ones. */
import { base64Length, bytesPayload, partsOf } from './bytes-payload.ts';
import { Frame, isJsonObject, type JsonObject } from './frame.ts';

export interface DeltaRule {
  /** Members of params that must agree for two deltas to belong together. */
  readonly key: readonly string[];
  /** The member of params that holds the piece: a text, or the bytes of a `bytesPayload`. */
  readonly text: string;
}

/** By method. */
export type DeltaRules = Readonly<Record<string, DeltaRule>>;

/** A merged piece does not grow beyond this many characters. */
const maxPieceChars = 256 * 1024;

/** What deltas of one text have in common and how long the piece is, or undefined when `value` is no delta. */
export function deltaOf(rules: DeltaRules, value: JsonObject): { key: string; chars: number } | undefined {
  const rule = typeof value.method === 'string' ? rules[value.method] : undefined;
  const params = value.params;
  if (!rule || !isJsonObject(params)) return undefined;
  const chars = charsOf(params, rule);
  return chars === undefined ? undefined : { key: JSON.stringify([value.method, ...rule.key.map((name) => params[name])]), chars };
}

function charsOf(params: JsonObject, rule: DeltaRule): number | undefined {
  const parts = partsOf(params);
  if (parts) return base64Length(parts.bytes.length);
  const text = params[rule.text];
  return typeof text === 'string' ? text.length : undefined;
}

/** Two deltas of one key as one, or undefined when it would grow too long. */
export function mergeDeltas(rules: DeltaRules, previous: Frame, next: Frame): Frame | undefined {
  const rule = typeof next.value.method === 'string' ? rules[next.value.method] : undefined;
  const before = previous.value.params;
  const after = next.value.params;
  if (!rule || !isJsonObject(before) || !isJsonObject(after)) return undefined;
  if ((charsOf(before, rule) ?? 0) + (charsOf(after, rule) ?? 0) > maxPieceChars) return undefined;
  const params = joined(before, after, rule);
  return params && new Frame({ ...next.value, params });
}

function joined(before: JsonObject, after: JsonObject, { text }: DeltaRule): object | undefined {
  const [first, second] = [partsOf(before), partsOf(after)];
  if (first && second) return bytesPayload({ ...second, bytes: Buffer.concat([first.bytes, second.bytes]) });
  const [head, tail] = [before[text], after[text]];
  return typeof head === 'string' && typeof tail === 'string' ? { ...after, [text]: head + tail } : undefined;
}
