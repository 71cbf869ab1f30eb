// What an exec-server was asked about MCP servers: programs started, lines written, requests made.
const methods = new Set(['process/start', 'process/write', 'http/request']);

/** `frames` have a direction, a message and the text that the message carries. `distinct`: how often does not count. */
export function askedOf(frames, names, distinct) {
  const asked = frames
    .filter(({ direction, message }) => direction === '->' && methods.has(message?.method))
    .map(({ message, text }) => described(message, text, names));
  return distinct ? [...new Set(asked)] : asked;
}

/** `params.processId` is a name that we make up, so every process is the same one here. */
function described({ method, params }, text, names) {
  if (method === 'process/start') return `start ${plain(JSON.stringify(started(params)), names)}`;
  if (method === 'process/write') return `write ${params.writeId} ${spoken(text)}`;
  return `request ${plain(JSON.stringify(requested(params, text)), names)}`;
}

const sortedBy = (list, key) => [...list].sort((a, b) => (key(a) < key(b) ? -1 : 1));
const sortedMembers = (table) => Object.fromEntries(Object.entries(table).sort(([a], [b]) => (a < b ? -1 : 1)));

/** A member that is null or false says what an absent one says. */
const said = (members) => Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null && value !== false));

const started = ({ processId: _, env, envPolicy, ...rest }) => ({
  ...sortedMembers(said(rest)),
  env: sortedMembers(env),
  envPolicy: { ...envPolicy, set: sortedMembers(envPolicy.set) },
});

/** One message of MCP; its number depends on what else was asked. */
function spoken(text) {
  const { method, params } = JSON.parse(text);
  const { cursor, name, arguments: args } = params ?? {};
  return JSON.stringify({ method, cursor, name, args });
}

/** What is left of the time for a start is another number each time, and whether the body of a goodbye is streamed is nothing to see. */
function requested({ method, url, headers, timeoutMs, redirectPolicy }, text) {
  const kinds = headers.map(({ name, value, valueEnvVar }) => ({ name, value: secret(name, value), valueEnvVar }));
  const told = kinds.filter(({ name, value }) => name !== 'accept' || value !== '*/*');
  const isMessage = url.endsWith('/mcp') && text;
  const rest = isMessage ? { body: spoken(text) } : { timeoutMs };
  return { method, url, headers: sortedBy(told, ({ name }) => name), redirectPolicy, ...rest };
}

const secret = (name, value) => (name === 'authorization' || name === 'mcp-session-id' ? '<secret>' : value);

const plain = (text, { fixtures, plugin }) =>
  text
    .replaceAll(plugin, '<plugin>')
    .replaceAll(fixtures, '<fixtures>')
    .replaceAll('/srv/plugin', '<plugin>')
    .replaceAll('/srv/fixtures', '<fixtures>');

/** The frames of a recording. What was in base64 is text there, after a mark. */
export function recordedFrames(lines) {
  return lines.flatMap(({ dir, m: message }) => {
    if (message === undefined || dir === 'xx') return [];
    const packed = message.params?.chunk ?? message.params?.bodyBase64;
    return [{ direction: dir, message, text: typeof packed === 'string' ? packed.replace(/^«b64» /, '') : undefined }];
  });
}
