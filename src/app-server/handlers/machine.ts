/** Small questions about this machine and its state that belong to no thread. */

import { resolve } from 'node:path';
import { invalidRequest } from '../../base/errors.ts';
import type { Environment } from '../../environment/environment.ts';
import { diffToRemote } from '../../environment/git.ts';
import type { ClientRequests, Handlers } from '../../protocol/app/index.ts';
import type { RequestContext } from '../connection.ts';
import type { RemoteControlState } from '../handshake.ts';

type Methods = 'gitDiffToRemote' | 'memory/reset' | 'remoteControl/status/read' | 'windowsSandbox/readiness';

export interface MachineDeps {
  readonly localEnvironment: () => Environment;
  readonly remoteControl: RemoteControlState;
  readonly cwd: string;
}

export const machineHandlers = (deps: MachineDeps): Handlers<Pick<ClientRequests, Methods>, RequestContext> => ({
  gitDiffToRemote: async ({ cwd }, { signal }) => {
    const result = await diffToRemote({ environment: deps.localEnvironment(), cwd: resolve(deps.cwd, cwd), signal });
    if (!result) throw invalidRequest(`failed to compute git diff to remote for cwd: ${JSON.stringify(cwd)}`);
    return result;
  },
  // No memories are ever made, so none are left.
  'memory/reset': () => ({}),
  'remoteControl/status/read': () => deps.remoteControl,
  'windowsSandbox/readiness': () => ({ status: 'notConfigured' }),
});
