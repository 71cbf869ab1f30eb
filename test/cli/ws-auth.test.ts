/** Which combinations of the flags about tokens make sense. */
import { expect, test } from 'vitest';
import type { WsAuthFlags } from '../../src/cli/flags.ts';
import { bearerAuth } from '../../src/cli/ws-auth.ts';

const none: WsAuthFlags = {
  mode: undefined,
  tokenFile: undefined,
  tokenSha256: undefined,
  sharedSecretFile: undefined,
  issuer: undefined,
  audience: undefined,
  maxClockSkewSeconds: 30,
};

test.each([
  [{}, undefined],
  [
    { mode: 'capability-token', tokenFile: 'f' },
    { mode: 'capability-token', tokenFile: 'f' },
  ],
  [
    { mode: 'capability-token', tokenSha256: 'ab' },
    { mode: 'capability-token', tokenSha256: 'ab' },
  ],
  [
    { mode: 'signed-bearer-token', sharedSecretFile: 's', issuer: 'i' },
    { mode: 'signed-bearer-token', sharedSecretFile: 's', issuer: 'i', maxClockSkewSeconds: 30 },
  ],
] as const)('%o', (flags, auth) => {
  expect(bearerAuth({ ...none, ...flags })).toEqual(auth);
});

test.each([
  [{ tokenFile: 'f' }, 'require `--ws-auth`'],
  [{ mode: 'capability-token' }, 'is required when'],
  [{ mode: 'capability-token', tokenFile: 'f', tokenSha256: 'ab' }, 'mutually exclusive'],
  [{ mode: 'capability-token', tokenFile: 'f', issuer: 'i' }, 'require `--ws-auth signed-bearer-token`'],
  [{ mode: 'signed-bearer-token' }, '`--ws-shared-secret-file` is required'],
  [{ mode: 'signed-bearer-token', sharedSecretFile: 's', tokenFile: 'f' }, 'require `--ws-auth capability-token`'],
] as const)('%o is refused', (flags, message) => {
  expect(() => bearerAuth({ ...none, ...flags })).toThrow(message);
});
