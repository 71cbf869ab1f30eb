/**
 * An MCP server over stdio without any library, with tools of every kind, and faults on demand (`FAULT`). What it receives is
 * appended to `SEEN` as JSON lines.
 */
const { appendFileSync } = require('node:fs');
const readline = require('node:readline');

const { FAULT, SEEN, INSTRUCTIONS = 'Fixture instructions.', ONLY, EXPERIMENTAL } = process.env;
const note = (what) => {
  if (SEEN) appendFileSync(SEEN, `${JSON.stringify({ pid: process.pid, ...what })}\n`);
};
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const notify = (method, params) => send({ method, params });

const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const object = (properties = {}) => ({ type: 'object', properties });
const readOnly = { annotations: { readOnlyHint: true } };
const text = (...texts) => ({ content: texts.map((one) => ({ type: 'text', text: one })) });

const pending = new Map();
let questions = 0;
const ask = (method, params) =>
  new Promise((resolve) => {
    questions += 1;
    const id = `q${questions}`;
    pending.set(id, resolve);
    send({ id, method, params });
  });
const running = new Map();

const tools = {
  echo: [readOnly, (args) => ({ ...text(`echo: ${args.message}`), structuredContent: { echo: String(args.message) }, _meta: { tag: 7 } })],
  write: [{ annotations: { readOnlyHint: false, destructiveHint: true, openWorldHint: true } }, () => text('written')],
  no_hints: [{}, () => text('ran')],
  harmless: [{ annotations: { readOnlyHint: false, destructiveHint: false, openWorldHint: false } }, () => text('ran')],
  text_only: [readOnly, () => text('one', 'two')],
  image: [
    readOnly,
    () => ({
      content: [
        { type: 'text', text: 'caption' },
        { type: 'image', data: pixel, mimeType: 'image/png' },
      ],
    }),
  ],
  mixed: [
    readOnly,
    () => ({
      content: [
        { type: 'text', text: 't', annotations: { audience: ['assistant'] } },
        { type: 'audio', data: 'AAAA', mimeType: 'audio/wav' },
        { type: 'resource', resource: { uri: 'fixture://note', text: 'embedded' } },
        { type: 'resource_link', uri: 'fixture://note', name: 'note' },
        { type: 'from the future', more: true },
      ],
    }),
  ],
  fail: [readOnly, () => ({ ...text('it went wrong'), isError: true })],
  protocol_error: [
    readOnly,
    () => {
      throw Object.assign(new Error('boom'), { code: -32603 });
    },
  ],
  big: [readOnly, ({ bytes = 100000 }) => text('x'.repeat(bytes))],
  slow: [
    readOnly,
    ({ ms = 60000 }, { id }) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => resolve(text('slept')), ms);
        running.set(id, () => clearTimeout(timer));
      }),
  ],
  progress: [
    readOnly,
    (_, { meta }) => {
      for (const step of [1, 2])
        notify('notifications/progress', { progressToken: meta.progressToken, progress: step, message: `step ${step}` });
      return text('done');
    },
  ],
  ask_form: [
    readOnly,
    async () => {
      const requestedSchema = {
        ...object({ confirmed: { type: 'boolean' }, who: { type: 'string', title: 'Who' } }),
        required: ['confirmed'],
      };
      return text(JSON.stringify(await ask('elicitation/create', { mode: 'form', message: 'Confirm?', requestedSchema })));
    },
  ],
  ask_empty: [
    readOnly,
    async () => text(JSON.stringify(await ask('elicitation/create', { message: 'Go on?', requestedSchema: object() }))),
  ],
  ask_url: [
    readOnly,
    async ({ url = 'https://fixture.example/consent' }) =>
      text(JSON.stringify(await ask('elicitation/create', { mode: 'url', message: 'Open this', url, elicitationId: 'el-1' }))),
  ],
  ask_rich: [
    readOnly,
    async () =>
      text(
        JSON.stringify(
          await ask('openai/form', { message: 'Rich?', requestedSchema: { any: ['thing'] }, _meta: { progressToken: 1, k: 2 } }),
        ),
      ),
  ],
  ask_sampling: [readOnly, async () => text(JSON.stringify(await ask('sampling/createMessage', { messages: [], maxTokens: 5 })))],
  ask_roots: [readOnly, async () => text(JSON.stringify(await ask('roots/list')))],
  environ: [readOnly, () => text(JSON.stringify({ cwd: process.cwd(), argv: process.argv.slice(2), env: process.env }))],
  add_tool: [
    readOnly,
    ({ name = 'added' }) => {
      tools[name] = [readOnly, () => text(`ran ${name}`)];
      notify('notifications/tools/list_changed');
      return text('added');
    },
  ],
  // Reads nothing any more, and answers nothing.
  hang: [
    readOnly,
    () => {
      process.stdin.pause();
      setInterval(() => {}, 60_000);
      return new Promise(() => {});
    },
  ],
  meta: [readOnly, (_, { meta }) => text(JSON.stringify(meta))],
  // Tells of its steps on the way to a big answer that can be checked.
  stream: [
    readOnly,
    async ({ key, steps = 20, bytes = 20000 }, { meta }) => {
      for (let step = 1; step <= steps; step += 1) {
        notify('notifications/progress', {
          progressToken: meta.progressToken,
          progress: step,
          message: `${key} ${step} ${'.'.repeat(500)}`,
        });
        await new Promise((go) => setImmediate(go));
      }
      return text(`${key}:${String(key).repeat(Math.ceil(bytes / String(key).length))}`);
    },
  ],
  pid: [readOnly, () => text(String(process.pid))],
  'odd name.with-marks/é': [readOnly, () => text('odd')],
  odd_name_with_marks__: [readOnly, () => text('even')],
  die: [readOnly, () => process.exit(1)],
};

const answers = {
  initialize(params) {
    note({ initialize: params });
    const capabilities = {
      tools: { listChanged: true },
      resources: {},
      ...(EXPERIMENTAL ? { experimental: JSON.parse(EXPERIMENTAL) } : {}),
    };
    return {
      protocolVersion: params.protocolVersion,
      capabilities,
      serverInfo: { name: 'fixture', version: '1.2.3' },
      instructions: INSTRUCTIONS,
    };
  },
  'tools/list'({ cursor }) {
    const all = Object.entries(tools)
      .filter(([name]) => !ONLY || ONLY.split(',').includes(name))
      .map(([name, [more]]) => ({ name, description: `About ${name}`, inputSchema: object(), ...more }));
    if (FAULT === 'cursor-loop') return { tools: all, nextCursor: 'again' };
    const half = Math.ceil(all.length / 2);
    if (cursor === 'empty') return { tools: [], nextCursor: 'p2' };
    return cursor === 'p2' ? { tools: all.slice(half) } : { tools: all.slice(0, half), nextCursor: 'empty' };
  },
  async 'tools/call'({ name, arguments: args = {}, _meta: meta }, id) {
    note({ call: name, args, meta });
    const tool = tools[name];
    return tool ? tool[1](args, { id, meta }) : text(`ran ${name}`);
  },
  'resources/list': () => ({ resources: [{ uri: 'fixture://note', name: 'note' }] }),
  'resources/templates/list': () => ({ resourceTemplates: [{ uriTemplate: 'fixture://item/{id}', name: 'item' }] }),
  'resources/read'({ uri }) {
    if (uri !== 'fixture://note') throw Object.assign(new Error('no such resource'), { code: -32603 });
    return { contents: [{ uri, mimeType: 'text/plain', text: 'hello world' }] };
  },
};

async function receive(line) {
  const { id, method, params = {}, result, error } = JSON.parse(line);
  if (method === undefined) return pending.get(id)?.(error ? { error } : result);
  if (method === 'notifications/cancelled') {
    note({ cancelled: params.requestId });
    return running.get(params.requestId)?.();
  }
  if (FAULT?.endsWith('stuck') || (FAULT === 'stuck-list' && method === 'tools/list')) return;
  if (FAULT === 'dies' && method === 'notifications/initialized') process.exit(1);
  if (id === undefined) return note({ notification: method });
  try {
    const answer = answers[method];
    if (!answer) throw Object.assign(new Error('no such method'), { code: -32601 });
    send({ id, result: await answer(params, id) });
  } catch (failure) {
    send({ id, error: { code: failure.code ?? -32603, message: failure.message } });
  }
}

/** Writes as fast as the reader takes it, for ever; notes every 10 megabytes. */
function flood(line, to = process.stdout) {
  const piece = line.repeat(1000);
  let written = 0;
  const more = () => {
    let room = true;
    while (room) {
      room = to.write(piece);
      written += piece.length;
      if (written % 10e6 < piece.length) note({ flooded: Math.floor(written / 10e6) * 10 });
    }
    to.once('drain', more);
  };
  more();
}

const floods = {
  floods: ['{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"again"}}\n'],
  'floods-stderr': ['complaining\n', process.stderr],
  'floods-requests': ['{"jsonrpc":"2.0","id":"again","method":"ping"}\n'],
  'floods-answers': ['{"jsonrpc":"2.0","id":77,"result":{}}\n'],
};

note({ started: process.argv.slice(2) });
process.on('exit', (code) => note({ exit: code }));
if (FAULT === 'deaf') {
  process.on('SIGTERM', () => note({ ignored: 'SIGTERM' }));
  setInterval(() => {}, 1000);
} else process.stdin.on('end', () => process.exit(0));
if (FAULT === 'exits') process.exit(3);
if (FAULT === 'long-line') process.stdout.write('x'.repeat(8 * 1024 * 1024 + 1));
if (FAULT === 'babbles') {
  process.stderr.write(Buffer.from([0xff, 0xfe, 0x0a, 0x80]));
  process.stderr.write('still starting\n'.repeat(100));
  process.stdout.write('Welcome!\n\n\r\n{"half": \n[1,2]\nnull\n');
}
if (FAULT === 'endless') flood('x');
if (FAULT === 'floods-stuck') flood('{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"again"}}\n');
if (FAULT === 'floods-junk') flood('this is no message\n');
readline.createInterface({ input: process.stdin }).on('line', (line) => {
  receive(line).catch((failure) => note({ failure: String(failure) }));
  if (FAULT in floods && line.includes('tools/list')) setImmediate(() => flood(...floods[FAULT]));
  if (FAULT === 'announces' && line.includes('notifications/initialized')) setInterval(() => notify('notifications/tools/list_changed'), 5);
  if (FAULT === 'asks' && line.includes('notifications/initialized'))
    for (let count = 0; count < 100; count += 1)
      send({ id: `f${count}`, method: 'elicitation/create', params: { message: `${count}?`, requestedSchema: object() } });
});
