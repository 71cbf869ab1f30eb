/**
 * The answer to `initialize`, built without a schema library, so that the program can give it before anything heavy is
 * loaded. Both the early start (`cli/early-start.ts`) and every later connection take it from here.
 */

/** The version of the reference program whose wire this server speaks; clients parse it out of the user agent. */
export const compatibleVersion = '0.169.0';
/** Our own version; pinned to package.json by a test. */
export const ownVersion = '0.1.0';

/** What the answer says about this machine. */
export interface MachineFacts {
  readonly osName: string;
  readonly osVersion: string;
  readonly arch: string;
  /** The terminal program the server runs under, `unknown` when none says so. */
  readonly terminal: string;
  readonly hostName: string;
  readonly platformFamily: 'unix' | 'windows';
  readonly platformOs: string;
}

export interface ClientIdentity {
  readonly name: string;
  readonly title: string | null;
  readonly version: string;
}

/** What one client said it can do. */
export interface ClientCapabilities {
  readonly experimentalApi: boolean;
  readonly requestAttestation: boolean;
  readonly mcpServerOpenaiFormElicitation: boolean;
  readonly optOutNotificationMethods: readonly string[];
}

export interface InitializeResult {
  readonly userAgent: string;
  readonly codexHome: string;
  readonly platformFamily: string;
  readonly platformOs: string;
}

/** What remains of a successful `initialize`. */
export interface Initialized {
  readonly client: ClientIdentity;
  readonly capabilities: ClientCapabilities;
  /** The state of remote control was told right after the answer. */
  readonly statusTold?: boolean;
}

export const noCapabilities: ClientCapabilities = {
  experimentalApi: false,
  requestAttestation: false,
  mcpServerOpenaiFormElicitation: false,
  optOutNotificationMethods: [],
};

/** True for text that may stand in an HTTP header: no control characters but the tab. */
export const isHeaderValue = (text: string): boolean => !/[\u0000-\u0008\u000a-\u001f\u007f]/.test(text);

/**
 * `NAME/0.169.0 (OS VERSION; ARCH) TERMINAL (NAME; CLIENTVERSION) switchyard/OWN`. `originator` is the name of the
 * first client of the process, which the reference puts in front for every later one too.
 */
export function userAgent(facts: MachineFacts, originator: string, client: ClientIdentity): string {
  const system = `(${facts.osName} ${facts.osVersion}; ${facts.arch}) ${facts.terminal}`;
  const text = `${originator}/${compatibleVersion} ${system} (${client.name}; ${client.version}) switchyard/${ownVersion}`;
  return isHeaderValue(text) ? text : text.replace(/[\u0000-\u0008\u000a-\u001f\u007f]/g, '_');
}

export function initializeResult(facts: MachineFacts, codexHome: string, originator: string, client: ClientIdentity): InitializeResult {
  return {
    userAgent: userAgent(facts, originator, client),
    codexHome,
    platformFamily: facts.platformFamily,
    platformOs: facts.platformOs,
  };
}

/** What is sent once after `initialize`, and asked for later. */
export interface RemoteControlState {
  readonly status: 'disabled';
  readonly serverName: string;
  readonly installationId: string;
  readonly environmentId: null;
}

export const remoteControlState = (facts: MachineFacts, installationId: string): RemoteControlState => ({
  status: 'disabled',
  serverName: facts.hostName,
  installationId,
  environmentId: null,
});

/** A JSON object. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const optionalBoolean = (value: unknown): value is boolean | undefined => value === undefined || typeof value === 'boolean';
const optionalText = (value: unknown): value is string | null | undefined =>
  value === undefined || value === null || typeof value === 'string';

function readClient(value: unknown): ClientIdentity | undefined {
  if (!isRecord(value)) return undefined;
  const { name, title, version } = value;
  if (typeof name !== 'string' || typeof version !== 'string' || !optionalText(title) || !isHeaderValue(name)) return undefined;
  return { name, title: title ?? null, version };
}

function readCapabilities(value: unknown): ClientCapabilities | undefined {
  if (value === undefined || value === null) return noCapabilities;
  if (!isRecord(value)) return undefined;
  const flags = [
    'experimentalApi',
    'requestAttestation',
    'mcpServerOpenaiFormElicitation',
    'requiredHumanApproval',
    'explicitGatewayOauth',
  ];
  if (!flags.every((flag) => optionalBoolean(value[flag]))) return undefined;
  const optOut = value.optOutNotificationMethods ?? [];
  if (!Array.isArray(optOut) || !optOut.every((method) => typeof method === 'string')) return undefined;
  const extensions = value.extensions ?? {};
  if (!isRecord(extensions)) return undefined;
  return {
    experimentalApi: value.experimentalApi === true,
    requestAttestation: value.requestAttestation === true,
    mcpServerOpenaiFormElicitation: value.mcpServerOpenaiFormElicitation === true || isRecord(extensions['openai/form']),
    optOutNotificationMethods: optOut,
  };
}

/** The meaning of well-formed `initialize` params; undefined when anything about them is odd (the schema then says what). */
export function readInitializeParams(params: unknown): Initialized | undefined {
  if (!isRecord(params)) return undefined;
  const client = readClient(params.clientInfo);
  const capabilities = readCapabilities(params.capabilities);
  return client && capabilities ? { client, capabilities } : undefined;
}

export interface InitializeRequest extends Initialized {
  readonly id: string | number;
}

/** A line that is exactly a well-formed `initialize` request, or undefined. */
export function readInitializeLine(line: string): InitializeRequest | undefined {
  let message: unknown;
  try {
    message = JSON.parse(line);
  } catch {
    // Not ours to answer: the full reader decides what a malformed line means.
    return undefined;
  }
  if (!isRecord(message) || message.method !== 'initialize') return undefined;
  const { id } = message;
  if (typeof id !== 'string' && !(typeof id === 'number' && Number.isSafeInteger(id))) return undefined;
  const initialized = readInitializeParams(message.params);
  return initialized && { id, ...initialized };
}
