/** A small agent around the rehearsal model: it asks over real HTTP, answers calls as a test says, and keeps the history. */
import { createModelHttp } from '../../src/host/model-http.ts';
import { createModelClient } from '../../src/model/create-model-client.ts';
import type { ModelEvent, ModelRequest, ResponseItem } from '../../src/model/model-client.ts';
import { customProvider } from '../../src/model/providers.ts';
import { createRehearsal, type Rehearsal } from '../../src/model/rehearsal/server.ts';
import { ask, request } from './model-server.ts';

export interface Call {
  readonly name: string;
  readonly namespace?: unknown;
  readonly input: unknown;
}

export interface Turn {
  readonly calls: readonly Call[];
  /** Calls of one response stand together. */
  readonly responses: readonly (readonly Call[])[];
  readonly said: string;
  readonly items: readonly ResponseItem[];
  readonly events: readonly ModelEvent[];
  readonly error: unknown;
}

export interface Stage extends AsyncDisposable {
  readonly rehearsal: Rehearsal;
  /** Everything so far; what a resumed conversation would start with. */
  readonly history: ResponseItem[];
  /** Without a text the conversation goes on as it stands. */
  turn(text: string | undefined, outputs?: (call: Call) => unknown, given?: Partial<ModelRequest>): Promise<Turn>;
}

export const fullTools = [
  { type: 'function', name: 'exec_command' },
  { type: 'function', name: 'write_stdin' },
  { type: 'custom', name: 'apply_patch' },
  { type: 'function', name: 'update_plan' },
  { type: 'function', name: 'request_user_input' },
  { type: 'function', name: 'view_image' },
  { type: 'function', name: 'request_permissions' },
  { type: 'function', name: 'lookup' },
  { type: 'namespace', name: 'tickets', tools: [{ type: 'function', name: 'get' }] },
  { type: 'namespace', name: 'mcp__tiny', tools: [{ type: 'function', name: 'echo' }] },
];

export const exited = (code: number, output: string) =>
  `Chunk ID: abc123\nWall time: 0.1000 seconds\nProcess exited with code ${code}\nOriginal token count: 1\nOutput:\n${output}`;

export const userMessage = (text: string): ResponseItem => ({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] });

const isCall = (item: ResponseItem) => item.type === 'function_call' || item.type === 'custom_tool_call';
const messageText = (item: ResponseItem): string =>
  item.type === 'message' && Array.isArray(item.content) ? item.content.map((part: { text?: string }) => part.text ?? '').join('') : '';

function callOf(item: ResponseItem): Call {
  const name = String(item.name);
  const input: unknown = item.type === 'custom_tool_call' ? item.input : JSON.parse(String(item.arguments));
  return item.namespace === undefined ? { name, input } : { name, namespace: item.namespace, input };
}

export function startStage(
  options: { script?: string; files?: Readonly<Record<string, string>>; history?: readonly ResponseItem[] } = {},
): Stage {
  const readText = async (path: string) => {
    const text = options.files?.[path];
    if (text === undefined) throw new Error(`there is no ${path}`);
    return text;
  };
  const rehearsal = createRehearsal({ readText });
  const transport = createModelHttp({ env: {} });
  const provider = customProvider('rehearsal', {
    requestMaxRetries: 0,
    ...(options.script === undefined ? {} : { script: options.script }),
  });
  const model = createModelClient(provider, { transport, env: {}, rehearsal: (script) => rehearsal.endpoint(script) });
  const history: ResponseItem[] = [...(options.history ?? [])];

  async function turn(
    text: string | undefined,
    outputs: (call: Call) => unknown = () => 'ok',
    given: Partial<ModelRequest> = {},
  ): Promise<Turn> {
    if (text !== undefined) history.push(userMessage(text));
    const responses: Call[][] = [];
    const items: ResponseItem[] = [];
    const events: ModelEvent[] = [];
    for (let round = 0; round < 50; round++) {
      const outcome = await ask(model, { ...request, tools: fullTools, ...given, input: [...history] });
      const done = outcome.events.flatMap((event) => (event.type === 'itemDone' ? [event.item] : []));
      events.push(...outcome.events);
      items.push(...done);
      history.push(...done);
      const called = done.filter(isCall);
      const again = outcome.events.some((event) => event.type === 'completed' && event.endTurn === false);
      if (called.length > 0) responses.push(called.map(callOf));
      for (const item of called) history.push({ type: `${item.type}_output`, call_id: item.call_id, output: outputs(callOf(item)) });
      if (outcome.error === undefined && (called.length > 0 || again)) continue;
      return {
        calls: responses.flat(),
        responses,
        said: items.map(messageText).filter(Boolean).join('\n'),
        items,
        events,
        error: outcome.error,
      };
    }
    throw new Error('the turn does not end');
  }

  return {
    rehearsal,
    history,
    turn,
    async [Symbol.asyncDispose]() {
      await rehearsal.close();
      await transport.close();
    },
  };
}
