/** Hooks as users meet them: programs of their own that watch and steer turns, and never run before they are trusted. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { hang, run, say } from '../support/scripted-model.ts';
import { type ServerSetup, startServer, type TestClient, type TestServer } from '../support/server.ts';

interface Defined {
  readonly event: string;
  readonly command: string;
  readonly more?: string;
}

const table = ({ event, command, more = '' }: Defined): string =>
  `[[hooks.${event}]]\n[[hooks.${event}.hooks]]\ntype = "command"\ncommand = ${JSON.stringify(command)}\n${more}\n`;

const serverWith = (hooks: readonly Defined[], setup: ServerSetup = {}) =>
  startServer({ ...setup, tables: `${setup.tables ?? ''}${hooks.map(table).join('')}` });

/** Trusts everything that is listed for the work directory. */
async function trustAll(client: TestClient, server: TestServer): Promise<void> {
  const { data } = await client.request('hooks/list', { cwds: [server.work.root] });
  const value = Object.fromEntries((data[0]?.hooks ?? []).map(({ key, currentHash }) => [key, { trusted_hash: currentHash }]));
  await client.request('config/batchWrite', {
    edits: [{ keyPath: 'hooks.state', value, mergeStrategy: 'upsert' }],
    reloadUserConfig: true,
  });
}

const runsOf = (client: TestClient) =>
  client.seen.flatMap((one) => (one.method === 'hook/completed' ? [{ event: one.params.run.eventName, ...one.params.run }] : []));
const textsOf = (request: { body: { input?: readonly Record<string, unknown>[] } }): string => JSON.stringify(request.body.input);

describe('trust', () => {
  test('a hook runs only as it was trusted, and not at all when it is switched off', async () => {
    await using server = await serverWith([{ event: 'UserPromptSubmit', command: 'echo told' }]);
    const client = await server.client();
    const threadId = await client.thread();
    await client.turn(threadId, 'before');
    expect(runsOf(client)).toEqual([]);
    await trustAll(client, server);
    await client.turn(threadId, 'trusted');
    expect(runsOf(client)).toMatchObject([
      { event: 'userPromptSubmit', status: 'completed', entries: [{ kind: 'context', text: 'told' }] },
    ]);
    const file = `${server.home}/config.toml`;
    await writeFile(file, (await readFile(file, 'utf8')).replace('echo told', 'echo changed'));
    await client.turn(await client.thread(), 'another thread reads the changed file');
    expect(runsOf(client)).toHaveLength(1);
    const [hook] = (await client.request('hooks/list', { cwds: [server.work.root] })).data[0]?.hooks ?? [];
    const value = { [hook?.key ?? '']: { trusted_hash: hook?.currentHash, enabled: false } };
    await client.request('config/batchWrite', {
      edits: [{ keyPath: 'hooks.state', value, mergeStrategy: 'upsert' }],
      reloadUserConfig: true,
    });
    await client.turn(threadId, 'off');
    expect(runsOf(client)).toHaveLength(1);
  });

  test('a project can neither bring hooks before it is trusted nor trust its own', async () => {
    const mark = 'touch "$PWD/ran"';
    const hooks = JSON.stringify({ hooks: { UserPromptSubmit: [{ hooks: [{ type: 'command', command: mark }] }] } });
    await using server = await startServer({ files: { '.git/HEAD': 'ref: refs/heads/main\n', '.codex/hooks.json': hooks } });
    const client = await server.client();
    await client.turn(await client.thread(), 'untrusted project');
    await writeFile(
      `${server.home}/config.toml`,
      `${await readFile(`${server.home}/config.toml`, 'utf8')}\n[projects.${JSON.stringify(server.work.root)}]\ntrust_level = "trusted"\n`,
    );
    const [hook] = (await client.request('hooks/list', { cwds: [server.work.root] })).data[0]?.hooks ?? [];
    expect(hook).toMatchObject({ source: 'project', trustStatus: 'untrusted' });
    await server.work.write('.codex/config.toml', `[hooks.state.${JSON.stringify(hook?.key)}]\ntrusted_hash = "${hook?.currentHash}"\n`);
    await client.turn(await client.thread(), 'trusted project, hook trusted by itself');
    expect(runsOf(client)).toEqual([]);
    await expect(server.work.read('ran')).rejects.toThrow('ENOENT');
    await trustAll(client, server);
    await client.turn(await client.thread(), 'now');
    expect(runsOf(client)).toMatchObject([{ event: 'userPromptSubmit', source: 'project', status: 'completed' }]);
    await server.work.read('ran');
  });
});

describe('around a turn', () => {
  test('hooks of the session and of the prompt tell the model more, or keep the prompt from it', async () => {
    await using server = await serverWith([
      { event: 'SessionStart', command: 'echo session context' },
      { event: 'UserPromptSubmit', command: 'if grep -q secret; then echo not this >&2; exit 2; else echo prompt context; fi' },
    ]);
    const client = await server.client();
    await trustAll(client, server);
    const threadId = await client.thread();
    await client.turn(threadId, 'hello');
    const first = textsOf(await server.model.request(0));
    expect(first.indexOf('session context')).toBeGreaterThan(0);
    expect(first.indexOf('prompt context')).toBeGreaterThan(first.indexOf('hello'));
    const blocked = await client.turn(threadId, 'a secret');
    expect(blocked.turn).toMatchObject({ status: 'completed', items: [] });
    await client.turn(threadId, 'go on');
    const next = textsOf(await server.model.request(1));
    expect(next).not.toContain('a secret');
    expect(runsOf(client).map(({ event, status }) => [event, status])).toEqual([
      ['sessionStart', 'completed'],
      ['userPromptSubmit', 'completed'],
      ['userPromptSubmit', 'blocked'],
      ['userPromptSubmit', 'completed'],
    ]);
  });

  test('a stop hook keeps the turn going once, with what it says as the next prompt', async () => {
    const command = `case "$(cat)" in *'"stop_hook_active":true'*) ;; *) echo do '<more>' >&2; exit 2;; esac`;
    await using server = await serverWith([{ event: 'Stop', command }], { model: [say('one'), say('two')] });
    const client = await server.client();
    await trustAll(client, server);
    const threadId = await client.thread();
    await client.turn(threadId, 'go');
    expect(textsOf(await server.model.request(1))).toContain('do &#60;more&#62;</hook_prompt>');
    const { thread } = await client.request('thread/read', { threadId, includeTurns: true });
    expect(thread.turns[0]?.items).toMatchObject([
      { type: 'userMessage' },
      { text: 'one' },
      { type: 'hookPrompt', fragments: [{ text: 'do <more>' }] },
      { text: 'two' },
    ]);
  });

  test('a compaction can be stopped, and begins the session anew when it happens', async () => {
    await using server = await serverWith([
      { event: 'PreCompact', command: `test -e stop && echo '{"continue":false}'; true` },
      { event: 'SessionStart', command: 'cat >> "$PWD/sources"; echo >> "$PWD/sources"' },
    ]);
    const client = await server.client();
    await trustAll(client, server);
    const threadId = await client.thread();
    await client.turn(threadId, 'one');
    await server.work.write('stop', '');
    const stopped = client.next('turn/completed');
    await client.request('thread/compact/start', { threadId });
    expect((await stopped).turn.status).toBe('interrupted');
    await rm(server.work.path('stop'));
    const done = client.next('turn/completed');
    await client.request('thread/compact/start', { threadId });
    expect((await done).turn.status).toBe('completed');
    await client.turn(threadId, 'two');
    const sources = (await server.work.read('sources')).trim().split('\n');
    expect(sources.map((line) => Reflect.get(JSON.parse(line), 'source'))).toEqual(['startup', 'compact']);
  });

  test('an interruption ends hooks that run, with everything they started', async () => {
    await using server = await serverWith([{ event: 'UserPromptSubmit', command: 'sleep 1000 & sleep 1000' }], { via: 'stdio' });
    const client = await server.client();
    await trustAll(client, server);
    const threadId = await client.thread();
    const begun = client.next('hook/started');
    const ended = client.next('turn/completed');
    const { turn } = await client.request('turn/start', { threadId, input: [{ type: 'text', text: 'x' }] });
    await begun;
    await client.request('turn/interrupt', { threadId, turnId: turn.id });
    expect((await ended).turn.status).toBe('interrupted');
    expect(runsOf(client)).toEqual([]);
  });

  test('an interruption is told to its hooks before the turn ends', async () => {
    await using server = await serverWith([{ event: 'Interrupt', command: `echo '{"systemMessage":"noted"}'` }], { model: [hang('part')] });
    const client = await server.client();
    await trustAll(client, server);
    const threadId = await client.thread();
    const delta = client.next('item/agentMessage/delta');
    const ended = client.next('turn/completed');
    const { turn } = await client.request('turn/start', { threadId, input: [{ type: 'text', text: 'x' }] });
    await delta;
    await client.request('turn/interrupt', { threadId, turnId: turn.id });
    await ended;
    expect(runsOf(client)).toMatchObject([{ event: 'interrupt', status: 'completed', entries: [{ kind: 'warning', text: 'noted' }] }]);
    const at = (method: string) => client.seen.findIndex((one) => one.method === method);
    expect(at('hook/completed')).toBeLessThan(at('turn/completed'));
  });

  test('the end of a session is told when the thread is archived', async () => {
    await using server = await serverWith([{ event: 'SessionEnd', command: 'cat > "$PWD/ended"' }]);
    const client = await server.client();
    await trustAll(client, server);
    const threadId = await client.thread();
    await client.turn(threadId, 'x');
    await client.request('thread/archive', { threadId });
    expect(JSON.parse(await server.work.read('ended'))).toMatchObject({
      hook_event_name: 'SessionEnd',
      session_id: threadId,
      reason: 'other',
    });
  });
});

describe('around a tool', () => {
  test('a call is blocked, rewritten, or commented before it is made', async () => {
    const allow = (more: string) => `{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"allow",${more}}}`;
    const command = `case "$(cat)" in *block*) echo never >&2; exit 2;; *rewrite*) echo '${allow('"updatedInput":{"command":"echo other > out.txt"},"additionalContext":"look here"')}';; esac`;
    await using server = await serverWith([{ event: 'PreToolUse', command }], {
      model: [run('echo block > out.txt'), say('ok'), run('echo rewrite > out.txt'), say('ok')],
    });
    const client = await server.client();
    await trustAll(client, server);
    const threadId = await client.thread();
    await client.turn(threadId, 'one');
    await expect(server.work.read('out.txt')).rejects.toThrow('ENOENT');
    expect(textsOf(await server.model.request(1))).toContain('Command blocked by PreToolUse hook: never. Command: echo block > out.txt');
    await client.turn(threadId, 'two');
    expect(await server.work.read('out.txt')).toBe('other\n');
    expect(textsOf(await server.model.request(3))).toContain('look here');
  });

  test('consent is given or refused in the place of the user, and asked for otherwise', async () => {
    const decision = (behavior: string) =>
      `{"hookSpecificOutput":{"hookEventName":"PermissionRequest","decision":{"behavior":"${behavior}"}}}`;
    const command = `case "$(cat)" in *yes*) echo '${decision('allow')}';; *no*) echo '${decision('deny')}';; esac`;
    await using server = await serverWith([{ event: 'PermissionRequest', command }], {
      model: [run('touch yes'), say('ok'), run('touch no'), say('ok'), run('touch ask'), say('ok')],
    });
    const asked: string[] = [];
    const client = await server.client({
      questions: {
        'item/commandExecution/requestApproval': ({ command: shown }) => {
          asked.push(shown ?? '');
          return { decision: 'accept' };
        },
      },
    });
    await trustAll(client, server);
    const threadId = await client.thread({ approvalPolicy: 'untrusted' });
    for (const text of ['one', 'two', 'three']) await client.turn(threadId, text);
    expect(asked).toEqual(["/bin/bash -lc 'touch ask'"]);
    await server.work.read('yes');
    await expect(server.work.read('no')).rejects.toThrow('ENOENT');
  });

  test('what a tool answered is seen afterwards, and may be replaced', async () => {
    await using server = await serverWith(
      [{ event: 'PostToolUse', command: `cat > "$PWD/seen"; echo '{"decision":"block","reason":"look again"}'` }],
      {
        model: [run('echo hi'), say('ok')],
      },
    );
    const client = await server.client();
    await trustAll(client, server);
    await client.turn(await client.thread(), 'go');
    expect(JSON.parse(await server.work.read('seen'))).toMatchObject({
      hook_event_name: 'PostToolUse',
      tool_name: 'Bash',
      tool_input: { command: 'echo hi' },
      tool_response: 'hi\n',
      permission_mode: 'bypassPermissions',
    });
    const sent = textsOf(await server.model.request(1));
    expect(sent).toContain('look again');
    expect(sent).not.toContain('Process exited');
  });
});

test('hooks see no credential, by its name or by what the configuration reads from it, and one that takes too long is ended', async () => {
  const command = 'env > "$PWD/env"; sleep 1000';
  await using server = await serverWith([{ event: 'UserPromptSubmit', command, more: 'timeout = 1' }], {
    via: 'stdio',
    env: { SOME_API_KEY: 'hidden', PLAIN: 'shown', LOGIN_AT_OTHER: 'hidden' },
    tables: '[model_providers.other]\nname = "other"\nbase_url = "http://127.0.0.1:1"\nenv_key = "LOGIN_AT_OTHER"\n',
  });
  const client = await server.client();
  await trustAll(client, server);
  await client.turn(await client.thread(), 'x');
  expect(runsOf(client)).toMatchObject([{ status: 'failed', entries: [{ kind: 'error', text: 'hook timed out after 1s' }] }]);
  const env = await server.work.read('env');
  expect(env).toContain('PLAIN=shown');
  expect(env).not.toContain('hidden');
});
