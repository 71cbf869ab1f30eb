/** Loading the configuration: gathers the layers of a working directory, merges and checks them, and gives typed settings. */
import { messageOf, RequestError } from '../base/errors.ts';
import { ConfigError, type ConfigWarning } from './config-error.ts';
import { allFeatures, configuredFeature } from './features.ts';
import { ConfigFiles, defaultSystemFile, profileFile, projectFolder, userFile } from './files.ts';
import { type ConfigLayer, configLayer, effectiveConfig, overridesLayer, sessionLayer } from './layers.ts';
import { loadRequirements, type Requirements } from './requirements.ts';
import type { ConfigToml } from './schema.ts';
import { type Settings, settingsOf } from './settings.ts';
import { isTable, type TomlTable } from './toml-values.ts';
import { findProject, type Project } from './trust.ts';
import { describeLayer, unknownKeys } from './unknown-keys.ts';
import { validateConfig } from './validate.ts';

export interface ConfigOptions {
  readonly home: string;
  /** Where requests without a directory are answered for. */
  readonly cwd: string;
  /** `key=value` texts of the command line; features are `features.NAME=true`. */
  readonly overrides: readonly string[];
  /** Unknown keys are errors. */
  readonly strict?: boolean;
  readonly profile?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Default: the place of the platform. */
  readonly systemFile?: string;
  /** Uses files it read before, when they did not change. */
  readonly files?: ConfigFiles;
}

export interface ConfigRequest {
  /** Absolute. Default: `ConfigOptions.cwd`. */
  readonly cwd?: string | undefined;
  /** Values by dotted key, stronger than everything else (`thread/start.config`). */
  readonly session?: Readonly<Record<string, unknown>> | undefined;
}

export interface LoadedConfig {
  readonly layers: readonly ConfigLayer[];
  readonly config: ConfigToml;
  readonly settings: Settings;
  /** What an administrator requires. */
  readonly requirements: Requirements;
  readonly project: Project;
  readonly warnings: readonly ConfigWarning[];
  /** The warnings that every thread started with this configuration repeats. */
  readonly threadWarnings: readonly string[];
}

/** Keys that only the user's own files may set. */
const notForProjects: readonly (readonly string[])[] = [
  ...['openai_base_url', 'chatgpt_base_url', 'apps_mcp_product_sku', 'model_provider', 'model_providers', 'notify', 'profile', 'profiles'],
  ...['experimental_realtime_webrtc_call_base_url', 'experimental_realtime_ws_base_url', 'otel'],
].map((key) => [key]);

/** Gathers the layers that apply to `cwd`, weakest first. Rejects with `ConfigError`. */
export async function loadLayers(
  options: ConfigOptions,
  request: ConfigRequest,
): Promise<{ layers: ConfigLayer[]; project: Project; warnings: ConfigWarning[] }> {
  const files = options.files ?? new ConfigFiles();
  const { home } = options;
  const systemFile = options.systemFile ?? defaultSystemFile(options.env, process.platform);
  const [place, ...layers] = await Promise.all([
    files.realDirectory(request.cwd ?? options.cwd),
    files.layer({ type: 'system', file: systemFile }, systemFile),
    files.layer({ type: 'user', file: userFile(home), profile: null }, userFile(home)),
  ]);
  if (options.profile !== undefined) layers.push(await profileLayer(files, home, options.profile));
  const flags = overridesLayer(options.overrides);
  const session = sessionLayer(request.session ?? {});
  const project = await findProject(files, place, effectiveConfig([...layers, configLayer({ type: 'sessionFlags' }, flags)]));
  const warnings: ConfigWarning[] = [];
  layers.push(...(await projectLayers(files, { home, project, warnings })));
  const strongest =
    Object.keys(session).length === 0
      ? flags
      : effectiveConfig([configLayer({ type: 'sessionFlags' }, flags), configLayer({ type: 'sessionFlags' }, session)]);
  if (Object.keys(strongest).length > 0) layers.push(configLayer({ type: 'sessionFlags' }, strongest));
  return { layers, project, warnings };
}

async function profileLayer(files: ConfigFiles, home: string, profile: string): Promise<ConfigLayer> {
  const file = profileFile(home, profile);
  if (!/^[\w-]+$/.test(profile))
    throw new ConfigError('meaning', `profile name \`${profile}\` may hold letters, digits, \`-\` and \`_\` only`);
  if (!(await files.exists(file))) throw new ConfigError('meaning', `profile \`${profile}\` has no file ${file}`);
  return files.layer({ type: 'user', file, profile }, file);
}

/** One layer per `.codex` directory between the root of the project and its working directory, with or without a file in it. */
async function projectLayers(
  files: ConfigFiles,
  context: { home: string; project: Project; warnings: ConfigWarning[] },
): Promise<ConfigLayer[]> {
  const { home, project, warnings } = context;
  const disabledReason = project.trust === 'trusted' ? undefined : distrust(project, home);
  const layers: ConfigLayer[] = [];
  const folders = project.directories.map(projectFolder).filter((folder) => folder !== home);
  const present = await Promise.all(folders.map((folder) => files.isDirectory(folder)));
  for (const folder of folders.filter((_, index) => present[index])) {
    const file = `${folder}/config.toml`;
    const { config, text } = await readProject(files, file, disabledReason !== undefined);
    const { kept, ignored } = withoutForbidden(config);
    if (ignored.length > 0 && disabledReason === undefined) warnings.push(ignoredWarning(file, ignored));
    layers.push(
      configLayer({ type: 'project', dotCodexFolder: folder }, kept, { text, ...(disabledReason === undefined ? {} : { disabledReason }) }),
    );
  }
  if (disabledReason !== undefined && layers.length > 0) warnings.unshift(disabledWarning(layers, disabledReason));
  return layers;
}

/** A file of a project that nobody trusts must not be able to break anything. */
async function readProject(files: ConfigFiles, file: string, disabled: boolean): Promise<{ config: TomlTable; text: string }> {
  try {
    return await files.read(file);
  } catch (error) {
    if (!disabled || !(error instanceof ConfigError)) throw error;
    return { config: {}, text: '' };
  }
}

const distrust = (project: Project, home: string): string =>
  project.trust === 'untrusted'
    ? `${project.trustKey} is marked as untrusted in the effective configuration. To load project-local config, hooks, and exec policies, update its trust setting. If that setting is managed by your organization, contact your administrator.`
    : `To load project-local config, hooks, and exec policies, add ${project.trustKey} as a trusted project in ${userFile(home)}.`;

const disabledSummary =
  'Project-local config, hooks, and exec policies are disabled in the following folders until the project is trusted, but skills still load.';

function disabledWarning(layers: readonly ConfigLayer[], reason: string): ConfigWarning {
  const folders = layers.map(
    ({ name }, index) => `    ${index + 1}. ${name.type === 'project' ? name.dotCodexFolder : ''}\n       ${reason}\n`,
  );
  return { summary: `${disabledSummary}\n${folders.join('')}`, details: null };
}

const ignoredWarning = (file: string, keys: readonly string[]): ConfigWarning => ({
  summary: `Ignored unsupported project-local config keys in ${file}: ${keys.join(', ')}. If you want these settings to apply, manually set them in your user-level config.toml.`,
  details: null,
});

function withoutForbidden(config: TomlTable): { kept: TomlTable; ignored: string[] } {
  const kept = { ...config };
  const ignored = notForProjects.flatMap(([key = '']) => (Object.hasOwn(kept, key) ? [key] : []));
  for (const key of ignored) delete kept[key];
  if (isTable(kept.features) && Object.hasOwn(kept.features, 'respect_system_proxy')) {
    const { respect_system_proxy: _proxy, ...features } = kept.features;
    kept.features = features;
    ignored.push('features.respect_system_proxy');
  }
  return { kept, ignored };
}

/** Unknown keys that a warning names; the others are counted. */
const mostNamed = 3;

/** The configuration of a working directory. Rejects with `ConfigError` and never falls back to defaults. */
export async function loadConfig(options: ConfigOptions, request: ConfigRequest = {}): Promise<LoadedConfig> {
  const { layers, project, warnings } = await loadLayers(options, request);
  const config = oneChoice(validateConfig(effectiveConfig(layers), layers), layers);
  const unknown = unknownKeys(layers);
  const [first] = unknown;
  if (options.strict && first)
    throw new ConfigError('value', `unknown configuration key \`${first.key}\` in ${describeLayer(first.layer)}`, { keyPath: first.key });
  if (unknown.length > 0) {
    const lines = unknown.slice(0, mostNamed).map(({ layer, key }) => `  ${describeLayer(layer)}: \`${key}\` is ignored.`);
    const more = unknown.length - lines.length;
    if (more > 0) lines.push(`  ... and ${more} more ignored ${more === 1 ? 'setting' : 'settings'}.`);
    const what = unknown.length === 1 ? '1 unrecognized configuration setting' : `${unknown.length} unrecognized configuration settings`;
    warnings.push({ summary: `Codex is ignoring ${what}. Check for typos or deprecated settings.\n${lines.join('\n')}`, details: null });
  }
  const threadWarnings = [
    ...unfinishedFeatures(config, userFile(options.home)),
    ...warnings.flatMap(({ summary }) => (summary.startsWith(disabledSummary) ? [] : [summary])),
  ];
  const systemFile = options.systemFile ?? defaultSystemFile(options.env, process.platform);
  const requirements = await loadRequirements(options.files ?? new ConfigFiles(), systemFile);
  warnings.push(...requirements.warnings);
  const asConfigured = settingsOf(config, { home: options.home, env: options.env, trust: project.trust });
  const settings = { ...asConfigured, mcpServers: permittedServers(asConfigured.mcpServers, requirements) };
  return { layers, config, settings, requirements, project, warnings, threadWarnings };
}

/** Servers that the administrator does not list are there, and switched off. */
const permittedServers = (servers: Settings['mcpServers'], { permits }: Requirements): Settings['mcpServers'] =>
  Object.fromEntries(
    Object.entries(servers).map(([name, server]) => [name, permits(name, server) ? server : { ...server, enabled: false }]),
  );

/** A mode and a profile are alternatives: the stronger layer's choice replaces the other's. Within one layer the profile counts. */
function oneChoice(config: ConfigToml, layers: readonly ConfigLayer[]): ConfigToml {
  if (config.default_permissions === undefined || config.sandbox_mode === undefined) return config;
  const has = (layer: ConfigLayer, key: string) => layer.disabledReason === undefined && Object.hasOwn(layer.config, key);
  const last = layers.findLast((layer) => has(layer, 'default_permissions') || has(layer, 'sandbox_mode'));
  if (!last || has(last, 'default_permissions')) return config;
  const { default_permissions: _replaced, ...rest } = config;
  return rest;
}

/** The warning about features that somebody switched on although they are not finished. */
function unfinishedFeatures(config: ConfigToml, file: string): string[] {
  if (config.suppress_unstable_features_warning === true) return [];
  const names = allFeatures().flatMap(({ name, stage }) =>
    stage === 'underDevelopment' && configuredFeature(config.features, name) === true ? [name] : [],
  );
  if (names.length === 0) return [];
  return [
    `Under-development features enabled: ${names.join(', ')}. Under-development features are incomplete and may behave unpredictably. To suppress this warning, set \`suppress_unstable_features_warning = true\` in ${file}.`,
  ];
}

/** What a client reads when a thread cannot start because of the configuration. */
export const loadFailure = (error: unknown): RequestError =>
  new RequestError('invalidRequest', `failed to load configuration: ${messageOf(error)}`, { cause: error });

/** The warning for a configuration that cannot be used. */
export function invalidConfigWarning(error: unknown): ConfigWarning {
  const summary = 'Invalid configuration; using defaults.';
  if (!(error instanceof ConfigError)) return { summary, details: messageOf(error) };
  const { file, range } = error;
  return { summary, details: error.message, ...(file === undefined ? {} : { path: file }), ...(range === undefined ? {} : { range }) };
}
