/** What a thread works with, and how overrides change it. */
import type { PermissionProfile, SandboxRequest, ShellEnvironmentPolicy } from '../base/permission-profile.ts';
import type { EnvironmentSelection } from '../environment/environment.ts';
import type { NetworkPlan } from '../policy/network-plan.ts';
import { legacyPolicy, type Permissions } from '../policy/permissions.ts';
import type {
  ActivePermissionProfile,
  ApprovalsReviewer,
  AskForApproval,
  CollaborationMode,
  Personality,
  SandboxPolicy,
  ThreadSettings,
} from '../protocol/app/index.ts';
import type { StoredTurnContext } from '../store/thread-store.ts';
import type { ThreadConfig } from './ports.ts';
import { defaultModeInstructions, planModeInstructions } from './prompts.ts';

/** The settings one turn runs with. A turn keeps the object it started with. */
export interface TurnSettings {
  readonly model: string;
  readonly modelProvider: string;
  readonly effort: string | null;
  readonly summary: string | null;
  readonly serviceTier: string | null;
  readonly personality: Personality | null;
  readonly mode: 'default' | 'plan';
  /** Instructions of the collaboration mode; null until a client chose a mode. */
  readonly modeInstructions: string | null;
  /** The primary working directory; absolute. */
  readonly cwd: string;
  readonly environments: readonly EnvironmentSelection[];
  readonly approvalPolicy: AskForApproval;
  readonly approvalsReviewer: ApprovalsReviewer;
  /** Long wire form, always consistent with `permissions`. */
  readonly sandboxPolicy: SandboxPolicy;
  readonly permissions: PermissionProfile;
  /** The profile that `permissions` came from; null when a sandbox mode was given. */
  readonly activePermissionProfile: ActivePermissionProfile | null;
  /** The managed network of commands; undefined: they have the network or not, and no proxy. */
  readonly network: NetworkPlan | undefined;
  readonly shellEnvironment: ShellEnvironmentPolicy;
  readonly allowLoginShell: boolean;
  /** Longest wait of an empty poll of a background terminal, in milliseconds. */
  readonly backgroundTerminalMaxTimeoutMs: number;
}

/** The sandbox of a process in one of the selected environments, or undefined when none was asked for. */
export function sandboxFor(settings: Pick<TurnSettings, 'permissions'>, selection: EnvironmentSelection): SandboxRequest | undefined {
  if (settings.permissions.type !== 'managed') return undefined;
  return { profile: settings.permissions, policyCwd: selection.cwd, workspaceRoots: selection.runtimeWorkspaceRoots };
}

export function settingsOfConfig(config: ThreadConfig, environments: readonly EnvironmentSelection[]): TurnSettings {
  return {
    model: config.model,
    modelProvider: config.modelProvider,
    effort: config.effort,
    summary: config.summary,
    serviceTier: config.serviceTier,
    personality: config.personality,
    mode: 'default',
    modeInstructions: null,
    cwd: config.cwd,
    environments,
    approvalPolicy: config.approvalPolicy,
    approvalsReviewer: config.approvalsReviewer,
    ...permissionMembers(config.permissions),
    network: config.permissions.network,
    shellEnvironment: config.shellEnvironment,
    allowLoginShell: config.allowLoginShell,
    backgroundTerminalMaxTimeoutMs: config.backgroundTerminalMaxTimeoutMs,
  };
}

const permissionMembers = (permissions: Permissions) => ({
  sandboxPolicy: permissions.sandboxPolicy,
  permissions: permissions.profile,
  activePermissionProfile: permissions.active,
});

/** Lasting changes a client may ask for with a turn or on its own. Absent members keep what is set. */
export interface SettingsChange {
  readonly model?: string | undefined;
  readonly effort?: string | undefined;
  readonly summary?: string | undefined;
  readonly serviceTier?: string | undefined;
  readonly personality?: Personality | undefined;
  readonly collaborationMode?: CollaborationMode | undefined;
  readonly cwd?: string | undefined;
  readonly runtimeWorkspaceRoots?: readonly string[] | undefined;
  readonly environments?: readonly EnvironmentSelection[] | undefined;
  readonly approvalPolicy?: AskForApproval | undefined;
  readonly approvalsReviewer?: ApprovalsReviewer | undefined;
  readonly permissions?: Permissions | undefined;
}

/** The same settings with `change` applied; a collaboration mode wins over model and effort. */
export function withChange(settings: TurnSettings, change: SettingsChange): TurnSettings {
  const mode = change.collaborationMode;
  const cwd = change.cwd ?? change.environments?.[0]?.cwd ?? settings.cwd;
  return {
    ...settings,
    model: mode?.settings.model ?? change.model ?? settings.model,
    effort: mode ? (mode.settings.reasoning_effort ?? null) : (change.effort ?? settings.effort),
    summary: change.summary ?? settings.summary,
    serviceTier: change.serviceTier ?? settings.serviceTier,
    personality: change.personality ?? settings.personality,
    mode: mode ? kindOf(mode) : settings.mode,
    modeInstructions: mode ? instructionsOf(mode) : settings.modeInstructions,
    cwd,
    environments: selectionsAfter(settings, change, cwd),
    approvalPolicy: change.approvalPolicy ?? settings.approvalPolicy,
    approvalsReviewer: change.approvalsReviewer ?? settings.approvalsReviewer,
    ...(change.permissions ? permissionMembers(change.permissions) : {}),
    network: change.permissions?.network ?? settings.network,
  };
}

const instructionsOf = (mode: CollaborationMode): string =>
  mode.settings.developer_instructions ?? (kindOf(mode) === 'plan' ? planModeInstructions : defaultModeInstructions);

/** Retired kinds read as the default one. */
const kindOf = (mode: CollaborationMode): 'default' | 'plan' => (mode.mode === 'plan' ? 'plan' : 'default');

/** A changed directory moves the primary environment along, and its workspace root when that was the old directory. */
function selectionsAfter(settings: TurnSettings, change: SettingsChange, cwd: string): readonly EnvironmentSelection[] {
  if (change.environments) return change.environments;
  const [first, ...rest] = settings.environments;
  if (!first || (change.cwd === undefined && change.runtimeWorkspaceRoots === undefined)) return settings.environments;
  const roots = change.runtimeWorkspaceRoots ?? first.runtimeWorkspaceRoots.map((root) => (root === first.cwd ? cwd : root));
  return [{ environmentId: first.environmentId, cwd, runtimeWorkspaceRoots: roots }, ...rest];
}

export const collaborationModeOf = (settings: TurnSettings): CollaborationMode => ({
  mode: settings.mode,
  settings: { model: settings.model, reasoning_effort: settings.effort, developer_instructions: settings.modeInstructions },
});

const wireSelections = (selections: readonly EnvironmentSelection[]) =>
  selections.map((one) => ({ environmentId: one.environmentId, cwd: one.cwd, runtimeWorkspaceRoots: [...one.runtimeWorkspaceRoots] }));

/** The wire form of `thread/settings/updated`. */
export function settingsSnapshot(settings: TurnSettings): ThreadSettings {
  return {
    disabledPluginIds: [],
    cwd: settings.cwd,
    environments: wireSelections(settings.environments),
    approvalPolicy: settings.approvalPolicy,
    approvalsReviewer: settings.approvalsReviewer,
    sandboxPolicy: settings.sandboxPolicy,
    activePermissionProfile: settings.activePermissionProfile,
    model: settings.model,
    modelProvider: settings.modelProvider,
    serviceTier: settings.serviceTier,
    effort: settings.effort,
    summary: summaryOf(settings.summary),
    collaborationMode: collaborationModeOf(settings),
    multiAgentMode: 'explicitRequestOnly',
    personality: settings.personality,
  };
}

function summaryOf(summary: string | null): ThreadSettings['summary'] {
  return summary === 'auto' || summary === 'concise' || summary === 'detailed' || summary === 'none' ? summary : null;
}

/** True when a client would see a difference between the two. */
export const settingsDiffer = (a: TurnSettings, b: TurnSettings): boolean =>
  a !== b && JSON.stringify(settingsSnapshot(a)) !== JSON.stringify(settingsSnapshot(b));

/** The settings of a turn as the store keeps them. */
export const storedContext = (turnId: string, settings: TurnSettings): StoredTurnContext => ({
  turnId,
  cwd: settings.cwd,
  model: settings.model,
  effort: settings.effort,
  summary: settings.summary,
  serviceTier: settings.serviceTier,
  approvalPolicy: settings.approvalPolicy,
  approvalsReviewer: settings.approvalsReviewer,
  sandboxPolicy: legacyPolicy(settings.sandboxPolicy),
  permissionProfile: settings.permissions,
  personality: settings.personality,
  collaborationMode: collaborationModeOf(settings),
});
