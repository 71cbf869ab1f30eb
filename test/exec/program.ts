/** The program as users start it as an exec-server, on a port or on its standard streams, with clients and environments on it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { silentLog } from '../../src/base/log.ts';
import { Scope } from '../../src/base/scope.ts';
import type { Environment } from '../../src/environment/environment.ts';
import { programSource, webSocketSource } from '../../src/environment/providers.ts';
import { createRemoteEnvironment } from '../../src/environment/remote.ts';
import { ndjsonTransport } from '../../src/rpc/transports/ndjson.ts';
import type { Transport } from '../../src/rpc/transports/transport.ts';
import { connectWebSocket } from '../../src/rpc/transports/websocket-client.ts';
import { methodOf, recordingRelay } from '../foreign/orchestrator.ts';
import { cli } from '../support/server.ts';
import { tempWorkspace } from '../support/workspace.ts';
import { ExecClient } from './support.ts';

export type Listen = 'ws' | 'stdio';

export interface ExecProgram extends AsyncDisposable {
  /** A directory for the test. */
  path(...names: readonly string[]): string;
  /** A port serves many connections; every connection over standard streams has a program of its own. */
  open(resumeSessionId?: string): Promise<ExecClient>;
  /** An environment on it, whose requests are recorded. */
  environment(): Promise<Environment>;
  /** The methods the environment asked for so far. */
  asked(): Promise<string[]>;
  /** `ws://127.0.0.1:PORT`; empty on standard streams. */
  readonly url: string;
}

const serve = [process.execPath, cli, 'exec-server', '--listen'] as const;

export async function startProgramOn(listen: Listen): Promise<ExecProgram> {
  const scope = new Scope('exec program');
  const space = scope.own(await tempWorkspace());
  const env = { PATH: '/usr/bin:/bin', HOME: space.root, CODEX_HOME: space.root };
  const start = (at: string) => {
    const [command, ...args] = [...serve, at];
    const child = execa(command ?? '', args, { cwd: space.root, env, extendEnv: false, stderr: 'ignore', reject: false, buffer: false });
    scope.defer(async () => {
      child.kill('SIGTERM');
      await child;
    });
    return child;
  };
  let url = '';
  if (listen === 'ws') {
    const { stdout } = start('ws://127.0.0.1:0');
    url = await new Promise<string>((found) => createInterface({ input: stdout }).once('line', found));
  }
  const connect = async (): Promise<Transport> => {
    if (listen === 'ws') return connectWebSocket({ url });
    const { stdin, stdout } = start('stdio');
    return ndjsonTransport({ input: stdout, output: stdin });
  };
  const record = join(space.root, 'asked.jsonl');
  const source = async () => {
    if (listen === 'ws') {
      const relay = scope.own(await recordingRelay(url, record));
      return webSocketSource({ url: relay.url, connectTimeoutMs: 5000 });
    }
    const argv = ['/bin/bash', '-c', 'exec "$@" stdio < <(exec tee "$0")', record, ...serve] as const;
    return programSource({ id: 'far', argv, env: {}, cwd: space.root }, { env, log: silentLog });
  };
  return {
    url,
    path: space.path,
    async open(resumeSessionId) {
      const client = new ExecClient(await connect(), scope);
      await client.handshake(resumeSessionId);
      return client;
    },
    async environment() {
      const environment = createRemoteEnvironment({ id: 'far', source: await source(), log: silentLog, recoveryMs: 500 });
      scope.defer(() => environment.close());
      return environment;
    },
    asked: async () => (await readFile(record, 'utf8')).split('\n').flatMap(methodOf),
    [Symbol.asyncDispose]: () => scope.close(),
  };
}
