/** Outbound HTTP: headers as given, redirects, streamed bodies, and ends. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createHttpClient } from '../../src/host/http.ts';
import type { HttpRequest, HttpResponse } from '../../src/host/http-types.ts';

const never = new AbortController().signal;

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
}

function client(env: Record<string, string> = {}) {
  const http = createHttpClient({ env });
  onTestFinished(() => http.close());
  return http;
}

const get = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({ method: 'GET', url, headers: [], ...more });

async function textOf(response: HttpResponse): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of response.body) parts.push(part);
  return Buffer.concat(parts).toString();
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(Buffer.from(part));
  return Buffer.concat(parts).toString();
};

describe('a request', () => {
  test('headers keep order and repeats both ways, repeats of a name together; bodies are bytes', async () => {
    const url = await serve(async (request, response) => {
      const seen = { method: request.method, url: request.url, raw: request.rawHeaders, body: await bodyOf(request) };
      response.writeHead(201, ['X-B', '2', 'Set-Cookie', 'a=1', 'X-A', '1', 'Set-Cookie', 'b=2']);
      response.end(JSON.stringify(seen));
    });
    const response = await client().request(
      {
        method: 'PUT',
        url: `${url}/p?q=1`,
        headers: [
          ['X-Two', 'b'],
          ['X-One', 'a'],
          ['X-Two', 'c'],
        ],
        body: Buffer.from('héllo'),
      },
      never,
    );
    expect(response.status).toBe(201);
    expect(response.headers.slice(0, 4)).toEqual([
      ['x-b', '2'],
      ['set-cookie', 'a=1'],
      ['x-a', '1'],
      ['set-cookie', 'b=2'],
    ]);
    const seen: { raw: string[] } = JSON.parse(await textOf(response));
    expect(seen).toMatchObject({ method: 'PUT', url: '/p?q=1', body: 'héllo' });
    const names = seen.raw.filter((_, index) => index % 2 === 0);
    expect(names.filter((name) => name.startsWith('x-'))).toEqual(['x-two', 'x-two', 'x-one']);
  });

  test('error statuses are answers', async () => {
    const url = await serve((_, response) => response.writeHead(503).end('busy'));
    const response = await client().request(get(url), never);
    expect([response.status, await textOf(response)]).toEqual([503, 'busy']);
  });

  test('compressed answers stay as they are', async () => {
    const url = await serve((request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(`asked: ${request.headers['accept-encoding'] ?? 'nothing'}`);
    });
    expect(await textOf(await client().request(get(url), never))).toBe('asked: nothing');
  });

  test('nobody there', async () => {
    await expect(client().request(get('http://127.0.0.1:1'), never)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expect(client().request(get('not a url'), never)).rejects.toMatchObject({ code: 'ERR_INVALID_URL' });
  });
});

describe('redirects', () => {
  const routes = () =>
    serve(async (request, response) => {
      const [, status, target] = /^\/(\d+)\/?(.*)$/.exec(request.url ?? '') ?? [];
      if (status) response.writeHead(Number(status), { location: target ? `http://${target}` : '/end' }).end('moved');
      else if (request.url === '/loop') response.writeHead(302, { location: '/loop' }).end();
      else
        response.end(
          JSON.stringify([
            request.method,
            await bodyOf(request),
            request.headers.authorization ?? '',
            request.headers['content-type'] ?? '',
          ]),
        );
    });
  const post = {
    method: 'POST',
    headers: [
      ['authorization', 's'],
      ['Content-Type', 't'],
    ] as const,
    body: Buffer.from('b'),
  };

  test.each([
    [301, 'POST', ['GET', '', 's', '']],
    [302, 'POST', ['GET', '', 's', '']],
    [303, 'POST', ['GET', '', 's', '']],
    [307, 'POST', ['POST', 'b', 's', 't']],
    [308, 'POST', ['POST', 'b', 's', 't']],
    [301, 'PUT', ['PUT', 'b', 's', 't']],
    [302, 'PUT', ['PUT', 'b', 's', 't']],
    [303, 'PUT', ['GET', '', 's', '']],
    [300, 'POST', undefined],
    [305, 'POST', undefined],
  ])('%i of a %s', async (status, method, seen) => {
    const response = await client().request(get(`${await routes()}/${status}`, { ...post, method }), never);
    const text = await textOf(response);
    expect(seen === undefined ? [response.status, text] : JSON.parse(text)).toEqual(seen ?? [status, 'moved']);
  });

  test('where no HTTP goes is an error that names the scheme', async () => {
    const url = await serve((_request, response) => void response.writeHead(302, { location: 'ftp://x/' }).end());
    await expect(client().request(get(url), never)).rejects.toThrow('redirect target uses unsupported URL scheme: ftp');
  });

  test('another host does not get what was meant for the first', async () => {
    const [first, second] = [await routes(), await routes()];
    const response = await client().request(get(`${first}/307/${second.replace('http://', '')}/end`, post), never);
    expect(JSON.parse(await textOf(response))).toEqual(['POST', 'b', '', 't']);
  });

  test('manual hands the redirect out, and a circle ends', async () => {
    const url = await routes();
    const response = await client().request(get(`${url}/302`, { redirect: 'manual' }), never);
    expect([response.status, await textOf(response)]).toEqual([302, 'moved']);
    await expect(client().request(get(`${url}/loop`), never)).rejects.toThrow('too many redirects');
  });
});

describe('streams', () => {
  test('pieces arrive as they are sent', async () => {
    let next = () => {};
    const url = await serve((_, response) => {
      response.write('one');
      next = () => response.end('two');
    });
    const seen: string[] = [];
    for await (const part of (await client().request(get(url), never)).body) {
      seen.push(part.toString());
      next();
    }
    expect(seen).toEqual(['one', 'two']);
  });

  test('aborting ends the wait for the head, and the body, with the reason', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/body') response.write('one');
    });
    const head = new AbortController();
    const waiting = client().request(get(url), head.signal);
    head.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    const body = new AbortController();
    const response = await client().request(get(`${url}/body`), body.signal);
    const reading = (async () => {
      for await (const _ of response.body) body.abort();
    })();
    await expect(reading).rejects.toMatchObject({ name: 'Cancelled' });
  });

  test('a body that breaks rejects, one that is left ends the connection', async () => {
    let closed: () => void = () => {};
    const gone = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const url = await serve((request, response) => {
      response.write('one');
      if (request.url === '/break') response.destroy();
      else response.once('close', () => closed());
    });
    await expect(
      client()
        .request(get(`${url}/break`), never)
        .then(textOf),
    ).rejects.toThrow();
    for await (const _ of (await client().request(get(url), never)).body) break;
    await gone;
  });

  test('closing the client ends what runs', async () => {
    const url = await serve((_, response) => response.write('one'));
    const http = client();
    const response = await http.request(get(url), never);
    await http.close();
    await expect(textOf(response)).rejects.toThrow();
    await expect(http.request(get(url), never)).rejects.toThrow('closed');
  });
});

test('a proxy of the environment is used, except for this machine', async () => {
  const asked: string[] = [];
  const proxy = await serve((request, response) => {
    asked.push(request.url ?? '');
    response.end('proxied');
  });
  const direct = await serve((_, response) => response.end('direct'));
  const http = client({ http_proxy: proxy });
  expect(await textOf(await http.request(get(direct), never))).toBe('direct');
  expect(await textOf(await http.request(get('http://far.invalid/x'), never))).toBe('proxied');
  expect(asked).toEqual(['http://far.invalid/x']);
});
