/** What a turn runs with, and the words for it. */
import type { SandboxPolicy } from 'switchyard/client';

/** How new turns run; empty: what the server says. */
export interface TurnChoices {
  model: string;
  approvals: string;
  sandbox: string;
  environment: string;
}

export const sandboxPolicies = {
  'read-only': { type: 'readOnly', networkAccess: false },
  'workspace-write': {
    type: 'workspaceWrite',
    writableRoots: [],
    networkAccess: false,
    excludeTmpdirEnvVar: false,
    excludeSlashTmp: false,
  },
  'danger-full-access': { type: 'dangerFullAccess' },
} as const satisfies Record<string, SandboxPolicy>;

export type SandboxName = keyof typeof sandboxPolicies;
export type ApprovalName = 'untrusted' | 'on-request' | 'never';

export const sandboxName = (policy: SandboxPolicy): string =>
  ({ readOnly: 'read-only', workspaceWrite: 'workspace-write', dangerFullAccess: 'danger-full-access', externalSandbox: 'external' })[
    policy.type
  ];
