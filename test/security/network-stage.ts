/** A stage for commands under the managed network: a server, optionally an exec-server, a web server to reach, and who is asked. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterAll, beforeAll } from 'vitest';
import type { ClientRequests, CommandExecutionApprovalDecision, In, ServerRequests } from '../../src/protocol/app/index.ts';
import { listeningServer } from '../environment/exec-servers.ts';
import { type Step, say } from '../support/scripted-model.ts';
import { type ServerSetup, startServer, type TestClient, type TestServer } from '../support/server.ts';

type Approval = ServerRequests['item/commandExecution/requestApproval'];
export type Decision = CommandExecutionApprovalDecision;
export type Question = In<Approval['params']>;

/** A web server on loopback for the tests of one file: where it listens once they run, and how often it was reached. */
export const web = { port: 0, reached: 0 };
const listener = createServer((_, response) => {
  web.reached += 1;
  response.end('served');
});
beforeAll(async () => {
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  web.port = typeof address === 'object' && address !== null ? address.port : 0;
});
afterAll(() => {
  listener.close();
  listener.closeAllConnections();
});

export const required = '[experimental_network]\nenabled = true\n';
export const profile = (network: string) =>
  `[permissions.net]\nextends = ":workspace"\n[permissions.net.network]\nenabled = true\nallow_local_binding = true\n${network}\n`;
export const config = 'default_permissions = "net"\n';

/** Prints one status for each address. */
export const get = (...paths: string[]) =>
  paths.map((path) => `curl -s -m 5 --noproxy "" -o /dev/null -w "%{http_code} " http://127.0.0.1:${web.port}/${path}`).join('; ');
export const tunnel = () => `curl -s -m 5 -p --noproxy "" -o /dev/null -w "%{http_connect} " http://127.0.0.1:${web.port}/`;
export const amend = (action: 'allow' | 'deny', host = '127.0.0.1') => ({
  applyNetworkPolicyAmendment: { network_policy_amendment: { host, action } },
});
export const failure = (message: string) => `exec_command failed: ProcessFailed { message: ${JSON.stringify(message)} }`;

interface Place {
  readonly server: TestServer;
  readonly client: TestClient;
  readonly asked: Question[];
  thread(more?: Partial<In<ClientRequests['thread/start']['params']>>): Promise<string>;
  /** Plays one command in a turn: its item, and what the model read. */
  play(threadId: string, ...steps: Step[]): Promise<{ status: string; output: unknown; exitCode: unknown; read: string[]; turn: string }>;
}

export const outputs = (server: TestServer, from: number): string[] => {
  const seen = new Map<unknown, string>();
  for (const { body } of server.model.requests.slice(from))
    for (const item of body.input ?? []) if (item.type === 'function_call_output') seen.set(item.call_id, String(item.output));
  return [...seen.values()];
};

export async function stage(
  far: boolean,
  setup: ServerSetup & { answer?: (question: Question, index: number) => Decision | Promise<Decision> },
  work: (place: Place) => Promise<void>,
): Promise<void> {
  const { answer = () => 'accept' as const, ...rest } = setup;
  await using remote = far ? await listeningServer({ PATH: process.env.PATH ?? '', HOME: '/nonexistent' }) : undefined;
  await using server = await startServer({ config, tables: profile(''), requirements: required, ...rest });
  const asked: Question[] = [];
  const client = await server.client({
    questions: {
      'item/commandExecution/requestApproval': async (question) => {
        asked.push(question);
        return { decision: await answer(question, asked.length - 1) };
      },
    },
  });
  if (remote) await client.request('environment/add', { environmentId: 'far', execServerUrl: remote.url });
  const environments = [{ environmentId: far ? 'far' : 'local', cwd: server.work.root }];
  await work({
    server,
    client,
    asked,
    thread: async (more = {}) =>
      (await client.request('thread/start', { cwd: server.work.root, approvalPolicy: 'on-request', environments, ...more })).thread.id,
    async play(threadId, ...steps) {
      const before = server.model.requests.length;
      const old = outputs(server, 0).length;
      server.model.push(...steps, say('done'));
      const { turn, items } = await client.turn(threadId, 'go');
      const item = items.find(({ type }) => type === 'commandExecution');
      const { status = '', aggregatedOutput: output, exitCode } = item?.type === 'commandExecution' ? item : {};
      return { status, output, exitCode, read: outputs(server, before).slice(old), turn: turn.status };
    },
  });
}
