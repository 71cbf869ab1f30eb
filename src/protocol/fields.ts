/** Members that many schemas share, with the wire's rules for null, for absence and for number ranges. */
import { isAbsolute, resolve } from 'node:path';
import * as z from 'zod';
import { schema } from '../rpc/contract.ts';

/** A member that a sender may leave out or set to null; code reads `undefined` for both. */
export function opt<T extends z.ZodType>(inner: T) {
  return z.optional(z.preprocess((value: z.input<T> | null | undefined) => value ?? undefined, z.optional(inner)));
}

/** Marks a member that needs the client's `experimentalApi` capability. */
export function experimental<T extends z.ZodType>(inner: T): T {
  return inner.meta({ experimental: true });
}

/** Any JSON value, null included, that must not be left out. */
export function json() {
  return z.unknown().nonoptional();
}

/** What a peer answers when a path that must be absolute is not. */
export const relativePathMessage = 'AbsolutePathBuf deserialized without a base path';

/** An absolute path in the server's own notation. Code reads it normalised, without a trailing separator. */
export function absolutePath() {
  return z
    .string()
    .refine(isAbsolute, { error: relativePathMessage, abort: true })
    .overwrite((path) => resolve(path));
}

/** An integer that fits a JavaScript number exactly. */
export const int64 = () => z.int();
export const uint = () => z.int().min(0);
export const uint16 = () => z.int().min(0).max(0xffff);
export const uint8 = () => z.int().min(0).max(0xff);

/** An object without members that anybody reads. */
export const Empty = schema('Empty', () => z.object({}));

/** The `params` of a method that has none: they may be missing, null or an object that nobody reads. */
export const NoParams = schema('NoParams', () =>
  z
    .object({})
    .nullish()
    .transform(() => undefined),
);
