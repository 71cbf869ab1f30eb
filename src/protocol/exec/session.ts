/** The handshake, and what an executor says of itself. */
import * as z from 'zod/mini';
import { notification, type Out, request, schema } from '../../rpc/contract.ts';
import { NoParams, opt } from '../fields.ts';
import { pathUri } from './paths.ts';

export const EnvironmentInfoResult = schema('EnvironmentInfoResult', () =>
  z.object({
    shell: z.object({ name: z.string(), path: z.string() }),
    executorVersion: z.optional(z.string()),
    /** Stable across restarts on one host. */
    providerId: z.optional(z.string()),
    cwd: z.nullish(pathUri()),
    userHomeDir: z.nullish(pathUri()),
    platformOs: z.optional(z.string()),
    prependPathDirs: z.optional(z.array(pathUri())),
    temporaryDirectories: z.optional(z.array(pathUri())),
    tempDir: z.nullish(pathUri()),
    /** A missing flag means false: a client uses a newer field or method only when its flag is true. */
    capabilities: z._default(z.record(z.string(), z.boolean()), {}),
  }),
);
export type EnvironmentInfoResult = Out<typeof EnvironmentInfoResult>;

export const ExecInitializeParams = schema('InitializeParams', () =>
  z.object({ clientName: z.string(), resumeSessionId: opt(z.string()) }),
);
export const ExecInitializeResult = schema('ExecInitializeResult', () =>
  z.object({ sessionId: z.string(), environmentInfo: z.optional(EnvironmentInfoResult()) }),
);
export const EnvironmentStatusResult = schema('EnvironmentStatusResult', () => z.object({ status: z.string() }));

export const AnyParams = schema('AnyParams', () => z.unknown());

export const EnvironmentConfigReadParams = schema('EnvironmentConfigReadParams', () =>
  z.object({ cwd: pathUri(), configPaths: z.array(z.array(z.string())), requirementsPaths: z.array(z.array(z.string())) }),
);
const layers = () =>
  z.object({
    layers: z.array(z.object({ source: z.string(), baseDir: pathUri(), toml: z.string() })),
    cloudInsertionIndex: z.int(),
  });
export const EnvironmentConfigReadResult = schema('EnvironmentConfigReadResult', () =>
  z.object({
    userHomeDir: z.nullable(pathUri()),
    codexHomeDir: pathUri(),
    hostname: z.string(),
    config: layers(),
    requirements: layers(),
  }),
);

export const sessionRequests = {
  initialize: request({
    doc: 'Opens a session, or resumes one that lost its connection.',
    params: ExecInitializeParams,
    result: ExecInitializeResult,
  }),
  'environment/info': request({ doc: 'What machine this is.', params: NoParams, result: EnvironmentInfoResult, noParams: true }),
  'environment/status': request({ doc: 'A liveness check.', params: NoParams, result: EnvironmentStatusResult, noParams: true }),
  'environmentConfig/read': request({
    doc: 'Named keys of the configuration files on the executor.',
    params: EnvironmentConfigReadParams,
    result: EnvironmentConfigReadResult,
  }),
} as const;

export const sessionClientNotifications = {
  initialized: notification({ doc: 'The client has taken the answer to initialize.', params: AnyParams }),
} as const;
