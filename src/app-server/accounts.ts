/** Who pays: the API key of the account, from the home directory or from the environment. */
import { readCredentials, removeCredentials, writeApiKey } from '../store/auth-file.ts';

export interface Accounts {
  /** The key in force; undefined when nobody is logged in. A secret. */
  apiKey(): Promise<string | undefined>;
  logIn(apiKey: string): Promise<void>;
  logOut(): Promise<void>;
}

const filled = (value: string | undefined): string | undefined => (value?.trim() ? value.trim() : undefined);

export function createAccounts(options: { home: string; env: Readonly<Record<string, string | undefined>> }): Accounts {
  const { home, env } = options;
  let stored: Promise<string | undefined> | undefined;
  const read = () => {
    stored ??= readCredentials(home).then(({ apiKey }) => apiKey);
    return stored;
  };
  return {
    apiKey: async () => filled(env.CODEX_API_KEY) ?? (await read()) ?? filled(env.OPENAI_API_KEY),
    async logIn(apiKey) {
      await writeApiKey(home, apiKey);
      stored = Promise.resolve(filled(apiKey));
    },
    async logOut() {
      await removeCredentials(home);
      stored = Promise.resolve(undefined);
    },
  };
}
