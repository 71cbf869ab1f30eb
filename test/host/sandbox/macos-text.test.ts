/** The Seatbelt text for any profile: well formed, closed by default, and no name of a file is ever a rule. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FileSystemEntry } from '../../../src/base/permission-profile.ts';
import { seatbeltPolicy } from '../../../src/host/sandbox/macos.ts';
import type { MountFacts } from '../../../src/host/sandbox/mount-plan.ts';
import { isWithin, resolvePolicy } from '../../../src/host/sandbox/resolved-policy.ts';

type Form = string | readonly Form[];

/** Reads the policy as the system does: lists, words, texts and expressions. Throws where it is not well formed. */
function read(text: string): Form[] {
  const token = /\s*(?:(\()|(\))|#"([^"]*)"|"([^"\\\\]*)"|([^\s()"#]+))/y;
  const stack: Form[][] = [[]];
  const end = text.trimEnd().length;
  while (token.lastIndex < end) {
    const at = token.lastIndex;
    const found = token.exec(text);
    if (!found) throw new Error(`not well formed at ${at}: ${text.slice(at, at + 40)}`);
    const [, open, close, expression, quoted, word] = found;
    if (open) stack.push([]);
    else if (close) {
      const list = stack.pop();
      if (!list || stack.length === 0) throw new Error('one parenthesis too many');
      stack.at(-1)?.push(list);
    } else stack.at(-1)?.push(word ?? (expression === undefined ? `"${quoted}"` : `#${expression}`));
  }
  if (stack.length !== 1) throw new Error('a parenthesis is open');
  return stack[0] ?? [];
}

const letter = fc.constantFrom(...'ab.*?[](){}|^$+\\"\'; #\n\té');
const name = fc.array(letter, { minLength: 1, maxLength: 6 }).map((letters) => letters.join('').replace(/^\.{1,2}$/, 'dots'));
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => `/ws/${names.join('/')}`);
const entry: fc.Arbitrary<FileSystemEntry> = fc.record({
  path: fc.oneof(
    path.map((at) => ({ type: 'path' as const, path: at })),
    fc.constantFrom('root', 'minimal', 'project_roots', 'slash_tmp').map((kind) => ({ type: 'special' as const, value: { kind } })),
  ),
  access: fc.constantFrom('read', 'write', 'deny'),
});
const pattern: fc.Arbitrary<FileSystemEntry> = fc
  .constantFrom('**/*.env', '*.key', 'a?c/**', '[!a]*', 'x"y')
  .map((glob) => ({ path: { type: 'glob_pattern', pattern: glob }, access: 'deny' }));
const entries = fc.array(fc.oneof(entry, entry, pattern), { maxLength: 8 });

const disk = (pointer: string | undefined): MountFacts => ({
  kindOf: (at) => (pointer !== undefined && at.endsWith('/.git') ? 'file' : 'directory'),
  realPath: (at) => at,
  readText: (at) => (pointer !== undefined && at.endsWith('/.git') ? `gitdir: ${pointer}\n` : undefined),
  isEmptyDirectory: () => false,
  isSealed: () => false,
  matches: () => [],
});

const compile = (list: readonly FileSystemEntry[], network: 'restricted' | 'enabled', pointer?: string) => {
  const file_system = { type: 'restricted' as const, entries: list };
  const request = { profile: { type: 'managed' as const, file_system, network }, policyCwd: '/ws', workspaceRoots: ['/ws'] };
  const resolved = resolvePolicy(request, { tmpdir: undefined, slashTmpIsDirectory: true });
  return { resolved, ...seatbeltPolicy(resolved, disk(pointer)) };
};

const flat = (form: Form): string[] => (typeof form === 'string' ? [form] : form.flatMap(flat));
const operations =
  /^(process-(exec|fork|info\*)|signal|file-(read|write)[a-z*-]*|file-ioctl|sysctl-(read|write)|iokit-open|mach-lookup|user-preference-read|ipc-posix-[a-z-]+|pseudo-tty|network-(outbound|inbound)|system-socket)$/;

describe('any profile', () => {
  test('the text is well formed, begins closed, and every rule is one of the known operations', () => {
    fc.assert(
      fc.property(entries, fc.constantFrom('restricted', 'enabled'), fc.option(path, { nil: undefined }), (list, network, pointer) => {
        const forms = read(compile(list, network, pointer).text);
        expect(forms.slice(0, 2)).toEqual([
          ['version', '1'],
          ['deny', 'default'],
        ]);
        for (const [verb, ...rest] of forms.slice(2).map((form) => (typeof form === 'string' ? [form] : form))) {
          expect(['allow', 'deny']).toContain(verb);
          expect(rest[0]).toMatch(operations);
        }
      }),
    );
  });

  test('paths are parameters, each of them defined and used; no path is in the text but inside an expression', () => {
    fc.assert(
      fc.property(entries, (list) => {
        const { text, parameters } = compile(list, 'restricted');
        const words = read(text).flatMap(flat);
        const used = words.filter((word) => /^"PATH_\d+"$/.test(word)).map((word) => word.slice(1, -1));
        expect(new Set(used)).toEqual(new Set(parameters.keys()));
        for (const word of words) if (word.startsWith('"')) expect(word).not.toContain('/ws');
      }),
    );
  });

  test('every entry is in force: what is read, written and denied appears as such', () => {
    fc.assert(
      fc.property(entries, (list) => {
        const { resolved, text, parameters } = compile(list, 'restricted');
        const forms = read(text);
        const of = (at: string) => [...parameters].filter(([, value]) => value === at).map(([key]) => `"${key}"`);
        const rules = (verb: string, operation: string, at: string) =>
          forms.some(
            (form) => Array.isArray(form) && form[0] === verb && form.includes(operation) && of(at).some((key) => flat(form).includes(key)),
          );
        for (const { path: at, access } of resolved.entries) {
          if (access === 'deny') expect(rules('deny', 'file-read*', at), at).toBe(true);
          if (access === 'write') expect(rules('allow', 'file-write*', at), at).toBe(true);
          if (access === 'read' && resolved.root === 'deny') expect(rules('allow', 'file-read*', at), at).toBe(true);
          const area = resolved.entries.find((outer) => outer.access === 'write' && outer.path !== at && isWithin(at, outer.path));
          if (access !== 'write' && area) expect(text).toContain('require-not');
        }
        for (const _glob of resolved.denyGlobs) expect(text).toMatch(/\(deny file-read\* file-write\* \(regex #"/);
      }),
    );
  });

  test('without the network no rule speaks of it, and with it some do', () => {
    fc.assert(
      fc.property(entries, (list) => {
        expect(compile(list, 'restricted').text).not.toMatch(/network-|system-socket/);
        expect(compile(list, 'enabled').text).toMatch(/\(allow network-outbound\)/);
      }),
    );
  });
});
