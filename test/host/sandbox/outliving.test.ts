/** What a command left behind is dead before the sandbox that confined it is taken down. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createPlaceholders } from '../../../src/host/sandbox/placeholders.ts';
import { python, Stage, starters, workspaceWrite } from './starters.ts';

describe.each(starters)('$name', (starter) => {
  const stage = new Stage(starter);

  test('P-18, P-40: processes in the background cannot use the moment in which a placeholder is taken away', async () => {
    const left = python(`
for _ in range(8):
  if os.fork() == 0:
    os.setsid()
    for fd in range(3): os.close(fd)
    while True:
      for name in ('.git', '.codex'):
        try:
          os.mkdir(os.environ['WS'] + '/' + name)
          os.mkdir(os.environ['WS'] + '/' + name + '/hooks')
        except OSError: pass
`);
    for (let round = 0; round < 6; round += 1) {
      await stage.run(workspaceWrite(), left);
      expect(
        ['.git', '.codex'].filter((name) => existsSync(`${stage.ws}/${name}`)),
        `round ${round}`,
      ).toEqual([]);
    }
  }, 60_000);

  test('P-40: what a killed server left stays while a sandbox still stands on it, and goes after that', async () => {
    const register = join(stage.base, 'register');
    const [guard, note] = [join(stage.ws, '.git'), join(register, '4999999')];
    const other = createPlaceholders({ directory: register });
    const nextRun = async () => (await other.hold([join(stage.ws, 'other')]))();
    const running = await stage.start(workspaceWrite(), 'echo up; sleep 60');
    await new Promise<void>((resolve) => running.onOutput(() => resolve()));
    mkdirSync(register, { recursive: true });
    writeFileSync(note, `1\n${guard}\n`);
    await nextRun();
    expect([existsSync(guard), existsSync(note)]).toEqual([true, true]);
    await running.terminate();
    await running.closed;
    await nextRun();
    expect([existsSync(guard), existsSync(note)]).toEqual([false, false]);
  });
});
