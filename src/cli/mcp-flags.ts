/** The command line of `switchyard mcp`: which command about MCP servers, with which options. Nothing here touches the system. */
import { isProgramOption, overrideOf, splitOption } from './option-words.ts';

export type RegistrationChoice = 'auto' | 'cimd' | 'dcr';

export interface NewHttpServer {
  readonly url: string;
  readonly bearerTokenVariable: string | undefined;
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
  readonly resource: string | undefined;
}

export type McpCommand =
  | { readonly kind: 'list'; readonly json: boolean }
  | { readonly kind: 'get'; readonly name: string; readonly json: boolean }
  | {
      readonly kind: 'add';
      readonly name: string;
      readonly env: Readonly<Record<string, string>>;
      readonly server: { readonly argv: readonly [string, ...string[]] } | NewHttpServer;
      /** For the login that may follow. */
      readonly registration: RegistrationChoice;
    }
  | { readonly kind: 'remove'; readonly name: string }
  | {
      readonly kind: 'login';
      readonly name: string;
      /** Undefined: what the server asks for. */
      readonly scopes: readonly string[] | undefined;
      readonly registration: RegistrationChoice;
      /** The address at which the browser ends up is read from standard input too. */
      readonly pasted: boolean;
    }
  | { readonly kind: 'logout'; readonly name: string };

export interface McpFlags {
  readonly command: McpCommand;
  /** `key=value` texts in the order given; features are `features.NAME=true|false`. */
  readonly overrides: readonly string[];
}

type Kind = McpCommand['kind'];

interface Form {
  /** Options with the word for their value; an empty one takes none. */
  readonly options: Readonly<Record<string, string>>;
  readonly usage: string;
}

const registration = { '--oauth-client-registration': '<AUTO|CIMD|DCR>' };
const add = {
  '--env': '<KEY=VALUE>',
  '--url': '<URL>',
  '--bearer-token-env-var': '<ENV_VAR>',
  '--oauth-client-id': '<CLIENT_ID>',
  '--oauth-client-secret': '<CLIENT_SECRET>',
  '--oauth-resource': '<RESOURCE>',
  ...registration,
};
const forms: Readonly<Record<Kind, Form>> = {
  list: { options: { '--json': '' }, usage: 'list [OPTIONS]' },
  get: { options: { '--json': '' }, usage: 'get [OPTIONS] <NAME>' },
  add: { options: add, usage: 'add [OPTIONS] <NAME> (--url <URL> | -- <COMMAND>...)' },
  remove: { options: {}, usage: 'remove [OPTIONS] <NAME>' },
  login: { options: { '--no-browser': '', '--scopes': '<SCOPE,SCOPE>', ...registration }, usage: 'login [OPTIONS] <NAME>' },
  logout: { options: {}, usage: 'logout [OPTIONS] <NAME>' },
};
const repeatable = new Set(['--env', '--scopes']);
const isKind = (word: string): word is Kind => Object.hasOwn(forms, word);

class Misuse extends Error {}

interface Collected {
  readonly values: Map<string, string[]>;
  readonly words: string[];
  readonly overrides: string[];
  help: boolean;
}

/** All words but `mcp` itself. `help`: help was asked for. `nothing`: no command. Otherwise a command, or what is wrong. */
export function parseMcp(args: readonly string[]): McpFlags | 'help' | 'nothing' | { readonly wrong: string } {
  const found: Collected = { values: new Map(), words: [], overrides: [], help: false };
  let kind: Kind | undefined;
  try {
    const at = commandAt(args);
    collect(args.slice(0, at), { options: {}, usage: '' }, found);
    const word = args[at];
    if (found.help || word === 'help') return 'help';
    if (word === undefined) return 'nothing';
    if (!isKind(word)) throw new Misuse(`unrecognized subcommand '${word}'`);
    kind = word;
    collect(args.slice(at + 1), forms[kind], found, kind === 'add');
    if (found.help) return 'help';
    return { command: commandOf(kind, found), overrides: found.overrides };
  } catch (error) {
    if (!(error instanceof Misuse)) throw error;
    return { wrong: `${error.message}\n\nUsage: switchyard mcp ${kind === undefined ? '[OPTIONS] <COMMAND>' : forms[kind].usage}` };
  }
}

/** Where the first word stands that is neither an option of the program nor its value. */
function commandAt(args: readonly string[]): number {
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? '';
    if (!arg.startsWith('-')) return at;
    const [name, inline] = splitOption(arg);
    if (isProgramOption(name) && inline === undefined) at += 1;
  }
  return args.length;
}

/** With `command`, everything behind the second word belongs to that word, whatever it looks like. */
function collect(args: readonly string[], form: Form, found: Collected, command = false): void {
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? '';
    if (arg === '--') {
      found.words.push(...args.slice(at + 1));
      return;
    }
    if (!arg.startsWith('-') || arg === '-') {
      found.words.push(arg);
      if (!command || found.words.length < 2) continue;
      found.words.push(...args.slice(at + 1));
      return;
    }
    const [name, inline] = splitOption(arg);
    if (name === '-h' || name === '--help') found.help = true;
    else if (take(name, inline ?? args[at + 1], { inline: inline !== undefined, form, found })) at += inline === undefined ? 1 : 0;
    if (found.help) return;
  }
}

/** True when the option took its value. */
function take(name: string, value: string | undefined, how: { inline: boolean; form: Form; found: Collected }): boolean {
  const { form, found } = how;
  const placeholder = form.options[name];
  if (placeholder === undefined && !isProgramOption(name)) throw new Misuse(`unexpected argument '${name}' found`);
  if (placeholder === '') {
    if (how.inline) throw new Misuse(`unexpected value '${value}' for '${name}' found; no more were expected`);
    found.values.set(name, []);
    return false;
  }
  const full = placeholder === undefined ? name : `${name} ${placeholder}`;
  if (value === undefined) throw new Misuse(`a value is required for '${full}' but none was supplied`);
  if (placeholder === undefined) {
    const override = overrideOf(name, value);
    if (typeof override !== 'string') throw new Misuse(override.wrong);
    found.overrides.push(override);
    return true;
  }
  const before = found.values.get(name);
  if (before && !repeatable.has(name)) throw new Misuse(`the argument '${full}' cannot be used multiple times`);
  found.values.set(name, [...(before ?? []), value]);
  return true;
}

const missing = (...what: string[]) =>
  new Misuse(`the following required arguments were not provided:\n${what.map((one) => `  ${one}`).join('\n')}`);

function commandOf(kind: Kind, found: Collected): McpCommand {
  const { words, values } = found;
  if (kind === 'list') {
    surplus(words, 0);
    return { kind, json: values.has('--json') };
  }
  const [name] = words;
  if (name === undefined) throw missing('<NAME>');
  if (kind === 'add') return addOf(name, found);
  surplus(words, 1);
  switch (kind) {
    case 'get':
      return { kind, name, json: values.has('--json') };
    case 'login': {
      const scopes = values.get('--scopes')?.flatMap((list) => list.split(','));
      return { kind, name, scopes, registration: registrationOf(values), pasted: values.has('--no-browser') };
    }
    default:
      return { kind, name };
  }
}

function surplus(words: readonly string[], most: number): void {
  const extra = words[most];
  if (extra !== undefined) throw new Misuse(`unexpected argument '${extra}' found`);
}

function registrationOf(values: Collected['values']): RegistrationChoice {
  const value = values.get('--oauth-client-registration')?.[0] ?? 'auto';
  if (value === 'auto' || value === 'cimd' || value === 'dcr') return value;
  throw new Misuse(`invalid value '${value}' for '--oauth-client-registration <AUTO|CIMD|DCR>'\n  [possible values: auto, cimd, dcr]`);
}

function addOf(name: string, { words, values }: Collected): McpCommand {
  const single = (option: string): string | undefined => values.get(option)?.[0];
  const common = { kind: 'add', name, env: variablesOf(values.get('--env') ?? []), registration: registrationOf(values) } as const;
  const url = single('--url');
  const [, program, ...args] = words;
  if (url === undefined) {
    if (Object.keys(add).some((option) => option !== '--env' && values.has(option))) throw missing('--url <URL>');
    if (program === undefined) throw missing('<COMMAND|--url <URL>>');
    return { ...common, server: { argv: [program, ...args] } };
  }
  if (program !== undefined) throw new Misuse("the argument '--url <URL>' cannot be used with '[COMMAND]...'");
  const [clientId, clientSecret] = [single('--oauth-client-id'), single('--oauth-client-secret')];
  if (clientSecret !== undefined && clientId === undefined) throw missing('--oauth-client-id <CLIENT_ID>');
  const [bearerTokenVariable, resource] = [single('--bearer-token-env-var'), single('--oauth-resource')];
  return { ...common, server: { url, bearerTokenVariable, clientId, clientSecret, resource } };
}

function variablesOf(entries: readonly string[]): Record<string, string> {
  const pairs = entries.map((entry): [string, string] => {
    const equals = entry.indexOf('=');
    const key = entry.slice(0, Math.max(0, equals)).trim();
    if (key === '') throw new Misuse(`invalid value '${entry}' for '--env <KEY=VALUE>': environment entries must be in KEY=VALUE form`);
    return [key, entry.slice(equals + 1)];
  });
  return Object.fromEntries(pairs);
}

export const mcpHelp = `Manage the MCP servers of the configuration

Usage: switchyard mcp [OPTIONS] <COMMAND>

Commands:
  list [--json]              All servers, and whether one is signed in at them
  get <NAME> [--json]        One server
  add <NAME> -- <COMMAND>... A server that is a program; the same name again replaces it
      --env <KEY=VALUE>              Variable for the program (repeatable)
  add <NAME> --url <URL>     A server over streamable HTTP; signs in at once when the server asks for it
      --bearer-token-env-var <ENV_VAR>         Variable that holds a bearer token
      --oauth-client-id <CLIENT_ID>            Client that was registered beforehand
      --oauth-client-secret <CLIENT_SECRET>    Its secret; kept in the configuration file
      --oauth-resource <RESOURCE>              Resource to ask for instead of the URL
      --oauth-client-registration <AUTO|CIMD|DCR>
  remove <NAME>              Take a server out of the configuration
  login <NAME>               Print the address to open in a browser and wait for the sign-in
      --scopes <SCOPE,SCOPE>         Ask for these scopes
      --no-browser                   For a browser on another machine: read the address where it ended up from standard input
      --oauth-client-registration <AUTO|CIMD|DCR>
  logout <NAME>              Forget the sign-in

Options:
  -c, --config <key=value>   Override a configuration value; the value is TOML, or else plain text
      --enable <FEATURE>     Same as -c features.FEATURE=true
      --disable <FEATURE>    Same as -c features.FEATURE=false
  -h, --help                 Print help

Changes go to config.toml of the home directory; comments and order stay.
`;
