import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { History, paired } from '../../src/agent/history.ts';
import { PlanSplitter } from '../../src/agent/plan-text.ts';
import { checkId } from '../../src/agent/thread-ids.ts';
import { truncateMiddle, truncateOutput } from '../../src/agent/truncation.ts';
import type { ResponseItem } from '../../src/base/response-item.ts';

const callOf = (id: string): ResponseItem => ({ type: 'function_call', id: `fc_${id}`, call_id: id, name: 'x', arguments: '{}' });
const output = (id: string): ResponseItem => ({ type: 'function_call_output', id: `fco_${id}`, call_id: id, output: 'ok' });

test('every call has exactly one output and no output stands alone, whatever the history holds', () => {
  const anyItem = fc.oneof(
    fc.constantFrom('a', 'b', 'c').map(callOf),
    fc.constantFrom('a', 'b', 'c').map(output),
    fc.constant<ResponseItem>({ type: 'message', role: 'user', content: [] }),
  );
  const histories = fc.array(anyItem, { maxLength: 12 }).filter((items) => {
    const ids = items.filter(({ type }) => type === 'function_call').map(({ call_id }) => call_id);
    return new Set(ids).size === ids.length;
  });
  fc.assert(
    fc.property(histories, (items) => {
      const sent = paired(items);
      const calls = sent.filter(({ type }) => type === 'function_call').map(({ call_id }) => call_id);
      const outputs = sent.filter(({ type }) => type === 'function_call_output').map(({ call_id }) => call_id);
      expect([...outputs].sort()).toEqual([...calls].sort());
      expect(sent.filter(({ type }) => type === 'message')).toHaveLength(items.filter(({ type }) => type === 'message').length);
      // The same history is sent with the same objects, so that their encoding can be kept.
      expect(paired(items).every((item, at) => item === sent[at])).toBe(true);
    }),
  );
});

test('a model without image input gets a note instead of images', () => {
  const history = new History([
    {
      type: 'message',
      role: 'user',
      content: [
        { type: 'input_image', image_url: 'data:' },
        { type: 'input_text', text: 'x' },
      ],
    },
  ]);
  expect(JSON.stringify(history.forRequest({ imageInput: false }))).not.toContain('input_image');
  expect(history.forRequest({ imageInput: true })).toEqual(history.items);
});

test('splitting a plan does not depend on where the stream was cut', () => {
  const line = fc.constantFrom(
    '<proposed_plan>',
    '</proposed_plan>',
    'text',
    ' <proposed_plan> ',
    'a <proposed_plan>',
    '<prop',
    '',
    '- step',
  );
  const split = (pieces: readonly string[]) => {
    const splitter = new PlanSplitter();
    const all = [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.finish()];
    const join = (kind: 'text' | 'plan') =>
      all
        .filter((piece) => piece.kind === kind)
        .map((piece) => piece.text)
        .join('');
    return {
      text: join('text'),
      plan: join('plan'),
      marks: all.map(({ kind }) => kind).filter((kind) => kind === 'planStart' || kind === 'planEnd'),
    };
  };
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), fc.array(fc.nat(80), { maxLength: 10 }), (lines, cuts) => {
      const whole = lines.join('\n');
      const at = [0, ...cuts.map((cut) => Math.min(cut, whole.length)).sort((a, b) => a - b), whole.length];
      const pieces = at.slice(1).map((end, index) => whole.slice(at[index], end));
      expect(split(pieces)).toEqual(split([whole]));
    }),
  );
});

test('cut text keeps whole characters of both ends within the budget', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.integer({ min: 0, max: 100 }), (text, limit) => {
      const cut = truncateMiddle(text, { unit: 'bytes', limit });
      if (Buffer.byteLength(text) <= limit) {
        expect(cut).toBe(text);
        return;
      }
      const [head = '', tail = ''] = cut.split(/…\d+ chars truncated…/);
      expect(text.startsWith(head)).toBe(true);
      expect(text.endsWith(tail)).toBe(true);
      expect(Buffer.byteLength(head) + Buffer.byteLength(tail)).toBeLessThanOrEqual(limit);
    }),
  );
  expect(truncateOutput(`${'x'.repeat(50)}\n`, { unit: 'tokens', limit: 5 })).toBe(
    `Warning: truncated output (original token count: 13)\nTotal output lines: 1\n\n${'x'.repeat(10)}…8 tokens truncated…${'x'.repeat(9)}\n`,
  );
});

test.each([
  ['xyz', 'invalid character: expected an optional prefix of `urn:uuid:` followed by [0-9a-fA-F-], found `x` at 1'],
  ['abc', 'invalid length: expected length 32 for simple format, found 3'],
  ['a-b', 'invalid group count: expected 5, found 2'],
  ['01a1fd23-961-71d3-b659-a1fc8b476718', 'invalid group length in group 1: expected 4, found 3'],
])('the id %s is refused with its fault', (id, problem) => {
  expect(() => checkId(id, 'thread')).toThrow(`invalid thread id: ${problem}`);
  expect(() => checkId(id, 'session')).toThrow(`invalid session id: ${problem}`);
});
