/** Order by key, whatever comes and goes. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Lanes } from '../../src/rpc/lanes.ts';

type Step =
  | { readonly do: 'enter'; readonly key: string; readonly shared: boolean }
  | { readonly do: 'leave' | 'giveUp'; readonly which: number };

const key = fc.constantFrom('a', 'b');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('enter' as const), key, shared: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('leave' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('giveUp' as const), which: fc.nat() }) },
);

interface Entry {
  readonly key: string;
  readonly shared: boolean;
  state: 'waiting' | 'running' | 'over';
  leave: () => void;
  giveUp: () => void;
}

function check(entries: readonly Entry[]): void {
  for (const name of ['a', 'b']) {
    const lane = entries.filter((entry) => entry.key === name);
    const running = lane.filter(({ state }) => state === 'running');
    const waiting = lane.filter(({ state }) => state === 'waiting');
    // An exclusive entry runs alone.
    if (running.some(({ shared }) => !shared)) expect(running).toHaveLength(1);
    // Nobody waits for nothing.
    if (running.length === 0) expect(waiting).toHaveLength(0);
    // First in, first out: whoever runs came before everybody who waits.
    const lastRunning = Math.max(-1, ...running.map((entry) => lane.indexOf(entry)));
    const firstWaiting = waiting[0] ? lane.indexOf(waiting[0]) : Number.POSITIVE_INFINITY;
    expect(lastRunning).toBeLessThan(firstWaiting);
    // A shared entry at the head waits only for an exclusive one.
    if (waiting[0]?.shared) expect(running.every(({ shared }) => !shared)).toBe(true);
  }
}

test('whatever comes and goes, entries of a key keep their order and exclusive ones run alone', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const lanes = new Lanes();
      const entries: Entry[] = [];
      for (const next of steps) {
        if (next.do === 'enter') {
          const entry: Entry = { key: next.key, shared: next.shared, state: 'waiting', leave: () => {}, giveUp: () => {} };
          entries.push(entry);
          entry.giveUp = lanes.enter(next.key, next.shared, (leave) => {
            entry.state = 'running';
            entry.leave = leave;
          });
        } else {
          const open = entries.filter(({ state }) => state === (next.do === 'leave' ? 'running' : 'waiting'));
          const entry = open[next.which % Math.max(1, open.length)];
          if (!entry) continue;
          entry.state = 'over';
          if (next.do === 'leave') entry.leave();
          else entry.giveUp();
        }
        check(entries);
      }
      for (let entry = entries.find(({ state }) => state === 'running'); entry; entry = entries.find(({ state }) => state === 'running')) {
        entry.state = 'over';
        entry.leave();
        check(entries);
      }
      expect(entries.every(({ state }) => state === 'over')).toBe(true);
      expect(lanes.size).toBe(0);
    }),
    { numRuns: 500 },
  );
});

test('leaving twice or giving up a running entry changes nothing', () => {
  const lanes = new Lanes();
  const started: number[] = [];
  let leaveFirst = () => {};
  const giveUp = lanes.enter('k', false, (leave) => {
    leaveFirst = leave;
  });
  giveUp();
  for (const n of [1, 2]) lanes.enter('k', false, () => started.push(n));
  leaveFirst();
  leaveFirst();
  expect(started).toEqual([1]);
  expect(lanes.waiting('k')).toBe(1);
});
