/** Reads script files: what the rehearsal model answers, one entry per request, in JSON or one JSON value a line. */
import type { Conversation } from './conversation.ts';
import { failureNamed } from './failures.ts';
import { call, commandCall, namedCall, type Part, patchCall, type Reply, say } from './reply.ts';
import { stepsOf } from './steps.ts';

/** Writes the answer when its turn comes, since the tools on offer decide how a call is put. */
export type ScriptEntry = (conversation: Conversation) => Reply;

/** The file cannot be played; the message names the entry and what is wrong with it. */
export class ScriptError extends Error {
  override readonly name = 'ScriptError';
}

type Fields = Readonly<Record<string, unknown>>;
type PartMaker = (conversation: Conversation) => readonly Part[];

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

function valuesOf(text: string): { readonly at: string; readonly value: unknown }[] {
  const trimmed = text.trim();
  if (trimmed.startsWith('[')) {
    const whole = parsed(trimmed, 'the file');
    return Array.isArray(whole) ? whole.map((value: unknown, index) => ({ at: `entry ${index + 1}`, value })) : [];
  }
  return trimmed
    .split('\n')
    .map((line, index) => ({ line: line.trim(), at: `line ${index + 1}` }))
    .filter(({ line }) => line !== '' && !line.startsWith('//'))
    .map(({ line, at }) => ({ at, value: parsed(line, at) }));
}

function parsed(text: string, at: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ScriptError(`${at} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const wrong = (at: string, why: string) => new ScriptError(`${at}: ${why}`);

function textMember(entry: Fields, member: string, at: string): string {
  const value = entry[member];
  if (typeof value !== 'string') throw wrong(at, `"${member}" must be a text`);
  return value;
}

function objects(value: unknown, member: string, at: string): Fields[] {
  const list = Array.isArray(value) ? value : [value];
  if (!list.every(isObject)) throw wrong(at, `"${member}" must be an object or a list of objects`);
  return list;
}

/** Each member of an object entry, in the order in which they are written. */
const members: Readonly<Record<string, (entry: Fields, at: string) => PartMaker>> = {
  say: (entry, at) => {
    const text = textMember(entry, 'say', at);
    const { phase } = entry;
    return () => [phase === 'commentary' || phase === 'final_answer' ? { kind: 'say', text, phase } : say(text)];
  },
  think: (entry, at) => {
    const text = textMember(entry, 'think', at);
    return () => [{ kind: 'think', text }];
  },
  run: (entry, at) => {
    const command = textMember(entry, 'run', at);
    const extra = isObject(entry.with) ? entry.with : {};
    return (conversation) => [call(commandCall(conversation, command, extra))];
  },
  patch: (entry, at) => {
    const text = textMember(entry, 'patch', at);
    return (conversation) => [call(patchCall(conversation, text))];
  },
  call: (entry, at) => {
    const wanted = objects(entry.call, 'call', at).map((one) => ({
      name: textMember(one, 'name', at),
      input: typeof one.input === 'string' ? one.input : isObject(one.arguments) ? one.arguments : {},
    }));
    return (conversation) => [call(...wanted.map(({ name, input }) => namedCall(conversation, name, input)))];
  },
  items: (entry, at) => {
    const items = objects(entry.items, 'items', at);
    return () => items.map((item) => ({ kind: 'item', item }));
  },
  events: (entry, at) => {
    const events = objects(entry.events, 'events', at);
    return () => events.map((event) => ({ kind: 'event', event }));
  },
  deltas: (entry, at) => {
    const count = numberMember(entry, 'deltas', at);
    return () => [{ kind: 'deltas', count }];
  },
  pauseMs: (entry, at) => {
    const ms = numberMember(entry, 'pauseMs', at);
    return () => [{ kind: 'pause', ms }];
  },
  tokens: (entry, at) => {
    const count = numberMember(entry, 'tokens', at);
    return () => [{ kind: 'tokens', count }];
  },
  http: (entry, at) => {
    const status = numberMember(entry, 'http', at);
    const headers = isObject(entry.headers)
      ? Object.fromEntries(Object.entries(entry.headers).map(([name, value]) => [name, String(value)]))
      : {};
    return () => [{ kind: 'refuse', status, body: entry.body ?? {}, headers }];
  },
  fail: (entry, at) => {
    const name = textMember(entry, 'fail', at);
    const part = failureNamed(name);
    if (!part) throw wrong(at, `there is no failure called "${name}"`);
    return () => [part];
  },
};

/** Members that belong to another one, or to the answer as a whole. */
const companions = new Set(['phase', 'with', 'body', 'headers', 'endTurn']);

function numberMember(entry: Fields, member: string, at: string): number {
  const value = entry[member];
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) throw wrong(at, `"${member}" must be a number, zero or more`);
  return value;
}

function makersOf(value: unknown, at: string): PartMaker[] {
  if (typeof value === 'string') {
    const steps = stepsOf(value);
    if (steps.length === 0) throw wrong(at, 'the text is no phrase');
    return steps.map((step) => step.parts);
  }
  if (Array.isArray(value)) return value.flatMap((part: unknown) => makersOf(part, at));
  if (!isObject(value)) throw wrong(at, 'an entry is a text, an object or a list of them');
  return Object.keys(value).flatMap((member) => {
    if (companions.has(member)) return [];
    const make = Object.hasOwn(members, member) ? members[member] : undefined;
    if (!make) throw wrong(at, `there is no member "${member}"`);
    return [make(value, at)];
  });
}

const endTurnOf = (value: unknown): boolean | undefined =>
  isObject(value) && typeof value.endTurn === 'boolean' ? value.endTurn : undefined;

/** The entries of a script in order. Throws `ScriptError`. */
export function parseScript(text: string): readonly ScriptEntry[] {
  return valuesOf(text).map(({ value, at }) => {
    const makers = makersOf(value, at);
    const endTurn = endTurnOf(value);
    return (conversation) => ({
      parts: makers.flatMap((make) => [...make(conversation)]),
      ...(endTurn === undefined ? {} : { endTurn }),
    });
  });
}
