/** Everything handlers work with, wired once per server. */
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { AgentHost, InstructionDocument } from '../agent/agent-host.ts';
import { elicit } from '../agent/elicit.ts';
import { McpThreads } from '../agent/mcp-threads.ts';
import type { ThreadConfigs } from '../agent/ports.ts';
import { ThreadManager } from '../agent/threads.ts';
import { builtInTools } from '../agent/tools/index.ts';
import { createInstallTools } from '../agent/tools/install-tools.ts';
import type { Tool } from '../agent/tools/tool.ts';
import { abortable, throwIfAborted } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import type { HttpTransport } from '../base/http-transport.ts';
import type { Log } from '../base/log.ts';
import type { Scope } from '../base/scope.ts';
import type { Telemetry } from '../base/telemetry.ts';
import { type Configuration, createConfiguration } from '../config/configuration.ts';
import { defaultSystemFile } from '../config/files.ts';
import type { DeclarationFile } from '../environment/declared.ts';
import type { Environment, FileSystem } from '../environment/environment.ts';
import type { EnvironmentManager } from '../environment/manager.ts';
import { readInstallationId } from '../store/installation-id.ts';
import type { Keyring } from '../store/keyring.ts';
import type { McpCredentials } from '../store/mcp-credentials.ts';
import { createThreadStore } from '../store/rollout-store.ts';
import type { ThreadStore } from '../store/thread-store.ts';
import { type Accounts, createAccounts } from './accounts.ts';
import { AppDirectory } from './app-directory.ts';
import type { Audience } from './audience.ts';
import { RuleBook } from './command-rules.ts';
import type { Connection } from './connection.ts';
import { appsWithIds } from './directory-apps.ts';
import { announceConnections, createEnvironments } from './environments.ts';
import { readGitInfo } from './git.ts';
import { type ClientIdentity, compatibleVersion, type MachineFacts, type RemoteControlState, remoteControlState } from './handshake.ts';
import { McpLogins, mcpCredentials } from './mcp-logins.ts';
import { createModels, type Models } from './models.ts';
import type { FileWatcher } from './ports.ts';
import { createSandboxNotice, type SandboxNotice, type SandboxStatus } from './sandbox-notice.ts';
import { Skills } from './skills.ts';
import { createThreadConfigs } from './thread-configs.ts';

export interface ServicesOptions {
  readonly codexHome: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly facts: MachineFacts;
  readonly clock: Clock;
  readonly log: Log;
  readonly telemetry: Telemetry;
  readonly http: HttpTransport;
  readonly watcher: FileWatcher;
  readonly ripgrep: () => Promise<string>;
  readonly processInfo: () => { readonly id: number; readonly residentMemoryBytes: number };
  /** How far commands are confined here. Absent: nobody is told. Never rejects. */
  readonly sandboxStatus?: ((cwd: string) => Promise<SandboxStatus>) | undefined;
  /** Where logins at MCP servers may be kept; absent: the system's own. */
  readonly keyring?: Keyring | undefined;
  /** The administrator's `config.toml`; `requirements.toml` lies beside it. Absent: the place of the platform. */
  readonly systemFile?: string | undefined;
  readonly overrides: readonly string[];
  readonly strictConfig: boolean;
  /** `environments.toml` of the home directory, when there is one. */
  readonly environmentsFile?: DeclarationFile | undefined;
  /** Closes with the server. */
  readonly scope: Scope;
  readonly audience: Audience;
  /** The name in front of the user agent, given a client; the first one decides for all. */
  readonly originator: (client: ClientIdentity) => string;
  /** Headers of every request to a model. */
  readonly clientHeaders: () => Readonly<Record<string, string>>;
}

export interface Services extends ServicesOptions {
  readonly configuration: Configuration;
  readonly configs: ThreadConfigs;
  readonly accounts: Accounts;
  readonly models: Models;
  readonly apps: AppDirectory;
  readonly skills: Skills;
  readonly store: ThreadStore;
  readonly threads: ThreadManager;
  readonly mcp: McpThreads;
  readonly mcpLogins: McpLogins;
  readonly environments: EnvironmentManager;
  readonly localEnvironment: () => Environment;
  readonly userHome: string;
  readonly remoteControl: RemoteControlState;
  /** Tells a freshly initialised connection what is wrong with the configuration, then the state of remote control. */
  welcome(connection: Connection): void;
  runningTurns(): number;
  whenIdle(signal: AbortSignal): Promise<void>;
}

export function createServices(options: ServicesOptions): Services {
  const { codexHome, cwd, env, clock, scope } = options;
  const { manager: environments, local } = scope.own(createEnvironments(options));
  const localEnvironment = () => local;
  const configuration = createConfiguration({
    home: codexHome,
    cwd,
    overrides: options.overrides,
    strict: options.strictConfig,
    env,
    ...(options.systemFile !== undefined && { systemFile: options.systemFile }),
  });
  const userHome = env.HOME ?? homedir();
  const accounts = createAccounts({ home: codexHome, env });
  const models = createModels({
    http: scope.own(options.http),
    env,
    apiKey: accounts.apiKey,
    clientHeaders: options.clientHeaders,
    environment: localEnvironment,
    cwd,
    monotonicMs: () => clock.monotonicMs(),
    readText: async (path) => (await localEnvironment().files.readFile(path)).toString('utf8'),
    scope,
  });
  const apps = new AppDirectory({
    home: codexHome,
    baseUrl: async () => (await configuration.load()).settings.vendorUrl,
    http: () => localEnvironment().http,
    clientHeaders: options.clientHeaders,
    clock,
    log: options.log.child('apps'),
    signal: scope.signal,
    updated: (data) => options.audience.broadcast('app/list/updated', { data: [...data] }),
  });
  const rules = new RuleBook(configuration, options.log.child('rules'));
  const configs = createThreadConfigs({
    configuration,
    models,
    files: () => localEnvironment().files,
    cwd,
    userHome,
    rules,
    hasApps: () => apps.available(),
    log: options.log.child('config'),
  });
  const skills = new Skills({
    configuration,
    watcher: options.watcher,
    userHome,
    adminDirectory: join(dirname(defaultSystemFile(env, options.facts.platformFamily === 'windows' ? 'win32' : 'linux')), 'skills'),
    log: options.log.child('skills'),
    scope,
    changed: () => options.audience.broadcast('skills/changed', {}),
  });
  const store = scope.own(createThreadStore({ home: codexHome, clock, log: options.log.child('store') }));
  const installationId = readInstallationId(codexHome);
  const files = () => localEnvironment().files;
  const credentials = mcpCredentials(configuration, options.keyring);
  const mcp = createMcp(options, { environments, configuration, credentials });
  const mcpLogins = new McpLogins({
    ...{ mcp, configuration, environments, credentials, clock, scope, variables: env, version: compatibleVersion },
    log: options.log.child('mcp'),
  });
  const host: AgentHost = {
    scope: scope.child('threads'),
    clock,
    log: options.log.child('agent'),
    telemetry: options.telemetry,
    store,
    environments,
    configs,
    client: (threadId) => options.audience.forThread(threadId),
    model: (providerId) => models.client(providerId),
    modelInfo: (slug) => models.info(slug),
    userInstructions: () => userInstructions(files(), codexHome),
    skills: (directory) => skills.known(directory),
    gitInfo: (directory) => readGitInfo(files(), directory),
    tools: builtInTools,
    extraTools: (threadId) => [...mcp.tools(threadId), ...installTools(threads, threadId, { apps, configuration })],
    mcp: {
      opened: (threadId) => mcp.opened(threads.get(threadId)),
      announced: (threadId) => mcp.announced(threadId),
      rootsResolved: (threadId, roots, signal) => mcp.rootsResolved(threadId, roots, signal),
      settled: (threadId, signal) => mcp.settled(threadId, signal),
      revision: (threadId) => mcp.revision(threadId),
    },
    installationId,
    version: compatibleVersion,
  };
  const threads = new ThreadManager(host);
  const { sandboxStatus } = options;
  const notice = sandboxStatus && createSandboxNotice({ status: () => sandboxStatus(cwd), scope });
  announceConnections({ manager: environments, threads, audience: options.audience });
  const remoteControl = remoteControlState(options.facts, installationId);
  return {
    ...options,
    configuration,
    configs,
    accounts,
    models,
    apps,
    skills,
    store,
    threads,
    mcp,
    mcpLogins,
    environments,
    localEnvironment,
    userHome,
    remoteControl,
    welcome: (connection) => void welcome(connection, { configuration, remoteControl, notice, rules }),
    runningTurns: () => threads.runningTurns,
    whenIdle: (signal) => whenIdle(threads, signal),
  };
}

function createMcp(
  options: ServicesOptions,
  parts: { environments: EnvironmentManager; configuration: Configuration; credentials: McpCredentials },
): McpThreads {
  const { environments, configuration, credentials } = parts;
  return new McpThreads({
    environments,
    variables: options.env,
    version: compatibleVersion,
    credentials,
    clock: options.clock,
    log: options.log.child('mcp'),
    openaiForm: () => [...options.audience.connections()].some(({ capabilities }) => capabilities.mcpServerOpenaiFormElicitation),
    async approve(server, tool) {
      const keyPath = ['mcp_servers', server, 'tools', tool, 'approval_mode'].map((part) => JSON.stringify(part)).join('.');
      const edits = [{ keyPath, value: 'approve', mergeStrategy: 'replace' as const }];
      await configuration.write({ edits, filePath: undefined, expectedVersion: undefined });
    },
  });
}

/** Only for threads that may suggest something. */
function installTools(threads: ThreadManager, threadId: string, { apps, configuration }: Pick<Services, 'apps' | 'configuration'>): Tool[] {
  const thread = threads.find(threadId);
  const ids = thread?.core.config.suggestedConnectors ?? [];
  if (!thread || ids.length === 0) return [];
  return createInstallTools({
    candidates: async () => appsWithIds(ids, await apps.known()),
    ask: (params, signal) => elicit(thread, params, signal),
    async never(id) {
      const standing = (await configuration.userValue(['tool_suggest', 'disabled_tools'])) ?? [];
      const value = [...(Array.isArray(standing) ? standing : []), { type: 'connector', id }];
      const edits = [{ keyPath: 'tool_suggest.disabled_tools', value, mergeStrategy: 'replace' as const }];
      await configuration.write({ edits, filePath: undefined, expectedVersion: undefined });
    },
  });
}

/** The user's own instructions for every thread; an override takes the place of the usual file. */
async function userInstructions(files: FileSystem, codexHome: string): Promise<InstructionDocument | undefined> {
  for (const name of ['AGENTS.override.md', 'AGENTS.md']) {
    const path = join(codexHome, name);
    const text = await files.readFile(path).then(
      (bytes) => bytes.toString('utf8'),
      () => '',
    );
    if (text.trim() !== '') return { path, text };
  }
  return undefined;
}

async function whenIdle(threads: ThreadManager, signal: AbortSignal): Promise<void> {
  throwIfAborted(signal);
  while (threads.runningTurns > 0) {
    const ends = threads.loadedIds().map((id) => threads.find(id)?.idle());
    await abortable(Promise.all(ends), signal);
  }
}

interface Welcome {
  readonly configuration: Configuration;
  readonly remoteControl: RemoteControlState;
  readonly notice: SandboxNotice | undefined;
  readonly rules: RuleBook;
}

async function welcome(connection: Connection, { configuration, remoteControl, notice, rules }: Welcome): Promise<void> {
  // At once: it does not wait for the configuration.
  if (!connection.statusTold) connection.notify('remoteControl/status/changed', remoteControl);
  const [warnings, ruleWarnings] = await Promise.all([configuration.startupWarnings(), rules.startupWarnings()]);
  for (const warning of [...warnings, ...ruleWarnings]) connection.notify('configWarning', warning);
  notice?.check((warning) => connection.notify('configWarning', warning));
}
