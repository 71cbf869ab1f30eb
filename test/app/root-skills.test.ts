/** Skills below capability roots: listed for the model, named by the user, and read through the environment they lie in. */
import { symlink } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { listeningServer } from '../environment/exec-servers.ts';
import { type SeenRequest, type Step, say } from '../support/scripted-model.ts';
import { startServer, type TestServer } from '../support/server.ts';

const baseEnv = { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: '/nonexistent' };
const skill = (name: string, body: string) => `---\nname: ${name}\ndescription: for ${name}\n---\n${body}`;
const long = Array.from({ length: 3000 }, (_, line) => `line ${line} "quoted" ü`).join('\n');

const kit = {
  'kit/.codex-plugin/plugin.json': '{"name":"kit"}',
  'kit/skills/greet/SKILL.md': skill('greet', 'Say hello.\n'),
  'kit/skills/greet/words.txt': 'hello and goodbye\n',
  'kit/skills/long/SKILL.md': skill('long', long),
  'kit/skills/broken/SKILL.md': 'no front matter',
  'plain/SKILL.md': skill('plain', 'Be plain.'),
  'secret.txt': 'not for skills',
};

const roots = (server: TestServer, environmentId: string) =>
  (['kit', 'plain'] as const).map((id) => ({ id, location: { type: 'environment' as const, environmentId, path: server.work.path(id) } }));

const skills =
  (name: string, make: (root: string) => Record<string, unknown>, root: () => string): Step =>
  (reply) => {
    const call = { type: 'function_call', id: reply.itemId('fc'), call_id: reply.itemId('call'), namespace: 'skills', name };
    reply.item({ ...call, arguments: JSON.stringify(make(root())) });
    reply.done();
  };

const textOf = (request: SeenRequest | undefined): string => JSON.stringify(request?.body.input);
const outputsOf = (request: SeenRequest | undefined): string[] =>
  (request?.body.input ?? []).flatMap(({ type, output }) =>
    type === 'function_call_output' && typeof output === 'string' ? [output] : [],
  );

/** A server whose model makes the given calls, one a step, on a thread with both roots in `far`. */
async function withRoots(calls: readonly [name: string, make: (root: string) => Record<string, unknown>][]) {
  let root = '';
  const steps = calls.map(([name, make]) => skills(name, make, () => root));
  const far = await listeningServer(baseEnv);
  const server = await startServer({ model: [...steps, say('done')], files: kit });
  root = server.work.root;
  const client = await server.client();
  await client.request('environment/add', { environmentId: 'far', execServerUrl: far.url });
  const threadId = await client.thread({
    environments: [{ environmentId: 'far', cwd: root }],
    selectedCapabilityRoots: roots(server, 'far'),
  });
  return {
    ...{ server, client, threadId, root, far },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await far[Symbol.asyncDispose]();
    },
  };
}

test('the first request names them with their plugin, and $name brings the text along', async () => {
  await using at = await withRoots([]);
  await at.client.turn(at.threadId, 'please $kit:greet');
  const [request] = at.server.model.requests;
  expect(textOf(request)).toContain(`- e0 = skill://kit${at.root}/kit\\n- e1 = skill://plain${at.root}/plain`);
  expect(textOf(request)).toContain('- kit:greet: for greet (package: e0/skills/greet)');
  expect(textOf(request)).toContain('- plain: for plain (package: e1)');
  expect(textOf(request)).toContain(`<name>kit:greet</name>\\n<path>skill://kit${at.root}/kit/skills/greet/SKILL.md</path>\\n---`);
  const tools = JSON.stringify(request?.body.tools);
  expect(tools).toMatch(/"type":"namespace","name":"skills".*"name":"list".*"name":"read"/);
});

test('a thread without roots is offered no such tools', async () => {
  await using server = await startServer({ model: [say('done')], files: kit });
  const client = await server.client();
  await client.turn(await client.thread(), 'go');
  expect(JSON.stringify(server.model.requests[0]?.body.tools)).not.toContain('"name":"skills"');
});

describe('the tools', () => {
  test('list what there is, with a warning for what is no skill', async () => {
    await using at = await withRoots([
      ['list', () => ({ authority: { kind: 'executor' } })],
      ['list', () => ({ authority: { kind: 'cloud' } })],
      ['list', () => ({ authority: { kind: 'moon' } })],
    ]);
    await at.client.turn(at.threadId, 'go');
    const [all = '', none = '', bad] = outputsOf(at.server.model.requests.at(-1));
    const entry = (id: string, name: string, at: string) => ({
      ...{ authority: { kind: 'executor', id }, package: `skill://${id}${at}`, name },
      ...{ description: `for ${name.replace(/.*:/, '')}`, main_resource: `skill://${id}${at}/SKILL.md` },
    });
    expect(JSON.parse(all)).toEqual({
      skills: [
        entry('kit', 'kit:greet', `${at.root}/kit/skills/greet`),
        entry('kit', 'kit:long', `${at.root}/kit/skills/long`),
        entry('plain', 'plain', `${at.root}/plain`),
      ],
      warnings: [
        `Failed to load environment skill at file://${at.root}/kit/skills/broken/SKILL.md: missing YAML frontmatter delimited by ---`,
      ],
      next_cursor: null,
    });
    expect(JSON.parse(none)).toEqual({ skills: [], warnings: [], next_cursor: null });
    expect(bad).toContain('`authority`');
  });

  test('read instructions and other files of a package, and nothing outside of it', async () => {
    await using at = await withRoots([
      ['read', () => ({ package: 'e0/skills/greet' })],
      ['read', (root) => ({ package: `skill://kit${root}/kit/skills/greet`, resource: `skill://kit${root}/kit/skills/greet/words.txt` })],
      ['read', () => ({ package: 'e0/skills/none' })],
      ['read', (root) => ({ package: 'e0/skills/greet', resource: `skill://kit${root}/kit/skills/greet/../../../secret.txt` })],
      ['read', (root) => ({ package: 'e0/skills/greet', resource: `skill://kit${root}/kit/skills/greet/link` })],
      ['read', (root) => ({ package: 'e0/skills/greet', resource: `skill://kit${root}/kit/skills/greet/none` })],
    ]);
    await symlink('../../../secret.txt', at.server.work.path('kit/skills/greet/link'));
    await at.client.turn(at.threadId, 'go');
    const [main = '', words = '', ...refused] = outputsOf(at.server.model.requests.at(-1));
    const place = { skill_root: `${at.root}/kit/skills/greet`, next_cursor: null };
    const resource = (name: string) => `skill://kit${at.root}/kit/skills/greet/${name}`;
    expect(JSON.parse(main)).toEqual({ resource: resource('SKILL.md'), contents: kit['kit/skills/greet/SKILL.md'], ...place });
    expect(JSON.parse(words)).toEqual({ resource: resource('words.txt'), contents: 'hello and goodbye\n', ...place });
    expect(refused).toEqual(['skill package is not available', ...Array.from({ length: 3 }, () => 'skill resource is not available')]);
  });

  test('a long text comes in pages that join up and are cut nowhere else', async () => {
    await using at = await withRoots([]);
    const { model } = at.server;
    const pages: string[] = [];
    const next: Step = (reply, request) => {
      const output = outputsOf(request).at(-1);
      const page = output === undefined ? undefined : JSON.parse(output);
      if (page) pages.push(page.contents);
      if (page?.next_cursor === null) return say('done')(reply, request);
      model.push(next);
      return skills(
        'read',
        () => ({ package: 'e0/skills/long', ...(page && { cursor: page.next_cursor }) }),
        () => '',
      )(reply, request);
    };
    const [first] = at.server.model.requests;
    expect(first).toBeUndefined();
    // The step that withRoots left says `done` first.
    await at.client.turn(at.threadId, 'go');
    model.push(next);
    await at.client.turn(at.threadId, 'read it');
    expect(pages.length).toBeGreaterThan(3);
    expect(pages.join('')).toBe(kit['kit/skills/long/SKILL.md']);
  });
});

test('a root in an environment that starts late is left out of one step and there for a later one of the same turn', async () => {
  await using far = await listeningServer(baseEnv);
  await using server = await startServer({ files: kit });
  const client = await server.client();
  const list = skills(
    'list',
    () => ({ authority: { kind: 'executor' } }),
    () => '',
  );
  server.model.push(list);
  const threadId = await client.thread({ selectedCapabilityRoots: roots(server, 'late') });
  server.model.push(async (reply, request) => {
    expect(outputsOf(request)).toEqual(['{"skills":[],"warnings":[],"next_cursor":null}']);
    await client.request('environment/add', { environmentId: 'late', execServerUrl: far.url });
    await client.request('environment/info', { environmentId: 'late' });
    await list(reply, request);
  });
  server.model.push(list);
  await client.turn(threadId, 'go');
  const requests = server.model.requests;
  expect(textOf(requests[1])).not.toContain('kit:greet');
  expect(textOf(requests[2])).toContain('- kit:greet: for greet (package: e0/skills/greet)');
  expect(JSON.parse(outputsOf(requests.at(-1)).at(-1) ?? '').skills).toHaveLength(3);
});
