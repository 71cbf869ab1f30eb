import { chmod, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { createConfiguration } from '../../src/config/configuration.ts';
import { appendRule, readRuleTexts, ruleDirectories } from '../../src/config/rule-files.ts';
import { ruleLine } from '../../src/policy/prefix-rules.ts';
import { parseRuleFile } from '../../src/policy/rule-file.ts';
import { startServer } from '../support/server.ts';
import { tempWorkspace } from '../support/workspace.ts';

test('rules beside the layers that count, lowest first and by name; those of an untrusted project do not', async () => {
  await using at = await tempWorkspace({
    'home/config.toml': '',
    'home/rules/b.rules': 'b',
    'home/rules/a.rules': 'a',
    'home/rules/readme.md': 'no',
    'ws/.git/HEAD': 'ref: refs/heads/main\n',
    'ws/.codex/rules/p.rules': 'p',
  });
  const texts = async (overrides: string[]) => {
    const configuration = createConfiguration({ home: at.path('home'), cwd: at.path('ws'), overrides, env: {} });
    const { layers } = await configuration.load();
    return (await readRuleTexts(ruleDirectories(layers))).map(({ text }) => text);
  };
  expect(await texts([])).toEqual(['a', 'b']);
  expect(await texts([`projects.${JSON.stringify(at.path('ws'))}.trust_level="trusted"`])).toEqual(['a', 'b', 'p']);
});

test('a rule is appended once, on a line of its own, also when many do it at once', async () => {
  await using at = await tempWorkspace({ 'home/rules/default.rules': '# mine' });
  const lines = ['one', 'two', 'three'].map((word) => ruleLine(['echo', word, '"quoted"\n']));
  await Promise.all([...lines, ...lines].map((line) => appendRule(at.path('home'), line)));
  const text = await readFile(at.path('home/rules/default.rules'), 'utf8');
  expect(text.startsWith('# mine\n')).toBe(true);
  expect(text.split('\n').sort()).toEqual(['', '# mine', ...lines].sort());
  expect(parseRuleFile(text, 'x').prefixRules).toHaveLength(3);
});

test('the directory is made when it is missing', async () => {
  await using at = await tempWorkspace();
  await appendRule(at.path('home'), ruleLine(['make', 'all']));
  expect(await at.read('home/rules/default.rules')).toBe('prefix_rule(pattern=["make", "all"], decision="allow")\n');
});

test('A-20: two programs that write and take back at once lose nothing, and whoever reads meanwhile sees whole lines', async () => {
  const mine = Array.from({ length: 200 }, (_, index) => `# kept ${index}`).join('\n');
  await using at = await tempWorkspace({ 'home/rules/default.rules': `${mine}\n` });
  await chmod(at.path('home/rules/default.rules'), 0o640);
  const entry = join(process.cwd(), 'src/config/rule-files.ts');
  const program = at.path('writer.cjs');
  await build({ entryPoints: [entry], outfile: program, bundle: true, platform: 'node', format: 'cjs' });
  const work = `(async () => {
    const { appendRule, removeRule } = require(process.argv[1]);
    const [, , home, name] = process.argv;
    for (let i = 0; i < 20; i += 1) {
      await appendRule(home, \`rule \${name} \${i}\`);
      if (i % 2) await removeRule(home, \`rule \${name} \${i}\`);
    }
  })()`;
  const writer = (name: string) => execa('node', ['-e', work, program, at.path('home'), name]);
  let running = true;
  const both = Promise.all([writer('a'), writer('b')]).finally(() => {
    running = false;
  });
  while (running) {
    const text = await at.read('home/rules/default.rules');
    expect(text.startsWith(`${mine}\n`)).toBe(true);
    expect(text.split('\n').filter((line) => !/^(?:# kept \d+|rule [ab] \d+|)$/.test(line))).toEqual([]);
  }
  await both;
  const lines = (await at.read('home/rules/default.rules')).split('\n').filter((line) => line.startsWith('rule'));
  const even = Array.from({ length: 10 }, (_, index) => index * 2);
  expect(lines.sort()).toEqual(['a', 'b'].flatMap((name) => even.map((index) => `rule ${name} ${index}`)).sort());
  expect((await stat(at.path('home/rules/default.rules'))).mode & 0o777).toBe(0o640);
  expect(await readdir(at.path('home/rules'))).toEqual(['default.rules']);
});

test('A-23: rules that older versions saved and that allow everything go once; every other line stays', async () => {
  const unwanted = [
    'prefix_rule(pattern=["bash", "-lc"], decision="allow")',
    'prefix_rule(pattern=["git"], decision="allow")',
    'prefix_rule(pattern=["npm","run"], decision="allow")',
    'prefix_rule(pattern=["/bin/bash"], decision="allow")',
  ];
  const kept = [
    '# mine',
    'prefix_rule(pattern=["git", "status"], decision="allow")',
    'prefix_rule(pattern=["python3"], decision="prompt")',
    'prefix_rule(pattern = ["node"], decision="allow")',
    'prefix_rule(pattern=["rm"])',
    'prefix_rule(pattern=["sudo"], decision="allow", justification="mine")',
    '',
  ];
  const [first, ...rest] = kept;
  const text = [first, ...unwanted, ...rest].join('\n');
  await using server = await startServer({ homeFiles: { 'rules/default.rules': text, 'rules/other.rules': text } });
  const client = await server.client();
  await client.thread();
  const rules = (name: string) => readFile(join(server.home, 'rules', name), 'utf8');
  expect(await rules('default.rules')).toBe(kept.join('\n'));
  expect(await rules('other.rules')).toBe(text);
  expect(await readFile(join(server.home, '.sandbox_migration'), 'utf8')).toBe('v1\n');
  await using later = await startServer({ homeFiles: { 'rules/default.rules': text, '.sandbox_migration': 'v1\n' } });
  await (await later.client()).thread();
  expect(await readFile(join(later.home, 'rules/default.rules'), 'utf8')).toBe(text);
});

test('a sandbox mode of a stronger layer replaces a default profile of a weaker one, and the other way round', async () => {
  await using at = await tempWorkspace({
    'home/config.toml': 'default_permissions = ":workspace"\nsandbox_mode = "danger-full-access"\n',
    'ws/x': '',
  });
  const sandbox = async (...overrides: string[]) => {
    const configuration = createConfiguration({ home: at.path('home'), cwd: at.path('ws'), overrides, env: {} });
    const { mode, defaultPermissions } = (await configuration.load()).settings.sandbox;
    return defaultPermissions ?? mode;
  };
  expect(await sandbox()).toBe(':workspace');
  expect(await sandbox('sandbox_mode="read-only"')).toBe('read-only');
  expect(await sandbox('default_permissions=":read-only"')).toBe(':read-only');
});
