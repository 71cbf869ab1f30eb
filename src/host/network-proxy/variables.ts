/** The variables that point programs at the proxy. Pure. */

const httpNames =
  'HTTP_PROXY HTTPS_PROXY WS_PROXY WSS_PROXY http_proxy https_proxy ws_proxy wss_proxy BUNDLE_HTTP_PROXY BUNDLE_HTTPS_PROXY ' +
  'DOCKER_HTTP_PROXY DOCKER_HTTPS_PROXY NPM_CONFIG_PROXY NPM_CONFIG_HTTP_PROXY NPM_CONFIG_HTTPS_PROXY npm_config_proxy ' +
  'npm_config_http_proxy npm_config_https_proxy PIP_PROXY YARN_HTTP_PROXY YARN_HTTPS_PROXY';
const socksNames = 'ALL_PROXY FTP_PROXY all_proxy ftp_proxy';
const exemptNames = 'NO_PROXY no_proxy BUNDLE_NO_PROXY NPM_CONFIG_NOPROXY npm_config_noproxy';

const localNetworks = 'localhost,127.0.0.1,::1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16';

export interface ProxyPorts {
  readonly http: number;
  readonly socks: number | undefined;
}

const named = (names: string, value: string): Record<string, string> => Object.fromEntries(names.split(' ').map((name) => [name, value]));

/** For proxies on the loopback address. `allowLocalBinding`: local networks are reached without them. */
export function proxyVariables({ http, socks }: ProxyPorts, options: { allowLocalBinding: boolean }): Record<string, string> {
  const httpUrl = `http://127.0.0.1:${http}`;
  return {
    ...named(httpNames, httpUrl),
    ...named(socksNames, socks === undefined ? httpUrl : `socks5h://127.0.0.1:${socks}`),
    ...named(exemptNames, options.allowLocalBinding ? localNetworks : ''),
    CODEX_NETWORK_PROXY_ACTIVE: '1',
    CODEX_NETWORK_ALLOW_LOCAL_BINDING: options.allowLocalBinding ? '1' : '0',
    ELECTRON_GET_USE_PROXY: 'true',
    NODE_USE_ENV_PROXY: '1',
  };
}

const urlNames = new Set(`${httpNames} ${socksNames}`.split(' '));

/** The loopback ports that the proxy variables of a child name; undefined when one of them names anything else. */
export function loopbackPortsOf(env: Readonly<Record<string, string>>): number[] | undefined {
  const ports = new Set<number>();
  for (const [name, value] of Object.entries(env)) {
    if (!urlNames.has(name) || value === '') continue;
    const port = loopbackPort(value);
    if (port === undefined) return undefined;
    ports.add(port);
  }
  return [...ports];
}

function loopbackPort(text: string): number | undefined {
  const [, host = '', digits = ''] = /^[a-z0-9]+:\/\/(localhost|127(?:\.\d{1,3}){3}|\[::1\]):(\d{1,5})\/?$/i.exec(text) ?? [];
  const port = Number(digits);
  return host !== '' && port >= 1 && port <= 65_535 ? port : undefined;
}
