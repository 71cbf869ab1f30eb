/** Which notifications are pieces of a growing text, so that a slow reader gets fewer and longer ones. */
import { Frame, isJsonObject, type JsonObject } from './frame.ts';

export interface DeltaRule {
  /** Members of params that must agree for two deltas to belong together. */
  readonly key: readonly string[];
  /** The member of params that holds the piece. */
  readonly text: string;
  /** How two pieces are joined. Default `text`. */
  readonly encoding?: 'text' | 'base64';
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
  const text = params[rule.text];
  if (typeof text !== 'string') return undefined;
  return { key: JSON.stringify([value.method, ...rule.key.map((name) => params[name])]), chars: text.length };
}

/** Two deltas of one key as one, or undefined when it would grow too long. */
export function mergeDeltas(rules: DeltaRules, previous: Frame, next: Frame): Frame | undefined {
  const rule = typeof next.value.method === 'string' ? rules[next.value.method] : undefined;
  const before = previous.value.params;
  const after = next.value.params;
  if (!rule || !isJsonObject(before) || !isJsonObject(after)) return undefined;
  const first = before[rule.text];
  const second = after[rule.text];
  if (typeof first !== 'string' || typeof second !== 'string' || first.length + second.length > maxPieceChars) return undefined;
  return new Frame({ ...next.value, params: { ...after, [rule.text]: join(first, second, rule.encoding ?? 'text') } });
}

function join(first: string, second: string, encoding: 'text' | 'base64'): string {
  if (encoding === 'text' || !first.endsWith('=')) return first + second;
  return Buffer.concat([Buffer.from(first, 'base64'), Buffer.from(second, 'base64')]).toString('base64');
}
