/** Rules inside rules: what an outer entry closes stays closed around what an inner one closes more, in every order. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { at, entry, Stage, starters, workspaceWrite } from './starters.ts';

describe.each(starters)('$name', (starter) => {
  const stage = new Stage(starter);
  const path = (name: string) => join(stage.ws, name);
  const tree = async (...names: string[]) => {
    for (const name of names) {
      await mkdir(join(path(name), '..'), { recursive: true });
      await writeFile(path(name), 'secret\n');
    }
  };

  test('P-15: a read-only directory with a read-only directory in it', async () => {
    await tree('a/x', 'a/b/c/y');
    const profile = workspaceWrite(entry(at(path('a')), 'read'), entry(at(path('a/b/c')), 'read'));
    const { output } = await stage.run(
      profile,
      'echo no > a/new; echo no > a/b/new; echo no > a/b/c/y; mv a z; mv a/b a/z; touch open; ls a a/b',
    );
    expect([existsSync(path('a/new')), existsSync(path('a/b/new')), existsSync(path('open'))], output).toEqual([false, false, true]);
  });

  test('P-36: a denied file in a read-only directory', async () => {
    await tree('a/secret', 'a/b/secret');
    const profile = workspaceWrite(
      entry(at(path('a')), 'read'),
      entry(at(path('a/secret')), 'deny'),
      entry(at(path('a/b/secret')), 'deny'),
    );
    const { output } = await stage.run(
      profile,
      'cat a/secret a/b/secret; echo no > a/new; echo no > a/b/new; mv a z; mv a/b a/z; cat z/secret',
    );
    expect(output).not.toMatch(/^secret/m);
    expect([existsSync(path('a/new')), existsSync(path('a/b/new'))]).toEqual([false, false]);
  });

  test('P-36, P-18: a denied file in protected metadata is closed, and so is the metadata', async () => {
    await tree('.git/HEAD', '.git/hooks/x.env', '.codex/deep/er/y.env');
    const globs = entry({ type: 'glob_pattern', pattern: join(stage.ws, '**/*.env') }, 'deny');
    const { output } = await stage.run(
      workspaceWrite(globs),
      'cat .git/HEAD .git/hooks/x.env .codex/deep/er/y.env; touch .git/n .git/hooks/n .codex/deep/n',
    );
    expect(output.match(/^secret/gm)).toHaveLength(1);
    expect(['.git/n', '.git/hooks/n', '.codex/deep/n'].filter((name) => existsSync(path(name)))).toEqual([]);
  });

  test('P-15: a writable directory in a read-only one in a writable one', async () => {
    await tree('a/x', 'a/b/y', 'a/b/c/z');
    const profile = workspaceWrite(entry(at(path('a')), 'read'), entry(at(path('a/b')), 'write'), entry(at(path('a/b/c')), 'deny'));
    const { output } = await stage.run(
      profile,
      'echo no > a/new; echo yes > a/b/new; cat a/b/c/z; mv a/b/c a/b/d; cat a/b/d/z; mkdir a/b/.git',
    );
    expect(output).not.toMatch(/^secret/m);
    expect([existsSync(path('a/new')), existsSync(path('a/b/new')), existsSync(path('a/b/.git'))]).toEqual([false, true, false]);
  });

  test('P-19: what a linked work tree shares with its repository is closed too, also when that lies in the workspace', async () => {
    await tree('main/.git/config', 'main/.git/hooks/x', 'main/.git/worktrees/w/HEAD', 'main/code');
    await writeFile(path('.git'), `gitdir: ${path('main/.git/worktrees/w')}\n`);
    await writeFile(path('main/.git/worktrees/w/commondir'), '../..\n');
    const { output } = await stage.run(
      workspaceWrite(),
      'for f in main/.git/config main/.git/hooks/x main/.git/worktrees/w/HEAD main/.git/worktrees/w/n .git; do (echo no > $f) 2>/dev/null && echo wrote $f; done; mv main away; mv main/.git away; echo yes > main/code && echo done',
    );
    expect(output).not.toContain('wrote');
    expect(output).toContain('done');
    expect(await readFile(path('main/.git/hooks/x'), 'utf8')).toBe('secret\n');
  });

  test('own rule: a link that a command could have put there does not choose a writable root', async () => {
    const [target, link] = [join(stage.base, 'beside'), path('link')];
    await mkdir(target, { recursive: true });
    await symlink(target, link);
    const attempt = stage.run(workspaceWrite(), `touch ${target}/planted`, { roots: [stage.ws, link], cwd: stage.ws });
    await expect(attempt).rejects.toThrow(`${link} is a symbolic link in a writable directory`);
    expect(existsSync(join(target, 'planted'))).toBe(false);
    // Beside the writable directories a link is the user's own.
    const mine = join(stage.base, 'mine');
    await symlink(target, mine);
    await stage.run(workspaceWrite(), `touch ${target}/wanted`, { roots: [stage.ws, mine], cwd: stage.ws });
    expect(existsSync(join(target, 'wanted'))).toBe(true);
    await Promise.all([rm(mine), rm(target, { recursive: true })]);
  });

  test('P-52b: a workspace of `/` opens the disk, but neither the metadata below it nor its devices', async () => {
    const names = ['/.git', '/.codex', '/.agents', '/.aws'].filter((name) => !existsSync(name));
    const script = `touch $WS/ok && echo ok; for n in ${names.join(' ')}; do mkdir $n 2>/dev/null && echo made $n; done; find /dev -type b; ls /dev/shm`;
    const { output } = await stage.run(workspaceWrite(), script, { roots: ['/'] });
    expect(output).toBe('ok\n');
    expect(names.filter((name) => existsSync(name))).toEqual([]);
  });
});
