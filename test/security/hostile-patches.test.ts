/** Patches of a hostile model (H-18 to H-25): where they may write, who is asked, and that what is shown is what is done. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { applyPatch } from 'diff';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { patch } from '../support/scripted-model.ts';
import { openStage, places, type Stage } from './stage.ts';

const add = (path: string) => patch(`*** Begin Patch\n*** Add File: ${path}\n+evil\n*** End Patch`);
const update = (path: string, lines: string) => patch(`*** Begin Patch\n*** Update File: ${path}\n@@\n${lines}\n*** End Patch`);

describe.each(places)('$place', ({ place }) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({ place });
  });
  afterAll(() => stage?.[Symbol.asyncDispose]());
  const work = (name: string) => join(stage.work, name);
  /** The changes of the one patch in a turn, as the item shows them. */
  const shown = async (thread: string, step: ReturnType<typeof patch>) => {
    const completed = stage.client.next('item/completed', { matches: ({ item }) => item.type === 'fileChange' });
    await stage.play(thread, step);
    const { item } = await completed;
    return item.type === 'fileChange' ? item : expect.unreachable();
  };

  test('P-19: where a .git file leads to is as closed to patches as to commands, the shared directory of a work tree too', async () => {
    await mkdir(work('main/.git/worktrees/w'), { recursive: true });
    await writeFile(work('main/.git/worktrees/w/commondir'), '../..\n');
    await writeFile(work('.git'), 'gitdir: main/.git/worktrees/w\n');
    const thread = await stage.thread('workspace-write');
    const closed = ['main/.git/worktrees/w/HEAD', 'main/.git/hooks/post-checkout', 'main/.git/config'];
    await stage.play(thread, ...closed.map(add), add('main/open'), update('.git', '-gitdir: main/.git/worktrees/w\n+gitdir: elsewhere'));
    expect([...closed, 'main/open'].map((name) => existsSync(work(name)))).toEqual([false, false, false, true]);
    expect(await readFile(work('.git'), 'utf8')).toBe('gitdir: main/.git/worktrees/w\n');
  });

  test.each([
    ['line ends of Windows', 'one\r\ntwo\r\nthree\r\n', ' one\n-two\n+2\n three'],
    ['no end of the last line', 'one\ntwo', ' one\n-two\n+2'],
    ['context that matches loosely keeps the text of the file', 'a “quoted” — line  \ntwo\n', ' a "quoted" - line\n-two\n+2'],
    ['what looks like a header', 'one\n*** End of File?\n--- a/x\n+++ b/x\n', ' one\n *** End of File?\n---- a/x\n+-- c\n +++ b/x'],
    ['characters beyond ASCII and control characters', 'ä\u202e\u0007\ntwo\n', ' ä\u202e\u0007\n-two\n+\u202etwo'],
  ])('item 8: the diff that is shown makes the very bytes that are written: %s', async (_what, before, lines) => {
    await writeFile(work('file'), before);
    const { status, changes } = await shown(await stage.thread('workspace-write'), update('file', lines));
    expect(status).toBe('completed');
    expect(changes).toMatchObject([{ path: work('file'), kind: { type: 'update' } }]);
    const after = await readFile(work('file'), 'utf8');
    expect(after).not.toBe(before);
    expect(applyPatch(before, changes[0]?.diff ?? '', { autoConvertLineEndings: false })).toBe(after);
  });

  test('H-18, H-23: a patch outside the roots asks with the diff on the table; declined it does nothing, never it is refused unasked', async () => {
    const asking = await stage.thread('workspace-write', { approvalPolicy: 'on-request' });
    const target = join(stage.base, 'beside');
    const before = stage.asked.length;
    const item = await shown(asking, add(target));
    expect(item).toMatchObject({ status: 'declined', changes: [{ path: target, kind: { type: 'add' }, diff: 'evil\n' }] });
    expect(stage.asked.slice(before)).toMatchObject([{ method: 'patch', params: { itemId: item.id } }]);
    await stage.play(await stage.thread('workspace-write'), add(target));
    expect(stage.asked).toHaveLength(before + 1);
    expect(existsSync(target)).toBe(false);
  });
});

test('H-23: accepted, exactly what was shown is written, and nothing else has become writable', async () => {
  await using stage = await openStage({ questions: { 'item/fileChange/requestApproval': async () => ({ decision: 'accept' }) } });
  const thread = await stage.thread('workspace-write', { approvalPolicy: 'on-request' });
  const target = join(stage.base, 'beside');
  await stage.play(thread, add(target));
  expect(await readFile(target, 'utf8')).toBe('evil\n');
  await stage.attempt(`touch ${join(stage.base, 'other')}; echo more >> ${target}`);
  expect([existsSync(join(stage.base, 'other')), await readFile(target, 'utf8')]).toEqual([false, 'evil\n']);
});
