/** Sandbox intent: what the client wants enforced. The executor picks the mechanism. */
import * as z from 'zod/mini';
import { decodedAs, type Out, schema, structAs } from '../../rpc/contract.ts';
import { aliased, opt, orElse, uint16 } from '../fields.ts';
import { pathUri } from './paths.ts';

const kinds = {
  root: () => z.object({ kind: z.literal('root') }),
  minimal: () => z.object({ kind: z.literal('minimal') }),
  projectRoots: () =>
    z.object({ kind: aliased({ current_working_directory: 'project_roots', project_roots: 'project_roots' }), subpath: opt(z.string()) }),
  tmpdir: () => z.object({ kind: z.literal('tmpdir') }),
  slashTmp: () => z.object({ kind: z.literal('slash_tmp') }),
  unknown: () => z.object({ kind: z.literal('unknown'), path: z.string(), subpath: opt(z.string()) }),
};

export const ExecPermissionPath = schema('ExecPermissionPath', () =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('path'), path: pathUri() }),
    z.object({ type: z.literal('glob_pattern'), pattern: z.string() }),
    z.object({
      type: z.literal('special'),
      value: z.discriminatedUnion('kind', [
        kinds.root(),
        kinds.minimal(),
        kinds.projectRoots(),
        kinds.tmpdir(),
        kinds.slashTmp(),
        kinds.unknown(),
      ]),
    }),
  ]),
);

export const ExecFileSystemEntry = schema('ExecFileSystemEntry', () =>
  z.object({
    path: ExecPermissionPath(),
    access: aliased({ read: 'read', write: 'write', deny: 'deny', none: 'deny' }),
    missing_path_behavior: opt(z.literal('skip')),
  }),
);

const globDepth = () => decodedAs('a nonzero usize', z.int().check(z.gte(1)));

export const ExecFileSystemPermissions = schema('ExecFileSystemPermissions', () =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('restricted'), entries: z.array(ExecFileSystemEntry()), glob_scan_max_depth: opt(globDepth()) }),
    z.object({ type: z.literal('unrestricted') }),
  ]),
);

export const ExecPermissions = schema('ExecPermissions', () =>
  decodedAs(
    'internally tagged enum ExecPermissionProfile',
    z.discriminatedUnion('type', [
      z.object({ type: z.literal('managed'), file_system: ExecFileSystemPermissions(), network: z.enum(['restricted', 'enabled']) }),
      z.object({ type: z.literal('disabled') }),
      z.object({ type: z.literal('external'), network: z.enum(['restricted', 'enabled']) }),
    ]),
  ),
);

/** Where the policy comes from; nobody here reads it. */
const policyContext = () => structAs('WireFileSystemPolicyContext', z.object({ cwd: opt(z.string()) }));

/** Absent means: run plainly. */
export const SandboxIntent = schema('SandboxIntent', () =>
  structAs(
    'WireFileSystemSandboxContext',
    z.object({
      permissions: ExecPermissions(),
      windowsSandboxLevel: z.enum(['disabled', 'restricted-token', 'elevated', 'mxc']),
      cwd: opt(pathUri()),
      workspaceRoots: orElse(z.array(pathUri()), []),
      useLegacyLandlock: orElse(z.boolean(), false),
      windowsSandboxProxySettingsMode: opt(z.enum(['reconcile', 'preserve'])),
      sandboxOverride: opt(z.enum(['noOverride', 'escalatedSandboxWithRestrictions', 'bypassSandboxFirstAttempt'])),
      policyContext: opt(policyContext()),
      windowsSandboxPrivateDesktop: orElse(z.boolean(), false),
    }),
  ),
);
export type SandboxIntent = Out<typeof SandboxIntent>;

/** `loopbackPorts` are proxies that already listen near the command. */
export const ManagedNetwork = schema('ManagedNetwork', () =>
  structAs(
    'ManagedNetworkSandboxContext',
    z.object({ loopbackPorts: orElse(z.array(uint16()), []), allowLocalBinding: orElse(z.boolean(), false) }),
  ),
);
