/** The user's shell: which one it is, and how a command line is handed to it. */
import { access, constants } from 'node:fs';
import { userInfo } from 'node:os';
import { basename, win32 } from 'node:path';

export type ShellName = 'zsh' | 'bash' | 'sh' | 'powershell' | 'cmd';

export interface Shell {
  readonly name: ShellName;
  /** Absolute where it was found. */
  readonly path: string;
}

/** The kind of shell a path leads to, by its file name; undefined for one we cannot talk to (fish, nu). */
export function shellNameOf(path: string): ShellName | undefined {
  const name = (path.includes('\\') ? win32.basename(path) : basename(path)).toLowerCase().replace(/\.exe$/, '');
  switch (name) {
    case 'zsh':
    case 'bash':
    case 'sh':
    case 'cmd':
      return name;
    case 'dash':
    case 'ash':
    case 'ksh':
      return 'sh';
    case 'pwsh':
    case 'powershell':
      return 'powershell';
    default:
      return undefined;
  }
}

const isExecutable = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    access(path, constants.X_OK, (error) => resolve(error === null));
  });

/** The account's login shell, or undefined when the account is unknown to the system. */
function accountShell(): string | undefined {
  try {
    return userInfo().shell ?? undefined;
  } catch {
    return undefined; // a user id without an entry, as in some containers
  }
}

/** `$SHELL`, the account's login shell, then what nearly every system has; the first that exists and that we can talk to. */
export async function detectShell(env: Readonly<Record<string, string>>): Promise<Shell> {
  if (process.platform === 'win32') return detectWindowsShell(env);
  const usual = process.platform === 'darwin' ? ['/bin/zsh', '/bin/bash', '/bin/sh'] : ['/bin/bash', '/bin/zsh', '/bin/sh'];
  for (const path of [env.SHELL, accountShell(), ...usual]) {
    const name = path?.startsWith('/') ? shellNameOf(path) : undefined;
    if (path && name && (await isExecutable(path))) return { name, path };
  }
  return { name: 'sh', path: '/bin/sh' };
}

async function detectWindowsShell(env: Readonly<Record<string, string>>): Promise<Shell> {
  const directories = (env.PATH ?? env.Path ?? '').split(';').filter((directory) => directory !== '');
  for (const file of ['pwsh.exe', 'powershell.exe']) {
    for (const directory of directories) {
      const path = win32.join(directory, file);
      if (await isExecutable(path)) return { name: 'powershell', path };
    }
  }
  return { name: 'cmd', path: env.COMSPEC ?? env.ComSpec ?? 'cmd.exe' };
}

/** The argv that has `shell` run `command`. `login` reads the user's profile files first. */
export function shellArgv(shell: Shell, command: string, options: { login: boolean }): [string, ...string[]] {
  switch (shell.name) {
    case 'powershell':
      return options.login ? [shell.path, '-Command', command] : [shell.path, '-NoProfile', '-Command', command];
    case 'cmd':
      return [shell.path, '/c', command];
    default:
      return [shell.path, options.login ? '-lc' : '-c', command];
  }
}
