/** The rehearsal model: every phrase, over its real HTTP endpoint, read back by the real client. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { failureNames } from '../../src/model/rehearsal/failures.ts';
import { phrases } from '../../src/model/rehearsal/phrases.ts';
import { createRehearsal } from '../../src/model/rehearsal/server.ts';
import { stepsOf } from '../../src/model/rehearsal/steps.ts';
import { facts, request } from './model-server.ts';
import { type Call, exited, fullTools, startStage, type Turn, userMessage } from './rehearsal-stage.ts';

async function played(
  text: string,
  outputs?: (call: Call) => unknown,
  given?: Parameters<ReturnType<typeof startStage>['turn']>[2],
): Promise<Turn> {
  await using stage = startStage();
  return await stage.turn(text, outputs, given);
}

const exec = (cmd: string, more: Record<string, unknown> = {}) => ({ name: 'exec_command', input: { cmd, ...more } });
const patch = (...lines: string[]) => ({ name: 'apply_patch', input: ['*** Begin Patch', ...lines, '*** End Patch'].join('\n') });

describe('calls', () => {
  const rows: readonly [string, Call[][]][] = [
    ['run: ls -la | head', [[exec('ls -la | head')]]],
    ['Please run `ls`.', [[exec('ls')]]],
    ['Run the command `ls` in `src`', [[exec('ls', { workdir: 'src' })]]],
    ['run in parallel `sleep 1`, `sleep 1` and `echo x`', [[exec('sleep 1'), exec('sleep 1'), exec('echo x')]]],
    ['run: echo a\nthen run: echo b', [[exec('echo a')], [exec('echo b')]]],
    ['run `a` and then run `b`', [[exec('a')], [exec('b')]]],
    ['run:\n```sh\necho a\necho b\n```', [[exec('echo a\necho b')]]],
    ['start `sleep 60`', [[exec('sleep 60', { yield_time_ms: 250 })]]],
    ['start `cat` in a terminal', [[exec('cat', { tty: true, yield_time_ms: 250 })]]],
    ['create `a.txt` with `one\\ntwo`', [[patch('*** Add File: a.txt', '+one', '+two')]]],
    ['create `a.txt`:\n```\none\n\ntwo\n```', [[patch('*** Add File: a.txt', '+one', '+', '+two')]]],
    ['replace `one` with `1` in `a.txt`', [[patch('*** Update File: a.txt', '@@', '-one', '+1')]]],
    ['append `three` to `a.txt`', [[patch('*** Update File: a.txt', '@@', '+three')]]],
    ['delete `a.txt`', [[patch('*** Delete File: a.txt')]]],
    ['patch:\n```\n*** Begin Patch\n*** Delete File: a\n*** End Patch\n```', [[patch('*** Delete File: a')]]],
    ['*** Begin Patch\n*** Delete File: a\n*** End Patch', [[patch('*** Delete File: a')]]],
    ['view the image `p.png`', [[{ name: 'view_image', input: { path: 'p.png' } }]]],
    ['call `lookup` with {"id":"7"}', [[{ name: 'lookup', input: { id: '7' } }]]],
    ['call `get`', [[{ name: 'get', namespace: 'tickets', input: {} }]]],
    ['call `tickets/get`', [[{ name: 'get', namespace: 'tickets', input: {} }]]],
    ['call `echo` of `tiny` with {"text":"hi"}', [[{ name: 'echo', namespace: 'mcp__tiny', input: { text: 'hi' } }]]],
    [
      'ask for network access',
      [[{ name: 'request_permissions', input: { reason: 'The rehearsal was told to ask.', permissions: { network: { enabled: true } } } }]],
    ],
    [
      'ask for write access to `/tmp`',
      [
        [
          {
            name: 'request_permissions',
            input: { reason: 'The rehearsal was told to ask.', permissions: { file_system: { write: ['/tmp'] } } },
          },
        ],
      ],
    ],
  ];
  test.each(rows)('%s', async (text, responses) => {
    expect((await played(text)).responses).toEqual(responses);
  });

  test.each(['run escalated: rm x', 'run `rm x` outside the sandbox'])('%s', async (text) => {
    const { calls } = await played(text);
    expect(calls).toMatchObject([{ name: 'exec_command', input: { cmd: 'rm x', sandbox_permissions: 'require_escalated' } }]);
    expect(calls[0]?.input).toHaveProperty('justification');
  });

  test('a terminal is typed into, interrupted and looked at, by the session the answer named', async () => {
    const outputs = (call: Call) =>
      call.name === 'exec_command' ? 'Wall time: 0.2 seconds\nProcess running with session ID 4711\nOutput:\nready' : exited(130, '');
    const { responses, said } = await played('start `cat` in a terminal\ntype `hello`\nlook at its output\npress ctrl-c', outputs);
    expect(responses.slice(1)).toEqual(
      ['hello\n', '', '\u0003'].map((chars) => [{ name: 'write_stdin', input: { session_id: 4711, chars, yield_time_ms: 500 } }]),
    );
    expect(said).toContain('`cat` is still running in session 4711');
  });

  test('a file is looked at before it is renamed', async () => {
    const outputs = (call: Call) => (call.name === 'exec_command' ? exited(0, 'first line\n') : 'ok');
    const { responses } = await played("rename `it's.txt` to `b.txt`", outputs);
    expect(responses).toEqual([
      [exec(`head -n 1 'it'\\''s.txt'`)],
      [patch("*** Update File: it's.txt", '*** Move to: b.txt', '@@', ' first line')],
    ]);
  });

  test('a plan goes on step by step', async () => {
    const { responses, said } = await played('plan: read; write', () => 'Plan updated');
    expect(responses.map(([call]) => call?.input)).toEqual([
      {
        explanation: 'The plan',
        plan: [
          { step: 'read', status: 'in_progress' },
          { step: 'write', status: 'pending' },
        ],
      },
      {
        explanation: '1 of 2 done',
        plan: [
          { step: 'read', status: 'completed' },
          { step: 'write', status: 'in_progress' },
        ],
      },
      {
        explanation: '2 of 2 done',
        plan: [
          { step: 'read', status: 'completed' },
          { step: 'write', status: 'completed' },
        ],
      },
    ]);
    expect(said).toBe('The plan is done.');
  });

  test('a question and its answer', async () => {
    const { calls, said } = await played('ask me: Which colour? red / green', () =>
      JSON.stringify({ answers: { answer: { answers: ['green'] } } }),
    );
    expect(calls).toMatchObject([
      {
        name: 'request_user_input',
        input: { questions: [{ id: 'answer', question: 'Which colour?', options: [{ label: 'red' }, { label: 'green' }] }] },
      },
    ]);
    expect(said).toBe('You answered: green.');
  });

  test('patches and commands are put as the tools on offer want them', async () => {
    const only = (...tools: Record<string, unknown>[]) => ({ tools });
    const text = 'delete `a`';
    const body = patch('*** Delete File: a').input;
    expect((await played(text, undefined, only({ type: 'function', name: 'apply_patch' }))).calls).toEqual([
      { name: 'apply_patch', input: { input: body } },
    ]);
    expect((await played(text, undefined, only({ type: 'function', name: 'exec_command' }))).calls).toEqual([
      exec(`apply_patch <<'EOF'\n${body}\nEOF\n`),
    ]);
    expect((await played('run: ls', undefined, only({ type: 'function', name: 'shell_command' }))).calls).toEqual([
      { name: 'shell_command', input: { command: 'ls' } },
    ]);
    expect((await played('call `echo` of `tiny`', undefined, only({ type: 'function', name: 'mcp__tiny__echo' }))).calls).toEqual([
      { name: 'mcp__tiny__echo', input: {} },
    ]);
    const lite = { tools: fullTools, lite: true };
    expect((await played('call `get`', undefined, lite)).calls).toEqual([{ name: 'get', namespace: 'tickets', input: {} }]);
  });

  test('every call of a conversation has its own id', async () => {
    await using stage = startStage();
    for (let index = 0; index < 3; index++) await stage.turn('run in parallel `a` and `a`');
    const ids = stage.history.filter((item) => item.type === 'function_call').flatMap((item) => [item.call_id, item.id]);
    expect(ids).toHaveLength(12);
    expect(new Set(ids).size).toBe(12);
  });
});

describe('words', () => {
  const wire = (output: unknown) => () => output;
  test.each([
    ['run: ls', exited(0, 'a\nb\n'), '`ls` exited with code 0 and printed:\n\n```\na\nb\n```'],
    ['run: true', exited(3, ''), '`true` exited with code 3 and printed nothing.'],
    ['run: rm x', 'exec_command failed: rejected by user', '`rm x` was not run: exec_command failed: rejected by user'],
    ['delete `a`', 'Exit code: 0\nWall time: 0 seconds\nOutput:\nSuccess. Updated the following files:\nD a\n', 'The patch deleted `a`.'],
    ['delete `a`', 'patch rejected by user', 'The patch was not applied: patch rejected by user'],
    ['view the image `p`', [{ type: 'input_image', image_url: 'data:' }], 'I have seen the image.'],
    ['call `lookup`', 'found it', '`lookup` answered:\n\n```\nfound it\n```'],
    ['ask me: Sure?', 'request_user_input is unavailable', 'The question was not asked: request_user_input is unavailable'],
    ['say: hello there', '', 'hello there'],
    ['wait 1 ms', '', 'Done.'],
  ])('%s (%#)', async (text, output, said) => {
    expect((await played(text, wire(output))).said).toBe(said);
  });

  test('long output is shortened', async () => {
    const { said } = await played('run: seq 1000', wire(exited(0, Array.from({ length: 1000 }, (_, index) => index).join('\n'))));
    expect(said.split('\n').length).toBeLessThan(60);
    expect(said).toContain('\n…\n');
  });

  test('the summary comes before what was to be said at the end', async () => {
    expect((await played('run: ls\nsay: that was it', wire(exited(0, '')))).said).toBe(
      '`ls` exited with code 0 and printed nothing.\nthat was it',
    );
  });

  test('what cannot be played is said back, with a hint', async () => {
    expect((await played('What is the weather?')).said).toContain('«What is the weather?»');
    expect((await played('')).said).toContain('help');
  });

  test('help names every phrase and failure', async () => {
    const { said } = await played('help');
    for (const { example } of phrases) expect(said).toContain(example);
    for (const name of failureNames) expect(said).toContain(name);
  });

  test('reasoning, a comment, a web search and a picture are items of their own', async () => {
    const { items, events } = await played(
      'think: how to begin\ncomment: working on it\nsearch the web for `rain`\ndraw a picture\nsay: done',
    );
    expect(items.map(({ type, phase }) => (phase === undefined ? type : `${type} ${String(phase)}`))).toEqual([
      'reasoning',
      'message commentary',
      'web_search_call',
      'image_generation_call',
      'message',
    ]);
    const deltas = events.flatMap((event) => (event.type === 'reasoningSummaryDelta' ? [event.delta] : []));
    expect(deltas.join('')).toBe('**Thinking** about how to begin');
  });

  test('a proposed plan stands between its tags', async () => {
    expect((await played('propose a plan: read; write')).said).toContain('\n<proposed_plan>\n- read\n- write\n</proposed_plan>\n');
  });

  test('as many deltas as wanted', async () => {
    const { events, said } = await played('stream 1234');
    expect(events.filter((event) => event.type === 'textDelta')).toHaveLength(1234);
    expect(said.endsWith('tok1233 ')).toBe(true);
  });

  test('tokens and limits are reported as told', async () => {
    const { events } = await played('use 200000 tokens\nreport 80 percent of the limit');
    expect(events.at(-1)).toMatchObject({ usage: { inputTokens: 200_000 } });
    expect(events.at(-2)).toMatchObject({ snapshot: { primary: { usedPercent: 80, windowDurationMins: 300 } } });
  });

  test('an answer that must have a form has it', async () => {
    const schema = {
      type: 'object',
      required: ['name', 'tags', 'size', 'ok', 'kind', 'inner'],
      properties: {
        name: { type: 'string' },
        tags: { type: 'array', items: { type: 'integer' }, minItems: 2 },
        size: { type: ['number', 'null'], minimum: 3 },
        ok: { type: 'boolean' },
        kind: { enum: ['a', 'b'] },
        inner: { anyOf: [{ type: 'object', properties: { x: { const: 7 } } }] },
      },
    };
    const { said } = await played('Describe it', undefined, { text: { format: { type: 'json_schema', schema } } });
    expect(JSON.parse(said)).toEqual({ name: 'rehearsed', tags: [0, 0], size: 3, ok: false, kind: 'a', inner: { x: 7 } });
  });

  test('a review is a list of findings', async () => {
    expect(JSON.parse((await played('Review the uncommitted changes.')).said)).toMatchObject({
      findings: [{ priority: 2 }],
      overall_correctness: 'patch is correct',
    });
  });

  test('a shortened conversation gets a note about what was asked', async () => {
    await using stage = startStage();
    await stage.turn('say: one');
    const compaction = { tools: [], clientMetadata: { 'x-codex-turn-metadata': JSON.stringify({ request_kind: 'compaction' }) } };
    expect((await stage.turn('Summarise, and run: ls', undefined, compaction)).said).toBe(
      'Rehearsed note. The user asked so far: «say: one».',
    );
  });
});

describe('nothing but the request counts', () => {
  const output = () => exited(0, 'x');

  test('a conversation goes on at another server where it stood', async () => {
    await using first = startStage();
    await first.turn('run: a\nrun: b\nsay: end', output);
    // As if the program had died after the first call was answered.
    const cut = first.history.findIndex((item) => item.type === 'function_call_output');
    await using second = startStage({ history: first.history.slice(0, cut + 1) });
    const { responses, said } = await second.turn(undefined, output);
    expect(responses).toEqual([[exec('b')]]);
    expect(said).toContain('`a` exited with code 0');
    expect(second.history).toEqual(first.history);
  });

  test('a second conversation is answered like the first', async () => {
    await using one = startStage();
    await using two = startStage();
    for (const stage of [one, two]) await stage.turn('think: about it\nrun: a\ncall `lookup`', output);
    expect(two.history).toEqual(one.history);
  });

  test('messages the agent puts in are not taken for the user’s', async () => {
    const blocks = [
      '<environment_context>\nrun: a\n</environment_context>',
      '<turn_aborted>\nrun: a\n</turn_aborted>',
      '# AGENTS.md instructions\nrun: a',
    ];
    await using stage = startStage({ history: [userMessage('say: mine'), ...blocks.map(userMessage)] });
    expect((await stage.turn(undefined)).said).toBe('mine');
  });

  test('a message that steers a turn begins anew', async () => {
    await using stage = startStage();
    const { responses, said } = await stage.turn('run: a\nrun: b', (call) => {
      if (call.name === 'exec_command') stage.history.push(userMessage('say: steered'));
      return exited(0, '');
    });
    expect([responses, said]).toEqual([[[exec('a')]], 'steered']);
  });
});

describe('failures', () => {
  test('every name fails, as the client understands it', async () => {
    const outcomes: Record<string, unknown> = {};
    for (const name of failureNames.filter((known) => known !== 'hang')) {
      const { error } = await played(`fail: ${name}`);
      const { info, retry } = facts(error);
      outcomes[name] = [typeof info === 'string' ? info : Object.keys(info ?? {})[0], retry];
    }
    expect(outcomes).toEqual({
      400: ['other', 'never'],
      401: ['httpConnectionFailed', 'stream'],
      403: ['httpConnectionFailed', 'stream'],
      404: ['modelNotFound', 'never'],
      429: ['responseTooManyFailedAttempts', 'stream'],
      500: ['internalServerError', 'stream'],
      502: ['httpConnectionFailed', 'stream'],
      503: ['httpConnectionFailed', 'stream'],
      overloaded: ['serverOverloaded', 'never'],
      'usage limit': ['usageLimitExceeded', 'never'],
      image: ['badRequest', 'never'],
      'context window': ['contextWindowExceeded', 'never'],
      quota: ['usageLimitExceeded', 'never'],
      'rate limit': ['rateLimitExceeded', 'stream'],
      'invalid prompt': ['other', 'never'],
      policy: ['cyberPolicy', 'never'],
      other: ['other', 'stream'],
      cut: ['other', 'stream'],
      'end early': ['other', 'stream'],
      incomplete: ['other', 'never'],
    });
  });

  test.each(['fail: HTTP 418', 'fail: context_window', 'fail: End early'])('%s', async (text) => {
    expect((await played(text)).error).toBeDefined();
  });

  test('what was said before a cut arrives', async () => {
    const { said, error } = await played('say: first words\nfail: cut');
    expect([said, facts(error).retry]).toEqual(['first words', 'stream']);
  });

  test.each(['fail once: 500', 'fail 2 times: cut'])('%s, then it works, also when something was said before', async (failure) => {
    const times = failure.includes('once') ? 1 : 2;
    await using stage = startStage();
    const text = `say: first words\n${failure}\nsay: after all`;
    for (let attempt = 0; attempt < times; attempt++) expect((await stage.turn(attempt === 0 ? text : undefined)).error).toBeDefined();
    const { said, error } = await stage.turn(undefined);
    expect(error).toBeUndefined();
    expect(said).toContain('after all');
  });

  test('a hang ends with the request', async () => {
    const rehearsal = createRehearsal();
    const { baseUrl, token } = await rehearsal.endpoint(undefined);
    const stop = new AbortController();
    const body = JSON.stringify({ input: [userMessage('say: hm\nhang')] });
    const response = await fetch(`${baseUrl}/responses`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body,
      signal: stop.signal,
    });
    const reader = response.body?.getReader();
    let text = '';
    while (!text.includes('output_item.done')) text += Buffer.from((await reader?.read())?.value ?? []).toString();
    stop.abort();
    await rehearsal.close();
    expect(text).not.toContain('response.completed');
  });
});

describe('scripts', () => {
  const play = async (file: string, ...texts: string[]) => {
    await using stage = startStage({ script: 'script', files: { script: file } });
    const turns: Turn[] = [];
    for (const text of texts) turns.push(await stage.turn(text));
    return turns;
  };

  test('one entry per request, in order, in both forms of file', async () => {
    const entries = [
      'run: ls',
      { say: 'seen', phase: 'final_answer' },
      [{ think: 'hm' }, { call: { name: 'lookup', arguments: { id: 1 } } }],
      { say: 'end' },
    ];
    for (const file of [JSON.stringify(entries), ['// a comment', '', ...entries.map((entry) => JSON.stringify(entry))].join('\n')]) {
      const [first, second, third] = await play(file, 'go', 'again', 'say: by rule');
      expect([first?.calls, first?.said]).toEqual([[exec('ls')], 'seen']);
      expect([second?.calls, second?.said]).toEqual([[{ name: 'lookup', input: { id: 1 } }], 'end']);
      expect(third?.said).toBe('by rule');
    }
  });

  test('every member', async () => {
    const [turn] = await play(
      JSON.stringify([
        { patch: '*** Begin Patch\n*** Delete File: a\n*** End Patch' },
        { run: 'x', with: { tty: true } },
        { call: [{ name: 'tickets/get' }, { name: 'apply_patch', input: 'raw' }] },
        {
          events: [{ type: 'response.output_item.done', item: { type: 'reasoning', id: 'rs_raw', summary: [] } }],
          say: 'more',
          endTurn: false,
        },
        { items: [{ type: 'web_search_call', id: 'ws_1' }], pauseMs: 1, deltas: 2, tokens: 77 },
      ]),
      'go',
    );
    expect(turn?.responses).toEqual([
      [patch('*** Delete File: a')],
      [exec('x', { tty: true })],
      [
        { name: 'get', namespace: 'tickets', input: {} },
        { name: 'apply_patch', input: 'raw' },
      ],
    ]);
    expect(turn?.items.slice(4).map(({ type }) => type)).toEqual(['reasoning', 'message', 'web_search_call', 'message']);
    expect(turn?.events.at(-1)).toMatchObject({ usage: { inputTokens: 77 } });
  });

  test('failures move on with the next request', async () => {
    await using stage = startStage({
      script: 'script',
      files: {
        script: JSON.stringify([
          { http: 503, body: { error: { message: 'down' } }, headers: { 'retry-after': '2' } },
          { say: 'half', fail: 'cut' },
          { say: 'whole' },
        ]),
      },
    });
    expect(facts((await stage.turn('go')).error)).toMatchObject({ httpStatus: 503, retryAfterMs: 2000 });
    expect(facts((await stage.turn(undefined)).error)).toMatchObject({ retry: 'stream' });
    expect((await stage.turn(undefined)).said).toBe('whole');
  });

  test('a resumed conversation goes on in the script', async () => {
    const files = { script: JSON.stringify([{ say: 'one' }, { say: 'two' }]) };
    await using first = startStage({ script: 'script', files });
    await first.turn('go');
    await using second = startStage({ script: 'script', files, history: first.history });
    expect((await second.turn('go on')).said).toBe('two');
  });

  test.each([
    ['{', 'line 1 is not JSON'],
    ['[', 'the file is not JSON'],
    ['[{"sya":"x"}]', 'entry 1: there is no member "sya"'],
    ['[{"say":1}]', 'entry 1: "say" must be a text'],
    ['{"say":"x"}\n"what?"', 'line 2: the text is no phrase'],
    ['[7]', 'entry 1: an entry is a text, an object or a list of them'],
    ['[{"fail":"x"}]', 'entry 1: there is no failure called "x"'],
    ['[{"pauseMs":-1}]', 'entry 1: "pauseMs" must be a number, zero or more'],
    ['[{"call":"x"}]', 'entry 1: "call" must be an object or a list of objects'],
  ])('a broken file says where: %s', async (file, why) => {
    const [turn] = await play(file, 'go');
    expect(facts(turn?.error)).toMatchObject({ retry: 'never' });
    expect(String(turn?.error)).toContain(JSON.stringify(why).slice(1, -1));
  });

  test('a missing file is named', async () => {
    await using stage = startStage({ script: 'nowhere' });
    expect(String((await stage.turn('go')).error)).toContain('script nowhere: there is no nowhere');
  });
});

describe('the server', () => {
  test('is not started before it is used, and answers only with its token', async () => {
    const rehearsal = createRehearsal();
    const { baseUrl, token } = await rehearsal.endpoint(undefined);
    expect(await rehearsal.endpoint(undefined)).toEqual({ baseUrl, token });
    expect(new URL(baseUrl).hostname).toBe('127.0.0.1');
    const body = JSON.stringify({ ...request, input: [userMessage('say: x')] });
    const status = async (url: string, authorization: string, method = 'POST') =>
      (await fetch(url, { method, headers: { authorization }, ...(method === 'POST' ? { body } : {}) })).status;
    expect(await status(`${baseUrl}/responses`, `Bearer ${token}`)).toBe(200);
    expect(await status(`${baseUrl}/responses`, '')).toBe(401);
    expect(await status(`${baseUrl}/responses`, `Bearer ${token}x`)).toBe(401);
    expect(await status(`${baseUrl}/responses`, `Bearer ${token.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))}`)).toBe(401);
    expect(await status(`${baseUrl}/other`, `Bearer ${token}`)).toBe(404);
    expect(await status(`${new URL(baseUrl).origin}/responses`, `Bearer ${token}`)).toBe(404);
    expect(await status(`${baseUrl}/responses`, `Bearer ${token}`, 'GET')).toBe(404);
    await rehearsal.close();
    await expect(fetch(`${baseUrl}/responses`, { method: 'POST', body })).rejects.toThrow();
    await expect(rehearsal.endpoint(undefined)).rejects.toThrow('closed');
  });

  test('a request that is no JSON is refused, and the next one answered', async () => {
    const rehearsal = createRehearsal();
    const { baseUrl, token } = await rehearsal.endpoint(undefined);
    const post = (body: string) => fetch(`${baseUrl}/responses`, { method: 'POST', headers: { authorization: `Bearer ${token}` }, body });
    expect((await post('{')).status).toBe(400);
    for (const odd of ['[]', 'null', '{"input":7}', '{"input":[null,{"type":"message","role":"user","content":7}]}']) {
      const response = await post(odd);
      expect([odd, response.status, (await response.text()).includes('response.completed')]).toEqual([odd, 200, true]);
    }
    await rehearsal.close();
  });
});

describe('the documentation', () => {
  const page = readFileSync(new URL('../../docs/rehearsal.md', import.meta.url), 'utf8');

  test('shows every phrase and every failure', () => {
    for (const { example } of phrases) expect(page).toContain(example);
    for (const name of failureNames) expect(page).toContain(name);
  });

  test('every example is read as the phrase it stands for', () => {
    for (const { example, pattern } of phrases) {
      expect(example).toMatch(pattern);
      const text = example === 'patch:' ? 'patch:\n```\n*** Begin Patch\n*** End Patch\n```' : example;
      expect([example, stepsOf(text).length > 0]).toEqual([example, true]);
    }
  });
});
