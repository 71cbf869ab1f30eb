/**
 * Hosts that no list names are asked about, over the wire and under the real bubblewrap, for commands of this machine and of an
 * exec-server (A-38 to A-40, P-54). Whatever is not a clear consent keeps the host closed.
 */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import type { ClientRequests, CommandExecutionApprovalDecision, In, ServerRequests } from '../../src/protocol/app/index.ts';
import { listeningServer } from '../environment/exec-servers.ts';
import { run, type Step, say } from '../support/scripted-model.ts';
import { type ServerSetup, startServer, type TestClient, type TestServer } from '../support/server.ts';

type Approval = ServerRequests['item/commandExecution/requestApproval'];
type Decision = CommandExecutionApprovalDecision;
type Question = In<Approval['params']>;

const web = createServer((_, response) => response.end('served'));
let port = 0;
let reached = 0;
beforeAll(async () => {
  web.on('request', () => {
    reached += 1;
  });
  web.listen(0, '127.0.0.1');
  await once(web, 'listening');
  const address = web.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});
afterAll(() => {
  web.close();
  web.closeAllConnections();
});

const required = '[experimental_network]\nenabled = true\n';
const profile = (network: string) =>
  `[permissions.net]\nextends = ":workspace"\n[permissions.net.network]\nenabled = true\nallow_local_binding = true\n${network}\n`;
const config = 'default_permissions = "net"\n';

/** Prints one status for each address. */
const get = (...paths: string[]) =>
  paths.map((path) => `curl -s -m 5 --noproxy "" -o /dev/null -w "%{http_code} " http://127.0.0.1:${port}/${path}`).join('; ');
const tunnel = () => `curl -s -m 5 -p --noproxy "" -o /dev/null -w "%{http_connect} " http://127.0.0.1:${port}/`;
const amend = (action: 'allow' | 'deny', host = '127.0.0.1') => ({
  applyNetworkPolicyAmendment: { network_policy_amendment: { host, action } },
});
const failure = (message: string) => `exec_command failed: ProcessFailed { message: ${JSON.stringify(message)} }`;

interface Place {
  readonly server: TestServer;
  readonly client: TestClient;
  readonly asked: Question[];
  thread(more?: Partial<In<ClientRequests['thread/start']['params']>>): Promise<string>;
  /** Plays one command in a turn: its item, and what the model read. */
  play(threadId: string, ...steps: Step[]): Promise<{ status: string; output: unknown; exitCode: unknown; read: string[]; turn: string }>;
}

const outputs = (server: TestServer, from: number): string[] => {
  const seen = new Map<unknown, string>();
  for (const { body } of server.model.requests.slice(from))
    for (const item of body.input ?? []) if (item.type === 'function_call_output') seen.set(item.call_id, String(item.output));
  return [...seen.values()];
};

async function stage(
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

const rulesOf = (home: string) => readFile(join(home, 'rules', 'default.rules'), 'utf8');

describe.each([
  ['local', false],
  ['through an exec-server', true],
] as const)('%s', (_, far) => {
  test('the question names environment, protocol, host and port, and offers what the reference offers', () =>
    stage(far, {}, async ({ client, thread, play, asked }) => {
      const threadId = await thread();
      const { output, exitCode, status } = await play(threadId, run(get('a')));
      expect({ output, exitCode, status }).toEqual({ output: '200 ', exitCode: 0, status: 'completed' });
      const id = far ? 'far' : 'local';
      expect(asked).toEqual([
        {
          kind: 'command',
          threadId,
          turnId: expect.any(String),
          itemId: expect.stringMatching(new RegExp(`^network#${id}#http#127\\.0\\.0\\.1#${port}#[0-9a-f-]{36}$`)),
          startedAtMs: expect.any(Number),
          environmentId: id,
          reason: 'Network access to 127.0.0.1 requires approval',
          networkApprovalContext: { host: '127.0.0.1', protocol: 'http' },
          proposedNetworkPolicyAmendments: [
            { host: '127.0.0.1', action: 'allow' },
            { host: '127.0.0.1', action: 'deny' },
          ],
          availableDecisions: ['accept', 'acceptForSession', amend('allow'), 'cancel'],
        },
      ]);
      const flags = client.seen.flatMap(({ method, params }) =>
        method === 'thread/status/changed' && 'status' in params ? [JSON.stringify(params.status)] : [],
      );
      expect(flags).toContain('{"type":"active","activeFlags":["waitingOnApproval"]}');
      expect(flags.at(-1)).toBe('{"type":"idle"}');
    }));

  test('accept opens one attempt', () =>
    stage(far, {}, async ({ thread, play, asked }) => {
      expect(await play(await thread(), run(get('a', 'b')))).toMatchObject({ output: '200 200 ' });
      expect(asked).toHaveLength(2);
    }));

  test('acceptForSession opens the same host, protocol and port of this thread and nothing else', () =>
    stage(far, { answer: () => 'acceptForSession' }, async ({ thread, play, asked }) => {
      const threadId = await thread();
      expect(await play(threadId, run(get('a', 'b')))).toMatchObject({ output: '200 200 ' });
      expect(await play(threadId, run(get('c')))).toMatchObject({ output: '200 ' });
      expect(asked).toHaveLength(1);
      expect(await play(threadId, run(tunnel()))).toMatchObject({ output: '200 ' });
      expect(asked.map(({ networkApprovalContext }) => networkApprovalContext?.protocol)).toEqual(['http', 'https']);
      await play(await thread(), run(get('d')));
      expect(asked).toHaveLength(3);
    }));

  test.each([
    ['decline', (): Decision => 'decline', 'rejected by user'],
    ['a denial for good', (): Decision => amend('deny'), 'rejected by user'],
    ['a rule about another host', (): Decision => amend('allow', 'b.example'), 'POLICY'],
    [
      'an answer that is an error',
      (): Decision => {
        throw new Error('no');
      },
      'approval request failed',
    ],
  ] as const)('%s keeps the host closed and ends the command', (_name, answer, why) =>
    stage(far, { answer }, async ({ thread, play, client }) => {
      const before = reached;
      const message = why === 'POLICY' ? `Network access to "http://127.0.0.1:${port}" was blocked by policy.` : why;
      const { output, ...rest } = await play(await thread(), run(`${get('a')}; sleep 30; echo late`, { yield_time_ms: 20_000 }));
      expect(rest).toEqual({ status: 'failed', exitCode: -1, read: [failure(message)], turn: 'completed' });
      expect(output).toBe(`403 \n${message}`);
      expect(reached).toBe(before);
      const warned = client.seen.some(({ method, params }) => method === 'warning' && JSON.stringify(params).includes('does not match'));
      expect(warned).toBe(why === 'POLICY');
    }),
  );

  test('cancel ends the turn too', () =>
    stage(far, { answer: () => 'cancel' }, async ({ thread, play, server }) => {
      const before = reached;
      const { turn, status } = await play(await thread(), run(`${get('a')}; sleep 30`));
      expect({ turn, status }).toEqual({ turn: 'interrupted', status: 'failed' });
      expect(reached).toBe(before);
      expect(server.model.requests).toHaveLength(1);
    }));

  test('a rule is written down, holds for every thread, protocol and port, and can be taken back', () =>
    stage(far, { answer: () => amend('allow') }, async ({ client, thread, play, server, asked }) => {
      const first = await thread();
      expect(await play(first, run(get('a')))).toMatchObject({ output: '200 ' });
      expect(await play(first, run(`${get('a')}; ${tunnel()}`))).toMatchObject({ output: '200 200 ' });
      expect(await play(await thread(), run(get('a')))).toMatchObject({ output: '200 ' });
      expect(asked).toHaveLength(1);
      const line = 'network_rule(host="127.0.0.1", protocol="http", decision="allow", justification="Allow http access to 127.0.0.1")\n';
      expect(await rulesOf(server.home)).toBe(line);
      const { data } = await client.request('thread/grants/list', { threadId: first });
      expect(data).toMatchObject([{ type: 'network', scope: 'forever', host: '127.0.0.1', action: 'allow' }]);
      await client.request('thread/grants/revoke', { threadId: first, grantId: data[0]?.id ?? '' });
      expect(await rulesOf(server.home)).toBe('');
      await play(first, run(get('a')));
      expect(asked).toHaveLength(2);
    }));

  test('a denial for good is told as a denial the next time, and not asked about', () =>
    stage(far, { answer: () => amend('deny') }, async ({ thread, play, asked }) => {
      const threadId = await thread();
      await play(threadId, run(get('a')));
      const { read } = await play(threadId, run(get('a')));
      const why = 'domain is explicitly denied by policy and cannot be approved from this prompt.';
      expect(read).toEqual([failure(`Network access to "127.0.0.1" was blocked: ${why}`)]);
      expect(asked).toHaveLength(1);
    }));

  test('equal attempts at once make one question, in one command and in several', () => {
    const both = deferred<void>();
    return stage(
      far,
      {
        answer: async (): Promise<Decision> => {
          await both.promise;
          return 'accept';
        },
      },
      async ({ thread, client, server, asked }) => {
        const twice = `touch $1; (${get('a')} & ${get('b')} & wait)`;
        server.model.push((reply) => {
          for (const name of ['x', 'y']) reply.call('exec_command', { cmd: `set -- ${name}; ${twice}`, yield_time_ms: 20_000 });
          reply.done();
        }, say('done'));
        const turn = client.turn(await thread(), 'go');
        await expect.poll(() => asked.length).toBe(1);
        await expect.poll(() => ['x', 'y'].every((name) => existsSync(server.work.path(name)))).toBe(true);
        both.resolve();
        const { items } = await turn;
        const printed = items.flatMap((item) => (item.type === 'commandExecution' ? [item.aggregatedOutput] : []));
        expect(printed).toEqual(['200 200 ', '200 200 ']);
        // An attempt that came after the answer was one of its own.
        expect(asked.length).toBeLessThan(4);
      },
    );
  });

  test('an interrupted turn takes the question back; an answer after that opens nothing', () => {
    const late = deferred<Decision>();
    return stage(far, { answer: () => late.promise }, async ({ thread, client, server, asked }) => {
      const before = reached;
      const threadId = await thread();
      server.model.push(run(`${get('a')}; sleep 30`));
      const turn = client.turn(threadId, 'go');
      await expect.poll(() => asked.length).toBe(1);
      await client.request('turn/interrupt', { threadId, turnId: asked[0]?.turnId ?? '' });
      expect((await turn).turn.status).toBe('interrupted');
      await expect.poll(() => client.seen.some(({ method }) => method === 'serverRequest/resolved')).toBe(true);
      late.resolve('acceptForSession');
      await client.request('thread/backgroundTerminals/clean', { threadId });
      expect(reached).toBe(before);
      expect((await client.request('thread/grants/list', { threadId })).data).toEqual([]);
    });
  });

  test('a command in the background is ended too, and says why when it is looked at', () =>
    stage(far, { answer: () => 'decline' }, async ({ thread, play, client }) => {
      const threadId = await thread();
      const go = deferred<void>();
      const poll: Step = (reply, request) => {
        const [, id] = /session ID (\d+)/.exec(JSON.stringify(request.body.input)) ?? [];
        reply.call('write_stdin', { session_id: Number(id), chars: 'x\n', yield_time_ms: 20_000 });
        reply.done();
        go.resolve();
      };
      await play(threadId, run(`read line; ${get('a')}; sleep 30`, { tty: true, yield_time_ms: 250 }));
      const { read } = await play(threadId, poll);
      await go.promise;
      expect(read).toEqual(['write_stdin failed: Unified exec process failed: rejected by user']);
      const ended = client.seen.flatMap(({ method, params }) =>
        method === 'item/completed' && params.item.type === 'commandExecution' ? [params.item] : [],
      );
      expect(ended).toMatchObject([{ status: 'failed', exitCode: -1, aggregatedOutput: expect.stringContaining('rejected by user') }]);
    }));

  test.each([
    ['never', {}, required, (host: string) => `Network access to "http://${host}:${port}" was blocked by policy.`],
    [
      'on-request',
      {},
      '',
      (host: string) => `Network access to "${host}" was blocked: domain is not on the allowlist for the current sandbox mode.`,
    ],
    [
      'on-request',
      {},
      `${required}managed_allowed_domains_only = true\n`,
      (host: string) => `Network access to "${host}" was blocked: domain is not on the allowlist for the current sandbox mode.`,
    ],
  ] as const)('nobody is asked: policy %s, %j, requirements %j', (approvalPolicy, more, requirements, why) =>
    stage(far, { requirements, tables: profile('domains = { "a.example" = "allow" }') }, async ({ thread, play, asked }) => {
      const { read } = await play(await thread({ approvalPolicy, ...more }), run(get('a')));
      expect(read).toEqual([failure(why('127.0.0.1'))]);
      expect(asked).toEqual([]);
    }),
  );

  test('what the lists say is not asked about: denied hosts, allowed ones, addresses of private networks, methods', () =>
    stage(
      far,
      {
        tables: `${profile('mode = "limited"\ndomains = { "bad.example" = "deny", "127.0.0.1" = "allow" }').replace('allow_local_binding = true\n', '')}`,
      },
      async ({ thread, play, asked }) => {
        const threadId = await thread();
        const fetch = (url: string, more = '') => run(`curl -s -m 5 ${more} --noproxy "" -o /dev/null -w "%{http_code} " ${url}`);
        expect(await play(threadId, fetch(`http://127.0.0.1:${port}/`))).toMatchObject({ output: '200 ', exitCode: 0 });
        const blocked = async (step: Step) => (await play(threadId, step)).read[0];
        expect(await blocked(fetch('http://bad.example/'))).toContain('domain is explicitly denied by policy');
        expect(await blocked(fetch('http://10.0.0.1/'))).toContain('local/private network addresses are blocked');
        expect(await blocked(fetch(`http://127.0.0.1:${port}/`, '-X POST'))).toContain('request method is blocked');
        expect(asked).toEqual([]);
      },
    ));

  test('the first refusal is the one that is told', () =>
    stage(far, { tables: profile('domains = { "bad.example" = "deny" }') }, async ({ thread, play }) => {
      const script = `curl -s -o /dev/null http://bad.example/; sleep 30; ${get('a')}`;
      const { read } = await play(await thread({ approvalPolicy: 'never' }), run(script));
      expect(read).toEqual([expect.stringContaining('bad.example')]);
    }));
});

test('a profile without network and one without confinement: required for the first, none for the second', () =>
  stage(false, { tables: profile('').replace('enabled = true', 'enabled = false') }, async ({ thread, play, asked }) => {
    const names = 'env | grep -c -i _proxy';
    expect(await play(await thread(), run(`${names}; ${get('a')}`))).toMatchObject({ output: '31\n200 ' });
    expect(asked).toHaveLength(1);
    const free = await thread({ sandbox: 'danger-full-access' });
    expect(await play(free, run(`${names}; ${get('a')}`))).toMatchObject({ output: '0\n200 ' });
    expect(asked).toHaveLength(1);
  }));

test('a list of hosts holds where nobody switched the feature on; without lists and feature there is no proxy', async () => {
  await stage(false, { requirements: '', tables: profile('domains = { "127.0.0.1" = "allow", "b.example" = "deny" }') }, async (place) => {
    const { output, read } = await place.play(await place.thread(), run(`${get('a')}; curl -s -o /dev/null http://b.example/; sleep 30`));
    expect(output).toContain('200 ');
    expect(read[0]).toContain('domain is explicitly denied');
  });
  await stage(false, { requirements: '', tables: profile('') }, async ({ thread, play }) => {
    expect(await play(await thread(), run('env | grep -c -i _proxy'))).toMatchObject({ output: '0\n' });
  });
  await stage(false, { requirements: '', tables: `${profile('')}[features]\nnetwork_proxy = true\n` }, async ({ thread, play }) => {
    expect(await play(await thread(), run('env | grep -c -i _proxy'))).toMatchObject({ output: '31\n' });
  });
});

test('a turn that switches to a profile with lists has them', () =>
  stage(
    false,
    { requirements: '', config: '', tables: profile('domains = { "b.example" = "deny" }') },
    async ({ thread, client, server }) => {
      const threadId = await thread({ sandbox: 'workspace-write' });
      server.model.push(run('curl -s -o /dev/null http://b.example/; sleep 30'), say('done'));
      const input = [{ type: 'text' as const, text: 'go', text_elements: [] }];
      await client.request('turn/start', { threadId, input, permissions: 'net' });
      await expect.poll(() => client.seen.some(({ method }) => method === 'turn/completed')).toBe(true);
      expect(outputs(server, 0)[0]).toContain('domain is explicitly denied');
    },
  ));

test('a command that leaves the sandbox has no proxy', () =>
  stage(false, {}, async ({ thread, play, asked }) => {
    const escalated = run('env | grep -c -i _proxy', { sandbox_permissions: 'require_escalated', justification: 'Out?' });
    expect(await play(await thread(), escalated)).toMatchObject({ output: '0\n' });
    expect(asked).toMatchObject([{ reason: 'Out?' }]);
  }));

test('command/exec has the same network and asks nobody', () =>
  stage(false, {}, async ({ client, asked }) => {
    const { stdout } = await client.request('command/exec', { command: ['bash', '-c', get('a')] });
    expect(stdout).toBe('403 ');
    expect(asked).toEqual([]);
  }));

test('requirements are shown, unknown ones are told, and a file that is no good starts no thread', async () => {
  const requirements = '[experimental_network]\nenabled = true\nallowed_domains = ["a.example"]\nallow_local_binding = false\n';
  await stage(false, { requirements: `allowed_sandbox_modes = ["read-only"]\n${requirements}` }, async ({ client, thread, play }) => {
    const { requirements: shown } = await client.request('configRequirements/read', {});
    expect(shown?.network).toMatchObject({
      enabled: true,
      domains: { 'a.example': 'allow' },
      allowedDomains: ['a.example'],
      deniedDomains: null,
    });
    await expect.poll(() => JSON.stringify(client.seen)).toContain('Requirements that are not enforced: allowed_sandbox_modes.');
    // What the administrator closes, a profile does not open.
    const { read } = await play(await thread(), run(get('a')));
    expect(read[0]).toContain('local/private network addresses');
  });
  await stage(false, { requirements: '[experimental_network]\nenabled = "yes"\n' }, async ({ thread }) => {
    await expect(thread()).rejects.toMatchObject({ message: expect.stringContaining('experimental_network.enabled') });
  });
  await stage(false, { tables: profile('domains = { "http://x" = "allow" }') }, async ({ thread }) => {
    await expect(thread()).rejects.toMatchObject({ message: expect.stringContaining('unsupported domain pattern syntax: http://x') });
  });
  await stage(false, { tables: profile('mode = "some"') }, async ({ thread }) => {
    await expect(thread()).rejects.toMatchObject({ message: expect.stringContaining('permissions.net.network.mode') });
  });
});

test('the question stays open for a client that comes back', async () => {
  await using server = await startServer({ via: 'memory', config, tables: profile(''), requirements: required });
  const silent = deferred<never>();
  const asked = deferred<Question>();
  const first = await server.client({
    questions: {
      'item/commandExecution/requestApproval': (question) => {
        asked.resolve(question);
        return silent.promise;
      },
    },
  });
  const threadId = await first.thread({ approvalPolicy: 'on-request', sandbox: undefined });
  server.model.push(run(`${get('a')}; echo end`, { yield_time_ms: 20_000 }), say('done'));
  const input = [{ type: 'text' as const, text: 'go', text_elements: [] }];
  await first.request('turn/start', { threadId, input });
  const { itemId } = await asked.promise;
  await first.close();
  const again = deferred<Question>();
  const second = await server.client({
    questions: {
      'item/commandExecution/requestApproval': async (question) => {
        again.resolve(question);
        return { decision: 'accept' };
      },
    },
  });
  await second.request('thread/resume', { threadId });
  expect((await again.promise).itemId).toBe(itemId);
  await expect.poll(() => JSON.stringify(second.seen)).toContain('"aggregatedOutput":"200 end\\n"');
  silent.reject(new Error('over'));
  await silent.promise.catch(() => {});
});
