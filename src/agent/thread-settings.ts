/** What a thread works with, and how overrides change it. */
import type { PermissionProfile, SandboxRequest, ShellEnvironmentPolicy } from '../base/permission-profile.ts';
import type { EnvironmentSelection } from '../environment/environment.ts';
import type { ApprovalsReviewer, AskForApproval, CollaborationMode, Personality, SandboxPolicy } from '../protocol/app/index.ts';

/** The settings one turn runs with. A turn keeps the object it started with. */
export interface TurnSettings {
  readonly model: string;
  readonly effort: string | null;
  readonly summary: string | null;
  readonly serviceTier: string | null;
  readonly personality: Personality | null;
  readonly collaborationMode: CollaborationMode;
  /** The primary working directory; absolute. */
  readonly cwd: string;
  readonly environments: readonly EnvironmentSelection[];
  readonly approvalPolicy: AskForApproval;
  readonly approvalsReviewer: ApprovalsReviewer;
  /** Long wire form, always consistent with `permissions`. */
  readonly sandboxPolicy: SandboxPolicy;
  readonly permissions: PermissionProfile;
  /** Name of the profile that `permissions` came from; null when a sandbox mode was given. */
  readonly activePermissionProfile: string | null;
  readonly shellEnvironment: ShellEnvironmentPolicy;
  readonly allowLoginShell: boolean;
  /** Longest wait of an empty poll of a background terminal, in milliseconds. */
  readonly backgroundTerminalMaxTimeoutMs: number;
}

/** The sandbox of a process in one of the selected environments, or undefined when the thread has none to ask for. */
export function sandboxFor(settings: TurnSettings, selection: EnvironmentSelection): SandboxRequest | undefined {
  if (settings.permissions.type !== 'managed') return undefined;
  return { profile: settings.permissions, policyCwd: selection.cwd, workspaceRoots: selection.runtimeWorkspaceRoots };
}
