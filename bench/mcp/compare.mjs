// When two messages of an app-server count as equal: what differs from run to run is taken out first.

/** Members whose value is never twice the same, or is about the machine. */
const varying = new Set([
  ...['emittedAtMs', 'startedAtMs', 'completedAtMs', 'durationMs', 'createdAt', 'updatedAt', 'recencyAt', 'startedAt', 'completedAt'],
  ...['userAgent', 'codexHome', 'path', 'cliVersion', 'instructionSources', 'loginId'],
]);

const id = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** The message with everything taken out that differs from run to run; members in order of their names. */
export function normal(value, names, member) {
  if (varying.has(member) && value !== null && value !== undefined) return '*';
  if (member === 'authorizationUrl' && typeof value === 'string') return address(value);
  if (Array.isArray(value)) return value.map((entry) => normal(entry, names));
  if (typeof value === 'string') return plain(value, names);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, normal(value[key], names, key)]),
  );
}

const plain = (text, { home = '/srv/fixtures/home1', plugin = '/srv/plugin', fixtures = '/srv/fixtures' }) =>
  text
    .replaceAll(home, '<home>')
    .replaceAll(plugin, '<plugin>')
    .replaceAll(fixtures, '<fixtures>')
    .replace(/\/srv\/fixtures\/home\d/g, '<home>')
    .replaceAll('/srv/plugin', '<plugin>')
    .replaceAll('/srv/fixtures', '<fixtures>')
    .replace(id, '<id>')
    .replace(/(call|fc)_\d+/g, '$1_<n>')
    .replace(/^m\d+$/, 'm<n>')
    .replace(/Wall time: [\d.]+/, 'Wall time: <n>')
    .replace(/ after [\d.]+ms/, ' after <n>ms')
    .replace(/config\.toml:\d+:\d+/, 'config.toml:<line>')
    .replace(/"turn_started_at_unix_ms":\d+/, '"turn_started_at_unix_ms":<n>');

/** The parts of an authorization request that are not made up for it. */
export function address(text) {
  const url = new URL(text);
  const params = [...url.searchParams].map(([name, value]) => {
    if (name === 'state' || name === 'code_challenge') return `${name}=<${value.length}>`;
    if (name === 'client_id') return `${name}=${value.replace(/^client_.*/, 'client_<random>')}`;
    return `${name}=${name === 'redirect_uri' ? callback(value) : value}`;
  });
  return `${url.origin}${url.pathname}?${params.join('&')}`;
}

/** Ports are free ones unless they were chosen. */
export const callback = (text) => text.replace(/:(\d+)\//, (all, port) => (port === '8829' ? all : ':<port>/'));

/** What kind of message it is and what it is about. */
export function identity(message) {
  const { method, id: number, params } = message;
  if (method === undefined) return `answer ${number}`;
  const subject = params?.item?.type ?? [params?.name, params?.status?.type ?? params?.status].filter(Boolean).join(' ');
  return `${number === undefined ? 'notification' : 'question'} ${method} ${subject}`.trim();
}

/** One line for each place where two normal values differ. */
export function different(wanted, found, at = '') {
  if (JSON.stringify(wanted) === JSON.stringify(found)) return [];
  if (isNode(wanted) && isNode(found) && Array.isArray(wanted) === Array.isArray(found)) {
    const keys = new Set([...Object.keys(wanted), ...Object.keys(found)]);
    return [...keys].flatMap((key) => different(wanted[key], found[key], `${at}.${key}`));
  }
  return cutShort(wanted, found) ? [] : [`${at}: recorded ${shown(wanted)}, here ${shown(found)}`];
}

/** Long texts were shortened when they were recorded. */
const cutShort = (wanted, found) =>
  typeof wanted === 'string' && typeof found === 'string' && wanted.endsWith('…') && found.startsWith(wanted.slice(0, -1));

const isNode = (value) => typeof value === 'object' && value !== null;
const shown = (value) => (JSON.stringify(value) ?? 'nothing').slice(0, 1000);

/** What one list has and the other has not, in whatever order: several servers are busy at the same time. */
export function unequal(wanted, found) {
  const left = [...found];
  const missing = wanted.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  return [...missing.map((line) => `missing ${line}`), ...left.map((line) => `not in the recording ${line}`)];
}

/** Calls `pair` for strings that stand in the same place. */
export function parallel(one, other, pair) {
  if (typeof one === 'string' && typeof other === 'string') pair(one, other);
  else if (isNode(one) && isNode(other)) for (const key of Object.keys(one)) if (key in other) parallel(one[key], other[key], pair);
}
