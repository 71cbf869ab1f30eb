/** The variables of a child: inherit, exclude, set, keep, overlay, in this order. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultShellEnvironmentPolicy, type ShellEnvironmentPolicy } from '../../src/base/permission-profile.ts';
import { applyPolicy, childVariables } from '../../src/host/env-policy.ts';

const policy = (more: Partial<ShellEnvironmentPolicy>): ShellEnvironmentPolicy => ({
  ...{ inherit: 'all', ignoreDefaultExcludes: true, exclude: [], set: {}, includeOnly: [] },
  ...more,
});
const base = { PATH: '/bin', HOME: '/h', USER: 'u', EDITOR: 'vi', API_KEY: 'k', my_secret_x: 's', GITHUB_TOKEN: 't', MONKEY: 'm' };

describe('inherit', () => {
  test.each([
    ['all', Object.keys(base)],
    ['core', ['PATH', 'HOME', 'USER']],
    ['none', []],
  ] as const)('%s', (inherit, names) => {
    expect(Object.keys(applyPolicy(base, policy({ inherit }), 'linux'))).toEqual(names);
  });

  test('core names are compared without case, and are others on Windows', () => {
    const variables = { Path: 'p', SystemRoot: 'r', HOME: 'h', Pathext: '.EXE' };
    expect(Object.keys(applyPolicy(variables, policy({ inherit: 'core' }), 'linux'))).toEqual(['Path', 'HOME']);
    expect(Object.keys(applyPolicy(variables, policy({ inherit: 'core' }), 'win32'))).toEqual(['Path', 'SystemRoot', 'Pathext']);
    expect(applyPolicy({}, policy({}), 'win32')).toEqual({ PATHEXT: '.COM;.EXE;.BAT;.CMD' });
  });

  test('the default shows no secret of the host', () => {
    expect(applyPolicy(base, defaultShellEnvironmentPolicy, 'linux')).toEqual({ PATH: '/bin', HOME: '/h', USER: 'u' });
  });
});

describe('filters', () => {
  test('default excludes drop key, secret and token in any case', () => {
    expect(Object.keys(applyPolicy(base, policy({ ignoreDefaultExcludes: false }), 'linux'))).toEqual(['PATH', 'HOME', 'USER', 'EDITOR']);
  });

  test.each([
    [['E*'], ['PATH', 'HOME', 'USER']],
    [
      ['?ath', 'user'],
      ['HOME', 'EDITOR'],
    ],
    [['*'], []],
    [['PAT'], ['PATH', 'HOME', 'USER', 'EDITOR']],
    [
      ['P.TH', 'HO(ME)'],
      ['PATH', 'HOME', 'USER', 'EDITOR'],
    ],
  ])('exclude %j', (exclude, names) => {
    expect(Object.keys(applyPolicy(base, policy({ ignoreDefaultExcludes: false, exclude }), 'linux'))).toEqual(names);
  });

  test('set comes after exclude, includeOnly after set, and the overlay after all', () => {
    const shaped = policy({ exclude: ['A*'], set: { A1: 'set', B1: 'set', C1: 'set' }, includeOnly: ['A*', 'B*'] });
    expect(applyPolicy({ A0: 'host' }, shaped, 'linux')).toEqual({ A1: 'set', B1: 'set' });
    const of = childVariables({ A0: 'host' }, 'linux');
    const overlay = { CODEX_THREAD_ID: 'x', A1: null, B1: 'over' };
    expect(of({ policy: shaped, overlay })).toEqual({ B1: 'over', CODEX_THREAD_ID: 'x' });
    expect(of({ policy: shaped, overlay: {} })).toEqual({ A1: 'set', B1: 'set' });
  });

  test('on Windows a differently spelt name is the same variable', () => {
    const of = childVariables({ Path: 'host' }, 'win32');
    expect(of({ policy: policy({ set: { PATH: 'set' } }), overlay: { pathext: null } })).toEqual({ PATH: 'set' });
  });
});

test('includeOnly leaves only matches, whatever else is said; excluded names come back only through set', () => {
  const name = fc.stringMatching(/^[A-Za-z_]{1,8}$/);
  const glob = fc.stringMatching(/^[A-Za-z_*?]{1,5}$/);
  const matches = (globs: readonly string[], text: string): boolean =>
    globs.some((each) => globMatches(each.toLowerCase(), text.toLowerCase()));
  fc.assert(
    fc.property(
      fc.dictionary(name, fc.string()),
      fc.array(glob),
      fc.array(glob),
      fc.dictionary(name, fc.string()),
      (host, exclude, only, set) => {
        const result = applyPolicy(host, policy({ exclude, set, includeOnly: only }), 'linux');
        for (const [key, value] of Object.entries(result)) {
          expect(only.length === 0 || matches(only, key)).toBe(true);
          if (Object.hasOwn(set, key)) expect(value).toBe(set[key]);
          else expect([host[key], matches(exclude, key)]).toEqual([value, false]);
        }
      },
    ),
  );
});

/** Another way to match a glob: character by character. */
function globMatches(glob: string, text: string): boolean {
  if (glob === '') return text === '';
  if (glob.startsWith('*')) return globMatches(glob.slice(1), text) || (text !== '' && globMatches(glob, text.slice(1)));
  return text !== '' && (glob.startsWith('?') || glob[0] === text[0]) && globMatches(glob.slice(1), text.slice(1));
}
