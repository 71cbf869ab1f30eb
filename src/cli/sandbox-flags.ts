/** The command line of `switchyard sandbox`: options up to the first other word; from there on everything is the command. */
import { isProgramOption, overrideOf, splitOption } from './option-words.ts';

export interface SandboxFlags {
  /** A permission profile by its id. */
  readonly permissions: string | undefined;
  /** `--full-auto`: the workspace may be written. */
  readonly fullAuto: boolean;
  readonly directory: string | undefined;
  /** `key=value` texts in the order given; features are `features.NAME=true|false`. */
  readonly overrides: readonly string[];
  readonly argv: readonly [string, ...string[]];
}

/** Names of the platform that older versions wanted in front of the command. */
const platformWords: Readonly<Record<string, NodeJS.Platform>> = {
  linux: 'linux',
  landlock: 'linux',
  macos: 'darwin',
  seatbelt: 'darwin',
  windows: 'win32',
};

/** Options that take a value, in all their spellings; those of the program are not among them. */
const valued: Readonly<Record<string, 'permissions' | 'directory'>> = {
  '-P': 'permissions',
  '--permission-profile': 'permissions',
  '--permissions-profile': 'permissions',
  '-C': 'directory',
  '--cd': 'directory',
};

interface Collected {
  permissions: string | undefined;
  directory: string | undefined;
  fullAuto: boolean;
  readonly overrides: string[];
}

/** Takes one option with its value; the text says what is wrong with it. */
function take(name: string, value: string | undefined, into: Collected): string | undefined {
  const key = valued[name];
  if (key === undefined && !isProgramOption(name)) return `unexpected argument '${name}' found`;
  if (value === undefined) return `a value is required for '${name}' but none was supplied`;
  if (key === undefined) {
    const override = overrideOf(name, value);
    if (typeof override !== 'string') return override.wrong;
    into.overrides.push(override);
    return undefined;
  }
  if (into[key] !== undefined) return `the argument '${name}' cannot be used multiple times`;
  into[key] = value;
  return undefined;
}

/** All words but `sandbox` itself. `help`: help was asked for. Options of the program in front of the word count too. */
export function parseSandbox(args: readonly string[], platform: NodeJS.Platform): SandboxFlags | 'help' | { readonly wrong: string } {
  const found: Collected = { permissions: undefined, directory: undefined, fullAuto: false, overrides: [] };
  let ours = true;
  let at = 0;
  for (; at < args.length; at += 1) {
    const arg = args[at] ?? '';
    if (arg === '--') {
      at += 1;
      break;
    }
    if (arg === '-h' || arg === '--help') return 'help';
    if (arg === '--full-auto') found.fullAuto = true;
    else if (arg.startsWith('-') && arg !== '-') {
      const [name, inline] = splitOption(arg);
      const wrong = take(name, inline ?? args[at + 1], found);
      if (wrong !== undefined) return { wrong };
      if (inline === undefined) at += 1;
    } else if (ours && Object.hasOwn(platformWords, arg) && at + 1 < args.length) {
      ours = false;
      if (platformWords[arg] !== platform) return { wrong: `\`sandbox ${arg}\` does not exist on ${platform}` };
    } else break;
  }
  const [program, ...rest] = args.slice(at);
  if (program === undefined) return { wrong: 'sandbox command must not be empty' };
  if (found.permissions !== undefined && found.fullAuto) return { wrong: "'--full-auto' cannot be used with '--permission-profile'" };
  return { ...found, argv: [program, ...rest] };
}

export const sandboxHelp = `Run one command under the sandbox that agents' commands get

Usage: switchyard sandbox [OPTIONS] [--] COMMAND [ARG]...

Options:
  -P, --permission-profile <NAME>  Profile of the configuration, or :read-only, :workspace, :danger-full-access
      --full-auto                  The working directory and temporary directories may be written
  -C, --cd <DIR>                   Directory to run in, whose configuration counts
  -c, --config <key=value>         Override a configuration value
      --enable <FEATURE>           Same as -c features.FEATURE=true
      --disable <FEATURE>          Same as -c features.FEATURE=false
  -h, --help                       Print help

Without a profile the permissions are those the configuration gives a new thread. The command gets pipes for its input and
output and no other open file. The exit code is the command's own, 128+n when signal n ended it, and 1 when it could not be
confined or started.
`;
