/** Exec-servers that a test plays itself, method by method, and environments on them. */
import { onTestFinished } from 'vitest';
import { RequestError } from '../../src/base/errors.ts';
import { silentLog } from '../../src/base/log.ts';
import { defaultShellEnvironmentPolicy } from '../../src/base/permission-profile.ts';
import { Scope } from '../../src/base/scope.ts';
import { createRemoteEnvironment } from '../../src/environment/remote.ts';
import type { ExecSource } from '../../src/environment/remote-connection.ts';
import { type ExecNotifications, execProtocol } from '../../src/protocol/exec/index.ts';
import type { Dialect } from '../../src/rpc/dialect.ts';
import { execDialect } from '../../src/rpc/dialect.ts';
import { createPeer, type Peer } from '../../src/rpc/peer.ts';
import { memoryPair } from '../../src/rpc/transports/memory.ts';
import type { Transport } from '../../src/rpc/transports/transport.ts';

export const never = new AbortController().signal;

/** Answers by method; an error is thrown as the server's. */
export type Answers = Readonly<Record<string, (params: Record<string, unknown>, server: Played) => unknown>>;

export interface Played {
  readonly asked: string[];
  readonly peer: Pick<Peer<(typeof execProtocol)['serverRequests'], ExecNotifications>, 'notify' | 'close' | 'request'>;
}

export const info = { shell: { name: 'sh', path: '/bin/sh' }, platformOs: 'linux', capabilities: {} };
const usual: Answers = {
  initialize: ({ resumeSessionId }) => ({ sessionId: resumeSessionId ?? 's1', environmentInfo: info }),
  'process/start': ({ processId }) => ({ processId }),
  'process/terminate': () => ({ running: true }),
};
/** Takes everything, so that a test may answer nonsense. */
const lenient: Dialect = { ...execDialect, strict: false };

export function play(transport: Transport, answers: Answers, asked: string[]): void {
  const scope = new Scope('played server');
  onTestFinished(() => scope.close());
  const handlers = Object.fromEntries(
    Object.keys(execProtocol.clientRequests).map((method) => [
      method,
      (params: Record<string, unknown>) => {
        asked.push(method);
        const answer = answers[method] ?? usual[method];
        if (!answer) throw new RequestError('methodNotFound', `no ${method} here`);
        return answer(params, { asked, peer });
      },
    ]),
  );
  const peer = createPeer({
    transport,
    dialect: lenient,
    receives: { requests: execProtocol.clientRequests, notifications: execProtocol.clientNotifications },
    sends: { requests: execProtocol.serverRequests, notifications: execProtocol.serverNotifications },
    // The tests answer what no handler of ours would; the types of single methods are of no use here.
    handlers: handlers as never,
    context: () => undefined,
    scope,
    log: silentLog,
  });
}

export function environmentOf(answers: Answers, more: { recoveryMs?: number; initializeTimeoutMs?: number; eager?: boolean } = {}) {
  const asked: string[] = [];
  const source: ExecSource = {
    canReconnect: true,
    async open() {
      const [theirs, ours] = memoryPair();
      play(theirs, answers, asked);
      return ours;
    },
  };
  const environment = createRemoteEnvironment({ id: 'far', source, log: silentLog, ...more });
  onTestFinished(() => environment.close());
  const start = () =>
    environment.processes.start(
      { id: 'p', argv: ['x'], cwd: '/', env: { policy: defaultShellEnvironmentPolicy, overlay: {} }, stdin: 'pipe' },
      never,
    );
  return { environment, asked, start };
}
