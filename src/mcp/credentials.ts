/** What is kept of a login at an MCP server, and the port to where it is kept. */
import { createHash } from 'node:crypto';
import type { RegistrationStore } from './registrations.ts';

/** The stored form; other programs read it too. */
export interface StoredLogin {
  readonly server_name: string;
  readonly server_url: string;
  /** Absent in older entries. */
  readonly issuer?: string | undefined;
  readonly client_id: string;
  readonly access_token: string;
  /** Milliseconds since 1970; absent: never refreshed early. */
  readonly expires_at?: number | null | undefined;
  readonly refresh_token?: string | null | undefined;
  readonly scopes?: readonly string[] | undefined;
}

export interface CredentialStore extends RegistrationStore {
  read(key: string): Promise<StoredLogin | undefined>;
  /** A new login. Whole or not at all; readable for the user alone. */
  write(key: string, login: StoredLogin): Promise<void>;
  /** New tokens of a login that was read; they go where it was found. */
  update(key: string, login: StoredLogin): Promise<void>;
  /** False when there was nothing. */
  remove(key: string): Promise<boolean>;
  /** Runs `work` while nobody else works on that login, in this process or another. Rejects when the wait is too long. */
  exclusively<T>(key: string, work: () => Promise<T>): Promise<T>;
}

/** Name and address make the key: a server that moved needs a new login. */
export function credentialKey(name: string, url: string): string {
  const hash = createHash('sha256')
    .update(`{"type":"http","url":${JSON.stringify(url)},"headers":{}}`)
    .digest('hex');
  return `${name}|${hash.slice(0, 16)}`;
}

const skewMs = 30_000;

/** Nothing can be done with it any more but to sign in again. */
export function usable(login: StoredLogin, nowMs: number): boolean {
  if (login.client_id.trim() === '') return false;
  if (login.refresh_token) return true;
  return login.access_token.trim() !== '' && !expiresSoon(login, nowMs);
}

/** `lifetimeMs`: how long such tokens live, when that is known; short ones are kept longer into their life. */
export function expiresSoon({ expires_at }: StoredLogin, nowMs: number, lifetimeMs = Number.POSITIVE_INFINITY): boolean {
  if (expires_at === undefined || expires_at === null) return false;
  return nowMs + Math.min(skewMs, lifetimeMs / 4) >= expires_at;
}
