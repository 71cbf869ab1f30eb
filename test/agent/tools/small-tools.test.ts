/** Plans, questions, images and the client's own tools. */
import { beforeEach, describe, expect, test } from 'vitest';
import { requestUserInputTool } from '../../../src/agent/tools/ask-user.ts';
import { checkClientTools, createClientTools } from '../../../src/agent/tools/client-tool.ts';
import { updatePlanTool } from '../../../src/agent/tools/plan.ts';
import { viewImageTool } from '../../../src/agent/tools/view-image.ts';
import { RequestError } from '../../../src/base/errors.ts';
import type { DynamicToolSpec } from '../../../src/protocol/app/index.ts';
import { type Bench, openBench, textOf } from './harness.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
});
const planMode = () => {
  bench.settings = { ...bench.settings, mode: 'plan' };
};

describe('update_plan', () => {
  test('passes the steps on', async () => {
    const plan = [
      { step: 'a', status: 'completed' },
      { step: 'b', status: 'in_progress' },
      { step: 'c', status: 'pending' },
    ];
    expect(textOf(await bench.run(updatePlanTool, { plan, explanation: 'why' }))).toBe('Plan updated');
    const steps = [
      { step: 'a', status: 'completed' },
      { step: 'b', status: 'inProgress' },
      { step: 'c', status: 'pending' },
    ];
    expect(bench.events).toEqual([{ type: 'plan', value: { explanation: 'why', plan: steps } }]);
  });

  test.each([
    [{}, 'missing field `plan`'],
    [{ plan: 5 }, '`plan` has to be a list of steps'],
    [{ plan: [{ status: 'pending' }] }, 'every step of `plan` needs a text in `step`'],
    [{ plan: [{ step: 'a', status: 'soon' }] }, '`status` has to be one of `pending`, `in_progress`, `completed`'],
    [{ plan: [1, 2].map(() => ({ step: 'a', status: 'in_progress' })) }, 'at most one step can be in progress at a time'],
  ])('%j', async (args, problem) => {
    expect(textOf(await bench.run(updatePlanTool, args))).toBe(`failed to parse function arguments: ${problem}`);
    expect(bench.events).toEqual([]);
  });

  test('is not for planning', async () => {
    planMode();
    expect((await bench.run(updatePlanTool, { plan: [] })).kind).toBe('failed');
  });
});

describe('request_user_input', () => {
  const question = { id: 'q1', header: 'Pick', question: 'Which?', options: [{ label: 'A', description: 'first' }] };

  test('asks in plan mode and hands the answer over as JSON', async () => {
    planMode();
    let asked: unknown;
    bench.answers.userInput = async (questions) => {
      asked = questions;
      return { answers: { q1: { answers: ['A', 'and more'] } } };
    };
    expect(textOf(await bench.run(requestUserInputTool, { questions: [question] }))).toBe(
      '{"answers":{"q1":{"answers":["A","and more"]}}}',
    );
    expect(asked).toEqual([{ ...question, isOther: true, isSecret: false }]);
  });

  test('a client that cannot answer leaves it unanswered', async () => {
    planMode();
    bench.answers.userInput = () => Promise.reject(new RequestError('custom', 'no'));
    expect(textOf(await bench.run(requestUserInputTool, { questions: [question] }))).toBe('{"answers":{}}');
  });

  test('is refused outside plan mode and without options', async () => {
    expect(textOf(await bench.run(requestUserInputTool, { questions: [question] }))).toBe(
      'request_user_input is unavailable in Default mode',
    );
    planMode();
    expect(textOf(await bench.run(requestUserInputTool, { questions: [{ ...question, options: [] }] }))).toBe(
      'request_user_input requires non-empty options for every question',
    );
    expect(textOf(await bench.run(requestUserInputTool, {}))).toBe('failed to parse function arguments: missing field `questions`');
  });
});

describe('view_image', () => {
  const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

  test('shows the image to the model and names it to the client', async () => {
    const path = await bench.workspace.write('p.png', png);
    const outcome = await bench.run(viewImageTool, { path: 'p.png' });
    expect(outcome).toEqual({
      kind: 'ok',
      output: [{ type: 'input_image', image_url: `data:image/png;base64,${png.toString('base64')}` }],
    });
    expect(bench.events).toEqual([
      { type: 'started', item: { type: 'imageView', id: 'call_1', path } },
      { type: 'completed', item: { type: 'imageView', id: 'call_1', path } },
    ]);
  });

  test.each([
    [{ path: 'nope.png' }, /^unable to locate image at `\S+\/nope.png`: No such file or directory \(os error 2\)$/],
    [{ path: '.' }, /^image path `\S+` is not a file$/],
    [{ path: 'text.png' }, /^unable to process image: invalid or unsupported image data$/],
    [{ path: 'empty.png' }, /^unable to process image/],
    [{ path: 'x.svg' }, /^unable to process image/],
    [{ path: 'cut.png' }, /^unable to process image/],
    [{ path: 'p.png', detail: 'low' }, /^view_image.detail only supports `high` or `original`.*got `low`$/],
    [{}, /^failed to parse function arguments: missing field `path`$/],
  ])('%j', async (args, answer) => {
    await bench.workspace.write('p.png', png);
    await bench.workspace.write('text.png', 'hello');
    await bench.workspace.write('empty.png', '');
    await bench.workspace.write('cut.png', png.subarray(0, 50));
    await bench.workspace.write('x.svg', '<svg xmlns="http://www.w3.org/2000/svg" width="5" height="5"/>');
    expect(textOf(await bench.run(viewImageTool, args))).toMatch(answer);
    expect(bench.events).toEqual([]);
  });

  test('reads nothing that the permissions may hide', async () => {
    await bench.workspace.write('p.png', png);
    const deny = { path: { type: 'path', path: bench.workspace.path('p.png') }, access: 'deny' } as const;
    const root = { path: { type: 'special', value: { kind: 'root' } }, access: 'read' } as const;
    bench.settings = {
      ...bench.settings,
      permissions: { type: 'managed', network: 'enabled', file_system: { type: 'restricted', entries: [root, deny] } },
    };
    const outcome = await bench.run(viewImageTool, { path: 'p.png' });
    expect(outcome.kind).toBe('failed');
    expect(textOf(outcome)).not.toContain('base64');
  });
});

describe('tools of the client', () => {
  const lookup: DynamicToolSpec = { type: 'function', name: 'lookup', description: 'L', inputSchema: { type: 'object' } };
  const call = async (spec: DynamicToolSpec = lookup) => {
    const [tool] = createClientTools([spec]);
    if (!tool) throw new Error('one tool');
    return bench.run(tool, { id: '7' });
  };
  const completed = () => bench.events.flatMap((event) => (event.type === 'completed' ? [event.item] : []));

  test('are declared as they came and called with what the model sent', async () => {
    const [tool] = createClientTools([{ type: 'namespace', name: 'ns', description: 'N', tools: [{ ...lookup }] }]);
    expect(tool?.namespace).toEqual({ name: 'ns', description: 'N' });
    const offer = {
      model: { known: true, imageInput: true, originalImageDetail: false, applyPatch: true },
      environments: [],
      mode: 'default',
      features: new Set<string>(),
      allowLoginShell: true,
    } as const;
    expect(tool?.declaration(offer)).toEqual({
      type: 'function',
      name: 'lookup',
      description: 'L',
      strict: false,
      parameters: { type: 'object' },
    });
    let asked: unknown;
    bench.answers.clientTool = async (question) => {
      asked = question;
      return { contentItems: [{ type: 'inputText', text: 'found' }], success: true };
    };
    expect(await call({ type: 'namespace', name: 'ns', description: 'N', tools: [{ ...lookup }] })).toEqual({
      kind: 'ok',
      output: 'found',
    });
    expect(asked).toEqual({ namespace: 'ns', tool: 'lookup', arguments: { id: '7' } });
    expect(completed()).toMatchObject([
      { type: 'dynamicToolCall', namespace: 'ns', status: 'completed', success: true, durationMs: expect.any(Number) },
    ]);
  });

  test('may answer with more than one text, and may fail', async () => {
    bench.answers.clientTool = async () => ({
      contentItems: [
        { type: 'inputText', text: 'a' },
        { type: 'inputImage', imageUrl: 'data:x' },
      ],
      success: false,
    });
    expect(await call()).toEqual({
      kind: 'failed',
      output: [
        { type: 'input_text', text: 'a' },
        { type: 'input_image', image_url: 'data:x' },
      ],
    });
    expect(completed()).toMatchObject([{ status: 'failed', success: false }]);
  });

  test.each([
    [new RequestError('custom', 'broken', { code: -1 }), 'dynamic tool request failed'],
    [new RequestError('invalidParams', 'answer to item/tool/call: missing field'), 'dynamic tool response was invalid'],
  ])('an answer that is none: %s', async (error, text) => {
    bench.answers.clientTool = () => Promise.reject(error);
    expect(await call()).toEqual({ kind: 'failed', output: text });
    expect(completed()).toMatchObject([{ status: 'failed', success: false, contentItems: [{ type: 'inputText', text }] }]);
  });

  const group = (more: Partial<Extract<DynamicToolSpec, { type: 'namespace' }>>): DynamicToolSpec => ({
    type: 'namespace',
    name: 'ns',
    description: 'd',
    tools: [{ ...lookup }],
    ...more,
  });
  const long = 'x'.repeat(129);
  const pattern = 'must match ^[a-zA-Z0-9_-]+$ to match Responses API';

  test.each<[string, DynamicToolSpec[]]>([
    ['dynamic tool name must not be empty', [{ ...lookup, name: '' }]],
    ['dynamic tool name has leading/trailing whitespace:  a ', [{ ...lookup, name: ' a ' }]],
    [`dynamic tool name ${pattern}: bad name`, [{ ...lookup, name: 'bad name' }]],
    [`dynamic tool name must be at most 128 characters to match Responses API: ${long}`, [{ ...lookup, name: long }]],
    ['dynamic tool name is reserved: mcp__x', [{ ...lookup, name: 'mcp__x' }]],
    ['duplicate dynamic tool name: lookup', [lookup, lookup]],
    ['deferred dynamic tool must include a namespace: lookup', [{ ...lookup, deferLoading: true }]],
    [
      'dynamic tool input schema is not supported for lookup: invalid type: number, expected struct JsonSchema',
      [{ ...lookup, inputSchema: 5 }],
    ],
    [
      'dynamic tool input schema is not supported for lookup: invalid type: null, expected struct JsonSchema',
      [{ ...lookup, inputSchema: null }],
    ],
    [
      'dynamic tool input schema is not supported for lookup: invalid type: number, expected a map',
      [{ ...lookup, inputSchema: { properties: 5 } }],
    ],
    ['dynamic tool namespace must not be empty', [group({ name: '' })]],
    [`dynamic tool namespace ${pattern}: a b`, [group({ name: 'a b' })]],
    [`dynamic tool namespace must be at most 64 characters to match Responses API: ${long}`, [group({ name: long })]],
    ['dynamic tool namespace collides with a reserved Responses API namespace: functions', [group({ name: 'functions' })]],
    ['dynamic tool namespace is reserved: mcp', [group({ name: 'mcp' })]],
    ['dynamic tool namespace must contain at least one tool: ns', [group({ tools: [] })]],
    ['dynamic tool namespace description must be at most 1024 characters', [group({ description: 'x'.repeat(1025) })]],
    ['duplicate dynamic tool namespace: ns', [group({}), group({})]],
    ['duplicate dynamic tool name in namespace ns: lookup', [group({ tools: [{ ...lookup }, { ...lookup }] })]],
  ])('refused: %s', (message, specs) => {
    expect(() => checkClientTools(specs)).toThrow(new RequestError('invalidRequest', message));
  });

  test('accepted', () => {
    expect(() =>
      checkClientTools([lookup, { ...lookup, name: 'exec_command', inputSchema: true }, group({ name: 'lookup', description: '' })]),
    ).not.toThrow();
  });
});
