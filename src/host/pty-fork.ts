/** Terminals where the pair cannot be made by hand (macOS, Windows, a Linux without setsid): node-pty forks for us. */
import { closeSync, constants, openSync } from 'node:fs';
import { constants as osConstants } from 'node:os';
import { type IPty, spawn } from 'node-pty';
import { messageOf } from '../base/errors.ts';
import type { ChildEvents, Launched } from './launch.ts';
import { SpawnError, type TerminalSize } from './process-types.ts';
import { type SpawnSpec, shieldFromChildren } from './spawn.ts';

/** Starts a program on a new terminal. The caller has checked that the program exists. */
export function launchForked(spec: SpawnSpec, size: TerminalSize, events: ChildEvents): Launched {
  if (spec.extraFds.length > 0) throw new SpawnError('this sandbox cannot be combined with a terminal here');
  let pty: IPty;
  try {
    pty = spawn(spec.file, [...spec.args], {
      ...size,
      cwd: spec.cwd,
      env: { ...spec.env },
      // null gives bytes; the type of the library does not know that.
      encoding: null,
      name: spec.env.TERM ?? 'dumb',
    });
  } catch (error) {
    throw new SpawnError(messageOf(error), { cause: error });
  }
  const release = holdSlave(pty);
  pty.onData((text: unknown) => events.output('pty', Buffer.isBuffer(text) ? text : Buffer.from(String(text))));
  pty.onExit(({ exitCode, signal }) => {
    release();
    events.ended({ code: exitCode, signal: signalName(signal) });
    events.outputEnded();
  });
  return {
    pid: pty.pid,
    input: {
      write: async (bytes) => pty.write(bytes),
      end: async () => pty.write(Buffer.of(4)),
    },
    resize: ({ rows, cols }) => pty.resize(cols, rows),
    outputLinks: new Set(),
    flow: (paused) => (paused ? pty.pause() : pty.resume()),
    release: () => pty.kill(),
  };
}

function signalName(number: number | undefined): NodeJS.Signals | null {
  if (!number) return null;
  for (const [name, value] of Object.entries(osConstants.signals)) if (value === number) return isSignal(name) ? name : null;
  return null;
}

const isSignal = (name: string): name is NodeJS.Signals => name in osConstants.signals;

/**
 * While the slave is held, what the program wrote right before its end is not thrown away. Returns the function that lets go
 * of it, to be called at the exit.
 */
function holdSlave(pty: IPty): () => void {
  const master: unknown = 'fd' in pty ? pty.fd : undefined;
  const shield = typeof master === 'number' ? shieldFromChildren(master) : undefined;
  const path: unknown = 'ptsName' in pty ? pty.ptsName : undefined;
  let slave: number | undefined;
  try {
    if (typeof path === 'string') slave = openSync(path, constants.O_RDWR | constants.O_NOCTTY);
  } catch {
    // it ended already, and what it wrote is on its way
  }
  return () => {
    shield?.close();
    if (slave !== undefined) closeSync(slave);
  };
}
