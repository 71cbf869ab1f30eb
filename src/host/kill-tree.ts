/** Ending a process together with everything it started, wherever that can be found. */
import { delay } from '../base/abort.ts';
import { monotonicMs } from '../base/clock.ts';
import { errnoOf } from '../base/errors.ts';
import { listProcesses, type ProcessEntry, readProcessEntry } from './process-table.ts';
import type { SignalName } from './process-types.ts';
import { runTool } from './spawn.ts';

/** A process we started as the leader of its own group and session. */
export interface ProcessTree {
  readonly root: number;
  /** False from the moment on that the system told us its end: the pid may belong to somebody else then. */
  readonly rootAlive: () => boolean;
}

/** Rounds of KILL before what still shows is given up (a process stuck in the kernel). */
const maxKillRounds = 60;

/** Signals one pid, or with a negative number a group. False when there is nobody to signal. */
function send(pid: number, signal: SignalName | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    // EPERM: somebody is there, but changed its user.
    return errnoOf(error) === 'EPERM';
  }
}

/** Signals the whole group. A group that does not exist yet (its leader is just starting) is signalled by its leader. */
export function signalGroup(tree: ProcessTree, signal: SignalName): void {
  if (process.platform === 'win32') {
    if (tree.rootAlive()) send(tree.root, signal);
    return;
  }
  if (!send(-tree.root, signal) && tree.rootAlive()) send(tree.root, signal);
}

/** True when no process of the root's group is left. Cheap; says nothing about processes that moved to another group. */
export const groupIsGone = (root: number): boolean => process.platform === 'win32' || !send(-root, 0);

/** What was found to belong to a tree, with the marks that tell it from a later process of the same pid. */
type Members = Map<number, ProcessEntry>;

/** Adds to `known` every live process of the tree: its group, its session, all descendants of these and of those known. */
async function findMembers(tree: ProcessTree, known: Members): Promise<Members> {
  const entries = await listProcesses();
  const rootEntry = entries.find(({ pid }) => pid === tree.root);
  // Our child is gone, so a process with its pid is a stranger, and so is a group of that number.
  const reused = !tree.rootAlive() && rootEntry !== undefined && rootEntry.startMark !== known.get(tree.root)?.startMark;
  const live: Members = new Map();
  const children = new Map<number, ProcessEntry[]>();
  const queue: ProcessEntry[] = [];
  for (const entry of entries) {
    const siblings = children.get(entry.parent);
    if (siblings) siblings.push(entry);
    else children.set(entry.parent, [entry]);
    const ours = !reused && (entry.pid === tree.root || entry.group === tree.root || entry.session === tree.root);
    const before = known.get(entry.pid);
    if (ours || (before !== undefined && before.startMark === entry.startMark)) queue.push(entry);
  }
  for (let next = queue.pop(); next; next = queue.pop()) {
    if (live.has(next.pid) || next.pid === process.pid) continue;
    live.set(next.pid, next);
    queue.push(...(children.get(next.pid) ?? []));
  }
  for (const [pid, entry] of live) {
    if (entry.isZombie) live.delete(pid);
    else known.set(pid, entry);
  }
  return live;
}

/** True while one of `members` still runs. */
function anyRuns(members: Members): boolean {
  for (const [pid, entry] of members) {
    if (process.platform !== 'linux') {
      if (send(pid, 0)) return true;
      continue;
    }
    const now = readProcessEntry(pid);
    if (now && !now.isZombie && now.startMark === entry.startMark) return true;
  }
  return false;
}

/** TERM to all of the tree, up to `graceMs` to follow it, then KILL until nothing of it is found. Never rejects. */
export async function killTree(tree: ProcessTree, graceMs: number): Promise<void> {
  if (process.platform === 'win32') return killOnWindows(tree);
  const known: Members = new Map();
  const members = await findMembers(tree, known);
  if (members.size === 0) return;
  if (graceMs > 0) {
    signalGroup(tree, 'SIGTERM');
    for (const [pid, { group }] of members) if (group !== tree.root) send(pid, 'SIGTERM');
    const deadline = monotonicMs() + graceMs;
    while (monotonicMs() < deadline && anyRuns(members)) await delay(2);
  }
  for (let round = 0; round < maxKillRounds; round += 1) {
    const left = await findMembers(tree, known);
    if (left.size === 0) return;
    // The group in one go first: a shell must not see its children die and finish its script before its own end.
    if (tree.rootAlive()) signalGroup(tree, 'SIGKILL');
    for (const [pid] of left) send(pid, 'SIGKILL');
    await delay(Math.min(2 ** round, 50));
  }
}

/** Kills these processes and what descends from them. */
export async function killAll(pids: readonly number[]): Promise<void> {
  for (const pid of pids) await killTree({ root: pid, rootAlive: () => true }, 0);
}

async function killOnWindows(tree: ProcessTree): Promise<void> {
  if (!tree.rootAlive()) return;
  const args = ['/pid', String(tree.root), '/T', '/F'];
  await runTool({ file: 'taskkill', args, cwd: '\\', env: windowsEnv(), timeoutMs: 10_000 }).catch(() => {
    send(tree.root, 'SIGKILL'); // without the tool at least the process itself
  });
}

/** taskkill is found by the system's own search and needs no more than this. */
function windowsEnv(): Record<string, string> {
  const root = 'C:\\Windows';
  return { SystemRoot: root, PATH: `${root}\\System32` };
}
