/** Finding skills and plugins below roots on the executor. Parsing and policy belong to the client. */
import * as z from 'zod/mini';
import { type Out, request, schema, structAs } from '../../rpc/contract.ts';
import { opt } from '../fields.ts';
import { pathUri } from './paths.ts';
import { SandboxIntent } from './sandbox.ts';

export const CapabilityTextFile = schema('CapabilityTextFile', () => z.object({ path: pathUri(), contents: z.string() }));

export const DiscoverRootsParams = schema('DiscoverRootsParams', () =>
  structAs(
    'WireCapabilityRootsDiscoverParams',
    z.object({ roots: z.array(z.object({ id: z.string(), path: pathUri(), sandbox: opt(SandboxIntent()) })) }),
  ),
);
export const DiscoveredRoot = schema('DiscoveredRoot', () =>
  z.object({
    id: z.string(),
    path: pathUri(),
    plugin: z.nullable(
      z.object({
        manifest: z.nullable(CapabilityTextFile()),
        mcpConfig: z.nullable(CapabilityTextFile()),
        appsConfig: z.nullable(CapabilityTextFile()),
      }),
    ),
    skills: z.array(z.object({ instructions: CapabilityTextFile(), metadata: z.nullable(CapabilityTextFile()) })),
    namespaceManifests: z.array(CapabilityTextFile()),
    warnings: z.array(z.string()),
    error: z.nullable(z.string()),
  }),
);
export type DiscoveredRoot = Out<typeof DiscoveredRoot>;
export const DiscoverRootsResult = schema('DiscoverRootsResult', () => z.object({ roots: z.array(DiscoveredRoot()) }));

export const DiscoverV2Params = schema('DiscoverV2Params', () =>
  structAs('DiscoverV2CapabilitiesRequest', z.object({ cwd: pathUri(), sandbox: opt(SandboxIntent()) })),
);
export const DiscoverV2Result = schema('DiscoverV2Result', () =>
  z.object({ plugins: z.array(z.unknown()), skills: z.array(z.unknown()), warnings: z.array(z.string()) }),
);

export const capabilityRequests = {
  'capabilityRoots/discoverV1': request({
    doc: 'Manifests, skills and configuration files below the given roots.',
    params: DiscoverRootsParams,
    result: DiscoverRootsResult,
  }),
  'capabilities/discoverV2': request({ doc: 'Capabilities of a directory.', params: DiscoverV2Params, result: DiscoverV2Result }),
} as const;
