/** The command line: which command was asked for, with which options. Nothing here touches the system. */
import { parseArgs } from 'node:util';
import { misuse } from './misuse.ts';
import { commandWord } from './option-words.ts';

export type Listen =
  | { readonly kind: 'stdio' }
  | { readonly kind: 'ws'; readonly host: string; readonly port: number }
  /** Undefined: the control socket under the home directory. */
  | { readonly kind: 'unix'; readonly path: string | undefined }
  | { readonly kind: 'off' };

export interface WsAuthFlags {
  readonly mode: 'capability-token' | 'signed-bearer-token' | undefined;
  readonly tokenFile: string | undefined;
  readonly tokenSha256: string | undefined;
  readonly sharedSecretFile: string | undefined;
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
  readonly maxClockSkewSeconds: number;
}

/** True when none of the flags about who may open a WebSocket was given. */
export const isOpenToAll = ({ maxClockSkewSeconds: _, ...given }: WsAuthFlags): boolean =>
  Object.values(given).every((value) => value === undefined);

export interface AppServerFlags {
  readonly listen: Listen;
  /** `key=value` texts in the order given; features come last, as `features.NAME=true|false`. */
  readonly overrides: readonly string[];
  readonly strictConfig: boolean;
  readonly wsAuth: WsAuthFlags;
  readonly printStartupConfig: boolean;
  /** Forgets the stored credentials first; only together with `printStartupConfig`. */
  readonly startupSignOut: boolean;
}

export interface ExecServerFlags {
  readonly listen: Extract<Listen, { kind: 'stdio' | 'ws' }>;
  /** Requests of one connection that are handled at once. */
  readonly concurrentRequests: number;
  readonly wsAuth: WsAuthFlags;
  /** The end of standard input ends a WebSocket server. */
  readonly exitOnStdinClose: boolean;
  /** A configuration file that cannot be read stops the start instead of being passed over. */
  readonly strictConfig: boolean;
}

const ownReaders = ['execpolicy', 'mcp', 'sandbox'] as const;
type OwnReader = (typeof ownReaders)[number];

export type Command =
  | { readonly kind: 'app-server'; readonly flags: AppServerFlags }
  | { readonly kind: 'exec-server'; readonly flags: ExecServerFlags }
  | { readonly kind: 'generate'; readonly what: 'json-schema' | 'ts'; readonly out: string; readonly experimental: boolean }
  /** All words but the command's own name: it reads them itself once it is loaded, for the servers start without it. */
  | { readonly kind: OwnReader; readonly args: readonly string[] }
  | { readonly kind: 'doctor'; readonly json: boolean }
  | { readonly kind: 'demo'; readonly yes: boolean }
  | { readonly kind: 'version' }
  | { readonly kind: 'help'; readonly topic: 'program' | 'app-server' | 'exec-server' }
  /** Wrong use: the text goes to stderr and the process ends with status 2. */
  | { readonly kind: 'usage'; readonly message: string };

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const many = { type: 'string', multiple: true } as const;

const options = {
  config: { ...many, short: 'c' },
  enable: many,
  disable: many,
  listen: text,
  stdio: flag,
  'strict-config': flag,
  'ws-auth': text,
  'ws-token-file': text,
  'ws-token-sha256': text,
  'ws-shared-secret-file': text,
  'ws-issuer': text,
  'ws-audience': text,
  'ws-max-clock-skew-seconds': text,
  'concurrent-requests': text,
  'exit-on-stdin-close': flag,
  'linux-sandbox-pid-namespace': text,
  'proxy-private-ips-via-upstream': flag,
  remote: text,
  'environment-id': text,
  name: text,
  'analytics-default-enabled': flag,
  'startup-sign-out': flag,
  'print-startup-config': flag,
  'startup-client-info': text,
  'cloud-skills-snapshot': text,
  'code-mode-host': text,
  out: { ...text, short: 'o' },
  prettier: { ...text, short: 'p' },
  experimental: flag,
  json: flag,
  yes: { ...flag, short: 'y' },
  help: { ...flag, short: 'h' },
  version: { ...flag, short: 'V' },
} as const;

const usage = (message: string): Command => ({ kind: 'usage', message: misuse(message) });

/** The meaning of `--listen`; a text says what is wrong with it. */
export function parseListen(url: string): Listen | string {
  if (url === 'stdio://') return { kind: 'stdio' };
  if (url === 'off') return { kind: 'off' };
  if (url.startsWith('unix://')) return { kind: 'unix', path: url.length > 7 ? url.slice(7) : undefined };
  if (url.startsWith('ws://')) {
    const [, v6, v4, port = ''] = /^ws:\/\/(?:\[([0-9a-fA-F:]+)\]|(\d+\.\d+\.\d+\.\d+)):(\d{1,5})\/?$/.exec(url) ?? [];
    const host = v6 ?? v4;
    if (host === undefined || Number(port) > 65535 || v4?.split('.').some((part) => Number(part) > 255))
      return `invalid websocket --listen URL \`${url}\`; expected \`ws://IP:PORT\``;
    return { kind: 'ws', host, port: Number(port) };
  }
  return `unsupported --listen URL \`${url}\`; expected \`stdio://\`, \`unix://\`, \`unix://PATH\`, \`ws://IP:PORT\`, or \`off\``;
}

const parse = (args: readonly string[]) => parseArgs({ args: [...args], options, allowPositionals: true });
type Values = ReturnType<typeof parse>['values'];

/** The flags about who may open a WebSocket; a text says what is wrong with them. */
function wsAuthOf(values: Values): WsAuthFlags | string {
  const mode = values['ws-auth'];
  if (mode !== undefined && mode !== 'capability-token' && mode !== 'signed-bearer-token')
    return `invalid value '${mode}' for '--ws-auth <MODE>'\n  [possible values: capability-token, signed-bearer-token]`;
  const skew = Number(values['ws-max-clock-skew-seconds'] ?? '30');
  if (!Number.isSafeInteger(skew) || skew < 0)
    return `invalid value '${values['ws-max-clock-skew-seconds']}' for '--ws-max-clock-skew-seconds <SECONDS>'`;
  return {
    mode,
    tokenFile: values['ws-token-file'],
    tokenSha256: values['ws-token-sha256'],
    sharedSecretFile: values['ws-shared-secret-file'],
    issuer: values['ws-issuer'],
    audience: values['ws-audience'],
    maxClockSkewSeconds: skew,
  };
}

function execServer(values: Values): Command {
  if (values.remote !== undefined) return usage('remote registration is not part of this version: use --listen');
  const url = values.listen ?? 'ws://127.0.0.1:0';
  const parsed = parseListen(url === 'stdio' ? 'stdio://' : url);
  if (typeof parsed === 'string' && url.startsWith('ws://')) return usage(`invalid value '${url}' for '--listen <URL>': ${parsed}`);
  if (typeof parsed === 'string' || (parsed.kind !== 'stdio' && parsed.kind !== 'ws'))
    return usage(
      `invalid value '${url}' for '--listen <URL>': unsupported --listen URL \`${url}\`; expected \`ws://IP:PORT\` or \`stdio\``,
    );
  const requests = Number(values['concurrent-requests'] ?? '1');
  if (!Number.isSafeInteger(requests) || requests < 1)
    return usage(`invalid value '${values['concurrent-requests']}' for '--concurrent-requests <N>'`);
  const wsAuth = wsAuthOf(values);
  if (typeof wsAuth === 'string') return usage(wsAuth);
  return {
    kind: 'exec-server',
    flags: {
      listen: parsed,
      concurrentRequests: requests,
      wsAuth,
      exitOnStdinClose: values['exit-on-stdin-close'] ?? false,
      strictConfig: values['strict-config'] ?? false,
    },
  };
}

function appServer(values: Values): Command {
  const listen = parseListen(values.stdio ? 'stdio://' : (values.listen ?? 'stdio://'));
  if (typeof listen === 'string') return usage(`invalid value '${values.listen}' for '--listen <URL>': ${listen}`);
  const wsAuth = wsAuthOf(values);
  if (typeof wsAuth === 'string') return usage(wsAuth);
  const wrong = (values.config ?? []).find((entry) => !/^[^=]+=/.test(entry));
  if (wrong !== undefined) return usage(`invalid value '${wrong}' for '--config <key=value>': expected key=value`);
  if (values['startup-sign-out'] && !values['print-startup-config'])
    return usage('the following required arguments were not provided:\n  --print-startup-config');
  const features = [
    ...(values.enable ?? []).map((name) => `features.${name}=true`),
    ...(values.disable ?? []).map((name) => `features.${name}=false`),
  ];
  return {
    kind: 'app-server',
    flags: {
      listen,
      overrides: [...(values.config ?? []), ...features],
      strictConfig: values['strict-config'] ?? false,
      wsAuth,
      printStartupConfig: values['print-startup-config'] ?? false,
      startupSignOut: values['startup-sign-out'] ?? false,
    },
  };
}

function generate(what: string, values: Values): Command {
  if (values.out === undefined) return usage('the following required arguments were not provided:\n  --out <DIR>');
  return {
    kind: 'generate',
    what: what === 'generate-ts' ? 'ts' : 'json-schema',
    out: values.out,
    experimental: values.experimental ?? false,
  };
}

const notBuilt: Readonly<Record<string, string>> = {
  daemon: 'the daemon is not part of this version: start `switchyard app-server --listen unix://` instead',
  proxy: 'the proxy is not part of this version: connect to the socket of `switchyard app-server --listen unix://` instead',
};

function helpAbout(words: readonly string[]): Command {
  const named = ownReaders.find((kind) => words.includes(kind));
  if (named) return { kind: named, args: ['--help'] };
  return { kind: 'help', topic: (['app-server', 'exec-server'] as const).find((topic) => words.includes(topic)) ?? 'program' };
}

function choose(words: readonly string[], values: Values): Command {
  const [command, sub, extra] = words;
  if (values.version && command === undefined) return { kind: 'version' };
  if (values.help || command === 'help') return helpAbout(words.slice(0, 2));
  if (command === undefined) return { kind: 'usage', message: programHelp };
  if (command === 'app-server' && sub !== undefined) {
    if (notBuilt[sub] !== undefined) return usage(notBuilt[sub]);
    if (!sub.startsWith('generate-') || extra !== undefined)
      return usage(`unrecognized subcommand '${extra ?? sub}'\n\nUsage: switchyard app-server [OPTIONS] [COMMAND]`);
    return choose([sub], values);
  }
  if (command === 'app-server') return appServer(values);
  if (notBuilt[command] !== undefined) return usage(notBuilt[command]);
  if (sub !== undefined) return usage(`unexpected argument '${sub}' found`);
  if (command === 'exec-server') return execServer(values);
  if (command === 'generate-ts' || command === 'generate-json-schema') return generate(command, values);
  if (command === 'doctor') return { kind: 'doctor', json: values.json ?? false };
  if (command === 'demo') return { kind: 'demo', yes: values.yes ?? false };
  return usage(`unrecognized subcommand '${command}'\n\nUsage: switchyard [OPTIONS] <COMMAND>`);
}

/** The arguments after the program's name. Never throws. */
export function parseCommand(args: readonly string[]): Command {
  // What follows the command's name belongs to the command, whatever it looks like.
  for (const kind of ownReaders) {
    const at = commandWord(args, kind);
    if (at !== undefined && (at === 0 || kind !== 'execpolicy')) return { kind, args: args.toSpliced(at, 1) };
  }
  const [command, option, url, ...more] = args;
  // As orchestrators write it, and they wait for the listener: Node's reader of options takes a millisecond to load.
  if (command === 'exec-server' && option === '--listen' && url !== undefined && !url.startsWith('-') && more.length === 0)
    return execServer({ listen: url });
  try {
    const { values, positionals } = parse(args);
    return choose(positionals, values);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return usage(/Unknown option '([^']+)'/.test(message) ? `unexpected argument '${/'([^']+)'/.exec(message)?.[1]}' found` : message);
  }
}

export const programHelp = `switchyard: a drop-in replacement for the Codex app-server and exec-server

Usage: switchyard [OPTIONS] <COMMAND>

Commands:
  app-server            Serve threads and turns to an editor (stdio, ws://IP:PORT, unix://)
  exec-server           Serve this machine's processes and files to an orchestrator (ws://IP:PORT, stdio)
  sandbox               Run one command under the sandbox that agents' commands get
  mcp                   List, add and remove MCP servers, and sign in and out at them
  execpolicy check      Say what rule files decide about a command, as JSON
  demo                  Start the server on a scratch workspace and run a turn with an approval (--yes answers it)
  doctor                Report what this machine offers (--json for a program to read)
  generate-json-schema  Write the protocol as JSON Schema (--out DIR [--experimental])
  generate-ts           Write the protocol as TypeScript (--out DIR [--experimental])

Options:
  -c, --config <key=value>   Override a configuration value; the value is TOML, or else plain text
      --enable <FEATURE>     Same as -c features.FEATURE=true
      --disable <FEATURE>    Same as -c features.FEATURE=false
  -h, --help                 Print help
  -V, --version              Print the version
`;

export const appServerHelp = `Serve threads and turns to an editor

Usage: switchyard app-server [OPTIONS] [COMMAND]

Commands:
  generate-ts           Write the protocol as TypeScript
  generate-json-schema  Write the protocol as JSON Schema

Options:
      --listen <URL>         stdio:// (default), ws://IP:PORT, unix://, unix://PATH or off
      --stdio                Same as --listen stdio://
  -c, --config <key=value>   Override a configuration value; the value is TOML, or else plain text
      --enable <FEATURE>     Same as -c features.FEATURE=true
      --disable <FEATURE>    Same as -c features.FEATURE=false
      --strict-config        Refuse to start when the configuration has unknown keys
      --print-startup-config Check the configuration, print the requirements as JSON and end
      --startup-sign-out     Forget the stored credentials before that
      --ws-auth <MODE>       capability-token or signed-bearer-token
      --ws-token-file <PATH>             File with the capability token
      --ws-token-sha256 <HEX>            SHA-256 of the capability token
      --ws-shared-secret-file <PATH>     File with the secret that signs bearer tokens (32 bytes or more)
      --ws-issuer <ISSUER>               Expected issuer of bearer tokens
      --ws-audience <AUDIENCE>           Expected audience of bearer tokens
      --ws-max-clock-skew-seconds <N>    Clock skew to tolerate in bearer tokens (default 30)
  -h, --help                 Print help

Accepted for compatibility and without effect: --analytics-default-enabled (nothing is ever sent), --startup-client-info,
--cloud-skills-snapshot, --code-mode-host.
`;

export const execServerHelp = `Serve this machine's processes and files to an orchestrator

Usage: switchyard exec-server [OPTIONS]

Options:
      --listen <URL>         ws://IP:PORT (default ws://127.0.0.1:0; the bound URL is printed) or stdio
      --concurrent-requests <N>  Requests of one connection that are handled at once (default 1)
      --exit-on-stdin-close  End a WebSocket server when standard input ends
      --ws-auth <MODE>       capability-token or signed-bearer-token
      --ws-token-file <PATH>             File with the capability token
      --ws-token-sha256 <HEX>            SHA-256 of the capability token
      --ws-shared-secret-file <PATH>     File with the secret that signs bearer tokens (32 bytes or more)
      --ws-issuer <ISSUER>               Expected issuer of bearer tokens
      --ws-audience <AUDIENCE>           Expected audience of bearer tokens
      --ws-max-clock-skew-seconds <N>    Clock skew to tolerate in bearer tokens (default 30)
  -h, --help                 Print help

Accepted for compatibility and without effect: -c, --enable, --disable, --strict-config, --linux-sandbox-pid-namespace,
--proxy-private-ips-via-upstream.
`;
