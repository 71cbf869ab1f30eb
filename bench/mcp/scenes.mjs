// How each recording was made, as far as the recording itself does not say: configuration, servers and what goes wrong.
import { authority, serverUrl } from './stage.mjs';

const stdio = (name, { fixtures }, rest = '') =>
  `[mcp_servers.${name}]\ncommand = "node"\nargs = ["${fixtures}/stdio-server.mjs", "argA"]\n${rest}\n`;
const web = (rest = '') => `[mcp_servers.web]\nurl = "${serverUrl}"\n${rest}\n`;

/** Over stdio, with a variable that is passed on and one that is set. */
const overStdio = {
  config: (stage) =>
    stdio('fix', stage, `env_vars = ["FIX_FROM_PARENT"]\n[mcp_servers.fix.env]\nFIX_LOG = "${stage.fixtures}/fix.log"\nFIX_X = "1"`),
  variables: {
    FIX_FROM_PARENT: 'yes',
    ...{ CURL_CA_BUNDLE: '/x', GIT_SSL_CAINFO: '/x', NODE_EXTRA_CA_CERTS: '/x', PIP_CERT: '/x', REQUESTS_CA_BUNDLE: '/x' },
    SSL_CERT_FILE: '/etc/ssl/certs/ca-certificates.crt',
  },
};

/** A server without sign-in. */
const open = (switches = {}, rest = '') => ({ server: { AUTH: 'off', ...switches }, config: () => web(rest) });
/** A server that asks for a login; `browser` is what becomes of the address that the user opens. */
const guarded = (switches = {}, more = {}) => ({ server: switches, config: () => web(), browser: 'follow', ...more });

/** A login that was kept before; its token is over. */
const kept = (issuer = authority) =>
  JSON.stringify({
    'web|319ca816ea613d17': {
      ...{ server_name: 'web', server_url: serverUrl, issuer, client_id: 'c1', access_token: 'at_old' },
      ...{ expires_at: 1_700_000_000_000, refresh_token: 'rt_seed', scopes: ['mcp:read'] },
    },
  });
const seeded = (switches = {}, { issuer, ...more } = {}) => ({
  server: { SEED_RT: 'rt_seed', ...switches },
  config: () => web(),
  home: { '.credentials.json': kept(issuer) },
  ...more,
});

/** A bad server of every kind; the comparison is about what each is said to fail of. */
const failing = ({ fixtures }) => `[mcp_servers.remsrc]
command = "node"
env_vars = [{ name = "X", source = "remote" }]
[mcp_servers.exits]
command = "node"
args = ["${fixtures}/stdio-server.mjs"]
env = { FIX_EXIT = "3" }
[mcp_servers.bear]
url = "http://127.0.0.1:1/mcp"
bearer_token_env_var = "NOPE_TOKEN"
[mcp_servers.refused]
url = "http://127.0.0.1:1/mcp"
[mcp_servers."bad name"]
command = "node"
[mcp_servers.slow]
command = "node"
args = ["${fixtures}/stdio-server.mjs"]
startup_timeout_sec = 0.2
env = { FIX_DELAY_MS = "3000" }
[mcp_servers.gone]
command = "/no/such"
[mcp_servers.off]
command = "x"
enabled = false
[mcp_servers.unkenv]
command = "x"
environment_id = "moon"
`;

const crashing = ({ fixtures }) => `[mcp_servers.rhttp]
url = "${serverUrl}"
environment_id = "worker"
[mcp_servers.rhttpenv]
url = "${serverUrl}"
environment_id = "worker"
env_http_headers = { x-a = "FIXH" }
[mcp_servers.crash]
command = "node"
args = ["${fixtures}/stdio-server.mjs"]
env = { FIX_LOG = "${fixtures}/fix.log" }
[mcp_servers.nocwd]
command = "node"
args = ["${fixtures}/stdio-server.mjs"]
environment_id = "worker"
`;

const killCrashing = (stage) => {
  const { pid } = JSON.parse(stage.read('fixtures/fix.log').trim().split('\n').at(-1));
  process.kill(pid, 'SIGKILL');
};

const remote = ({ fixtures }) => `[mcp_servers.cfgremote]
command = "node"
args = ["${fixtures}/stdio-server.mjs", "cfg"]
cwd = "${fixtures}"
environment_id = "worker"
env_vars = ["FIX_HOST_ONLY", { name = "FIX_EXEC_ONLY", source = "remote" }]
env = { FIX_LOG = "${fixtures}/rfix.log" }
`;

/** Of the plugin of the recording; `escape` and `localsrc` are bad entries that take nothing else with them. */
const pluginServers = ({ fixtures }) => {
  const server = { command: 'node', args: [`${fixtures}/stdio-server.mjs`] };
  return JSON.stringify({
    mcpServers: {
      rstdio: {
        ...{ command: 'node', args: [`${fixtures}/stdio-server.mjs`, 'remote'], env: { FIX_LOG: `${fixtures}/rfix.log` } },
        ...{ env_vars: ['FIX_EXEC_ONLY'], startup_timeout_sec: 20 },
      },
      rweb: { type: 'http', url: serverUrl, environment_id: 'local' },
      bad: { url: serverUrl, bearer_token_env_var: 'TOK' },
      escape: { ...server, cwd: '../' },
      localsrc: { ...server, env_vars: [{ name: 'X', source: 'local' }] },
    },
  });
};

const onExecutor = {
  config: remote,
  variables: { FIX_HOST_ONLY: 'on-host' },
  executor: { FIX_EXEC_ONLY: 'on-executor' },
};

/** Loses the answer to one write, later another write, and the connection each time. */
function loseWrites() {
  let answer;
  const lost = new Set();
  return ({ direction, message, text }) => {
    const write = direction === '->' && message?.method === 'process/write' && text?.includes('"tools/call"');
    if (write && text.includes('lose-reply') && !lost.has('reply')) answer = message.id;
    if (direction === '<-' && answer !== undefined && message?.id === answer) {
      answer = undefined;
      lost.add('reply');
      return 'cut';
    }
    if (write && text.includes('lose-request') && !lost.has('request')) {
      lost.add('request');
      return 'cut';
    }
    return undefined;
  };
}

/** Two programs that start together on one home; each is done when its server is. */
const twice = [
  { dir: '->', m: { method: 'initialize', id: 1, params: { clientInfo: { name: 'probe', title: 'probe', version: '0' } } } },
  { dir: '->', m: { method: 'initialized' } },
  {
    dir: '->',
    m: { method: 'thread/start', id: 2, params: { cwd: '/srv/fixtures', approvalPolicy: 'never', sandbox: 'danger-full-access' } },
  },
  { dir: '<-', m: { method: 'mcpServer/startupStatus/updated', params: { name: 'web', status: 'ready' } } },
];

/**
 * By name of the recording. `requests`: the recording whose client's messages are sent, when it is not its own, up to the one
 * with the id `last`; `sent` and `answered`: what happens when a message of that id has been sent or answered; `reload`: configurations before the reload of that id.
 */
export const scenes = {
  'stdio-basic': overStdio,
  'tool-results': overStdio,
  'model-request-tools': { ...overStdio, requests: 'approvals-elicitation', last: 3 },
  'approvals-elicitation': overStdio,
  'approvals-never': overStdio,
  'approvals-persist': overStdio,
  'prompt-mode-and-paused-timeout': {
    config: (stage) =>
      stdio(
        's',
        stage,
        'default_tools_approval_mode = "prompt"\ntool_timeout_sec = 1\n[mcp_servers.s.tools.ask_form]\napproval_mode = "approve"',
      ),
  },
  interrupt: open(),
  'session-expiry': open({ FORGET_SESSIONS_AFTER: '4' }),
  'tool-timeout': open({}, 'tool_timeout_sec = 2'),
  'init-503-retry': { ...open({ FAIL_POSTS: '2' }), requests: 'session-expiry', last: 3 },
  'startup-failures': { config: failing },
  'login-errors-and-reload': {
    ...guarded(),
    config: (stage) => stdio('std', stage, 'env = { FIX_TOOLS = "echo,environ,destroy_meta" }') + web(),
    browseAt: 9,
    reload: {
      21: (stage) => stdio('std2', stage) + web(),
      25: () => '[mcp_servers.none]\nenabled = true\n',
    },
  },
  'crash-and-remote-http': {
    server: { AUTH: 'off' },
    config: crashing,
    executor: {},
    answered: { 6: killCrashing },
  },
  'oauth-login': guarded(),
  'oauth-no-s256': guarded({ PKCE_META: 'plain' }),
  'oauth-denied': guarded({ DENY: '1' }),
  'oauth-bad-state': guarded({}, { browser: 'other state' }),
  'oauth-bad-iss': guarded({ BAD_ISS: '1' }),
  // The vendor's document is not used of our own accord.
  'oauth-cimd': guarded({ ISS: '1', CIMD: '1' }, { top: 'mcp_oauth_client_metadata_url = "https://chatgpt.com/oauth/codex/client.json"' }),
  'oauth-preset-client': guarded(
    { NO_DCR: '1' },
    {
      top: 'mcp_oauth_callback_port = 8829',
      config: () => web('scopes = ["cfg:1"]\noauth_resource = "https://res.example/x"\noauth = { client_id = "preset-client" }'),
    },
  ),
  'keyring-unavailable': guarded({}, { top: 'mcp_oauth_credentials_store = "keyring"' }),
  'oauth-refresh-short-ttl': guarded({ TOKEN_TTL: '3' }),
  'discovery-no-prm': { ...guarded({ NO_PRM: '1' }), requests: 'oauth-no-s256' },
  'discovery-cross-origin-challenge': { ...guarded({ PRM_URL: `${authority}/prm` }), requests: 'oauth-login' },
  'discovery-private-as': { ...guarded({ PRM_URL: `${new URL('/prm', serverUrl)}` }), requests: 'oauth-login' },
  'refresh-rejected': seeded({ REJECT_REFRESH: '1' }),
  'issuer-changed': seeded({}, { issuer: 'https://old-issuer.example' }),
  'step-up-403': seeded({ STEP_UP: '1' }),
  'token-revoked': seeded({ REVOKE_AFTER: '5' }),
  'refresh-two-processes': { ...seeded(), programs: 2, lines: twice },
  'remote-write-retry': { ...onExecutor, fault: loseWrites },
  'remote-env': {
    ...onExecutor,
    // The original connects anew for each status list.
    distinct: true,
    server: {},
    browser: 'follow',
    plugin: {
      '.codex-plugin/plugin.json': () => '{"name":"fixplug","version":"1.0.0","description":"fixture plugin"}\n',
      '.mcp.json': pluginServers,
    },
    sent: { 11: (stage) => setTimeout(() => stage.cut(), 500) },
  },
};
