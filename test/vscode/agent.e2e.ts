/// <reference lib="dom" />
/**
 * The packaged extension in a real VS Code, used by keyboard alone: approvals, output, diffs, an interrupt, a reload with
 * an approval pending, threads, accessibility. With SWITCHYARD_PICTURES=DIR each step leaves a picture there.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { type Editor, openEditor, within } from './editor.ts';
import { Person } from './person.ts';

describe.skipIf(inject('skipped') !== '')('the extension in a real editor', () => {
  let editor: Editor;
  let person: Person;

  beforeAll(async () => {
    editor = await openEditor({
      vsix: inject('vsix'),
      files: { 'hello.txt': 'Hello\nWorld\n', 'notes.md': '# Notes\n' },
      settings: {
        'switchyard.config': { model_provider: 'rehearsal', model: 'rehearsal' },
        'switchyard.approvalMode': 'untrusted',
        'switchyard.sandbox': 'workspace-write',
        'switchyard.keepServerSeconds': 20,
      },
    });
    await editor.open();
    person = new Person(editor);
    await person.openChat();
    await person.chat.waitForSelector('.send:enabled');
  });

  afterAll(async () => {
    await editor?.[Symbol.asyncDispose]();
  });

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await person.reportFailure();
  });

  const file = (name: string) => readFile(join(editor.workspace, name), 'utf8');
  const awaited = () => person.status('1 approval').waitFor();

  test('a command is shown with its directory, allowed once, and its output appears', async () => {
    await person.ask('run: echo from the agent > made.txt; cat made.txt');
    await person.chat.waitForSelector('.card');
    const card = await person.chat.textContent('.card');
    expect(card).toContain('echo from the agent > made.txt; cat made.txt');
    expect(card).toContain(editor.workspace);
    expect(await person.chat.$$eval('.choices button', (buttons) => buttons.map((button) => button.textContent))).toEqual(
      expect.arrayContaining(['Allow once', 'Allow for this session', 'Decline', 'Decline and stop']),
    );
    await person.look('approval', { wide: true });
    expect(existsSync(join(editor.workspace, 'made.txt'))).toBe(false);
    await person.decide('Allow once');
    await person.chat.waitForSelector('.run .output:has-text("from the agent")');
    await person.chat.waitForSelector('.run .state:has-text("exit 0")');
    await person.ended();
    expect(await file('made.txt')).toBe('from the agent\n');
    await person.look('output');
  });

  test('what is declined does not run', async () => {
    await person.ask('run: touch never.txt');
    await person.decide('Decline');
    await person.chat.waitForSelector('.run .state:has-text("declined")');
    await person.ended();
    expect(existsSync(join(editor.workspace, 'never.txt'))).toBe(false);
  });

  test('a change opens in the diff editor before it is written, and is accepted there', async () => {
    await person.ask('replace `Hello` with `Goodbye` in `hello.txt`');
    await person.chat.waitForSelector('.card .path');
    await awaited();
    await person.toCard();
    await person.tabTo('hello.txt');
    await person.press('Enter', (options) => editor.page.locator('.tab', { hasText: 'hello.txt (proposed)' }).waitFor(options));
    await editor.page.locator('.editor-instance .view-line', { hasText: 'Goodbye' }).waitFor();
    await person.look('diff', { wide: true });
    expect(await file('hello.txt')).toBe('Hello\nWorld\n');
    await editor.command('Switchyard: Accept Proposed Change');
    await person.chat.waitForSelector('.files .state:has-text("done")');
    await person.ended();
    expect(await file('hello.txt')).toBe('Goodbye\nWorld\n');
  });

  test('Escape interrupts a turn', async () => {
    await person.ask('say: this goes on and on\nwait 60000 ms');
    await person.chat.waitForSelector('.item.agent:has-text("on and on")');
    await person.press('Escape', (options) => person.chat.waitForSelector('.item.notice:has-text("interrupted")', options));
    await person.ended();
    await person.look('interrupted');
  });

  test('an approval outlives a reload of the window and is answered afterwards', async () => {
    await person.ask('create `later.txt` with `Later`');
    await person.chat.waitForSelector('.card .path:has-text("later.txt")');
    await editor.command('Developer: Reload Window');
    await editor.page.waitForEvent('framedetached');
    await editor.page.waitForSelector('.activitybar .action-item a[aria-label^="Switchyard"]');
    await awaited();
    await editor.command('Switchyard: Focus Pending Approval');
    await person.findChat();
    await person.chat.waitForSelector('.card .path:has-text("later.txt")');
    await person.look('reloaded');
    await person.decide('Accept');
    await person.chat.waitForSelector('.files .state:has-text("done")');
    await person.ended();
    expect(await file('later.txt')).toBe('Later\n');
  });

  test('threads are listed, and one is resumed with what was said in it', async () => {
    await editor.command('Switchyard: New Thread');
    await person.chat.waitForSelector('.empty');
    await person.ask('say: a second thread');
    await person.chat.waitForSelector('.item.agent:has-text("a second thread")');
    await person.ended();
    await person.toThreads();
    const rows = editor.page.locator('.pane-body .monaco-list-row .label-name');
    await rows.filter({ hasText: 'say: a second thread' }).waitFor();
    await rows.filter({ hasText: 'run: echo from the agent' }).waitFor();
    await person.look('threads', { wide: true });
    await person.toThread('run: echo from the agent');
    await person.press('Enter', (options) => person.chat.waitForSelector('.run .output:has-text("from the agent")', options));
    expect(await person.chat.textContent('#title')).toContain('run: echo from the agent');
    await person.look('resumed');
  });

  test('axe finds nothing serious in any theme, with everything there is in the view', async () => {
    await person.ask('run: rm -rf nothing');
    await awaited();
    await person.look('question', { everyTheme: true });
    await person.decide('Decline');
    await person.ended();
  });

  test('diagnostics name the versions, not the secrets; activation is quick', async () => {
    await editor.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const copied = async (options: { timeout: number }) => {
      await editor.command('Switchyard: Copy Diagnostics');
      await person.toast('Diagnostics are in the clipboard').waitFor(options);
    };
    // The clipboard is closed to a window whose focus is on its way.
    if (!(await within(5000, copied))) await copied({ timeout: 15_000 });
    const report = await editor.page.evaluate(() => navigator.clipboard.readText());
    expect(report).toContain('"extension": "0.1.0"');
    const ms = Number(/activated \{"ms":(\d+)\}/.exec(report)?.[1]);
    console.info(`activation: ${ms} ms`);
    expect(ms).toBeLessThan(1000);
  });
});
