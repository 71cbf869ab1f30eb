import { describe, expect, test } from 'vitest';
import type { PermissionProfile } from '../../src/base/permission-profile.ts';
import { namedProfile } from '../../src/policy/named-profiles.ts';

const readOnly: PermissionProfile = {
  type: 'managed',
  file_system: { type: 'restricted', entries: [{ path: { type: 'special', value: { kind: 'root' } }, access: 'read' }] },
  network: 'restricted',
};
const context = (table: Record<string, unknown>) => ({
  table,
  home: '/home/u',
  builtIn: (id: string) => (id === ':read-only' ? readOnly : id === ':danger-full-access' ? ({ type: 'disabled' } as const) : undefined),
});
const entries = (id: string, table: Record<string, unknown>) => {
  const { profile } = namedProfile(id, context(table));
  return profile.type === 'managed' && profile.file_system.type === 'restricted' ? profile.file_system.entries : [];
};

describe('named permission profiles', () => {
  test('paths, home, tokens, sub-paths and patterns', () => {
    expect(
      entries('dev', {
        dev: {
          filesystem: {
            '/data': 'read',
            '~/.cache': 'write',
            ':workspace_roots': { '.': 'write', secrets: 'deny' },
            '/data/**/*.key': 'deny',
            '/opt/**': 'read',
          },
        },
      }),
    ).toEqual([
      { path: { type: 'path', path: '/data' }, access: 'read' },
      { path: { type: 'path', path: '/home/u/.cache' }, access: 'write' },
      { path: { type: 'special', value: { kind: 'project_roots' } }, access: 'write' },
      { path: { type: 'special', value: { kind: 'project_roots', subpath: 'secrets' } }, access: 'deny' },
      { path: { type: 'glob_pattern', pattern: '/data/**/*.key' }, access: 'deny' },
      { path: { type: 'path', path: '/opt' }, access: 'read' },
    ]);
  });

  test('a child adds to and overrides its parent; the description is its own', () => {
    const table = {
      base: { extends: ':read-only', description: 'parent', filesystem: { '/a': 'write' }, network: { enabled: true } },
      child: { extends: 'base', filesystem: { '/a': 'deny' } },
    };
    expect(namedProfile('child', context(table))).toMatchObject({ extends: 'base', description: null, profile: { network: 'enabled' } });
    expect(entries('child', table)).toEqual([
      { path: { type: 'special', value: { kind: 'root' } }, access: 'read' },
      { path: { type: 'path', path: '/a' }, access: 'deny' },
    ]);
  });

  test.each([
    [':x', {}, 'default_permissions refers to unknown built-in profile `:x`'],
    ['nobody', {}, 'default_permissions refers to undefined profile `nobody`'],
    ['a', { a: { extends: 'b' }, b: { extends: 'a' } }, 'cycle detected: a -> b -> a'],
    ['a', { a: { extends: ':danger-full-access' } }, 'cannot extend unsupported built-in profile'],
    ['a', { a: { filesystem: { 'rel/path': 'read' } } }, 'filesystem path `rel/path` must be absolute'],
    ['a', { a: { filesystem: { '/x': { '../up': 'read' } } } }, 'without `.` or `..` components'],
    ['a', { a: { filesystem: { '/x': 'execute' } } }, 'must be one of read, write, deny'],
    ['a', { a: { filesystem: { '/x/*.c': 'read' } } }, 'only supports `deny` access'],
    ['a', { a: { filesystem: { glob_scan_max_depth: 0 } } }, 'at least 1'],
  ])('%s in %j is refused', (id, table, message) => {
    expect(() => namedProfile(id, context(table))).toThrow(message);
  });

  test('an unknown token is ignored with a warning, and granting nothing is one too', () => {
    expect(namedProfile('a', context({ a: { filesystem: { ':future': 'read' } } })).warnings).toHaveLength(2);
  });
});
