import { describe, expect, test } from 'vitest';
import { BufferPool } from '../../src/base/buffer-pool.ts';

describe('lent memory', () => {
  test('comes back for the next one of its size, once', () => {
    const pool = new BufferPool(1 << 20);
    const first = pool.take(100_000);
    expect(first.bytes).toHaveLength(100_000);
    first.release();
    first.release();
    expect(pool.keptBytes).toBe(131_072);
    const second = pool.take(70_000);
    const third = pool.take(70_000);
    expect(second.bytes.buffer).toBe(first.bytes.buffer);
    expect(third.bytes.buffer).not.toBe(first.bytes.buffer);
    expect(pool.keptBytes).toBe(0);
  });

  test('is kept up to the limit', () => {
    const pool = new BufferPool(20_000);
    const leases = Array.from({ length: 5 }, () => pool.take(8192));
    for (const lease of leases) lease.release();
    expect(pool.keptBytes).toBe(16_384);
  });

  test.each([0, 1, 4095, 4096, 4097, 65_536, 1_398_141])('is as long as asked for: %i', (length) => {
    expect(new BufferPool(0).take(length).bytes).toHaveLength(length);
  });
});
