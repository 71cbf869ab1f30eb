import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { createConfiguration } from '../../src/config/configuration.ts';
import { appendRule, readRuleTexts, ruleDirectories } from '../../src/config/rule-files.ts';
import { ruleLine } from '../../src/policy/prefix-rules.ts';
import { parseRuleFile } from '../../src/policy/rule-file.ts';
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
