/** Builds a loaded thread out of its configuration and what was stored of it. */
import { isAbsolute } from 'node:path';
import { invalidRequest } from '../base/errors.ts';
import { uuidv7 } from '../base/ids.ts';
import type { ResponseItem } from '../base/response-item.ts';
import type { EnvironmentSelection } from '../environment/environment.ts';
import { storedPermissions } from '../policy/permissions.ts';
import {
  ApprovalsReviewer,
  AskForApproval,
  CollaborationMode,
  DynamicToolSpec,
  type ThreadForkParams,
  type ThreadGoal,
  type ThreadResumeParams,
  type ThreadStartParams,
  type ThreadStartResponse,
  type TurnEnvironmentParams,
} from '../protocol/app/index.ts';
import type { GoalNotes, NewThread, StoredThread, StoredTurnContext, ThreadWriter } from '../store/thread-store.ts';
import type { AgentHost } from './agent-host.ts';
import { Approvals } from './approvals.ts';
import { CapabilityRoots } from './capability-roots.ts';
import { readContext } from './context.ts';
import { Conversation } from './conversation.ts';
import { checkSelection } from './environment-selection.ts';
import { message } from './history.ts';
import { type SessionStartSource, ThreadHooks } from './hooks/thread-hooks.ts';
import { NetworkApprovals } from './network-approvals.ts';
import { PermissionGrants } from './permission-grants.ts';
import type { ConfigRequest, Originator, ThreadConfig } from './ports.ts';
import { DocumentShelf, type Documents, documentPaths } from './project-docs.ts';
import { baseInstructions } from './prompts.ts';
import type { ReadStates } from './read-state.ts';
import { namedTier, tierAtOpening } from './service-tier.ts';
import type { ThreadFacts } from './snapshots.ts';
import { StatusTracker } from './status.ts';
import { Thread } from './thread.ts';
import { GoalKeeper } from './thread-goal.ts';
import { type SettingsChange, settingsOfConfig, type TurnSettings, withChange } from './thread-settings.ts';
import { UsageMeter } from './token-usage.ts';
import { checkClientTools, createClientTools } from './tools/client-tool.ts';
import { SkillPages } from './tools/root-skills.ts';
import { createTerminals, type SessionIds } from './tools/terminals.ts';
import type { Tool } from './tools/tool.ts';

type StartLike = ThreadStartParams | ThreadResumeParams | ThreadForkParams;

/** What a request says about the configuration. Throws for combinations that make no sense. */
export function configRequest(params: StartLike, cwd: string | undefined): ConfigRequest {
  if (params.permissions !== undefined && params.sandbox !== undefined)
    throw invalidRequest('`permissions` cannot be combined with `sandbox`');
  return {
    cwd: params.cwd ?? cwd,
    config: params.config,
    model: params.model,
    modelProvider: params.modelProvider,
    serviceTier: namedTier(params.serviceTier),
    approvalPolicy: params.approvalPolicy,
    approvalsReviewer: params.approvalsReviewer,
    sandbox: params.sandbox,
    permissions: params.permissions,
    personality: 'personality' in params ? params.personality : undefined,
    baseInstructions: params.baseInstructions,
    developerInstructions: params.developerInstructions,
  };
}

/** The environments a request selects; all of them, the default first, when it says nothing. Throws for what cannot be selected. */
export function selectEnvironments(
  host: AgentHost,
  asked: readonly TurnEnvironmentParams[] | undefined,
  fallback: { cwd: string; runtimeWorkspaceRoots: readonly string[] | undefined },
): EnvironmentSelection[] {
  if (asked) {
    checkSelection(host.environments, asked);
    return asked.map(({ environmentId, cwd, runtimeWorkspaceRoots }) => ({
      environmentId,
      cwd,
      runtimeWorkspaceRoots: runtimeWorkspaceRoots ?? [cwd],
    }));
  }
  const { cwd, runtimeWorkspaceRoots = [cwd] } = fallback;
  return host.environments.defaultIds().map((environmentId) => ({ environmentId, cwd, runtimeWorkspaceRoots }));
}

/** The settings of a copy: what its source was allowed, unless the request says otherwise; the rest is as for a new thread. */
export function forkedSettings(settings: TurnSettings, last: StoredTurnContext | undefined, request: ConfigRequest): TurnSettings {
  if (!last) return settings;
  const stored = storedPermissions({ profile: last.permissionProfile, policy: last.sandboxPolicy });
  const keepsPermissions = request.sandbox === undefined && request.permissions === undefined && stored !== undefined;
  const approval = AskForApproval().safeParse(last.approvalPolicy);
  const reviewer = ApprovalsReviewer().safeParse(last.approvalsReviewer);
  return withChange(settings, {
    ...(request.approvalPolicy === undefined && approval.success ? { approvalPolicy: approval.data } : {}),
    ...(request.approvalsReviewer === undefined && reviewer.success ? { approvalsReviewer: reviewer.data } : {}),
    ...(keepsPermissions ? { permissions: stored } : {}),
  });
}

/** The settings a stored thread goes on with: what its last turn used, unless the request says otherwise. */
export function resumedSettings(settings: TurnSettings, last: StoredTurnContext | undefined, request: ConfigRequest): TurnSettings {
  if (!last) return settings;
  const overridesModel = request.model !== undefined || request.modelProvider !== undefined || hasModelKey(request.config);
  const change: SettingsChange = {
    ...(overridesModel || last.model === '' ? {} : { model: last.model, effort: last.effort ?? undefined }),
    ...(request.serviceTier === undefined && last.serviceTier !== null ? { serviceTier: last.serviceTier } : {}),
    // The store's word for a summary that nobody chose.
    ...(last.summary === null || last.summary === 'none' ? {} : { summary: last.summary }),
  };
  const resumed = withChange(forkedSettings(settings, last, request), change);
  const mode = CollaborationMode().safeParse(last.collaborationMode);
  if (!mode.success || mode.data.mode !== 'plan') return resumed;
  const { developer_instructions } = mode.data.settings;
  const kept = { model: resumed.model, reasoning_effort: resumed.effort, developer_instructions };
  return withChange(resumed, { collaborationMode: { mode: 'plan', settings: kept } });
}

const hasModelKey = (config: ConfigRequest['config']): boolean =>
  config !== undefined && ['model', 'model_provider', 'model_reasoning_effort'].some((key) => Object.hasOwn(config, key));

/** The tools a client declares with a new thread; throws for a declaration that breaks a rule. */
export function declaredTools(specs: readonly DynamicToolSpec[]): readonly Tool[] {
  if (specs.length === 0) return [];
  checkClientTools(specs);
  return createClientTools(specs);
}

export interface ThreadParts {
  readonly born: NewThread;
  readonly config: ThreadConfig;
  readonly settings: TurnSettings;
  readonly writer: ThreadWriter;
  readonly facts: ThreadFacts;
  readonly tools: readonly Tool[];
  readonly documents: DocumentShelf;
  readonly rawEvents: boolean;
  /** How the session begins, for its hooks. */
  readonly begun: SessionStartSource;
  readonly stored: Pick<StoredThread, 'history' | 'worldState' | 'windowNumber' | 'tokenUsage'> | undefined;
}

export const documentShelf = (host: AgentHost, config: ThreadConfig): DocumentShelf =>
  new DocumentShelf({
    own: host.userInstructions().catch((error: unknown) => {
      host.log.warn('the user instructions could not be read', { error });
      return undefined;
    }),
    environments: host.environments,
    limits: {
      maxBytes: config.projectDocMaxBytes,
      fallbackFilenames: config.projectDocFallbackFilenames,
      rootMarkers: config.projectRootMarkers,
    },
    log: host.log,
  });

/** What the threads of one program share. */
export interface SharedState {
  readonly readStates: ReadStates;
  readonly sessionIds: SessionIds;
  /** A loaded thread. */
  find(threadId: string): Thread | undefined;
}

export function buildThread(host: AgentHost, shared: SharedState, parts: ThreadParts): Thread {
  const { born, stored, config } = parts;
  const scope = host.scope.child(`thread ${born.id}`);
  const client = host.client(born.id);
  const status = new StatusTracker(born.id, client);
  const usage = new UsageMeter(born.id, client, stored?.tokenUsage);
  usage.contextWindow = config.modelContextWindow ?? host.modelInfo(parts.settings.model).contextWindow;
  const opening = tierAtOpening(parts.settings.serviceTier, host.modelInfo(parts.settings.model));
  let thread: Thread | undefined;
  const onRecord = (item: ResponseItem): void => {
    const turn = thread?.activeTurn;
    if (parts.rawEvents && turn) client.notify('rawResponseItem/completed', { threadId: born.id, turnId: turn.id, item: { ...item } });
  };
  const start = { history: stored?.history ?? [], context: readContext(stored?.worldState), windowNumber: stored?.windowNumber ?? 0 };
  const conversation = new Conversation(start, parts.writer, onRecord);
  const approvals = new Approvals({ threadId: born.id, client, status, clock: host.clock, log: host.log, rules: config.rules });
  const network = new NetworkApprovals({
    ...{ threadId: born.id, client, status, clock: host.clock, log: host.log, rules: config.rules, grants: approvals.grants },
    turn: () => thread?.activeTurn,
  });
  const notes = parts.facts.path === null ? inMemory() : host.store.goals;
  const tell = (text: string) => conversation.record(message('user', [text]));
  thread = new Thread({
    core: {
      host,
      id: born.id,
      sessionId: born.sessionId,
      scope,
      client,
      writer: parts.writer,
      config,
      conversation,
      usage,
      status,
      approvals,
      network,
      grants: new PermissionGrants(),
      terminals: createTerminals(scope, shared.sessionIds),
      clientTools: parts.tools,
      unconfinable: new Set(),
      rawEvents: parts.rawEvents,
      documents: parts.documents,
      roots: new CapabilityRoots(born.selectedCapabilityRoots, host.environments, scope.signal),
      skillPages: new SkillPages(),
      goal: new GoalKeeper({ threadId: born.id, host, client, usage, notes, tell }),
      hooks: new ThreadHooks(
        { host, threadId: born.id, sessionId: born.sessionId, client, scope, transcript: parts.facts.path, source: config.hooks },
        parts.begun,
      ),
    },
    born,
    facts: parts.facts,
    settings: { ...parts.settings, serviceTier: opening.tier },
    openingWarning: opening.warning,
    readStates: shared.readStates,
  });
  return thread;
}

/** Notes of a thread that has no file. */
function inMemory(): GoalNotes {
  const goals = new Map<string, ThreadGoal>();
  return {
    refresh: () => Promise.resolve(),
    get: (id) => goals.get(id),
    set: (id, goal) => void goals.set(id, goal),
    forget: (id) => void goals.delete(id),
  };
}

/** The answer to thread/start, and the common part of those to resume and fork. */
export function startResponse(thread: Thread, documents: Documents, turns: Parameters<Thread['snapshot']>[0] = []): ThreadStartResponse {
  const { settings } = thread;
  return {
    thread: thread.snapshot(turns),
    model: settings.model,
    modelProvider: settings.modelProvider,
    serviceTier: settings.serviceTier,
    disabledPluginIds: [],
    cwd: settings.cwd,
    runtimeWorkspaceRoots: [...(settings.environments[0]?.runtimeWorkspaceRoots ?? [])],
    instructionSources: documentPaths(documents),
    approvalPolicy: settings.approvalPolicy,
    approvalsReviewer: settings.approvalsReviewer,
    sandbox: settings.sandboxPolicy,
    activePermissionProfile: settings.activePermissionProfile,
    reasoningEffort: settings.effort,
    multiAgentMode: 'explicitRequestOnly',
  };
}

/** Settings of a configuration with a client's environments; the first one's directory is the thread's. */
export function settingsFor(config: ThreadConfig, environments: readonly EnvironmentSelection[]): TurnSettings {
  const settings = settingsOfConfig(config, environments);
  const first = environments[0];
  return first && isAbsolute(first.cwd) ? { ...settings, cwd: first.cwd } : settings;
}

/** What every new thread is born with. */
export function newborn(host: AgentHost, config: ThreadConfig, originator: Originator, settings: TurnSettings): NewThread {
  const id = uuidv7();
  return {
    id,
    sessionId: id,
    forkedFromId: null,
    parentThreadId: null,
    createdAtMs: host.clock.nowMs(),
    cwd: settings.cwd,
    runtimeWorkspaceRoots: settings.environments[0]?.runtimeWorkspaceRoots ?? [],
    environments: settings.environments.map((one) => ({ ...one, runtimeWorkspaceRoots: [...one.runtimeWorkspaceRoots] })),
    originator: originator.name,
    cliVersion: host.version,
    source: originator.source,
    threadSource: null,
    modelProvider: config.modelProvider,
    baseInstructions: config.baseInstructions ?? host.modelInfo(config.model).baseInstructions ?? baseInstructions,
    dynamicTools: [],
    selectedCapabilityRoots: [],
    historyMode: 'paginated',
    gitInfo: null,
  };
}

export const newFacts = (born: NewThread, writer: ThreadWriter): ThreadFacts => ({
  name: null,
  preview: '',
  gitInfo: null,
  updatedAtMs: born.createdAtMs,
  recencyAtMs: born.createdAtMs,
  path: writer.path === '' ? null : writer.path,
});

/** The client tools a stored thread was born with; what cannot be read is left out. */
export function storedClientTools(born: NewThread): readonly Tool[] {
  const specs = born.dynamicTools.flatMap((spec) => {
    const read = DynamicToolSpec().safeParse(spec);
    return read.success ? [read.data] : [];
  });
  return createClientTools(specs);
}
