/** Waiting for the abort of a signal: however many wait, everyone is told once, and nothing is left behind. */
import { expect, onTestFinished, test } from 'vitest';
import { abortable, delay, onAbort } from '../../src/base/abort.ts';
import { Cancelled } from '../../src/base/errors.ts';

test('a hundred waits on one signal are told once each, and Node sees no leak in them', async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on('warning', onWarning);
  onTestFinished(() => void process.off('warning', onWarning));
  const controller = new AbortController();
  const waits = Array.from({ length: 50 }, () => delay(60_000, controller.signal));
  const wrapped = Array.from({ length: 50 }, () => abortable(new Promise(() => {}), controller.signal));
  const all = Promise.allSettled([...waits, ...wrapped]);
  controller.abort(new Cancelled('enough'));
  for (const settled of await all) expect(settled).toMatchObject({ status: 'rejected', reason: { message: 'enough' } });
  // Warnings are emitted in a later turn.
  await new Promise((resolve) => setImmediate(resolve));
  expect(warnings).toEqual([]);
});

test('a listener that was taken off is not called, the others are', async () => {
  const controller = new AbortController();
  const called: string[] = [];
  const off = onAbort(controller.signal, () => called.push('taken off'));
  onAbort(controller.signal, () => called.push('first'));
  onAbort(controller.signal, () => called.push('second'));
  off();
  controller.abort();
  expect(called).toEqual(['first', 'second']);
  onAbort(controller.signal, () => called.push('late'));
  expect(called).toEqual(['first', 'second', 'late']);
});

test('one function that waits twice is called twice', () => {
  const controller = new AbortController();
  let calls = 0;
  const listener = () => {
    calls += 1;
  };
  const off = onAbort(controller.signal, listener);
  onAbort(controller.signal, listener);
  onAbort(controller.signal, listener);
  off();
  controller.abort();
  expect(calls).toBe(2);
});
