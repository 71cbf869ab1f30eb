/** Configuration, features, profiles, skills, hooks and catalogues as clients read and change them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startServer } from '../support/server.ts';

const skill = (name: string) => `---\nname: ${name}\ndescription: does ${name}\n---\nDo it.\n`;

describe('config/*', () => {
  test('what is written is read back, with where it comes from, and counts for the next thread', async () => {
    await using server = await startServer({ config: '# a comment that stays\n' });
    const client = await server.client();
    const written = await client.request('config/value/write', { keyPath: 'model', value: 'other-model', mergeStrategy: 'replace' });
    const file = join(server.home, 'config.toml');
    expect(written).toEqual({ status: 'ok', version: expect.stringMatching(/^sha256:/), filePath: file, overriddenMetadata: null });
    const read = await client.request('config/read', { includeLayers: true });
    expect(read.config).toMatchObject({ model: 'other-model', model_provider: 'mock' });
    expect(read.origins).toMatchObject({ model: { name: { type: 'user', file } } });
    expect(read.layers?.[0]).toMatchObject({ name: { type: 'user', file }, version: written.version });
    expect(await readFile(file, 'utf8')).toContain('# a comment that stays');
    expect((await client.request('thread/start', {})).model).toBe('other-model');
  });

  test('a batch is all or nothing, and conflicts are told by their code', async () => {
    await using server = await startServer();
    const client = await server.client();
    const edit = (keyPath: string, value: string) => ({ keyPath, value, mergeStrategy: 'replace' as const });
    const write = (params: { edits: ReturnType<typeof edit>[]; expectedVersion?: string; filePath?: string }) =>
      client.request('config/batchWrite', params);
    const refused = (code: string) => ({ code: -32600, data: { config_write_error_code: code } });
    await expect(write({ edits: [edit('model', 'a'), edit('approval_policy', 'nonsense')] })).rejects.toMatchObject(
      refused('configValidationError'),
    );
    expect((await client.request('config/read', {})).config.model).toBe('mock-model');
    await expect(write({ edits: [edit('model', 'a')], expectedVersion: 'sha256:old' })).rejects.toMatchObject(
      refused('configVersionConflict'),
    );
    await expect(write({ edits: [edit('', 'a')] })).rejects.toMatchObject(refused('configValidationError'));
    await expect(write({ edits: [edit('model', 'a')], filePath: '/etc/other.toml' })).rejects.toMatchObject(refused('configLayerReadonly'));
    expect(await write({ edits: [edit('model', 'b'), edit('model_reasoning_effort', 'high')] })).toMatchObject({ status: 'ok' });
    expect((await client.request('config/read', {})).config).toMatchObject({ model: 'b', model_reasoning_effort: 'high' });
  });

  test('a file that does not parse is told at the start; threads wait until it is mended', async () => {
    await using server = await startServer({ config: 'broken = = 1' });
    const client = await server.client();
    const warning = await (client.seen.find(({ method }) => method === 'configWarning') ?? client.next('configWarning'));
    expect(JSON.stringify(warning)).toContain('Invalid configuration; using defaults.');
    await expect(client.thread()).rejects.toMatchObject({
      code: -32600,
      message: expect.stringContaining('failed to load configuration: '),
    });
    await expect(client.request('config/read', {})).rejects.toMatchObject({ code: -32603 });
  });

  test('features are listed in pages and switched for this run only', async () => {
    await using server = await startServer();
    const client = await server.client();
    const { data, nextCursor } = await client.request('experimentalFeature/list', { limit: 2 });
    expect(data).toHaveLength(2);
    const rest = await client.request('experimentalFeature/list', { cursor: nextCursor ?? '' });
    expect(rest.data.map(({ name }) => name)).not.toContain(data[0]?.name);
    await expect(client.request('experimentalFeature/list', { cursor: 'x' })).rejects.toThrow('invalid cursor: x');
    expect(await client.request('experimentalFeature/enablement/set', { enablement: { nosuch: true } })).toEqual({ enablement: {} });
  });

  test('profiles of the file stand after the built-in ones', async () => {
    await using server = await startServer({
      config: '[permissions.mine]\ndescription = "My own"\nextends = ":workspace"\n[permissions.mine.network]\nenabled = true\n',
    });
    const client = await server.client();
    const { data } = await client.request('permissionProfile/list', {});
    expect(data.map(({ id }) => id)).toEqual([':read-only', ':workspace', ':danger-full-access', 'mine']);
    expect(data.at(-1)).toEqual({ id: 'mine', description: 'My own', allowed: true });
  });
});

describe('skills and hooks', () => {
  test('skills are found, switched off and on, and changes on disk are told', async () => {
    await using server = await startServer({ files: { '.codex/skills/one/SKILL.md': skill('one') } });
    const client = await server.client();
    const names = async () => (await client.request('skills/list', {})).data[0]?.skills.map(({ name, enabled }) => [name, enabled]);
    expect(await names()).toEqual([['one', true]]);
    expect(await client.request('skills/config/write', { name: 'one', enabled: false })).toEqual({ effectiveEnabled: false });
    expect(await names()).toEqual([['one', false]]);
    expect(await client.request('skills/config/write', { name: 'one', enabled: true })).toEqual({ effectiveEnabled: true });
    await expect(client.request('skills/config/write', { enabled: true })).rejects.toMatchObject({ code: -32602 });
    const changed = client.next('skills/changed');
    await server.work.write('.codex/skills/two/SKILL.md', skill('two'));
    await changed;
    expect(await names()).toEqual([
      ['one', true],
      ['two', true],
    ]);
  });

  test('further directories are asked for by a client and told to all', async () => {
    await using server = await startServer({ via: 'ws', files: { 'extra/three/SKILL.md': skill('three') } });
    const [client, other] = [await server.client(), await server.client()];
    const changed = other.next('skills/changed');
    await client.request('skills/extraRoots/set', { extraRoots: [server.work.path('extra')] });
    await changed;
    const { data } = await other.request('skills/list', { cwds: [server.work.root] });
    expect(data).toMatchObject([{ cwd: server.work.root, skills: [{ name: 'three', scope: 'user' }], errors: [] }]);
  });

  test('hooks are listed with their hash, and trusted by it', async () => {
    await using server = await startServer({
      tables: '[[hooks.PreToolUse]]\nmatcher = "Bash"\n[[hooks.PreToolUse.hooks]]\ntype = "command"\ncommand = "true"\n',
    });
    const client = await server.client();
    const list = async () => (await client.request('hooks/list', {})).data[0]?.hooks[0];
    const hook = await list();
    expect(hook).toMatchObject({ eventName: 'preToolUse', command: 'true', matcher: 'Bash', trustStatus: 'untrusted', enabled: true });
    const value = { [hook?.key ?? '']: { trusted_hash: hook?.currentHash ?? '' } };
    await client.request('config/batchWrite', {
      edits: [{ keyPath: 'hooks.state', value, mergeStrategy: 'upsert' }],
      reloadUserConfig: true,
    });
    expect(await list()).toMatchObject({ trustStatus: 'trusted' });
  });
});

describe('catalogues', () => {
  test('models come in pages, one of them the default', async () => {
    await using server = await startServer();
    const client = await server.client();
    const all = (await client.request('model/list', { includeHidden: true })).data;
    expect(all.filter(({ isDefault }) => isDefault)).toHaveLength(1);
    const shown = (await client.request('model/list', {})).data;
    expect(shown.every(({ hidden }) => !hidden)).toBe(true);
    const page = await client.request('model/list', { limit: 1, cursor: '1' });
    expect(page.data).toEqual([shown[1]]);
    await expect(client.request('model/list', { cursor: 'garbage' })).rejects.toThrow('invalid cursor: garbage');
  });

  test('providers, modes and the server itself', async () => {
    await using server = await startServer();
    const client = await server.client();
    expect(await client.request('modelProvider/list', {})).toMatchObject({
      data: [{ id: 'mock', canEdit: true, baseUrl: server.model.url }, { id: 'openai' }],
      defaultProviderId: 'mock',
    });
    expect((await client.request('collaborationMode/list', {})).data.map(({ mode }) => mode)).toEqual(['plan', 'default']);
    const { process: facts, gauges } = await client.request('server/diagnostics', {});
    expect(facts).toMatchObject({ id: process.pid, residentMemoryBytes: expect.any(Number) });
    expect(gauges).toContainEqual({ name: 'app.requests.in_flight', value: 1 });
    expect(await client.request('mock/experimentalMethod', { value: 'x' })).toEqual({ echoed: 'x' });
    expect(await client.request('remoteControl/status/read', undefined)).toMatchObject({ status: 'disabled' });
    expect(await client.request('configRequirements/read', undefined)).toEqual({ supportsIndependentSpeedModes: true, requirements: null });
  });
});
