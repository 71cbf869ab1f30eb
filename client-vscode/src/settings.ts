/** The settings of the extension, and the program they ask for. */
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';

export interface RemoteEnvironment {
  readonly id: string;
  readonly url: string;
  readonly cwd: string;
}

export interface Settings {
  readonly serverPath: string;
  readonly serverArguments: readonly string[];
  readonly codexHome: string;
  readonly config: Readonly<Record<string, string | number | boolean>>;
  readonly approvalMode: 'configured' | 'untrusted' | 'on-request' | 'never';
  readonly sandbox: 'configured' | 'read-only' | 'workspace-write' | 'danger-full-access';
  readonly model: string;
  readonly environments: readonly RemoteEnvironment[];
  readonly keepServerSeconds: number;
}

export function readSettings(): Settings {
  const all = vscode.workspace.getConfiguration('switchyard');
  const mode = all.get<Settings['approvalMode']>('approvalMode', 'configured');
  return {
    serverPath: all.get('serverPath', ''),
    serverArguments: all.get('serverArguments', []),
    codexHome: all.get('codexHome', ''),
    config: all.get('config', {}),
    approvalMode: mode,
    sandbox: all.get<Settings['sandbox']>('sandbox', 'configured'),
    model: all.get('model', ''),
    environments: all.get('environments', []),
    keepServerSeconds: all.get('keepServerSeconds', 30),
  };
}

/** Settings that only a new server takes up. */
export const needsRestart = ['serverPath', 'serverArguments', 'codexHome', 'config', 'keepServerSeconds'].map(
  (name) => `switchyard.${name}`,
);

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A directory of its own for this program and workspace, short enough for the name of a socket. */
  readonly dir: string;
  readonly keepMs: number;
  readonly keeper: string;
}

/** The server program for a workspace. `extensionPath` is where this extension is installed. */
export function serverProgram(settings: Settings, extensionPath: string, cwd: string): Program {
  const dist = join(extensionPath, 'dist');
  const bundled = join(dist, 'server', 'dist', 'switchyard.cjs');
  const overrides = Object.entries(settings.config).flatMap(([key, value]) => ['-c', `${key}=${JSON.stringify(value)}`]);
  const args = ['app-server', ...settings.serverArguments, ...overrides];
  const env = {
    ...process.env,
    ELECTRON_RUN_AS_NODE: '1',
    ...(settings.codexHome === '' ? {} : { CODEX_HOME: settings.codexHome }),
  };
  const own = settings.serverPath !== '' && !/\.[cm]?js$/.test(settings.serverPath);
  const program = own
    ? { command: settings.serverPath, args, env: { ...env, ELECTRON_RUN_AS_NODE: undefined } }
    : { command: process.execPath, args: [join(dist, 'boot.cjs'), settings.serverPath || bundled, ...args], env };
  const identity = JSON.stringify([program.command, program.args, settings.codexHome, cwd, settings.keepServerSeconds]);
  const name = createHash('sha256').update(identity).digest('hex').slice(0, 16);
  return {
    ...program,
    cwd,
    dir: join(process.env.XDG_RUNTIME_DIR || tmpdir(), `switchyard-${process.getuid?.() ?? 'user'}`, name),
    keepMs: settings.keepServerSeconds * 1000,
    keeper: join(dist, 'keeper.cjs'),
  };
}
