/** The credentials of the account (`auth.json` in the home directory), readable by their owner only. */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { errnoOf } from '../base/errors.ts';

export interface StoredCredentials {
  /** A secret: never logged and never shown. */
  readonly apiKey: string | undefined;
}

const fileOf = (home: string): string => join(home, 'auth.json');

/** What is stored; nothing when the file is missing or of another kind of login. */
export async function readCredentials(home: string): Promise<StoredCredentials> {
  return { apiKey: filled((await readStored(home)).OPENAI_API_KEY)?.trim() };
}

/** A login with the vendor's account, made by the original program. It is used as it is and never renewed. */
export interface VendorLogin {
  /** A secret: never logged and never shown. */
  readonly accessToken: string;
  readonly accountId: string | undefined;
  readonly userId: string | undefined;
  /** The account is one of an organisation. */
  readonly workspace: boolean;
}

const workspacePlans: ReadonlySet<unknown> = new Set(['team', 'business', 'enterprise', 'edu']);

/** Undefined: there is no such login. */
export async function readVendorLogin(home: string): Promise<VendorLogin | undefined> {
  const { auth_mode: mode, tokens } = await readStored(home);
  const accessToken = isTable(tokens) ? filled(tokens.access_token) : undefined;
  if (!isTable(tokens) || accessToken === undefined || (mode !== undefined && mode !== 'chatgpt')) return undefined;
  const claims = claimsOf(tokens.id_token);
  return {
    accessToken,
    accountId: filled(tokens.account_id) ?? filled(claims.chatgpt_account_id),
    userId: filled(claims.chatgpt_user_id) ?? filled(claims.user_id),
    workspace: workspacePlans.has(claims.chatgpt_plan_type),
  };
}

type Table = Readonly<Record<string, unknown>>;

const isTable = (value: unknown): value is Table => typeof value === 'object' && value !== null && !Array.isArray(value);
const filled = (value: unknown): string | undefined => (typeof value === 'string' && value.trim() !== '' ? value : undefined);

/** Whoever sends a token checks nothing in it: what its payload says of the account is taken as it stands. */
function claimsOf(token: unknown): Table {
  const payload = typeof token === 'string' ? token.split('.')[1] : undefined;
  const claims = payload === undefined ? {} : parsed(Buffer.from(payload, 'base64url').toString('utf8'));
  const own = claims['https://api.openai.com/auth'];
  return isTable(own) ? own : {};
}

/** A file that is missing or broken holds nothing; the parser's message would quote it. */
async function readStored(home: string): Promise<Table> {
  try {
    return parsed(await readFile(fileOf(home), 'utf8'));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return {};
    throw error;
  }
}

function parsed(text: string): Table {
  try {
    const value: unknown = JSON.parse(text);
    return isTable(value) ? value : {};
  } catch {
    return {};
  }
}

export async function writeApiKey(home: string, apiKey: string): Promise<void> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  await writeFileAtomic(fileOf(home), `${JSON.stringify({ auth_mode: 'apikey', OPENAI_API_KEY: apiKey }, null, 2)}\n`, { mode: 0o600 });
}

/** Removes all credentials. There may be none. */
export async function removeCredentials(home: string): Promise<void> {
  await rm(fileOf(home), { force: true });
}
