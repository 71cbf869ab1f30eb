/** What the answers of an MCP server over HTTP mean: refusals, and the welcome in a new session. */
import type { HttpResponse } from '../environment/environment.ts';
import { bearerChallenge } from './challenge.ts';
import { headerOf, headersOf, preview, readBody, readEvents } from './http-body.ts';
import { ServerError, Unreachable } from './mcp-error.ts';

/** Bytes of one message. */
export const longestMessage = 16 * 1024 * 1024;
/** Bytes of a refusal that are shown. */
export const previewBytes = 8192;

/** What a status other than 2xx means. */
export async function refusal(response: HttpResponse): Promise<Error> {
  const text = await preview(response, previewBytes);
  if (response.status === 403) {
    const challenge = bearerChallenge(headersOf(response, 'www-authenticate'));
    if (challenge?.error === 'insufficient_scope')
      return new Unreachable(`Insufficient scope${challenge.scope === undefined ? '' : `: ${challenge.scope}`}`);
  }
  try {
    const body: unknown = JSON.parse(text);
    const error: unknown = typeof body === 'object' && body !== null && 'error' in body ? body.error : undefined;
    if (typeof error === 'object' && error !== null && 'code' in error && 'message' in error)
      if (typeof error.code === 'number' && typeof error.message === 'string') return new ServerError(error.code, error.message, undefined);
  } catch {
    // Not an answer in JSON: shown as it is.
  }
  return new Unreachable(`HTTP ${response.status}: ${text}`);
}

/** Reads the answer to `initialize`. Rejects when it is a refusal, or none. */
export async function welcomed(response: HttpResponse, id: string | number): Promise<void> {
  const answers = (text: string): boolean => {
    const message: unknown = text.trim() === '' ? undefined : JSON.parse(text);
    if (typeof message !== 'object' || message === null || !('id' in message) || message.id !== id) return false;
    if (!('result' in message)) throw new Unreachable('the MCP server refuses a new session');
    return true;
  };
  let found = false;
  const event = ({ data }: { data: string }) => {
    found = answers(data);
    return found;
  };
  if (headerOf(response, 'content-type')?.startsWith('text/event-stream')) await readEvents(response, longestMessage, { event });
  else found = answers((await readBody(response, longestMessage)).toString('utf8'));
  if (!found) throw new Unreachable('the MCP server does not answer in a new session');
}
