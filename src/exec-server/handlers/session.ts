/** The handshake and what the executor says of itself. */
import type { EnvironmentInfoResult, ExecRequests, Handlers } from '../../protocol/exec/index.ts';
import type { ExecContext } from '../connection.ts';

type SessionMethods = 'initialize' | 'environment/info' | 'environment/status';

export interface SessionHandlerDeps {
  readonly info: () => Promise<EnvironmentInfoResult>;
}

export function sessionHandlers({ info }: SessionHandlerDeps): Handlers<Pick<ExecRequests, SessionMethods>, ExecContext> {
  return {
    initialize: async ({ resumeSessionId }, { connection, signal }) => {
      const environmentInfo = await info();
      signal.throwIfAborted();
      return { sessionId: connection.open(resumeSessionId).id, environmentInfo };
    },
    'environment/info': () => info(),
    'environment/status': () => ({ status: 'ready' }),
  };
}
