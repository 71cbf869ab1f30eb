import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Notice, noticeDelayMs } from '../src/notice.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function watched() {
  const state = { visible: false, count: 0, told: 0 };
  const notice = new Notice({ visible: () => state.visible, count: () => state.count, tell: () => state.told++ });
  const become = (change: Partial<typeof state>) => {
    Object.assign(state, change);
    notice.update();
  };
  return { state, notice, become };
}

test('a question is told of once while the view is hidden, and the next one again', () => {
  const { state, become } = watched();
  become({ count: 1 });
  expect(state.told).toBe(0);
  vi.advanceTimersByTime(noticeDelayMs);
  become({ count: 1 });
  vi.advanceTimersByTime(noticeDelayMs);
  expect(state.told).toBe(1);
  become({ count: 2 });
  vi.advanceTimersByTime(noticeDelayMs);
  expect(state.told).toBe(2);
});

test.each([
  ['the view is visible', { visible: true }, {}],
  ['the view was shown meanwhile', {}, { visible: true }],
  ['it was answered meanwhile', {}, { count: 0 }],
])('no word when %s', (_name, before, meanwhile) => {
  const { state, become } = watched();
  become({ count: 1, ...before });
  become(meanwhile);
  vi.advanceTimersByTime(noticeDelayMs * 2);
  expect(state.told).toBe(0);
});

test('nothing is told after the end', () => {
  const { state, notice, become } = watched();
  become({ count: 1 });
  notice.dispose();
  vi.advanceTimersByTime(noticeDelayMs * 2);
  expect(state.told).toBe(0);
});
