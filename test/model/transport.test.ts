/** Connections of the model HTTP client: kept, opened ahead, through proxies, secured. */
import { readFileSync } from 'node:fs';
import { createServer, request as httpRequest, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createModelHttp } from '../../src/host/model-http.ts';
import { proxyFor } from '../../src/host/proxy-choice.ts';
import { createModelClient } from '../../src/model/create-model-client.ts';
import { customProvider } from '../../src/model/providers.ts';
import { ask, completed, created, facts, type Step, sse, startModelServer, stream, testClient } from './model-server.ts';

const good = stream(created, completed);
const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

function clientOf(baseUrl: string, env: Record<string, string> = {}) {
  const transport = createModelHttp({ env });
  const model = createModelClient(customProvider('mock', { baseUrl, requestMaxRetries: 0 }), { transport, env });
  return { model, [Symbol.asyncDispose]: () => transport.close() };
}

async function listening(server: Server): Promise<{ port: number; close: () => Promise<void> }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

describe('connections', () => {
  test('one is used for request after request', async () => {
    await using server = await startModelServer(good);
    await using client = testClient({ baseUrl: server.url });
    for (let index = 0; index < 5; index++) expect((await ask(client.model)).error).toBeUndefined();
    expect(server.requests.map((seen) => seen.connection)).toEqual([0, 0, 0, 0, 0]);
  });

  test('one that was opened ahead is used by the first request', async () => {
    await using server = await startModelServer(good);
    await using client = testClient({ baseUrl: server.url });
    await client.model.prewarm();
    await client.model.prewarm();
    await server.connection(0);
    expect((await ask(client.model)).error).toBeUndefined();
    expect((await ask(client.model)).error).toBeUndefined();
    expect(server.connections).toHaveLength(1);
  });

  test('opening ahead does not fail when nobody is there', async () => {
    await using client = testClient({ baseUrl: 'http://127.0.0.1:1/v1' });
    await client.model.prewarm();
  });

  test.each(['kept', 'opened ahead'])('one that was %s and died is replaced without an error', async (kind) => {
    await using server = await startModelServer(good);
    await using client = testClient({ baseUrl: server.url });
    if (kind === 'kept') await ask(client.model);
    else await client.model.prewarm();
    // Reset at the moment the next request arrives: the client cannot have seen it coming.
    const first = await server.connection(0);
    first.prependListener('data', () => first.resetAndDestroy());
    expect((await ask(client.model)).error).toBeUndefined();
    expect(server.connections).toHaveLength(2);
  });

  test('a stream that goes on after its answer is complete is left', async () => {
    const endless: Step = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(created + completed);
      const timer = setInterval(() => response.write(sse('response.output_text.delta', { item_id: 'm', delta: 'x' })), 1);
      response.on('close', () => clearInterval(timer));
    };
    await using server = await startModelServer(endless);
    await using client = testClient({ baseUrl: server.url });
    expect((await ask(client.model)).error).toBeUndefined();
    await server.closed(0);
  });

  test('fifty at once', async () => {
    await using server = await startModelServer(good);
    await using client = testClient({ baseUrl: server.url });
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => ask(client.model)));
    expect(outcomes.every(({ error }) => error === undefined)).toBe(true);
    expect(server.requests).toHaveLength(50);
  });

  test('none is left after close', async () => {
    await using server = await startModelServer(good);
    const client = testClient({ baseUrl: server.url });
    await ask(client.model);
    await client.model.prewarm();
    await client[Symbol.asyncDispose]();
    await Promise.all(server.connections.map((_, index) => server.closed(index)));
    expect(facts((await ask(client.model)).error)).toMatchObject({ retry: 'network' });
  });
});

describe('security', () => {
  async function secureServer() {
    const secure = createSecureServer(
      { key: readFileSync(fixture('key.pem')), cert: readFileSync(fixture('cert.pem')) },
      (incoming, response) => {
        incoming.resume();
        incoming.on('end', () => good(response, incoming));
      },
    );
    return listening(secure);
  }

  test('a certificate that nobody vouches for is refused for good', async () => {
    const server = await secureServer();
    await using client = clientOf(`https://localhost:${server.port}/v1`);
    const { error } = await ask(client.model);
    expect(facts(error)).toMatchObject({ info: { httpConnectionFailed: { httpStatusCode: null } }, retry: 'never' });
    await server.close();
  });

  test.each(['SSL_CERT_FILE', 'CODEX_CA_CERTIFICATE'])('%s names who vouches', async (variable) => {
    const server = await secureServer();
    await using client = clientOf(`https://localhost:${server.port}/v1`, { [variable]: fixture('cert.pem') });
    await client.model.prewarm();
    expect((await ask(client.model)).error).toBeUndefined();
    expect((await ask(client.model)).error).toBeUndefined();
    await server.close();
  });
});

describe('proxies', () => {
  test('which address goes through which', () => {
    const env = { HTTP_PROXY: 'proxy:8080', HTTPS_PROXY: 'http://secure:1', NO_PROXY: 'internal, .corp.test:8443 *.lan' };
    const chosen = (url: string) => proxyFor(url, env);
    expect(chosen('http://example.com/')).toBe('http://proxy:8080');
    expect(chosen('https://example.com/')).toBe('http://secure:1');
    expect(chosen('http://internal/x')).toBeUndefined();
    expect(chosen('http://a.internal/x')).toBeUndefined();
    expect(chosen('http://notinternal/x')).toBe('http://proxy:8080');
    expect(chosen('https://a.corp.test:8443/')).toBeUndefined();
    expect(chosen('https://a.corp.test/')).toBe('http://secure:1');
    expect(chosen('http://printer.lan/')).toBeUndefined();
    for (const local of ['localhost', '127.0.0.1', '127.9.9.9', '[::1]']) expect(chosen(`http://${local}:1/`)).toBeUndefined();
    expect(proxyFor('http://x.test/', { http_proxy: 'http://lower', HTTP_PROXY: 'http://upper' })).toBe('http://lower');
    expect(proxyFor('https://x.test/', { ALL_PROXY: 'http://all' })).toBe('http://all');
    expect(proxyFor('http://x.test/', { ...env, NO_PROXY: '*' })).toBeUndefined();
    expect(proxyFor('http://x.test/', { HTTP_PROXY: ' ' })).toBeUndefined();
  });

  test('any NO_PROXY text is read without an error', () => {
    fc.assert(fc.property(fc.string(), (list) => void proxyFor('http://x.test/', { HTTP_PROXY: 'http://p', NO_PROXY: list })));
  });

  test('a request goes through one, and its stream comes back', async () => {
    await using server = await startModelServer(good);
    const targets: string[] = [];
    const proxy = createServer((incoming, response) => {
      targets.push(incoming.url ?? '');
      const onward = httpRequest(
        { port: server.port, method: incoming.method, path: new URL(incoming.url ?? '').pathname, headers: incoming.headers },
        (answer) => {
          response.writeHead(answer.statusCode ?? 0, answer.headers);
          answer.pipe(response);
        },
      );
      incoming.pipe(onward);
    });
    proxy.on('connect', (incoming, socket) => {
      targets.push(`CONNECT ${incoming.url}`);
      const onward = connect(server.port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        onward.pipe(socket);
        socket.pipe(onward);
      });
      onward.on('error', () => socket.destroy());
      socket.on('error', () => onward.destroy());
    });
    const { port, close } = await listening(proxy);
    const client = clientOf('http://model.test/v1', { HTTP_PROXY: `http://127.0.0.1:${port}` });
    await client.model.prewarm();
    const { events, error } = await ask(client.model);
    expect(error).toBeUndefined();
    expect(events.at(-1)?.type).toBe('completed');
    expect(targets).toHaveLength(1);
    expect(targets[0]).toContain('model.test');
    expect(server.requests).toHaveLength(1);
    await client[Symbol.asyncDispose]();
    await close();
  });

  test('one that is not there is a matter of the network', async () => {
    await using client = clientOf('http://model.test/v1', { HTTP_PROXY: 'http://127.0.0.1:1' });
    expect(facts((await ask(client.model)).error)).toMatchObject({ retry: 'network' });
  });
});
