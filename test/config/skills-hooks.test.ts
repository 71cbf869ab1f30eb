/** Skills and hooks as clients list them: where they come from, what is wrong with them, what is switched off or trusted. */
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createConfiguration } from '../../src/config/configuration.ts';
import { listHooks } from '../../src/config/hooks.ts';
import { listSkills, mentionedSkills, outlineSkills, skillRules, switchSkill } from '../../src/config/skills.ts';

let root: string;
let home: string;
let work: string;
beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'skills-')));
  home = join(root, 'home');
  work = join(root, 'work');
  await write(join(work, '.git', 'HEAD'), 'ref: refs/heads/main\n');
});
afterEach(() => rm(root, { recursive: true, force: true }));

const write = async (path: string, text: string) => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
};
const skill = (directory: string, matter: string) => write(join(directory, 'SKILL.md'), `---\n${matter}\n---\nDo it.\n`);
const configuration = () => createConfiguration({ home, cwd: work, overrides: [], env: {}, systemFile: join(root, 'etc', 'config.toml') });
const places = (extraRoots: string[] = []) => ({
  home,
  userHome: join(root, 'user'),
  adminDirectory: join(root, 'etc', 'skills'),
  extraRoots,
});
const skills = async (cwd = work, extraRoots: string[] = []) => {
  const loaded = await configuration().load({ cwd });
  return listSkills(cwd, loaded.project, places(extraRoots), skillRules(loaded.config));
};

describe('skills', () => {
  test('come from the project, the user, the system and the administrator, in this order', async () => {
    await skill(join(work, '.codex', 'skills', 'b'), 'name: bravo\ndescription: in the project');
    await skill(join(work, '.agents', 'skills', 'a'), 'name: alpha\ndescription: |\n  two\n  lines');
    await skill(join(work, 'sub', '.codex', 'skills', 'c'), 'name: charlie\ndescription: nearer');
    await skill(join(home, 'skills', 'u'), 'name: user\ndescription: mine\nmetadata:\n  short-description: short');
    await skill(join(root, 'user', '.agents', 'skills', 'v'), 'description: named by its directory');
    await skill(join(home, 'skills', '.system', 's'), 'name: sys\ndescription: comes along');
    await skill(join(root, 'etc', 'skills', 'd'), 'name: adm\ndescription: of the machine');
    await skill(join(root, 'extra', 'e'), 'name: extra\ndescription: for this run');
    const { skills: found, errors } = await skills(join(work, 'sub'), [join(root, 'extra')]);
    expect(errors).toEqual([]);
    expect(found.map(({ name, scope }) => [name, scope])).toEqual([
      ['alpha', 'repo'],
      ['bravo', 'repo'],
      ['charlie', 'repo'],
      ['extra', 'user'],
      ['user', 'user'],
      ['v', 'user'],
      ['sys', 'system'],
      ['adm', 'admin'],
    ]);
    expect(found[0]).toEqual({
      name: 'alpha',
      description: 'two lines',
      path: join(work, '.agents', 'skills', 'a', 'SKILL.md'),
      scope: 'repo',
      enabled: true,
      pluginId: null,
    });
    expect(found.find(({ name }) => name === 'user')?.shortDescription).toBe('short');
    expect((await skills()).skills.map(({ name }) => name)).not.toContain('charlie');
  });

  test('broken ones are reported and cost nothing else', async () => {
    const base = join(work, '.codex', 'skills');
    await skill(join(base, 'long'), `name: ${'n'.repeat(65)}\ndescription: x`);
    await skill(join(base, 'nodesc'), 'name: nodesc');
    await write(join(base, 'none', 'SKILL.md'), 'no front matter');
    await skill(join(base, 'loose'), 'name: [x\ndescription: a: b');
    await skill(join(base, '.hidden', 'h'), 'name: hidden\ndescription: x');
    const found = await skills();
    expect(found.skills.map(({ name, description }) => [name, description])).toEqual([['[x', 'a: b']]);
    expect(found.errors).toEqual([
      { path: join(base, 'long', 'SKILL.md'), message: 'invalid name: exceeds maximum length of 64 characters' },
      { path: join(base, 'nodesc', 'SKILL.md'), message: 'missing field `description`' },
      { path: join(base, 'none', 'SKILL.md'), message: 'missing YAML frontmatter delimited by ---' },
    ]);
  });

  test('links are followed, once', async () => {
    await skill(join(root, 'elsewhere', 'x'), 'name: linked\ndescription: x');
    await mkdir(join(work, '.codex', 'skills'), { recursive: true });
    await symlink(join(root, 'elsewhere'), join(work, '.codex', 'skills', 'one'));
    await symlink(join(work, '.codex', 'skills'), join(root, 'elsewhere', 'loop'));
    expect((await skills()).skills.map(({ name }) => name)).toEqual(['linked']);
  });

  test('show how a client presents them and what they need', async () => {
    const directory = join(work, '.codex', 'skills', 'x');
    await skill(directory, 'name: x\ndescription: y');
    await write(
      join(directory, 'agents', 'openai.yaml'),
      'interface:\n  display_name: "X"\n  icon_small: ./assets/a.svg\n  icon_large: ../../../outside.png\n  brand_color: "#12aBcd"\ndependencies:\n  tools:\n    - type: mcp\n      value: server\n    - broken\n',
    );
    expect((await skills()).skills[0]).toMatchObject({
      interface: {
        displayName: 'X',
        shortDescription: null,
        iconSmall: join(directory, 'assets', 'a.svg'),
        iconLarge: null,
        brandColor: '#12aBcd',
        defaultPrompt: null,
      },
      dependencies: { tools: [{ type: 'mcp', value: 'server' }] },
    });
  });

  test('are switched by name or by path, in the user file', async () => {
    await skill(join(home, 'skills', 'one'), 'name: one\ndescription: x');
    await skill(join(home, 'skills', 'two'), 'name: two\ndescription: x');
    const path = join(home, 'skills', 'two', 'SKILL.md');
    const enabled = async () => Object.fromEntries((await skills()).skills.map((entry) => [entry.name, entry.enabled]));
    const change = (more: { path?: string; name?: string }, on: boolean) =>
      switchSkill(configuration(), { path: more.path, name: more.name, enabled: on });
    expect(await change({ name: 'one' }, false)).toEqual({ effectiveEnabled: false });
    await change({ path }, false);
    expect(await enabled()).toEqual({ one: false, two: false });
    await change({ path }, true);
    expect(await enabled()).toEqual({ one: false, two: true });
    await change({ name: 'one' }, true);
    expect(await enabled()).toEqual({ one: true, two: true });
    for (const wrong of [{}, { name: 'a', path: '/b' }])
      await expect(change(wrong, true)).rejects.toMatchObject({
        kind: 'invalidParams',
        message: 'skills/config/write requires exactly one of path or name',
      });
  });

  test('are outlined with short paths, within a budget, and found by their mention', async () => {
    for (const name of ['one', 'two', 'three']) await skill(join(home, 'skills', name), `name: ${name}\ndescription: about ${name}`);
    await skill(join(work, '.codex', 'skills', 'other'), 'name: two\ndescription: another two');
    const { skills: found } = await skills();
    expect(outlineSkills(found, 10_000)).toEqual({
      roots: [
        { alias: 'r0', path: join(work, '.codex', 'skills') },
        { alias: 'r1', path: join(home, 'skills') },
      ],
      entries: [
        { name: 'two', description: 'another two', shortPath: 'r0/other/SKILL.md' },
        { name: 'one', description: 'about one', shortPath: 'r1/one/SKILL.md' },
        { name: 'three', description: 'about three', shortPath: 'r1/three/SKILL.md' },
        { name: 'two', description: 'about two', shortPath: 'r1/two/SKILL.md' },
      ],
      omitted: 0,
    });
    expect(outlineSkills(found, 0)).toEqual({ roots: [], entries: [], omitted: 4 });
    expect(mentionedSkills('please $one, not $two or $threefold', found).map(({ name }) => name)).toEqual(['one']);
  });
});

describe('hooks', () => {
  const user = (text: string) => write(join(home, 'config.toml'), text);
  const list = async () => listHooks(work, await configuration().load());

  test('have keys, hashes and an order; both kinds of file count', async () => {
    const file = join(home, 'config.toml');
    await user(`
[[hooks.PreToolUse]]
matcher = "Bash"
hooks = [{ type = "command", command = "true", timeout = 5, statusMessage = "sm" }]
[[hooks.UserPromptSubmit]]
matcher = "zz"
hooks = [{ type = "command", command = "ups", commandWindows = "w" }]
[[hooks.PermissionRequest]]
matcher = "*"
hooks = [{ type = "mcp_tool", server = "s", tool = "t" }]
[[hooks.PreToolUse]]
hooks = [{ type = "command", command = "a", additionalContextLimit = 7 }]
`);
    await write(
      join(home, 'hooks.json'),
      JSON.stringify({ hooks: { PostToolUse: [{ matcher: 'apply_patch', hooks: [{ type: 'command', command: 'json', timeout: 0 }] }] } }),
    );
    const { hooks, warnings, errors } = await list();
    expect(
      hooks.map(({ key, eventName, currentHash, displayOrder }) => [key.replace(home, '~'), eventName, currentHash, displayOrder]),
    ).toEqual([
      ['~/hooks.json:post_tool_use:0:0', 'postToolUse', 'sha256:ed308e25fc928fcd2f16cea0e6efa13188149fcff5ffef4b29d3e98c90d57ba6', 0],
      ['~/config.toml:pre_tool_use:0:0', 'preToolUse', 'sha256:fb31da6c176d2c2fa21f13d68435d47eef64d4c7d733488e276853d8df91e67b', 1],
      ['~/config.toml:pre_tool_use:1:0', 'preToolUse', 'sha256:a5fb56337a6e6fdf13234a662b8a974f6b3c7e4ed89fa5bda06fcd14b1f3caaa', 2],
      [
        '~/config.toml:permission_request:0:0',
        'permissionRequest',
        'sha256:1bc72effbca2a99ae50e4ded40bee8938ca6b5ec9ed701bbfc28b06db601d665',
        3,
      ],
      [
        '~/config.toml:user_prompt_submit:0:0',
        'userPromptSubmit',
        'sha256:132d123ef00a4c9bd960f3d1f17f4f5ea7f130a2059240d444d9b3803bb76aa1',
        4,
      ],
    ]);
    expect(hooks[1]).toEqual({
      key: `${file}:pre_tool_use:0:0`,
      eventName: 'preToolUse',
      handlerType: 'command',
      command: 'true',
      async: false,
      matcher: 'Bash',
      timeoutSec: 5,
      statusMessage: 'sm',
      additionalContextLimit: null,
      sourcePath: file,
      source: 'user',
      pluginId: null,
      environmentId: null,
      displayOrder: 1,
      enabled: true,
      isManaged: false,
      currentHash: 'sha256:fb31da6c176d2c2fa21f13d68435d47eef64d4c7d733488e276853d8df91e67b',
      trustStatus: 'untrusted',
    });
    expect(warnings).toEqual([
      `loading hooks from both ${join(home, 'hooks.json')} and ${file}; prefer a single representation for this layer`,
    ]);
    expect(errors).toEqual([]);
  });

  test('trust follows the hash the user agreed to', async () => {
    const text = '[[hooks.Stop]]\nhooks = [{ type = "command", command = "b" }]\n';
    await user(text);
    const [hook] = (await list()).hooks;
    const state = (hash: string, more = '') => `${text}[hooks.state."${hook?.key}"]\ntrusted_hash = "${hash}"\n${more}`;
    await user(state(hook?.currentHash ?? ''));
    expect((await list()).hooks[0]).toMatchObject({ trustStatus: 'trusted', enabled: true });
    await user(state('sha256:old', 'enabled = false\n'));
    expect((await list()).hooks[0]).toMatchObject({ trustStatus: 'modified', enabled: false });
  });

  test('what cannot be used is said', async () => {
    await user(
      '[[hooks.SessionStart]]\nmatcher = "("\nhooks = [{ type = "command", command = "c" }]\n[[hooks.Stop]]\nhooks = [{ type = "prompt" }, { type = "agent" }, { type = "command", command = "ok", additionalContextLimit = 3 }]\n',
    );
    await write(join(home, 'hooks.json'), '{');
    const file = join(home, 'config.toml');
    const { hooks, warnings } = await list();
    expect(hooks.map(({ eventName }) => eventName)).toEqual(['stop']);
    expect(warnings).toEqual([
      expect.stringContaining(`failed to parse hooks config ${join(home, 'hooks.json')}: `),
      `invalid matcher "(" in ${file}: it is no regular expression`,
      `skipping prompt hook in ${file}: prompt hooks are not supported yet`,
      `skipping agent hook in ${file}: agent hooks are not supported yet`,
      `ignoring additionalContextLimit for Stop hook in ${file}: this event cannot emit additionalContext`,
    ]);
    await user('[[hooks.Stop]]\nhooks = [{ type = "nosuch" }]\n');
    await expect(configuration().load()).rejects.toThrow(
      'unknown variant `nosuch`, expected one of `command`, `mcp_tool`, `prompt`, `agent`',
    );
    await user('[[hooks.Stop]]\nhooks = [{ type = "command" }]\n');
    await expect(configuration().load()).rejects.toThrow('missing field `command`');
  });

  test('of a project count once it is trusted', async () => {
    await write(
      join(work, '.codex', 'hooks.json'),
      JSON.stringify({ hooks: { PreToolUse: [{ hooks: [{ type: 'command', command: 'proj' }] }] } }),
    );
    expect((await list()).hooks).toEqual([]);
    await user(`[projects."${work}"]\ntrust_level = "trusted"\n`);
    expect((await list()).hooks).toMatchObject([
      { source: 'project', command: 'proj', currentHash: 'sha256:26146c8ea75a5586021ce7a458bd539bb3369ba8d3742c0a23d4a93d9369f5ae' },
    ]);
  });
});
