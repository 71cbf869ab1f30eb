/** What the client reads when the operating system refuses something. */
import { errnoOf, internalError, invalidParams, invalidRequest, isCancelled, isRequestError, RequestError } from '../base/errors.ts';
import { osErrorText } from '../base/os-error.ts';
import { NetworkSettingsError } from '../host/network-proxy/domains.ts';
import { SandboxUnavailable, SpawnError } from '../host/process-types.ts';

const kinds: Readonly<Record<string, (message: string) => RequestError>> = {
  ENOENT: (message) => new RequestError('notFound', message),
  EINVAL: invalidRequest,
  EACCES: invalidRequest,
  EPERM: invalidRequest,
};

/** The error of a file operation as the wire has it. What is no error of the system is thrown as it is. */
export function fileFailure(error: unknown): Error {
  if (isRequestError(error) || isCancelled(error)) return error;
  if (error instanceof SandboxUnavailable) return sandboxFailure(error);
  const code = errnoOf(error);
  if (code === undefined) return error instanceof Error ? error : new Error(String(error));
  return (kinds[code] ?? internalError)(osErrorText(error));
}

/** Runs a file operation. */
export async function onFiles<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw fileFailure(error);
  }
}

/** The error of a process that could not be started. */
export function startFailure(error: unknown): Error {
  if (error instanceof SandboxUnavailable) return sandboxFailure(error);
  if (error instanceof NetworkSettingsError) return invalidParams(`invalid network proxy config: ${error.message}`);
  if (error instanceof SpawnError) return internalError(error.message);
  return error instanceof Error ? error : new Error(String(error));
}

const sandboxFailure = (error: SandboxUnavailable): RequestError =>
  invalidParams(`sandbox intent cannot be enforced on this executor: ${error.message}`);
