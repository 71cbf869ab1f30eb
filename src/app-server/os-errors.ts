/** Failures of the operating system in the words clients know: `No such file or directory (os error 2)`. */
import { constants } from 'node:os';
import { errnoOf, internalError, messageOf, RequestError } from '../base/errors.ts';

/** The texts of the C library where they differ from Node's. */
const texts: Readonly<Record<string, string>> = {
  E2BIG: 'Argument list too long',
  EACCES: 'Permission denied',
  EBUSY: 'Device or resource busy',
  EEXIST: 'File exists',
  EFBIG: 'File too large',
  EINVAL: 'Invalid argument',
  EIO: 'Input/output error',
  EISDIR: 'Is a directory',
  ELOOP: 'Too many levels of symbolic links',
  EMFILE: 'Too many open files',
  ENAMETOOLONG: 'File name too long',
  ENFILE: 'Too many open files in system',
  ENOENT: 'No such file or directory',
  ENOEXEC: 'Exec format error',
  ENOMEM: 'Cannot allocate memory',
  ENOSPC: 'No space left on device',
  ENOTDIR: 'Not a directory',
  ENOTEMPTY: 'Directory not empty',
  EPERM: 'Operation not permitted',
  EROFS: 'Read-only file system',
  ETXTBSY: 'Text file busy',
  EXDEV: 'Invalid cross-device link',
};

const numbers: Readonly<Record<string, number>> = constants.errno;

/** The system's sentence for `error`, or its message when it is not a system error. */
export function osErrorText(error: unknown): string {
  const cause = error instanceof Error && errnoOf(error) === undefined && error.cause !== undefined ? error.cause : error;
  const code = errnoOf(cause);
  const number = code === undefined ? undefined : numbers[code];
  if (code === undefined || number === undefined) return messageOf(error);
  return `${texts[code] ?? code} (os error ${number})`;
}

/** A failed operation as the client reads it; request errors pass through. */
export const osError = (error: unknown, prefix = ''): RequestError =>
  error instanceof RequestError ? error : internalError(prefix + osErrorText(error), error);
