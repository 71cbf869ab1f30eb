/** The flags that say who may open a WebSocket. */
import type { BearerAuth } from '../rpc/transports/bearer-auth.ts';
import type { WsAuthFlags } from './flags.ts';

/** What the flags ask for; undefined: everyone may connect. Throws when they contradict each other. */
export function bearerAuth(flags: WsAuthFlags): BearerAuth | undefined {
  const { mode, tokenFile, tokenSha256, sharedSecretFile, issuer, audience, maxClockSkewSeconds } = flags;
  if (mode === undefined) {
    if ([tokenFile, tokenSha256, sharedSecretFile, issuer, audience].some((value) => value !== undefined))
      throw new Error('websocket auth flags require `--ws-auth`');
    return undefined;
  }
  if (mode === 'capability-token') {
    if (sharedSecretFile !== undefined || issuer !== undefined || audience !== undefined)
      throw new Error('`--ws-shared-secret-file`, `--ws-issuer` and `--ws-audience` require `--ws-auth signed-bearer-token`');
    if (tokenFile !== undefined && tokenSha256 !== undefined)
      throw new Error('`--ws-token-file` and `--ws-token-sha256` are mutually exclusive');
    if (tokenFile !== undefined) return { mode, tokenFile };
    if (tokenSha256 !== undefined) return { mode, tokenSha256 };
    throw new Error('`--ws-token-file` or `--ws-token-sha256` is required when `--ws-auth capability-token` is set');
  }
  if (tokenFile !== undefined || tokenSha256 !== undefined)
    throw new Error('`--ws-token-file` and `--ws-token-sha256` require `--ws-auth capability-token`');
  if (sharedSecretFile === undefined) throw new Error('`--ws-shared-secret-file` is required when `--ws-auth signed-bearer-token` is set');
  return {
    mode,
    sharedSecretFile,
    maxClockSkewSeconds,
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
  };
}
