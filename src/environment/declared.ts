/** Environments that the configuration names: `environments.toml`, or the variables that stand in for it. */
import { isAbsolute, join } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import { declaredIdProblem, localEnvironmentId } from './manager.ts';

export interface DeclaredUrl {
  readonly kind: 'url';
  readonly id: string;
  readonly url: string;
  /** Goes into the connection and nowhere else. */
  readonly authBearerToken: string | undefined;
  readonly connectTimeoutMs: number;
  readonly initializeTimeoutMs: number;
}

/** An exec-server that speaks over the standard streams of a program we start. */
export interface DeclaredProgram {
  readonly kind: 'program';
  readonly id: string;
  readonly argv: readonly [string, ...string[]];
  /** On top of the variables of the program that hosts us. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute; undefined: wherever we are. */
  readonly cwd: string | undefined;
  readonly initializeTimeoutMs: number;
}

/** An exec-server behind a relay, found through a registry. */
export interface DeclaredRelay {
  readonly kind: 'relay';
  readonly id: string;
  readonly registryUrl: string;
  readonly registryEnvironmentId: string;
  readonly authToken: string;
  readonly accountId: string | undefined;
}

export type DeclaredEnvironment = DeclaredUrl | DeclaredProgram | DeclaredRelay;

export interface Declaration {
  readonly includeLocal: boolean;
  /** Null: none, execution is switched off. */
  readonly defaultId: string | null;
  readonly environments: readonly DeclaredEnvironment[];
}

/** What is wrong, and where in which file; lines and columns count from 1. */
export class DeclarationError extends Error {
  override readonly name = 'DeclarationError';
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly column: number | undefined;

  constructor(reason: string, place?: { file: string; line: number; column: number }) {
    super(place ? `${place.file}:${place.line}:${place.column}: ${reason}` : reason);
    this.file = place?.file;
    this.line = place?.line;
    this.column = place?.column;
  }
}

export interface DeclarationFile {
  readonly path: string;
  readonly text: string;
}

const defaultTimeoutMs = 10_000;
/** The id of the one environment that a variable declares. */
const remoteId = 'remote';

type Table = Readonly<Record<string, unknown>>;

const isTable = (value: unknown): value is Table => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Environments by precedence: relay variables, the file, `CODEX_EXEC_SERVER_URL`, else this machine. Throws `DeclarationError`. */
export function readDeclaration(env: Readonly<Record<string, string | undefined>>, file: DeclarationFile | undefined): Declaration {
  const relay = relayFrom(env);
  if (relay) return { includeLocal: false, defaultId: relay.id, environments: [relay] };
  if (file) return parseDeclaration(file);
  const url = env.CODEX_EXEC_SERVER_URL?.trim() ?? '';
  if (url === '') return { includeLocal: true, defaultId: localEnvironmentId, environments: [] };
  if (url.toLowerCase() === 'none') return { includeLocal: false, defaultId: null, environments: [] };
  const timeouts = { connectTimeoutMs: defaultTimeoutMs, initializeTimeoutMs: defaultTimeoutMs };
  const remote = { kind: 'url', id: remoteId, url, authBearerToken: undefined, ...timeouts } as const;
  return { includeLocal: false, defaultId: remoteId, environments: [remote] };
}

function relayFrom(env: Readonly<Record<string, string | undefined>>): DeclaredRelay | undefined {
  const value = (name: string) => env[`CODEX_EXEC_SERVER_NOISE_${name}`]?.trim() || undefined;
  const [registryUrl, registryEnvironmentId, authToken] = [value('REGISTRY_URL'), value('ENVIRONMENT_ID'), value('AUTH_TOKEN')];
  if (registryUrl && registryEnvironmentId && authToken) {
    return { kind: 'relay', id: remoteId, registryUrl, registryEnvironmentId, authToken, accountId: value('CHATGPT_ACCOUNT_ID') };
  }
  if (!registryUrl && !registryEnvironmentId && !authToken) return undefined;
  throw new DeclarationError(
    'Noise environment requires CODEX_EXEC_SERVER_NOISE_REGISTRY_URL, CODEX_EXEC_SERVER_NOISE_ENVIRONMENT_ID, and CODEX_EXEC_SERVER_NOISE_AUTH_TOKEN',
  );
}

/** Throws `DeclarationError` with the place in the file. */
export function parseDeclaration(file: DeclarationFile): Declaration {
  const root = new Section(file, parseToml(file), undefined);
  root.allow(['default', 'include_local', 'environments']);
  const includeLocal = root.boolean('include_local') ?? true;
  const environments = root.sections('environments').map(parseEnvironment);
  const ids = new Set<string>(includeLocal ? [localEnvironmentId] : []);
  for (const [index, { id }] of environments.entries()) {
    if (ids.has(id)) throw new Section(file, {}, index).problem('id', `environment id \`${id}\` is duplicated`);
    ids.add(id);
  }
  return { includeLocal, defaultId: defaultOf(root, { ids, includeLocal }), environments };
}

function parseToml(file: DeclarationFile): Table {
  try {
    return parse(file.text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = (error.message.split('\n')[0] ?? '').replace(/^Invalid TOML document: /, '');
    throw new DeclarationError(reason, { file: file.path, line: error.line, column: error.column });
  }
}

function defaultOf(root: Section, known: { ids: ReadonlySet<string>; includeLocal: boolean }): string | null {
  const named = root.string('default');
  if (named === undefined) return known.includeLocal ? localEnvironmentId : null;
  const id = named.trim();
  if (id === '') throw root.problem('default', 'default environment id cannot be empty');
  if (id.toLowerCase() === 'none') return null;
  if (!known.ids.has(id)) throw root.problem('default', `default environment \`${id}\` is not configured`);
  return id;
}

function parseEnvironment(section: Section): DeclaredEnvironment {
  section.allow([
    ...['id', 'skills', 'url', 'auth_bearer_token', 'program', 'args', 'env', 'cwd'],
    ...['connect_timeout_sec', 'initialize_timeout_sec'],
  ]);
  const id = section.string('id');
  if (id === undefined) throw section.problem('id', 'missing field `id`');
  const idProblem = declaredIdProblem(id);
  if (idProblem !== undefined) throw section.problem('id', idProblem);
  section.table('skills');
  if (section.has('url') === section.has('program')) {
    throw section.problem(section.has('url') ? 'program' : 'id', `environment \`${id}\` must set exactly one of url or program`);
  }
  return section.has('url') ? urlEnvironment(id, section) : programEnvironment(id, section);
}

function urlEnvironment(id: string, section: Section): DeclaredUrl {
  const misplaced = ['args', 'env', 'cwd'].find((key) => section.has(key));
  if (misplaced) throw section.problem(misplaced, `environment \`${id}\` args, env, and cwd require program`);
  const url = section.string('url')?.trim() ?? '';
  if (url === '') throw section.problem('url', 'environment url cannot be empty');
  const parsed = /^wss?:\/\//.test(url) && URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed) throw section.problem('url', `environment url \`${url}\` must use ws:// or wss://`);
  const authBearerToken = section.string('auth_bearer_token');
  if (authBearerToken !== undefined) checkToken(authBearerToken, parsed, section);
  return {
    kind: 'url',
    id,
    url,
    authBearerToken,
    connectTimeoutMs: section.seconds('connect_timeout_sec'),
    initializeTimeoutMs: section.seconds('initialize_timeout_sec'),
  };
}

/** A token is only sent where nobody else on the way can read it. The message never holds it. */
function checkToken(token: string, url: URL, section: Section): void {
  const key = 'auth_bearer_token';
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(token)) {
    throw section.problem(key, 'invalid value for exec-server WebSocket header `authorization`');
  }
  const isLoopback = url.hostname === 'localhost' || url.hostname === '[::1]' || /^127(\.\d+){3}$/.test(url.hostname);
  if (url.protocol !== 'wss:' && !isLoopback) {
    throw section.problem(key, 'exec-server WebSocket headers require wss:// or a loopback destination');
  }
}

function programEnvironment(id: string, section: Section): DeclaredProgram {
  for (const key of ['connect_timeout_sec', 'auth_bearer_token']) {
    if (section.has(key)) throw section.problem(key, `environment \`${id}\` ${key} requires url`);
  }
  const program = section.string('program')?.trim() ?? '';
  if (program === '') throw section.problem('program', `environment \`${id}\` program cannot be empty`);
  const cwd = section.string('cwd');
  return {
    kind: 'program',
    id,
    argv: [program, ...section.strings('args')],
    env: section.stringTable('env'),
    cwd: cwd === undefined || isAbsolute(cwd) ? cwd : join(section.directory, cwd),
    initializeTimeoutMs: section.seconds('initialize_timeout_sec'),
  };
}

/** One table of the file: typed access to its keys, and errors that say where they stand. */
class Section {
  readonly #file: DeclarationFile;
  readonly #table: Table;
  /** Which `[[environments]]` it is; undefined for the top of the file. */
  readonly #index: number | undefined;

  constructor(file: DeclarationFile, table: Table, index: number | undefined) {
    this.#file = file;
    this.#table = table;
    this.#index = index;
  }

  /** Of the file: what relative paths in it start from. */
  get directory(): string {
    return join(this.#file.path, '..');
  }

  problem(key: string, reason: string): DeclarationError {
    return new DeclarationError(reason, { file: this.#file.path, ...placeOf(this.#file.text, this.#index, key) });
  }

  has(key: string): boolean {
    return this.#table[key] !== undefined;
  }

  allow(keys: readonly string[]): void {
    const unknown = Object.keys(this.#table).find((key) => !keys.includes(key));
    if (unknown === undefined) return;
    throw this.problem(unknown, `unknown field \`${unknown}\`, expected one of ${keys.map((key) => `\`${key}\``).join(', ')}`);
  }

  string(key: string): string | undefined {
    const value = this.#table[key];
    if (value === undefined || typeof value === 'string') return value;
    throw this.#mistyped(key, 'a string');
  }

  boolean(key: string): boolean | undefined {
    const value = this.#table[key];
    if (value === undefined || typeof value === 'boolean') return value;
    throw this.#mistyped(key, 'a boolean');
  }

  strings(key: string): string[] {
    const value = this.#table[key] ?? [];
    if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) return value;
    throw this.#mistyped(key, 'a list of strings');
  }

  table(key: string): Table {
    const value = this.#table[key] ?? {};
    if (isTable(value)) return value;
    throw this.#mistyped(key, 'a table');
  }

  stringTable(key: string): Record<string, string> {
    return Object.fromEntries(
      Object.entries(this.table(key)).map(([name, value]) => {
        if (typeof value !== 'string') throw this.#mistyped(key, 'a table of strings');
        return [name, value];
      }),
    );
  }

  /** A time in seconds, fractions allowed, as milliseconds; 10 seconds when it is not given. */
  seconds(key: string): number {
    const value = this.#table[key];
    if (value === undefined) return defaultTimeoutMs;
    if (typeof value !== 'number') throw this.#mistyped(key, 'a number of seconds');
    if (!(value < 2 ** 64)) throw this.problem(key, 'cannot convert float seconds to Duration: value is either too big or NaN');
    if (value < 0) throw this.problem(key, 'cannot convert float seconds to Duration: value is negative');
    // A timer cannot wait longer.
    return Math.min(Math.round(value * 1000), 2 ** 31 - 1);
  }

  sections(key: string): Section[] {
    const value = this.#table[key] ?? [];
    if (!Array.isArray(value) || !value.every(isTable)) throw this.#mistyped(key, 'a list of tables');
    return value.map((table, index) => new Section(this.#file, table, index));
  }

  #mistyped(key: string, expected: string): DeclarationError {
    return this.problem(key, `invalid type for \`${key}\`, expected ${expected}`);
  }
}

/** Where `key` of the nth `[[environments]]` (or of the top) is written; the head of that table when it is not to be found. */
function placeOf(text: string, index: number | undefined, key: string): { line: number; column: number } {
  const lines = text.split('\n');
  const heads = lines.flatMap((line, at) => (/^\s*\[\[\s*["']?environments["']?\s*\]\]/.test(line) ? [at] : []));
  const start = index === undefined ? 0 : heads[index];
  if (start === undefined) return placeOf(text, undefined, 'environments');
  const end = heads.find((head) => head > start || (index === undefined && head >= start)) ?? lines.length;
  const written = new RegExp(`^\\s*(?:\\[+\\s*environments\\s*\\.\\s*)?(["']?)${key.replace(/[^A-Za-z0-9_]/g, '\\$&')}\\1\\s*[=.\\]]`);
  const found = lines.slice(start, Math.max(end, start + 1)).findIndex((line) => written.test(line));
  const line = found < 0 ? start : start + found;
  return { line: line + 1, column: (lines[line] ?? '').search(/\S|$/) + 1 };
}
