/** The words of the operating system for its errors, in the one form that goes over the wire. */
import { constants } from 'node:os';
import { errnoOf, messageOf } from './errors.ts';

/** The C library's sentences for the errors that files and processes give. */
const sentences: Readonly<Record<string, string>> = {
  E2BIG: 'Argument list too long',
  EACCES: 'Permission denied',
  EAGAIN: 'Resource temporarily unavailable',
  EBADF: 'Bad file descriptor',
  EBUSY: 'Resource busy',
  EDQUOT: 'Quota exceeded',
  EEXIST: 'File exists',
  EFBIG: 'File too large',
  EINVAL: 'Invalid argument',
  EIO: 'I/O error',
  EISDIR: 'Is a directory',
  ELOOP: 'Symbolic link loop',
  EMFILE: 'No file descriptors available',
  EMLINK: 'Too many links',
  ENAMETOOLONG: 'Filename too long',
  ENFILE: 'Too many open files in system',
  ENODEV: 'No such device',
  ENOENT: 'No such file or directory',
  ENOEXEC: 'Exec format error',
  ENOMEM: 'Out of memory',
  ENOSPC: 'No space left on device',
  ENOTDIR: 'Not a directory',
  ENOTEMPTY: 'Directory not empty',
  ENOTSUP: 'Not supported',
  ENXIO: 'No such device or address',
  EPERM: 'Operation not permitted',
  EPIPE: 'Broken pipe',
  EROFS: 'Read-only file system',
  ESRCH: 'No such process',
  ETXTBSY: 'Text file busy',
  EXDEV: 'Cross-device link',
};

const numbers: Readonly<Record<string, number>> = constants.errno;

/** `No such file or directory (os error 2)` for a Node system error; the error's own message for anything else. */
export function osErrorText(error: unknown): string {
  const code = errnoOf(error);
  const sentence = code === undefined ? undefined : sentences[code];
  if (code === undefined || sentence === undefined) return messageOf(error);
  return `${sentence} (os error ${numbers[code] ?? 0})`;
}

/** A Node system error of our own making. */
export function systemError(code: string, action: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${sentences[code] ?? code}, ${action} '${path}'`), {
    code,
    errno: -(numbers[code] ?? 0),
    syscall: action,
    path,
  });
}
