/** Clients that were registered at authorization servers, kept so that the next login need not register again. */
import type { Registration } from '../base/stored-login.ts';

/** Keys are those of logins. A registration is kept only after a login with it went well. */
export interface RegistrationStore {
  readRegistration(key: string): Promise<Registration | undefined>;
  writeRegistration(key: string, registration: Registration): Promise<void>;
  removeRegistration(key: string): Promise<void>;
}

/** It was made for the same server, address and scopes. */
export function fits(known: Registration, wanted: Omit<Registration, 'client_id'>): boolean {
  const sorted = (scopes: readonly string[]): string => [...scopes].sort().join(' ');
  return known.issuer === wanted.issuer && known.redirect_uri === wanted.redirect_uri && sorted(known.scopes) === sorted(wanted.scopes);
}
