/** The port to where logins at MCP servers are kept, and what can be said of one. */
import { createHash } from 'node:crypto';
import type { StoredLogin } from '../base/stored-login.ts';
import type { RegistrationStore } from './registrations.ts';

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
