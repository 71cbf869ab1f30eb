/** The set of environments: ids, the default, adding and replacing, states, and the end of all of them. */
import { describe, expect, test } from 'vitest';
import type { Environment, EnvironmentState } from '../../src/environment/environment.ts';
import { createLocalEnvironment } from '../../src/environment/local.ts';
import { createEnvironmentManager, type RemoteTarget } from '../../src/environment/manager.ts';

/** A real environment under another id, whose state and end the test sees and moves. */
function remote(id: string, closed: string[] = []) {
  const listeners = new Set<(state: EnvironmentState) => void>();
  let state: EnvironmentState = { status: 'pending' };
  const environment: Environment = {
    ...createLocalEnvironment({ id, baseEnv: {}, cwd: '/' }),
    state: () => state,
    onStateChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: async () => void closed.push(id),
  };
  const move = (next: EnvironmentState) => {
    state = next;
    for (const listener of listeners) listener(next);
  };
  return { environment, move };
}

const local = () => createLocalEnvironment({ baseEnv: {}, cwd: '/' });

describe('ids and the default', () => {
  test('this machine is `local` and the default unless told otherwise', async () => {
    await using manager = createEnvironmentManager({ local: local() });
    expect([manager.defaultId, manager.defaultIds(), manager.list()]).toEqual([
      'local',
      ['local'],
      [{ id: 'local', state: { status: 'ready' } }],
    ]);
    expect(manager.get('local')).toBe(manager.find('local'));
    expect(manager.find('far')).toBeUndefined();
    expect(() => manager.get('far')).toThrow(expect.objectContaining({ kind: 'invalidRequest', message: 'unknown environment id `far`' }));
  });

  test('a named default comes first, and null means none', async () => {
    await using manager = createEnvironmentManager({ local: local(), declared: [remote('dev').environment], defaultId: 'dev' });
    expect(manager.defaultIds()).toEqual(['dev', 'local']);
    await using off = createEnvironmentManager({ local: local(), defaultId: null });
    expect([off.defaultId, off.defaultIds(), off.find('local') !== undefined]).toEqual([undefined, [], true]);
    await using nothing = createEnvironmentManager({});
    expect(nothing.defaultId).toBeUndefined();
  });

  test.each([
    [{ defaultId: 'dev' }, 'default environment `dev` is not configured'],
    [{ declared: [remote('a').environment, remote('a').environment] }, 'environment id `a` is duplicated'],
    [{ declared: [remote('local').environment] }, 'environment id `local` is reserved'],
    [{ declared: [remote('a b').environment] }, "environment id `a b` must contain only ASCII letters, numbers, '-' or '_'"],
  ])('%# is refused as a whole', (options, message) => {
    expect(() => createEnvironmentManager(options)).toThrow(message);
  });
});

describe('adding', () => {
  const adding = () => {
    const made: RemoteTarget[] = [];
    const closed: string[] = [];
    const remotes: ReturnType<typeof remote>[] = [];
    const manager = createEnvironmentManager({
      local: local(),
      connectRemote: (target) => {
        made.push(target);
        const next = remote(target.environmentId, closed);
        remotes.push(next);
        return next.environment;
      },
    });
    return { manager, made, closed, remotes };
  };

  test('by url, without waiting; replacing keeps the old handle alive until the end', async () => {
    const { manager, made, closed, remotes } = adding();
    manager.add({ environmentId: 'far', execServerUrl: ' ws://x ', authBearerToken: 't' });
    const first = manager.get('far');
    expect(made).toEqual([{ environmentId: 'far', execServerUrl: 'ws://x', authBearerToken: 't' }]);
    expect(manager.status('far')).toEqual({ status: 'pending' });
    manager.add({ environmentId: 'far', execServerUrl: 'ws://y' });
    expect(manager.get('far')).not.toBe(first);
    expect(remotes).toHaveLength(2);
    expect([manager.defaultId, closed]).toEqual(['local', []]);
    await manager.close();
    await manager.close();
    expect(closed).toEqual(['far', 'far']);
    expect(() => manager.add({ environmentId: 'late', execServerUrl: 'ws://x' })).toThrow(/shutting down/);
  });

  test.each([
    [{ environmentId: '', execServerUrl: 'ws://x' }, 'exec-server protocol error: environment id cannot be empty'],
    [
      { environmentId: 'local', execServerUrl: 'ws://x' },
      'exec-server protocol error: environment id `local` is reserved for EnvironmentManager',
    ],
    [{ environmentId: 'a', execServerUrl: ' ' }, 'exec-server protocol error: remote environment requires an exec-server url'],
    [{ environmentId: 'a', execServerUrl: 'None' }, 'exec-server protocol error: remote environment cannot use disabled exec-server url'],
  ])('%j is refused', async (target, message) => {
    const { manager, made } = adding();
    await using _ = manager;
    expect(() => manager.add(target)).toThrow(message);
    expect(made).toEqual([]);
  });

  test('states are told for the environment that has the id now', async () => {
    const { manager, remotes } = adding();
    await using _ = manager;
    const seen: unknown[] = [];
    const stop = manager.onStateChange((id, state) => seen.push([id, state.status]));
    manager.add({ environmentId: 'far', execServerUrl: 'ws://x' });
    remotes[0]?.move({ status: 'ready' });
    manager.add({ environmentId: 'far', execServerUrl: 'ws://y' });
    remotes[0]?.move({ status: 'disconnected', error: 'old' });
    remotes[1]?.move({ status: 'disconnected', error: 'gone' });
    expect(seen).toEqual([
      ['far', 'ready'],
      ['far', 'disconnected'],
    ]);
    expect(manager.status('far')).toEqual({ status: 'disconnected', error: 'gone' });
    expect(manager.status('nobody')).toEqual({ status: 'unknown', error: 'unknown environment id `nobody`' });
    stop();
    remotes[1]?.move({ status: 'ready' });
    expect(seen).toHaveLength(2);
  });
});

test('closing closes all, also when one of them fails', async () => {
  const closed: string[] = [];
  const bad: Environment = { ...remote('bad').environment, close: () => Promise.reject(new Error('stuck')) };
  const manager = createEnvironmentManager({ declared: [bad, remote('good', closed).environment] });
  await expect(manager.close()).rejects.toThrow('closing the environments failed');
  expect(closed).toEqual(['good']);
});
