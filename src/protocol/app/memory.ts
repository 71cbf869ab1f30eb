/** Memories made from threads. */
import * as z from 'zod/mini';
import { type Out, request, schema } from '../../rpc/contract.ts';
import { Empty, NoParams, opt } from '../fields.ts';
import { exclusive, inThread, shared } from '../lanes.ts';

export const ThreadMemoryMode = schema('ThreadMemoryMode', () => z.enum(['enabled', 'disabled']));
export type ThreadMemoryMode = Out<typeof ThreadMemoryMode>;

export const ThreadMemoryModeSetParams = schema('ThreadMemoryModeSetParams', () =>
  z.object({ threadId: z.string(), mode: ThreadMemoryMode() }),
);
export type ThreadMemoryModeSetParams = Out<typeof ThreadMemoryModeSetParams>;

export const ThreadMemoryReadParams = schema('ThreadMemoryReadParams', () => z.object({ threadId: z.string() }));
export type ThreadMemoryReadParams = Out<typeof ThreadMemoryReadParams>;

export const ThreadMemoryReadResponse = schema('ThreadMemoryReadResponse', () => z.object({ summary: z.nullable(z.string()) }));
export type ThreadMemoryReadResponse = Out<typeof ThreadMemoryReadResponse>;

export const MemoryStatusParams = schema('MemoryStatusParams', () => z.object({ minConsolidatedThreads: opt(z.uint32()) }));
export type MemoryStatusParams = Out<typeof MemoryStatusParams>;

export const MemoryStatusResponse = schema('MemoryStatusResponse', () =>
  z.object({ v2ConsolidatedThreads: z.uint32(), v2Ready: z.boolean() }),
);
export type MemoryStatusResponse = Out<typeof MemoryStatusResponse>;

export const memoryRequests = {
  'thread/memoryMode/set': request({
    doc: 'Allows or forbids that memories are made from a thread.',
    params: ThreadMemoryModeSetParams,
    result: Empty,
    lane: inThread,
    experimental: true,
  }),
  'thread/memory/read': request({
    doc: 'Reads the memory made from a thread.',
    params: ThreadMemoryReadParams,
    result: ThreadMemoryReadResponse,
    experimental: true,
  }),
  'memory/status': request({
    doc: 'Tells whether memories exist and are enabled.',
    params: MemoryStatusParams,
    result: MemoryStatusResponse,
    lane: shared('memory'),
    experimental: true,
  }),
  'memory/reset': request({
    doc: 'Deletes all memories.',
    params: NoParams,
    result: Empty,
    lane: exclusive('memory'),
    experimental: true,
    noParams: true,
  }),
  'rollout/compress': request({ doc: 'Compresses stored histories.', params: NoParams, result: Empty, experimental: true, noParams: true }),
} as const;
