/** What a server may say about where its authorization server is: never an address inside a network that it is not in itself. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { silentLog } from '../../src/base/log.ts';
import type { HttpClient } from '../../src/environment/environment.ts';
import { createRemoteEnvironment } from '../../src/environment/remote.ts';
import { createExecServer } from '../../src/exec-server/exec-server.ts';
import { createHttpClient } from '../../src/host/http.ts';
import { discover } from '../../src/mcp/oauth-discovery.ts';
import { execServerOptions, memorySource } from '../environment/exec-servers.ts';

const never = new AbortController().signal;
const own = 'https://mcp.example';
const elsewhere = 'https://as.example';

/** Answers with these documents, and 404 otherwise. */
function published(documents: Readonly<Record<string, object>>) {
  const asked: { origin: string; publicUnless: string | undefined }[] = [];
  const http: HttpClient = {
    async request({ url, publicUnless }) {
      asked.push({ origin: new URL(url).origin, publicUnless });
      const json = documents[url];
      const body = (async function* () {
        yield Buffer.from(JSON.stringify(json ?? {}));
      })();
      return { status: json ? 200 : 404, headers: [], body };
    },
  };
  const found = discover({ http, userAgent: 'test', serverUrl: `${own}/mcp`, headers: new Map() }, never);
  return { asked, found };
}
const resource = (...servers: string[]) => ({
  [`${own}/.well-known/oauth-protected-resource/mcp`]: { resource: `${own}/mcp`, authorization_servers: servers },
});
const endpoints = { issuer: elsewhere, authorization_endpoint: `${elsewhere}/authorize`, token_endpoint: `${elsewhere}/token` };
const metadata = (more: object = {}) => ({ [`${elsewhere}/.well-known/oauth-authorization-server`]: { ...endpoints, ...more } });

const internal = [
  ...[
    'https://169.254.169.254',
    'https://127.0.0.1',
    'http://127.0.0.1:8080',
    'https://127.9.9.9',
    'https://localhost',
    'https://x.localhost',
  ],
  ...['https://[::1]', 'https://[::ffff:10.0.0.1]', 'https://[fe80::1]', 'https://[fd00::1]', 'https://10.0.0.1', 'https://172.16.0.1'],
  ...[
    'https://192.168.1.1',
    'https://100.64.0.1',
    'https://0.0.0.0',
    'https://[::]',
    'https://224.0.0.1',
    'https://2130706433',
    'https://0x7f.1',
  ],
  ...['https://metadata.google.internal'],
];
const noEndpoints = [
  'http://as.example',
  'https://u:p@as.example',
  'https://as.example/#x',
  'ftp://as.example',
  'javascript:alert(1)',
  'nonsense',
];

describe('a public server', () => {
  test.each([...internal, ...noEndpoints])('that names %s as its authorization server is not followed', async (server) => {
    const { asked, found } = published(resource(server));
    expect(await found).toMatchObject({ published: true, server: { documented: false, tokenEndpoint: `${own}/token` } });
    expect(new Set(asked.map(({ origin }) => origin))).toEqual(new Set([own]));
  });

  test.each(['authorization_endpoint', 'token_endpoint', 'registration_endpoint'])(
    'whose metadata names a %s inside is refused',
    async (member) => {
      for (const url of [...internal, 'http://as.example/x', 'https://u:p@as.example/x']) {
        const { found } = published({ ...resource(elsewhere), ...metadata({ [member]: url }) });
        await expect(found).rejects.toThrow(`the authorization server names a ${member} that must not be used`);
      }
    },
  );

  test('has its name checked against where it leads, for every origin but its own', async () => {
    const { asked, found } = published({ ...resource(elsewhere), ...metadata() });
    expect((await found).server).toMatchObject({ documented: true, issuer: elsewhere });
    for (const { origin, publicUnless } of asked) expect(publicUnless).toBe(origin === own ? undefined : 'mcp.example');
    expect(asked.map(({ origin }) => origin)).toContain(elsewhere);
  });
});

const clients = [
  {
    name: 'from this machine',
    refusal: /private network/,
    open: () => {
      const http = createHttpClient({ env: {} });
      return { http, close: () => http.close() };
    },
  },
  {
    name: 'through an exec-server',
    // Which does not tell what stands in its network.
    refusal: /error sending request/,
    open: () => {
      const server = createExecServer(execServerOptions({ PATH: process.env.PATH ?? '' }));
      const environment = createRemoteEnvironment({ id: 'far', source: memorySource(server), log: silentLog });
      const close = async () => {
        await environment.close();
        await server.close();
      };
      return { http: environment.http, close };
    },
  },
];

describe.each(clients)('a request $name', ({ open, refusal }) => {
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    response.end('inside');
  });
  beforeAll(() => new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready)));
  afterAll(() => new Promise<void>((closed) => server.close(() => closed())));

  const ask = async (host: string, publicUnless: string) => {
    const { http, close } = open();
    onTestFinished(close);
    const port = (server.address() as AddressInfo).port;
    const url = `http://${host}:${port}/`;
    const response = await http.request({ method: 'GET', url, headers: [], redirect: 'manual', publicUnless }, never);
    const parts: Buffer[] = [];
    for await (const part of response.body) parts.push(part);
    return Buffer.concat(parts).toString();
  };

  test.each(['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]'])('to %s on behalf of a public server never arrives', async (host) => {
    await expect(ask(host, '203.0.113.7')).rejects.toThrow(refusal);
    expect(asked).toBe(0);
  });

  test('on behalf of a server that is inside itself arrives', async () => {
    expect(await ask('127.0.0.1', '127.0.0.1')).toBe('inside');
    expect(await ask('localhost', 'localhost')).toBe('inside');
    asked = 0;
  });
});
