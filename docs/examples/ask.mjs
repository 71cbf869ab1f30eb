// A question to the agent from a plain Node script: node ask.mjs "run: ls" [-c key=value ...]
// It shows what happens, and asks at the terminal before anything that needs consent.
import { stdin, stdout } from 'node:process';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import { connect, declineEverything, runTurn } from 'switchyard/client';

const [text = 'say: hello', ...args] = process.argv.slice(2);
const program = fileURLToPath(new URL('switchyard.cjs', import.meta.resolve('switchyard/client')));

async function consent(what, signal) {
  const terminal = createInterface({ input: stdin, output: stdout });
  try {
    const answer = await terminal.question(`${what}\nAllow? [y/N] `, { signal });
    return { decision: answer.trim().toLowerCase() === 'y' ? 'accept' : 'decline' };
  } finally {
    terminal.close();
  }
}

const client = await connect(
  { command: process.execPath, args: [program, 'app-server', ...args] },
  {
    clientInfo: { name: 'ask', version: '1.0.0' },
    questions: {
      ...declineEverything,
      'item/commandExecution/requestApproval': ({ command, cwd }, { signal }) => consent(`Run ${command} in ${cwd}`, signal),
      'item/fileChange/requestApproval': ({ reason }, { signal }) => consent(`Change files. ${reason ?? ''}`, signal),
    },
  },
);
try {
  client.on('item/agentMessage/delta', ({ delta }) => stdout.write(delta));
  client.on('item/commandExecution/outputDelta', ({ delta }) => stdout.write(delta));
  const { thread } = await client.request('thread/start', { cwd: process.cwd() });
  const { turn } = await runTurn(client, { threadId: thread.id, input: [{ type: 'text', text }] });
  stdout.write(`\n[${turn.status}]\n`);
} finally {
  await client.close();
}
