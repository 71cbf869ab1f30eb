/** How far the machine confines commands: the rung of the sandbox that the server's own examination names. */
import { execFile } from 'node:child_process';
import type { Program } from './settings.ts';

const words: Readonly<Record<string, string>> = {
  full: 'bubblewrap',
  seatbelt: 'Seatbelt',
  noNetworkNamespace: 'bubblewrap, the network kept away by a filter only',
  outerContainer: 'only what surrounds the server',
  none: 'none: commands that want a sandbox ask or are refused',
};
const strong: ReadonlySet<string> = new Set(['full', 'seatbelt']);

export interface Confinement {
  /** In words; empty when it is not known, as with a program that has no such examination. */
  readonly text: string;
  readonly weak: boolean;
}

export const unknownConfinement: Confinement = { text: '', weak: false };

/** Never rejects. */
export function examine({ command, args, cwd, env }: Program): Promise<Confinement> {
  const examination = [...args.slice(0, args.indexOf('app-server')), 'doctor', '--json'];
  return new Promise((resolve) => {
    execFile(command, examination, { cwd, env, timeout: 15_000 }, (_failed, report) => resolve(read(report)));
  });
}

function read(report: string): Confinement {
  try {
    const { sandbox } = JSON.parse(report) as { sandbox?: { rung?: string } };
    const rung = sandbox?.rung ?? '';
    return { text: words[rung] ?? '', weak: rung in words && !strong.has(rung) };
  } catch {
    return unknownConfinement;
  }
}
