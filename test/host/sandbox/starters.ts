/** The ways a confined process can be started here, and a stage to start them on: the rules of the sandbox hold over each. */
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach } from 'vitest';

import { silentLog } from '../../../src/base/log.ts';
import type { LoopbackNetwork, ManagedNetwork } from '../../../src/base/managed-network.ts';
import type { FileAccess, FileSystemEntry, PermissionPath, PermissionProfile } from '../../../src/base/permission-profile.ts';
import { defaultShellEnvironmentPolicy } from '../../../src/base/permission-profile.ts';
import { webSocketSource } from '../../../src/environment/providers.ts';
import { createRemoteEnvironment } from '../../../src/environment/remote.ts';
import type { Processes } from '../../../src/host/process-types.ts';
import { createProcesses } from '../../../src/host/processes.ts';
import { serverProgram, startProgram } from '../../environment/exec-servers.ts';

export interface Started {
  readonly processes: Processes;
  /** The process that starts the commands. */
  readonly pid: number;
  close(): Promise<void>;
}

export interface Starter {
  readonly name: string;
  start(env: Readonly<Record<string, string>>): Promise<Started>;
}

const local: Starter = {
  name: 'local',
  async start(baseEnv) {
    const processes = createProcesses({ baseEnv });
    return { processes, pid: process.pid, close: () => processes.close() };
  },
};

/** Our exec-server as a program of its own, reached over a WebSocket. */
const farAway: Starter = {
  name: 'through an exec-server',
  async start(baseEnv) {
    const program = await serverProgram();
    const server = await startProgram(program, baseEnv);
    const source = webSocketSource({ url: server.url, connectTimeoutMs: 5000 });
    const environment = createRemoteEnvironment({ id: 'far', source, log: silentLog });
    const close = async () => {
      await environment.close();
      await server[Symbol.asyncDispose]();
      await program[Symbol.asyncDispose]();
    };
    return { processes: environment.processes, pid: server.pid, close };
  },
};

export const starters: readonly Starter[] = [local, farAway];

export const at = (path: string): PermissionPath => ({ type: 'path', path });
export const entry = (path: PermissionPath, access: FileAccess): FileSystemEntry => ({ path, access });
export const special = (kind: 'root' | 'minimal' | 'project_roots' | 'slash_tmp' | 'tmpdir'): PermissionPath => ({
  type: 'special',
  value: { kind },
});
export const root = entry(special('root'), 'read');
export const workspace = entry(special('project_roots'), 'write');
export const slashTmp = entry(special('slash_tmp'), 'write');
export const managed = (entries: readonly FileSystemEntry[], network: 'restricted' | 'enabled' = 'restricted'): PermissionProfile => ({
  type: 'managed',
  file_system: { type: 'restricted', entries },
  network,
});
export const readOnly = () => managed([root]);
export const workspaceWrite = (...more: FileSystemEntry[]) => managed([root, workspace, slashTmp, ...more]);

export const python = (script: string) => `python3 - <<'PY'\nimport socket, os, ctypes, sys\n${script}\nPY`;

export interface RunOptions {
  readonly cwd?: string;
  readonly roots?: readonly string[];
  readonly tty?: boolean;
  readonly overlay?: Readonly<Record<string, string | null>>;
  readonly network?: ManagedNetwork | LoopbackNetwork;
}

/** Processes of one starter for all tests of a suite, and a fresh workspace for each of them. Not below /tmp, which may be writable. */
export class Stage {
  base = '';
  ws = '';
  pid = 0;
  #started: Started | undefined;
  #count = 0;

  constructor(starter: Starter) {
    beforeAll(async () => {
      const { NODE_OPTIONS: _, ...env } = process.env;
      this.#started = await starter.start(Object.fromEntries(Object.entries(env).flatMap(([k, v]) => (v === undefined ? [] : [[k, v]]))));
      this.pid = this.#started.pid;
      this.base = await realpath(await mkdtemp(join(homedir(), '.switchyard-sandbox-test-')));
    });
    afterAll(async () => {
      await this.#started?.close();
      await rm(this.base, { recursive: true, force: true });
    });
    beforeEach(async () => {
      this.#count += 1;
      this.ws = join(this.base, `ws${this.#count}`);
      await mkdir(this.ws);
    });
  }

  get processes(): Processes {
    if (!this.#started) throw new Error('the stage is not open yet');
    return this.#started.processes;
  }

  /** Starts a shell script under `profile` without waiting for its end. */
  start(profile: PermissionProfile, script: string, options: RunOptions = {}) {
    this.#count += 1;
    return this.processes.start(
      {
        id: `p${this.#count}`,
        argv: ['/bin/sh', '-c', script],
        cwd: options.cwd ?? this.ws,
        env: {
          policy: { ...defaultShellEnvironmentPolicy, inherit: 'core' },
          overlay: { TMPDIR: null, WS: this.ws, ...options.overlay },
        },
        stdin: 'closed',
        ...(options.tty ? { terminal: { rows: 24, cols: 80 } } : {}),
        ...(options.network ? { network: options.network } : {}),
        sandbox: { profile, policyCwd: this.ws, workspaceRoots: options.roots ?? [this.ws] },
      },
      new AbortController().signal,
    );
  }

  async run(profile: PermissionProfile, script: string, options: RunOptions = {}) {
    const started = await this.start(profile, script, options);
    const chunks: Buffer[] = [];
    started.onOutput(({ bytes }) => chunks.push(bytes));
    const outcome = await started.exited;
    await started.closed;
    return { output: Buffer.concat(chunks).toString(), ...outcome };
  }

  async code(profile: PermissionProfile, script: string): Promise<number> {
    const result = await this.run(profile, script);
    return result.kind === 'exited' ? result.exitCode : -1;
  }
}
