/** Members that many schemas share, with the wire's rules for null, for absence and for number ranges. */
import { isAbsolute, resolve } from 'node:path';
import * as z from 'zod/mini';
import { decodedAs, schema, unitName } from '../rpc/contract.ts';

/** A member that a sender may leave out or set to null; code reads `undefined` for both. */
export type Opt<T extends z.ZodMiniType> = z.ZodMiniOptional<z.ZodMiniType<z.output<T> | undefined, z.input<T> | null | undefined>>;

export function opt<T extends z.ZodMiniType>(inner: T): Opt<T> {
  const present: z.ZodMiniType = z.optional(inner);
  // The pipe's own type would be inferred anew at each of the thousand uses; `Opt` says the same in a word.
  return z.optional(z.pipe(z.transform(absentForNull), present)) as Opt<T>;
}

const absentForNull = (value: unknown): unknown => value ?? undefined;

/** Params that may be left out as a whole; code reads an empty object then. */
export function optionalParams<T extends z.ZodMiniObject>(inner: T): z.ZodMiniType<z.output<T>, z.input<T> | null | undefined> {
  const present: z.ZodMiniType = inner;
  // As with `opt`: the short type says what the pipe's own would.
  return z.pipe(z.transform(emptyForAbsent), present) as z.ZodMiniType<z.output<T>, z.input<T> | null | undefined>;
}

const emptyForAbsent = (value: unknown): unknown => value ?? {};

/** A member that a sender may leave out or set to null; code reads `fallback` for both. */
export function orElse<T extends z.ZodMiniType>(
  inner: T,
  fallback: z.input<T> & z.output<T>,
): z.ZodMiniDefault<z.ZodMiniType<z.output<T>, z.input<T> | null | undefined>> {
  const present: z.ZodMiniType = inner;
  const filled = z.pipe(
    z.transform((value: unknown): unknown => value ?? fallback),
    present,
  );
  // As with `opt`: the short type says what the pipe's own would.
  return z._default(filled as z.ZodMiniType<z.output<T>, z.input<T> | null | undefined>, fallback as never);
}

/** Marks a member that needs the client's `experimentalApi` capability. */
export function experimental<T extends z.ZodMiniType>(inner: T): T {
  return inner.check(z.meta({ experimental: true }));
}

/** Any JSON value, null included, that must not be left out. */
export function json() {
  return z.nonoptional(z.unknown());
}

/** A choice of words, some of them old names: `meanings` maps every accepted word to the one that code reads. */
export function aliased<Word extends string, Meaning extends Word>(meanings: Readonly<Record<Word, Meaning>>) {
  const meaningOf = new Map<unknown, unknown>(Object.entries(meanings));
  const current: z.ZodMiniType = z.enum([...meaningOf.keys()].map(String).filter((word) => meaningOf.get(word) === word));
  const renamed: z.ZodMiniType = z.pipe(
    z.transform((word: unknown): unknown => meaningOf.get(word)),
    current,
  );
  const accepted: z.ZodMiniType = z.enum(Object.keys(meanings));
  // `Object.keys` has forgotten which words they are.
  return z.pipe(accepted, renamed) as z.ZodMiniType<Meaning, Word>;
}

/** What a peer answers when a path that must be absolute is not. */
export const relativePathMessage = 'AbsolutePathBuf deserialized without a base path';

/** An absolute path in the server's own notation. Code reads it normalised, without a trailing separator. */
export function absolutePath() {
  const path = z.string().check(
    z.refine((text: string) => isAbsolute(text), { error: relativePathMessage, abort: true }),
    z.overwrite((text) => resolve(text)),
  );
  return decodedAs('path string', path);
}

/** A path in the notation of the machine it is on, absolute or not. */
export const pathString = () => decodedAs('path string', z.string());

/** An integer that a JavaScript number holds exactly. */
export const int64 = () => z.int();
export const uint = () => decodedAs('u64', z.int().check(z.gte(0)));
/** A size in memory, or an offset. */
export const usize = () => decodedAs('usize', z.int().check(z.gte(0)));
export const uint16 = () => decodedAs('u16', z.int().check(z.gte(0), z.lte(0xffff)));
export const uint8 = () => decodedAs('u8', z.int().check(z.gte(0), z.lte(0xff)));

/** An object without members that anybody reads. */
export const Empty = schema('Empty', () => z.object({}));

/** The `params` of a method that has none: they may be missing, null or an object that nobody reads. */
export const NoParams = schema(unitName, () =>
  z.pipe(
    z.nullish(z.object({})),
    z.transform(() => undefined),
  ),
);
