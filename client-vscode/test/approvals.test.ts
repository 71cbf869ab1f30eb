import type { QuestionContext, Thread } from 'switchyard/client';
import { describe, expect, test } from 'vitest';
import { Approvals } from '../src/approvals.ts';
import { cardsOf } from '../src/cards.ts';
import { Conversation } from '../src/conversation.ts';
import { redact, redactText } from '../src/diagnostics.ts';

const question = { threadId: 't', turnId: 'u', itemId: 'i', startedAtMs: 0, reason: null, grantRoot: null };

function asked(requestId = 7) {
  const partly: unknown[] = [];
  const approvals = new Approvals({ onChange: () => {}, onPartly: (_asked, accepted, declined) => partly.push({ accepted, declined }) });
  const stop = new AbortController();
  const context: QuestionContext = { requestId, signal: stop.signal };
  const answer = Promise.resolve(approvals.handlers()['item/fileChange/requestApproval'](question, context));
  return { approvals, answer, stop, partly };
}

describe('questions of the server', () => {
  test('an answer that was not offered counts as none', async () => {
    const { approvals, answer } = asked();
    expect(approvals.answer('7', { choice: 'everything', answers: {} })).toBe(false);
    expect(approvals.count).toBe(1);
    expect(approvals.answer('7', { choice: 'acceptForSession', answers: {} })).toBe(true);
    expect(await answer).toEqual({ decision: 'acceptForSession' });
    expect(approvals.count).toBe(0);
  });

  test('what is withdrawn leaves the list and cannot be answered', async () => {
    const { approvals, answer, stop } = asked();
    stop.abort();
    await expect(answer).rejects.toThrow('withdrawn');
    expect(approvals.answer('7', { choice: 'accept', answers: {} })).toBe(false);
  });

  test.each([
    [true, true, 'accept', []],
    [false, false, 'decline', []],
    [true, false, 'decline', [{ accepted: ['a'], declined: ['b'] }]],
  ])('files decided one by one: %s and %s', async (first, second, decision, told) => {
    const { approvals, answer, partly } = asked();
    approvals.decideFile('7', 'a', first, ['a', 'b']);
    approvals.decideFile('7', 'other', true, ['a', 'b']);
    expect(approvals.count).toBe(1);
    approvals.decideFile('7', 'b', second, ['a', 'b']);
    expect(await answer).toEqual({ decision });
    expect(partly).toEqual(told);
  });
});

describe('cards', () => {
  const nothing = () => {};
  const conversation = new Conversation({
    ...{ post: nothing, onChange: nothing, onItem: nothing, onOutput: nothing, onCommandEnd: nothing },
    shorten: (path) => path,
    undecided: () => [],
  });
  const labels = () => cardsOf(asked().approvals, conversation, (path) => path)[0]?.choices.map(({ label }) => label);
  const openWith = (...paths: string[]) => {
    const changes = paths.map((path) => ({ path, kind: { type: 'add' }, diff: 'new\n' }));
    const item = { type: 'fileChange', id: 'i', status: 'inProgress', changes };
    // As much of a thread as the conversation looks at.
    conversation.open({ id: 't', name: null, preview: '', turns: [{ id: 'u', status: 'inProgress', items: [item] }] } as unknown as Thread);
  };

  test('changes of another thread can be refused, not accepted unseen', () => {
    expect(labels()).toEqual(['Open its thread', 'Decline', 'Decline and stop']);
  });

  test('several files are decided together, or one by one', () => {
    openWith('a');
    expect(labels()).toEqual(['Accept', 'Accept for this session', 'Decline', 'Decline and stop']);
    openWith('a', 'b');
    expect(labels()).toEqual(['Accept all', 'Accept all for this session', 'Decline all', 'Decline and stop']);
  });
});

describe('diagnostics', () => {
  test.each([
    'sk-proj-abcdefgh12345678',
    'ghp_0123456789abcdefghij',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3.c2lnbmF0dXJl',
    'Bearer abcdefghijklmnop',
  ])('%s is taken out', (secret) => {
    const text = redactText(`the log said ${secret} twice: ${secret}`);
    expect(text).not.toContain(secret.split(' ').at(-1));
    expect(text).toContain('the log said');
  });

  test('values are taken out by their name, also inside', () => {
    expect(redact({ api_key: 'plain', list: [{ Authorization: 'x' }], url: 'https://me:pw@host/?code=123&x=1', ms: 3 })).toEqual({
      api_key: '[redacted]',
      list: [{ Authorization: '[redacted]' }],
      url: 'https://[redacted]@host/?code=[redacted]&x=1',
      ms: 3,
    });
  });
});
