/** The system's own store of secrets, loaded when it is first needed. */
import { messageOf } from '../base/errors.ts';

/** One secret per account. Every call rejects when the system has no such store or refuses. */
export interface Keyring {
  get(account: string): Promise<string | undefined>;
  set(account: string, secret: string): Promise<void>;
  /** False when there was none. */
  remove(account: string): Promise<boolean>;
}

/** The system may ask the user to unlock it; servers that start do not wait that long. */
const readMs = 10_000;
const writeMs = 60_000;

/** Keeps secrets under the name of `service`. */
export function systemKeyring(service: string): Keyring {
  const entry = async (account: string) => {
    // A package for this platform may be missing; then this rejects like a system without a keyring.
    const { AsyncEntry } = await import('@napi-rs/keyring');
    return new AsyncEntry(service, account);
  };
  const limit = () => AbortSignal.timeout(writeMs);
  return {
    async get(account) {
      const secret = await (await entry(account)).getPassword(AbortSignal.timeout(readMs));
      if (secret !== null && secret !== undefined) return secret;
      // Where there may be no store at all the library says the same of it as of an empty one; listing tells them apart.
      if (process.platform === 'linux')
        await (await import('@napi-rs/keyring')).findCredentialsAsync(service, null, AbortSignal.timeout(readMs));
      return undefined;
    },
    async set(account, secret) {
      await (await entry(account)).setPassword(secret, limit()).catch((error: unknown) => {
        throw new Error(firstLine(error));
      });
    },
    remove: async (account) => (await entry(account)).deleteCredential(limit()),
  };
}

/** The library adds the stack of its own program. */
const firstLine = (error: unknown): string => messageOf(error).split('\n')[0] ?? '';
