/** Where the MCP server of a login test stands: on this machine, or in a network of its own that only an exec-server reaches. */
import { rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { execa, execaSync } from 'execa';
import { serverProgram } from '../environment/exec-servers.ts';
import { type OAuthSwitches, type SeenRequest, startOAuthServer } from '../support/oauth-server.ts';

export interface Page {
  readonly status: number;
  readonly location: string | null;
  readonly text: string;
}

/** The servers of one place, whatever the way to them. */
export interface OAuthPlace extends AsyncDisposable {
  /** Of the MCP server, as seen from its network. */
  readonly url: string;
  readonly issuer: string;
  /** Lines for the table of the server in the configuration. */
  readonly config: string;
  readonly homeFiles: Readonly<Record<string, string>>;
  /** Sets the faults, and forgets what was asked so far. */
  set(switches: OAuthSwitches): Promise<void>;
  seen(): Promise<readonly SeenRequest[]>;
  /** Opens an address in that network as a browser would, and follows no redirect. */
  open(url: string): Promise<Page>;
}

export async function openPage(url: string): Promise<Page> {
  const response = await fetch(url, { redirect: 'manual' });
  return { status: response.status, location: response.headers.get('location'), text: await response.text() };
}

export async function localPlace(): Promise<OAuthPlace> {
  const server = await startOAuthServer();
  return {
    url: server.url,
    issuer: server.authority.origin,
    config: '',
    homeFiles: {},
    set: async (switches) => server.reset(switches),
    seen: async () => server.seen,
    open: openPage,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Why there can be no network of its own here; undefined: there can. */
export function noNamespaces(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces are a thing of Linux';
  const made = execaSync('unshare', ['-n', 'ip', 'link', 'set', 'lo', 'up'], { reject: false });
  return made.failed ? `no network namespace can be made: ${made.stderr || made.shortMessage}` : undefined;
}

/** Speaks lines of JSON: a question with an id in, the answer with that id out. */
const program = () => `
  import { createInterface } from 'node:readline';
  import { openPage } from ${JSON.stringify(resolve('test/mcp/oauth-places.ts'))};
  import { startOAuthServer } from ${JSON.stringify(resolve('test/support/oauth-server.ts'))};
  const server = await startOAuthServer();
  const tasks = { set: (switches) => server.reset(switches), seen: () => server.seen, open: openPage };
  console.log(JSON.stringify({ url: server.url, issuer: server.authority.origin }));
  createInterface({ input: process.stdin }).on('line', async (line) => {
    const { id, task, value } = JSON.parse(line);
    const answer = await Promise.resolve(tasks[task](value)).then((result) => ({ result }), (error) => ({ error: String(error) }));
    console.log(JSON.stringify({ id, ...answer }));
  }).on('close', () => process.exit(0));
`;

/** The servers as a program in a new network, which has nothing but a loopback of its own. */
export async function namespacePlace(): Promise<OAuthPlace> {
  const base = join(resolve('node_modules'), `.oauth-place-${process.pid}`);
  const [source, outfile] = [`${base}.ts`, `${base}.mjs`];
  await writeFile(source, program());
  await build({ entryPoints: [source], outfile, bundle: true, platform: 'node', format: 'esm', packages: 'external', logLevel: 'error' });
  const script = 'ip link set lo up && exec "$0" "$1"';
  const child = execa('unshare', ['-n', 'sh', '-c', script, process.execPath, outfile], { reject: false, buffer: false });
  const lines = createInterface({ input: child.stdout });
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  const hello = await new Promise<{ url: string; issuer: string }>((found, failed) => {
    lines.once('line', (line) => found(JSON.parse(line)));
    void child.then((result) => failed(new Error(`the server ended: ${result.shortMessage ?? ''}`)));
  });
  lines.on('line', (line) => {
    const { id, result, error } = JSON.parse(line);
    if (error === undefined) waiting.get(id)?.resolve(result);
    else waiting.get(id)?.reject(new Error(error));
    waiting.delete(id);
  });
  let count = 0;
  const ask = (task: string, value?: unknown): Promise<unknown> => {
    const id = ++count;
    child.stdin.write(`${JSON.stringify({ id, task, value })}\n`);
    return new Promise((found, failed) => waiting.set(id, { resolve: found, reject: failed }));
  };
  const exec = await serverProgram();
  const argv = ['-t', String(child.pid), '-n', ...exec.argv];
  return {
    ...hello,
    config: 'environment_id = "box"',
    homeFiles: { 'environments.toml': `[[environments]]\nid = "box"\nprogram = "nsenter"\nargs = ${JSON.stringify(argv)}\n` },
    set: async (switches) => void (await ask('set', switches)),
    // The program at the other end of the pipe is ours.
    seen: async () => (await ask('seen')) as SeenRequest[],
    open: async (url) => (await ask('open', url)) as Page,
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await child;
      await exec[Symbol.asyncDispose]();
      await Promise.all([rm(source), rm(outfile)]);
    },
  };
}
