import { describe, expect, test } from 'vitest';
import { appProtocol, type ServerRequests, type Thread, type ThreadItem, type Turn, type UserInput } from '../../src/protocol/app/index.ts';
import type { Lane, Out } from '../../src/rpc/contract.ts';

const requests = Object.entries({ ...appProtocol.clientRequests, ...appProtocol.serverRequests });
const notifications = Object.entries({ ...appProtocol.clientNotifications, ...appProtocol.serverNotifications });

describe('every row', () => {
  test.each(requests)('%s builds, once', (_method, row) => {
    expect(row.params()).toBe(row.params());
    expect(row.result()).toBe(row.result());
    expect(row.doc).toMatch(/[.?]$/);
  });

  test.each(notifications)('%s builds, once', (_method, row) => {
    expect(row.params()).toBe(row.params());
    expect(row.doc).toMatch(/[.?]$/);
  });

  test('params that may be absent are accepted when they are absent, and only those', () => {
    for (const [method, row] of requests) expect(row.params().safeParse(undefined).success, method).toBe(row.noParams);
  });
});

describe('lanes', () => {
  const keyOf = (lane: Lane<never>, params: object) => {
    if (lane === 'concurrent') return undefined;
    return Reflect.apply(lane.key, undefined, [params]);
  };
  const { clientRequests } = appProtocol;

  test.each([
    ['turn/start', { threadId: 't' }, 'thread:t'],
    ['turn/interrupt', { threadId: 't' }, 'thread:t'],
    ['thread/resume', { threadId: 't' }, 'thread:t'],
    ['thread/resume', { threadId: 't', path: '/r.jsonl' }, 'path:/r.jsonl'],
    ['config/value/write', {}, 'config'],
    ['config/read', {}, 'config'],
    ['account/read', {}, 'account-auth'],
    ['environment/add', {}, 'environment'],
    ['mcpServerStatus/list', {}, 'mcp-registry'],
    ['mcpServer/resource/read', {}, undefined],
    ['command/exec/write', { processId: 'p' }, 'command:p'],
    ['process/kill', { processHandle: 'p' }, 'process:p'],
    ['fs/watch', { watchId: 'w' }, 'watch:w'],
    ['fuzzyFileSearch/sessionUpdate', { sessionId: 's' }, 'search:s'],
    ['thread/start', {}, undefined],
    ['thread/list', {}, undefined],
    // Held until the command ends, its lane would keep input and termination from it.
    ['command/exec', { processId: 'p' }, undefined],
  ] as const)('%s %o', (method, params, key) => expect(keyOf(clientRequests[method].lane, params)).toBe(key));

  test('readers of the configuration overlap, names that a client chose are its own', () => {
    expect(clientRequests['config/read'].lane).toMatchObject({ shared: true });
    expect(clientRequests['config/value/write'].lane).not.toHaveProperty('shared');
    expect(clientRequests['fs/watch'].lane).toMatchObject({ perConnection: true });
    expect(clientRequests['turn/start'].lane).not.toHaveProperty('perConnection');
  });
});

describe('types', () => {
  test('read as a handler wants them', () => {
    const input: UserInput = { type: 'text', text: 'a', text_elements: [] };
    const item: ThreadItem = { type: 'userMessage', id: 'i', clientId: null, content: [input], startedAtMs: 1, completedAtMs: null };
    const turn: Turn = {
      id: 't',
      rootTurnId: null,
      items: [item],
      itemsView: 'full',
      status: 'failed',
      error: {
        message: 'm',
        codexErrorInfo: { httpConnectionFailed: { httpStatusCode: 401 } },
        additionalDetails: null,
        misalignment: null,
      },
      startedAt: 1,
      completedAt: null,
      durationMs: null,
    };
    const turns: Thread['turns'] = [turn];
    const answer: Out<ServerRequests['item/commandExecution/requestApproval']['result']> = {
      decision: { acceptWithExecpolicyAmendment: { execpolicy_amendment: ['touch'] } },
    };
    const { result } = appProtocol.serverRequests['item/commandExecution/requestApproval'];
    expect(result().parse(answer)).toEqual(answer);
    expect(appProtocol.clientRequests['turn/start'].result().parse({ turn: turns[0] })).toEqual({ turn });
    // @ts-expect-error a status that does not exist
    const wrong: Turn['status'] = 'done';
    expect(appProtocol.clientRequests['turn/start'].result().safeParse({ turn: { ...turn, status: wrong } }).success).toBe(false);
  });

  test('members that code does not know are ignored', () => {
    const params = appProtocol.clientRequests['turn/interrupt'].params().parse({ threadId: 't', turnId: 'u', later: 1 });
    expect(params).toEqual({ threadId: 't', turnId: 'u' });
  });

  test('open types keep members that code does not know', () => {
    const { params } = appProtocol.clientRequests['thread/inject_items'];
    const items = [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'x' }] }];
    expect(params().parse({ threadId: 't', items })).toMatchObject({ items });
  });
});
