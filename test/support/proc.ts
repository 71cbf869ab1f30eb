/** What /proc says of processes: for tests that count what is left. Linux only. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** `Z` is a zombie. */
  readonly state: string;
  readonly command: string;
}

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // it ended while we looked
  }
};

export function processes(): ProcessEntry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = read(`/proc/${name}/stat`);
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (state === undefined || state === '') return [];
      return [{ pid: Number(name), parent: Number(parent), state, command: read(`/proc/${name}/cmdline`).replaceAll('\0', ' ').trim() }];
    });
}

/** Live processes whose command line holds `mark`. */
export const withMark = (mark: string): ProcessEntry[] =>
  processes().filter(({ command, state }) => state !== 'Z' && command.includes(mark));

export const childrenOf = (pid: number): ProcessEntry[] => processes().filter(({ parent }) => parent === pid);

/** What each open descriptor of a process points to. */
export function descriptorsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return []; // closed while we looked
    }
  });
}

/** Resolves once `check` holds; rejects with what it last gave after `timeoutMs`. */
export async function eventually<T>(what: string, look: () => T, check: (seen: T) => boolean, timeoutMs = 5000): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const seen = look();
    if (check(seen)) return seen;
    if (Date.now() > deadline) throw new Error(`${what}: after ${timeoutMs} ms still ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
