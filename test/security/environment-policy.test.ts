/** `shell_environment_policy` over the wire (E-01 to E-06): what a command of the model finds in its variables, here and on an exec-server. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../support/scripted-model.ts';
import { openStage, places, type Stage } from './stage.ts';

/** What the server (and the exec-server) was started with, besides PATH and the homes. */
const host = {
  USER: 'me',
  EDITOR: 'vi',
  MONKEY: 'named like a key',
  my_secret_x: 's',
  GITHUB_TOKEN: 't',
  OPENAI_API_KEY: 'our own',
  CODEX_API_KEY: 'our own',
  CODEX_ACCESS_TOKEN: 'our own',
  PROVIDER_PASS: 'our own',
  SERVER_PASS: 'our own',
  SERVER_HEADER: 'our own',
};
const config = `
[model_providers.other]
name = "other"
base_url = "http://127.0.0.1:1"
env_key = "PROVIDER_PASS"
[mcp_servers.off]
enabled = false
url = "http://127.0.0.1:1"
bearer_token_env_var = "SERVER_PASS"
env_http_headers = { X-Who = "SERVER_HEADER" }
`;
const { USER, EDITOR, MONKEY, my_secret_x, GITHUB_TOKEN } = host;
const everything = { inherit: 'all', ignore_default_excludes: true };

const table: readonly (readonly [string, Readonly<Record<string, unknown>>, Readonly<Record<string, string>>])[] = [
  ['nothing configured: core variables', {}, { USER }],
  ['inherit all: the rest too, but nothing named like a secret', { inherit: 'all' }, { USER, EDITOR }],
  ['inherit none', { inherit: 'none' }, {}],
  ['inherit core knows no secrets to begin with', { inherit: 'core', ignore_default_excludes: true }, { USER }],
  ['everything: still none of our own credentials', everything, { USER, EDITOR, MONKEY, my_secret_x, GITHUB_TOKEN }],
  ['exclude: globs without regard to case', { ...everything, exclude: ['ed*', 'M?NKEY', '*_X'] }, { USER, GITHUB_TOKEN }],
  [
    'set comes after both excludes',
    { exclude: ['EDITOR'], set: { EDITOR: 'ed', MY_KEY: 'chosen' } },
    { USER, EDITOR: 'ed', MY_KEY: 'chosen' },
  ],
  ['include_only keeps what matches', { ...everything, include_only: ['e*', '*TOKEN'] }, { EDITOR, GITHUB_TOKEN }],
  ['include_only filters set too', { set: { EXTRA: 'x', OTHER: 'y' }, include_only: ['EX*'] }, { EXTRA: 'x' }],
  ['include_only brings nothing back', { ...everything, include_only: ['*API_KEY', '*PASS', 'SERVER*'] }, {}],
  ['only the user himself hands a key on', { set: { OPENAI_API_KEY: 'for commands' } }, { USER, OPENAI_API_KEY: 'for commands' }],
];

/** As the shell was given it: its start files may add variables of this machine. */
const environment = run("tr '\\0' '\\n' </proc/$$/environ");

/** What every command has, from us or from its shell (U-13). */
const always =
  /^(?:PATH|HOME|SHELL|TMPDIR|PWD|OLDPWD|SHLVL|_|NO_COLOR|TERM|LANG|LC_CTYPE|LC_ALL|COLORTERM|PAGER|GIT_PAGER|GH_PAGER|CODEX_(?:HOME|CI|THREAD_ID|SESSION_ID|TOOL_CALL_ID|VERSION|SANDBOX_NETWORK_DISABLED|APPLY_PATCH_PRESERVE_LINE_ENDINGS)|SWITCHYARD_TEST_RUN)$/;

const variablesIn = (output: string): Record<string, string> =>
  Object.fromEntries([...output.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]));

describe.each(places)('$place', ({ place }) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({ place, config, env: host });
  });
  afterAll(() => stage?.[Symbol.asyncDispose]());

  test.each(table)('E-01 to E-04: %s', async (_what, shell_environment_policy, expected) => {
    const thread = await stage.thread('workspace-write', { config: { shell_environment_policy } });
    const [output = ''] = await stage.play(thread, environment);
    const variables = variablesIn(output);
    expect(variables.CODEX_THREAD_ID, 'E-01: added last, whatever include_only says').toBe(thread);
    expect(Object.fromEntries(Object.entries(variables).filter(([name]) => !always.test(name)))).toEqual(expected);
    expect(output).not.toContain('our own');
  });

  test('E-05: what every command gets lies above the policy', async () => {
    const shell_environment_policy = { set: { PAGER: 'less', CODEX_SANDBOX_NETWORK_DISABLED: '0', CODEX_THREAD_ID: 'forged' } };
    const thread = await stage.thread('workspace-write', { config: { shell_environment_policy } });
    const [output = ''] = await stage.play(thread, environment);
    expect(variablesIn(output)).toMatchObject({ PAGER: 'cat', CODEX_SANDBOX_NETWORK_DISABLED: '1', CODEX_THREAD_ID: thread });
  });
});

test('the same policy for command/exec, process/spawn and commands of the user', async () => {
  const policy = '[shell_environment_policy]\ninherit = "all"\nignore_default_excludes = true\n';
  await using stage = await openStage({ config: `${policy}${config}`, env: host });
  const { client, work } = stage;
  const kept = { USER, EDITOR, MONKEY, my_secret_x, GITHUB_TOKEN };
  const seen: string[] = [];
  const changed = await client.request('command/exec', { command: ['env'], cwd: work, env: { EDITOR: 'ed', GITHUB_TOKEN: null } });
  seen.push(changed.stdout);
  expect(variablesIn(changed.stdout)).toMatchObject({ USER, EDITOR: 'ed', MONKEY, my_secret_x });
  expect(variablesIn(changed.stdout)).not.toHaveProperty('GITHUB_TOKEN');
  const exited = client.next('process/exited');
  await client.request('process/spawn', { command: ['env'], processHandle: 'env', cwd: work });
  seen.push((await exited).stdout);
  const ran = client.next('item/completed', { matches: ({ item }) => item.type === 'commandExecution' });
  const ended = client.next('turn/completed');
  await client.request('thread/shellCommand', { threadId: await stage.thread('read-only'), command: 'env' });
  const { item } = await ran;
  seen.push(item.type === 'commandExecution' ? (item.aggregatedOutput ?? '') : '');
  await ended;
  for (const output of seen.slice(1)) expect(variablesIn(output)).toMatchObject(kept);
  for (const output of seen) expect(output).not.toContain('our own');
});
