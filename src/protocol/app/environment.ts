/** Environments that commands run in, besides the server's own machine. */
import * as z from 'zod/mini';
import { type Out, request, schema } from '../../rpc/contract.ts';
import { Empty, opt, uint } from '../fields.ts';
import { exclusive, shared } from '../lanes.ts';

export const EnvironmentSkillsParams = schema('EnvironmentSkillsParams', () => z.object({ required: opt(z.array(z.string())) }));
export type EnvironmentSkillsParams = Out<typeof EnvironmentSkillsParams>;

export const EnvironmentStatusKind = schema('EnvironmentStatusKind', () => z.enum(['ready', 'pending', 'disconnected', 'unknown']));
export type EnvironmentStatusKind = Out<typeof EnvironmentStatusKind>;

export const EnvironmentShellInfo = schema('EnvironmentShellInfo', () => z.object({ name: z.string(), path: z.string() }));
export type EnvironmentShellInfo = Out<typeof EnvironmentShellInfo>;

export const EnvironmentAddParams = schema('EnvironmentAddParams', () =>
  z.object({
    environmentId: z.string(),
    execServerUrl: z.string(),
    authBearerToken: opt(z.string()),
    websocketRequestId: opt(z.string()),
    connectTimeoutMs: opt(uint()),
    skills: opt(EnvironmentSkillsParams()),
  }),
);
export type EnvironmentAddParams = Out<typeof EnvironmentAddParams>;

export const EnvironmentInfoParams = schema('EnvironmentInfoParams', () => z.object({ environmentId: z.string() }));
export type EnvironmentInfoParams = Out<typeof EnvironmentInfoParams>;

export const EnvironmentInfoResponse = schema('EnvironmentInfoResponse', () =>
  z.object({ shell: EnvironmentShellInfo(), cwd: z.nullable(z.string()) }),
);
export type EnvironmentInfoResponse = Out<typeof EnvironmentInfoResponse>;

export const EnvironmentStatusParams = schema('EnvironmentStatusParams', () => z.object({ environmentId: z.string() }));
export type EnvironmentStatusParams = Out<typeof EnvironmentStatusParams>;

export const EnvironmentStatusResponse = schema('EnvironmentStatusResponse', () =>
  z.object({ status: EnvironmentStatusKind(), error: z.nullish(z.string()) }),
);
export type EnvironmentStatusResponse = Out<typeof EnvironmentStatusResponse>;

export const environmentRequests = {
  'environment/add': request({
    doc: 'Registers a remote environment by the address of its exec-server.',
    params: EnvironmentAddParams,
    result: Empty,
    lane: exclusive('environment'),
    experimental: true,
  }),
  'environment/info': request({
    doc: 'Reads shell and working directory of an environment.',
    params: EnvironmentInfoParams,
    result: EnvironmentInfoResponse,
    lane: shared('environment'),
    experimental: true,
  }),
  'environment/status': request({
    doc: 'Tells whether an environment is reachable.',
    params: EnvironmentStatusParams,
    result: EnvironmentStatusResponse,
    lane: shared('environment'),
    experimental: true,
  }),
} as const;
