/** A real VS Code for tests: code-server with the packaged extension, and a headless browser that shows it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { type Browser, chromium, type Frame, type Page } from 'playwright-core';

/** Where code-server and its Node are installed: see install-editor.sh. */
export const editorDir = process.env.SWITCHYARD_CODE_SERVER ?? join(homedir(), '.cache', 'switchyard-ci', 'code-server');
const browserPath = process.env.SWITCHYARD_CHROMIUM ?? '/usr/bin/chromium';
const editorNode = join(editorDir, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');
const editorProgram = join(editorDir, 'node_modules', 'code-server');

/** Why the editor cannot be started here; undefined when it can. */
export function whyNot(): string | undefined {
  if (!existsSync(browserPath))
    return `there is no browser at ${browserPath} (Debian: apt-get install chromium; or set SWITCHYARD_CHROMIUM)`;
  if (!existsSync(editorProgram) || !existsSync(editorNode))
    return `there is no code-server in ${editorDir} (test/vscode/install-editor.sh installs it; or set SWITCHYARD_CODE_SERVER)`;
  return undefined;
}

export interface EditorOptions {
  readonly vsix: string;
  /** Files of the workspace by name. */
  readonly files: Readonly<Record<string, string>>;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The text of config.toml. */
  readonly config?: string;
  readonly trusted?: boolean;
}

export interface Editor extends AsyncDisposable {
  readonly dir: string;
  readonly workspace: string;
  readonly page: Page;
  /** Opens the workspace in the page, or loads it anew, and waits for the workbench. */
  open(): Promise<void>;
  /** The frame that holds the chat. */
  chat(): Promise<Frame>;
  /** Runs a command of the palette by its title. */
  command(title: string): Promise<void>;
  /** Ends code-server with its extension host at once, as a crash would. */
  kill(): void;
  /** Command lines of programs that the extension started and that still run. */
  leftovers(): Promise<readonly string[]>;
  /** What the editor is set to from now on. */
  set(settings: Readonly<Record<string, unknown>>): Promise<void>;
}

const calm = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
  'chat.commandCenter.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'extensions.ignoreRecommendations': true,
  'update.mode': 'none',
  'workbench.enableExperiments': false,
  'git.enabled': false,
};

/** Starts everything below a directory of its own. Nothing of it is left when the result is disposed. */
export async function openEditor(options: EditorOptions): Promise<Editor> {
  const dir = await mkdtemp(join(tmpdir(), 'swy-editor-'));
  const at = (...path: string[]) => join(dir, ...path);
  const workspace = at('ws');
  await Promise.all(
    [workspace, at('home'), at('run'), at('data', 'User'), at('data', 'Machine')].map((path) =>
      mkdir(path, { recursive: true, mode: 0o700 }),
    ),
  );
  for (const [name, text] of Object.entries(options.files)) await writeFile(join(workspace, name), text);
  await writeFile(at('home', 'config.toml'), options.config ?? '');
  await writeFile(at('cs.yaml'), '{}');
  const set = async (settings: Readonly<Record<string, unknown>>) => {
    const all = {
      ...calm,
      'security.workspace.trust.enabled': options.trusted === false,
      'switchyard.codexHome': at('home'),
      ...options.settings,
      ...settings,
    };
    const of = (own: boolean) => Object.fromEntries(Object.entries(all).filter(([name]) => name.startsWith('switchyard.') === own));
    await writeFile(at('data', 'User', 'settings.json'), JSON.stringify(of(false)));
    await writeFile(at('data', 'Machine', 'settings.json'), JSON.stringify(of(true)));
  };
  await set({});
  const dirs = ['--extensions-dir', at('exts'), '--user-data-dir', at('data'), '--config', at('cs.yaml')];
  const { NODE_EXTRA_CA_CERTS: _, ...inherited } = process.env;
  const env = { ...inherited, XDG_RUNTIME_DIR: at('run'), HOME: at('home') };
  await execa(editorNode, [editorProgram, ...dirs, '--install-extension', options.vsix], { env, extendEnv: false });
  const port = await freePort();
  const flags = ['--auth', 'none', '--bind-addr', `127.0.0.1:${port}`, '--disable-telemetry', '--disable-update-check', ...dirs];
  const server = spawn(editorNode, [editorProgram, ...flags, workspace], { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let browser: Browser | undefined;
  const close = async () => {
    await browser?.close();
    await endGroup(server);
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await listening(server);
    browser = await chromium.launch({
      executablePath: browserPath,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
    const page = await browser.newPage({ viewport: { width: 1200, height: 750 } });
    page.setDefaultTimeout(15_000);
    const url = `http://127.0.0.1:${port}/?folder=${encodeURIComponent(workspace)}`;
    const kill = () => {
      if (server.pid !== undefined) process.kill(-server.pid, 'SIGKILL');
    };
    return { dir, workspace, page, set, kill, leftovers: () => leftovers(dir), ...driving(page, url), [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

function driving(page: Page, url: string): Pick<Editor, 'open' | 'chat' | 'command'> {
  return {
    open: async () => {
      await page.goto(url, { waitUntil: 'domcontentloaded' });
      // Its commands are known from here on.
      await page.waitForSelector('.activitybar .action-item a[aria-label^="Switchyard"]', { timeout: 60_000 });
    },
    chat: async () => {
      const start = Date.now();
      while (Date.now() - start < 60_000) {
        for (const frame of page.frames()) if ((await frame.$('#composer textarea').catch(() => null)) !== null) return frame;
        // A webview is a frame within a frame: the next one may be it.
        await page.waitForEvent('framenavigated', { timeout: 1000 }).catch(() => {});
      }
      throw new Error('the chat did not come up');
    },
    command: async (title) => {
      await page.keyboard.press('F1');
      const input = page.locator('.quick-input-widget input[type="text"]');
      await input.waitFor();
      const row = page.locator('.quick-input-widget .monaco-list-row.focused', { hasText: title.replace(/^.*: /, '') });
      // The list does not follow when an extension's commands come to be known later than the text.
      for (let attempt = 0; attempt < 15; attempt++) {
        await input.fill('>');
        await input.fill(`>${title}`);
        const found = await row.waitFor({ timeout: 2000 }).then(
          () => true,
          () => false,
        );
        if (found) break;
      }
      // Longer titles with the same words may come first.
      const label = page.locator('.quick-input-widget .monaco-list-row.focused .label-name').first();
      for (let steps = 0; steps < 8 && (await label.textContent()) !== title; steps++) await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
    },
  };
}

async function leftovers(dir: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    const line = /^\d+$/.test(pid) ? await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '') : '';
    if (line.includes(join(dir, 'exts'))) found.push(line.replaceAll('\0', ' '));
  }
  return found;
}

function listening(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const hear = (chunk: Buffer) => {
      said = (said + chunk.toString('utf8')).slice(-8000);
      if (/HTTP server listening/.test(said)) resolve();
    };
    server.stdout?.on('data', hear);
    server.stderr?.on('data', hear);
    server.once('close', () => reject(new Error(`code-server ended: ${said}`)));
  });
}

function endGroup(server: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (server.exitCode !== null || server.signalCode !== null || server.pid === undefined) return resolve();
    server.once('close', () => resolve());
    process.kill(-server.pid, 'SIGTERM');
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}
