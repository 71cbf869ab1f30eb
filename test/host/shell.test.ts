/** Which shell, and how a command line is handed to it. */
import { chmod } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { detectShell, shellArgv, shellNameOf } from '../../src/host/shell.ts';
import { tempWorkspace } from '../support/workspace.ts';

test.each([
  ['/bin/zsh', 'zsh'],
  ['/usr/local/bin/bash', 'bash'],
  ['/bin/dash', 'sh'],
  ['/usr/bin/fish', undefined],
  ['C:\\Program Files\\PowerShell\\7\\pwsh.exe', 'powershell'],
  ['C:\\Windows\\System32\\cmd.exe', 'cmd'],
])('%s is %s', (path, name) => {
  expect(shellNameOf(path)).toBe(name);
});

test.each([
  ['bash', true, ['-lc', 'x y']],
  ['zsh', false, ['-c', 'x y']],
  ['powershell', true, ['-Command', 'x y']],
  ['powershell', false, ['-NoProfile', '-Command', 'x y']],
  ['cmd', true, ['/c', 'x y']],
] as const)('%s, login %s', (name, login, rest) => {
  expect(shellArgv({ name, path: '/p' }, 'x y', { login })).toEqual(['/p', ...rest]);
});

test.runIf(process.platform !== 'win32')('$SHELL is taken when it is a shell we can talk to and can be run', async () => {
  await using workspace = await tempWorkspace({ 'bin/zsh': '#!/bin/sh\n', 'bin/fish': '#!/bin/sh\n' });
  const zsh = workspace.path('bin', 'zsh');
  const fallback = await detectShell({});
  expect(fallback.path).toMatch(/^\/.*sh$/);
  expect(await detectShell({ SHELL: zsh })).toEqual(fallback);
  await chmod(zsh, 0o755);
  await chmod(workspace.path('bin', 'fish'), 0o755);
  expect(await detectShell({ SHELL: zsh })).toEqual({ name: 'zsh', path: zsh });
  expect(await detectShell({ SHELL: workspace.path('bin', 'fish') })).toEqual(fallback);
  expect(await detectShell({ SHELL: 'bash' })).toEqual(fallback);
});
