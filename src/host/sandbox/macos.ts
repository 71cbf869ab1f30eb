/** Confinement on macOS: a Seatbelt policy generated from a permission profile, and the system's own program to apply it. */
import { accessSync, constants, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SandboxUnavailable } from '../process-types.ts';
import { renamed } from '../renamed.ts';
import { diskFacts } from './disk-facts.ts';
import { gitDirectories } from './git-directories.ts';
import type { SandboxStatus } from './ladder.ts';
import type { MountFacts } from './mount-plan.ts';
import { ownPaths } from './own-paths.ts';
import { isWithin, protectedNames, type ResolvedPolicy, resolvePolicy } from './resolved-policy.ts';
import { baseRules, minimalRules, networkRules, proxiedRules } from './seatbelt-rules.ts';
import type { ProxiedNetwork, SandboxBackend } from './types.ts';

/** Never one from PATH. */
const sandboxExec = '/usr/bin/sandbox-exec';

export interface SeatbeltPolicy {
  readonly text: string;
  /** Paths travel as parameters, so that no name of a directory can become a rule. */
  readonly parameters: ReadonlyMap<string, string>;
}

class PolicyText {
  readonly parameters = new Map<string, string>();
  readonly #lines: string[] = [];

  add(...lines: readonly string[]): void {
    this.#lines.push(...lines);
  }

  path(path: string): string {
    const name = `PATH_${this.parameters.size}`;
    this.parameters.set(name, path);
    return `(param "${name}")`;
  }

  /** `path` itself and everything below it. */
  tree(path: string): string {
    const param = this.path(path);
    return `(literal ${param}) (subpath ${param})`;
  }

  get text(): string {
    return `${this.#lines.join('\n')}\n`;
  }
}

const quoted = (pattern: string): string => `#"${pattern.replaceAll('"', '.')}"`;
const escaped = (path: string): string => path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
/** The usual file system of macOS does not tell cases apart. */
const anyCase = (name: string): string => escaped(name).replace(/[a-z]/gi, (letter) => `[${letter.toLowerCase()}${letter.toUpperCase()}]`);

/** What patterns can say on Linux and an expression here would say otherwise: alternatives, groups, escapes, classes of letters. */
const inexact = /[{}\\]|[?*+@!]\(|\[[^\]]*[["]/;

/** A denied pattern (`*`, `?`, `**`, `[...]`) as an anchored expression. Throws `SandboxUnavailable` for one that it could not match whole. */
export function globExpression(glob: string): string {
  if (inexact.test(glob)) throw new SandboxUnavailable(`the denied pattern ${glob} cannot be enforced exactly on macOS`);
  let out = '';
  for (let at = 0; at < glob.length; at += 1) {
    const char = glob[at] ?? '';
    if (glob.startsWith('**/', at)) {
      out += '(.*/)?';
      at += 2;
    } else if (glob.startsWith('**', at)) {
      out += '.*';
      at += 1;
    } else if (char === '*') out += '[^/]*';
    else if (char === '?') out += '[^/]';
    else {
      const set = char === '[' ? /^\[([!^]?)([^\]]+)\]/.exec(glob.slice(at)) : null;
      if (set) {
        out += `[${set[1] ? '^' : ''}${set[2]?.replace(/[\\^]/g, '\\$&')}]`;
        at += set[0].length - 1;
      } else out += escaped(char);
    }
  }
  return `^${out}(/.*)?$`;
}

/** The whole policy. Throws `SandboxUnavailable` for what it could not enforce exactly. */
export function seatbeltPolicy(policy: ResolvedPolicy, facts: MountFacts, proxied?: ProxiedNetwork): SeatbeltPolicy {
  const out = new PolicyText();
  out.add(...baseRules);
  const real = policy.entries.map((entry) => ({ ...entry, path: facts.realPath(entry.path) ?? entry.path }));
  const below = (path: string) => real.filter((entry) => entry.path !== path && isWithin(entry.path, path));
  if (policy.root === 'deny') {
    out.add('(allow file-read-metadata (literal "/"))');
    if (policy.minimal) out.add(...minimalRules);
    for (const { path, access } of real) if (access !== 'deny') out.add(`(allow file-read* ${out.tree(path)})`);
  } else out.add('(allow file-read*)');
  const writable = real.flatMap(({ path, access }) => (access === 'write' ? [path] : []));
  const areas = policy.root === 'write' ? ['/', ...writable] : writable;
  for (const area of areas) {
    const closed = below(area).filter(({ access }) => access !== 'write');
    const excluded = closed.flatMap(({ path }) => [
      `(require-not (literal ${out.path(path)}))`,
      `(require-not (subpath ${out.path(path)}))`,
      ...between(area, path).map((each) => `(require-not (literal ${out.path(each)}))`),
    ]);
    const names = area === '/' && policy.wholeDisk ? [] : protectedIn(area, policy, facts);
    out.add(`(allow file-write* (require-all (subpath ${out.path(area)}) ${[...excluded, ...names].join(' ')}))`);
  }
  for (const { path, access } of real) {
    if (access === 'deny') out.add(`(deny file-read* file-write* ${out.tree(path)})`);
  }
  // What lies deeper decides: children that were opened again come after their parents.
  for (const { path, access } of real) {
    const reopened =
      access !== 'deny' && real.some((outer) => outer.access === 'deny' && outer.path !== path && isWithin(path, outer.path));
    if (reopened) out.add(`(allow file-read*${access === 'write' ? ' file-write*' : ''} ${out.tree(path)})`);
  }
  for (const glob of policy.denyGlobs) out.add(`(deny file-read* file-write* (regex ${quoted(globExpression(glob))}))`);
  out.add(...(proxied ? proxiedRules(proxied) : policy.networkRestricted ? [] : networkRules));
  return { text: out.text, parameters: out.parameters };
}

/** Directories from below `area` to above `path`: moving one would move what is protected. */
function between(area: string, path: string): string[] {
  const found: string[] = [];
  for (let at = dirname(path); at !== area && isWithin(at, area) && at !== '/'; at = dirname(at)) found.push(at);
  return found;
}

/** Metadata of a writable root stays closed, whether it exists or not; so do the directories that a `.git` file leads to. */
function protectedIn(area: string, policy: ResolvedPolicy, facts: MountFacts): string[] {
  const granted = (path: string) => policy.entries.some((entry) => entry.access === 'write' && isWithin(entry.path, path));
  const names = protectedNames.filter((name) => !granted(join(area, name)));
  const rules = names.map((name) => `(require-not (regex ${quoted(`^${escaped(area === '/' ? '' : area)}/${anyCase(name)}(/.*)?$`)}))`);
  const directories = gitDirectories(area, facts).flatMap((gitdir) => {
    const closed = [gitdir, ...between(area, gitdir)].map((path) => `(require-not (regex ${quoted(`^${escaped(path)}$`)}))`);
    return [...closed, `(require-not (regex ${quoted(`^${escaped(gitdir)}/.*$`)}))`];
  });
  return [...rules, ...directories];
}

let checked: boolean | undefined;

function isPresent(): boolean {
  try {
    accessSync(sandboxExec, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export function macosStatus(): SandboxStatus {
  checked ??= isPresent();
  return checked ? { rung: 'seatbelt', program: sandboxExec } : { rung: 'none', reason: `${sandboxExec} is missing` };
}

const isDirectory = (path: string): boolean => {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
};

export const macosSandbox: SandboxBackend = async ({ argv, arg0, env, sandbox, proxied }) => {
  const { rung, reason } = macosStatus();
  if (rung === 'none') throw new SandboxUnavailable(reason ?? 'Seatbelt is missing');
  const facts = { tmpdir: env.TMPDIR || undefined, slashTmpIsDirectory: isDirectory('/tmp'), ownPaths: ownPaths() };
  const policy = resolvePolicy(sandbox, facts);
  const { text, parameters } = seatbeltPolicy(policy, diskFacts, proxied);
  const defines = [...parameters].map(([name, path]) => `-D${name}=${path}`);
  return {
    kind: 'macos',
    file: sandboxExec,
    args: ['-p', text, ...defines, '--', ...renamed(argv, arg0)],
    extraFds: [],
    env: { CODEX_SANDBOX: 'seatbelt' },
    cleanup: () => {},
  };
};
