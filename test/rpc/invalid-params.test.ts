/** What is wrong with params, in the reference's own sentences. */
import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { decodedAs, request, schema } from '../../src/rpc/contract.ts';
import { appDialect, execDialect } from '../../src/rpc/dialect.ts';
import { checkParams } from '../../src/rpc/invalid-params.ts';

/** The reference's own rule: null or missing means absent. */
const opt = (inner: z.ZodMiniType): z.ZodMiniType => {
  const present: z.ZodMiniType = z.optional(inner);
  return z.optional(z.pipe(z.transform(absentForNull), present));
};
const absentForNull = (value: unknown): unknown => value ?? undefined;

const Environment = schema('TurnEnvironmentParams', () => z.object({ environmentId: z.string(), cwd: z.string() }));
const Granular = z.object({ granular: z.object({ sandbox_approval: z.boolean(), rules: z.boolean() }) });
const UserInput = schema('UserInput', () =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('text'), text: z.string() }),
    z.object({ type: z.literal('image'), url: z.string() }),
  ]),
);
const CwdFilter = schema('ThreadListCwdFilter', () => z.union([z.string(), z.array(z.string())]));
const path = () => decodedAs('path string', z.string());
const Params = schema('SomeParams', () =>
  z.object({
    threadId: z.string(),
    input: z.array(UserInput()),
    name: opt(z.string()),
    limit: opt(z.uint32()),
    rows: opt(z.int().check(z.gte(0), z.lte(65535))),
    budget: opt(z.int()),
    size: opt(z.int().check(z.gte(0))),
    archived: opt(z.boolean()),
    sortKey: opt(z.enum(['created_at', 'updated_at', 'recency_at', 'section_position'])),
    delivery: opt(z.literal('inline')),
    operation: opt(z.enum(['replace', 'upsert'])),
    approvalPolicy: opt(z.union([z.enum(['untrusted', 'on-request']), Granular, z.literal('never')])),
    config: opt(z.record(z.string(), z.unknown())),
    env: opt(z.record(z.string(), z.string())),
    environments: opt(z.array(Environment())),
    cwd: opt(CwdFilter()),
    path: opt(path()),
    root: opt(
      z.string().check(z.refine((text: string) => text.startsWith('/'), { error: 'AbsolutePathBuf deserialized without a base path' })),
    ),
  }),
);
const row = request({ doc: '', params: Params, result: Params });
const reason = (raw: unknown, dialect = appDialect): string => {
  const checked = checkParams(row, raw, dialect);
  return 'reason' in checked ? checked.reason : 'accepted';
};
const needed = { threadId: 'x', input: [] };

/** Every pair was seen on the reference program, with params of this shape. */
describe('the sentences of the reference', () => {
  test.each<[unknown, string]>([
    [undefined, 'missing field `params`'],
    [null, 'missing field `params`'],
    [[], 'invalid length 0, expected struct SomeParams with 18 elements'],
    [5, 'invalid type: integer `5`, expected struct SomeParams'],
    ['x', 'invalid type: string "x", expected struct SomeParams'],
    [true, 'invalid type: boolean `true`, expected struct SomeParams'],
    [{}, 'missing field `threadId`'],
    [{ threadId: 'x' }, 'missing field `input`'],
    [{ threadId: null }, 'invalid type: null, expected a string'],
    [{ ...needed, unknownField: 1 }, 'accepted'],
    [{ ...needed, name: 5 }, 'invalid type: integer `5`, expected a string'],
    [{ ...needed, name: null, limit: null }, 'accepted'],
    [{ ...needed, limit: 'x' }, 'invalid type: string "x", expected u32'],
    [{ ...needed, limit: -1 }, 'invalid value: integer `-1`, expected u32'],
    [{ ...needed, limit: 1.5 }, 'invalid type: floating point `1.5`, expected u32'],
    [{ ...needed, limit: 5_000_000_000 }, 'invalid value: integer `5000000000`, expected u32'],
    [{ ...needed, rows: 70_000 }, 'invalid value: integer `70000`, expected u16'],
    [{ ...needed, rows: -1 }, 'invalid value: integer `-1`, expected u16'],
    [{ ...needed, budget: 'x' }, 'invalid type: string "x", expected i64'],
    [{ ...needed, budget: 1.5 }, 'invalid type: floating point `1.5`, expected i64'],
    [{ ...needed, budget: 1e30 }, 'invalid type: floating point `1e+30`, expected i64'],
    [{ ...needed, size: -1 }, 'invalid value: integer `-1`, expected u64'],
    [{ ...needed, archived: 'x' }, 'invalid type: string "x", expected a boolean'],
    [{ ...needed, sortKey: 5 }, 'invalid type: integer `5`, expected string or map'],
    [{ ...needed, sortKey: {} }, 'invalid value: map, expected map with a single key'],
    [{ ...needed, sortKey: ['x'] }, 'invalid type: sequence, expected string or map'],
    [{ ...needed, sortKey: 'zz' }, 'unknown variant `zz`, expected one of `created_at`, `updated_at`, `recency_at`, `section_position`'],
    [{ ...needed, delivery: 'detached' }, 'unknown variant `detached`, expected `inline`'],
    [{ ...needed, operation: 'zz' }, 'unknown variant `zz`, expected `replace` or `upsert`'],
    [{ ...needed, approvalPolicy: 'zz' }, 'unknown variant `zz`, expected one of `untrusted`, `on-request`, `granular`, `never`'],
    [{ ...needed, approvalPolicy: 5 }, 'invalid type: integer `5`, expected string or map'],
    [{ ...needed, approvalPolicy: { x: 1 } }, 'unknown variant `x`, expected one of `untrusted`, `on-request`, `granular`, `never`'],
    [{ ...needed, approvalPolicy: {} }, 'invalid value: map, expected map with a single key'],
    [{ ...needed, approvalPolicy: { granular: {} } }, 'missing field `sandbox_approval`'],
    [{ ...needed, config: 5 }, 'invalid type: integer `5`, expected a map'],
    [{ ...needed, env: { a: 5 } }, 'invalid type: integer `5`, expected a string'],
    [{ ...needed, environments: 5 }, 'invalid type: integer `5`, expected a sequence'],
    [{ ...needed, environments: [{}] }, 'missing field `environmentId`'],
    [{ ...needed, environments: [5] }, 'invalid type: integer `5`, expected struct TurnEnvironmentParams'],
    [{ ...needed, environments: [null] }, 'invalid type: null, expected struct TurnEnvironmentParams'],
    [{ threadId: 'x', input: 5 }, 'invalid type: integer `5`, expected a sequence'],
    [{ threadId: 'x', input: null }, 'invalid type: null, expected a sequence'],
    [{ threadId: 'x', input: [5] }, 'invalid type: integer `5`, expected internally tagged enum UserInput'],
    [{ threadId: 'x', input: [null] }, 'invalid type: null, expected internally tagged enum UserInput'],
    [{ threadId: 'x', input: [{}] }, 'missing field `type`'],
    [{ threadId: 'x', input: [{ type: 'zz' }] }, 'unknown variant `zz`, expected `text` or `image`'],
    [{ threadId: 'x', input: [{ type: 'text' }] }, 'missing field `text`'],
    [
      {
        threadId: 'x',
        input: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 5 },
        ],
      },
      'invalid type: integer `5`, expected a string',
    ],
    [{ ...needed, cwd: 5 }, 'data did not match any variant of untagged enum ThreadListCwdFilter'],
    [{ ...needed, cwd: [5] }, 'data did not match any variant of untagged enum ThreadListCwdFilter'],
    [{ ...needed, path: 5 }, 'invalid type: integer `5`, expected path string'],
    [{ ...needed, root: 'rel' }, 'AbsolutePathBuf deserialized without a base path'],
  ])('%j', (raw, sentence) => {
    expect(reason(raw)).toBe(sentence);
  });

  test('the first mistake in the order of the input is reported, missing members last', () => {
    expect(reason({ input: 5, threadId: 7 })).toBe('invalid type: integer `5`, expected a sequence');
    expect(reason({ threadId: 7, input: 5 })).toBe('invalid type: integer `7`, expected a string');
    expect(reason({ limit: 'x' })).toBe('invalid type: string "x", expected u32');
    expect(reason({ environments: [{ cwd: 5 }], name: 5 })).toBe('invalid type: integer `5`, expected a string');
    expect(reason({ environments: [{ cwd: '/' }], name: 5 })).toBe('missing field `environmentId`');
  });

  test('the exec protocol reads absent params as null', () => {
    expect(reason(undefined, execDialect)).toBe('invalid type: null, expected struct SomeParams');
  });
});
