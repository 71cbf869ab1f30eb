/** Loading: layers, trust, overrides, errors with their places, and the settings that result. */
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ConfigError, describeConfigError } from '../../src/config/config-error.ts';
import { type Configuration, createConfiguration } from '../../src/config/configuration.ts';
import { loadConfig } from '../../src/config/load.ts';

let root: string;
let home: string;
let work: string;
beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'config-')));
  home = join(root, 'home');
  work = join(root, 'work');
  await mkdir(home);
  await mkdir(work);
});
afterEach(() => rm(root, { recursive: true, force: true }));

const write = async (path: string, text: string) => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
};
const user = (text: string) => write(join(home, 'config.toml'), text);
const options = (overrides: string[] = []) => ({ home, cwd: work, overrides, env: {}, systemFile: join(root, 'etc', 'config.toml') });
const open = (overrides: string[] = []): Configuration => createConfiguration(options(overrides));

test('no file at all gives the defaults', async () => {
  const { settings, warnings } = await open().load();
  expect(warnings).toEqual([]);
  expect(settings.model).toMatchObject({ model: undefined, provider: 'openai' });
  expect(settings.approval).toEqual({ policy: 'on-request', reviewer: 'user' });
  expect(settings.sandbox).toMatchObject({ mode: 'read-only', configured: false });
  expect(settings.projectDocs).toEqual({ maxBytes: 32_768, fallbackFilenames: [], rootMarkers: ['.git'] });
  expect(settings.shellEnvironment.inherit).toBe('core');
});

test('stronger layers win, key by key', async () => {
  await write(join(root, 'etc', 'config.toml'), 'model = "system"\nmodel_verbosity = "low"\n');
  await user('model = "user"\nmodel_reasoning_effort = "high"\n[sandbox_workspace_write]\nnetwork_access = true\n');
  const loaded = await open(['model="flag"', 'sandbox_workspace_write.writable_roots=["/r"]']).load({
    session: { model_reasoning_effort: 'low' },
  });
  expect(loaded.settings.model).toMatchObject({ model: 'flag', verbosity: 'low', reasoningEffort: 'low' });
  expect(loaded.settings.sandbox.workspaceWrite).toMatchObject({ networkAccess: true, writableRoots: ['/r'] });
});

describe('a project', () => {
  beforeEach(async () => {
    await write(join(work, '.git', 'HEAD'), 'ref: refs/heads/main\n');
    await write(join(work, '.codex', 'config.toml'), 'model = "project"\nnotify = ["x"]\nmodel_provider = "x"\n');
    await write(join(work, 'sub', '.codex', 'config.toml'), 'model = "nearer"\n');
  });

  test('counts when it is trusted, the nearer file first, without the keys that are not its business', async () => {
    await user(`[projects."${work}"]\ntrust_level = "trusted"\n`);
    const above = await open().load();
    expect(above.settings.model).toMatchObject({ model: 'project', provider: 'openai' });
    expect(above.settings.sandbox.mode).toBe('workspace-write');
    expect(above.settings.notify).toBeUndefined();
    expect(above.warnings.map(({ summary }) => summary)).toEqual([
      `Ignored unsupported project-local config keys in ${work}/.codex/config.toml: model_provider, notify. If you want these settings to apply, manually set them in your user-level config.toml.`,
    ]);
    expect((await open().load({ cwd: join(work, 'sub') })).settings.model.model).toBe('nearer');
  });

  test('is shown but does not count otherwise', async () => {
    const loaded = await open().load({ cwd: join(work, 'sub') });
    expect(loaded.settings.model.model).toBeUndefined();
    expect(loaded.warnings).toHaveLength(1);
    expect(loaded.warnings[0]?.summary).toContain(`2. ${work}/sub/.codex`);
    expect(await open().threadWarnings(join(work, 'sub')), 'threads need not repeat it').toEqual([]);
    const shown = await open().read({ includeLayers: true, cwd: join(work, 'sub') });
    expect(shown.layers?.map(({ name, disabledReason }) => [name.type, disabledReason !== undefined])).toEqual([
      ['project', true],
      ['project', true],
      ['user', false],
      ['system', false],
    ]);
  });

  test('marked as untrusted is asked about everything', async () => {
    await user(`[projects."${work}"]\ntrust_level = "untrusted"\n`);
    const { settings } = await open().load();
    expect(settings.approval.policy).toBe('untrusted');
    expect(settings.sandbox.mode).toBe('workspace-write');
  });

  test('that is no TOML breaks nothing while it is not trusted', async () => {
    await write(join(work, '.codex', 'config.toml'), 'model = = 1');
    await expect(open().load()).resolves.toBeDefined();
  });
});

describe('a configuration that cannot be used', () => {
  const cases: [name: string, text: string, details: string, place?: string, read?: string][] = [
    ['no TOML', 'model = "a"\nx = = 1\n', 'invalid value', '2:5', 'failed to read configuration layers: '],
    [
      'a wrong word',
      'sandbox_mode = "nosuch"\n',
      'unknown variant `nosuch`, expected one of `read-only`, `workspace-write`, `danger-full-access`',
      '1:16',
    ],
    ['a wrong word of two', '\n[history]\npersistence="x"\n', 'unknown variant `x`, expected `save-all` or `none`', '3:13'],
    ['a wrong type', 'model = 1\n', 'invalid type: integer `1`, expected a string', '1:9'],
    ['a wrong type below', '[sandbox_workspace_write]\nnetwork_access = "yes"\n', 'invalid type: string "yes", expected a boolean', '2:18'],
    [
      'a wrong approval policy',
      'approval_policy = "nosuch"\n',
      'unknown variant `nosuch`, expected one of `untrusted`, `on-failure`, `on-request`, `granular`, `never`',
      '1:19',
    ],
    ['half a granular policy', 'approval_policy = { granular = { sandbox_approval = true } }\n', 'missing field `rules`', '1:19'],
    ['an unknown provider', 'model_provider = "nope"\n', 'Model provider `nope` not found'],
    [
      'a redefined provider',
      '[model_providers.openai]\nname = "x"\n',
      'model_providers contains reserved built-in provider IDs: `openai`. Built-in providers cannot be overridden. Rename your custom provider (for example, `openai-custom`).',
      '1:1',
    ],
    ['two transports', '[mcp_servers.a]\ncommand="x"\nurl="http://y"\n', 'url is not supported for stdio', '1:1'],
    ['no transport', '[mcp_servers.a]\nenabled=true\n', 'invalid transport', '1:1'],
    [
      'a profile',
      'profile = "x"\n',
      'legacy `profile = "x"` config is no longer supported; use `--profile x` with `x.config.toml` instead',
    ],
    ['an undefined permission profile', 'default_permissions = "nosuch"\n', 'default_permissions requires a `[permissions]` table'],
    ['a reserved permission profile', '[permissions.":x"]\n', 'permissions profile `:x` uses a reserved built-in profile prefix'],
  ];
  test.each(cases)('%s', async (_name, text, reason, place, read) => {
    await user(text);
    const file = join(home, 'config.toml');
    const message = place === undefined ? reason : `${file}:${place}: ${reason}`;
    const configuration = open();
    const [line = 0, column = 0] = (place ?? '').split(':').map(Number);
    expect(await configuration.startupWarnings()).toEqual([
      {
        summary: 'Invalid configuration; using defaults.',
        details: message,
        ...(place === undefined ? {} : { path: file, range: { start: { line, column }, end: expect.objectContaining({ line }) } }),
      },
    ]);
    await expect(configuration.load()).rejects.toMatchObject({
      kind: 'invalidRequest',
      message: `failed to load configuration: ${message}`,
    });
    await expect(configuration.read({ includeLayers: false, cwd: undefined })).rejects.toMatchObject({
      kind: 'internal',
      message: expect.stringContaining(read ?? reason),
    });
  });

  test('is used again once it is mended', async () => {
    await user('model = = 1');
    const configuration = open();
    await expect(configuration.load()).rejects.toThrow('failed to load');
    await user('model = "good"');
    expect((await configuration.load()).settings.model.model).toBe('good');
  });
});

test('a terminal is shown the line and the place in it', async () => {
  await user('model = "fine"\nsandbox_mode = "nosuch" # here\n');
  const error: unknown = await loadConfig(options()).catch((reason: unknown) => reason);
  if (!(error instanceof ConfigError)) throw new Error('it should have been refused');
  expect(describeConfigError(error)).toBe(
    [
      `${join(home, 'config.toml')}:2:16: unknown variant \`nosuch\`, expected one of \`read-only\`, \`workspace-write\`, \`danger-full-access\``,
      '  |',
      '2 | sandbox_mode = "nosuch" # here',
      '  |                ^^^^^^^^',
    ].join('\n'),
  );
});

test('unknown keys are named, and refused when strict', async () => {
  await user('unknown_key = 1\n[tui]\nanything = 2\n[features]\nfoo = true\n');
  const file = join(home, 'config.toml');
  expect(await open().startupWarnings()).toEqual([
    {
      summary: `Codex is ignoring 2 unrecognized configuration settings. Check for typos or deprecated settings.\n  user (${file}): \`features.foo\` is ignored.\n  user (${file}): \`unknown_key\` is ignored.`,
      details: null,
    },
  ]);
  await expect(loadConfig({ ...options(), strict: true })).rejects.toThrow('unknown configuration key `features.foo`');
});

test('what is shown: every known key, defaults of sections, no more', async () => {
  await user(
    'model = "m"\napproval_policy = "on-failure"\n[sandbox_workspace_write]\nnetwork_access = true\n[mcp_servers.a]\ncommand = "x"\n',
  );
  const { config, origins, layers } = await open().read({ includeLayers: false, cwd: undefined });
  expect(config).toMatchObject({
    model: 'm',
    model_provider: null,
    approval_policy: 'on-request',
    sandbox_workspace_write: { writable_roots: [], network_access: true, exclude_tmpdir_env_var: false, exclude_slash_tmp: false },
    mcp_servers: { a: { command: 'x', enabled: true, environment_id: 'local', tool_timeout_sec: null } },
    history: { persistence: 'save-all', max_bytes: null },
    project_root_markers: ['.git'],
  });
  expect(config.features).not.toHaveProperty('network_proxy');
  expect(Object.keys(origins).sort()).toEqual([
    'approval_policy',
    'mcp_servers.a.command',
    'model',
    'sandbox_workspace_write.network_access',
  ]);
  expect(layers).toBeUndefined();
  await user('[features]\nx = true\n');
  expect((await open().read({ includeLayers: false, cwd: undefined })).config.features).toMatchObject({
    x: true,
    network_proxy: null,
    memories: false,
  });
});

test('providers: own ones with their defaults, built-in ones beside them', async () => {
  await user(
    'model_provider = "mine"\n[model_providers.mine]\nname = "Mine"\nbase_url = "http://x/v1"\nrequest_max_retries = 1000\nenv_key = "MY_KEY"\n',
  );
  const { settings } = await open().load();
  expect(settings.model.provider).toBe('mine');
  expect(settings.model.providers.get('mine')).toMatchObject({
    baseUrl: 'http://x/v1',
    requestMaxRetries: 100,
    streamMaxRetries: 5,
    streamIdleTimeoutMs: 300_000,
    builtIn: false,
  });
  expect([...settings.model.providers.keys()]).toEqual(expect.arrayContaining(['openai', 'ollama', 'lmstudio', 'rehearsal', 'mine']));
});

test('features: defaults, the file, and what was switched while running', async () => {
  await user('[features]\nmemories = true\nshell_tool = false\nundo = true\nmulti_agent_v2 = { enabled = true }\n');
  const configuration = open();
  const loaded = await configuration.load();
  expect(loaded.settings.features.has('memories')).toBe(true);
  expect(loaded.settings.features.has('shell_tool')).toBe(false);
  expect(loaded.settings.features.has('multi_agent_v2')).toBe(true);
  expect(loaded.settings.features.has('undo')).toBe(false);
  expect(configuration.setFeatures({ memories: false, apps: false, nosuch: true })).toEqual({ memories: false });
  expect(configuration.features(loaded).has('memories')).toBe(false);
  expect((await configuration.read({ includeLayers: false, cwd: undefined })).config.features).toMatchObject({ memories: false });
});
