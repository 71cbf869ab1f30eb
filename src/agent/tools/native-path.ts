/** Path arithmetic in the style of the environment a path belongs to, which need not be this machine's. */
import { type PlatformPath, posix, win32 } from 'node:path';

/** The path functions that fit `sample`, an absolute path of the environment. */
export const pathsLike = (sample: string): PlatformPath => (/^(?:[A-Za-z]:[\\/]|\\\\)/.test(sample) ? win32 : posix);

/** `path` against `base`, with `.` and `..` taken out; `base` is absolute and decides the style. */
export const resolveFrom = (base: string, path: string): string => pathsLike(base).resolve(base, path);
