/** A configuration is loaded once for as long as nothing of it changes, and every change is seen by the next load. */
import { mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { createConfiguration } from '../../src/config/configuration.ts';
import { tempWorkspace } from '../support/workspace.ts';

const trusting = (path: string, more = '') => `${more}\n[projects.${JSON.stringify(path)}]\ntrust_level = "trusted"\n`;

async function stage() {
  const at = await tempWorkspace({ 'home/config.toml': 'model = "one"\n', 'ws/sub/x': '', 'etc/x': '' });
  const configuration = createConfiguration({
    ...{ home: at.path('home'), cwd: at.path('ws/sub'), overrides: [], env: {}, systemFile: at.path('etc/config.toml') },
  });
  const load = () => configuration.load();
  /** Loads until nothing is too fresh to be relied upon. */
  const settled = async () => {
    let last: unknown;
    const again = async () => {
      const before = last;
      last = await load();
      return last === before;
    };
    await expect.poll(again).toBe(true);
    return load();
  };
  return { at, load, settled, configuration, [Symbol.asyncDispose]: () => at[Symbol.asyncDispose]() };
}

test('nothing is read again while nothing changes, and other directories are loads of their own', async () => {
  await using it = await stage();
  const first = await it.settled();
  expect(await it.load()).toBe(first);
  const other = await it.configuration.load({ cwd: it.at.path('ws') });
  expect(other).not.toBe(first);
  expect(await it.load()).toBe(first);
  expect((await it.configuration.load({ session: { model: 'mine' } })).settings.model.model).toBe('mine');
});

describe('each of these is seen by the next load', () => {
  type Change = (at: Awaited<ReturnType<typeof stage>>['at']) => Promise<unknown>;
  const project: Change = async (at) => {
    await at.write('home/config.toml', trusting(at.path('ws'), 'model = "one"'));
    await at.write('ws/.git/HEAD', 'ref: refs/heads/main\n');
  };
  const table: readonly (readonly [string, Change, Change, string])[] = [
    ['another text of the same length', async () => {}, (at) => at.write('home/config.toml', 'model = "two"\n'), 'two'],
    [
      'another text of the same length with the old time on it',
      (at) => utimes(at.path('home/config.toml'), 1, 1),
      async (at) => {
        await at.write('home/config.toml', 'model = "two"\n');
        await utimes(at.path('home/config.toml'), 1, 1);
      },
      'two',
    ],
    [
      'another file in its place',
      (at) => at.write('home/new', 'model = "two"\n'),
      (at) => rename(at.path('home/new'), at.path('home/config.toml')),
      'two',
    ],
    ['no file any more', (at) => at.write('etc/config.toml', 'model = "two"\n'), (at) => rm(at.path('home/config.toml')), 'two'],
    ['a file of the system', (at) => at.write('home/config.toml', ''), (at) => at.write('etc/config.toml', 'model = "two"\n'), 'two'],
    ['a file of the project', project, (at) => at.write('ws/.codex/config.toml', 'model = "two"\n'), 'two'],
    ['a file of a directory inside the project', project, (at) => at.write('ws/sub/.codex/config.toml', 'model = "two"\n'), 'two'],
    [
      'a root of the project, which was none before',
      async (at) => {
        await at.write('home/config.toml', trusting(at.path('ws'), 'model = "one"'));
        await at.write('ws/.codex/config.toml', 'model = "two"\n');
      },
      (at) => at.write('ws/.git/HEAD', 'ref: refs/heads/main\n'),
      'two',
    ],
    [
      'trust taken back',
      async (at) => {
        await project(at);
        await at.write('ws/.codex/config.toml', 'model = "two"\n');
      },
      (at) => at.write('home/config.toml', 'model = "one"\n'),
      'one',
    ],
    [
      'a work tree whose main repository lends it trust',
      async (at) => {
        await at.write('home/config.toml', trusting(at.path('main'), 'model = "one"'));
        await at.write('main/.git/worktrees/w/commondir', '../..\n');
        await at.write('ws/.git', `gitdir: ${at.path('elsewhere')}\n`);
        await at.write('ws/.codex/config.toml', 'model = "two"\n');
      },
      (at) => at.write('ws/.git', `gitdir: ${at.path('main/.git/worktrees/w')}\n`),
      'two',
    ],
    [
      'a working directory that leads elsewhere',
      async (at) => {
        await at.write('home/config.toml', trusting(at.path('far'), 'model = "one"'));
        await at.write('far/.codex/config.toml', 'model = "two"\n');
        await at.write('far/.git/HEAD', 'ref: refs/heads/main\n');
        await mkdir(at.path('near'));
        await rm(at.path('ws/sub'), { recursive: true });
        await symlink(at.path('near'), at.path('ws/sub'));
      },
      async (at) => {
        await rm(at.path('ws/sub'));
        await symlink(at.path('far'), at.path('ws/sub'));
      },
      'two',
    ],
  ];
  test.each(table)('%s', async (_what, before, change, model) => {
    await using it = await stage();
    await before(it.at);
    expect((await it.settled()).settings.model.model).not.toBe(model);
    await change(it.at);
    expect((await it.load()).settings.model.model).toBe(model);
  });

  test('what an administrator requires', async () => {
    await using it = await stage();
    expect((await it.settled()).requirements.present).toBe(false);
    await it.at.write('etc/requirements.toml', '[experimental_network]\nenabled = true\n');
    expect((await it.load()).requirements.network?.enabled).toBe(true);
  });

  test('changes faster than the clock of the file system', async () => {
    await using it = await stage();
    for (let round = 0; round < 300; round += 1) {
      await writeFile(it.at.path('home/config.toml'), `model = "${100 + round}"\n`);
      expect((await it.load()).settings.model.model).toBe(`${100 + round}`);
    }
  });
});
