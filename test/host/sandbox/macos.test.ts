/** The policy text for macOS, compared as text: there is no macOS here to run it on. */
import { describe, expect, test } from 'vitest';
import type { FileSystemEntry } from '../../../src/base/permission-profile.ts';
import { SandboxUnavailable } from '../../../src/host/process-types.ts';
import type { PathKind } from '../../../src/host/sandbox/git-directories.ts';
import { globExpression, macosSandbox, seatbeltPolicy } from '../../../src/host/sandbox/macos.ts';
import type { MountFacts } from '../../../src/host/sandbox/mount-plan.ts';
import { resolvePolicy } from '../../../src/host/sandbox/resolved-policy.ts';

const disk = (kinds: Record<string, PathKind>, real: Record<string, string> = {}, texts: Record<string, string> = {}): MountFacts => ({
  kindOf: (path) => kinds[path] ?? 'missing',
  realPath: (path) => real[path] ?? path,
  readText: (path) => texts[path],
  isEmptyDirectory: () => false,
  isSealed: () => false,
  matches: () => [],
});
const entry = (path: string, access: FileSystemEntry['access']): FileSystemEntry => ({ path: { type: 'path', path }, access });
const root: FileSystemEntry = { path: { type: 'special', value: { kind: 'root' } }, access: 'read' };
const workspace: FileSystemEntry = { path: { type: 'special', value: { kind: 'project_roots' } }, access: 'write' };

function policy(
  entries: FileSystemEntry[],
  facts: MountFacts = disk({ '/ws': 'directory' }),
  network: 'restricted' | 'enabled' = 'restricted',
) {
  const request = {
    profile: { type: 'managed' as const, file_system: { type: 'restricted' as const, entries }, network },
    policyCwd: '/ws',
    workspaceRoots: ['/ws'],
  };
  const { text, parameters } = seatbeltPolicy(resolvePolicy(request, { tmpdir: undefined, slashTmpIsDirectory: false }), facts);
  // With the parameters put in, so that the rules can be read.
  const shown = text.replace(/\(param "(PATH_\d+)"\)/g, (_, name: string) => JSON.stringify(parameters.get(name)));
  return { text, shown, parameters };
}

describe('Seatbelt policy', () => {
  test('read-only: closed by default, everything readable, nothing writable but /dev/null, no network', () => {
    const { shown } = policy([root]);
    expect(shown.startsWith('(version 1)\n(deny default)\n')).toBe(true);
    expect(shown).toContain('(allow file-read*)\n');
    expect(shown).not.toMatch(/allow file-write\* \(require-all/);
    expect(shown).not.toContain('network-outbound');
  });

  test('a writable root leaves its metadata closed, in any case of letters, existing or not', () => {
    const { shown } = policy([root, workspace]);
    const line = shown.split('\n').find((each) => each.startsWith('(allow file-write* (require-all (subpath "/ws")'));
    expect(line).toContain('(require-not (regex #"^/ws/\\.[gG][iI][tT](/.*)?$"))');
    for (const name of ['[cC][oO][dD][eE][xX]', '[aA][gG][eE][nN][tT][sS]', '[aA][wW][sS]']) expect(line).toContain(name);
  });

  test('a denied path can neither be read nor written nor moved with its parents', () => {
    const { shown } = policy([root, workspace, entry('/ws/a/b/secret', 'deny')]);
    expect(shown).toContain('(require-not (literal "/ws/a/b/secret"))');
    expect(shown).toContain('(require-not (literal "/ws/a/b"))');
    expect(shown).toContain('(require-not (literal "/ws/a"))');
    expect(shown).toContain('(deny file-read* file-write* (literal "/ws/a/b/secret") (subpath "/ws/a/b/secret"))');
  });

  test('a child of a denied directory that is open again comes after the denial', () => {
    const { shown } = policy([root, workspace, entry('/ws/a', 'deny'), entry('/ws/a/b', 'write')]);
    const denial = shown.indexOf('(deny file-read* file-write* (literal "/ws/a")');
    const reopened = shown.indexOf('(allow file-read* file-write* (literal "/ws/a/b")');
    expect(denial).toBeGreaterThan(0);
    expect(reopened).toBeGreaterThan(denial);
  });

  test('roots are the real ones, and the directory a .git file names is closed', () => {
    const facts = disk(
      { '/ws': 'directory', '/private/ws': 'directory', '/private/ws/.git': 'file' },
      { '/ws': '/private/ws' },
      { '/private/ws/.git': 'gitdir: meta/real\n' },
    );
    const { shown } = policy([root, workspace], facts);
    expect(shown).toContain('(subpath "/private/ws")');
    expect(shown).toContain('#"^/private/ws/meta/real/.*$"');
    expect(shown).toContain('#"^/private/ws/meta$"');
  });

  test('names cannot become rules: paths are parameters', () => {
    const { text, parameters } = policy([root, entry('/x") (allow default) ("', 'write')], disk({}));
    expect(text).not.toContain('(allow default)');
    expect([...parameters.values()]).toContain('/x") (allow default) ("');
  });

  test('without a readable root only what is named can be read; :minimal adds the platform', () => {
    expect(policy([workspace]).shown).not.toContain('(allow file-read*)\n');
    expect(policy([workspace, { path: { type: 'special', value: { kind: 'minimal' } }, access: 'read' }]).shown).toContain(
      '(subpath "/System/Library")',
    );
  });

  test('the network, when it is allowed', () => {
    expect(policy([root], undefined, 'enabled').shown).toContain('(allow network-outbound)');
  });

  test.each([
    ['/ws/**/*.env', '/ws/a/b/x.env', true],
    ['/ws/**/*.env', '/ws/x.env', true],
    ['/ws/**/*.env', '/ws/x.env/below', true],
    ['/ws/*.env', '/ws/a/x.env', false],
    ['/ws/?.k', '/ws/a.k', true],
    ['/ws/[!a].k', '/ws/a.k', false],
    ['/ws/a.b', '/ws/aXb', false],
  ])('%s matches %s: %s', (glob, path, matches) => {
    expect(new RegExp(globExpression(glob)).test(path)).toBe(matches);
  });

  test.each(['/ws/*.{env,key}', '/ws/!(a)', '/ws/@(a|b)', '/ws/a\\*', '/ws/[[:alpha:]]', '/ws/[a"]x'])(
    '%s cannot be said exactly: refused',
    (pattern) => {
      const denied: FileSystemEntry = { path: { type: 'glob_pattern', pattern }, access: 'deny' };
      expect(() => policy([root, workspace, denied])).toThrow(SandboxUnavailable);
    },
  );

  test.skipIf(process.platform === 'darwin')('where Seatbelt is missing, nothing runs', async () => {
    const sandbox = {
      profile: { type: 'managed' as const, file_system: { type: 'restricted' as const, entries: [root] }, network: 'restricted' as const },
      policyCwd: '/',
      workspaceRoots: ['/'],
    };
    await expect(macosSandbox({ argv: ['true'], cwd: '/', env: {}, sandbox, terminal: false })).rejects.toThrow('sandbox-exec is missing');
  });
});
