/// <reference lib="dom" />
/** A real VS Code for tests: code-server with the packaged extension, and a headless browser that shows it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
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

export interface Running {
  readonly pid: number;
  readonly line: string;
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
  /** Programs that the extension started and that still run. */
  leftovers(): Promise<readonly Running[]>;
  extensionHosts(): Promise<readonly number[]>;
  /** Leaves the page for good. */
  closeWindow(): Promise<void>;
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
  'security.workspace.trust.startupPrompt': 'never',
  'security.workspace.trust.banner': 'never',
  // Its text is then in the document.
  'terminal.integrated.gpuAcceleration': 'off',
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
  for (const [name, text] of Object.entries(options.files)) {
    await mkdir(dirname(join(workspace, name)), { recursive: true });
    await writeFile(join(workspace, name), text);
  }
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
  const server = await startServer([...flags, workspace], env);
  let browser: Browser | undefined;
  const close = async () => {
    await browser?.close();
    await endGroup(server);
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
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
    return {
      ...{ dir, workspace, page, set, kill },
      extensionHosts: () => extensionHosts(at('home')),
      leftovers: () => running(at('exts', 'switchyard')),
      closeWindow: async () => void (await page.goto('about:blank')),
      ...driving(page, url),
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function driving(page: Page, url: string): Pick<Editor, 'open' | 'chat' | 'command'> {
  return {
    open: async () => {
      await page.goto(url, { waitUntil: 'domcontentloaded', timeout: 60_000 });
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
    command: (title) => runCommand(page, title),
  };
}

/** Whether it comes true within `ms`. */
export const within = (ms: number, wait: (timeout: { timeout: number }) => Promise<unknown>): Promise<boolean> =>
  wait({ timeout: ms }).then(
    () => true,
    () => false,
  );

const paletteInput = '.quick-input-widget input[type="text"]';

/**
 * By keyboard. Keys are pressed again only where it shows that they were lost: the editor moves the focus in several steps,
 * between the documents of its views too, and what is pressed meanwhile arrives nowhere.
 */
async function runCommand(page: Page, title: string): Promise<void> {
  const selector = paletteInput;
  const open = (options: { timeout: number }) =>
    page.waitForFunction(
      (wanted) => {
        const input = document.activeElement;
        return input instanceof HTMLInputElement && input.matches(wanted) && input.value.startsWith('>');
      },
      selector,
      options,
    );
  const row = page.locator('.quick-input-widget .monaco-list-row .label-name').getByText(title, { exact: true });
  let found = false;
  for (let attempt = 0; attempt < 15 && !found; attempt++) {
    // Its list does not follow when commands come to be known, or to apply, after it was opened.
    if (attempt > 0 && (await page.locator(paletteInput).isVisible())) await page.keyboard.press('Escape');
    await page.keyboard.press('F1');
    if (!(await within(3000, open))) continue;
    await page.keyboard.press('Control+a');
    await page.keyboard.insertText(`>${title}`);
    found = await within(2000, (options) => row.waitFor(options));
  }
  if (!found) throw new Error(`the palette does not know: ${title}`);
  // Longer titles with the same words may come first.
  const label = page.locator('.quick-input-widget .monaco-list-row.focused .label-name').first();
  for (let steps = 0; steps < 20 && (await label.textContent()) !== title; steps++) await page.keyboard.press('ArrowDown');
  const chosen = (options: { timeout: number }) =>
    page.waitForFunction(
      (wanted) => {
        const input = document.querySelector<HTMLInputElement>(wanted);
        return input === null || input.getClientRects().length === 0 || !input.value.startsWith('>');
      },
      selector,
      options,
    );
  for (let attempt = 0; attempt < 5; attempt++) {
    await page.keyboard.press('Enter');
    if (await within(3000, chosen)) return;
  }
  throw new Error(`the palette did not take: ${title}`);
}

/** All processes of this machine with this text in their command line. */
async function running(text: string): Promise<Running[]> {
  const found: Running[] = [];
  for (const pid of await readdir('/proc')) {
    const line = /^\d+$/.test(pid) ? await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '') : '';
    if (line.includes(text)) found.push({ pid: Number(pid), line: line.replaceAll('\0', ' ') });
  }
  return found;
}

/** The extension hosts of the editor with this home directory. */
async function extensionHosts(home: string): Promise<number[]> {
  const found: number[] = [];
  for (const { pid } of await running('--type=extensionHost')) {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    if (environment.split('\0').includes(`HOME=${home}`)) found.push(pid);
  }
  return found;
}

/** On a busy machine its parts do not find each other in the ten seconds that it gives them, and it ends. */
async function startServer(args: readonly string[], env: NodeJS.ProcessEnv): Promise<ChildProcess> {
  for (let attempt = 1; ; attempt++) {
    const server = spawn(editorNode, [editorProgram, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    try {
      await listening(server);
      return server;
    } catch (error) {
      await endGroup(server);
      if (attempt === 3) throw error;
    }
  }
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
    const { pid } = server;
    const late = setTimeout(() => process.kill(-pid, 'SIGKILL'), 5000);
    server.once('close', () => {
      clearTimeout(late);
      resolve();
    });
    process.kill(-pid, 'SIGTERM');
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
