/** Reads the arguments of a tool call from decoded JSON; what does not fit becomes one sentence for the model. */
import type { Parsed } from './tool.ts';

/** Members are optional when missing or null. Members nobody asks for are ignored. */
export interface ArgumentReader {
  string(name: string): string;
  optionalString(name: string): string | undefined;
  optionalBoolean(name: string): boolean | undefined;
  /** A number from 0; fractions are cut off. */
  count(name: string): number;
  optionalCount(name: string): number | undefined;
  optionalStrings(name: string): readonly string[] | undefined;
  optionalChoice<T extends string>(name: string, choices: readonly T[]): T | undefined;
  /** Anything present; undefined when missing or null. */
  optionalValue(name: string): unknown;
}

class ArgumentProblem extends Error {
  override readonly name = 'ArgumentProblem';
}

export function readArguments<A>(input: unknown, read: (reader: ArgumentReader) => A): Parsed<A> {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return { ok: false, message: 'the arguments have to be an object' };
  try {
    return { ok: true, args: read(readerOf(input)) };
  } catch (error) {
    if (error instanceof ArgumentProblem) return { ok: false, message: error.message };
    throw error;
  }
}

/** Ends the reading of arguments with `message` as its result. */
export function rejectArguments(message: string): never {
  throw new ArgumentProblem(message);
}

const isString = (value: unknown): value is string => typeof value === 'string';
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';
const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0;
const areStrings = (value: unknown): value is string[] => Array.isArray(value) && value.every(isString);

function readerOf(input: object): ArgumentReader {
  const members = new Map<string, unknown>(Object.entries(input));
  const optional = <T>(name: string, what: string, fits: (value: unknown) => value is T): T | undefined => {
    const value = members.get(name) ?? undefined;
    if (value === undefined || fits(value)) return value;
    return rejectArguments(`\`${name}\` has to be ${what}`);
  };
  const required = <T>(name: string, value: T | undefined): T => value ?? rejectArguments(`missing field \`${name}\``);
  const optionalCount = (name: string) => {
    const value = optional(name, 'a number from 0', isCount);
    return value === undefined ? undefined : Math.trunc(value);
  };
  return {
    string: (name) => required(name, optional(name, 'a string', isString)),
    optionalString: (name) => optional(name, 'a string', isString),
    optionalBoolean: (name) => optional(name, 'true or false', isBoolean),
    count: (name) => required(name, optionalCount(name)),
    optionalCount,
    optionalStrings: (name) => optional(name, 'a list of strings', areStrings),
    optionalChoice: <T extends string>(name: string, choices: readonly T[]) =>
      optional(name, `one of ${choices.map((choice) => `\`${choice}\``).join(', ')}`, (value): value is T =>
        choices.some((choice) => choice === value),
      ),
    optionalValue: (name) => members.get(name) ?? undefined,
  };
}
