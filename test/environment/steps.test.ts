/** What a model step sees of environments and capability roots stays what it was at its beginning; the next step looks again. */
import { expect, test } from 'vitest';
import { CapabilityRoots, storedRoots } from '../../src/agent/capability-roots.ts';
import { captureEnvironments } from '../../src/agent/step-environments.ts';
import { deferred } from '../../src/base/deferred.ts';
import type { Environment, EnvironmentState } from '../../src/environment/environment.ts';
import type { Environments } from '../../src/environment/environments.ts';
import { createLocalEnvironment } from '../../src/environment/local.ts';
import { run, say } from '../support/scripted-model.ts';
import { startServer } from '../support/server.ts';
import { listeningServer } from './exec-servers.ts';

const baseEnv = { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: '/nonexistent' };

test('an environment that is replaced during a step serves that step to its end, and the next one has the new one', async () => {
  await using first = await listeningServer({ ...baseEnv, HOME: '/first' });
  await using second = await listeningServer({ ...baseEnv, HOME: '/second' });
  const asked = deferred();
  const replaced = deferred();
  const where = run('echo "in $HOME"');
  await using server = await startServer({
    model: [
      async (reply, request) => {
        asked.resolve();
        await replaced.promise;
        await where(reply, request);
      },
      where,
      say('done'),
    ],
  });
  const client = await server.client();
  await client.request('environment/add', { environmentId: 'far', execServerUrl: first.url });
  const threadId = await client.thread({ environments: [{ environmentId: 'far', cwd: server.work.root }] });
  const turn = client.turn(threadId, 'go');
  await asked.promise;
  await client.request('environment/add', { environmentId: 'far', execServerUrl: second.url });
  replaced.resolve();
  const { items } = await turn;
  const outputs = items.flatMap((item) => (item.type === 'commandExecution' ? [item.aggregatedOutput] : []));
  expect(outputs).toEqual(['in /first\n', 'in /second\n']);
});

/** An environment in a state of the test's choice, which notes that it was asked to start. */
function environment(id: string, state: EnvironmentState, started: string[] = []): Environment {
  const { processes, files, http, info, discover, onStateChange, close } = createLocalEnvironment({ id, baseEnv: {}, cwd: '/' });
  return {
    ...{ id, processes, files, http, discover, onStateChange, close },
    state: () => state,
    info: (signal) => {
      started.push(id);
      return info(signal);
    },
  };
}

function known(...list: readonly Environment[]): Environments & { put(environment: Environment): void } {
  const byId = new Map(list.map((one) => [one.id, one]));
  return {
    defaultIds: () => [],
    find: (id) => byId.get(id),
    get: () => {
      throw new Error('not used');
    },
    list: () => [],
    put: (one) => byId.set(one.id, one),
  };
}

const never = new AbortController().signal;
const roots = (...environmentIds: readonly string[]) =>
  storedRoots(
    environmentIds.map((environmentId) => ({
      id: environmentId,
      location: { type: 'environment', environmentId, path: `/of/${environmentId}` },
    })),
  );
const at = (...environmentIds: readonly string[]) =>
  environmentIds.map((environmentId) => ({ environmentId, cwd: '/', runtimeWorkspaceRoots: ['/'] }));

test('a root is served by the handle the step captured, else by what is ready now; what is not ready is left out and asked to start', () => {
  const started: string[] = [];
  const gone = { status: 'disconnected', error: 'gone' } as const;
  const environments = known(
    environment('captured', { status: 'ready' }),
    environment('starting', { status: 'pending' }, started),
    environment('elsewhere', { status: 'ready' }),
    environment('lazy', { status: 'pending' }, started),
    environment('recovering', { ...gone, recovering: true }),
    environment('comesBack', gone, started),
    environment('failed', { ...gone, final: true }, started),
  );
  const step = captureEnvironments(environments, at('captured', 'starting'));
  const all = new CapabilityRoots(
    roots('captured', 'starting', 'elsewhere', 'lazy', 'recovering', 'comesBack', 'failed', 'nobody'),
    environments,
    never,
  );
  const before = environments.find('captured');
  environments.put(environment('captured', { status: 'pending' }, started));
  expect(all.resolve(step).map(({ id, path }) => [id, path])).toEqual([
    ['captured', '/of/captured'],
    ['elsewhere', '/of/elsewhere'],
    ['recovering', '/of/recovering'],
    ['comesBack', '/of/comesBack'],
  ]);
  expect(all.resolve(step)[0]?.environment).toBe(before);
  expect(new Set(started)).toEqual(new Set(['lazy']));

  // The next step has its own view; the selection is what it was.
  environments.put(environment('lazy', { status: 'ready' }));
  const next = all.resolve(captureEnvironments(environments, at('captured', 'starting')));
  expect(next.map(({ id }) => id)).toEqual(['elsewhere', 'lazy', 'recovering', 'comesBack']);
  expect(all.selected).toHaveLength(8);
});

test('a catalogue gets what is ready and a warning for what can never be, and nothing is started for it', () => {
  const started: string[] = [];
  const environments = known(
    environment('ready', { status: 'ready' }),
    environment('lazy', { status: 'pending' }, started),
    environment('failed', { status: 'disconnected', error: 'refused', final: true }, started),
  );
  const { roots: found, warnings } = new CapabilityRoots(roots('ready', 'lazy', 'failed', 'nobody'), environments, never).atHand();
  expect(found.map(({ id }) => id)).toEqual(['ready']);
  expect(warnings).toEqual(['capability root `failed`: refused', 'capability root `nobody`: unknown environment id `nobody`']);
  expect(started).toEqual([]);
});

test('paths of every family become URIs, URIs stay, and what is not absolute is refused', () => {
  const of = (path: string) => storedRoots([{ id: 'r', location: { type: 'environment', environmentId: 'e', path } }])[0]?.location.path;
  expect([of('/a b'), of('C:\\x'), of('\\\\host\\share\\y'), of('file:///z')]).toEqual([
    'file:///a%20b',
    'file:///C:/x',
    'file://host/share/y',
    'file:///z',
  ]);
  expect(() => of('below')).toThrow('selected capability root `r` must have an absolute path');
});

test('every root is looked at once per thread, those of one environment together; only what was not reached is asked again', async () => {
  const asked: string[][] = [];
  let reachable = false;
  const far: Environment = {
    ...environment('far', { status: 'ready' }),
    discover: async (places) => {
      asked.push(places.map(({ id }) => id));
      if (!reachable) throw new Error('gone');
      return places.map(({ id, uri }) => ({
        id,
        path: uri,
        plugin: null,
        skills: [],
        namespaceManifests: [],
        warnings: [],
        error: id === 'b' ? 'bad' : null,
      }));
    },
  };
  const stored = storedRoots(
    ['a', 'b', 'c'].map((id) => ({ id, location: { type: 'environment', environmentId: 'far', path: `/${id}` } })),
  );
  const all = new CapabilityRoots(stored, known(far), never);
  const resolved = all.resolve(captureEnvironments(known(), []));
  const errors = async (count: number) => (await all.look(resolved.slice(0, count), never)).map(({ error }) => error);
  expect(await errors(2)).toEqual(['a', 'b'].map((id) => `failed to inspect capability root file:///${id}: gone`));
  reachable = true;
  expect(await errors(2)).toEqual([null, 'bad']);
  expect(await errors(3)).toEqual([null, 'bad', null]);
  expect(asked).toEqual([['a', 'b'], ['a', 'b'], ['c']]);
});
