/** Where clients come from: stdin and stdout, a WebSocket port, a unix socket, or nowhere. */
import type { Readable, Writable } from 'node:stream';
import type { AppServer } from '../app-server/app-server.ts';
import type { Initialized } from '../app-server/handshake.ts';
import { ndjsonTransport } from '../rpc/transports/ndjson.ts';
import type { Exit } from './exit.ts';

export interface StdioClient {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly initialized: Initialized | undefined;
}

/** Serves the one client on stdio; its leaving ends the program. */
export function listenOnStdio(server: AppServer, client: StdioClient, exit: () => Exit): void {
  const transport = ndjsonTransport({ input: client.stdin, output: client.stdout });
  const connection = server.serve(transport, client.initialized);
  client.stdin.resume();
  void connection.closed.then(() => exit().end(0));
}
