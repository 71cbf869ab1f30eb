/// <reference lib="dom" />
/** What the extension offers besides a plain question: every kind of answer, files one by one, pickers, threads, by keyboard. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { type ListeningServer, listeningServer } from '../environment/exec-servers.ts';
import { type Editor, openEditor } from './editor.ts';
import { Person } from './person.ts';

const twoFiles = [
  'patch:',
  '```',
  '*** Begin Patch',
  '*** Add File: one.txt',
  '+One',
  '*** Update File: hello.txt',
  '@@',
  '-Hello',
  '+Hi',
  '*** End Patch',
  '```',
].join('\n');

describe.skipIf(inject('skipped') !== '')('the extension through a day', () => {
  let editor: Editor;
  let person: Person;
  let box: ListeningServer;

  beforeAll(async () => {
    box = await listeningServer({ PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: '/nonexistent' });
    editor = await openEditor({
      vsix: inject('vsix'),
      files: { 'hello.txt': 'Hello\nWorld\n', 'notes.md': '# Notes\n', 'src-of-truth.md': '# Truth\n' },
      settings: {
        'switchyard.config': { model_provider: 'rehearsal', model: 'rehearsal' },
        'switchyard.approvalMode': 'untrusted',
        'switchyard.sandbox': 'workspace-write',
      },
    });
    await mkdir(join(editor.dir, 'far'));
    await editor.set({ 'switchyard.environments': [{ id: 'box', url: box.url, cwd: join(editor.dir, 'far') }] });
    await editor.open();
    person = new Person(editor);
    await person.openChat();
    await person.chat.waitForSelector('.send:enabled');
  });

  afterAll(async () => {
    await editor?.[Symbol.asyncDispose]();
    await box?.[Symbol.asyncDispose]();
  });

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await person.reportFailure();
  });

  const inWorkspace = (name: string) => join(editor.workspace, name);
  const file = (name: string) => readFile(inWorkspace(name), 'utf8');
  const proposed = (text: string) => editor.page.locator('.editor-instance .view-line', { hasText: text });
  const said = (text: string) => person.chat.locator('.item', { hasText: text }).last().waitFor();
  const rows = () => editor.page.locator('.pane-body .monaco-list-row .label-name');

  test('reasoning, a plan, output while it is written, and an error with what to do', async () => {
    await person.ask('think: how to begin\nplan: read; write\nrun `cat notes.md; sleep 1; echo later`\nfail: quota');
    await person.decide('Allow once');
    await person.chat.waitForSelector('.run:has(.state.running) .output:has-text("# Notes")');
    await person.chat.waitForSelector('.item.error .advice');
    await person.ended();
    expect(await person.chat.textContent('.item.reasoning')).toContain('how to begin');
    expect(await person.chat.locator('.item.steps li').allTextContents()).toEqual(['● read, done', '● write, done']);
    expect(await person.chat.textContent('.run .output')).toBe('# Notes\nlater\n');
    expect(await person.chat.textContent('.item.error .advice')).toContain('The limit of the plan is reached');
    await person.look('reasoning');
  });

  test('a command opens in a real terminal', async () => {
    await person.ask('run `for n in 1 2 3; do printf "\\033[32mline $n\\033[0m\\n"; done`');
    await person.decide('Allow once');
    await person.ended();
    expect(await person.chat.locator('.run .output').last().textContent()).toBe('line 1\nline 2\nline 3\n');
    await person.tabTo('Terminal');
    const terminal = editor.page.locator('.terminal-wrapper .xterm-rows');
    await person.press('Enter', (options) => terminal.filter({ hasText: 'line 3' }).waitFor(options));
    expect(await terminal.textContent()).toContain('[exit 0]');
    await person.look('terminal', { wide: true });
    await editor.command('Terminal: Kill All Terminals');
  });

  test('the reason is shown; what is allowed for the session or a prefix is not asked again', async () => {
    await person.ask('run `touch asked.txt` outside the sandbox');
    await person.chat.waitForSelector('.card .fact:has-text("because")');
    await person.decide('Allow for this session');
    await person.ended();
    await person.ask('run `touch asked.txt` outside the sandbox');
    await person.ended();
    await person.ask('run `touch always.txt` outside the sandbox');
    await person.decide('Always allow “touch always.txt …”');
    await person.ended();
    await person.ask('run `touch always.txt` outside the sandbox');
    await person.ended();
    expect(await person.chat.locator('.run .state', { hasText: 'exit 0' }).count()).toBe(6);
    expect(await readFile(join(editor.dir, 'home', 'rules', 'default.rules'), 'utf8')).toContain('always.txt');
  });

  test('to decline and stop ends the turn', async () => {
    await person.ask('run `touch never.txt`\nsay: and on it goes');
    await person.decide('Decline and stop');
    await said('You interrupted this turn.');
    await person.ended();
    expect(existsSync(inWorkspace('never.txt'))).toBe(false);
  });

  test('of two files one is accepted and one declined, each in its diff editor', async () => {
    await person.ask(twoFiles);
    await person.status('1 approval').waitFor();
    await person.look('files');
    await person.toCard();
    await person.tabTo('hello.txt');
    await person.press('Enter', (options) => proposed('Hi').waitFor(options));
    await editor.command('Switchyard: Decline Proposed Change');
    await person.chat.waitForSelector('.card .file:has-text("hello.txt") .decided:has-text("declined")');
    await person.toCard();
    await person.tabTo('one.txt');
    await person.press('Enter', (options) => proposed('One').waitFor(options));
    expect(existsSync(inWorkspace('one.txt'))).toBe(false);
    await editor.command('Switchyard: Accept Proposed Change');
    await said('I applied your changes to one.txt myself and declined those to hello.txt.');
    await person.ended();
    expect(await file('one.txt')).toBe('One\n');
    expect(await file('hello.txt')).toBe('Hello\nWorld\n');
  });

  test('files are found after an @, an image is pasted', async () => {
    await person.write('what is in @srctruth');
    await person.chat.waitForSelector('#mentions li[aria-selected="true"]:has-text("src-of-truth.md")');
    await person.look('mentions');
    await person.toComposer();
    const named = (options: { timeout: number }) =>
      person.chat.waitForFunction(() => document.querySelector('textarea')?.value === 'what is in @src-of-truth.md ', undefined, options);
    await person.press('Enter', named);
    await editor.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await editor.page.evaluate(async () => {
      const canvas = document.createElement('canvas');
      Object.assign(canvas, { width: 60, height: 40 });
      const brush = canvas.getContext('2d');
      for (const [at, color] of ['#c33', '#3a3', '#36c'].entries()) {
        if (brush) brush.fillStyle = color;
        brush?.fillRect(at * 20, 0, 20, 40);
      }
      const image = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve));
      if (image) await navigator.clipboard.write([new ClipboardItem({ 'image/png': image })]);
    });
    await person.press('Control+v', (options) => person.chat.waitForSelector('.picture img', options));
    await person.look('image');
    await person.send();
    await person.chat.waitForSelector('.item.user img');
    await person.ended();
  });

  test('a question while the view is hidden is told of, and the notification leads to it', async () => {
    await person.ask('run: until [ -e hidden ]; do sleep 0.1; done\nrun: touch hidden.txt');
    await person.decide('Allow once');
    await editor.command('View: Show Explorer');
    await editor.page.locator('.explorer-folders-view').waitFor();
    await writeFile(inWorkspace('hidden'), '');
    await person.toast('Switchyard waits for your decision').waitFor();
    await editor.command('Notifications: Accept Notification Primary Action');
    await person.rests('.refuse');
    await person.decide('Decline');
    await person.ended();
  });

  test('the status bar item opens all pickers: model, approvals, sandbox', async () => {
    const item = editor.page.locator('.statusbar-item', { hasText: 'Switchyard' });
    expect(await item.locator('a').getAttribute('aria-label')).toMatch(
      /ready · local · workspace-write, .*Sandbox: workspace-write, Enforced by: /,
    );
    const choose = async (action: string, value: string) => {
      await editor.command('Switchyard: Show Status and Actions');
      await person.pick(action);
      await person.pick(value);
    };
    await choose('Approvals', 'Ask on request');
    await person.chat.waitForSelector('.picker[aria-label="Approvals: on-request"]');
    await choose('Approvals', 'Ask for everything');
    await choose('Sandbox', 'Read only');
    await person.chat.waitForSelector('.picker[aria-label="Sandbox: read-only"]');
    await person.status('ready · local · read-only').waitFor();
    const opening = async () => {
      await editor.command('Switchyard: Show Status and Actions');
      await editor.page.locator('.quick-input-widget .monaco-list-row', { hasText: 'Copy diagnostics' }).waitFor();
    };
    await person.look('actions', { wide: true, opening });
    await opening();
    await person.pick('Model');
    await editor.page.locator('.quick-input-title', { hasText: /^Model$/ }).waitFor();
    const second = editor.page.locator('.quick-input-widget .monaco-list-row').nth(1);
    await person.pick((await second.locator('.label-name').first().textContent()) ?? '');
    await person.chat.waitForSelector('.picker[aria-label^="Model: "]:not([aria-label="Model: rehearsal"])');
    await editor.command('Switchyard: Choose Model');
    await person.pick('rehearsal');
  });

  test('commands run in another environment', async () => {
    await editor.command('Switchyard: New Thread');
    await editor.command('Switchyard: Choose Environment');
    await person.pick('box');
    await person.status('ready · box').waitFor();
    await person.ask('run `pwd; touch from-afar.txt`');
    await person.decide('Allow once');
    await person.ended();
    expect(await person.chat.textContent('.run .output')).toContain(join(editor.dir, 'far'));
    expect(existsSync(join(editor.dir, 'far', 'from-afar.txt'))).toBe(true);
    await person.look('environment');
  });

  test('threads are searched, renamed, forked, archived and deleted', async () => {
    await editor.command('Switchyard: New Thread');
    await person.ask('say: about the harbour');
    await said('about the harbour');
    await person.ended();
    await person.toThread('about the harbour');
    await person.menu('Rename Thread…');
    await person.answer('Rename thread', 'Harbour');
    await rows()
      .filter({ hasText: /^Harbour$/ })
      .waitFor();
    expect(await person.chat.textContent('#title')).toBe('Harbour');
    await person.toThread('Harbour');
    await person.menu('Fork Thread');
    await person.chat.waitForFunction(() => document.getElementById('title')?.textContent !== 'Harbour');
    await said('about the harbour');
    // The chat takes the focus, and an input box that loses it closes.
    await person.rests('#message');
    await editor.command('Switchyard: Search Threads');
    await person.answer('Search threads', 'from-afar');
    await rows().filter({ hasText: 'from-afar' }).waitFor();
    await rows().filter({ hasText: 'Harbour' }).waitFor({ state: 'detached' });
    await person.look('search', { wide: true });
    await editor.command('Switchyard: Clear Thread Search');
    await person.toThread('Harbour');
    await person.menu('Archive Thread');
    await rows()
      .filter({ hasText: /^Harbour$/ })
      .waitFor({ state: 'detached' });
    await editor.command('Switchyard: Show Archived Threads');
    await rows()
      .filter({ hasText: /^Harbour$/ })
      .waitFor();
    await person.toThread('Harbour');
    await person.menu('Delete Thread…');
    await person.confirm('Delete');
    await rows()
      .filter({ hasText: /^Harbour$/ })
      .waitFor({ state: 'detached' });
    await editor.command('Switchyard: Show Current Threads');
    await rows().filter({ hasText: 'from-afar' }).waitFor();
  });

  test('the chat moves to the secondary side bar, and works there', async () => {
    await editor.command('View: Move View');
    await person.pick('Chat');
    await person.pick('New Secondary Side Bar Entry');
    await editor.page.locator('.part.auxiliarybar').waitFor();
    await person.openChat();
    await person.ask('say: from the other side');
    await said('from the other side');
    await person.look('secondary', { wide: true });
  });

  test('the walkthrough has its three steps', async () => {
    await editor.command('Welcome: Open Walkthrough...');
    await person.pick('Get started with Switchyard');
    const steps = editor.page.locator('.getting-started-step');
    await steps.first().waitFor();
    expect(await steps.count()).toBe(3);
    await person.look('walkthrough', { wide: true });
  });
});
