/** The form items have in rollout files (CamelCase kinds, snake_case members) and the way back to protocol items. */
import { ThreadItem } from '../protocol/app/item.ts';
import { inputFromStored, storedInput } from './input-forms.ts';
import {
  isRecord,
  type JsonRecord,
  listIn,
  numberIn,
  present,
  recordIn,
  renameMembers,
  textIn,
  textsIn,
  toCamelCase,
  toSnakeCase,
} from './json.ts';
import { fileUri, nativePath } from './paths.ts';
import { joinWords, splitWords } from './shell-words.ts';

type Stored = Record<string, unknown>;

/** The item as the `item_completed` line holds it. */
export function storedItem(item: ThreadItem): Stored {
  switch (item.type) {
    case 'userMessage':
      return { type: 'UserMessage', id: item.id, ...present({ client_id: item.clientId }), content: item.content.map(storedInput) };
    case 'agentMessage':
      return {
        type: 'AgentMessage',
        id: item.id,
        content: [{ type: 'Text', text: item.text }],
        ...present({ phase: item.phase, memory_citation: renameMembers(item.memoryCitation, toSnakeCase), moderation: item.moderation }),
      };
    case 'reasoning':
      return { type: 'Reasoning', id: item.id, summary_text: item.summary, raw_content: item.content };
    case 'commandExecution':
      return storedCommand(item);
    case 'fileChange':
      return storedFileChange(item);
    case 'imageView':
      return { type: 'ImageView', id: item.id, path: fileUri(item.path) };
    case 'mcpToolCall':
      return storedMcpCall(item);
    case 'dynamicToolCall':
      return {
        type: 'DynamicToolCall',
        id: item.id,
        ...present({ namespace: item.namespace }),
        tool: item.tool,
        arguments: item.arguments,
        status: toSnakeCase(item.status),
        ...present({ content_items: item.contentItems, success: item.success, duration: storedDuration(item.durationMs) }),
      };
    case 'enteredReviewMode':
      return {
        type: 'EnteredReviewMode',
        id: item.id,
        target: { type: 'custom', instructions: item.review },
        user_facing_hint: item.review,
      };
    case 'exitedReviewMode':
      return {
        type: 'ExitedReviewMode',
        id: item.id,
        review_output: { findings: [], overall_correctness: '', overall_explanation: item.review, overall_confidence_score: 0 },
      };
    default:
      return storedPlainly(item);
  }
}

/** Kinds whose members only change their spelling. */
function storedPlainly(item: ThreadItem): Stored {
  const { type, startedAtMs: _started, completedAtMs: _completed, ...members } = item;
  const stored = Object.fromEntries(Object.entries(present(members)).map(([name, value]) => [toSnakeCase(name), storedEnum(name, value)]));
  return { type: type.charAt(0).toUpperCase() + type.slice(1), ...stored };
}

/** `action` of a web search and `status` are enums of the stored form; everything else keeps its value. */
const storedEnum = (name: string, value: unknown): unknown => {
  if (name === 'status' || name === 'tool' || name === 'kind') return typeof value === 'string' ? toSnakeCase(value) : value;
  if (name === 'action' && isRecord(value))
    return { ...present(value), type: typeof value.type === 'string' ? toSnakeCase(value.type) : value.type };
  return value;
};

const storedDuration = (ms: number | null | undefined): Stored | undefined =>
  ms === null || ms === undefined ? undefined : { secs: Math.floor(ms / 1000), nanos: Math.round((ms % 1000) * 1e6) };

function storedCommand(item: Extract<ThreadItem, { type: 'commandExecution' }>): Stored {
  const words = splitWords(item.command) ?? [item.command];
  return {
    type: 'CommandExecution',
    id: item.id,
    ...present({ process_id: item.processId }),
    command: words,
    // Quoting is not unique: the text is kept when the words alone would be written differently.
    ...(joinWords(words) === item.command ? {} : { command_text: item.command }),
    cwd: fileUri(item.cwd),
    parsed_cmd: item.commandActions.map(storedAction),
    source: toSnakeCase(item.source),
    status: toSnakeCase(item.status),
    ...present({ plugin_id: item.pluginId, script_path: item.scriptPath }),
    ...present({ aggregated_output: item.aggregatedOutput, exit_code: item.exitCode, duration: storedDuration(item.durationMs) }),
  };
}

const storedAction = (action: Extract<ThreadItem, { type: 'commandExecution' }>['commandActions'][number]): Stored => {
  const { type, command, ...rest } = action;
  return { type: toSnakeCase(type), cmd: command, ...rest };
};

function storedFileChange(item: Extract<ThreadItem, { type: 'fileChange' }>): Stored {
  const changes = item.changes.map(({ path, kind, diff }): [string, Stored] => {
    if (kind.type !== 'update') return [path, { type: kind.type, content: diff }];
    const target = kind.move_path ?? null;
    const moved = `\n\nMoved to: ${target}`;
    return [
      path,
      { type: 'update', unified_diff: target !== null && diff.endsWith(moved) ? diff.slice(0, -moved.length) : diff, move_path: target },
    ];
  });
  return { type: 'FileChange', id: item.id, changes: Object.fromEntries(changes), status: toSnakeCase(item.status) };
}

function storedMcpCall(item: Extract<ThreadItem, { type: 'mcpToolCall' }>): Stored {
  // A tool that reports an error keeps its result; `isError` in it is what marks the failure when the item is read back.
  const result = item.result && { ...present({ ...item.result }), ...(item.status === 'failed' ? { isError: true } : {}) };
  return {
    type: 'McpToolCall',
    id: item.id,
    server: item.server,
    tool: item.tool,
    arguments: item.arguments,
    ...present({ readOnlyHint: item.readOnlyHint, pluginId: item.pluginId, appContext: item.appContext, mcpAppUi: item.mcpAppUi }),
    status: toSnakeCase(item.status),
    ...present({ result, error: item.error, duration: storedDuration(item.durationMs) }),
  };
}

/** The protocol item of a stored one, or undefined when its shape is not known. */
export function itemFromStored(
  stored: unknown,
  times: { startedAtMs?: number | undefined; completedAtMs?: number | undefined },
): ThreadItem | undefined {
  if (!isRecord(stored) || typeof stored.type !== 'string' || typeof stored.id !== 'string') return undefined;
  const known = restore[stored.type] ?? restorePlainly;
  const candidate = { ...known(stored), id: stored.id, startedAtMs: times.startedAtMs ?? null, completedAtMs: times.completedAtMs ?? null };
  const parsed = ThreadItem().safeParse(candidate);
  return parsed.success ? parsed.data : undefined;
}

/** Members that files leave out when they are null. */
const absent: Readonly<Record<string, Stored>> = {
  FunctionCallOutput: { namespace: null },
  SubAgentActivity: { model: null, reasoningEffort: null },
  CollabAgentToolCall: { prompt: null, model: null, reasoningEffort: null, agentsStates: {}, receiverThreadIds: [] },
  ImageGeneration: { revisedPrompt: null, failure: null, generationId: null },
};

function restorePlainly(stored: JsonRecord): Stored {
  const type = String(stored.type);
  const members = Object.entries(stored).map(([name, value]) => [
    toCamelCase(name),
    name === 'status' || name === 'tool' || name === 'kind' ? enumOf(value) : value,
  ]);
  return { ...absent[type], ...Object.fromEntries(members), type: type.charAt(0).toLowerCase() + type.slice(1) };
}

const enumOf = (value: unknown): unknown => (typeof value === 'string' ? toCamelCase(value) : value);

const durationOf = (value: unknown): number | null => {
  if (!isRecord(value)) return null;
  return Math.round((numberIn(value.secs) ?? 0) * 1000 + Math.floor((numberIn(value.nanos) ?? 0) / 1e6));
};

const restore: Readonly<Record<string, (stored: JsonRecord) => Stored>> = {
  UserMessage: (stored) => ({
    type: 'userMessage',
    clientId: stored.client_id ?? null,
    content: listIn(stored.content).map(inputFromStored),
  }),
  AgentMessage: (stored) => ({
    type: 'agentMessage',
    text: listIn(stored.content)
      .map((part) => textIn(recordIn(part).text) ?? '')
      .join(''),
    phase: stored.phase ?? null,
    memoryCitation: stored.memory_citation ? renameMembers(stored.memory_citation, toCamelCase) : null,
    moderation: stored.moderation ?? null,
    delivery: null,
    questions: null,
  }),
  Reasoning: (stored) => ({ type: 'reasoning', summary: textsIn(stored.summary_text), content: textsIn(stored.raw_content) }),
  CommandExecution: (stored) => ({
    type: 'commandExecution',
    pluginId: stored.plugin_id ?? null,
    scriptPath: stored.script_path ?? null,
    command: textIn(stored.command_text) ?? joinWords(textsIn(stored.command)),
    cwd: nativePath(textIn(stored.cwd) ?? ''),
    processId: stored.process_id ?? null,
    source: enumOf(stored.source) ?? 'agent',
    status: enumOf(stored.status),
    commandActions: listIn(stored.parsed_cmd).map(actionFromStored),
    aggregatedOutput: stored.aggregated_output || null,
    exitCode: stored.exit_code ?? null,
    durationMs: durationOf(stored.duration),
  }),
  FileChange: (stored) => ({
    type: 'fileChange',
    changes: Object.entries(recordIn(stored.changes)).map(([path, change]) => changeFromStored(path, recordIn(change))),
    status: enumOf(stored.status),
  }),
  ImageView: (stored) => ({ type: 'imageView', path: nativePath(textIn(stored.path) ?? '') }),
  Plan: (stored) => ({ type: 'plan', text: stored.text }),
  McpToolCall: (stored) => ({
    type: 'mcpToolCall',
    server: stored.server,
    tool: stored.tool,
    status: enumOf(stored.status),
    arguments: stored.arguments ?? null,
    appContext: stored.appContext ?? null,
    mcpAppUi: stored.mcpAppUi ?? null,
    pluginId: stored.pluginId ?? null,
    readOnlyHint: stored.readOnlyHint ?? null,
    result: isRecord(stored.result)
      ? {
          content: listIn(stored.result.content),
          structuredContent: stored.result.structuredContent ?? null,
          _meta: stored.result._meta ?? null,
        }
      : null,
    error: stored.error ?? null,
    durationMs: durationOf(stored.duration),
  }),
  DynamicToolCall: (stored) => ({
    type: 'dynamicToolCall',
    namespace: stored.namespace ?? null,
    tool: stored.tool,
    arguments: stored.arguments ?? null,
    status: enumOf(stored.status),
    contentItems: stored.content_items ?? null,
    success: stored.success ?? null,
    durationMs: durationOf(stored.duration),
  }),
  WebSearch: (stored) => ({
    type: 'webSearch',
    query: stored.query ?? '',
    action: isRecord(stored.action) ? { queries: null, query: null, url: null, ...stored.action, type: enumOf(stored.action.type) } : null,
    results: stored.results ?? null,
  }),
  EnteredReviewMode: (stored) => ({ type: 'enteredReviewMode', review: textIn(stored.user_facing_hint) ?? '' }),
  ExitedReviewMode: (stored) => ({ type: 'exitedReviewMode', review: reviewText(recordIn(stored.review_output)) }),
  ContextCompaction: () => ({ type: 'contextCompaction' }),
};

const actionFromStored = (action: unknown): unknown => {
  const { type, cmd, ...rest } = recordIn(action);
  return { type: enumOf(type), command: cmd, ...rest };
};

const changeFromStored = (path: string, change: JsonRecord): unknown => {
  if (change.type !== 'update') return { path, kind: { type: change.type }, diff: textIn(change.content) ?? '' };
  const target = textIn(change.move_path) ?? null;
  const diff = textIn(change.unified_diff) ?? '';
  return { path, kind: { type: 'update', move_path: target }, diff: target === null ? diff : `${diff}\n\nMoved to: ${target}` };
};

/** The text a client shows for a finished review: what was said of it all, then each finding with its place. */
function reviewText(output: JsonRecord): string {
  const explanation = textIn(output.overall_explanation)?.trim() ?? '';
  const findings = listIn(output.findings).filter(isRecord).map(findingText);
  if (findings.length === 0) return explanation;
  const heading = findings.length === 1 ? 'Review comment:' : 'Full review comments:';
  return [...(explanation === '' ? [] : [explanation]), heading, ...findings].join('\n\n');
}

function findingText(finding: JsonRecord): string {
  const place = recordIn(finding.code_location);
  const range = recordIn(place.line_range);
  const lines = `${numberIn(range.start) ?? 0}-${numberIn(range.end) ?? 0}`;
  const body = (textIn(finding.body) ?? '').split('\n').map((line) => `  ${line}`);
  return [`- ${textIn(finding.title) ?? ''} — ${textIn(place.absolute_file_path) ?? ''}:${lines}`, ...body].join('\n');
}
