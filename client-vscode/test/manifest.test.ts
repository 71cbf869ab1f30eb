/** What the extension promises by its manifest and by what its sources import. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';

const home = resolve('client-vscode');
const manifest = z
  .object({
    main: z.string(),
    activationEvents: z.array(z.string()),
    extensionKind: z.array(z.string()),
    capabilities: z.object({ untrustedWorkspaces: z.object({ supported: z.unknown() }) }),
    contributes: z.object({
      commands: z.array(z.object({ command: z.string() })),
      keybindings: z.array(z.object({ command: z.string() })),
      menus: z.record(z.string(), z.array(z.object({ command: z.string() }))),
      configuration: z.object({ properties: z.record(z.string(), z.object({ scope: z.string() })) }),
    }),
  })
  .parse(JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')));
const { contributes } = manifest;

const sources = readdirSync(join(home, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, text: readFileSync(join(home, 'src', name), 'utf8') }));
const importsOf = (text: string) =>
  [...text.matchAll(/(?:\bfrom|\bimport|\brequire\(|\bimport\()\s*'([^']+)'/g)].map(([, name = '']) => name);

describe('the manifest', () => {
  test('wakes the extension for no wildcard', () => {
    expect(manifest.activationEvents.filter((event) => event.includes('*') || event.startsWith('workspaceContains'))).toEqual([]);
  });

  test('is limited in workspaces that are not trusted, and runs where the workspace is', () => {
    expect(manifest.capabilities.untrustedWorkspaces.supported).toBe('limited');
    expect(manifest.extensionKind).toEqual(['workspace']);
  });

  test('lets no workspace choose the program, its arguments, or what it may do', () => {
    const { properties } = contributes.configuration;
    const machine = ['serverPath', 'serverArguments', 'codexHome', 'config', 'approvalMode', 'sandbox', 'environments'];
    expect(machine.map((name) => [name, properties[`switchyard.${name}`]?.scope])).toEqual(machine.map((name) => [name, 'machine']));
    const overridable = Object.entries(properties).filter(([, { scope }]) => scope !== 'machine');
    expect(overridable.map(([name]) => name)).toEqual(['switchyard.model']);
  });

  test('menus and keys name commands that exist', () => {
    const known = new Set(contributes.commands.map(({ command }) => command));
    const named = [...contributes.keybindings, ...Object.values(contributes.menus).flat()].map(({ command }) => command);
    expect(named.filter((command) => !known.has(command))).toEqual([]);
    const registered = sources.map(({ text }) => text).join('\n');
    const short = (command: string) => command.replace('switchyard.', '');
    expect([...known].filter((command) => !registered.includes(short(command)))).toEqual([]);
  });
});

describe('the sources', () => {
  test('know the server through the public client library alone', () => {
    // Two small libraries besides: line differences, and Markdown in the view.
    const allowed = /^(\.{1,2}\/.+|node:.+|vscode|switchyard\/client|diff|markdown-it)$/;
    const leaves = (name: string, from: string) =>
      from.startsWith('.') && !join(home, 'src', name, '..', from).startsWith(join(home, 'src'));
    const foreign = sources.flatMap(({ name, text }) =>
      importsOf(text)
        .filter((from) => !allowed.test(from) || leaves(name, from))
        .map((from) => `${name}: ${from}`),
    );
    expect(foreign).toEqual([]);
    expect(sources.some(({ text }) => importsOf(text).includes('switchyard/client'))).toBe(true);
  });

  test('watch no files', () => {
    expect(sources.filter(({ text }) => /createFileSystemWatcher|\bfs\.watch|from 'chokidar'/.test(text)).map(({ name }) => name)).toEqual(
      [],
    );
  });

  test('are short enough to read in an evening', () => {
    const long = sources.map(({ name, text }) => ({ name, lines: text.trimEnd().split('\n').length })).filter(({ lines }) => lines > 250);
    expect(long).toEqual([]);
  });
});
