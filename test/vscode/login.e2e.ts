/// <reference lib="dom" />
/** Logins to OAuth-protected MCP servers from the view: back through the editor's URI handler, and by pasting the address. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { type OauthMcpServer, startOauthMcpServer } from '../support/oauth-mcp-server.ts';
import { type Editor, openEditor } from './editor.ts';
import { Person } from './person.ts';

describe.skipIf(inject('skipped') !== '')('logging in to an MCP server', () => {
  let editor: Editor;
  let person: Person;
  let tickets: OauthMcpServer;
  let notes: OauthMcpServer;

  beforeAll(async () => {
    // A loopback address that the editor does not know to be one, and so leaves alone.
    tickets = await startOauthMcpServer({ namesItself: true, host: '127.0.0.2' });
    notes = await startOauthMcpServer({ namesItself: false, byScript: true, host: '127.0.0.2' });
    editor = await openEditor({
      vsix: inject('vsix'),
      files: { 'hello.txt': 'Hello\n' },
      config: `[mcp_servers.tickets]\nurl = "${tickets.url}"\n\n[mcp_servers.notes]\nurl = "${notes.url}"\n`,
      settings: { 'switchyard.config': { model_provider: 'rehearsal', model: 'rehearsal' } },
    });
    await editor.open();
    person = new Person(editor);
    await person.openChat();
    await person.chat.waitForSelector('.send:enabled');
  });

  afterAll(async () => {
    await editor?.[Symbol.asyncDispose]();
    await tickets?.[Symbol.asyncDispose]();
    await notes?.[Symbol.asyncDispose]();
  });

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await person.reportFailure();
  });

  /** What the editor opens outside; it asks first, because the address is not one it knows. */
  const openedPage = async (): Promise<Page> => {
    const opened = editor.page.context().waitForEvent('page');
    await person.confirm('Open');
    const page = await opened;
    await page.waitForSelector('h1:has-text("Tickets")');
    await page.waitForFunction(() => document.activeElement?.tagName === 'BUTTON');
    return page;
  };
  const cardText = () => person.chat.textContent('.card');
  const credentials = () => readFile(join(editor.dir, 'home', '.credentials.json'), 'utf8');

  test('a server that lacks a login says so in the chat; the browser comes back through the editor', async () => {
    await person.ask('say: hello');
    const button = person.chat.locator('button[aria-label="Log in to tickets"]');
    await button.waitFor();
    await person.look('login-needed');
    await person.tabTo('Log in to tickets');
    await person.keys('Enter');
    const page = await openedPage();
    await person.chat.waitForSelector('.card:has-text("Log in to tickets")');
    expect(await cardText()).toContain('This goes on by itself');
    await person.look('login');
    const [redirect] = [new URL(page.url()).searchParams.get('redirect_uri') ?? ''];
    expect(redirect).toContain('vscode-reqid');
    await page.keyboard.press('Enter');
    await person.toast('Logged in to tickets').waitFor();
    await page.close();
    expect(tickets.redirects).toEqual([redirect]);
    expect(tickets.tokens()).toBe(1);
    expect(await credentials()).toContain('tickets');
    await person.chat.waitForSelector('.item.notice:has-text("tickets is connected")');
    expect(await person.chat.locator('.card').count()).toBe(0);
  });

  test('where the browser cannot come back, its last address is pasted; one of another login is refused', async () => {
    await editor.command('Switchyard: Log In to an MCP Server');
    await person.pick('notes');
    const page = await openedPage();
    await person.chat.waitForSelector('.card:has-text("paste its address here")');
    // As on a machine where nothing listens on the server's loopback address.
    const lost = /^http:\/\/127\.0\.0\.1:\d+\/callback\//;
    await page.route(lost, (route) => route.abort());
    const failed = page.waitForEvent('requestfailed', (request) => lost.test(request.url()));
    await page.keyboard.press('Enter');
    const address = (await failed).url();
    await page.close();
    const field = person.chat.locator('.card input');
    const paste = async (text: string) => {
      await person.toCard();
      for (let steps = 0; steps < 10 && !(await field.evaluate((element) => element === document.activeElement)); steps++)
        await person.keys('Shift+Tab');
      await person.keys('Control+a');
      await editor.page.keyboard.insertText(text);
      await person.tabTo('Use this address', 'Tab');
      await person.keys('Enter');
    };
    await paste(address.replace(/state=[^&]*/, 'state=another'));
    await person.chat.waitForSelector('.card:has-text("not the address")');
    await person.look('login-paste');
    await paste(address);
    await person.toast('Logged in to notes').waitFor();
    expect(notes.redirects[0]).toMatch(lost);
    expect(notes.tokens()).toBe(1);
  });

  test('a login that is cancelled ends without a trace', async () => {
    await editor.command('Switchyard: Log In to an MCP Server');
    await person.pick('notes');
    const page = await openedPage();
    await person.chat.waitForSelector('.card:has-text("paste its address here")');
    await page.close();
    await editor.page.bringToFront();
    // The extension moves the focus there by itself when the page was opened; keys before that would be lost.
    await person.rests('.refuse');
    await person.tabTo('Cancel login');
    await person.keys('Enter');
    await person.chat.waitForFunction(() => document.querySelector('.card') === null);
    expect(notes.tokens()).toBe(1);
    await expect
      .poll(async () => (await editor.leftovers()).filter(({ line }) => line.includes('mcp_oauth')), { timeout: 10_000 })
      .toEqual([]);
  });

  test('the tools of a server that was logged in to are used, and shown', async () => {
    await person.ask('call `echo` of `tickets` with {"text":"it works"}');
    await person.decide('Accept');
    await person.chat.waitForSelector('.item.tool:has-text("echo: it works")');
    await person.ended();
    await person.look('tool');
  });
});
