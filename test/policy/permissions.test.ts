import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PermissionProfile } from '../../src/base/permission-profile.ts';
import {
  choosePermissions,
  type PermissionSettings,
  permissionsOfPolicy,
  policyOf,
  policyOfMode,
  readProfile,
  storedPermissions,
} from '../../src/policy/permissions.ts';

const settings = (more: Partial<PermissionSettings> = {}): PermissionSettings => ({
  mode: 'read-only',
  configured: false,
  workspaceWrite: { writableRoots: [], networkAccess: false, excludeTmpdirEnvVar: false, excludeSlashTmp: false },
  defaultPermissions: undefined,
  profiles: {},
  ...more,
});
const profiles = {
  mine: {
    extends: ':workspace',
    filesystem: { '/opt': 'write', '/etc/shadow': 'deny' },
    network: { enabled: true },
  },
  minimal: { filesystem: { ':minimal': 'read' } },
  everything: { filesystem: { ':root': 'write' } },
  everythingOnline: { filesystem: { ':root': 'write' }, network: { enabled: true } },
  narrowed: { filesystem: { ':root': 'write', '/etc': 'deny' } },
  roots: { workspace_roots: { '/srv': true, '/off': false }, filesystem: { ':minimal': 'read', ':workspace_roots': 'write' } },
};
const chosen = (permissions: string) => choosePermissions({ permissions }, settings({ profiles }), '/home/u');

describe('choosing permissions', () => {
  test('what is asked for beats the default profile, which beats the mode', () => {
    const all = settings({ profiles, defaultPermissions: 'minimal', mode: 'workspace-write', configured: true });
    expect(choosePermissions({ permissions: 'mine' }, all, '/h').active?.id).toBe('mine');
    expect(choosePermissions({ sandbox: 'danger-full-access' }, all, '/h').profile).toEqual({ type: 'disabled' });
    expect(choosePermissions({}, all, '/h').active?.id).toBe('minimal');
    expect(choosePermissions({}, settings({ mode: 'workspace-write', configured: true }), '/h').active).toBeNull();
    expect(choosePermissions({}, settings(), '/h').active).toEqual({ id: ':read-only', extends: null });
  });

  test('profiles without a default, and a default without profiles, are errors', () => {
    expect(() => choosePermissions({}, settings({ profiles }), '/h')).toThrow('does not set `default_permissions`');
    expect(() => choosePermissions({}, settings({ defaultPermissions: 'x' }), '/h')).toThrow('requires a `[permissions]` table');
  });

  test.each([
    ['mine', { type: 'workspaceWrite', writableRoots: ['/opt'], networkAccess: true, excludeTmpdirEnvVar: false, excludeSlashTmp: false }],
    ['minimal', { type: 'readOnly', networkAccess: false }],
    ['everything', { type: 'externalSandbox', networkAccess: 'restricted' }],
    ['everythingOnline', { type: 'dangerFullAccess' }],
    ['narrowed', { type: 'workspaceWrite', writableRoots: ['/'], networkAccess: false, excludeTmpdirEnvVar: true, excludeSlashTmp: false }],
    ['roots', { type: 'workspaceWrite', writableRoots: ['/srv'], networkAccess: false, excludeTmpdirEnvVar: true, excludeSlashTmp: true }],
  ])('%s is shown as the nearest long policy', (id, policy) => {
    expect(chosen(id).sandboxPolicy).toEqual(policy);
  });

  test('a display policy is never what is enforced: the profile keeps its denials', () => {
    const { profile } = chosen('narrowed');
    expect(profile).toMatchObject({ type: 'managed', file_system: { type: 'restricted' } });
    expect(JSON.stringify(profile)).toContain('deny');
  });
});

const path = fc.constantFrom('/a', '/a/b', '/c');
const special = fc.oneof(
  fc.constantFrom('root', 'minimal', 'tmpdir', 'slash_tmp').map((kind) => ({ kind }) as const),
  fc.record({ kind: fc.constant('project_roots' as const), subpath: fc.constant('x') }),
);
const entry = fc.record({
  path: fc.oneof(
    fc.record({ type: fc.constant('path' as const), path }),
    fc.record({ type: fc.constant('glob_pattern' as const), pattern: path }),
    fc.record({ type: fc.constant('special' as const), value: special }),
  ),
  access: fc.constantFrom('read', 'write', 'deny'),
});

describe('stored permissions', () => {
  test('every profile survives being stored', () => {
    const network = fc.constantFrom('restricted' as const, 'enabled' as const);
    const profile = fc.oneof(
      fc.constant({ type: 'disabled' as const }),
      fc.record({ type: fc.constant('external' as const), network }),
      fc.record({
        type: fc.constant('managed' as const),
        file_system: fc.record({ type: fc.constant('restricted' as const), entries: fc.array(entry) }),
        network,
      }),
    );
    fc.assert(
      fc.property(profile, (value) => {
        expect(readProfile(JSON.parse(JSON.stringify(value)))).toEqual(value);
      }),
    );
  });

  test('the older untagged form is a managed profile; missing parts grant nothing', () => {
    expect(readProfile({})).toEqual({ type: 'managed', file_system: { type: 'restricted', entries: [] }, network: 'restricted' });
    expect(readProfile({ network: { enabled: true } })).toMatchObject({ network: 'enabled' });
  });

  test.each([
    null,
    'x',
    { type: 'managed' },
    { type: 'managed', network: 'enabled', file_system: { type: 'everything' } },
    { type: 'managed', network: 'enabled', file_system: { type: 'restricted', entries: [{ path: '/', access: 'write' }] } },
    { type: 'external' },
    { type: 'future' },
  ])('%j is not understood, and grants nothing', (stored) => {
    expect(readProfile(stored)).toBeUndefined();
    if (stored !== null) expect(storedPermissions({ profile: stored, policy: { type: 'danger-full-access' } })).toBeUndefined();
  });

  test('the denials of a stored profile win over the policy beside it', () => {
    const profile = chosen('narrowed').profile;
    const kept = storedPermissions({ profile, policy: { type: 'danger-full-access' } });
    expect(kept?.profile).toEqual(profile);
  });

  test('without a profile the policy counts', () => {
    expect(storedPermissions({ profile: undefined, policy: { type: 'read-only' } })).toEqual(
      permissionsOfPolicy(policyOfMode('read-only')),
    );
  });

  test('the three modes are shown as themselves', () => {
    for (const mode of ['read-only', 'workspace-write', 'danger-full-access'] as const) {
      const permissions: { profile: PermissionProfile; sandboxPolicy: unknown } = permissionsOfPolicy(policyOfMode(mode));
      expect(policyOf(permissions.profile)).toEqual(permissions.sandboxPolicy);
    }
  });
});
