/** Headers that a command of the user prints: run when a connection needs them, and once more when the server refuses them. */
import { randomUUID } from 'node:crypto';
import { abortable } from '../base/abort.ts';
import { deferred } from '../base/deferred.ts';
import { messageOf } from '../base/errors.ts';
import type { Environment, RunningProcess } from '../environment/environment.ts';
import { validHeaderName, validHeaderValue } from './authorization.ts';
import { Unreachable } from './mcp-error.ts';
import type { StdioSettings } from './server-config.ts';
import { localVariables } from './stdio-transport.ts';

const patienceMs = 10_000;
const longestOutput = 64 * 1024;
/** For what the command leaves behind with its output open. */
const lingeringMs = 200;
/** What the protocol or the connection says of itself. */
const reserved = new Set([
  ...['accept', 'connection', 'content-length', 'content-type', 'host', 'last-event-id', 'mcp-protocol-version'],
  ...['mcp-session-id', 'te', 'trailer', 'transfer-encoding', 'upgrade'],
]);

export type Headers = ReadonlyMap<string, string>;

export interface HelperPlace {
  /** This machine's. */
  readonly environment: Environment;
  readonly cwd: string;
}

const says = (what: string): Unreachable => new Unreachable(`MCP HTTP headers helper ${what}`);

export class HeadersHelper {
  readonly #command: string;
  readonly #place: HelperPlace;
  #headers: Promise<Headers> | undefined;

  constructor(command: string, place: HelperPlace) {
    this.#command = command;
    this.#place = place;
  }

  /** By lower-case name. Rejects with `Unreachable` when the command does not do what it should; the next call tries again. */
  current(): Promise<Headers> {
    if (this.#headers) return this.#headers;
    const headers = this.#run().then(readHeaders);
    this.#headers = headers;
    headers.catch(() => this.forget(headers));
    return headers;
  }

  /** The server refuses these: the next call runs the command anew. */
  forget(refused: Promise<Headers>): void {
    if (this.#headers === refused) this.#headers = undefined;
  }

  async #run(): Promise<Buffer> {
    const { environment, cwd } = this.#place;
    const signal = AbortSignal.timeout(patienceMs);
    const { platform } = await environment.info(signal);
    const shell = platform === 'windows' ? (['cmd', '/C'] as const) : (['sh', '-c'] as const);
    const request = {
      id: `mcp-headers-${randomUUID()}`,
      argv: [...shell, this.#command] as [string, ...string[]],
      ...{ cwd, env: localVariables(noSettings, platform), stdin: 'closed' as const, drainMs: lingeringMs },
    };
    await using process = await environment.processes.start(request, signal).catch((error: unknown) => {
      throw says(`failed to start: ${messageOf(error)}`);
    });
    return await abortable(outputOf(process), signal).catch((error: unknown) => {
      throw signal.aborted ? says('timed out after 10 seconds') : error;
    });
  }
}

async function outputOf(process: RunningProcess): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  const flood = deferred<never>();
  process.onOutput(({ stream, bytes }) => {
    if (stream !== 'stdout') return;
    size += bytes.length;
    if (size > longestOutput) flood.reject(says('output exceeds 64 KiB'));
    else parts.push(bytes);
  });
  await Promise.race([process.closed, flood.promise]);
  const outcome = await process.exited;
  if (outcome.kind === 'lost') throw says(`was lost: ${outcome.reason}`);
  if (outcome.exitCode !== 0) throw says(`exited with status exit status: ${outcome.exitCode}`);
  return Buffer.concat(parts, size);
}

/** It gets what every program of a server gets, and nothing on top. */
const noSettings: Pick<StdioSettings, 'forwarded' | 'env'> = { forwarded: [], env: {} };

function readHeaders(output: Buffer): Headers {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(output));
  } catch (error) {
    throw says(error instanceof TypeError ? 'wrote non-UTF-8 data' : 'must output a JSON object of strings');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw says('must output a JSON object of strings');
  const headers = new Map<string, string>();
  for (const [given, value] of Object.entries(parsed)) {
    if (typeof value !== 'string') throw says('must output a JSON object of strings');
    const name = given.toLowerCase();
    if (!validHeaderName(name)) throw says('returned an invalid header name');
    if (!validHeaderValue(value)) throw says('returned an invalid header value');
    if (reserved.has(name)) throw says('returned a reserved header');
    if (headers.has(name)) throw says('returned duplicate header names');
    headers.set(name, value);
  }
  return headers;
}
