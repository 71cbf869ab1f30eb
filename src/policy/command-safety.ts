/** Which plain commands are known to be harmless and which are known to be dangerous. Pure; never consulted for scripts that are not plain. */

/** Words of one simple command, no expansion left. */
export type Segment = readonly string[];

const harmless = new Set(
  'cat cd cut echo expr false grep head id ls nl paste pwd rev seq stat tail tr true uname uniq wc which whoami numfmt tac'.split(' '),
);
const findActions = new Set('-exec -execdir -ok -okdir -delete -fls -fprint -fprint0 -fprintf'.split(' '));
const gitGlobalOptions = /^(-C|-c|-p|--(config-env|exec-path|git-dir|namespace|paginate|super-prefix|work-tree)(=.*)?)$/;
const gitEffects = /^--(output|ext-diff|textconv|exec)(=.*)?$/;
const branchLists = /^(--list|-l|--show-current|-a|--all|-r|--remotes|-v|-vv|--verbose|--format=.*)$/;

const basename = (program: string): string => program.split(/[\\/]/).at(-1) ?? program;

function gitIsSafe(args: readonly string[]): boolean {
  const at = args.findIndex((arg) => !arg.startsWith('-'));
  if (at === -1 || args.slice(0, at).some((arg) => gitGlobalOptions.test(arg))) return false;
  const rest = args.slice(at + 1);
  if (args.some((arg) => gitEffects.test(arg))) return false;
  const command = args[at];
  if (command === 'branch') return rest.every((arg) => branchLists.test(arg));
  return command === 'status' || command === 'log' || command === 'diff' || command === 'show';
}

/** True when the command can only look. */
export function isKnownSafe(segment: Segment): boolean {
  const [program, ...args] = segment;
  if (program === undefined) return false;
  const name = basename(program);
  if (harmless.has(name)) return true;
  switch (name) {
    case 'base64':
      return !args.some((arg) => /^(-o.*|--output(=.*)?)$/.test(arg));
    case 'find':
      return !args.some((arg) => findActions.has(arg));
    case 'rg':
      return !args.some((arg) => /^(--pre(=.*)?|--hostname-bin(=.*)?|--search-zip|-z)$/.test(arg));
    case 'sed':
      return args.length >= 2 && args.length <= 3 && args[0] === '-n' && /^\d+(,\d+)?p$/.test(args[1] ?? '') && !args[2]?.startsWith('-');
    case 'git':
      return gitIsSafe(args);
    default:
      return false;
  }
}

const forces = (arg: string): boolean => arg === '--force' || /^-[A-Za-z]*f[A-Za-z]*$/.test(arg);

/** True for a forced removal, also behind `sudo` and `env`. */
export function isDangerous(segment: Segment): boolean {
  const [program, ...args] = segment;
  if (program === undefined) return false;
  switch (basename(program)) {
    case 'rm': {
      const end = args.indexOf('--');
      return (end === -1 ? args : args.slice(0, end)).some(forces);
    }
    case 'sudo':
      return isDangerous(args.slice(args.findIndex((arg) => !arg.startsWith('-'))));
    case 'env': {
      const at = args.findIndex((arg) => !arg.startsWith('-') && !/^\w+=/.test(arg));
      return at !== -1 && isDangerous(args.slice(at));
    }
    default:
      return false;
  }
}
