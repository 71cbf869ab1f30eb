/** Telling a process from a later one that was given the same number. */
import { readProcessEntry } from '../process-table.ts';

export interface ProcessMark {
  readonly pid: number;
  /** Its start, as the system writes it. */
  readonly started: string;
}

export const markOf = (pid: number): ProcessMark => ({ pid, started: readProcessEntry(pid)?.startMark ?? '' });

/** False for one that has ended and was not collected yet. */
export function isLive({ pid, started }: ProcessMark): boolean {
  const now = readProcessEntry(pid);
  return now !== undefined && !now.isZombie && now.startMark === started;
}
