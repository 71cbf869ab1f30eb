/**
 * Hosts that no list names are asked about, over the wire and under the real bubblewrap, for commands of this machine and of an
 * exec-server (A-38 to A-40, P-54). Whatever is not a clear consent keeps the host closed.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import { run, type Step, say } from '../support/scripted-model.ts';
import { amend, type Decision, failure, get, profile, required, stage, tunnel, web } from './network-stage.ts';

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
          itemId: expect.stringMatching(new RegExp(`^network#${id}#http#127\\.0\\.0\\.1#${web.port}#[0-9a-f-]{36}$`)),
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
      const before = web.reached;
      const message = why === 'POLICY' ? `Network access to "http://127.0.0.1:${web.port}" was blocked by policy.` : why;
      const { output, ...rest } = await play(await thread(), run(`${get('a')}; sleep 30; echo late`, { yield_time_ms: 20_000 }));
      expect(rest).toEqual({ status: 'failed', exitCode: -1, read: [failure(message)], turn: 'completed' });
      expect(output).toBe(`403 \n${message}`);
      expect(web.reached).toBe(before);
      const warned = client.seen.some(({ method, params }) => method === 'warning' && JSON.stringify(params).includes('does not match'));
      expect(warned).toBe(why === 'POLICY');
    }),
  );

  test('cancel ends the turn too', () =>
    stage(far, { answer: () => 'cancel' }, async ({ thread, play, server }) => {
      const before = web.reached;
      const { turn, status } = await play(await thread(), run(`${get('a')}; sleep 30`));
      expect({ turn, status }).toEqual({ turn: 'interrupted', status: 'failed' });
      expect(web.reached).toBe(before);
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
      const before = web.reached;
      const threadId = await thread();
      server.model.push(run(`${get('a')}; sleep 30`));
      const turn = client.turn(threadId, 'go');
      await expect.poll(() => asked.length).toBe(1);
      await client.request('turn/interrupt', { threadId, turnId: asked[0]?.turnId ?? '' });
      expect((await turn).turn.status).toBe('interrupted');
      await expect.poll(() => client.seen.some(({ method }) => method === 'serverRequest/resolved')).toBe(true);
      late.resolve('acceptForSession');
      await client.request('thread/backgroundTerminals/clean', { threadId });
      expect(web.reached).toBe(before);
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
    ['never', {}, required, (host: string) => `Network access to "http://${host}:${web.port}" was blocked by policy.`],
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
        expect(await play(threadId, fetch(`http://127.0.0.1:${web.port}/`))).toMatchObject({ output: '200 ', exitCode: 0 });
        const blocked = async (step: Step) => (await play(threadId, step)).read[0];
        expect(await blocked(fetch('http://bad.example/'))).toContain('domain is explicitly denied by policy');
        expect(await blocked(fetch('http://10.0.0.1/'))).toContain('local/private network addresses are blocked');
        expect(await blocked(fetch(`http://127.0.0.1:${web.port}/`, '-X POST'))).toContain('request method is blocked');
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
