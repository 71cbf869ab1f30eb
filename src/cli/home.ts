/** Where the program keeps its state. */
import { realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../base/errors.ts';

/** `$CODEX_HOME` with its links resolved, or `~/.codex`. Throws when the variable names a directory that does not exist. */
export function resolveCodexHome(env: NodeJS.ProcessEnv): string {
  if (!env.CODEX_HOME) return join(homedir(), '.codex');
  try {
    return realpathSync(env.CODEX_HOME);
  } catch (error) {
    throw new Error(`CODEX_HOME points to ${JSON.stringify(env.CODEX_HOME)}, but that path cannot be used: ${messageOf(error)}`);
  }
}
