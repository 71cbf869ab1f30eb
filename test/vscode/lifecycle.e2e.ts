/** What becomes of the server: in restricted workspaces, when it is lost, and when its window ends in one way or the other. */
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, inject, test } from 'vitest';
import { type Editor, type EditorOptions, openEditor } from './editor.ts';
import { Person } from './person.ts';

const rehearsal = { 'switchyard.config': { model_provider: 'rehearsal', model: 'rehearsal' }, 'switchyard.keepServerSeconds': 2 };

describe.skipIf(inject('skipped') !== '')('the server of a window', () => {
  let editor: Editor | undefined;
  let person: Person | undefined;

  const opened = async (options: Partial<EditorOptions>): Promise<{ editor: Editor; person: Person }> => {
    editor = await openEditor({ vsix: inject('vsix'), files: { 'hello.txt': 'Hello\n' }, settings: rehearsal, ...options });
    await editor.open();
    person = new Person(editor);
    await person.openChat();
    return { editor, person };
  };

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await person?.reportFailure();
    await editor?.[Symbol.asyncDispose]();
    [editor, person] = [undefined, undefined];
  });

  const servers = async () => ((await editor?.leftovers()) ?? []).filter(({ line }) => line.includes('switchyard.cjs'));

  test('nothing is started in a restricted workspace, with its own configuration or without; trust starts it', async () => {
    const { editor, person } = await opened({
      trusted: false,
      files: {
        '.codex/config.toml': 'model = "from-the-project"\n',
        '.vscode/settings.json': JSON.stringify({ 'switchyard.serverPath': '/bin/false', 'switchyard.serverArguments': ['--evil'] }),
      },
    });
    await person.chat.waitForSelector('.server.untrusted:has-text("This workspace is restricted")');
    expect(await person.chat.locator('.send').isEnabled()).toBe(false);
    await person.status('Switchyard: restricted').waitFor();
    for (const command of ['Restart Server', 'Log In to an MCP Server', 'Choose Model']) await editor.command(`Switchyard: ${command}`);
    await person.toast('This workspace is restricted').first().waitFor();
    await editor.command('Switchyard: Refresh Threads');
    await person.look('restricted');
    expect(await editor.leftovers()).toEqual([]);
    await person.trust();
    await person.chat.waitForSelector('.send:enabled');
    await person.status('Switchyard: ready').waitFor();
    // What the workspace sets counts for nothing, trusted or not.
    const running = await servers();
    expect(running).not.toEqual([]);
    expect(running.filter(({ line }) => line.includes('--evil'))).toEqual([]);
  });

  test('a server that keeps failing is given up, with its last lines and a way on', async () => {
    const { editor, person } = await opened({ settings: { ...rehearsal, 'switchyard.serverPath': join('/nonexistent', 'server') } });
    await person.chat.waitForSelector('.server.failed:has-text("cannot be started")', { timeout: 60_000 });
    const program = join(editor.dir, 'server.sh');
    await writeFile(program, '#!/bin/sh\necho "the disk is full" >&2\nexit 3\n');
    await chmod(program, 0o755);
    await editor.set({ 'switchyard.serverPath': program });
    await person.chat.waitForSelector('.server.failed:has-text("it ended with code 3")', { timeout: 60_000 });
    expect(await person.chat.textContent('.server.failed')).toContain('the disk is full');
    await person.look('failed');
    await person.status('Switchyard: stopped').waitFor();
    await editor.set({ 'switchyard.serverPath': '' });
    await person.chat.waitForSelector('#server', { state: 'hidden' });
    expect(await person.chat.locator('.send').isEnabled()).toBe(true);
  });

  test('one window after the other, each with a server of its own that ends with it', async () => {
    const { editor, person } = await opened({});
    const gone = () => expect.poll(() => editor.leftovers(), { timeout: 60_000, interval: 200 }).toEqual([]);
    const again = async () => {
      await editor.open();
      await person.openChat();
      await person.status('Switchyard: ready').waitFor();
      expect(await servers()).not.toEqual([]);
    };
    await person.status('Switchyard: ready').waitFor();

    // A server that is killed in a turn is started again, and its thread goes on.
    await person.ask('say: before');
    await person.ended();
    await person.ask('say: first part\nwait 60000 ms');
    await person.chat.waitForSelector('.item.agent:has-text("first part")');
    const before = await servers();
    expect(before).not.toEqual([]);
    for (const { pid } of before) process.kill(pid, 'SIGKILL');
    await person.chat.waitForSelector('.server.lost');
    await person.chat.waitForSelector('#server', { state: 'hidden' });
    await person.chat.waitForSelector('.item.agent:has-text("before")');
    await person.ended();
    await person.ask('say: after');
    await person.chat.waitForSelector('.item.agent:has-text("after")');
    await person.ended();
    const now = (await servers()).map(({ pid }) => pid);
    expect(before.filter(({ pid }) => now.includes(pid))).toEqual([]);

    // The window is closed while a command runs.
    await person.ask('run: sleep 600');
    await person.chat.waitForSelector('.run .state.running');
    await editor.closeWindow();
    await gone();

    // The extension host is killed.
    await again();
    const hosts = await editor.extensionHosts();
    expect(hosts).toHaveLength(1);
    for (const pid of hosts) process.kill(pid, 'SIGKILL');
    // Its window starts another one, and with it a server; that ends with the window.
    await editor.closeWindow();
    await gone();

    // The whole editor is killed.
    await again();
    editor.kill();
    await gone();
  });
});
