/**
 * The vendor's directory of apps for the account of the home: fetched when a client asks for it, kept for an hour in memory and
 * in a file for later runs. Whoever only looks for what could be installed never waits for the network.
 */
import { abortable } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import { internalError, messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { HttpClient } from '../environment/environment.ts';
import { readBody } from '../mcp/http-body.ts';
import type { AppInfo } from '../protocol/app/index.ts';
import { type DirectoryIdentity, directoryFile, readDirectory, writeDirectory } from '../store/app-directory-file.ts';
import { readVendorLogin, type VendorLogin } from '../store/auth-file.ts';
import { appsOf, type DirectoryPage, readPage } from './directory-apps.ts';

export interface AppDirectoryDeps {
  readonly home: string;
  /** Where the directory lies. */
  baseUrl(): Promise<string>;
  http(): HttpClient;
  /** Say who asks. */
  clientHeaders(): Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly log: Log;
  /** Ends what is being fetched. */
  readonly signal: AbortSignal;
  /** Another directory was fetched. */
  updated(apps: readonly AppInfo[]): void;
}

const lifeMs = 3_600_000;
const requestMs = 60_000;
const mostPages = 100;
const longestPage = 16 * 1_048_576;

interface Account {
  readonly login: VendorLogin;
  readonly identity: DirectoryIdentity;
  readonly file: string;
}

interface Kept {
  readonly file: string;
  readonly apps: readonly AppInfo[];
  /** What was read from the file is old from the start. */
  readonly freshUntilMs: number;
}

export class AppDirectory {
  readonly #deps: AppDirectoryDeps;
  #kept: Kept | undefined;
  /** For the account with that file. */
  #fetching: { readonly file: string; readonly apps: Promise<readonly AppInfo[]> } | undefined;

  constructor(deps: AppDirectoryDeps) {
    this.#deps = deps;
  }

  /** False: there is no account that has a directory. Rejects when the login cannot be read. */
  async available(): Promise<boolean> {
    return (await readVendorLogin(this.#deps.home)) !== undefined;
  }

  /** What was fetched before, in this run or an earlier one. Asks nobody; empty when nothing is known. */
  async known(): Promise<readonly AppInfo[]> {
    const account = await this.#account();
    return account ? ((await this.#hydrated(account))?.apps ?? []) : [];
  }

  /**
   * The directory, fetched when it is older than an hour or `refetch` says so; undefined: there is no account that has one.
   * Rejects with what the client should read.
   */
  async list({ refetch, signal }: { refetch: boolean; signal: AbortSignal }): Promise<readonly AppInfo[] | undefined> {
    const account = await this.#account();
    if (!account) return undefined;
    const kept = this.#kept;
    if (!refetch && kept?.file === account.file && kept.freshUntilMs > this.#deps.clock.monotonicMs()) return kept.apps;
    try {
      return await abortable(this.#fetch(account), signal);
    } catch (error) {
      if (signal.aborted) throw error;
      throw internalError(`failed to list apps: ${messageOf(error)}`, error);
    }
  }

  async #account(): Promise<Account | undefined> {
    const login = await readVendorLogin(this.#deps.home);
    if (!login) return undefined;
    const identity = {
      chatgpt_base_url: await this.#deps.baseUrl(),
      account_id: login.accountId ?? null,
      chatgpt_user_id: login.userId ?? null,
      is_workspace_account: login.workspace,
    };
    return { login, identity, file: directoryFile(this.#deps.home, identity) };
  }

  async #hydrated({ file }: Account): Promise<Kept | undefined> {
    if (this.#kept?.file === file) return this.#kept;
    const apps = await readDirectory(file, this.#deps.log);
    // What was fetched meanwhile is newer.
    if (apps && this.#kept?.file !== file) this.#kept = { file, apps, freshUntilMs: 0 };
    return this.#kept?.file === file ? this.#kept : undefined;
  }

  /** One at a time for an account. */
  #fetch(account: Account): Promise<readonly AppInfo[]> {
    if (this.#fetching?.file === account.file) return this.#fetching.apps;
    const apps = this.#fetchNow(account).finally(() => {
      if (this.#fetching?.apps === apps) this.#fetching = undefined;
    });
    this.#fetching = { file: account.file, apps };
    return apps;
  }

  async #fetchNow(account: Account): Promise<readonly AppInfo[]> {
    const { clock, log, updated } = this.#deps;
    const [entries, ofWorkspace] = await Promise.all([this.#pages(account), this.#workspace(account)]);
    const apps = appsOf([...entries, ...ofWorkspace]);
    this.#kept = { file: account.file, apps, freshUntilMs: clock.monotonicMs() + lifeMs };
    await writeDirectory(account.file, apps, log);
    updated(apps);
    return apps;
  }

  async #pages(account: Account): Promise<DirectoryPage['entries']> {
    const found: DirectoryPage['entries'][number][] = [];
    let query = 'external_logos=true';
    for (let pages = 0; pages < mostPages; pages += 1) {
      const { entries, next } = await this.#page(account, `connectors/directory/list?${query}`);
      found.push(...entries);
      if (next === undefined) break;
      query = `token=${encodeURIComponent(next)}&external_logos=true`;
    }
    return found;
  }

  /** Apps of the organisation come on top; they are not worth failing for. */
  async #workspace(account: Account): Promise<DirectoryPage['entries']> {
    if (!account.login.workspace) return [];
    try {
      return (await this.#page(account, 'connectors/directory/list_workspace?external_logos=true')).entries;
    } catch (error) {
      this.#deps.log.warn('the apps of the workspace cannot be listed', { error: messageOf(error) });
      return [];
    }
  }

  async #page({ login, identity }: Account, path: string): Promise<DirectoryPage> {
    const url = `${identity.chatgpt_base_url.replace(/\/+$/, '')}/${path}`;
    const account = login.accountId === undefined ? {} : { 'chatgpt-account-id': login.accountId };
    const headers = Object.entries({ ...this.#deps.clientHeaders(), ...account, authorization: `Bearer ${login.accessToken}` });
    const signal = AbortSignal.any([this.#deps.signal, AbortSignal.timeout(requestMs)]);
    // A redirect would carry the login away.
    const response = await this.#deps.http().request({ method: 'GET', url, headers, redirect: 'manual' }, signal);
    const body = (await readBody(response, longestPage)).toString('utf8');
    if (response.status < 200 || response.status > 299)
      throw new Error(`Request failed with status ${response.status}: ${body.slice(0, 1000)}`);
    return readPage(body);
  }
}
