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

/** A program that notes that it ran. */
async function trapped(name: string): Promise<{ program: string; ran: () => boolean }> {
  const trap = workspace.path(`trap-${name}`);
  await workspace.write(name, `#!/bin/sh\ntouch ${trap}\nexit 1\n`);
  await execa('chmod', ['+x', workspace.path(name)]);
  return { program: workspace.path(name), ran: () => existsSync(trap) };
}

const all = async () => {
  await repositoryInfo(place('repo'));
  await repositoryRoot(place('repo'));
  return diffToRemote(place('repo'));
};

test('a hostile submodule runs nothing: its own settings are not read, its update command not run', async () => {
  await repository();
  const [monitor, update] = [await trapped('monitor-inside'), await trapped('update-inside')];
  await execa('git', ['init', '--quiet', '--initial-branch=main', workspace.path('repo/sub')]);
  await workspace.write('repo/sub/file', 'x\n');
  const inside = (...args: string[]) =>
    execa('git', ['-C', workspace.path('repo/sub'), ...args], { env: { ...identity, HOME: workspace.root } });
  await inside('add', 'file');
  await inside('commit', '--quiet', '--message=1');
  await workspace.write('repo/.gitmodules', `[submodule "sub"]\n\tpath = sub\n\turl = ./sub\n`);
  await git('add', 'sub', '.gitmodules');
  await git('commit', '--quiet', '--message=2');
  await git('config', 'submodule.sub.update', `!${update.program}`);
  await git('config', 'diff.submodule', 'diff');
  await git('config', 'status.submoduleSummary', 'true');
  await inside('config', 'core.fsmonitor', monitor.program);
  await workspace.write('repo/sub/file', 'y\n');
  // The trap works: git without our care asks the submodule's monitor.
  await git('status').catch(() => undefined);
  expect(monitor.ran()).toBe(true);
  await execa('rm', ['-f', workspace.path('trap-monitor-inside')]);
  await all();
  expect([monitor.ran(), update.ran()]).toEqual([false, false]);
});

test('a remote whose transport is a program is not spoken to', async () => {
  await repository();
  const [ssh, helper, upload] = [await trapped('ssh'), await trapped('helper'), await trapped('upload')];
  await git('config', 'core.sshCommand', ssh.program);
  await git('config', 'remote.origin.uploadpack', upload.program);
  await git('config', 'protocol.ext.allow', 'always');
  await git('config', 'credential.helper', helper.program);
  for (const url of [`ext::${helper.program}`, 'ssh://nobody@127.0.0.1:1/x', workspace.path('origin.git')]) {
    await git('config', 'remote.origin.url', url);
    await git('config', 'remote.origin.promisor', 'true');
    await git('config', 'remote.origin.partialclonefilter', 'blob:none');
    await all();
  }
  expect([ssh.ran(), helper.ran(), upload.ran()]).toEqual([false, false, false]);
});

test.each([
  ['an included file', async () => git('config', 'include.path', workspace.path('evil.config'))],
  ['the variables of the caller', async () => undefined],
])('settings by way of %s run nothing', async (way, set) => {
  await repository();
  const monitor = await trapped('monitor-included');
  await workspace.write('evil.config', `[core]\n\tfsmonitor = ${monitor.program}\n[diff]\n\texternal = ${monitor.program}\n`);
  await set();
  if (way.startsWith('the variables')) {
    const poisoned = {
      GIT_CONFIG_GLOBAL: workspace.path('evil.config'),
      GIT_EXTERNAL_DIFF: monitor.program,
      GIT_SSH_COMMAND: monitor.program,
    };
    environment = createLocalEnvironment({ baseEnv: { PATH: process.env.PATH ?? '', HOME: workspace.root, ...poisoned }, cwd: '/' });
    const opened = environment;
    onTestFinished(() => opened.close());
  }
  await workspace.write('repo/a', 'changed\n');
  expect((await all())?.diff).toContain('+changed');
  expect(monitor.ran()).toBe(false);
});
