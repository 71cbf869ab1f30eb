/** Starts an app-server program and connects to it over stdio. */
import { messageOf } from '../base/errors.ts';
import { type ChildExit, type ChildOptions, type ChildTransport, spawnTransport } from '../rpc/transports/child-process.ts';
import { type AppClient, type AppClientOptions, openAppClient } from './app-client.ts';

export interface SpawnedClient extends AppClient {
  readonly pid: number;
  /** Resolves when the program has exited. */
  readonly exited: Promise<ChildExit>;
  /** The end of what it wrote to standard error. */
  stderrTail(): string;
}

/** The program could not be started, or ended or failed before the handshake was over. */
export class ServerStartFailed extends Error {
  override readonly name = 'ServerStartFailed';
  readonly stderrTail: string;
  constructor(message: string, stderrTail: string, cause: unknown) {
    super(stderrTail === '' ? message : `${message}; it wrote:\n${stderrTail.trimEnd()}`, { cause });
    this.stderrTail = stderrTail;
  }
}

/**
 * The program gets the environment given, or this process's own. Closing the client ends the program's input, gives it
 * two seconds to leave and kills its whole process group after that.
 */
export async function spawnAppServer(program: ChildOptions, options: Omit<AppClientOptions, 'transport'>): Promise<SpawnedClient> {
  let child: ChildTransport;
  try {
    child = await spawnTransport(program);
  } catch (error) {
    throw new ServerStartFailed(`cannot start ${program.command}: ${messageOf(error)}`, '', error);
  }
  try {
    const client = await openAppClient({ ...options, transport: child.transport });
    const { pid, exited } = child;
    return Object.assign(client, { pid, exited, stderrTail: () => child.stderrTail() });
  } catch (error) {
    await child.transport.close(0);
    throw new ServerStartFailed(`${program.command} did not answer the handshake: ${messageOf(error)}`, child.stderrTail(), error);
  }
}
