/** What clients may leave out of their params, and what code reads then. */
import { describe, expect, test } from 'vitest';
import { appProtocol, SandboxPolicy, UserInput } from '../../src/protocol/app/index.ts';

type Requests = typeof appProtocol.clientRequests;

const read = (method: keyof Requests, params: unknown) => appProtocol.clientRequests[method].params().parse(params);

describe('defaults of params', () => {
  const cases: [keyof Requests, object, object][] = [
    ['thread/start', {}, { allowProviderModelFallback: false, experimentalRawEvents: false }],
    ['thread/resume', { threadId: 't' }, { threadId: 't', excludeTurns: false }],
    [
      'thread/fork',
      { threadId: 't' },
      {
        threadId: 't',
        experimentalPredictionMode: false,
        experimentalDisablePredictionMcp: false,
        ephemeral: false,
        attachToSource: false,
        excludeTurns: false,
        deferGoalContinuation: false,
      },
    ],
    ['thread/list', {}, { includeAttachedThreads: false, currentAccountOnly: false, useStateDbOnly: false }],
    ['thread/read', { threadId: 't' }, { threadId: 't', includeTurns: false }],
    ['turn/start', { threadId: 't', input: [] }, { threadId: 't', input: [] }],
    [
      'command/exec',
      { command: ['true'] },
      {
        command: ['true'],
        tty: false,
        streamStdin: false,
        streamStdoutStderr: false,
        disableOutputCap: false,
        disableTimeout: false,
      },
    ],
    [
      'process/spawn',
      { command: ['true'], processHandle: 'p', cwd: '/' },
      { command: ['true'], processHandle: 'p', cwd: '/', tty: false, streamStdin: false, streamStdoutStderr: false },
    ],
    ['fs/copy', { sourcePath: '/a', destinationPath: '/b' }, { sourcePath: '/a', destinationPath: '/b', recursive: false }],
    ['config/read', {}, { includeLayers: false }],
    ['config/batchWrite', { edits: [] }, { edits: [], reloadUserConfig: false }],
    ['skills/list', {}, { cwds: [], forceReload: false }],
    ['account/rateLimits/read', {}, { supportsLunaReserve: false, excludeResetCreditDetails: false }],
  ];
  test.each(cases)('%s', (method, sent, expected) => expect(read(method, sent)).toEqual(expected));

  test('capabilities are off', () => {
    const clientInfo = { name: 'n', version: '1' };
    expect(read('initialize', { clientInfo, capabilities: {} })).toEqual({
      clientInfo,
      capabilities: {
        requiredHumanApproval: false,
        explicitGatewayOauth: false,
        experimentalApi: false,
        requestAttestation: false,
        mcpServerOpenaiFormElicitation: false,
      },
    });
  });
});

describe('defaults of shared types', () => {
  test.each([
    [{ type: 'readOnly' }, { type: 'readOnly', networkAccess: false }],
    [{ type: 'externalSandbox' }, { type: 'externalSandbox', networkAccess: 'restricted' }],
    [
      { type: 'workspaceWrite' },
      { type: 'workspaceWrite', writableRoots: [], networkAccess: false, excludeTmpdirEnvVar: false, excludeSlashTmp: false },
    ],
  ])('sandbox policy %o', (sent, expected) => expect(SandboxPolicy().parse(sent)).toEqual(expected));

  test.each([
    [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'a', text_elements: [] },
    ],
    [
      { type: 'image', url: 'data:,' },
      { type: 'image', url: 'data:,', detail: null },
    ],
    [
      { type: 'localImage', path: 'a.png' },
      { type: 'localImage', path: 'a.png', detail: null },
    ],
  ])('user input %o', (sent, expected) => expect(UserInput().parse(sent)).toEqual(expected));

  test('an approval of permissions lasts for the turn', () => {
    const { result } = appProtocol.serverRequests['item/permissions/requestApproval'];
    expect(result().parse({ permissions: {} })).toEqual({ permissions: {}, scope: 'turn' });
  });
});
