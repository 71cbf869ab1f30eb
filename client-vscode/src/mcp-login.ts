/**
 * Signing in to MCP servers. Each login has a server process of its own, so that it can be given its own way back and ends
 * when it is cancelled. The browser comes back to that process directly, through the editor's URI handler, or by hand:
 * the card in the chat takes the address of the page that the browser ended at.
 */
import { randomBytes } from 'node:crypto';
import { type AppClient, declineEverything, type Log, spawnAppServer } from 'switchyard/client';
import * as vscode from 'vscode';
import type { Card } from './messages.ts';
import { answerAddress, deliver, type ExpectedReturn, expectedReturn, freePort } from './oauth-return.ts';
import type { Reply } from './questions.ts';
import type { Program } from './settings.ts';

export interface McpLoginsOptions {
  readonly program: () => Program;
  readonly extensionId: string;
  readonly version: string;
  readonly log: Log;
  readonly onChange: () => void;
  /** The browser is open, and there is a card for its return: the place for the focus. */
  readonly onOpened: () => Promise<void>;
}

/** How long a person may take in the browser. */
const loginMs = 10 * 60_000;

interface Begun {
  readonly client: AppClient;
  readonly url: string;
  readonly expected: ExpectedReturn;
  /** Whether the browser finds its way back by itself. */
  readonly reachable: boolean;
}

interface OpenLogin extends Begun {
  readonly name: string;
  readonly stop: AbortController;
  text: string;
}

export class McpLogins implements vscode.UriHandler, vscode.Disposable {
  readonly #options: McpLoginsOptions;
  /** By an opaque id, which comes back with the browser. */
  readonly #open = new Map<string, OpenLogin>();

  constructor(options: McpLoginsOptions) {
    this.#options = options;
  }

  dispose(): void {
    for (const { stop } of this.#open.values()) stop.abort();
  }

  cards(): Card[] {
    return [...this.#open].map(([id, { name, text }]) => ({
      ...{ key: id, threadId: '', elsewhere: '', reason: '', command: '', cwd: '', facts: [], files: [] },
      title: `Log in to ${name}`,
      text,
      questions: [{ id: 'address', header: 'Address', text: 'of the page the browser ended at', secret: false, options: [] }],
      choices: [
        { id: 'cancel', label: 'Cancel login', role: 'refuse' },
        { id: 'open', label: 'Open page again', role: 'other' },
        { id: 'copy', label: 'Copy link', role: 'other' },
        { id: 'paste', label: 'Use this address', role: 'allow' },
      ],
    }));
  }

  /** False when there is no such login. */
  answer(id: string, { choice, answers }: Reply): boolean {
    const login = this.#open.get(id);
    if (!login) return false;
    if (choice === 'cancel') login.stop.abort(new vscode.CancellationError());
    else if (choice === 'open') void this.#openPage(login);
    else if (choice === 'copy') void vscode.env.clipboard.writeText(login.url);
    else if (choice === 'paste') void this.#bring(login, parameters(answers.address ?? ''));
    return true;
  }

  handleUri(uri: vscode.Uri): void {
    const brought = new URLSearchParams(uri.query);
    const login = this.#open.get(brought.get('login') ?? '');
    if (login) void this.#bring(login, brought);
    else this.#options.log.warn('an address was opened that belongs to no login', { path: uri.path });
  }

  /** Resolves when the server has taken the login. Rejects with `CancellationError`, or with the cause. */
  async start(name: string): Promise<void> {
    for (const login of this.#open.values()) if (login.name === name) return this.#openPage(login);
    const stop = new AbortController();
    const id = randomBytes(16).toString('base64url');
    const begun = await this.#begin(id, name, stop.signal);
    await using client = begun.client;
    const login = { ...begun, name, stop, text: begun.reachable ? waiting : mayBeLost };
    this.#open.set(id, login);
    this.#options.onChange();
    try {
      const matches = (params: { name: string }) => params.name === name;
      const options = { matches, signal: stop.signal, deadlineMs: loginMs };
      const over = client.next('mcpServer/oauthLogin/completed', options);
      // Not before the page is open: the editor may ask about that, and a focus that moves would take the answer.
      const opened = this.#openPage(login).then(() => this.#options.onOpened());
      const [{ success, error }] = await Promise.all([over, opened]);
      if (!success) throw new Error(error ?? `the login to ${name} failed`);
    } finally {
      this.#open.delete(id);
      this.#options.onChange();
    }
  }

  /** Where the browser is elsewhere it comes back through the editor, if the server's provider takes part in that. */
  async #begin(id: string, name: string, signal: AbortSignal): Promise<Begun> {
    const isWeb = vscode.env.uiKind === vscode.UIKind.Web;
    const away = isWeb || vscode.env.remoteName !== undefined;
    if (away) {
      const begun = await this.#throughEditor(id, name, signal).catch((error: unknown) => {
        this.#options.log.info('the login cannot come back through the editor', { error });
        return undefined;
      });
      // A page of the editor has one exact address; providers that are given an address of their own miss it.
      if (begun && (begun.reachable || !isWeb)) return begun;
      await begun?.client.close();
    }
    const begun = await this.#ask(name, [], signal);
    const expected = expectedReturn(begun.url);
    // Lets a remote editor forward the port to the machine of the browser.
    if (away) await vscode.env.asExternalUri(vscode.Uri.parse(expected.redirect.origin)).then(undefined, () => undefined);
    return { ...begun, expected, reachable: !away };
  }

  async #throughEditor(id: string, name: string, signal: AbortSignal): Promise<Begun> {
    const { extensionId } = this.#options;
    const own = vscode.Uri.from({ scheme: vscode.env.uriScheme, authority: extensionId, path: '/mcp-login', query: `login=${id}` });
    const back = (await vscode.env.asExternalUri(own)).toString(true);
    const port = await freePort();
    const settings = [`mcp_oauth_callback_url=${JSON.stringify(back)}`, `mcp_oauth_callback_port=${port}`];
    const begun = await this.#ask(name, settings, signal);
    const expected = expectedReturn(begun.url, port);
    return { ...begun, expected, reachable: expected.redirect.pathname === new URL(back).pathname };
  }

  async #ask(name: string, settings: readonly string[], signal: AbortSignal): Promise<{ client: AppClient; url: string }> {
    const { program, version, log } = this.#options;
    const { command, args, cwd, env } = program();
    const client = await spawnAppServer(
      { command, args: [...args, ...settings.flatMap((setting) => ['-c', setting])], cwd, env },
      { clientInfo: { name: 'switchyard_vscode_login', version }, questions: declineEverything, log, signal },
    );
    try {
      const { authorizationUrl } = await client.request('mcpServer/oauth/login', { name, timeoutSecs: loginMs / 1000 }, { signal });
      return { client, url: authorizationUrl };
    } catch (error) {
      await client.close();
      throw error;
    }
  }

  async #openPage(login: OpenLogin): Promise<void> {
    // As a string, which the editor takes as it is: a Uri would lose how the values in its query are escaped.
    const opened = await vscode.env.openExternal(login.url as unknown as vscode.Uri);
    if (!opened) this.#say(login, 'The page was not opened. Open it again, or copy its link into a browser.');
  }

  async #bring(login: OpenLogin, brought: URLSearchParams): Promise<void> {
    const address = answerAddress(login.expected, brought);
    if (!address) return this.#say(login, 'That is not the address this login ends at: it has its code and its state.');
    try {
      this.#say(login, 'Signing in …');
      await deliver(address);
    } catch (error) {
      this.#say(login, `The answer of the browser was not taken: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #say(login: OpenLogin, text: string): void {
    login.text = text;
    this.#options.onChange();
  }
}

const waiting = 'Sign in on the page in the browser. This goes on by itself.';
const mayBeLost = 'Sign in on the page in the browser. If it then shows an error instead of a confirmation, paste its address here.';

const parameters = (address: string): URLSearchParams =>
  URL.canParse(address.trim()) ? new URL(address.trim()).searchParams : new URLSearchParams();

const words = {
  unknown: '',
  unsupported: 'no login needed or possible',
  notLoggedIn: 'not logged in',
  bearerToken: 'uses a token',
  oAuth: 'logged in',
} as const;

const about = (threadId: string) => ({ detail: 'toolsAndAuthOnly' as const, ...(threadId === '' ? {} : { threadId }) });

/** Asks which server; undefined when the user gave up. */
export async function pickServer(client: AppClient, threadId: string): Promise<string | undefined> {
  const { data } = await client.request('mcpServerStatus/list', about(threadId));
  if (data.length === 0) throw new Error('no MCP servers are configured');
  const servers = data.map(({ name, authStatus }) => ({ label: name, description: words[authStatus] }));
  return (await vscode.window.showQuickPick(servers, { title: 'Log in to an MCP server' }))?.label;
}

/** Whether a login is what a server lacks. */
export async function needsLogin(client: AppClient, threadId: string, name: string): Promise<boolean> {
  const { data } = await client.request('mcpServerStatus/list', about(threadId));
  return data.some((server) => server.name === name && server.authStatus === 'notLoggedIn');
}
