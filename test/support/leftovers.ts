/** After the whole run, nothing that a test started may still be alive. */
import { readdirSync, readFileSync } from 'node:fs';

const marker = 'SWITCHYARD_TEST_RUN';

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // the process ended while we looked
  }
};

function processes(): Process[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => {
      const stat = read(`/proc/${name}/stat`);
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      return { pid: Number(name), parent, command: read(`/proc/${name}/cmdline`).replaceAll('\0', ' ').trim() };
    });
}

export function setup(): void {
  process.env[marker] = String(process.pid);
}

/** On a machine of its own (CI) every new orphan counts; elsewhere only processes that carry this run's mark. */
export function teardown(): void {
  const mark = `${marker}=${process.pid}`;
  const all = processes();
  const parents = new Map(all.map(({ pid, parent }) => [pid, parent]));
  const isOurs = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at)) if (at === process.pid) return true;
    return false;
  };
  const left = all.filter(
    ({ pid, command }) => pid !== process.pid && command !== '' && !isOurs(pid) && read(`/proc/${pid}/environ`).split('\0').includes(mark),
  );
  if (left.length > 0) {
    throw new Error(`processes left running by the tests:\n${left.map(({ pid, command }) => `  ${pid} ${command}`).join('\n')}`);
  }
}
