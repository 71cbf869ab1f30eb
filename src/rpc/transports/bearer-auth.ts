/** Who may open a WebSocket: a shared capability token, or a token that was signed with a shared secret. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';

export type BearerAuth =
  | { readonly mode: 'capability-token'; readonly tokenFile: string }
  | { readonly mode: 'capability-token'; readonly tokenSha256: string }
  | {
      readonly mode: 'signed-bearer-token';
      readonly sharedSecretFile: string;
      readonly issuer?: string;
      readonly audience?: string;
      /** Default 30. */
      readonly maxClockSkewSeconds?: number;
    };

/** Undefined when the request may pass, else the text of the 401. `header` is the request's Authorization. */
export type BearerCheck = (header: string | undefined, nowSeconds: number) => string | undefined;

const minSecretBytes = 32;

/** Reads what the mode needs, once. Rejects with a message that names the file and never its content. */
export async function openBearerCheck(auth: BearerAuth): Promise<BearerCheck> {
  const judge = auth.mode === 'capability-token' ? await capabilityToken(auth) : await signedToken(auth);
  return (header, nowSeconds) => {
    if (header === undefined) return 'missing websocket bearer token';
    const match = /^bearer +(\S.*?) *$/i.exec(header);
    return match?.[1] === undefined ? 'invalid authorization header' : judge(match[1], nowSeconds);
  };
}

type Judge = (token: string, nowSeconds: number) => string | undefined;

async function capabilityToken(auth: { tokenFile: string } | { tokenSha256: string }): Promise<Judge> {
  const wanted = 'tokenSha256' in auth ? digestOf(auth.tokenSha256) : sha256(await readSecret(auth.tokenFile, 1));
  return (token) => (timingSafeEqual(sha256(token), wanted) ? undefined : 'invalid websocket bearer token');
}

function digestOf(hex: string): Buffer {
  if (!/^[0-9a-f]{64}$/i.test(hex)) throw new Error('--ws-token-sha256 must be a 64-character hex SHA-256 digest');
  return Buffer.from(hex, 'hex');
}

const sha256 = (text: string) => createHash('sha256').update(text).digest();

async function readSecret(path: string, minBytes: number): Promise<string> {
  const secret = (await readFile(path, 'utf8')).trim();
  if (secret === '') throw new Error(`${path} must not be empty`);
  if (Buffer.byteLength(secret) < minBytes) throw new Error(`${path} must be at least ${minBytes} bytes`);
  return secret;
}

const invalid = 'invalid websocket jwt';

async function signedToken(auth: Extract<BearerAuth, { mode: 'signed-bearer-token' }>): Promise<Judge> {
  const secret = await readSecret(auth.sharedSecretFile, minSecretBytes);
  const skew = auth.maxClockSkewSeconds ?? 30;
  return (token, now) => {
    const claims = verify(token, secret);
    if (!claims || !isSeconds(claims.exp) || (claims.nbf !== undefined && !isSeconds(claims.nbf))) return invalid;
    if (claims.exp + skew < now) return 'expired websocket jwt';
    if (claims.nbf !== undefined && isSeconds(claims.nbf) && claims.nbf - skew > now) return 'websocket jwt is not valid yet';
    if (auth.issuer !== undefined && claims.iss !== auth.issuer) return 'websocket jwt issuer mismatch';
    if (auth.audience !== undefined && !audienceIncludes(claims.aud, auth.audience)) return 'websocket jwt audience mismatch';
    return undefined;
  };
}

const isSeconds = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value);
const audienceIncludes = (claim: unknown, wanted: string) => (Array.isArray(claim) ? claim.includes(wanted) : claim === wanted);

/** The claims of a token that was signed with `secret` by HS256, else undefined. */
function verify(token: string, secret: string): Record<string, unknown> | undefined {
  const [head, body, signature, ...rest] = token.split('.');
  if (!head || !body || !signature || rest.length > 0 || part(head)?.alg !== 'HS256') return undefined;
  const wanted = createHmac('sha256', secret).update(`${head}.${body}`).digest();
  const given = Buffer.from(signature, 'base64url');
  return given.length === wanted.length && timingSafeEqual(given, wanted) ? part(body) : undefined;
}

function part(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    // Not JSON: not a token.
    return undefined;
  }
}
