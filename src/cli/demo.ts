/** `switchyard demo`: a real server over stdio, a scratch workspace and the rehearsal model; a command, a patch, a summary. */
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { ownVersion } from '../app-server/handshake.ts';
import { type AppClient, connect, declineEverything, type QuestionHandlers, runTurn, type ServerNotification } from '../client/index.ts';
import { type Paint, paintDiff, paintFor } from './terminal.ts';

/** What is said to the model, one turn each. The rehearsal model answers these phrases by rule. */
const script = [
  'run `for step in one two three; do echo "step $step of the demo"; sleep 0.2; done`',
  'create `hello.txt` with `Hello from Switchyard`',
  'append `A second patch wrote this line` to `hello.txt`',
  'say slowly: The command ran, the file was written and changed, and every step waited for your consent.',
];

interface Tally {
  commands: number;
  patches: number;
  approvals: number;
  notifications: number;
  tokens: number;
}

export async function demo(options: { yes: boolean }): Promise<void> {
  const scratch = await realpath(await mkdtemp(join(tmpdir(), 'switchyard-demo-')));
  try {
    await run(scratch, options.yes);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function run(scratch: string, yes: boolean): Promise<void> {
  const show = new Show(paintFor(process.stdout, process.env), yes || !process.stdin.isTTY);
  const [workspace, home] = [join(scratch, 'workspace'), join(scratch, 'home')];
  await mkdir(workspace);
  await mkdir(home);
  const startedMs = performance.now();
  const client = await connect(
    {
      command: process.execPath,
      args: [process.argv[1] ?? 'switchyard', 'app-server', '-c', 'model_provider="rehearsal"'],
      cwd: workspace,
      env: { ...process.env, CODEX_HOME: home },
    },
    {
      clientInfo: { name: 'switchyard-demo', title: 'Switchyard demo', version: ownVersion },
      capabilities: { experimentalApi: true },
      questions: show.questions(),
    },
  );
  try {
    show.headline(client, performance.now() - startedMs);
    const { thread } = await client.request('thread/start', { cwd: workspace, approvalPolicy: 'untrusted', sandbox: 'workspace-write' });
    for (const text of script) await turn(client, thread.id, { text, show });
    show.summary(performance.now() - startedMs);
  } finally {
    await client.close();
    show.close();
  }
}

async function turn(client: AppClient, threadId: string, { text, show }: { text: string; show: Show }): Promise<void> {
  show.said(text);
  const input = [{ type: 'text' as const, text, text_elements: [] }];
  const { turn } = await runTurn(client, { threadId, input }, { onNotification: (notification) => show.notified(notification) });
  show.turnEnded();
  if (turn.status === 'failed') throw new Error(`the turn failed: ${turn.error?.message ?? 'no reason was given'}`);
}

const count = (number: number, one: string, many = `${one}s`): string => `${number} ${number === 1 ? one : many}`;

/** Writes what happens, as it happens. */
class Show {
  readonly #paint: Paint;
  readonly #agrees: boolean;
  readonly #terminal = createInterface({ input: process.stdin, output: process.stdout, terminal: process.stdin.isTTY });
  readonly #tally: Tally = { commands: 0, patches: 0, approvals: 0, notifications: 0, tokens: 0 };
  #diff = '';
  /** The kind of text the cursor stands in: a switch begins a new line. */
  #writing: string | undefined;

  constructor(paint: Paint, agrees: boolean) {
    this.#paint = paint;
    this.#agrees = agrees;
  }

  headline(client: AppClient, readyMs: number): void {
    const { bold, dim } = this.#paint;
    this.#line(`${bold('Switchyard demo')}  ${dim(`${client.server.userAgent}, ready after ${Math.round(readyMs)} ms`)}`);
  }

  said(text: string): void {
    this.#line(`\n${this.#paint.cyan('you')}    ${text}`);
  }

  questions(): QuestionHandlers {
    return {
      ...declineEverything,
      'item/commandExecution/requestApproval': async ({ command, cwd }) => ({
        decision: await this.#ask(`run ${this.#paint.bold(command ?? '')} in ${cwd ?? 'the workspace'}`),
      }),
      'item/fileChange/requestApproval': async () => ({ decision: await this.#ask('apply this patch') }),
    };
  }

  notified({ method, params }: ServerNotification): void {
    this.#tally.notifications += 1;
    if (method === 'item/agentMessage/delta') this.#stream('model', params.delta);
    else if (method === 'item/commandExecution/outputDelta') this.#stream('output', params.delta);
    else if (method === 'turn/diff/updated') this.#diff = params.diff;
    else if (method === 'thread/tokenUsage/updated') this.#tally.tokens = params.tokenUsage.total.totalTokens;
    else if (method === 'error') this.#line(this.#paint.red(`error  ${params.error.message}`));
    else if (method === 'item/started' && params.item.type === 'fileChange') {
      for (const { path, kind } of params.item.changes) this.#line(`${this.#paint.yellow('patch')}  ${kind.type} ${path}`);
    } else if (method === 'item/completed') this.#completed(params.item);
  }

  turnEnded(): void {
    if (this.#diff !== '') this.#line(paintDiff(this.#diff.trimEnd(), this.#paint));
    this.#diff = '';
    this.#line('');
  }

  summary(ms: number): void {
    const { commands, patches, approvals, notifications, tokens } = this.#tally;
    const facts = [
      `${script.length} turns`,
      count(commands, 'command'),
      count(patches, 'patch', 'patches'),
      count(approvals, 'approval'),
      `${notifications} notifications`,
      `${tokens} tokens`,
    ];
    this.#line(`${this.#paint.green('done')}   ${facts.join(', ')} in ${(ms / 1000).toFixed(1)} s`);
  }

  close(): void {
    this.#terminal.close();
  }

  #completed(item: Extract<ServerNotification, { method: 'item/completed' }>['params']['item']): void {
    const { green, red, dim } = this.#paint;
    if (item.type === 'commandExecution') {
      this.#tally.commands += 1;
      // What a short command writes is often in its result alone.
      if (this.#writing !== 'output' && item.aggregatedOutput) this.#stream('output', item.aggregatedOutput);
      const good = item.status === 'completed';
      this.#line(
        `${good ? green('ran') : red(item.status)}    ${dim(`${item.command} (exit code ${item.exitCode ?? '-'}, ${item.durationMs ?? 0} ms)`)}`,
      );
    } else if (item.type === 'fileChange') {
      this.#tally.patches += 1;
      this.#line(item.status === 'completed' ? green('applied') : red(item.status));
    }
  }

  async #ask(what: string): Promise<'accept' | 'decline'> {
    this.#tally.approvals += 1;
    this.#line(`${this.#paint.yellow('ask')}    May it ${what}?`);
    if (this.#agrees) {
      this.#line(`       ${this.#paint.dim('yes (nobody is asked: --yes, or no terminal)')}`);
      return 'accept';
    }
    const answer = await this.#terminal.question('       [Y/n] ').catch(() => 'n');
    return /^\s*(y|yes)?\s*$/i.test(answer) ? 'accept' : 'decline';
  }

  #stream(kind: 'model' | 'output', text: string): void {
    if (this.#writing !== kind) this.#line(kind === 'model' ? `${this.#paint.green('model')}  ` : '', '');
    this.#writing = kind;
    process.stdout.write(kind === 'output' ? this.#paint.dim(text) : text);
  }

  #line(text: string, end = '\n'): void {
    if (this.#writing !== undefined) process.stdout.write('\n');
    this.#writing = undefined;
    process.stdout.write(text + end);
  }
}
