/** Git is asked about real repositories, hostile ones among them. */
import { existsSync } from 'node:fs';
import { execa } from 'execa';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Environment } from '../../src/environment/environment.ts';
import { diffToRemote, repositoryInfo, repositoryRoot } from '../../src/environment/git.ts';
import { createLocalEnvironment } from '../../src/environment/local.ts';
import { tempWorkspace, type Workspace } from '../support/workspace.ts';

const signal = new AbortController().signal;
const identity = { GIT_AUTHOR_NAME: 'n', GIT_AUTHOR_EMAIL: 'e', GIT_COMMITTER_NAME: 'n', GIT_COMMITTER_EMAIL: 'e' };

let environment: Environment;
let workspace: Workspace;

beforeEach(async () => {
  workspace = await tempWorkspace();
  environment = createLocalEnvironment({ baseEnv: { PATH: process.env.PATH ?? '', HOME: workspace.root }, cwd: '/' });
  onTestFinished(async () => {
    await environment.close();
    await workspace[Symbol.asyncDispose]();
  });
});

const git = async (...args: string[]): Promise<string> => {
  const env = { ...identity, HOME: workspace.root, GIT_CONFIG_NOSYSTEM: '1' };
  return (await execa('git', ['-C', workspace.path('repo'), ...args], { env })).stdout;
};

/** A repository whose branch `main` has one commit that `origin` knows. */
async function repository(): Promise<string> {
  await execa('git', ['init', '--quiet', '--initial-branch=main', workspace.path('repo')]);
  await execa('git', ['init', '--quiet', '--bare', workspace.path('origin.git')]);
  await workspace.write('repo/a', 'one\n');
  await git('add', 'a');
  await git('commit', '--quiet', '--message=1');
  await git('remote', 'add', 'origin', workspace.path('origin.git'));
  await git('push', '--quiet', 'origin', 'main');
  return git('rev-parse', 'HEAD');
}

const place = (...parts: string[]) => ({ environment, cwd: workspace.path(...parts), signal });

describe('repository facts', () => {
  test('sha, branch, origin and root, also from below', async () => {
    const sha = await repository();
    await workspace.write('repo/below/file', '');
    const info = { sha, branch: 'main', originUrl: workspace.path('origin.git') };
    expect(await repositoryInfo(place('repo'))).toEqual(info);
    expect(await repositoryInfo(place('repo', 'below'))).toEqual(info);
    expect(await repositoryRoot(place('repo', 'below'))).toBe(workspace.path('repo'));
  });

  test('no branch when none is checked out, nothing at all without a commit, nobody home outside', async () => {
    const sha = await repository();
    await git('checkout', '--quiet', '--detach');
    expect(await repositoryInfo(place('repo'))).toMatchObject({ sha, branch: undefined });
    await execa('git', ['init', '--quiet', '--initial-branch=trunk', workspace.path('empty')]);
    expect(await repositoryInfo(place('empty'))).toEqual({ sha: undefined, branch: 'trunk', originUrl: undefined });
    expect(await repositoryInfo(place())).toBeUndefined();
    expect(await repositoryRoot(place('missing'))).toBeUndefined();
  });
});

describe('the difference to the remote', () => {
  test('commits since, changed files and files git does not know, from anywhere in the tree', async () => {
    const sha = await repository();
    await workspace.write('repo/a', 'one\ntwo\n');
    await git('commit', '--quiet', '--all', '--message=2');
    await workspace.write('repo/a', 'one\ntwo\nthree\n');
    await workspace.write('repo/below/new file', 'x\n');
    await workspace.write('repo/ignored', 'x\n');
    await workspace.write('repo/.git/info/exclude', 'ignored\n');
    const found = await diffToRemote(place('repo'));
    expect(found?.sha).toBe(sha);
    expect(found?.diff).toContain(' one\n+two\n+three\n');
    expect(found?.diff).toContain('--- /dev/null\n+++ b/below/new file\t\n@@ -0,0 +1 @@\n+x\n');
    expect(found?.diff).not.toContain('ignored');
    expect(await diffToRemote(place('repo', 'below'))).toEqual(found);
  });

  test('the nearest remote branch is taken', async () => {
    await repository();
    await git('checkout', '--quiet', '-b', 'topic');
    await workspace.write('repo/b', 'b\n');
    await git('add', 'b');
    await git('commit', '--quiet', '--message=2');
    await git('push', '--quiet', 'origin', 'topic');
    expect(await diffToRemote(place('repo'))).toEqual({ sha: await git('rev-parse', 'HEAD'), diff: '' });
  });

  test('nothing without a remote branch and outside of a repository', async () => {
    await execa('git', ['init', '--quiet', workspace.path('lonely')]);
    expect(await diffToRemote(place('lonely'))).toBeUndefined();
    expect(await diffToRemote(place())).toBeUndefined();
  });
});

test('nothing a hostile repository configures is run', async () => {
  await repository();
  const trap = (name: string) => workspace.path(`trap-${name}`);
  const command = (name: string) => `touch ${trap(name)};:`;
  const script = async (path: string, name: string) => {
    await workspace.write(path, `#!/bin/sh\ntouch ${trap(name)}\n`);
    await execa('chmod', ['+x', workspace.path(path)]);
  };
  await script('repo/.git/hooks/post-index-change', 'hook');
  await script('monitor', 'fsmonitor');
  await workspace.write('repo/.gitattributes', '* filter=evil diff=evil\n');
  const settings: Record<string, string> = {
    'core.fsmonitor': workspace.path('monitor'),
    'filter.evil.clean': `${command('clean')} cat`,
    'filter.evil.smudge': `${command('smudge')} cat`,
    'diff.evil.textconv': command('textconv'),
    'diff.evil.command': command('driver'),
    'diff.external': command('external'),
    'core.pager': command('pager'),
    'core.sshCommand': command('ssh'),
    'filter.pipe.process': command('process'),
    'filter.pipe.required': 'true',
  };
  for (const [key, value] of Object.entries(settings)) await git('config', key, value);
  await workspace.write('repo/a', 'changed\n');
  await workspace.write('repo/untracked', 'new\n');
  // The traps work: git without our care walks into them.
  await git('status').catch(() => undefined);
  await git('-c', 'core.fsmonitor=', 'diff').catch(() => undefined);
  await git('-c', 'core.fsmonitor=', 'diff', '--no-ext-diff').catch(() => undefined);
  await git('-c', 'core.fsmonitor=', 'diff', '--no-ext-diff', '--no-textconv').catch(() => undefined);
  const set = ['clean', 'driver', 'external', 'fsmonitor', 'hook', 'pager', 'process', 'smudge', 'ssh', 'textconv'];
  expect(set.filter((name) => existsSync(trap(name)))).toEqual(
    expect.arrayContaining(['clean', 'driver', 'fsmonitor', 'hook', 'textconv']),
  );
  for (const name of set) await execa('rm', ['-f', trap(name)]);
  await repositoryInfo(place('repo'));
  await repositoryRoot(place('repo'));
  const found = await diffToRemote(place('repo'));
  expect(found?.diff).toContain('+changed\n');
  expect(found?.diff).toContain('+new\n');
  expect(set.filter((name) => existsSync(trap(name)))).toEqual([]);
});
