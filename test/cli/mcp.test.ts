/** `switchyard mcp` as a program: a file full of comments, what it prints for whom, and whole logins with the test as the browser. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseToml } from '../../src/config/toml-file.ts';
import { isTable } from '../../src/config/toml-values.ts';
import { localPlace, namespacePlace, noNamespaces, type OAuthPlace, openPage } from '../mcp/oauth-places.ts';
import { cli } from '../support/server.ts';
import { tempWorkspace, type Workspace } from '../support/workspace.ts';

const mark = process.env.SWITCHYARD_TEST_RUN;

/** Runs the program in a workspace whose `home` is its home directory. */
const start = (work: Workspace, args: readonly string[], stdin: 'ignore' | 'pipe' = 'ignore') =>
  execa(process.execPath, [cli, 'mcp', ...args], {
    cwd: work.root,
    reject: false,
    stdin,
    stripFinalNewline: false,
    extendEnv: false,
    env: { PATH: process.env.PATH ?? '', HOME: work.root, CODEX_HOME: work.path('home'), ...(mark && { SWITCHYARD_TEST_RUN: mark }) },
  });
const run = async (work: Workspace, ...args: string[]) => {
  const { exitCode, stdout, stderr } = await start(work, args);
  return { exitCode, stdout, stderr };
};
const printed = (stdout: string) => ({ exitCode: 0, stdout: `${stdout}\n`, stderr: '' });
const failed = (message: string) => ({ exitCode: 1, stdout: '', stderr: `Error: ${message}\n` });

const commented = `# mine, do not touch
model = "m"   # the good one

mcp_oauth_credentials_store = "file" # no keyring here

# programs
[mcp_servers.files]   # reads files
command = "npx"       # slow
  args = [ "-y",      # yes
           "files" ]  # the package
startup_timeout_sec = 5.0
env = { TOKEN = "hidden" }

# far away
[mcp_servers.tickets]
url = "http://127.0.0.1:9/mcp" # not running
enabled = false
http_headers = { X-Key = "hidden", A = "hidden" }
env_http_headers = { X-Var = "VAR" }
enabled_tools = ["a", "b"]

[projects."/x"]       # trusted
trust_level = "trusted"
# the end
`;
const workspace = (config = commented) => tempWorkspace({ 'home/config.toml': config });

describe('editing', () => {
  test('what is added goes behind everything else, and is gone again without a trace', async () => {
    await using work = await workspace();
    expect(await run(work, 'add', 'new', '--env', 'A=1', '--env', 'B=x y', '--', 'npx', '-y', 'it')).toEqual(
      printed("Added global MCP server 'new'."),
    );
    const table = '\n[mcp_servers.new]\ncommand = "npx"\nargs = [ "-y", "it" ]\n\n[mcp_servers.new.env]\nA = "1"\nB = "x y"\n';
    expect(await work.read('home/config.toml')).toBe(commented + table);
    expect(await run(work, 'remove', 'new')).toEqual(printed("Removed global MCP server 'new'."));
    expect(await work.read('home/config.toml')).toBe(commented);
    expect(await run(work, 'remove', 'new')).toEqual(printed("No MCP server named 'new' found."));
  });

  test('programs that add and remove at the same time lose nothing of each other, and no comment', async () => {
    await using work = await workspace();
    const names = ['one', 'two', 'three', 'four', 'five'];
    const adding = names.map((name) => run(work, 'add', name, '--', 'npx', name));
    const results = await Promise.all([...adding, run(work, 'remove', 'files')]);
    expect(results.map(({ exitCode }) => exitCode)).toEqual(results.map(() => 0));
    const text = await work.read('home/config.toml');
    const { mcp_servers: servers } = parseToml(text, 'config.toml');
    expect(Object.keys(isTable(servers) ? servers : {}).sort()).toEqual([...names, 'tickets'].sort());
    for (const comment of ['# mine, do not touch', '# the good one', '# far away', '# not running', '# trusted', '# the end'])
      expect(text).toContain(comment);
    expect(await readdir(work.path('home'))).not.toContain('config.toml.lock');
  });

  test('a server that is replaced changes its own lines; one that is removed takes its own along', async () => {
    await using work = await workspace();
    const url = 'https://127.0.0.1:9/mcp';
    expect(await run(work, 'add', 'tickets', '--url', url, '--bearer-token-env-var', 'TOK')).toMatchObject({ exitCode: 0 });
    const [before, after] = [commented, await work.read('home/config.toml')].map((text) => text.split('\n'));
    const lines = after?.filter((line) => !before?.includes(line));
    expect(lines).toEqual([expect.stringContaining(`url = "${url}"`), 'bearer_token_env_var = "TOK"']);
    const gone = before?.filter((line) => !after?.includes(line)) ?? [];
    expect(gone.every((line) => /^(url|enabled|http_headers|env_http_headers|enabled_tools) = /.test(line))).toBe(true);
    expect(await run(work, 'remove', 'files')).toMatchObject({ exitCode: 0 });
    const left = await work.read('home/config.toml');
    // All but the lines of the table itself, with the comments on them.
    const own = /^(\[mcp_servers\.files\]|command = |args = |["' ]+files|startup_timeout_sec|env = )/;
    expect(left.split('\n')).toEqual(after?.filter((line) => !own.test(line.trim())));
  });

  test('a home without a file gets one for its owner alone; a file keeps its mode', async () => {
    await using work = await tempWorkspace({ 'home/keep': '' });
    expect(await run(work, 'add', 'a/b:c@d.e', '--', 'x')).toMatchObject({ exitCode: 0 });
    expect(await work.read('home/config.toml')).toBe('[mcp_servers."a/b:c@d.e"]\ncommand = "x"\n');
    expect((await stat(work.path('home/config.toml'))).mode & 0o777).toBe(0o600);
    await run(work, 'remove', 'a/b:c@d.e');
    expect(await run(work, 'list')).toEqual(printed('No MCP servers configured yet. Try `switchyard mcp add my-tool -- my-command`.'));
  });

  test('what cannot be added changes nothing', async () => {
    await using work = await workspace();
    const wrong = "invalid server name 'bad name' (use letters, numbers, '-', '_', ':', '@', '/', '.')";
    expect(await run(work, 'add', 'bad name', '--', 'x')).toEqual(failed(wrong));
    expect(await run(work, 'add', 'a', '--url', 'http://127.0.0.1:9', '--env', 'A=1')).toEqual(failed('command is required'));
    expect(await run(work, 'add', 'a', '--url', 'u', '--oauth-client-id', 'c', '--oauth-client-secret', ' ')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('oauth.client_secret must not be empty'),
    });
    expect(await work.read('home/config.toml')).toBe(commented);
    await work.write('home/config.toml', 'model = [');
    for (const args of [['add', 'a', '--', 'x'], ['remove', 'a'], ['list'], ['logout', 'a']])
      expect(await run(work, ...args)).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringContaining('config.toml:1:') });
    expect(await work.read('home/config.toml')).toBe('model = [');
  });
});

describe('listing', () => {
  test('for people: no value of a variable or header', async () => {
    await using work = await workspace();
    const { stdout } = await run(work, 'list');
    expect(stdout).not.toContain('hidden');
    expect(stdout.split('\n').map((line) => line.trimEnd())).toEqual([
      'Name   Command  Args      Env          Cwd  Status   Auth',
      'files  npx      -y files  TOKEN=*****  -    enabled  Unsupported',
      '',
      'Name     Url                     Bearer Token Env Var  Status    Auth',
      'tickets  http://127.0.0.1:9/mcp  -                     disabled  Unsupported',
      '',
    ]);
    expect(await run(work, 'get', 'files')).toEqual(
      printed(
        'files\n  enabled: true\n  transport: stdio\n  command: npx\n  args: -y files\n  cwd: -\n  env: TOKEN=*****\n' +
          '  startup_timeout_sec: 5\n  remove: switchyard mcp remove files',
      ),
    );
    expect(await run(work, 'get', 'tickets')).toEqual(printed('tickets (disabled)'));
    expect(await run(work, 'get', 'tickets', '-c', 'mcp_servers.tickets.enabled=true')).toEqual(
      printed(
        'tickets\n  enabled: true\n  enabled_tools: a, b\n  transport: streamable_http\n  url: http://127.0.0.1:9/mcp\n' +
          '  bearer_token_env_var: -\n  http_headers: A=*****, X-Key=*****\n  env_http_headers: X-Var=VAR\n' +
          '  http_headers_helper: -\n  remove: switchyard mcp remove tickets',
      ),
    );
    expect(await run(work, 'get', 'nope')).toEqual(failed("No MCP server named 'nope' found."));
  });

  test('for programs', async () => {
    await using work = await workspace();
    const files = {
      ...{ name: 'files', enabled: true, disabled_reason: null },
      transport: { type: 'stdio', command: 'npx', args: ['-y', 'files'], env: { TOKEN: 'hidden' }, env_vars: [], cwd: null },
    };
    const times = { startup_timeout_sec: 5, tool_timeout_sec: null };
    const tickets = {
      ...{ name: 'tickets', enabled: false, disabled_reason: null },
      transport: {
        ...{ type: 'streamable_http', url: 'http://127.0.0.1:9/mcp', bearer_token_env_var: null },
        ...{ http_headers: { 'X-Key': 'hidden', A: 'hidden' }, env_http_headers: { 'X-Var': 'VAR' }, http_headers_helper: null },
      },
      ...{ startup_timeout_sec: null, tool_timeout_sec: null, auth_status: 'unsupported' },
    };
    const json = async (...args: string[]) => JSON.parse((await run(work, ...args, '--json')).stdout);
    expect(await json('list')).toEqual([{ ...files, ...times, auth_status: 'unsupported' }, tickets]);
    expect(await json('get', 'files')).toEqual({ ...files, enabled_tools: null, disabled_tools: null, ...times });
  });
});

const reason = noNamespaces();
if (reason !== undefined) console.warn(`logins through an exec-server are not tested: ${reason}`);
const places = [
  { name: 'on this machine', open: localPlace, skipped: false },
  { name: 'in a network that only the exec-server reaches', open: namespacePlace, skipped: reason !== undefined },
];

describe.each(places.filter(({ skipped }) => !skipped))('signing in at a server $name', ({ open }) => {
  let place: OAuthPlace;
  let work: Workspace;

  beforeAll(async () => {
    place = await open();
  });
  afterAll(() => place?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    await place.set({});
    const config = `mcp_oauth_credentials_store = "file"\n[mcp_servers.web]\nurl = "${place.url}"\n${place.config}\n[mcp_servers.program]\ncommand = "x"\n`;
    const files = Object.fromEntries(Object.entries(place.homeFiles).map(([name, text]) => [`home/${name}`, text]));
    work = await tempWorkspace({ ...files, 'home/config.toml': config });
    return () => work[Symbol.asyncDispose]();
  });

  /** Starts the program and gives consent to each address it prints; `back` does what the browser, or its user, does then. */
  const signIn = async (args: readonly string[], back: (callback: string, type: (line: string) => void) => Promise<unknown>) => {
    const running = start(work, args, 'pipe');
    const lines: string[] = [];
    for await (const line of createInterface({ input: running.stdout })) {
      lines.push(line);
      if (!line.startsWith('http')) continue;
      const { location } = await place.open(line);
      await back(location ?? '', (text) => running.stdin?.end(`${text}\n`));
    }
    const { exitCode, stderr } = await running;
    return { exitCode, stderr, lines };
  };
  const authStatus = async () =>
    JSON.parse((await run(work, 'list', '--json')).stdout).find(({ name }: { name: string }) => name === 'web')?.auth_status;

  test('a login, the list before and after it, and a logout', async () => {
    expect(await authStatus()).toBe('not_logged_in');
    const pages: unknown[] = [];
    const { exitCode, lines, stderr } = await signIn(['login', 'web'], async (callback) => pages.push(await openPage(callback)));
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(lines).toEqual([
      'Authorize `web` by opening this URL in your browser:',
      expect.stringMatching(`^${place.issuer}/authorize\\?`),
      '',
      "Successfully logged in to MCP server 'web'.",
    ]);
    expect(pages).toEqual([{ status: 200, location: null, text: 'Authentication complete. You may close this window.' }]);
    const kept = JSON.parse(await readFile(work.path('home/.credentials.json'), 'utf8'));
    expect(Object.values(kept)).toMatchObject([{ server_name: 'web', server_url: place.url, scopes: ['mcp:read'] }]);
    expect(await authStatus()).toBe('o_auth');
    expect((await run(work, 'list')).stdout).toMatch(/web .* OAuth/);
    expect(await run(work, 'logout', 'web')).toEqual(printed("Removed OAuth credentials for 'web'."));
    expect(await run(work, 'logout', 'web')).toEqual(printed("No OAuth credentials stored for 'web'."));
    expect(await authStatus()).toBe('not_logged_in');
  });

  test('a browser on another machine: the address is pasted, and what is none ends the command', async () => {
    const pasting = (text: (callback: string) => string) =>
      signIn(['login', 'web', '--no-browser', '--scopes', 'a,b'], async (callback, type) => type(text(callback)));
    const well = await pasting((callback) => callback);
    expect(well).toMatchObject({ exitCode: 0, stderr: 'Callback URL (input hidden): \n' });
    expect(well.lines.at(-1)).toBe("Successfully logged in to MCP server 'web'.");
    expect(new URL(well.lines[1] ?? '').searchParams.get('scope')).toBe('a b');
    const forged = await pasting((callback) => callback.replace(/state=[^&]*/, 'state=forged'));
    expect(forged).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('Error: OAuth callback state does not match this login') });
    expect(await start(work, ['login', 'web', '--no-browser'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('Error: No OAuth callback URL received before input closed'),
    });
  });

  test('a provider that says no is asked once more without the scopes that were found', async () => {
    await place.set({ deny: true });
    const { exitCode, lines, stderr } = await signIn(['login', 'web'], openPage);
    const [first, second] = lines.filter((line) => line.startsWith('http')).map((url) => new URL(url).searchParams.get('scope'));
    expect([first, second]).toEqual(['mcp:read', 'mcp:read mcp:write']);
    expect(lines).toContain('OAuth provider rejected discovered scopes. Retrying without scopes…');
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: 'Error: OAuth provider returned `access_denied`: the user said <b>no</b>\n',
    });
    const own = await signIn(['login', 'web', '--scopes', 'a'], openPage);
    expect(own.lines.filter((line) => line.startsWith('http'))).toHaveLength(1);
  });

  test('there is nothing to sign in at', async () => {
    expect(await run(work, 'login', 'nope')).toEqual(failed("No MCP server named 'nope' found."));
    expect(await run(work, 'login', 'program')).toEqual(failed('OAuth login is only supported for streamable HTTP servers.'));
    expect(await run(work, 'logout', 'nope')).toEqual(failed("No MCP server named 'nope' found in configuration."));
    expect(await run(work, 'logout', 'program')).toEqual(failed('OAuth logout is only supported for streamable_http transports.'));
  });
});

describe('adding a server over HTTP', () => {
  test('one that asks for a login gets it at once, as a client that was agreed on when there is one', async () => {
    await using place = await localPlace();
    await using work = await workspace('mcp_oauth_credentials_store = "file"\n');
    await place.set({ noRegistration: true, clientSecret: 'sec ret:%' });
    const agreed = ['--oauth-client-id', 'us', '--oauth-client-secret', 'sec ret:%'];
    const running = start(work, ['add', 'web', '--url', place.url, ...agreed]);
    const lines: string[] = [];
    for await (const line of createInterface({ input: running.stdout })) {
      lines.push(line);
      if (line.startsWith('http')) await openPage((await place.open(line)).location ?? '');
    }
    expect(await running).toMatchObject({ exitCode: 0, stderr: '' });
    const callback = lines[1]?.replace('OAuth callback URL: ', '');
    expect(lines).toEqual([
      "Added global MCP server 'web'.",
      expect.stringMatching(/^OAuth callback URL: http:\/\/127\.0\.0\.1\/callback\/[\w-]{12}$/),
      'Detected OAuth support. Starting OAuth flow…',
      'Authorize `web` by opening this URL in your browser:',
      expect.any(String),
      '',
      'Successfully logged in.',
    ]);
    expect(await work.read('home/config.toml')).toContain(
      `[mcp_servers.web.oauth]\nclient_id = "us"\nclient_secret = "sec ret:%"\ncallback_url = "${callback}"\n`,
    );
    const posted = new URLSearchParams((await place.seen()).find(({ url }) => url === '/token')?.body);
    expect([posted.get('grant_type'), posted.get('client_id')]).toEqual(['authorization_code', null]);
  });

  test('one that asks for none gets none; one that cannot be reached is told', async () => {
    await using place = await localPlace();
    await using work = await workspace('');
    await place.set({ open: true });
    expect(await run(work, 'add', 'open', '--url', place.url)).toEqual(printed("Added global MCP server 'open'."));
    expect(await run(work, 'add', 'gone', '--url', 'http://127.0.0.1:9/mcp')).toEqual(
      printed("Added global MCP server 'gone'.\nMCP server may or may not require login. Run `switchyard mcp login gone` to login."),
    );
    expect(await run(work, 'add', 'own', '--url', place.url, '--bearer-token-env-var', 'T')).toEqual(
      printed("Added global MCP server 'own'."),
    );
  });
});
