/** The configuration of one thread: what the files say for its directory, with a client's overrides on top. */
import { resolve } from 'node:path';
import type { CommandRules, ThreadConfig, ThreadConfigs } from '../agent/ports.ts';
import { namedTier } from '../agent/service-tier.ts';
import { invalidRequest, messageOf, RequestError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Configuration } from '../config/configuration.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { FileSystem } from '../environment/environment.ts';
import { defaultModel, rehearsalModel } from '../model/catalog.ts';
import { rehearsalProviderId } from '../model/providers.ts';
import { networkPlan } from '../policy/network-plan.ts';
import { choosePermissions, type Permissions, permissionsOfProfile } from '../policy/permissions.ts';
import type { RuleBook } from './command-rules.ts';
import { hookShelf } from './hook-shelf.ts';
import type { Models } from './models.ts';

export interface ThreadConfigsDeps {
  readonly configuration: Configuration;
  readonly models: Pick<Models, 'learn'>;
  readonly files: () => FileSystem;
  /** What relative directories are resolved against. */
  readonly cwd: string;
  readonly rules: Pick<RuleBook, 'load'>;
  /** There is an account whose apps can be suggested. Rejects when the login cannot be read. */
  hasApps(): Promise<boolean>;
  /** What `~` means in a permission profile. */
  readonly userHome: string;
  readonly log: Log;
}

const loadFailure = (reason: string) => invalidRequest(`failed to load configuration: ${reason}`);

const mcpTables = ({ settings, requirements: { permits } }: LoadedConfig) => ({
  ...{ tables: settings.mcpServers, plugins: settings.pluginServers, permits },
});

/** The permissions with the managed network that the configuration gives them. */
async function planned(permissions: Permissions, { settings, requirements }: LoadedConfig): Promise<Permissions> {
  const feature = settings.sandbox.networkProxy;
  const network = networkPlan({ feature, tables: permissions.networkTables ?? [], demands: requirements.network });
  if (!network) return permissions;
  const { checkDomains } = await import('../environment/network-domains.ts');
  const problem = checkDomains(network.proxy);
  if (problem !== undefined)
    throw new RequestError(
      'internal',
      `error creating thread: Fatal error: Failed to initialize session: failed to start managed network proxy: failed to build network proxy state: ${problem}`,
    );
  return { ...permissions, network };
}

export function createThreadConfigs(deps: ThreadConfigsDeps): ThreadConfigs {
  const instructionsIn = async (path: string | undefined): Promise<string | undefined> => {
    if (path === undefined) return undefined;
    try {
      return (await deps.files().readFile(path)).toString('utf8');
    } catch (error) {
      throw loadFailure(`failed to read model instructions file ${path}: ${messageOf(error)}`);
    }
  };

  const suggestedConnectors = async ({ settings }: LoadedConfig): Promise<readonly string[]> => {
    const { features, suggestedConnectors: ids } = settings;
    if (ids.length === 0 || !['apps', 'plugins', 'tool_suggest'].every((feature) => features.has(feature))) return [];
    return (await deps.hasApps().catch(() => false)) ? ids : [];
  };

  const rulesOf = ({ layers }: LoadedConfig): Promise<CommandRules> =>
    deps.rules.load(layers).catch((error: unknown) => {
      throw loadFailure(messageOf(error));
    });

  return {
    async permissions(profileId, cwd) {
      const loaded = await deps.configuration.load({ cwd: resolve(deps.cwd, cwd ?? '.') });
      return planned(permissionsOfProfile(profileId, loaded.settings.sandbox, deps.userHome), loaded);
    },
    async programs() {
      const loaded = await deps.configuration.load({ cwd: deps.cwd });
      const { sandbox, shellEnvironment } = loaded.settings;
      return {
        shellEnvironment,
        permissions: await planned(choosePermissions({}, sandbox, deps.userHome), loaded),
        networkRules: async () => (await rulesOf(loaded)).current().networkRules,
      };
    },
    async load(request): Promise<ThreadConfig> {
      if (request.permissions !== undefined && request.sandbox !== undefined)
        throw invalidRequest('`permissions` cannot be combined with `sandbox`');
      const cwd = resolve(deps.cwd, request.cwd ?? '.');
      const loaded = await deps.configuration.load({ cwd, session: request.config });
      const { model, approval, sandbox, tools, projectDocs, shellEnvironment } = loaded.settings;
      deps.models.learn(model.providers);
      const modelProvider = request.modelProvider ?? model.provider;
      if (!model.providers.has(modelProvider)) throw loadFailure(`Model provider \`${modelProvider}\` not found`);
      return {
        cwd,
        model: request.model ?? model.model ?? (modelProvider === rehearsalProviderId ? rehearsalModel : defaultModel),
        modelProvider,
        effort: model.reasoningEffort ?? null,
        summary: model.reasoningSummary ?? null,
        serviceTier: request.serviceTier ?? namedTier(model.serviceTier) ?? null,
        personality: request.personality ?? model.personality ?? null,
        verbosity: model.verbosity ?? null,
        approvalPolicy: request.approvalPolicy ?? approval.policy,
        approvalsReviewer: request.approvalsReviewer ?? approval.reviewer,
        permissions: await planned(choosePermissions(request, sandbox, deps.userHome), loaded),
        rules: await rulesOf(loaded),
        shellEnvironment,
        allowLoginShell: tools.allowLoginShell,
        backgroundTerminalMaxTimeoutMs: tools.backgroundTerminalMaxTimeoutMs,
        baseInstructions: request.baseInstructions ?? (await instructionsIn(model.instructionsFile)),
        developerInstructions: request.developerInstructions ?? model.developerInstructions,
        compactPrompt: model.compactPrompt,
        modelContextWindow: model.contextWindow,
        autoCompactTokenLimit: model.autoCompactTokenLimit,
        toolOutputTokenLimit: model.toolOutputTokenLimit,
        projectDocMaxBytes: projectDocs.maxBytes,
        projectDocFallbackFilenames: projectDocs.fallbackFilenames,
        projectRootMarkers: projectDocs.rootMarkers,
        features: deps.configuration.features(loaded),
        hooks: await hookShelf(deps, { cwd, session: request.config }, loaded),
        suggestedConnectors: await suggestedConnectors(loaded),
        mcp: {
          ...mcpTables(loaded),
          turnGraceMs: loaded.settings.mcpTurnGraceMs,
          reload: async () => mcpTables(await deps.configuration.load({ cwd, session: request.config })),
        },
      };
    },
  };
}
