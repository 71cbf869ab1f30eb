/** What the system says about its processes: parents, groups, sessions, and who holds a stream open. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { runTool } from './spawn.ts';

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Ended, and waiting for its parent to ask how. */
  readonly isZombie: boolean;
  /** Tells two processes apart that had the same pid; empty where the system does not say. */
  readonly startMark: string;
}

/** Processes looked at before other work gets a turn. */
const batch = 256;

const numericNames = (): number[] =>
  readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0);

/** The entry of one process, or undefined when it is gone. Linux only. */
export function readProcessEntry(pid: number): ProcessEntry | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined; // it ended meanwhile
  }
  // The name in parentheses may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    pid,
    parent: Number(fields[1]),
    group: Number(fields[2]),
    session: Number(fields[3]),
    isZombie: fields[0] === 'Z' || fields[0] === 'X',
    startMark: fields[19] ?? '',
  };
}

async function listLinux(): Promise<ProcessEntry[]> {
  const entries: ProcessEntry[] = [];
  let looked = 0;
  for (const pid of numericNames()) {
    const entry = readProcessEntry(pid);
    if (entry) entries.push(entry);
    looked += 1;
    if (looked % batch === 0) await nextTurn();
  }
  return entries;
}

/** `ps` where there is no /proc. An empty list when it cannot be run. */
async function listWithPs(): Promise<ProcessEntry[]> {
  const args = ['-axo', 'pid=,ppid=,pgid=,sess=,stat='];
  const listed = await runTool({ file: '/bin/ps', args, cwd: '/', env: {}, timeoutMs: 5000 }).catch(() => undefined);
  return (listed?.stdout.toString('latin1') ?? '').split('\n').flatMap((line): ProcessEntry[] => {
    const [pid, parent, group, session, state] = line.trim().split(/\s+/);
    if (!pid || !state) return [];
    const isZombie = state.startsWith('Z');
    return [{ pid: Number(pid), parent: Number(parent), group: Number(group), session: Number(session), isZombie, startMark: '' }];
  });
}

/** All processes of the machine that we may see. */
export const listProcesses = (): Promise<ProcessEntry[]> => (process.platform === 'linux' ? listLinux() : listWithPs());

/**
 * Processes, other than this one, that have a file open whose link in /proc reads like one of `links`. Linux only; empty
 * elsewhere. Processes of other users are not seen.
 */
export async function holdersOf(links: ReadonlySet<string>): Promise<number[]> {
  if (process.platform !== 'linux' || links.size === 0) return [];
  const holders: number[] = [];
  let looked = 0;
  for (const pid of numericNames()) {
    if (pid !== process.pid && openLinks(pid).some((link) => links.has(link))) holders.push(pid);
    looked += 1;
    if (looked % 32 === 0) await nextTurn();
  }
  return holders;
}

function openLinks(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
      } catch {
        return []; // closed meanwhile
      }
    });
  } catch {
    return []; // ended meanwhile, or not ours to look at
  }
}

/** Processes, other than this one, that were started with one of `entries` (`NAME=value`) among their variables. Linux only. */
export async function startedWith(entries: ReadonlySet<string>): Promise<number[]> {
  if (process.platform !== 'linux' || entries.size === 0) return [];
  const found: number[] = [];
  let looked = 0;
  for (const pid of numericNames()) {
    if (pid !== process.pid && initialVariables(pid).some((entry) => entries.has(entry))) found.push(pid);
    looked += 1;
    if (looked % 64 === 0) await nextTurn();
  }
  return found;
}

function initialVariables(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
  } catch {
    return []; // ended meanwhile, or not ours to look at
  }
}
