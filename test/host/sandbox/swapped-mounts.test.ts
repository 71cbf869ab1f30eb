/** A command in the background exchanges a directory for a link while the mounts of the next command are made. */
import { existsSync } from 'node:fs';
import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { entry, python, Stage, starters, workspaceWrite } from './starters.ts';

describe.each(starters)('$name', (starter) => {
  const stage = new Stage(starter);

  test('own rule: what is mounted is what was planned, or the command does not start', async () => {
    const outside = await realpath(stage.base);
    await mkdir(join(outside, 'outside'), { recursive: true });
    const profile = workspaceWrite(entry({ type: 'glob_pattern', pattern: join(stage.ws, '**/*.env') }, 'deny'));
    const swapping = await stage.start(
      profile,
      python(`
import time
os.mkdir('d')
open('d/x.env', 'w').close()
os.symlink('${outside}/outside', 'l')
libc = ctypes.CDLL(None)
print('up', flush=True)
end = time.time() + 60
while time.time() < end:
  for _ in range(1000): libc.renameat2(-100, b'd', -100, b'l', 2)
`),
    );
    await new Promise<void>((resolve) => swapping.onOutput(() => resolve()));
    const tries = { ran: 0, refused: 0 };
    for (let round = 0; round < 60; round += 1) {
      // A link in the wrong place is refused when it is seen in time.
      const attempt = stage.run(profile, `touch d/planted ${outside}/outside/planted 2>/dev/null; echo ran`);
      const { output } = await attempt.catch(() => ({ output: 'refused' }));
      if (output.includes('ran')) tries.ran += 1;
      else tries.refused += 1;
      expect(existsSync(join(outside, 'outside/planted')), `${JSON.stringify(tries)} ${output}`).toBe(false);
    }
    await swapping.terminate();
    await swapping.closed;
    const { output } = await stage.run(profile, 'rm -rf d l; mkdir d; touch d/x.env; echo ran');
    expect(output).toContain('ran');
  }, 60_000);
});
