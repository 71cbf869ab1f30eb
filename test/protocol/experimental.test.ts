import { describe, expect, test } from 'vitest';
import { appProtocol } from '../../src/protocol/app/index.ts';
import { experimentalUse } from '../../src/protocol/experimental.ts';

type Requests = typeof appProtocol.clientRequests;

const use = (method: keyof Requests, params: unknown) => experimentalUse(method, appProtocol.clientRequests[method], params);

const granular = { granular: { sandbox_approval: true, rules: true, mcp_elicitations: true } };

describe('what a request uses that is experimental', () => {
  test.each<[keyof Requests, unknown, string | undefined]>([
    ['mock/experimentalMethod', {}, 'mock/experimentalMethod'],
    ['thread/settings/update', { threadId: 't', model: 'x' }, 'thread/settings/update'],
    ['memory/reset', undefined, 'memory/reset'],
    ['thread/start', { environments: [] }, 'thread/start.environments'],
    ['thread/start', { dynamicTools: [] }, 'thread/start.dynamicTools'],
    ['turn/start', { threadId: 't', input: [], permissions: ':workspace' }, 'turn/start.permissions'],
    ['turn/start', { threadId: 't', input: [], additionalContext: {} }, 'turn/start.additionalContext'],
    ['thread/resume', { threadId: 't', initialTurnsPage: {} }, 'thread/resume.initialTurnsPage'],
    ['thread/list', { includeAttachedThreads: true }, 'thread/list.includeAttachedThreads'],
    ['thread/start', { approvalPolicy: granular }, 'askForApproval.granular'],
  ])('%s %o', (method, params, expected) => expect(use(method, params)).toBe(expected));

  test('null, false and absence use nothing', () => {
    expect(use('thread/start', { environments: null, experimentalRawEvents: false, approvalPolicy: 'never' })).toBeUndefined();
    expect(use('thread/list', { includeAttachedThreads: false, projectId: null })).toBeUndefined();
    expect(use('thread/start', {})).toBeUndefined();
  });

  test('stable members and methods pass', () => {
    expect(use('turn/start', { threadId: 't', input: [], disabledPluginIds: ['p'], outputSchema: {} })).toBeUndefined();
    expect(use('thread/turns/list', { threadId: 't' })).toBeUndefined();
    expect(use('thread/items/list', { threadId: 't' })).toBeUndefined();
  });

  test('the member that is declared first is named, whatever the order on the wire', () => {
    expect(use('thread/start', { environments: [], permissions: 'p' })).toBe('thread/start.permissions');
    expect(use('thread/fork', { threadId: 't', permissions: 'p', beforeTurnId: 'b' })).toBe('thread/fork.beforeTurnId');
    expect(use('turn/start', { threadId: 't', input: [], permissions: 'p', approvalPolicy: granular })).toBe('askForApproval.granular');
  });

  test('parsed params give the same answer as raw ones', () => {
    const raw = { environments: null, permissions: 'p' };
    const parsed = appProtocol.clientRequests['thread/start'].params().parse(raw);
    expect(use('thread/start', parsed)).toBe(use('thread/start', raw));
    expect(use('thread/start', appProtocol.clientRequests['thread/start'].params().parse({}))).toBeUndefined();
  });
});
