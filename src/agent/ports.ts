/** What threads need from outside: who listens, what a model is, and what the configuration says. */
import type { NetworkProtocol } from '../base/managed-network.ts';
import type { ShellEnvironmentPolicy } from '../base/permission-profile.ts';
import type { Permissions } from '../policy/permissions.ts';
import type { NetworkRule, RuleSet } from '../policy/prefix-rules.ts';
import type {
  ApprovalsReviewer,
  AskForApproval,
  Caller,
  HookMetadata,
  Notifier,
  Personality,
  SandboxMode,
  ServerNotifications,
  ServerRequests,
  SessionSource,
} from '../protocol/app/index.ts';
import type { TruncationPolicy } from './truncation.ts';

/** Who listens to a thread: every subscribed connection. Implemented by `app-server/audience`. */
export interface ThreadClient {
  /** To the subscribers of the thread, in order. */
  readonly notify: Notifier<ServerNotifications>;
  /** To every initialised connection (thread/started, thread/status/changed, thread/name/updated, …). */
  readonly broadcast: Notifier<ServerNotifications>;
  /**
   * Asks every subscriber the same question under one id; the first answer wins, and `serverRequest/resolved` goes to
   * all before the promise settles. While nobody is subscribed the question stays open and is asked again on resume.
   * Aborting `signal` withdraws it, which sends `serverRequest/resolved` too. An answer that does not fit rejects.
   */
  readonly request: Caller<ServerRequests>;
}

/** What the catalogue knows about a model, fallback values filled in. */
export interface ModelInfo {
  readonly slug: string;
  /** False: there is no catalogue entry and the values are the fallback. */
  readonly known: boolean;
  /** Usable tokens of the context window; null when unknown. */
  readonly contextWindow: number | null;
  readonly truncation: TruncationPolicy;
  readonly parallelToolCalls: boolean;
  readonly imageInput: boolean;
  readonly originalImageDetail: boolean;
  /** Offers the free-form `apply_patch` tool. */
  readonly applyPatch: boolean;
  readonly defaultEffort: string | null;
  /** What `reasoning.summary` may be sent as; null: the member is left out. */
  readonly defaultSummary: string | null;
  readonly defaultVerbosity: string | null;
  /** Ids of the service tiers it offers beyond the standard one. */
  readonly serviceTiers: readonly string[];
  readonly baseInstructions: string | undefined;
}

/** Overrides a client may give when a thread starts, resumes or forks. */
export interface ConfigRequest {
  /** As the client gave it: absolute, or relative to the server's directory. */
  readonly cwd: string | undefined;
  readonly config: Readonly<Record<string, unknown>> | undefined;
  readonly model: string | undefined;
  readonly modelProvider: string | undefined;
  readonly serviceTier: string | undefined;
  readonly approvalPolicy: AskForApproval | undefined;
  readonly approvalsReviewer: ApprovalsReviewer | undefined;
  readonly sandbox: SandboxMode | undefined;
  readonly permissions: string | undefined;
  readonly personality: Personality | undefined;
  readonly baseInstructions: string | undefined;
  readonly developerInstructions: string | undefined;
}

/** The rules about commands that the user and the projects wrote down. */
export interface CommandRules {
  /** As they are now: rules that were allowed meanwhile count for every thread. */
  current(): RuleSet;
  /** From now on, and after the next start, commands that begin with `prefix` may run. Rejects when it cannot be written down. */
  allow(prefix: readonly string[]): Promise<void>;
  /** The prefixes that approvals wrote down, as the file has them now. Rejects when it cannot be read. */
  lasting(): Promise<readonly (readonly string[])[]>;
  /** Takes back what `allow` wrote down, for every thread. Rejects when the file cannot be changed. */
  revoke(prefix: readonly string[]): Promise<void>;
  /** From now on, and after the next start, a host is open or closed to commands. Rejects when it cannot be written down; it holds all the same. */
  ruleHost(rule: HostRule): Promise<void>;
  /** What approvals wrote down about hosts, as the file has it now. Rejects when it cannot be read. */
  lastingHosts(): Promise<readonly HostRule[]>;
  /** Takes back what `ruleHost` wrote down, for every thread. Rejects when the file cannot be changed. */
  revokeHost(rule: HostRule): Promise<void>;
}

/** A lasting answer about a host. */
export interface HostRule {
  readonly host: string;
  /** That of the attempt that was asked about; the rule holds for every other too. */
  readonly protocol: NetworkProtocol;
  readonly action: 'allow' | 'deny';
}

/** The configuration of one thread, overrides applied. */
export interface ThreadConfig {
  /** Absolute. */
  readonly cwd: string;
  readonly model: string;
  readonly modelProvider: string;
  readonly effort: string | null;
  readonly summary: string | null;
  readonly serviceTier: string | null;
  readonly personality: Personality | null;
  readonly verbosity: string | null;
  readonly approvalPolicy: AskForApproval;
  readonly approvalsReviewer: ApprovalsReviewer;
  readonly permissions: Permissions;
  /** Absent: there are none. */
  readonly rules?: CommandRules;
  readonly shellEnvironment: ShellEnvironmentPolicy;
  readonly allowLoginShell: boolean;
  readonly backgroundTerminalMaxTimeoutMs: number;
  readonly baseInstructions: string | undefined;
  readonly developerInstructions: string | undefined;
  readonly compactPrompt: string | undefined;
  readonly modelContextWindow: number | undefined;
  readonly autoCompactTokenLimit: number | undefined;
  readonly toolOutputTokenLimit: number | undefined;
  /** Bytes of AGENTS.md documents; 0 switches them off. */
  readonly projectDocMaxBytes: number;
  readonly projectDocFallbackFilenames: readonly string[];
  readonly projectRootMarkers: readonly string[];
  /** Features that are on, by name. */
  readonly features: ReadonlySet<string>;
  /** Absent: no hooks. */
  readonly hooks?: HookSource;
  /** Absent: no MCP servers. */
  readonly mcp?: McpTables;
  /** Ids of connectors that the model may suggest to install. Absent: none. */
  readonly suggestedConnectors?: readonly string[];
}

/** The hooks of one thread that the user trusts and has switched on. */
export interface HookSource {
  readonly current: readonly HookMetadata[];
  /** Globs of variables that hooks do not get. */
  readonly hiddenVariables: readonly string[];
  /** Reads them anew when a client asked for that since; undefined: nobody did. Never rejects: what cannot be read leaves them as they are. */
  refresh(): Promise<void> | undefined;
}

type McpTable = Readonly<Record<string, unknown>>;

/** What the configuration says about MCP servers of one thread, the client's overrides included. */
export interface McpServerTables {
  /** `[mcp_servers]`. */
  readonly tables: Readonly<Record<string, McpTable>>;
  /** `[plugins.PLUGIN.mcp_servers]`, by the plugin's id. */
  readonly plugins: Readonly<Record<string, Readonly<Record<string, McpTable>>>>;
  /** Whether an administrator lets a server of that name be used, given what it runs or where it lies. */
  permits(name: string, server: { readonly command?: unknown; readonly url?: unknown }): boolean;
}

export interface McpTables extends McpServerTables {
  /** How long a turn waits for servers that are still starting, in milliseconds; 0: until they have started. */
  readonly turnGraceMs: number;
  /** The tables as they are now. Rejects like `ThreadConfigs.load`. */
  reload(): Promise<McpServerTables>;
}

/** What a program outside any thread runs with. */
export interface ProgramConfig extends Pick<ThreadConfig, 'permissions' | 'shellEnvironment'> {
  /** What the rule files say of hosts; read when asked for. Rejects like `ThreadConfigs.load`. */
  networkRules(): Promise<readonly NetworkRule[]>;
}

export interface ThreadConfigs {
  /** Rejects with `invalidRequest` "failed to load configuration: …" and the like. */
  load(request: ConfigRequest): Promise<ThreadConfig>;
  /** For programs outside any thread, in the server's working directory. Rejects like `load`. */
  programs(): Promise<ProgramConfig>;
  /** A permission profile by id for a working directory (default: the server's); rejects with `invalidRequest` for an unknown one. */
  permissions(profileId: string, cwd?: string): Promise<Permissions>;
}

/** Who asks for a new thread. */
export interface Originator {
  /** The client's name. */
  readonly name: string;
  readonly source: SessionSource;
}
