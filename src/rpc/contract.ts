/** The contract of a protocol: a method is one row, and everything else (types, validation, dispatch, docs) is derived from it. */
import type * as z from 'zod/mini';

/** A schema that is built on first use: hundreds of them exist, and a session touches a few. `id` is its wire name. */
export type Schema<T extends z.ZodMiniType = z.ZodMiniType> = (() => T) & { readonly id: string };

/** Names a schema and postpones building it. Inside `build`, refer to another schema by calling it. */
export function schema<T extends z.ZodMiniType>(id: string, build: () => T): Schema<T> {
  let built: T | undefined;
  const get = () => {
    if (!built) {
      built = build();
      if (!names.has(built)) names.set(built, id);
    }
    return built;
  };
  return Object.defineProperty(get, 'id', { value: id }) as Schema<T>;
}

const names = new WeakMap<object, string>();

/** The id of the schema of params that are nothing at all: no member is accepted. */
export const unitName = 'NoParams';

/** The wire name of a built schema, when it was made by `schema`. */
export const schemaName = (built: object): string | undefined => names.get(built);

/** What code reads after validation: optional members are `undefined`, defaults are filled in. */
export type Out<S extends Schema> = z.output<ReturnType<S>>;
/** What code may send. */
export type In<S extends Schema> = z.input<ReturnType<S>>;

/**
 * Which requests wait for each other. `concurrent` waits for nobody; requests with an equal `key` run first in, first
 * out; a `shared` key lets its requests overlap with one another but not with exclusive ones.
 * A key function that returns undefined means concurrent.
 */
export type Lane<P> =
  | 'concurrent'
  | {
      key: (params: P) => string | undefined;
      shared?: boolean;
      /** Only requests of the same connection wait for each other. */
      perConnection?: boolean;
    };

const decoded = new WeakMap<object, string>();

/** Says what the reference's decoder calls a type ("path string", "usize") where that cannot be told from the schema. */
export function decodedAs<T extends z.ZodMiniType>(name: string, type: T): T {
  decoded.set(type, name);
  return type;
}

/** The same for an object: what the decoder calls its struct where that is not the wire name. */
export const structAs = <T extends z.ZodMiniType>(name: string, type: T): T => decodedAs(`struct ${name}`, type);

/** The name given by `decodedAs`. */
export const decodedName = (type: object): string | undefined => decoded.get(type);

export interface RequestRow<P extends Schema = Schema, R extends Schema = Schema> {
  readonly doc: string;
  readonly params: P;
  readonly result: R;
  // biome-ignore lint/suspicious/noExplicitAny: a row is used with every params type; the row's own types keep the key honest.
  readonly lane: Lane<any>;
  /** Needs the client's `experimentalApi` capability. */
  readonly experimental: boolean;
  /** May be sent without `params`: the schema accepts their absence. */
  readonly noParams: boolean;
  /** Not a method of the reference, and so not named to clients that called an unknown one. */
  readonly own: boolean;
}

export interface NotificationRow<P extends Schema = Schema> {
  readonly doc: string;
  readonly params: P;
  readonly experimental: boolean;
}

export function request<P extends Schema, R extends Schema>(row: {
  doc: string;
  params: P;
  result: R;
  lane?: Lane<Out<P>>;
  experimental?: boolean;
  noParams?: boolean;
  own?: boolean;
}): RequestRow<P, R> {
  return { lane: 'concurrent', experimental: false, noParams: false, own: false, ...row };
}

export function notification<P extends Schema>(row: { doc: string; params: P; experimental?: boolean }): NotificationRow<P> {
  return { experimental: false, ...row };
}

export type RequestRows = Readonly<Record<string, RequestRow>>;
export type NotificationRows = Readonly<Record<string, NotificationRow>>;

/** Everything one side of a protocol needs to know. */
export interface Protocol {
  readonly clientRequests: RequestRows;
  readonly clientNotifications: NotificationRows;
  readonly serverRequests: RequestRows;
  readonly serverNotifications: NotificationRows;
}

/** One function per row: a missing or mistyped one does not compile. */
export type Handlers<T extends RequestRows, C> = {
  readonly [M in keyof T]: (params: Out<T[M]['params']>, context: C) => Promise<In<T[M]['result']>> | In<T[M]['result']>;
};

/** The rows whose method begins with `N/`. */
export type Slice<T, N extends string> = { readonly [M in keyof T as M extends `${N}/${string}` ? M : never]: T[M] };

export interface CallOptions {
  /** Aborting rejects the call at once and tells the other side (`$/cancelRequest`). */
  readonly signal?: AbortSignal;
  /** Rejects with `DeadlineExceeded` after this many milliseconds. */
  readonly deadlineMs?: number;
}

/** Typed calls of `T`. Rejects with `RequestError` (the peer's error), `Cancelled` or `DeadlineExceeded`. */
export type Caller<T extends RequestRows> = <M extends keyof T & string>(
  method: M,
  params: In<T[M]['params']>,
  options?: CallOptions,
) => Promise<Out<T[M]['result']>>;

/** Typed notifications of `T`. Never throws: a notification to a closed connection is dropped. */
export type Notifier<T extends NotificationRows> = <M extends keyof T & string>(method: M, params: In<T[M]['params']>) => void;
