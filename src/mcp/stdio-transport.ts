/** MCP over the streams of a process in an environment: one JSON message per line, both ways. */
import { randomUUID } from 'node:crypto';
import { withDeadline } from '../base/abort.ts';
import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Environment, OutputChunk, ProcessEnvironment, RunningProcess } from '../environment/environment.ts';
import type { JSONRPCMessage, Transport } from './client.ts';
import { Unreachable } from './mcp-error.ts';
import type { StdioSettings } from './server-config.ts';

const longestStdoutLine = 8 * 1024 * 1024;
const longestStderrLine = 1024 * 1024;
/** Bytes that may wait for a program that does not read. */
const longestBacklog = 64 * 1024 * 1024;
/** Lines of noise that one program may put into the log; what comes after is left out. */
const loggedLines = 200;
const stopGraceMs = 2000;
const newline = 0x0a;

const unixVariables = ['HOME', 'LOGNAME', 'PATH', 'SHELL', 'USER', '__CF_USER_TEXT_ENCODING', 'LANG', 'LC_ALL', 'TERM', 'TMPDIR', 'TZ'];
const certificateVariables = [
  ...['CURL_CA_BUNDLE', 'GIT_SSL_CAINFO', 'NODE_EXTRA_CA_CERTS', 'PIP_CERT', 'REQUESTS_CA_BUNDLE', 'SSL_CERT_FILE'],
];
const windowsVariables = [
  ...['PATH', 'PATHEXT', 'SHELL', 'COMSPEC', 'SYSTEMROOT', 'SYSTEMDRIVE', 'USERNAME', 'USERDOMAIN', 'USERPROFILE', 'HOMEDRIVE'],
  ...['HOMEPATH', 'PROGRAMFILES', 'PROGRAMFILES(X86)', 'PROGRAMW6432', 'PROGRAMDATA', 'LOCALAPPDATA', 'APPDATA', 'TEMP', 'TMP'],
];
const remoteVariables = [...unixVariables, 'SYSTEMROOT', 'TEMP', 'TMP', 'SYSTEMDRIVE', 'LOCALAPPDATA'];

export type Variables = Readonly<Record<string, string | undefined>>;

/** The variables of a server on this machine: an allow list, what the configuration forwards, then its literals. */
export function localVariables(settings: Pick<StdioSettings, 'forwarded' | 'env'>, platform: 'unix' | 'windows'): ProcessEnvironment {
  const remote = settings.forwarded.find(({ source }) => source === 'remote');
  if (remote) throw new Unreachable(`env_vars entry \`${remote.name}\` uses source \`remote\`, which requires remote MCP stdio`);
  const allowed = platform === 'windows' ? windowsVariables : unixVariables;
  const includeOnly = [...allowed, ...certificateVariables, ...settings.forwarded.map(({ name }) => name)];
  return { policy: { inherit: 'all', ignoreDefaultExcludes: true, exclude: [], set: {}, includeOnly }, overlay: settings.env };
}

/** The variables of a server elsewhere: the base comes from there, forwarded ones from `host` unless read there. */
export function remoteEnvironmentOf(settings: StdioSettings, host: Variables): ProcessEnvironment {
  const there = settings.forwarded.filter(({ source }) => source === 'remote').map(({ name }) => name);
  const copied: Record<string, string> = {};
  for (const { name, source } of settings.forwarded) {
    const value = source === 'remote' ? undefined : host[name];
    if (value !== undefined) copied[name] = value;
  }
  const overlay = { ...copied, ...settings.env };
  if (there.length === 0)
    return { policy: { inherit: 'core', ignoreDefaultExcludes: true, exclude: [], set: overlay, includeOnly: [] }, overlay };
  const includeOnly = [...remoteVariables, ...there];
  return { policy: { inherit: 'all', ignoreDefaultExcludes: true, exclude: [], set: overlay, includeOnly }, overlay };
}

export interface StdioLaunch {
  readonly settings: StdioSettings;
  readonly environment: Environment;
  /** Where a server without a directory of its own runs; absolute. */
  readonly fallbackCwd: string;
  readonly hostVariables: Variables;
  readonly log: Log;
}

/** Starts the program. Rejects with `Unreachable` in the words of the system. */
export async function startStdio(launch: StdioLaunch, signal: AbortSignal): Promise<StdioTransport> {
  const { settings, environment } = launch;
  const local = environment.id === 'local';
  if (!local && settings.cwd === undefined) throw new Unreachable('executor stdio server requires an explicit cwd');
  const env = local
    ? localVariables(settings, (await environment.info(signal)).platform)
    : remoteEnvironmentOf(settings, launch.hostVariables);
  const request = {
    id: `mcp-stdio-${randomUUID()}`,
    argv: [settings.command, ...settings.args] as const,
    cwd: settings.cwd ?? launch.fallbackCwd,
    env,
    stdin: 'pipe' as const,
    drainMs: stopGraceMs,
  };
  try {
    return new StdioTransport(await environment.processes.start({ ...request, argv: [...request.argv] }, signal), launch.log);
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Unreachable(messageOf(error), { cause: error });
  }
}

/** Splits bytes at line ends. A line over the limit is reported once, and nothing follows. */
class Lines {
  readonly #limit: number;
  readonly #onLine: (line: string) => void;
  readonly #onTooLong: () => void;
  #parts: Buffer[] = [];
  #size = 0;
  #over = false;

  constructor(limit: number, onLine: (line: string) => void, onTooLong: () => void) {
    this.#limit = limit;
    this.#onLine = onLine;
    this.#onTooLong = onTooLong;
  }

  push(bytes: Buffer): void {
    let from = 0;
    while (!this.#over && from < bytes.length) {
      const at = bytes.indexOf(newline, from);
      const end = at === -1 ? bytes.length : at;
      this.#keep(bytes.subarray(from, end));
      if (at === -1) return;
      this.flush();
      from = at + 1;
    }
  }

  /** What is left counts as a line. */
  flush(): void {
    if (this.#over || this.#size === 0) return;
    const line = Buffer.concat(this.#parts, this.#size).toString('utf8').trim();
    this.#parts = [];
    this.#size = 0;
    if (line !== '') this.#onLine(line);
  }

  #keep(part: Buffer): void {
    if (part.length === 0) return;
    this.#size += part.length;
    if (this.#size <= this.#limit) {
      this.#parts.push(part);
      return;
    }
    this.#over = true;
    this.#parts = [];
    this.#onTooLong();
  }
}

/** Owns its process: closing the transport ends the whole process group. */
export class StdioTransport implements Transport {
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: Transport['onmessage'];
  readonly #process: RunningProcess;
  readonly #log: Log;
  #writes: Promise<void> = Promise.resolve();
  /** Bytes that were not taken yet. */
  #backlog = 0;
  #logged = 0;
  #closing: Promise<void> | undefined;
  #off = () => {};

  constructor(process: RunningProcess, log: Log) {
    this.#process = process;
    this.#log = log;
  }

  async start(): Promise<void> {
    const fail = (what: string) => () => {
      this.onerror?.(new Error(`${what} of an MCP server is longer than allowed`));
      void this.close();
    };
    const stdout = new Lines(longestStdoutLine, (line) => this.#receive(line), fail('a line'));
    const stderr = new Lines(
      longestStderrLine,
      (line) => this.#noise(() => this.#log.info('an MCP server wrote', { line: line.slice(0, 4096) })),
      () => {},
    );
    this.#off = this.#process.onOutput(({ stream, bytes }: OutputChunk) => (stream === 'stderr' ? stderr : stdout).push(bytes));
    void this.#process.closed.then(() => {
      stdout.flush();
      stderr.flush();
      void this.close();
    });
  }

  /** One write after the other, in the order of the calls. */
  send(message: JSONRPCMessage): Promise<void> {
    if (this.#closing) return Promise.reject(new Unreachable('Transport closed'));
    const bytes = Buffer.from(`${JSON.stringify(message)}\n`);
    if (this.#backlog + bytes.length > longestBacklog) {
      this.onerror?.(new Error('an MCP server does not read what it is sent'));
      void this.close();
      return Promise.reject(new Unreachable('Transport closed'));
    }
    this.#backlog += bytes.length;
    const write = this.#writes
      .then(() => this.#process.write(bytes))
      .finally(() => {
        this.#backlog -= bytes.length;
      });
    this.#writes = write.catch(() => {});
    return write.catch((error: unknown) => {
      throw new Unreachable('Transport closed', { cause: error });
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #noise(log: () => void): void {
    this.#logged += 1;
    if (this.#logged <= loggedLines) log();
    else if (this.#logged === loggedLines + 1) this.#log.warn('an MCP server writes too much; the rest is left out');
  }

  async #close(): Promise<void> {
    this.#off();
    this.onclose?.();
    // The end of the input waits behind what the program does not read.
    await withDeadline(this.#process.closeStdin(), stopGraceMs, 'the end of the input').catch(() => {});
    await this.#process.terminate(stopGraceMs);
  }

  #receive(line: string): void {
    let message: unknown;
    try {
      // What cannot be a message is not worth an error.
      message = line.startsWith('{') || line.startsWith('[') ? JSON.parse(line) : undefined;
    } catch {
      message = undefined;
    }
    if (message === undefined) {
      this.#noise(() => this.#log.warn('an MCP server wrote a line that is no message', { line: line.slice(0, 200) }));
      return;
    }
    try {
      // The library checks the form of what it is given and reports what it cannot use.
      this.onmessage?.(message as JSONRPCMessage);
    } catch (error) {
      this.onerror?.(error instanceof Error ? error : new Error(messageOf(error)));
    }
  }
}
