/** Commands under another first argument than their own, where whoever starts them has no way to give one. */

/** A shell that reads no start-up file and takes no function from its variables. */
const shell = ['/bin/bash', '--norc', '--noprofile', '-p', '-c', 'exec -a "$0" -- "$@"'] as const;

/** `argv` seen as `arg0` by itself; unchanged when it has that name already. */
export const renamed = (argv: readonly [string, ...string[]], arg0: string | undefined): readonly [string, ...string[]] =>
  arg0 === undefined || arg0 === argv[0] ? argv : [...shell, arg0, ...argv];
