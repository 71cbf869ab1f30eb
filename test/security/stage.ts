/** A stage for a hostile model: a real server over the public wire, a workspace outside the temporary directory, a scripted model. */
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { type AskForApproval, declineEverything, type QuestionHandlers, runTurn } from '../../src/client/index.ts';
import { createAppServer } from '../../src/index.ts';
import { startShipped } from '../environment/exec-servers.ts';
import { run, type ScriptedModel, type Step, startScriptedModel } from '../support/scripted-model.ts';

export type Sandbox = 'read-only' | 'workspace-write';

/** Where the commands of a stage run: on the server itself, or on an exec-server that is a program of its own. */
export const places = [{ place: 'local' }, { place: 'through an exec-server' }] as const;
export type Place = (typeof places)[number]['place'];

export interface StageSetup {
  /** Default `local`. */
  readonly place?: Place;
  readonly files?: Readonly<Record<string, string>>;
  readonly config?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly questions?: Partial<QuestionHandlers>;
}

export type Stage = Awaited<ReturnType<typeof openStage>>;

/** Everything lies in one directory of the home directory: `home`, `work`, and around them what must not be touched. */
export async function openStage(setup: StageSetup = {}) {
  const base = await realpath(await mkdtemp(join(homedir(), '.switchyard-security-')));
  const model: ScriptedModel = await startScriptedModel();
  const [home, work] = [join(base, 'home'), join(base, 'work')];
  await mkdir(home);
  await mkdir(work);
  const table = `[model_providers.mock]\nname = "mock"\nbase_url = "${model.url}"\nrequest_max_retries = 0\nstream_max_retries = 0\n`;
  const top = 'model = "mock-model"\nmodel_provider = "mock"\n';
  await writeFile(join(home, 'config.toml'), `${top}${setup.config ?? ''}\n${table}`);
  for (const [name, text] of Object.entries(setup.files ?? {})) {
    await mkdir(dirname(join(base, name)), { recursive: true });
    await writeFile(join(base, name), text);
  }
  const mark = process.env.SWITCHYARD_TEST_RUN;
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: base,
    CODEX_HOME: home,
    ...(mark === undefined ? {} : { SWITCHYARD_TEST_RUN: mark }),
    ...setup.env,
  };
  const far = setup.place === 'through an exec-server' ? await startShipped(env) : undefined;
  const server = createAppServer({ codexHome: home, cwd: work, env, validateOutbound: true });
  const asked: { method: string; params: Readonly<Record<string, unknown>> }[] = [];
  const decline = { decision: 'decline' } as const;
  const client = await server.connect({
    clientInfo: { name: 'guard', title: 'Guard', version: '0' },
    capabilities: { experimentalApi: true },
    questions: {
      ...declineEverything,
      'item/commandExecution/requestApproval': async (params) => {
        asked.push({ method: 'command', params });
        return decline;
      },
      'item/fileChange/requestApproval': async (params) => {
        asked.push({ method: 'patch', params });
        return decline;
      },
      ...setup.questions,
    },
  });
  if (far) await client.request('environment/add', { environmentId: 'far', execServerUrl: far.url });
  const environments = far ? { environments: [{ environmentId: 'far', cwd: work }] } : {};
  const thread = async (
    sandbox: Sandbox,
    more: { approvalPolicy?: AskForApproval; permissions?: string; config?: Record<string, unknown> } = {},
  ) => {
    const { permissions, ...rest } = more;
    const how = permissions === undefined ? { sandbox } : { permissions };
    return (await client.request('thread/start', { cwd: work, approvalPolicy: 'never', ...environments, ...how, ...rest })).thread.id;
  };
  return {
    base,
    home,
    work,
    model,
    server,
    client,
    asked,
    /** What a `thread/start` of this stage's place needs besides. */
    environments,
    thread,
    /** One command of the model in a thread where nobody is asked. Gives what the model was told. */
    async attempt(cmd: string, more: Record<string, unknown> = {}, sandbox: Sandbox = 'workspace-write'): Promise<string> {
      return (await this.play(await thread(sandbox), run(cmd, more)))[0] ?? '';
    },
    /** One turn in which the model makes `steps`. Gives what the model was told about each call. */
    async play(threadId: string, ...steps: Step[]): Promise<string[]> {
      model.push(...steps);
      const before = model.requests.length;
      await runTurn(client, { threadId, input: [{ type: 'text', text: 'go', text_elements: [] }] });
      return model.requests.slice(before).flatMap(({ body }) => {
        const last = body.input?.at(-1);
        return last?.type === 'function_call_output' ? [textOf(last.output)] : [];
      });
    },
    async [Symbol.asyncDispose]() {
      await client.close();
      await server.close();
      await far?.[Symbol.asyncDispose]();
      await model[Symbol.asyncDispose]();
      await rm(base, { recursive: true, force: true });
    },
  };
}

const textOf = (output: unknown): string => (typeof output === 'string' ? output : JSON.stringify(output));
