/** Finding the word of a command and the parts of an option, for commands whose own words must not be taken for ours. */

/** `--name=value`, `-xvalue` and `-x=value` are split. */
export function splitOption(arg: string): readonly [string, string | undefined] {
  if (arg.startsWith('--')) {
    const equals = arg.indexOf('=');
    return equals < 0 ? [arg, undefined] : [arg.slice(0, equals), arg.slice(equals + 1)];
  }
  return arg.length === 2 ? [arg, undefined] : [arg.slice(0, 2), arg.slice(2).replace(/^=/, '')];
}

/** Options that may stand in front of every command; all take a value. */
const ofTheProgram = new Set(['-c', '--config', '--enable', '--disable']);

/** Where the word of a command stands, if only options of the program are in front of it. */
export function commandWord(args: readonly string[], word: string): number | undefined {
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? '';
    if (arg === word) return at;
    const [name, inline] = splitOption(arg);
    if (!arg.startsWith('-') || !ofTheProgram.has(name)) return undefined;
    if (inline === undefined) at += 1;
  }
  return undefined;
}

/** What an option of the program overrides in the configuration; a text in `wrong` says what is wrong with it. */
export function overrideOf(name: string, value: string): string | { readonly wrong: string } {
  if (name === '--enable' || name === '--disable') return `features.${value}=${name === '--enable'}`;
  return /^[^=]+=/.test(value) ? value : { wrong: `invalid value '${value}' for '--config <key=value>': expected key=value` };
}

export const isProgramOption = (name: string): boolean => ofTheProgram.has(name);
