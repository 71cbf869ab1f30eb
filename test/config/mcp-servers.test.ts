/** `[mcp_servers]`: every key that belongs to one transport only, every value that cannot be, and where a message points. */
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { createConfiguration } from '../../src/config/configuration.ts';
import { serverConfig } from '../../src/mcp/server-config.ts';
import { tempWorkspace, type Workspace } from '../support/workspace.ts';

let work: Workspace;
beforeEach(async () => {
  work = await tempWorkspace();
  onTestFinished(() => work[Symbol.asyncDispose]());
});

async function load(text: string) {
  await work.write('config.toml', text);
  return createConfiguration({ home: work.root, cwd: work.root, overrides: [], env: {} }).load();
}

const of = (lines: string): string => `model = "m"\n[mcp_servers.a]\n${lines}\n`;
const http = 'url = "http://h/"\n';
const stdio = 'command = "x"\n';
const variable = 'data did not match any variant of untagged enum McpServerEnvVar';
const duration = 'cannot convert float seconds to Duration: value is';

describe('a wrong server is told with its place', () => {
  const onlyHttp = ['url="u"', 'bearer_token="t"', 'bearer_token_env_var="T"', 'http_headers={a="b"}', 'env_http_headers={a="b"}'];
  const moreHttp = ['oauth={client_id="c"}', 'oauth_resource="r"', 'auth="oauth"', 'http_headers_helper="h"'];
  const onlyStdio = ['args=["a"]', 'env={A="b"}', 'env_vars=["A"]', 'cwd="/"', 'bearer_token="t"'];
  const keyOf = (line: string): string => line.split('=')[0] ?? '';
  const cases: readonly (readonly [string, string, string])[] = [
    ...[...onlyHttp, ...moreHttp].map((line) => [stdio + line, `${keyOf(line)} is not supported for stdio`, '2:1'] as const),
    ...onlyStdio.map((line) => [http + line, `${keyOf(line)} is not supported for streamable_http`, '2:1'] as const),
    ['enabled = true', 'invalid transport', '2:1'],
    [`${stdio}env_vars = [{ name = "A", source = "moon" }]`, 'unsupported env_vars source `moon`; expected `local` or `remote`', '2:1'],
    [`${stdio}env_vars = [{ source = "local" }]`, variable, '4:13'],
    [`${stdio}env_vars = ["A", 5]`, variable, '4:18'],
    ['command = 5', 'invalid type: integer `5`, expected a string', '3:11'],
    [`${stdio}enabled = "yes"`, 'invalid type: string "yes", expected a boolean', '4:11'],
    [`${stdio}enabled_tools = [1]`, 'invalid type: integer `1`, expected a string', '4:18'],
    [`${stdio}environment_id = 5`, 'invalid type: integer `5`, expected a string', '4:18'],
    [`${stdio}startup_timeout_sec = "5"`, 'invalid type: string "5", expected f64', '4:23'],
    [`${stdio}startup_timeout_sec = -1`, `${duration} negative`, '2:1'],
    [`${stdio}startup_timeout_sec = 1e300`, `${duration} either too big or NaN`, '2:1'],
    [`${stdio}tool_timeout_sec = -2`, `${duration} negative`, '4:20'],
    [`${stdio}tool_timeout_sec = nan`, `${duration} either too big or NaN`, '4:20'],
    [`${stdio}tool_timeout_sec = inf`, `${duration} either too big or NaN`, '4:20'],
    [`${stdio}startup_timeout_ms = 1.5`, 'invalid type: floating point `1.5`, expected u64', '4:22'],
    [`${stdio}startup_timeout_ms = -1`, 'invalid value: integer `-1`, expected u64', '4:22'],
    [
      `${stdio}default_tools_approval_mode = "maybe"`,
      'unknown variant `maybe`, expected one of `auto`, `prompt`, `writes`, `approve`',
      '4:31',
    ],
    [`${http}auth = "zz"`, 'unknown variant `zz`, expected one of `oauth`, `chatgpt`, `ema_auth`', '4:8'],
    [`${http}oauth = "x"`, 'invalid type: string "x", expected struct McpServerOAuthConfig', '4:9'],
    [`${http}oauth = { client_secret = "x" }`, 'oauth.client_secret requires oauth.client_id', '2:1'],
    [`${http}oauth = { client_id = "c", client_secret = " " }`, 'oauth.client_secret must not be empty', '2:1'],
    [`${http}http_headers_helper = " "`, 'http_headers_helper must not be empty', '2:1'],
    [`${http}http_headers_helper = ["sh"]`, 'invalid type: sequence, expected a string', '4:23'],
    [`${http}http_headers_helper = "h"\nenvironment_id = "far"`, 'http_headers_helper is only supported for local MCP servers', '2:1'],
    [`${http}oauth = { authorization_server_issuer = "i" }`, 'oauth.authorization_server_issuer requires auth = "ema_auth"', '2:1'],
    [
      `${http}oauth = { token_endpoint_auth_method = "client_secret_post" }`,
      'oauth.token_endpoint_auth_method requires auth = "ema_auth"',
      '2:1',
    ],
    [
      `${http}auth = "ema_auth"\noauth = { token_endpoint_auth_method = "client_secret_post" }`,
      'oauth.token_endpoint_auth_method requires oauth.client_secret',
      '2:1',
    ],
    [`${stdio}startup_readiness = "zz"`, 'unknown variant `zz`, expected `connection` or `catalog`', '4:21'],
    [`${stdio}tool_input_schema_max_bytes = 0`, 'invalid value: integer `0`, expected a nonzero usize', '4:31'],
    [`${stdio}tools = { t = { output_token_limit = -5 } }`, 'invalid value: integer `-5`, expected a nonzero usize', '4:38'],
    [`${http}oauth = { callback_port = 70000 }`, 'invalid value: integer `70000`, expected u16', '4:27'],
  ];
  test.each(cases)('%j', async (lines, reason, place) => {
    const message = `failed to load configuration: ${join(work.root, 'config.toml')}:${place}: ${reason}`;
    await expect(load(of(lines))).rejects.toMatchObject({ message });
  });
});

test('keys that nothing reads are named, three of them, and the server is used', async () => {
  const { warnings, settings } = await load(
    of(`${http}zebra = 1\nalpha = 1\noauth = { client_id = "c", clientId = "d" }\ntools.t = { mode = "auto" }`),
  );
  const file = join(work.root, 'config.toml');
  expect(warnings.map(({ summary }) => summary)).toEqual([
    [
      'Codex is ignoring 4 unrecognized configuration settings. Check for typos or deprecated settings.',
      ...['alpha', 'oauth.clientId', 'tools.t.mode'].map((key) => `  user (${file}): \`mcp_servers.a.${key}\` is ignored.`),
      '  ... and 1 more ignored setting.',
    ].join('\n'),
  ]);
  expect(serverConfig('a', settings.mcpServers.a ?? {}).transport).toMatchObject({
    type: 'http',
    url: 'http://h/',
    client: { id: 'c', secret: undefined },
  });
});

test('every key reaches the server it is written for', async () => {
  const { settings } = await load(
    `${of(
      `${stdio}args = ["1"]\nenv = { A = "b" }\nenv_vars = ["L", { name = "R", source = "remote" }]\ncwd = "/w"\nenvironment_id = "far"
enabled = false\nrequired = true\nstartup_timeout_sec = 1.5\nstartup_timeout_ms = 9\ntool_timeout_sec = 2\nscopes = ["s"]
supports_parallel_tool_calls = true\nenabled_tools = ["e"]\ndisabled_tools = ["d"]\ndefault_tools_approval_mode = "writes"
tools.t = { approval_mode = "approve" }\nname = "kept for old files"`,
    )}[mcp_servers.b]\n${http}http_headers = { X = "1" }\nenv_http_headers = { Y = "V" }\nbearer_token_env_var = "T"
oauth_resource = "http://r/"\nstartup_timeout_ms = 9\n`,
  );
  expect(serverConfig('a', settings.mcpServers.a ?? {})).toMatchObject({
    transport: {
      ...{ type: 'stdio', command: 'x', args: ['1'], env: { A: 'b' }, cwd: '/w' },
      forwarded: [
        { name: 'L', source: undefined },
        { name: 'R', source: 'remote' },
      ],
    },
    ...{ environmentId: 'far', enabled: false, required: true, startupTimeoutMs: 1500, toolTimeoutMs: 2000, parallel: true },
    ...{ scopes: ['s'], enabledTools: new Set(['e']), disabledTools: new Set(['d']) },
    ...{ defaultApproval: 'writes', toolApprovals: { t: 'approve' } },
  });
  expect(serverConfig('b', settings.mcpServers.b ?? {})).toMatchObject({
    transport: {
      ...{ type: 'http', headers: { X: '1' }, variableHeaders: { Y: 'V' }, bearerTokenVariable: 'T', resource: 'http://r/' },
    },
    ...{ startupTimeoutMs: 9, toolTimeoutMs: 300_000, defaultApproval: 'auto', enabled: true, required: false, environmentId: 'local' },
  });
});
