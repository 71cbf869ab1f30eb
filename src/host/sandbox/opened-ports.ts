/**
 * Ports of the loopback address inside a network namespace that our own process serves: before the command runs, a small program
 * opens them there and hands the listeners out over a channel. Nothing of it is left when the command starts.
 */
import { realpathSync } from 'node:fs';
import { SandboxUnavailable } from '../process-types.ts';
import type { Bubblewrap } from './bubblewrap.ts';

export interface OpenedPorts {
  /** Arguments for bubblewrap. */
  readonly mounts: readonly string[];
  /** What stands before the command. The channel is descriptor 3. */
  readonly before: readonly string[];
}

/** Ends with failure unless every listener is handed out. */
const openAndHandOut =
  "const{createServer:c}=require('net');const p=process.argv.slice(1).map(Number);let i=0;const f=()=>process.exit(1);" +
  "(function n(){if(i===p.length){process.disconnect();return}const s=c().on('error',f);" +
  "s.listen(p[i],'127.0.0.1',()=>process.send(i,s,e=>{if(e)f();s.close();i++;n()}))})()";

/** The command starts only after the listeners are out, and without the channel. */
const script = [
  'ports=$1; node=$2; code=$3; shift 3',
  'NODE_OPTIONS= LD_PRELOAD= LD_LIBRARY_PATH= "$node" -e "$code" $ports </dev/null >/dev/null 2>&1 ||',
  '  { echo "the sandbox cannot open the ports of the managed network" >&2; exit 101; }',
  'exec 3<&-',
  'unset NODE_CHANNEL_FD NODE_CHANNEL_SERIALIZATION_MODE ports node code',
  'exec "$@"',
].join('\n');

/** `scratch`: a directory of the sandbox that we may put our program into; without one it is found where it is. */
export function openedPorts(ports: readonly number[], scratch: string | undefined, { rung, reason }: Bubblewrap): OpenedPorts {
  if (rung !== 'full') {
    const why = reason === undefined ? '' : `: ${reason}`;
    throw new SandboxUnavailable(`the managed network needs a network namespace, which this machine does not allow${why}`);
  }
  const program = realpathSync(process.execPath);
  const inside = scratch === undefined ? program : `${scratch}/.switchyard-node`;
  return {
    mounts: scratch === undefined ? [] : ['--ro-bind', program, inside],
    before: ['/bin/sh', '-c', script, 'sh', ports.join(' '), inside, openAndHandOut],
  };
}
