/** The tools with which a model looks for connectors that could be installed, and asks the user to install one. */
import type { AppInfo, McpServerElicitationRequestParams, McpServerElicitationRequestResponse } from '../../protocol/app/index.ts';
import { readArguments } from './arguments.ts';
import { defineTool, type Tool, type ToolCall, type ToolOutcome } from './tool.ts';

export interface InstallPort {
  /** What may be suggested in this thread, from what is known already: nobody waits for the network. */
  candidates(): Promise<readonly AppInfo[]>;
  /** Undefined when the client cannot answer. */
  ask(params: McpServerElicitationRequestParams, signal: AbortSignal): Promise<McpServerElicitationRequestResponse | undefined>;
  /** Writes to the configuration that this one is not suggested any more. */
  never(id: string): Promise<void>;
}

const listName = 'list_available_plugins_to_install';
const requestName = 'request_plugin_install';

export const createInstallTools = (port: InstallPort): Tool[] => [listTool(port), requestTool(port)];

function declared(name: string, description: string, properties: Record<string, unknown>) {
  const parameters = { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
  return { type: 'function', name, description, strict: false, parameters };
}

const listDescription =
  'Lists plugins and connectors that the user could install. Call it only when the user asks for a certain one by name that ' +
  'none of your tools offers, and, where there is `tool_search`, only after that has not found it. A plugin is to be preferred to a connector.';

function listTool(port: InstallPort): Tool {
  const declaration = declared(listName, listDescription, {});
  return defineTool<undefined>({
    name: listName,
    kind: 'function',
    parallel: false,
    declaration: () => declaration,
    parse: () => ({ ok: true, args: undefined }),
    prepare: () => ({
      kind: 'free',
      run: async () => ({ kind: 'ok', output: JSON.stringify({ tools: (await port.candidates()).map(shown) }) }),
    }),
  });
}

const shown = ({ id, name, description }: AppInfo) => ({
  ...{ id, name, description, tool_type: 'connector' },
  ...{ has_skills: false, mcp_server_names: [], app_connector_ids: [] },
});

interface Suggestion {
  readonly toolType: string;
  readonly actionType: string;
  readonly id: string;
  readonly reason: string;
}

const requestDescription =
  `Asks the user to install one entry of \`${listName}\` that is exactly what they asked for: nothing similar, and nothing that ` +
  'would merely be of use. Give `tool_type` and `id` (as `tool_id`) as they were listed. Never call it beside other tools.';

function requestTool(port: InstallPort): Tool {
  const declaration = declared(requestName, requestDescription, {
    tool_type: { type: 'string', description: '`connector` or `plugin`, as listed.' },
    action_type: { type: 'string', description: 'Always `install`.' },
    tool_id: { type: 'string', description: 'The `id` of the entry.' },
    suggest_reason: { type: 'string', description: 'One short line for the user: how it helps with what they asked for.' },
  });
  return defineTool<Suggestion>({
    name: requestName,
    kind: 'function',
    parallel: false,
    declaration: () => declaration,
    parse: (input) =>
      readArguments(input, (reader) => ({
        toolType: reader.string('tool_type'),
        actionType: reader.string('action_type'),
        id: reader.string('tool_id'),
        reason: reader.string('suggest_reason').trim(),
      })),
    prepare: (suggestion, call) => ({ kind: 'free', run: () => suggest(suggestion, call, port) }),
  });
}

const refused = (output: string): ToolOutcome => ({ kind: 'failed', output });

async function suggest({ toolType, actionType, id, reason }: Suggestion, call: ToolCall, port: InstallPort): Promise<ToolOutcome> {
  if (reason === '') return refused('suggest_reason must not be empty');
  if (actionType !== 'install') return refused('plugin install requests currently support only action_type="install"');
  const app = toolType === 'connector' ? (await port.candidates()).find((one) => one.id === id) : undefined;
  if (!app) return refused(`tool_id must match one of the discoverable tools returned by ${listName}`);
  const answer = await port.ask(question(app, reason, call), call.signal);
  const meta = answer?._meta;
  const forever = typeof meta === 'object' && meta !== null && 'persist' in meta && meta.persist === 'always';
  if (answer?.action === 'decline' && forever)
    await port.never(id).catch((error: unknown) => call.log.warn('a refused suggestion could not be written down', { id, error }));
  const output = {
    // Whether it is there now only the vendor could say.
    completed: false,
    user_confirmed: answer?.action === 'accept',
    ...{ tool_type: toolType, action_type: actionType, tool_id: id, tool_name: app.name, suggest_reason: reason },
  };
  return { kind: 'ok', output: JSON.stringify(output) };
}

const question = (
  { id, name, installUrl }: AppInfo,
  reason: string,
  { threadId, turnId }: ToolCall,
): McpServerElicitationRequestParams => ({
  ...{ threadId, turnId, serverName: 'codex_apps', mode: 'form' },
  _meta: {
    ...{ codex_approval_kind: 'tool_suggestion', persist: 'always', tool_type: 'connector', suggest_type: 'install' },
    ...{ suggest_reason: reason, tool_id: id, tool_name: name, install_url: installUrl },
  },
  message: reason,
  requestedSchema: { type: 'object', properties: {} },
});
