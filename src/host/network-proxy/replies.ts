/** What a client of the proxy reads when it may not go on. */
import type { NetworkTarget } from '../../base/managed-network.ts';
import type { Block } from './gate.ts';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface Wording {
  readonly header: string;
  readonly message: string;
}

const wordings: Readonly<Record<string, Wording>> = {
  not_allowed: { header: 'blocked-by-allowlist', message: 'Domain not in allowlist.' },
  not_allowed_local: { header: 'blocked-by-allowlist', message: 'Sandbox policy blocks local/private network addresses.' },
  denied: { header: 'blocked-by-denylist', message: 'Domain denied by the sandbox policy.' },
  method_not_allowed: { header: 'blocked-by-method-policy', message: 'Method not allowed in limited mode.' },
  mitm_required: { header: 'blocked-by-mitm-required', message: 'MITM required for limited HTTPS.' },
};
const byPolicy: Wording = { header: 'blocked-by-policy', message: 'Request blocked by network policy.' };

const wordingOf = (reason: string): Wording => (Object.hasOwn(wordings, reason) ? wordings[reason] : undefined) ?? byPolicy;

/** The answer to a request. */
export function blockedReply(target: NetworkTarget, { reason, decision, source }: Block): Reply {
  const { header, message } = wordingOf(reason);
  const { host, protocol, port } = target;
  const body = JSON.stringify({ status: 'blocked', host, reason, decision, source, protocol, port, message });
  return { status: 403, headers: { 'content-type': 'application/json', 'x-proxy-error': header }, body };
}

/** The answer to a CONNECT: its body is rarely shown, so it is one sentence. */
export function blockedTunnel({ reason }: Block): Reply {
  const { header, message } = wordingOf(reason);
  return { status: 403, headers: { 'content-type': 'text/plain', 'x-proxy-error': header }, body: message };
}

export const plainReply = (status: number, body: string): Reply => ({ status, headers: { 'content-type': 'text/plain' }, body });
