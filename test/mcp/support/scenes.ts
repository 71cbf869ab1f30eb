/** What tests of MCP servers share: the fixture server as a table of the configuration, calls of its tools by the model, and waiting. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { AppClient } from '../../../src/client/index.ts';
import type { McpServerStatusUpdatedNotification, ThreadItem } from '../../../src/protocol/app/index.ts';
import type { SeenRequest, Step } from '../../support/scripted-model.ts';
import type { TestClient } from '../../support/server.ts';

const program = resolve('test/mcp/support/server.cjs');

export interface FixtureOptions {
  /** Further lines of its table, inline tables for those below. */
  readonly lines?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

/** `[mcp_servers.NAME]` for the fixture server. */
export function fixture(name = 'fix', { lines = '', env = {}, args = [] }: FixtureOptions = {}): string {
  const argv = JSON.stringify([program, ...args]);
  const variables = Object.entries(env).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  return `[mcp_servers.${JSON.stringify(name)}]\ncommand = ${JSON.stringify(process.execPath)}\nargs = ${argv}\nenv = { ${variables.join(', ')} }\n${lines}\n`;
}

/** The model calls a tool; `server` is a namespace without its prefix. */
export const toolCall =
  (server: string | undefined, tool: string, args: unknown = {}): Step =>
  (reply) => {
    const ids = { id: reply.itemId('fc'), call_id: reply.itemId('call') };
    const input = typeof args === 'string' ? args : JSON.stringify(args);
    reply.item({
      type: 'function_call',
      ...ids,
      ...(server === undefined ? {} : { namespace: `mcp__${server}` }),
      name: tool,
      arguments: input,
    });
    reply.done();
  };

export type StatusUpdate = McpServerStatusUpdatedNotification;

/** How the servers of a thread were said to be, in order. */
export const statusUpdates = (client: TestClient, threadId?: string): StatusUpdate[] =>
  client.seen.flatMap((notification) =>
    notification.method === 'mcpServer/startupStatus/updated' && (threadId === undefined || notification.params.threadId === threadId)
      ? [notification.params]
      : [],
  );

/** Resolves when every server of the thread has started or failed to. */
export async function started(client: AppClient, threadId: string): Promise<void> {
  await client.request('mcpServerStatus/list', { threadId, detail: 'toolsAndAuthOnly' });
}

export const mcpItems = (items: readonly ThreadItem[]) =>
  items.filter((item): item is Extract<ThreadItem, { type: 'mcpToolCall' }> => item.type === 'mcpToolCall');

/** What the model was given as the output of the last call. */
export function lastOutput(request: SeenRequest | undefined): unknown {
  const last = request?.body.input?.findLast(({ type }) => type === 'function_call_output');
  return last?.output;
}

/** The tools of one namespace that a request offered. */
export function offered(request: SeenRequest | undefined, namespace: string): string[] {
  const tools = Array.isArray(request?.body.tools) ? request.body.tools : [];
  const space = tools.find((tool: Record<string, unknown>) => tool.name === namespace);
  return space ? space.tools.map(({ name }: { name: string }) => name) : [];
}

/** What the fixture server noted in a file; empty while there is none. */
export async function noted(path: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Record<string, unknown> => JSON.parse(line));
}

/** Resolves when `check` is true; looks again at every notification of the client, and now and then between them. */
export async function until(check: () => boolean | Promise<boolean>, ms = 10_000): Promise<void> {
  const end = performance.now() + ms;
  while (!(await check())) {
    if (performance.now() > end) throw new Error('waited in vain');
    await new Promise((wake) => setTimeout(wake, 10));
  }
}

export const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
