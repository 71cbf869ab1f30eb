/** What a thread knows of its repository, compared with what git itself says, and the diff to a remote. */
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { startServer, type TestClient } from '../support/server.ts';

const identity = { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@b', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@b' };

/** Runs git without the user's own settings. */
const gitIn =
  (cwd: string) =>
  async (...args: string[]): Promise<string> =>
    (await execa('git', args, { cwd, env: { ...identity, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' } })).stdout;

/** What is known after the first turn; before it, nothing is told. */
async function infoOf(client: TestClient, cwd: string) {
  const { thread } = await client.request('thread/start', { cwd });
  expect(thread.gitInfo).toBe(null);
  await client.turn(thread.id, 'hello');
  return (await client.request('thread/read', { threadId: thread.id })).thread.gitInfo;
}

test('commit, branch and origin are those git names, in every form a repository can have', async () => {
  await using server = await startServer({ files: { 'repo/sub/file': 'one' } });
  const client = await server.client();
  const [repo, sub] = [server.work.path('repo'), server.work.path('repo', 'sub')];
  const git = gitIn(repo);
  expect(await infoOf(client, sub)).toBe(null);
  await git('init', '-b', 'main');
  expect(await infoOf(client, sub)).toEqual({ sha: null, branch: 'main', originUrl: null });
  await git('add', '.');
  await git('commit', '-m', 'one');
  await git('remote', 'add', 'origin', 'https://user:secret@example.com/repo.git');
  const sha = await git('rev-parse', 'HEAD');
  const expected = { sha, branch: 'main', originUrl: 'https://example.com/repo.git' };
  expect(await infoOf(client, sub)).toEqual(expected);
  await git('pack-refs', '--all');
  expect(await infoOf(client, sub)).toEqual(expected);
  const tree = server.work.path('tree');
  await git('worktree', 'add', '-b', 'feature/x', tree);
  expect(await infoOf(client, tree)).toEqual({ ...expected, branch: 'feature/x' });
  await git('checkout', '--detach');
  expect(await infoOf(client, repo)).toEqual({ ...expected, branch: null });
});

test('the diff to the remote holds what is committed, changed and new', async () => {
  await using server = await startServer({ files: { 'repo/kept': 'one\n' } });
  const client = await server.client();
  const repo = server.work.path('repo');
  const git = gitIn(repo);
  await git('init', '-b', 'main');
  await git('add', '.');
  await git('commit', '-m', 'one');
  const sha = await git('rev-parse', 'HEAD');
  await git('clone', '--bare', repo, server.work.path('remote.git'));
  await git('remote', 'add', 'origin', server.work.path('remote.git'));
  await git('fetch', 'origin');
  await server.work.write('repo/kept', 'two\n');
  await git('commit', '-am', 'two');
  await server.work.write('repo/new', 'fresh\n');
  const result = await client.request('gitDiffToRemote', { cwd: repo });
  expect(result.sha).toBe(sha);
  expect(result.diff).toContain('-one\n+two');
  expect(result.diff).toContain('+fresh');
  await expect(client.request('gitDiffToRemote', { cwd: server.work.root })).rejects.toThrow('failed to compute git diff to remote');
});
