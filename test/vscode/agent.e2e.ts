/// <reference lib="dom" />
/**
 * The packaged extension in a real VS Code, used by keyboard alone: approvals, output, diffs, an interrupt, a reload with
 * an approval pending, threads, accessibility. With SWITCHYARD_PICTURES=DIR each step leaves a picture there.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Frame } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Editor, openEditor, whyNot } from './editor.ts';

const reason = whyNot();
if (reason !== undefined) console.warn(`skipped: the extension in a real editor, because ${reason}`);
const pictures = process.env.SWITCHYARD_PICTURES;

describe.skipIf(reason !== undefined)('the extension in a real editor', () => {
  let editor: Editor;
  let chat: Frame;

  beforeAll(async () => {
    const vsix = join(tmpdir(), `switchyard-e2e-${process.pid}.vsix`);
    await execa('node', ['client-vscode/build.mjs', '--vsix', vsix]);
    editor = await openEditor({
      vsix,
      files: { 'hello.txt': 'Hello\nWorld\n', 'notes.md': '# Notes\n' },
      settings: {
        'switchyard.config': { model_provider: 'rehearsal', model: 'rehearsal' },
        'switchyard.approvalMode': 'untrusted',
        'switchyard.sandbox': 'workspace-write',
        'switchyard.keepServerSeconds': 20,
      },
    });
    await editor.open();
    await editor.command('Switchyard: Focus Chat');
    chat = await editor.chat();
    await chat.waitForSelector('.send:enabled');
  });

  afterAll(async () => {
    await editor?.[Symbol.asyncDispose]();
  });

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await picture('failed');
  });

  const keys = (text: string) => editor.page.keyboard.press(text);
  const file = (name: string) => readFile(join(editor.workspace, name), 'utf8');
  const waitingState = () => editor.page.locator('.statusbar-item', { hasText: '1 approval' }).waitFor();
  const picture = async (name: string) => {
    if (pictures !== undefined) await editor.page.screenshot({ path: join(pictures, `vscode-${name}.png`), animations: 'disabled' });
  };
  /** Writes into the composer, wherever the focus is. */
  const ask = async (text: string) => {
    await keys('Control+Alt+s');
    await chat.waitForFunction(() => document.hasFocus() && document.activeElement?.id === 'message');
    const written = () =>
      chat
        .waitForFunction((wanted) => document.querySelector('textarea')?.value === wanted, text, { timeout: 1000 })
        .then(
          () => true,
          () => false,
        );
    // The editor moves the focus in several steps, and keys in between are lost; a person is slower.
    for (let attempt = 0; attempt < 10; attempt++) {
      await editor.page.keyboard.type(text);
      if (await written()) break;
      await keys('Control+a');
      await keys('Delete');
    }
    await keys('Enter');
  };
  const focused = () => chat.evaluate(() => document.activeElement?.textContent ?? '');
  /** Goes to the card and to one of its buttons. The focus starts on a button that refuses. */
  const decide = async (label: string) => {
    await waitingState();
    await keys('Control+Alt+a');
    await chat.waitForFunction(() => document.hasFocus() && document.activeElement?.classList.contains('refuse'));
    for (let steps = 0; (await focused()) !== label && steps < 10; steps++) await keys('Shift+Tab');
    expect(await focused()).toBe(label);
    await keys('Enter');
  };
  const ended = () => chat.waitForFunction(() => document.getElementById('log')?.getAttribute('aria-busy') === 'false');

  test('a command is shown with its directory, allowed once, and its output appears', async () => {
    await ask('run: echo from the agent > made.txt; cat made.txt');
    await chat.waitForSelector('.card');
    const card = await chat.textContent('.card');
    expect(card).toContain('echo from the agent > made.txt; cat made.txt');
    expect(card).toContain(editor.workspace);
    expect(await chat.$$eval('.choices button', (buttons) => buttons.map((button) => button.textContent))).toEqual(
      expect.arrayContaining(['Allow once', 'Allow for this session', 'Decline', 'Decline and stop']),
    );
    await picture('approval');
    expect(existsSync(join(editor.workspace, 'made.txt'))).toBe(false);
    await decide('Allow once');
    await chat.waitForSelector('.run .output:has-text("from the agent")');
    await chat.waitForSelector('.run .state:has-text("exit 0")');
    await ended();
    expect(await file('made.txt')).toBe('from the agent\n');
    await picture('output');
  });

  test('what is declined does not run', async () => {
    await ask('run: touch never.txt');
    await decide('Decline');
    await chat.waitForSelector('.run .state:has-text("declined")');
    await ended();
    expect(existsSync(join(editor.workspace, 'never.txt'))).toBe(false);
  });

  test('a change opens in the diff editor before it is written, and is accepted there', async () => {
    await ask('replace `Hello` with `Goodbye` in `hello.txt`');
    await chat.waitForSelector('.card .path');
    await waitingState();
    await keys('Control+Alt+a');
    await chat.waitForFunction(() => document.hasFocus() && document.activeElement?.classList.contains('refuse'));
    for (let steps = 0; (await focused()) !== 'hello.txt' && steps < 10; steps++) await keys('Shift+Tab');
    await keys('Enter');
    await editor.page.locator('.tab', { hasText: 'hello.txt (proposed)' }).waitFor();
    await editor.page.locator('.editor-instance .view-line', { hasText: 'Goodbye' }).waitFor();
    await picture('diff');
    expect(await file('hello.txt')).toBe('Hello\nWorld\n');
    await editor.command('Switchyard: Accept Proposed Change');
    await chat.waitForSelector('.files .state:has-text("done")');
    await ended();
    expect(await file('hello.txt')).toBe('Goodbye\nWorld\n');
  });

  test('Escape interrupts a turn', async () => {
    await ask('say slowly: one two three four five six seven eight nine ten eleven twelve');
    await chat.waitForSelector('.item.agent:has-text("two")');
    await keys('Escape');
    await chat.waitForSelector('.item.notice:has-text("interrupted")');
    await ended();
    await picture('interrupted');
  });

  test('an approval outlives a reload of the window and is answered afterwards', async () => {
    await ask('create `later.txt` with `Later`');
    await chat.waitForSelector('.card .path:has-text("later.txt")');
    await editor.command('Developer: Reload Window');
    await editor.page.waitForEvent('framedetached');
    await editor.page.waitForSelector('.activitybar .action-item a[aria-label^="Switchyard"]');
    await waitingState();
    await editor.command('Switchyard: Focus Pending Approval');
    chat = await editor.chat();
    await chat.waitForSelector('.card .path:has-text("later.txt")');
    await picture('reloaded');
    await decide('Accept');
    await chat.waitForSelector('.files .state:has-text("done")');
    await ended();
    expect(await file('later.txt')).toBe('Later\n');
  });

  test('threads are listed, and one is resumed with what was said in it', async () => {
    await editor.command('Switchyard: New Thread');
    await chat.waitForSelector('.empty');
    await ask('say: a second thread');
    await chat.waitForSelector('.item.agent:has-text("a second thread")');
    await ended();
    const inTree = () =>
      editor.page
        .waitForFunction(() => document.activeElement?.closest('.pane-body .monaco-list') !== null, undefined, { timeout: 2000 })
        .then(
          () => true,
          () => false,
        );
    // The palette gives the focus back to where it was, sometimes after the command.
    for (let attempt = 0; attempt < 5; attempt++) {
      await editor.command('Switchyard: Focus on Threads View');
      if (await inTree()) break;
    }
    const rows = editor.page.locator('.pane-body .monaco-list-row .label-name');
    await rows.filter({ hasText: 'say: a second thread' }).waitFor();
    await rows.filter({ hasText: 'run: echo from the agent' }).waitFor();
    await picture('threads');
    for (let steps = 0; steps < 6; steps++) {
      await keys('ArrowDown');
      const row = await editor.page.locator('.pane-body .monaco-list-row.focused').textContent();
      if (row?.includes('run: echo from the agent')) break;
    }
    await keys('Enter');
    await chat.waitForSelector('.run .output:has-text("from the agent")');
    expect(await chat.textContent('#title')).toContain('run: echo from the agent');
  });

  test.each([
    ['light', 'Default Light Modern'],
    ['dark', 'Default Dark Modern'],
    ['high-contrast', 'Default High Contrast'],
  ])('axe finds nothing serious in %s', async (name, theme) => {
    await editor.set({ 'workbench.colorTheme': theme });
    await editor.open();
    await editor.command('Switchyard: Focus Chat');
    chat = await editor.chat();
    const kind = name === 'high-contrast' ? 'vscode-high-contrast' : `vscode-${name}`;
    await chat.waitForSelector(`body.${kind}`);
    await ask('run: touch a11y.txt');
    await chat.waitForSelector('.card');
    await picture(name);
    const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    await chat.evaluate(source);
    const serious = await chat.evaluate(async () => {
      // Put there by the line above.
      const { axe } = globalThis as unknown as {
        axe: { run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> };
      };
      const { violations } = await axe.run();
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
    });
    expect(serious).toEqual([]);
    await decide('Decline');
    await ended();
  });

  test('diagnostics name the versions, not the secrets; activation is quick', async () => {
    await editor.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await editor.command('Switchyard: Copy Diagnostics');
    await editor.page.locator('.notification-toast', { hasText: 'Diagnostics are in the clipboard' }).waitFor();
    const report = await editor.page.evaluate(() => navigator.clipboard.readText());
    expect(report).toContain('"extension": "0.1.0"');
    const ms = Number(/activated \{"ms":(\d+)\}/.exec(report)?.[1]);
    console.info(`activation: ${ms} ms`);
    expect(ms).toBeLessThan(1000);
  });

  test('when the editor is killed, the server ends too', async () => {
    expect((await editor.leftovers()).filter((line) => line.includes('switchyard.cjs'))).not.toEqual([]);
    editor.kill();
    await expect.poll(() => editor.leftovers(), { timeout: 45_000, interval: 200 }).toEqual([]);
  });
});
