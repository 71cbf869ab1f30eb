import { resolve, win32 } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import {
  absolutePath,
  aliased,
  int64,
  json,
  NoParams,
  opt,
  optionalParams,
  relativePathMessage,
  uint,
  uint16,
} from '../../src/protocol/fields.ts';

const issues = (type: z.ZodMiniType, value: unknown) => type.safeParse(value).error?.issues ?? [];

describe('opt', () => {
  const object = z.object({ member: opt(z.string()), list: opt(z.array(opt(z.int()))) });

  test('absence, undefined and null all read as undefined', () => {
    expect(object.parse({})).toEqual({});
    expect(object.parse({ member: null, list: null })).toEqual({});
    expect(object.parse({ member: undefined })).toEqual({});
    expect('member' in object.parse({})).toBe(false);
  });

  test('a value passes unchanged, or is refused as the inner schema refuses it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        if (value === null) return;
        const inner = z.string().safeParse(value);
        const outer = opt(z.string()).safeParse(value);
        expect(outer.success).toBe(inner.success);
        if (outer.success) expect(outer.data).toBe(value);
        else expect(outer.error.issues).toEqual(inner.error?.issues);
      }),
    );
  });

  test('defaults of the inner schema apply to what is there', () => {
    const nested = opt(z.object({ flag: z._default(z.boolean(), true) }));
    expect(nested.parse({})).toEqual({ flag: true });
    expect(nested.parse(null)).toBeUndefined();
  });
});

describe('json', () => {
  const object = z.object({ value: json() });

  test('takes every JSON value as it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(object.parse({ value })).toEqual({ value });
      }),
    );
  });

  test('must be there', () => expect(issues(object, {})).toMatchObject([{ code: 'invalid_type', path: ['value'] }]));
});

describe('absolutePath', () => {
  test('refuses everything that depends on a working directory, in the words of the wire', () => {
    const relative = fc.string().filter((text) => !text.startsWith('/') && !win32.isAbsolute(text));
    fc.assert(
      fc.property(relative, (path) => {
        expect(issues(absolutePath(), path)).toMatchObject([{ message: relativePathMessage }]);
      }),
    );
    expect(relativePathMessage).toBe('AbsolutePathBuf deserialized without a base path');
    expect(issues(absolutePath(), '~/a')).toHaveLength(1);
  });

  test('reads a path without dots, doubled and trailing separators', () => {
    expect(absolutePath().parse('/a/../b/./c//d/')).toBe(resolve('/b/c/d'));
    expect(absolutePath().parse('/')).toBe(resolve('/'));
  });

  test('reading twice changes nothing', () => {
    const path = fc.array(fc.constantFrom('a', '..', '.', '', 'b c', 'ü')).map((parts) => `/${parts.join('/')}`);
    fc.assert(
      fc.property(path, (text) => {
        const once = absolutePath().parse(text);
        expect(absolutePath().parse(once)).toBe(once);
      }),
    );
  });

  test('is not asked about other types', () => expect(issues(absolutePath(), 5)).toMatchObject([{ code: 'invalid_type' }]));
});

describe('integers', () => {
  test.each([
    ['int64', int64, [-1, 0, Number.MAX_SAFE_INTEGER], [0.5, 2 ** 53, '1', null]],
    ['uint', uint, [0, Number.MAX_SAFE_INTEGER], [-1, 0.5]],
    ['uint16', uint16, [0, 65_535], [-1, 65_536]],
  ] as const)('%s', (_name, type, good, bad) => {
    for (const value of good) expect(type().safeParse(value).success).toBe(true);
    for (const value of bad) expect(type().safeParse(value).success).toBe(false);
  });
});

describe('params as a whole', () => {
  test('NoParams reads absence, null and any object as nothing, and refuses the rest', () => {
    for (const value of [undefined, null, {}, { a: 1 }]) expect(NoParams().parse(value)).toBeUndefined();
    for (const value of [[], 5, 'x', true]) expect(NoParams().safeParse(value).success).toBe(false);
  });

  test('optional params read as an empty object with its defaults', () => {
    const params = optionalParams(z.object({ flag: z._default(z.boolean(), false), name: opt(z.string()) }));
    for (const value of [undefined, null, {}]) expect(params.parse(value)).toEqual({ flag: false });
    expect(params.parse({ flag: true, name: null })).toEqual({ flag: true });
    expect(params.safeParse([]).success).toBe(false);
  });
});

describe('aliased', () => {
  const type = aliased({ new: 'new', old: 'new', other: 'other' });

  test('reads an old word as the one of today', () => {
    expect(type.parse('old')).toBe('new');
    expect(type.parse('new')).toBe('new');
    expect(type.parse('other')).toBe('other');
  });

  test('refuses other words and names every accepted one', () => {
    expect(issues(type, 'x')).toMatchObject([{ code: 'invalid_value', values: ['new', 'old', 'other'] }]);
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(type.safeParse(value).success).toBe(value === 'new' || value === 'old' || value === 'other');
      }),
    );
  });

  test('names of members that every object has are no words', () => expect(issues(type, 'constructor')).toHaveLength(1));
});
