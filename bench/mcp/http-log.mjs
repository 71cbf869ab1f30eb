// What the servers of the fixtures were asked, in a form that does not depend on how requests of several connections mingled:
// each session by itself, what happens outside of sessions in its order, and each way of looking for metadata once.
import { address, callback, normal, unequal } from './compare.mjs';

/** One line for each difference; `wanted` and `found` are the lines of two logs. `statuses`: how often that of a thread was asked for. */
export function differentRequests(wanted, found, { statuses, programs = 1 }) {
  const [recorded, ours] = [reusing(requestsIn(wanted), statuses), requestsIn(found)];
  // The searches of two programs at once cannot be told apart.
  if (programs > 1) ours.searches = recorded.searches;
  return Object.keys(recorded).flatMap((part) => unequal(recorded[part], ours[part]).map((line) => `servers, ${part}: ${line}`));
}

function requestsIn(entries) {
  const answers = new Map(entries.filter(({ dir }) => dir === 'res').map(({ n, status }) => [n, status]));
  const sessions = new Map();
  const outside = [];
  const searches = [];
  for (const entry of entries.filter(({ dir }) => dir === 'req')) {
    const session = entry.headers['mcp-session-id'];
    if (session !== undefined) sessions.set(session, [...(sessions.get(session) ?? []), inSession(entry)]);
    else if (isSearch(entry)) searched(searches, entry);
    else outside.push(`${described(entry)} -> ${answers.get(entry.n)}`);
  }
  return {
    outside,
    // Which of two lists is asked for first is nobody's decision.
    sessions: [...sessions.values()].map((requests) => [...requests].sort().join(' | ')),
    searches: [...new Set(searches.map((search) => search.join(' ')))].sort(),
  };
}

/**
 * The original opens a connection each time it tells the state of the servers of a thread; we ask over the connection that the
 * thread has. So what it asked over such a connection, it should have asked over the first.
 */
function reusing({ outside, sessions, ...rest }, statuses) {
  const [own, ...others] = sessions;
  const opened = own === undefined ? 0 : Math.min(statuses, others.length);
  if (opened === 0) return { outside, sessions, ...rest };
  const lists = others.slice(-opened).flatMap((session) => session.split(' | ').filter((request) => request.startsWith('POST resources/')));
  const welcomes = outside.filter((request) => request.includes('"initialize"') && request.endsWith('200'));
  const fewer = [...outside];
  for (const request of welcomes.slice(-opened)) fewer.splice(fewer.lastIndexOf(request), 1);
  return { outside: fewer, sessions: [[...own.split(' | '), ...lists].sort().join(' | '), ...others.slice(0, -opened)], ...rest };
}

const isSearch = ({ method, url }) => method === 'GET' && !url.startsWith('/authorize');

/** A search begins with the server itself. */
function searched(searches, { at, url, headers }) {
  const step = `${at}${url}${headers['mcp-protocol-version'] === undefined ? ' (no version)' : ''}`;
  if (url === '/mcp' || searches.length === 0) searches.push([step]);
  else searches.at(-1).push(step);
}

function inSession({ method, body, headers }) {
  const facts = [headers['mcp-protocol-version'], headers.accept, headers.authorization?.split(' ')[0] ?? 'no authorization'];
  return `${method} ${method === 'POST' ? rpc(body) : ''} (${facts.join(', ')})`;
}

function rpc(body) {
  const { method, params } = JSON.parse(body);
  const subject = params?.cursor ?? params?.name ?? params?.reason ?? '';
  return `${method} ${subject}`.trim();
}

function described({ at, method, url, headers, body }) {
  const agent = headers['user-agent'];
  const common = `${at} ${method}`;
  if (url === '/mcp')
    return `${common} ${JSON.stringify(normal(JSON.parse(body), {}))} (${headers.accept}, ${headers.authorization?.split(' ')[0] ?? 'no authorization'}, ${agent})`;
  if (url.startsWith('/authorize')) return `${common} ${address(`http://as${url}`)}`;
  return `${common} ${url} ${url === '/token' ? form(body) : callback(body)} (${agent})`;
}

/** Secrets of one run by their kind. */
const form = (body) =>
  [...new URLSearchParams(body)]
    .map(
      ([name, value]) =>
        `${name}=${name === 'redirect_uri' ? callback(value) : value.replace(/^(code_|client_|rt_(?!seed)).*/, '$1<random>')}`,
    )
    .map((pair) => pair.replace(/^code_verifier=(.*)$/, (_, value) => `code_verifier=<${value.length}>`))
    .join('&');
