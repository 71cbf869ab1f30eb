/** Bounds of the exec-server, each at its edge, and intents that its decoder refuses. */
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempWorkspace } from '../support/workspace.ts';
import { readOnly, startExecutor, uri } from './support.ts';

test('a whole file has at most 512 MiB, a listing at most 50,000 entries', async () => {
  await using executor = await startExecutor();
  await using space = await tempWorkspace();
  const client = await executor.open('memory');
  // A hole takes no room.
  const file = await open(space.path('huge'), 'w');
  await file.truncate(536_870_913);
  await file.close();
  expect(await client.refusal('fs/readFile', { path: uri(space.path('huge')) })).toEqual([
    -32_600,
    'file is too large to read: limit is 536870912 bytes',
  ]);
  await mkdir(space.path('many'));
  const names = Array.from({ length: 50_001 }, (_, index) => space.path('many', `${index}`));
  while (names.length > 0) await Promise.all(names.splice(0, 500).map((name) => writeFile(name, '')));
  expect(await client.refusal('fs/readDirectory', { path: uri(space.path('many')) })).toEqual([
    -32_603,
    'fs/readDirectory returned 50001 entries; limit is 50000',
  ]);
}, 60_000);

test('the answer to a walk weighs at most 4 MiB: 64 bytes for an entry and its path', async () => {
  await using executor = await startExecutor();
  await using space = await tempWorkspace();
  const client = await executor.open('memory');
  const long = 'n'.repeat(200);
  const weight = 64 + Buffer.byteLength(join(space.root, `00000${long}`));
  const fitting = Math.floor((4 * 1024 * 1024) / weight);
  const names = Array.from({ length: fitting + 5 }, (_, index) => space.path(`${String(index).padStart(5, '0')}${long}`));
  while (names.length > 0) await Promise.all(names.splice(0, 500).map((name) => writeFile(name, '')));
  const options = { maxDepth: 1, maxDirectories: 1, maxEntries: 50_000, followDirectorySymlinks: false };
  const { entries, truncated } = await client.call('fs/walk', { path: uri(space.root), options });
  expect([entries.length, truncated]).toEqual([fitting, true]);
}, 60_000);

test.runIf(process.platform === 'linux')('a read that the system fails closes its handle', async () => {
  await using executor = await startExecutor();
  const client = await executor.open('memory');
  const read = { handleId: 'h', offset: 0, len: 1 };
  await client.call('fs/open', { handleId: 'h', path: 'file:///proc/self/mem' });
  expect(await client.refusal('fs/readBlock', read)).toEqual([-32_603, 'I/O error (os error 5)']);
  expect(await client.refusal('fs/readBlock', read)).toEqual([-32_004, 'unknown file handle `h`']);
});

test('discovery takes 128 roots', async () => {
  await using executor = await startExecutor();
  await using space = await tempWorkspace();
  const client = await executor.open('memory');
  const roots = (count: number) => ({ roots: Array.from({ length: count }, (_, index) => ({ id: `${index}`, path: uri(space.root) })) });
  expect((await client.call('capabilityRoots/discoverV1', roots(128))).roots.map(({ id }) => Number(id))).toEqual(
    Array.from({ length: 128 }, (_, index) => index),
  );
  expect(await client.refusal('capabilityRoots/discoverV1', roots(129))).toEqual([
    -32_600,
    'capability root discovery accepts at most 128 roots',
  ]);
});

const level = { windowsSandboxLevel: 'disabled' };
const managed = (file_system: unknown) => ({ ...level, permissions: { type: 'managed', file_system, network: 'restricted' } });

test.each([
  [{ permissions: { type: 'disabled' } }, 'missing field `windowsSandboxLevel`'],
  [level, 'missing field `permissions`'],
  [{ ...level, permissions: {} }, 'missing field `type`'],
  [{ ...level, permissions: { type: 'external' } }, 'missing field `network`'],
  [{ ...level, permissions: { network: 'enabled', file_system: { type: 'unrestricted' } } }, 'missing field `type`'],
  [{ ...level, permissions: { type: 'x' } }, 'unknown variant `x`, expected one of `managed`, `disabled`, `external`'],
  [managed({ type: 'restricted' }), 'missing field `entries`'],
  [managed({ type: 'x' }), 'unknown variant `x`, expected `restricted` or `unrestricted`'],
  [managed({ type: 'restricted', entries: [], glob_scan_max_depth: 0 }), 'invalid value: integer `0`, expected a nonzero usize'],
  [
    managed({ type: 'restricted', entries: [{ path: { type: 'path', path: '/x' }, access: 'read' }] }),
    'invalid URI: relative URL without a base',
  ],
  [{ ...readOnly, cwd: '/x' }, 'invalid URI: relative URL without a base'],
])('an intent that says too little or nonsense is refused: %j', async (sandbox, reason) => {
  await using executor = await startExecutor();
  const client = await executor.open('memory');
  // What no type of ours lets a client say.
  const params = { path: 'file:///', sandbox } as never;
  expect(await client.refusal('fs/getMetadata', params)).toEqual([-32_602, reason]);
});

test('a directory of another system is no directory of a sandbox', async () => {
  await using executor = await startExecutor();
  const client = await executor.open('memory');
  const start = { processId: 'p', argv: ['/bin/true'], cwd: 'file:///', env: {}, tty: false };
  expect(await client.refusal('process/start', { ...start, sandbox: { ...readOnly, cwd: 'file:///C:/x' } })).toEqual([
    -32_602,
    "failed to prepare process sandbox: invalid sandbox policy cwd: 'file:///C:/x' is invalid on 'linux'",
  ]);
});

test('a proxy that is off, or a question without time for an answer, is refused', async () => {
  await using executor = await startExecutor();
  const client = await executor.open('memory');
  const proxy = {
    ...{ enabled: true, enableSocks5: false, enableSocks5Udp: false, allowUpstreamProxy: false },
    ...{ dangerouslyAllowAllUnixSockets: false, allowLocalBinding: false, mode: 'full' as const },
  };
  const start = { processId: 'p', argv: ['/bin/true'], cwd: 'file:///', env: {}, tty: false };
  expect(await client.refusal('process/start', { ...start, networkProxy: { proxy: { ...proxy, enabled: false } } })).toEqual([
    -32_602,
    'invalid network proxy config: executor-local network proxy launch requires an enabled proxy',
  ]);
  expect(await client.refusal('process/start', { ...start, networkProxy: { proxy, policyDecisionTimeoutMs: 0 } })).toEqual([
    -32_602,
    'network policy decision callback timeout must be nonzero',
  ]);
});
