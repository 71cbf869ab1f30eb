/** Environments behind an exec-server pass what every environment must pass: over memory, WebSocket and stdio, ours and the reference's. */
import { afterAll, beforeAll, describe } from 'vitest';
import { silentLog } from '../../src/base/log.ts';
import type { Environment } from '../../src/environment/environment.ts';
import { programSource, webSocketSource } from '../../src/environment/providers.ts';
import { createRemoteEnvironment } from '../../src/environment/remote.ts';
import type { ExecSource } from '../../src/environment/remote-connection.ts';
import { createExecServer } from '../../src/exec-server/exec-server.ts';
import { referenceBinary, withoutReference } from '../support/reference.ts';
import { execServerOptions, listeningServer, memorySource, type ServerProgram, serverProgram, startReference } from './exec-servers.ts';
import { type Ability, describeEnvironment } from './suite.ts';

/** The exec protocol has no words for these. */
const wire: readonly Ability[] = ['closeStdin', 'resize', 'signals', 'signalExitOnTerminal', 'leftBehind'];

/** What the reference's server does in its own way. */
const reference: readonly Ability[] = [...wire, 'wholeTree', 'descriptorHygiene', 'terminalStart', 'plainVariables'];

/** An environment that ends `owned` after it was closed. */
function remote(source: ExecSource, owned: AsyncDisposable): Environment {
  const environment = createRemoteEnvironment({ id: 'far', source, log: silentLog });
  const { id, processes, files, http } = environment;
  return {
    ...{ id, processes, files, http },
    info: (signal) => environment.info(signal),
    discover: (roots, signal) => environment.discover(roots, signal),
    state: () => environment.state(),
    onStateChange: (listener) => environment.onStateChange(listener),
    async close() {
      await environment.close();
      await owned[Symbol.asyncDispose]();
    },
  };
}

const nothing: AsyncDisposable = { [Symbol.asyncDispose]: async () => {} };

describeEnvironment('remote in memory', {
  manyCommands: 100,
  lacks: wire,
  async open(baseEnv) {
    const server = createExecServer({ ...execServerOptions(baseEnv), validateOutbound: true });
    return remote(memorySource(server), server);
  },
  serverPid: () => process.pid,
});

describeEnvironment('remote over a WebSocket', {
  lacks: wire,
  manyCommands: 100,
  async open(baseEnv) {
    const server = await listeningServer(baseEnv);
    return remote(webSocketSource({ url: server.url, connectTimeoutMs: 5000 }), server);
  },
  serverPid: () => process.pid,
});

describe('over standard streams', () => {
  let program: ServerProgram;
  beforeAll(async () => {
    program = await serverProgram();
  });
  afterAll(() => program[Symbol.asyncDispose]());

  describeEnvironment('remote over stdio', {
    lacks: [...wire, 'descriptorHygiene'],
    async open(baseEnv) {
      return remote(programSource({ id: 'far', argv: program.argv, env: {}, cwd: undefined }, { env: baseEnv, log: silentLog }), nothing);
    },
    serverPid: () => process.pid,
  });
});

describe.skipIf(withoutReference('our environments on the exec-server of the reference'))('the reference', () => {
  describeEnvironment('reference over a WebSocket', {
    lacks: reference,
    async open(baseEnv) {
      const server = await startReference(baseEnv);
      return remote(webSocketSource({ url: server.url, connectTimeoutMs: 5000 }), server);
    },
    serverPid: () => process.pid,
  });
  describeEnvironment('reference over stdio', {
    lacks: reference,
    async open(baseEnv) {
      const argv = [referenceBinary ?? '', 'exec-server', '--listen', 'stdio'] as const;
      return remote(programSource({ id: 'far', argv, env: {}, cwd: undefined }, { env: baseEnv, log: silentLog }), nothing);
    },
    serverPid: () => process.pid,
  });
});
