/** Windows: nothing here can confine a command, and this says so instead of running it. */
import { SandboxUnavailable } from '../process-types.ts';
import type { SandboxBackend } from './types.ts';

export const windowsReason = 'commands cannot be confined on Windows by this version; run the server in WSL2, or allow commands one by one';

/** Rejects always: a policy that cannot be enforced exactly is not enforced halfway. */
export const windowsSandbox: SandboxBackend = async () => {
  throw new SandboxUnavailable(windowsReason);
};
