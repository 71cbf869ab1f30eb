/**
 * When the last process of a sandbox has ended. Its command may have left others behind, which the kernel ends soon after it;
 * until then what guards the disk against them has to stay.
 */
import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { delay } from '../../base/abort.ts';
import { mountinfoName } from './mount-check.ts';

/** A file without a name; Node does not export the flag. */
const temporaryFile = 0o20000000 | constants.O_DIRECTORY;
const waitMs = 10_000;
const textOf = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
};

/** A file for bubblewrap's `--info-fd`, to which it writes the number of the process that all others of the sandbox descend from. */
export class SandboxInfo {
  readonly #fd = openSync('/dev/shm', constants.O_RDWR | temporaryFile, 0o600);

  /** Opens it once more, for the child. */
  open(): number {
    return openSync(`/proc/self/fd/${this.#fd}`, 'r+');
  }

  /** Resolves when nothing but bubblewrap itself can be left; at once when nothing ever ran. Rejects when that takes too long. */
  async lastEnded(): Promise<void> {
    const init = this.#init();
    if (init === undefined) return;
    for (const deadline = Date.now() + waitMs; hasCompany(init); ) {
      if (Date.now() > deadline) throw new Error('processes of a sandbox do not end');
      await delay(1);
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  #init(): number | undefined {
    const bytes = Buffer.alloc(fstatSync(this.#fd).size);
    readSync(this.#fd, bytes, 0, bytes.length, 0);
    const pid = /"child-pid":\s*(\d+)/.exec(bytes.toString('latin1'))?.[1];
    return pid === undefined ? undefined : Number(pid);
  }
}

/** True while the first process of a namespace has children. Orphans become its children, so there is no other place for one. */
function hasCompany(pid: number): boolean {
  if (textOf(`/proc/${pid}/task/${pid}/children`) === '') return false;
  // None it has, it has ended, or its number was given to somebody else; and not every kernel lists children.
  const status = textOf(`/proc/${pid}/status`) ?? '';
  return /^NSpid:.*\t1$/m.test(status) && !/^State:\tZ/m.test(status);
}

/** Those of `paths` that are mount points for a process of this user, whoever started it. For rare use: it looks at all of them. */
export function mountedSomewhere(paths: readonly string[]): Set<string> {
  const found = new Set<string>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const points = new Set(
      textOf(`/proc/${pid}/mountinfo`)
        ?.split('\n')
        .map((line) => line.split(' ')[4]),
    );
    for (const path of paths) if (points.has(Buffer.from(mountinfoName(path)).toString('latin1'))) found.add(path);
  }
  return found;
}
