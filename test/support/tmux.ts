/** A terminal program in tmux, driven as a person would: type, look at the screen, wait for words to appear. */
import { execa } from 'execa';

export interface Terminal extends AsyncDisposable {
  type(text: string): Promise<void>;
  key(name: string): Promise<void>;
  /**
   * Types a line and presses Enter until the screen shows `then` (or the program has `ended`). Programs that watch for pasted
   * text take an Enter that comes too fast for a line break, so it may be needed again.
   */
  submit(line: string, then: RegExp | 'ended'): Promise<void>;
  screen(): Promise<string>;
  /** Resolves with the screen once it shows `text`; rejects with the last screen after `timeoutMs`. */
  waitFor(text: string | RegExp, timeoutMs?: number): Promise<string>;
  /** Resolves when the program in the terminal has ended. */
  ended(timeoutMs?: number): Promise<void>;
}

export const hasTmux = async (): Promise<boolean> => (await execa('tmux', ['-V'], { reject: false })).exitCode === 0;

/** Starts `argv` in a terminal of 120 by 40. Disposing ends the program and its tmux server. */
export async function startTerminal(argv: readonly string[], options: { cwd: string; env: Record<string, string> }): Promise<Terminal> {
  const socket = `switchyard-${process.pid}-${Date.now()}`;
  const tmux = (...args: string[]) => execa('tmux', ['-L', socket, ...args], { reject: false, env: options.env });
  const variables = Object.entries(options.env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  const started = await tmux('-f', '/dev/null', 'new-session', '-d', '-x', '120', '-y', '40', '-c', options.cwd, ...variables, ...argv);
  if (started.exitCode !== 0) throw new Error(`tmux: ${started.stderr}`);
  const screen = async () => (await tmux('capture-pane', '-p')).stdout;
  const poll = async (what: string, timeoutMs: number, check: () => Promise<boolean>): Promise<void> => {
    const deadline = Date.now() + timeoutMs;
    while (!(await check())) {
      if (Date.now() > deadline) throw new Error(`terminal: waited ${timeoutMs} ms for ${what}; the screen shows:\n${await screen()}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  const isOver = async () => (await tmux('has-session')).exitCode !== 0;
  return {
    submit: async (line, then) => {
      await tmux('send-keys', '-l', line);
      await poll('the typed line', 5000, async () => (await screen()).includes(line));
      let pressed = 0;
      await poll(String(then), 15_000, async () => {
        if (then === 'ended' ? await isOver() : then.test(await screen())) return true;
        if (Date.now() - pressed > 1500) {
          pressed = Date.now();
          await tmux('send-keys', 'Enter');
        }
        return false;
      });
    },
    type: async (text) => void (await tmux('send-keys', '-l', text)),
    key: async (name) => void (await tmux('send-keys', name)),
    screen,
    waitFor: async (text, timeoutMs = 15_000) => {
      let last = '';
      await poll(String(text), timeoutMs, async () => {
        last = await screen();
        return typeof text === 'string' ? last.includes(text) : text.test(last);
      });
      return last;
    },
    ended: (timeoutMs = 10_000) => poll('the program to end', timeoutMs, isOver),
    [Symbol.asyncDispose]: async () => void (await tmux('kill-server')),
  };
}
