/// <reference lib="dom" />
/** Somebody who uses the extension by keyboard alone, looks at it in three themes, and has axe look too. */
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Frame, Locator } from 'playwright-core';
import { expect } from 'vitest';
import { type Editor, within } from './editor.ts';

/** With SWITCHYARD_PICTURES=DIR each step leaves its pictures there. */
const pictures = process.env.SWITCHYARD_PICTURES;

const themes = {
  light: { name: 'Light Modern', workbench: '.monaco-workbench.vs', body: 'vscode-light' },
  dark: { name: 'Dark Modern', workbench: '.monaco-workbench.vs-dark', body: 'vscode-dark' },
  'high-contrast': { name: 'Dark High Contrast', workbench: '.monaco-workbench.hc-black', body: 'vscode-high-contrast' },
} as const;
type ThemeName = keyof typeof themes;

export interface Looking {
  /** All three themes also when no pictures are taken. */
  readonly everyTheme?: boolean;
  /** The whole window instead of the side bar alone. */
  readonly wide?: boolean;
  /** What is to be opened first, and Escape closes again: changing the theme would close it. */
  readonly opening?: () => Promise<void>;
}

export class Person {
  readonly editor: Editor;
  #chat: Frame | undefined;
  #theme: ThemeName = 'light';

  constructor(editor: Editor) {
    this.editor = editor;
  }

  get chat(): Frame {
    if (!this.#chat) throw new Error('the chat is not open');
    return this.#chat;
  }

  keys(combination: string): Promise<void> {
    return this.editor.page.keyboard.press(combination);
  }

  /** Presses until it shows: the editor moves the focus in several steps, and what is pressed meanwhile arrives nowhere. */
  async press(combination: string, shows: (options: { timeout: number }) => Promise<unknown>): Promise<void> {
    for (let attempt = 0; attempt < 5; attempt++) {
      await this.keys(combination);
      if (await within(3000, shows)) return;
    }
    throw new Error(`${combination} did nothing`);
  }

  /** Opens the chat and gives it the focus. */
  async openChat(): Promise<void> {
    await this.editor.command('Switchyard: Focus Chat');
    await this.findChat();
  }

  /** The chat is open already, in a window that was loaded anew. */
  async findChat(): Promise<void> {
    this.#chat = await this.editor.chat();
  }

  /** The status bar item with this text. */
  status(text: string): Locator {
    return this.editor.page.locator('.statusbar-item', { hasText: text });
  }

  toast(text: string): Locator {
    return this.editor.page.locator('.notification-toast', { hasText: text });
  }

  /**
   * Until the focus is on such an element of the chat, and stays. The editor moves it through several documents, and keys that
   * come meanwhile arrive nowhere.
   */
  async rests(selector: string): Promise<void> {
    await this.chat.waitForFunction((wanted) => {
      // Not known before the first call.
      const seen = globalThis as { focusMovedAt?: number };
      const moved = () => {
        seen.focusMovedAt = performance.now();
      };
      if (seen.focusMovedAt === undefined) {
        for (const type of ['focus', 'blur']) addEventListener(type, moved, true);
        moved();
      }
      const still = performance.now() - (seen.focusMovedAt ?? 0) > 300;
      return still && document.hasFocus() && document.activeElement?.matches(wanted) === true;
    }, selector);
  }

  /** Moves the focus to such an element, which the key does, unless it is there. */
  async #go(combination: string, selector: string): Promise<void> {
    const there = await this.chat.evaluate((wanted) => document.hasFocus() && document.activeElement?.matches(wanted), selector);
    if (!there) await this.keys(combination);
    await this.rests(selector);
  }

  toComposer(): Promise<void> {
    return this.#go('Control+Alt+s', '#message');
  }

  /** Writes into the composer, wherever the focus is. */
  async write(text: string): Promise<void> {
    await this.toComposer();
    const written = () =>
      within(1000, (options) => this.chat.waitForFunction((wanted) => document.querySelector('textarea')?.value === wanted, text, options));
    for (let attempt = 0; attempt < 5; attempt++) {
      for (const [at, line] of text.split('\n').entries()) {
        if (at > 0) await this.keys('Shift+Enter');
        await this.editor.page.keyboard.type(line);
      }
      if (await written()) return;
      await this.#takeFocusAgain();
      await this.keys('Control+a');
      await this.keys('Delete');
    }
    throw new Error(`could not write: ${text}`);
  }

  /** The browser may send keys elsewhere although the composer has the focus; a detour ends that. */
  async #takeFocusAgain(): Promise<void> {
    await this.editor.command('Switchyard: Focus Chat');
    await this.rests('#message');
  }

  async ask(text: string): Promise<void> {
    await this.write(text);
    await this.send();
  }

  /** Sends what is written. The turn has begun then. */
  async send(): Promise<void> {
    const before = await this.chat.locator('.item.user').count();
    await this.toComposer();
    const sent = (options: { timeout: number }) =>
      this.chat.waitForFunction(() => document.querySelector('textarea')?.value === '', undefined, options);
    for (let attempt = 0; attempt < 5; attempt++) {
      await this.keys('Enter');
      if (await within(2000, sent)) {
        await this.chat.locator('.item.user').nth(before).waitFor();
        return;
      }
      await this.#takeFocusAgain();
    }
    throw new Error('could not send what is written');
  }

  focused(): Promise<string> {
    return this.chat.evaluate(() => document.activeElement?.textContent ?? '');
  }

  /** Tabs through the view until an element with exactly this text has the focus. */
  async tabTo(label: string, key: 'Tab' | 'Shift+Tab' = 'Shift+Tab'): Promise<void> {
    for (let steps = 0; (await this.focused()) !== label && steps < 40; steps++) await this.keys(key);
    expect(await this.focused()).toBe(label);
  }

  /** Goes to what waits for a decision. The focus is on a button that refuses. */
  toCard(): Promise<void> {
    return this.#go('Control+Alt+a', '.refuse');
  }

  async decide(label: string): Promise<void> {
    await this.status('1 approval').waitFor();
    for (let attempt = 0; attempt < 3; attempt++) {
      await this.toCard();
      await this.tabTo(label);
      const name = await this.chat.evaluate(() =>
        document.activeElement instanceof HTMLElement ? (document.activeElement.dataset.name ?? '') : '',
      );
      await this.keys('Enter');
      const gone = (options: { timeout: number }) =>
        this.chat.waitForFunction((decided) => document.querySelector(`[data-name="${decided}"]`) === null, name, options);
      if (await within(3000, gone)) return;
    }
    throw new Error(`could not decide: ${label}`);
  }

  /** Until no turn runs. */
  async ended(): Promise<void> {
    await this.chat.waitForFunction(() => document.getElementById('log')?.getAttribute('aria-busy') === 'false');
  }

  /** Until an element like this one has the focus in the workbench. */
  focusIn(selector: string, options?: { timeout: number }): Promise<unknown> {
    return this.editor.page.waitForFunction((wanted) => document.activeElement?.closest(wanted) !== null, selector, options);
  }

  /** Chooses in the quick pick that is open, by its text. */
  async pick(text: string): Promise<void> {
    const { page } = this.editor;
    await page.locator('.quick-input-widget .monaco-list-row').first().waitFor();
    await this.focusIn('.quick-input-widget');
    await page.keyboard.insertText(text);
    const row = page.locator('.quick-input-widget .monaco-list-row.focused', { hasText: text });
    await row.waitFor();
    await this.press('Enter', (options) => row.waitFor({ state: 'hidden', ...options }));
  }

  /** Answers the input box that is open. */
  async answer(title: string, text: string): Promise<void> {
    const { page } = this.editor;
    const box = page.locator('.quick-input-widget', { hasText: title });
    await box.waitFor();
    await this.focusIn('.quick-input-widget');
    await this.keys('Control+a');
    await page.keyboard.insertText(text);
    await page.waitForFunction(
      (wanted) => document.activeElement instanceof HTMLInputElement && document.activeElement.value === wanted,
      text,
    );
    await this.press('Enter', (options) => box.waitFor({ state: 'hidden', ...options }));
  }

  /**
   * Chooses a button of the dialog that is open. What was closed before it may give the focus back to the view only now, and a
   * dialog does not notice that a frame takes it; the Tab key brings it back.
   */
  async confirm(label: string): Promise<void> {
    const { page } = this.editor;
    const dialog = page.locator('.monaco-dialog-box');
    await dialog.waitFor();
    const button = () => page.evaluate(() => document.activeElement?.closest('.monaco-dialog-box .monaco-button')?.textContent);
    for (let steps = 0; steps < 20; steps++) {
      const focused = (await button()) === label;
      await this.keys(focused ? 'Enter' : 'Tab');
      if (focused && (await within(2000, (options) => dialog.waitFor({ state: 'hidden', ...options })))) return;
    }
    throw new Error(`could not choose in the dialog: ${label}`);
  }

  /** Trusts the workspace. */
  async trust(): Promise<void> {
    const { page } = this.editor;
    await this.editor.command('Workspaces: Manage Workspace Trust');
    const button = page.locator('.workspace-trust-editor .monaco-button', { hasText: 'Trust' }).first();
    await button.waitFor();
    await button.focus();
    await this.keys('Enter');
  }

  /** Moves the focus into the tree of threads. */
  async toThreads(): Promise<void> {
    // The palette gives the focus back to where it was, sometimes after the command.
    for (let attempt = 0; attempt < 5; attempt++) {
      await this.editor.command('Switchyard: Focus on Threads View');
      if (await within(2000, (options) => this.focusIn('.pane-body .monaco-list', options))) return;
    }
    throw new Error('the tree does not take the focus');
  }

  /** Walks down to the row of a thread. */
  async toThread(title: string): Promise<void> {
    await this.toThreads();
    await this.keys('Home');
    const row = this.editor.page.locator('.pane-body .monaco-list-row.focused');
    for (let steps = 0; steps < 12; steps++) {
      if ((await row.textContent())?.includes(title)) return;
      await this.keys('ArrowDown');
    }
    throw new Error(`there is no thread ${title} in the tree`);
  }

  /** Opens the menu of the row that has the focus in the tree, and chooses in it. */
  async menu(label: string): Promise<void> {
    const { page } = this.editor;
    const menu = page.locator('.monaco-menu');
    await this.press('Shift+F10', (options) => menu.waitFor(options));
    const focused = () => page.evaluate(() => document.activeElement?.closest('.monaco-menu .action-item')?.textContent);
    for (let steps = 0; steps < 12 && (await focused()) !== label; steps++) await this.keys('ArrowDown');
    expect(await focused()).toBe(label);
    await this.press('Enter', (options) => menu.waitFor({ state: 'hidden', ...options }));
  }

  /** Takes the pictures of a step, and has axe look at the view in the same states. */
  async look(name: string, { everyTheme = false, wide = false, opening }: Looking = {}): Promise<void> {
    const all: ThemeName[] = ['dark', 'high-contrast', 'light'];
    for (const theme of pictures !== undefined || everyTheme ? all : [this.#theme]) {
      await this.wear(theme);
      await opening?.();
      await this.picture(`vscode-${name}-${theme}`, wide);
      expect({ theme, serious: await this.serious() }).toEqual({ theme, serious: [] });
      if (opening) await this.keys('Escape');
    }
  }

  async picture(name: string, wide: boolean): Promise<void> {
    if (pictures === undefined) return;
    await mkdir(pictures, { recursive: true });
    const { page } = this.editor;
    const { width, height } = page.viewportSize() ?? { width: 0, height: 0 };
    const clip = { x: 0, y: 0, width: wide ? width : Math.min(width, 560), height };
    await page.screenshot({ path: join(pictures, `${name}.png`), animations: 'disabled', caret: 'hide', clip });
  }

  /** What there was to see when something went wrong. */
  async reportFailure(): Promise<void> {
    const path = join(tmpdir(), `failed-${Date.now()}.png`);
    // Where the window is gone there is nothing to see.
    await this.editor.page.screenshot({ path }).catch(() => {});
    // biome-ignore lint/performance/useDomNodeTextContent: the lines as they were seen
    const text = await this.#chat?.evaluate(() => document.body.innerText).catch(() => '');
    console.error(`the window looked like ${path}; the chat said:\n${text ?? ''}\nthe extension said:\n${await this.#logged()}`);
  }

  /** The end of what the extension wrote into its log. */
  async #logged(): Promise<string> {
    const logs = join(this.editor.dir, 'data', 'logs');
    const names = await readdir(logs, { recursive: true }).catch(() => []);
    const own = names.filter((name) => name.endsWith('Switchyard.log')).sort();
    const texts = await Promise.all(own.map((name) => readFile(join(logs, name), 'utf8')));
    return texts.join('').slice(-4000);
  }

  async wear(theme: ThemeName): Promise<void> {
    if (theme === this.#theme) return;
    this.#theme = theme;
    const { name, workbench, body } = themes[theme];
    await this.editor.command('Preferences: Color Theme');
    await this.pick(name);
    await this.editor.page.waitForSelector(workbench);
    await this.#chat?.waitForSelector(`body.${body}`);
  }

  /** What axe finds in the view that is serious or worse. */
  async serious(): Promise<string[]> {
    if (!this.#chat) return [];
    const there = await this.#chat.evaluate(() => 'axe' in globalThis);
    if (!there) await this.#chat.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
    return this.#chat.evaluate(async () => {
      // Put there by the line above.
      const { axe } = globalThis as unknown as {
        axe: { run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> };
      };
      const { violations } = await axe.run();
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
    });
  }
}
