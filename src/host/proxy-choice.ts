/** Which proxy, if any, the usual environment variables name for an address. */

type Env = Readonly<Record<string, string | undefined>>;

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i;

/** The lower-case form wins, as curl has it. Blank counts as unset. */
function variable(env: Env, name: string): string | undefined {
  const value = env[name.toLowerCase()] ?? env[name];
  return value === undefined || value.trim() === '' ? undefined : value.trim();
}

function exempt(host: string, port: string, list: string): boolean {
  return list.split(/[\s,]+/).some((entry) => {
    if (entry === '') return false;
    if (entry === '*') return true;
    const [, name = '', onlyPort] = /^\*?\.?(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
    if (onlyPort !== undefined && onlyPort !== port) return false;
    return host === name || host.endsWith(`.${name}`);
  });
}

/** The proxy's address, or undefined for a direct connection. Loopback addresses are always direct. */
export function proxyFor(url: string, env: Env): string | undefined {
  const secure = url.startsWith('https:');
  const proxy = variable(env, secure ? 'HTTPS_PROXY' : 'HTTP_PROXY') ?? variable(env, 'ALL_PROXY');
  if (proxy === undefined) return undefined;
  const { hostname, port } = new URL(url);
  const host = hostname.toLowerCase();
  if (loopback.test(host)) return undefined;
  if (exempt(host, port || (secure ? '443' : '80'), variable(env, 'NO_PROXY') ?? '')) return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}
