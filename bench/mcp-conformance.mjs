// Plays the recordings of MCP servers (golden/mcp) against this build: what the client is told, what the servers are asked, and what
// an exec-server is asked. Differences that are meant stand in mcp/differences.mjs; any other one fails.
//   npm run conformance:mcp [-- --only a,b] [--all-lines] [--program COMMAND]
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { different, normal, unequal } from './mcp/compare.mjs';
import { reasonFor } from './mcp/differences.mjs';
import { askedOf, recordedFrames } from './mcp/frames.mjs';
import { differentRequests } from './mcp/http-log.mjs';
import { replay } from './mcp/replay.mjs';
import { scenes } from './mcp/scenes.mjs';
import { openStage } from './mcp/stage.mjs';
import { cli, sharedFolder } from './shared.mjs';

const { values } = parseArgs({
  options: { only: { type: 'string' }, 'all-lines': { type: 'boolean', default: false }, program: { type: 'string' } },
});

/** The lines of a file of a recording; undefined: it has no such file. */
function linesOf(folder, name, kind) {
  const file = join(folder, `${name}.${kind}.jsonl`);
  if (!existsSync(file)) return undefined;
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** The beginning of a conversation, with the answer to the message `last`; undefined: the whole. */
function upTo(last, lines) {
  const end = last === undefined ? -1 : lines.findIndex(({ dir, m }) => dir === '<-' && m.id === last);
  return end < 0 ? lines : lines.slice(0, end + 1);
}

/** How often the state of all servers of a thread was asked for. */
const statusOfThread = (lines) =>
  lines.filter(({ dir, m: { method, params } }) => dir === '->' && method === 'mcpServerStatus/list' && params.threadId !== undefined)
    .length;

async function differencesOf(name, shared) {
  const folder = join(shared, 'golden', 'mcp');
  const scene = scenes[name];
  if (!scene) return ['no scene says how it was made'];
  const program = values.program?.split(' ') ?? [process.execPath, cli];
  const stage = await openStage(program, shared);
  try {
    await prepare(stage, scene);
    const conversation = linesOf(folder, name, 'rpc');
    const lines = scene.lines ?? conversation ?? upTo(scene.last, linesOf(folder, scene.requests, 'rpc'));
    const plays = Array.from({ length: scene.programs ?? 1 }, () => replay({ stage, scene, lines, compared: conversation !== undefined }));
    const told = (await Promise.all(plays)).flat();
    const names = { fixtures: stage.fixtures, plugin: stage.path('plugin') };
    const frames = stage.frames();
    await stage.settle();
    const asked = linesOf(folder, name, 'http');
    const ofServers = asked ? differentRequests(asked, stage.log(), { statuses: statusOfThread(lines), programs: scene.programs }) : [];
    const executor = linesOf(folder, name, 'execserver-ws');
    const ofExecutor = executor
      ? unequal(askedOf(recordedFrames(executor), names, scene.distinct), askedOf(frames, names, scene.distinct)).map(
          (line) => `executor: ${line}`,
        )
      : [];
    const shown = name === 'model-request-tools' ? differentTools(folder, stage.requests[0]) : [];
    return [...told, ...ofServers, ...ofExecutor, ...shown];
  } finally {
    await stage.close();
  }
}

/** What a model was shown of MCP servers. The functions beside their tools are described in our own words. */
function differentTools(folder, { tools }) {
  const recorded = JSON.parse(readFileSync(join(folder, 'model-request-tools.json'), 'utf8')).tools;
  const facts = (tool) => (tool?.type === 'namespace' ? tool : { ...tool, description: undefined });
  return recorded.flatMap((tool) => {
    const ours = tools.find(({ type, name }) => type === tool.type && name === tool.name);
    return different(normal(facts(tool), {}), normal(facts(ours), {})).map((line) => `${tool.name}${line}`);
  });
}

async function prepare(stage, scene) {
  stage.configure(scene.top ?? '', scene.config(stage));
  for (const [name, text] of Object.entries(scene.home ?? {})) stage.write(`home/${name}`, text);
  for (const [name, text] of Object.entries(scene.plugin ?? {})) stage.write(`plugin/${name}`, text(stage));
  if (scene.server) await stage.startServer(scene.server);
  if (scene.executor) await stage.startExecutor(scene.executor, scene.fault?.());
}

const shared = sharedFolder(join('golden', 'mcp'));
if (shared) {
  const names = [...new Set(readdirSync(join(shared, 'golden', 'mcp')).map((file) => file.split('.')[0]))];
  const wanted = values.only?.split(',');
  let unexplained = 0;
  for (const name of names.filter((one) => wanted?.includes(one) ?? true)) {
    const all = await differencesOf(name, shared);
    const judged = all.map((line) => ({ line, reason: reasonFor(name, line) }));
    const open = judged.filter(({ reason }) => reason === undefined);
    unexplained += open.length;
    const reasons = [...new Set(judged.flatMap(({ reason }) => reason ?? []))];
    console.log(`${open.length === 0 ? 'ok  ' : 'FAIL'} ${name}${reasons.length === 0 ? '' : ` (on purpose: ${reasons.join('; ')})`}`);
    for (const { line } of values['all-lines'] ? judged : open) console.log(`       ${line}`);
  }
  console.log(unexplained === 0 ? 'the recordings match' : `${unexplained} differences that nobody meant`);
  process.exitCode = unexplained === 0 ? 0 : 1;
}
