/** `switchyard doctor`: what this machine offers the server, and what is missing. Shows no secret. */
import { access, constants, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { compatibleVersion, ownVersion } from '../app-server/handshake.ts';
import { errnoOf, messageOf } from '../base/errors.ts';
import { createConfiguration } from '../config/configuration.ts';
import { readMachine } from '../host/machine.ts';
import { platformStatus } from '../host/sandbox/index.ts';
import type { SandboxRung } from '../host/sandbox/ladder.ts';
import { detectShell } from '../host/shell.ts';
import { readCredentials } from '../store/auth-file.ts';
import { resolveCodexHome } from './home.ts';
import { paintFor } from './terminal.ts';

type State = 'ok' | 'warning' | 'problem';

interface Finding {
  readonly name: string;
  readonly state: State;
  /** For people, one line. */
  readonly text: string;
  /** What to do about it. */
  readonly advice?: string;
  /** Of the sandbox only. */
  readonly rung?: SandboxRung;
  readonly reason?: string;
}

type Env = NodeJS.ProcessEnv;

/** Ends with status 1 when something keeps the server from working. */
export async function doctor(options: { json: boolean }): Promise<void> {
  const { env } = process;
  const findings = [node(), platform(env), await shell(env), await sandbox(), git(await onPath('git', env)), ...(await state(env))];
  if (options.json) {
    const status = Object.fromEntries(findings.map(({ name, ...finding }) => [name, finding]));
    process.stdout.write(`${JSON.stringify({ version: ownVersion, compatibleWith: compatibleVersion, ...status }, null, 2)}\n`);
  } else show(findings);
  if (findings.some((finding) => finding.state === 'problem')) process.exitCode = 1;
}

function show(findings: readonly Finding[]): void {
  const { green, yellow, red, dim, bold } = paintFor(process.stdout, process.env);
  const mark: Record<State, string> = { ok: green('ok     '), warning: yellow('warning'), problem: red('problem') };
  process.stdout.write(`${bold(`switchyard ${ownVersion}`)}  ${dim(`speaks the app-server protocol of ${compatibleVersion}`)}\n`);
  for (const { name, state, text, advice } of findings) {
    process.stdout.write(`${mark[state]}  ${name.padEnd(14)} ${text}\n`);
    if (advice !== undefined) process.stdout.write(`${' '.repeat(24)} ${dim(advice)}\n`);
  }
}

function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const good = major > 20 || (major === 20 && minor >= 19);
  const text = `${process.version} at ${process.execPath}`;
  return good ? { name: 'node', state: 'ok', text } : { name: 'node', state: 'problem', text, advice: 'Node 20.19 or later is needed.' };
}

function platform(env: Env): Finding {
  const { osName, osVersion, arch, terminal } = readMachine(env);
  return { name: 'platform', state: 'ok', text: `${osName} ${osVersion} (${process.platform}, ${arch}), terminal ${terminal}` };
}

async function shell(env: Env): Promise<Finding> {
  const found = await detectShell(definedOnly(env));
  return { name: 'shell', state: 'ok', text: `${found.name} at ${found.path}` };
}

const rungTexts = {
  full: 'bubblewrap',
  seatbelt: 'Seatbelt',
  noNetworkNamespace: 'bubblewrap without a network namespace; a system call filter keeps the network away',
  landlock: 'Landlock for read-only permissions; others ask for approval or are refused',
  outerContainer: 'none of our own: the surroundings were declared to be the boundary',
  none: 'none: commands that need one ask for approval or are refused',
} as const;

const sandboxAdvice: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'Install bubblewrap (Debian: sudo apt-get install -y bubblewrap; Fedora: sudo dnf install bubblewrap) and allow user namespaces.',
};

/** The sandbox that commands run in. */
async function sandbox(): Promise<Finding> {
  const { rung, program, reason } = await platformStatus(process.cwd());
  const text = [rungTexts[rung], ...(program === undefined ? [] : [`at ${program}`])].join(' ');
  const why = reason === undefined ? '' : ` (${reason})`;
  const good = rung === 'full' || rung === 'seatbelt';
  const advice = rung === 'none' || rung === 'landlock' ? sandboxAdvice[process.platform] : undefined;
  const finding = { name: 'sandbox', state: good ? 'ok' : 'warning', text: `${text}${why}`, rung } as const;
  return { ...finding, ...(reason === undefined ? {} : { reason }), ...(advice === undefined ? {} : { advice }) };
}

const git = (path: string | undefined): Finding =>
  path === undefined
    ? { name: 'git', state: 'warning', text: 'not found', advice: 'Diffs against a remote are not available.' }
    : { name: 'git', state: 'ok', text: path };

async function state(env: Env): Promise<Finding[]> {
  let home: string;
  try {
    home = resolveCodexHome(env);
  } catch (error) {
    return [{ name: 'home', state: 'problem', text: messageOf(error), advice: 'Create the directory, or unset CODEX_HOME.' }];
  }
  return [await homeFinding(home), await configuration(home, env), await environments(home), await account(home, env)];
}

async function homeFinding(home: string): Promise<Finding> {
  try {
    await access(home, constants.R_OK | constants.W_OK);
    return { name: 'home', state: 'ok', text: home };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return { name: 'home', state: 'ok', text: `${home} (made when the first thread is written)` };
    return { name: 'home', state: 'problem', text: `${home} cannot be read and written: ${messageOf(error)}` };
  }
}

async function configuration(home: string, env: Env): Promise<Finding> {
  const name = 'configuration';
  try {
    const { settings, warnings } = await createConfiguration({ home, cwd: process.cwd(), overrides: [], env }).load();
    const text = `provider ${settings.model.provider}, model ${settings.model.model ?? "the catalogue's default"}`;
    const [first] = warnings;
    return first ? { name, state: 'warning', text, advice: first.summary } : { name, state: 'ok', text };
  } catch (error) {
    return { name, state: 'problem', text: messageOf(error) };
  }
}

async function environments(home: string): Promise<Finding> {
  const declared = await readFile(join(home, 'environments.toml')).then(
    () => true,
    () => false,
  );
  return { name: 'environments', state: 'ok', text: declared ? 'this machine, and environments.toml' : 'this machine' };
}

/** Says where a key comes from and never what it is. */
async function account(home: string, env: Env): Promise<Finding> {
  const name = 'account';
  const variable = ['CODEX_API_KEY', 'OPENAI_API_KEY'].find((key) => env[key]?.trim());
  if (variable) return { name, state: 'ok', text: `an API key in ${variable}` };
  const stored = await readCredentials(home).then(
    ({ apiKey }) => apiKey !== undefined,
    () => false,
  );
  if (stored) return { name, state: 'ok', text: `an API key in ${join(home, 'auth.json')}` };
  const advice = 'Log in from a client, set OPENAI_API_KEY, configure a provider, or try model_provider = "rehearsal".';
  return { name, state: 'warning', text: 'no API key', advice };
}

async function onPath(program: string, env: Env): Promise<string | undefined> {
  for (const directory of (env.PATH ?? '').split(delimiter).filter((one) => one !== '')) {
    const path = join(directory, process.platform === 'win32' ? `${program}.exe` : program);
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  return undefined;
}

const definedOnly = (env: Env): Record<string, string> =>
  Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
