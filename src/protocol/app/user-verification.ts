/** Confirmation of sensitive actions on an enrolled device (a vendor surface). */
import * as z from 'zod/mini';
import { type Out, request, schema } from '../../rpc/contract.ts';
import { Empty } from '../fields.ts';
import { RequestId } from './content.ts';

export const UserVerificationProof = schema('UserVerificationProof', () => z.object({ credentialId: z.string(), signature: z.string() }));
export type UserVerificationProof = Out<typeof UserVerificationProof>;

export const UserVerificationUnavailableReason = schema('UserVerificationUnavailableReason', () =>
  z.enum(['credentialMissing', 'biometricsUnavailable', 'providerUnavailable']),
);
export type UserVerificationUnavailableReason = Out<typeof UserVerificationUnavailableReason>;

export const UserVerificationStatusResponse = schema('UserVerificationStatusResponse', () =>
  z.object({
    credentialId: z.nullable(z.string()),
    unavailableReason: z.nullable(UserVerificationUnavailableReason()),
    unavailableMessage: z.nullable(z.string()),
  }),
);
export type UserVerificationStatusResponse = Out<typeof UserVerificationStatusResponse>;

export const UserVerificationEnrollResponse = schema('UserVerificationEnrollResponse', () =>
  z.object({ credentialId: z.string(), algorithm: z.nullable(z.string()), publicKey: z.nullable(z.string()) }),
);
export type UserVerificationEnrollResponse = Out<typeof UserVerificationEnrollResponse>;

export const UserVerificationVerifyParams = schema('UserVerificationVerifyParams', () =>
  z.object({ challenge: z.string(), title: z.string(), description: z.string() }),
);
export type UserVerificationVerifyParams = Out<typeof UserVerificationVerifyParams>;

export const UserVerificationVerifyResponse = schema('UserVerificationVerifyResponse', () => z.object({ proof: UserVerificationProof() }));
export type UserVerificationVerifyResponse = Out<typeof UserVerificationVerifyResponse>;

export const UserVerificationCancelParams = schema('UserVerificationCancelParams', () => z.object({ requestId: RequestId() }));
export type UserVerificationCancelParams = Out<typeof UserVerificationCancelParams>;

export const userVerificationRequests = {
  'userVerification/status': request({
    doc: 'Tells whether a verification device is enrolled and usable.',
    params: Empty,
    result: UserVerificationStatusResponse,
    experimental: true,
  }),
  'userVerification/enroll': request({
    doc: 'Enrols the device that confirms sensitive actions.',
    params: Empty,
    result: UserVerificationEnrollResponse,
    experimental: true,
  }),
  'userVerification/delete': request({ doc: 'Removes the enrolled device.', params: Empty, result: Empty, experimental: true }),
  'userVerification/verify': request({
    doc: 'Asks the enrolled device to confirm one action.',
    params: UserVerificationVerifyParams,
    result: UserVerificationVerifyResponse,
    experimental: true,
  }),
  'userVerification/cancel': request({
    doc: 'Withdraws a pending verification.',
    params: UserVerificationCancelParams,
    result: Empty,
    experimental: true,
  }),
} as const;
