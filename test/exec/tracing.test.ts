/** Spans below the trace a client sent, and their way to a collector. */
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { createTracer, type EndedSpan } from '../../src/exec-server/tracing.ts';
import { cli } from '../support/server.ts';
import { tempWorkspace } from '../support/workspace.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const sender = 'b7ad6b7169203331';
const trace = { traceparent: `00-${traceId}-${sender}-01`, tracestate: 'a=b' };

interface Taken {
  readonly url: string | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** A server that keeps what it is sent. */
async function collector(): Promise<{ url: string; taken: Taken[] }> {
  const taken: Taken[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    taken.push({ url: request.url, headers: request.headers, body });
    response.end('{}');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, taken };
}

interface WireSpan {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
}

const spansIn = (taken: readonly Taken[]): WireSpan[] =>
  taken
    .filter(({ url }) => url === '/v1/traces')
    .flatMap(({ body }) => JSON.parse(body).resourceSpans)
    .flatMap(({ scopeSpans }) => scopeSpans)
    .flatMap(({ spans }) => spans);

test('trace context in and spans out: requests below their sender, what they ask elsewhere below them', async () => {
  await using space = await tempWorkspace();
  const { url, taken } = await collector();
  const exporter = `{ otlp-http = { endpoint = "${url}/v1/traces", protocol = "json", headers = { x-key = "k" } } }`;
  await writeFile(join(space.root, 'config.toml'), `[otel]\nenvironment = "test"\ntrace_exporter = ${exporter}\n`);
  const requests = [
    { id: 1, method: 'initialize', params: { clientName: 'p' } },
    { method: 'initialized' },
    { id: 2, method: 'environment/status', trace },
    { id: 3, method: 'fs/readFile', params: { path: 'file:///no/such' }, trace },
    { id: 4, method: 'http/request', params: { method: 'GET', url: `${url}/asked`, requestId: 'r' }, trace },
    { id: 5, method: 'no/such', trace },
    { id: 6, method: 'fs/readFile', params: {}, trace: { traceparent: 'garbage' } },
  ];
  const server = execa(process.execPath, [cli, 'exec-server', '--listen', 'stdio'], {
    env: { PATH: '/usr/bin:/bin', HOME: space.root, CODEX_HOME: space.root },
    extendEnv: false,
    reject: false,
    buffer: false,
  });
  server.stdin.write(requests.map((request) => `${JSON.stringify(request)}\n`).join(''));
  // The end of input would end what is under way.
  for await (const line of server.iterable({ from: 'stdout' })) if (line.includes('"id":6}')) server.stdin.end();
  const { exitCode } = await server;
  expect(exitCode).toBe(0);
  const asked = taken.find((one) => one.url === '/asked');
  const exported = taken.find((one) => one.url === '/v1/traces');
  expect(exported?.headers).toMatchObject({ 'content-type': 'application/json', 'x-key': 'k' });
  expect(exported?.body).toContain('{"key":"service.name","value":{"stringValue":"codex-exec-server"}}');
  const spans = spansIn(taken).map(({ attributes, ...span }) => ({
    ...span,
    attributes: Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]])),
  }));
  const below = (parentSpanId: string | undefined) => ({ traceId, parentSpanId, traceState: 'a=b' });
  const call = (method: string, result: string) => ({ name: method, kind: 2, attributes: { method, result } });
  const [, , , outgoing, asking, , garbled] = spans;
  expect(spans).toMatchObject([
    { ...call('initialize', 'success'), parentSpanId: '' },
    { ...call('environment/status', 'success'), ...below(sender) },
    { ...call('fs/readFile', 'error'), ...below(sender) },
    { name: 'codex.exec_server.http_request', kind: 3, ...below(asking?.spanId), attributes: { 'http.response.status_code': '200' } },
    { ...call('http/request', 'success'), ...below(sender) },
    { ...call('no/such', 'error'), name: 'unknown', ...below(sender) },
    { ...call('fs/readFile', 'error'), parentSpanId: '' },
  ]);
  expect(garbled?.traceId).not.toBe(traceId);
  expect(asked?.headers).toMatchObject({ traceparent: `00-${traceId}-${outgoing?.spanId}-01`, tracestate: 'a=b' });
});

test('a collector that is not there, or settings nobody understands, cost the client nothing', async () => {
  await using space = await tempWorkspace();
  for (const exporter of ['{ otlp-http = { endpoint = "http://127.0.0.1:1/", protocol = "json" } }', '{ carrier-pigeon = {} }']) {
    await writeFile(join(space.root, 'config.toml'), `[otel]\ntrace_exporter = ${exporter}\n`);
    const server = execa(process.execPath, [cli, 'exec-server', '--listen', 'stdio'], {
      env: { PATH: '/usr/bin:/bin', HOME: space.root, CODEX_HOME: space.root },
      extendEnv: false,
      reject: false,
    });
    // The end of its input ends the connection, answered or not.
    server.stdin.write('{"id":1,"method":"initialize","params":{"clientName":"p"}}\n');
    server.stdout.once('data', () => server.stdin.end());
    const { exitCode, stdout } = await server;
    expect([exitCode, JSON.parse(stdout).id]).toEqual([0, 1]);
  }
});

test('a sender that does not keep its trace, and one that sends none', () => {
  const ended: EndedSpan[] = [];
  const tracer = createTracer((span) => ended.push(span));
  const unkept = tracer.start('a', { kind: 'server' }, { traceparent: `00-${traceId}-${sender}-00` });
  expect(unkept.trace.traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
  unkept.end();
  expect(ended).toEqual([]);
  for (const parent of [
    undefined,
    { traceparent: `00-${'0'.repeat(32)}-${sender}-01` },
    { traceparent: `00-${traceId}-${'0'.repeat(16)}-01` },
  ]) {
    const span = tracer.start('b', { kind: 'server' }, parent);
    const child = span.child('c', { kind: 'client' });
    child.end({ done: true });
    child.end();
    const last = ended.at(-1);
    expect(last).toMatchObject({ name: 'c', attributes: { done: true }, parentSpanId: span.trace.traceparent.slice(36, 52) });
    expect(last?.traceId).not.toBe(traceId);
  }
  expect(ended).toHaveLength(3);
});
