/** Looking up a program the way the system does, for starters that would report a missing one only as an exit code. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { errnoOf } from '../base/errors.ts';
import { osErrorText, systemError } from '../base/os-error.ts';
import { SpawnError } from './process-types.ts';

const defaultPath = process.platform === 'win32' ? '' : '/usr/local/bin:/bin:/usr/bin';

/** Rejects with the system's error unless `path` is a program. */
async function checkProgram(path: string): Promise<void> {
  if ((await stat(path)).isDirectory()) throw systemError('EACCES', 'spawn', path);
  await access(path, constants.X_OK);
}

/** The absolute path of `file`, looked up in `searchPath` when it is a bare name. Rejects with the system's error. */
export async function findProgram(file: string, options: { searchPath: string | undefined; cwd: string }): Promise<string> {
  if (file.includes('/') || isAbsolute(file)) {
    const path = resolve(options.cwd, file);
    await checkProgram(path);
    return path;
  }
  let refusal: unknown;
  for (const directory of (options.searchPath ?? defaultPath).split(delimiter)) {
    const path = join(resolve(options.cwd, directory), file);
    try {
      await checkProgram(path);
      return path;
    } catch (error) {
      if (errnoOf(error) === 'EACCES') refusal = error;
    }
  }
  throw refusal ?? systemError('ENOENT', 'spawn', file);
}

/** Rejects with `SpawnError` in the system's words when `file` cannot be run in `cwd`. */
export async function checkSpawnable(file: string, options: { searchPath: string | undefined; cwd: string }): Promise<void> {
  try {
    if (!(await stat(options.cwd)).isDirectory()) throw systemError('ENOTDIR', 'spawn', options.cwd);
    await findProgram(file, options);
  } catch (error) {
    throw new SpawnError(osErrorText(error), { cause: error });
  }
}
