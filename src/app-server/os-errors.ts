/** Failures of the operating system as a client reads them: `No such file or directory (os error 2)`. */
import { errnoOf, internalError, invalidRequest, messageOf, RequestError } from '../base/errors.ts';
import { osErrorText } from '../base/os-error.ts';

/** Node refuses such names and words before the system sees them. */
const hasNul = (error: unknown): boolean => messageOf(error).includes('without null bytes');

/** A failed operation as an answer; request errors pass through. What the system said may stand behind the error, as its cause. */
export function osError(error: unknown, prefix = ''): RequestError {
  if (error instanceof RequestError) return error;
  const said = error instanceof Error && error.cause !== undefined && errnoOf(error) === undefined ? error.cause : error;
  if (hasNul(error))
    return prefix === ''
      ? invalidRequest('file name contained an unexpected NUL byte')
      : internalError(`${prefix}nul byte found in provided data`);
  return internalError(prefix + osErrorText(errnoOf(said) === undefined ? error : said), error);
}
