/** The search program is found where it was installed, without asking its package. */
import { rgPath } from '@vscode/ripgrep';
import { expect, test } from 'vitest';
import { ripgrepPath } from '../../src/host/ripgrep.ts';

test('the program is the one its package names', async () => {
  expect(await ripgrepPath()).toBe(rgPath);
});
