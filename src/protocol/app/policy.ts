/** Policies: when to ask, what a command may touch, and lasting exceptions. */
import * as z from 'zod/mini';
import { decodedAs, type Out, schema } from '../../rpc/contract.ts';
import { absolutePath, aliased, opt, uint } from '../fields.ts';

export const NetworkPolicyRuleAction = schema('NetworkPolicyRuleAction', () => z.enum(['allow', 'deny']));
export type NetworkPolicyRuleAction = Out<typeof NetworkPolicyRuleAction>;

/** A lasting exception for one host. */
export const NetworkPolicyAmendment = schema('NetworkPolicyAmendment', () =>
  z.object({ host: z.string(), action: NetworkPolicyRuleAction() }),
);
export type NetworkPolicyAmendment = Out<typeof NetworkPolicyAmendment>;

/** A command prefix that is allowed from now on. */
export const ExecPolicyAmendment = schema('ExecPolicyAmendment', () => z.array(z.string()));
export type ExecPolicyAmendment = Out<typeof ExecPolicyAmendment>;

export const AdditionalNetworkPermissions = schema('AdditionalNetworkPermissions', () =>
  z.object({ enabled: z._default(z.nullable(z.boolean()), null) }),
);
export type AdditionalNetworkPermissions = Out<typeof AdditionalNetworkPermissions>;

export const FileSystemSpecialPath = schema('FileSystemSpecialPath', () =>
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('root') }),
    z.object({ kind: z.literal('minimal') }),
    z.object({ kind: z.literal('project_roots'), subpath: z._default(z.nullable(z.string()), null) }),
    z.object({ kind: z.literal('tmpdir') }),
    z.object({ kind: z.literal('slash_tmp') }),
    z.object({ kind: z.literal('unknown'), path: z.string(), subpath: z._default(z.nullable(z.string()), null) }),
  ]),
);
export type FileSystemSpecialPath = Out<typeof FileSystemSpecialPath>;

export const FileSystemPath = schema('FileSystemPath', () =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('path'), path: z.string() }),
    z.object({ type: z.literal('glob_pattern'), pattern: z.string() }),
    z.object({ type: z.literal('special'), value: FileSystemSpecialPath() }),
  ]),
);
export type FileSystemPath = Out<typeof FileSystemPath>;

export const FileSystemAccessMode = schema('FileSystemAccessMode', () => z.enum(['read', 'write', 'deny']));
export type FileSystemAccessMode = Out<typeof FileSystemAccessMode>;

export const FileSystemSandboxEntry = schema('FileSystemSandboxEntry', () =>
  z.object({ path: FileSystemPath(), access: FileSystemAccessMode() }),
);
export type FileSystemSandboxEntry = Out<typeof FileSystemSandboxEntry>;

export const AdditionalFileSystemPermissions = schema('AdditionalFileSystemPermissions', () =>
  z.object({
    read: z._default(z.nullable(z.array(z.string())), null),
    write: z._default(z.nullable(z.array(z.string())), null),
    globScanMaxDepth: opt(uint()),
    entries: opt(z.array(FileSystemSandboxEntry())),
  }),
);
export type AdditionalFileSystemPermissions = Out<typeof AdditionalFileSystemPermissions>;

export const GrantedPermissionProfile = schema('GrantedPermissionProfile', () =>
  z.object({ network: opt(AdditionalNetworkPermissions()), fileSystem: opt(AdditionalFileSystemPermissions()) }),
);
export type GrantedPermissionProfile = Out<typeof GrantedPermissionProfile>;

export const NetworkAccess = schema('NetworkAccess', () => z.enum(['restricted', 'enabled']));
export type NetworkAccess = Out<typeof NetworkAccess>;

/** What the sandbox lets commands touch. */
export const SandboxPolicy = schema('SandboxPolicy', () =>
  decodedAs(
    'internally tagged enum SandboxPolicyDeserialize',
    z.discriminatedUnion('type', [
      z.object({ type: z.literal('dangerFullAccess') }),
      z.object({ type: z.literal('readOnly'), networkAccess: z._default(z.boolean(), false) }),
      z.object({ type: z.literal('externalSandbox'), networkAccess: z._default(NetworkAccess(), 'restricted') }),
      z.object({
        type: z.literal('workspaceWrite'),
        writableRoots: z._default(z.array(absolutePath()), []),
        networkAccess: z._default(z.boolean(), false),
        excludeTmpdirEnvVar: z._default(z.boolean(), false),
        excludeSlashTmp: z._default(z.boolean(), false),
      }),
    ]),
  ),
);
export type SandboxPolicy = Out<typeof SandboxPolicy>;

/** Who answers approvals. `guardian_subagent` is the old name of `auto_review`. */
export const ApprovalsReviewer = schema('ApprovalsReviewer', () =>
  aliased({ user: 'user', auto_review: 'auto_review', guardian_subagent: 'auto_review' }),
);
export type ApprovalsReviewer = Out<typeof ApprovalsReviewer>;

/** When to ask the user before a command runs. */
export const AskForApproval = schema('AskForApproval', () =>
  z.union([
    z.enum(['untrusted', 'on-request']),
    z
      .object({
        granular: z.object({
          sandbox_approval: z.boolean(),
          rules: z.boolean(),
          skill_approval: z._default(z.boolean(), false),
          request_permissions: z._default(z.boolean(), false),
          mcp_elicitations: z.boolean(),
        }),
      })
      .check(z.meta({ experimental: true, gate: 'askForApproval.granular' })),
    z.literal('never'),
  ]),
);
export type AskForApproval = Out<typeof AskForApproval>;

/** The short form of a sandbox policy, with its defaults. */
export const SandboxMode = schema('SandboxMode', () => z.enum(['read-only', 'workspace-write', 'danger-full-access']));
export type SandboxMode = Out<typeof SandboxMode>;

export const RequestPermissionProfile = schema('RequestPermissionProfile', () =>
  z.object({ network: z.nullable(AdditionalNetworkPermissions()), fileSystem: z.nullable(AdditionalFileSystemPermissions()) }),
);
export type RequestPermissionProfile = Out<typeof RequestPermissionProfile>;

export const AdditionalPermissionProfile = schema('AdditionalPermissionProfile', () =>
  z.object({ network: z.nullable(AdditionalNetworkPermissions()), fileSystem: z.nullable(AdditionalFileSystemPermissions()) }),
);
export type AdditionalPermissionProfile = Out<typeof AdditionalPermissionProfile>;

export const NetworkApprovalProtocol = schema('NetworkApprovalProtocol', () => z.enum(['http', 'https', 'socks5Tcp', 'socks5Udp']));
export type NetworkApprovalProtocol = Out<typeof NetworkApprovalProtocol>;

export const NetworkApprovalContext = schema('NetworkApprovalContext', () =>
  z.object({ host: z.string(), protocol: NetworkApprovalProtocol() }),
);
export type NetworkApprovalContext = Out<typeof NetworkApprovalContext>;

export const PermissionGrantScope = schema('PermissionGrantScope', () => z.enum(['turn', 'session']));
export type PermissionGrantScope = Out<typeof PermissionGrantScope>;

export const ActivePermissionProfile = schema('ActivePermissionProfile', () =>
  z.object({ id: z.string(), extends: z.nullable(z.string()) }),
);
export type ActivePermissionProfile = Out<typeof ActivePermissionProfile>;
