/** Logins at MCP servers: in `.credentials.json`, or in the system's keyring, in the forms that other programs of this home read. */
import { join } from 'node:path';
import type { Registration, StoredLogin } from '../base/stored-login.ts';
import { EntryFile, HomeLocks, isRecord, lockName } from './entry-file.ts';
import type { Keyring } from './keyring.ts';

export const mcpKeyringService = 'Codex MCP Credentials';

/** `auto`: the keyring, and where there is none the file. */
export type CredentialsMode = 'auto' | 'file' | 'keyring';
type Place = 'file' | 'keyring';

export interface McpCredentialsOptions {
  readonly home: string;
  readonly mode: () => Promise<CredentialsMode>;
  readonly keyring: Keyring;
}

const hasTexts = (value: Record<string, unknown>, members: readonly string[]): boolean =>
  members.every((member) => typeof value[member] === 'string');

const isEntry = (value: unknown): value is StoredLogin =>
  isRecord(value) && hasTexts(value, ['server_name', 'server_url', 'client_id', 'access_token']);
const isRegistration = (value: unknown): value is Registration =>
  isRecord(value) &&
  hasTexts(value, ['issuer', 'client_id', 'redirect_uri']) &&
  Array.isArray(value.scopes) &&
  value.scopes.every((scope) => typeof scope === 'string');

/** All logins of one home. Does no I/O before it is used. */
export class McpCredentials {
  readonly #options: McpCredentialsOptions;
  readonly #locks: HomeLocks;
  readonly #logins: EntryFile;
  readonly #registrations: EntryFile;
  /** Where a login was found or put: it stays there for the life of this object, whatever happens to the other place. */
  readonly #places = new Map<string, Place>();

  constructor(options: McpCredentialsOptions) {
    this.#options = options;
    const { home } = options;
    this.#locks = new HomeLocks(join(home, 'mcp-oauth-locks'));
    const locks = this.#locks;
    this.#logins = new EntryFile({ path: join(home, '.credentials.json'), locks, lock: 'file-store', what: 'MCP logins' });
    const path = join(home, 'mcp-oauth-registrations.json');
    this.#registrations = new EntryFile({ path, locks, lock: 'registrations', what: 'MCP client registrations' });
  }

  /** Rejects when the place that counts cannot be read. */
  async read(key: string): Promise<StoredLogin | undefined> {
    const mode = await this.#options.mode();
    const place = this.#placeIn(mode, key);
    if (place !== undefined) return this.#readFrom(place, key);
    // Nothing is known yet: the keyring first, and where there is none the file.
    const kept = await this.#readFrom('keyring', key).catch(() => undefined);
    const found = kept ?? (await this.#readFrom('file', key));
    if (found) this.#places.set(key, kept ? 'keyring' : 'file');
    return found;
  }

  /** A new login. */
  async write(key: string, login: StoredLogin): Promise<void> {
    const mode = await this.#options.mode();
    if (mode === 'file') return this.#writeTo('file', key, login);
    try {
      await this.#writeTo('keyring', key, login);
    } catch (error) {
      if (mode === 'keyring') throw error;
      return this.#writeTo('file', key, login);
    }
    await this.#logins.remove(key);
  }

  /** New tokens of a login that was read: they go where it was found. */
  async update(key: string, login: StoredLogin): Promise<void> {
    const place = this.#placeIn(await this.#options.mode(), key);
    return place === undefined ? this.write(key, login) : this.#writeTo(place, key, login);
  }

  /** Removes it everywhere. False when there was nothing. */
  async remove(key: string): Promise<boolean> {
    this.#places.delete(key);
    const inFile = await this.#logins.remove(key);
    if ((await this.#options.mode()) === 'file') return inFile;
    const inKeyring = await this.#options.keyring.remove(key).catch((error: unknown) => {
      throw new Error('failed to delete OAuth tokens from keyring', { cause: error });
    });
    return inFile || inKeyring;
  }

  exclusively<T>(key: string, work: () => Promise<T>): Promise<T> {
    return this.#locks.held(lockName(key), work);
  }

  async readRegistration(key: string): Promise<Registration | undefined> {
    const entry = (await this.#registrations.read())[key];
    return isRegistration(entry) ? entry : undefined;
  }

  writeRegistration(key: string, registration: Registration): Promise<void> {
    return this.#registrations.set(key, registration);
  }

  async removeRegistration(key: string): Promise<void> {
    await this.#registrations.remove(key);
  }

  #placeIn(mode: CredentialsMode, key: string): Place | undefined {
    return mode === 'auto' ? this.#places.get(key) : mode;
  }

  async #readFrom(place: Place, key: string): Promise<StoredLogin | undefined> {
    if (place === 'file') {
      const entry = (await this.#logins.read())[key];
      return isEntry(entry) ? entry : undefined;
    }
    const text = await this.#options.keyring.get(key).catch((error: unknown) => {
      throw new Error('failed to read OAuth tokens from keyring', { cause: error });
    });
    return text === undefined ? undefined : fromSecret(text);
  }

  async #writeTo(place: Place, key: string, login: StoredLogin): Promise<void> {
    if (place === 'file') await this.#logins.set(key, login);
    else
      await this.#options.keyring.set(key, toSecret(login)).catch((error: unknown) => {
        throw new Error('failed to write OAuth tokens to keyring', { cause: error });
      });
    this.#places.set(key, place);
  }
}

/** The form in the keyring keeps the tokens as the authorization server gave them. */
function toSecret(login: StoredLogin): string {
  const { server_name, server_url: url, issuer, client_id, access_token, refresh_token, expires_at, scopes } = login;
  const token_response = {
    ...{ access_token, token_type: 'bearer' },
    ...(refresh_token ? { refresh_token } : {}),
    ...(scopes && scopes.length > 0 ? { scope: scopes.join(' ') } : {}),
  };
  return JSON.stringify({ server_name, url, ...(issuer === undefined ? {} : { issuer }), client_id, token_response, expires_at });
}

function fromSecret(text: string): StoredLogin {
  const damaged = new Error('failed to deserialize OAuth tokens from keyring');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw damaged;
  }
  if (!isRecord(value) || !isRecord(value.token_response)) throw damaged;
  const { server_name, url: server_url, issuer, client_id, expires_at, token_response: tokens } = value;
  const { access_token, refresh_token, scope } = tokens;
  const login = {
    ...{ server_name, server_url, client_id, access_token },
    ...(typeof issuer === 'string' ? { issuer } : {}),
    expires_at: typeof expires_at === 'number' ? expires_at : null,
    refresh_token: typeof refresh_token === 'string' ? refresh_token : null,
    ...(typeof scope === 'string' ? { scopes: scope.split(' ').filter((one) => one !== '') } : {}),
  };
  if (!isEntry(login)) throw damaged;
  return login;
}
