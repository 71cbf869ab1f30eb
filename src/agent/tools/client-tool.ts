/** Tools that a client declares with a thread and runs itself: checking the declarations, and calling them. */
import { invalidRequest, isRequestError } from '../../base/errors.ts';
import type { DynamicToolFunctionSpec, DynamicToolSpec } from '../../protocol/app/index.ts';
import {
  type ContentPart,
  defineTool,
  type ItemBodyOf,
  type ModelOutput,
  type Tool,
  type ToolCall,
  type ToolNamespace,
  type ToolOutcome,
} from './tool.ts';

const MAX_NAME = 128;
const MAX_NAMESPACE = 64;
const MAX_NAMESPACE_DESCRIPTION = 1024;
const NAME = /^[a-zA-Z0-9_-]+$/;
/** Namespaces the model API keeps for itself. */
const API_NAMESPACES: ReadonlySet<string> = new Set(
  (
    'functions web browser python terminal container computer image_gen file_search tool_search multi_tool_use api_tool ' +
    'submodel_delegator python_user_visible'
  ).split(' '),
);

/** Throws `invalidRequest` for the first declaration that cannot be offered to a model. */
export function checkClientTools(specs: readonly DynamicToolSpec[]): void {
  const names = new Set<string>();
  const namespaces = new Set<string>();
  for (const spec of specs) {
    if (spec.type === 'function') {
      checkFunction(spec);
      if (spec.deferLoading) throw invalidRequest(`deferred dynamic tool must include a namespace: ${spec.name}`);
      if (names.has(spec.name)) throw invalidRequest(`duplicate dynamic tool name: ${spec.name}`);
      names.add(spec.name);
    } else {
      checkNamespace(spec);
      if (namespaces.has(spec.name)) throw invalidRequest(`duplicate dynamic tool namespace: ${spec.name}`);
      namespaces.add(spec.name);
    }
  }
}

type NamespaceSpec = Extract<DynamicToolSpec, { type: 'namespace' }>;

function checkNamespace(spec: NamespaceSpec): void {
  checkIdentifier(spec.name, 'dynamic tool namespace', MAX_NAMESPACE);
  if (API_NAMESPACES.has(spec.name))
    throw invalidRequest(`dynamic tool namespace collides with a reserved Responses API namespace: ${spec.name}`);
  if ([...spec.description].length > MAX_NAMESPACE_DESCRIPTION)
    throw invalidRequest(`dynamic tool namespace description must be at most ${MAX_NAMESPACE_DESCRIPTION} characters`);
  if (spec.tools.length === 0) throw invalidRequest(`dynamic tool namespace must contain at least one tool: ${spec.name}`);
  const names = new Set<string>();
  for (const tool of spec.tools) {
    checkFunction(tool);
    if (names.has(tool.name)) throw invalidRequest(`duplicate dynamic tool name in namespace ${spec.name}: ${tool.name}`);
    names.add(tool.name);
  }
}

function checkFunction(spec: DynamicToolFunctionSpec): void {
  checkIdentifier(spec.name, 'dynamic tool name', MAX_NAME);
  const problem = schemaProblem(spec.inputSchema);
  if (problem !== undefined) throw invalidRequest(`dynamic tool input schema is not supported for ${spec.name}: ${problem}`);
}

function checkIdentifier(name: string, what: string, longest: number): void {
  if (name.trim() === '') throw invalidRequest(`${what} must not be empty`);
  if (name.trim() !== name) throw invalidRequest(`${what} has leading/trailing whitespace: ${name}`);
  if (!NAME.test(name)) throw invalidRequest(`${what} must match ^[a-zA-Z0-9_-]+$ to match Responses API: ${name}`);
  if (name.length > longest) throw invalidRequest(`${what} must be at most ${longest} characters to match Responses API: ${name}`);
  // These are the names of tools of MCP servers.
  if (name === 'mcp' || name.startsWith('mcp__')) throw invalidRequest(`${what} is reserved: ${name}`);
}

function schemaProblem(schema: unknown): string | undefined {
  if (typeof schema === 'boolean') return undefined;
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema))
    return `invalid type: ${typeName(schema)}, expected struct JsonSchema`;
  const properties = 'properties' in schema ? schema.properties : undefined;
  if (properties === undefined || properties === null || (typeof properties === 'object' && !Array.isArray(properties))) return undefined;
  return `invalid type: ${typeName(properties)}, expected a map`;
}

const typeName = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'sequence' : typeof value);

/** The tools of declarations that `checkClientTools` accepted. */
export function createClientTools(specs: readonly DynamicToolSpec[]): Tool[] {
  return specs.flatMap((spec) => {
    if (spec.type === 'function') return [clientTool(spec)];
    const namespace = { name: spec.name, description: spec.description };
    return spec.tools.map((tool) => clientTool(tool, namespace));
  });
}

function clientTool(spec: DynamicToolFunctionSpec, namespace?: ToolNamespace): Tool {
  const declaration = {
    type: 'function',
    name: spec.name,
    description: spec.description,
    strict: false,
    parameters: typeof spec.inputSchema === 'boolean' ? {} : spec.inputSchema,
  };
  return defineTool<unknown>({
    name: spec.name,
    ...(namespace ? { namespace } : {}),
    kind: 'function',
    parallel: false,
    declaration: () => declaration,
    parse: (input) => ({ ok: true, args: input }),
    prepare: (args, call) => ({ kind: 'free', run: () => callClient(spec.name, namespace?.name ?? null, args, call) }),
  });
}

type ToolItem = ItemBodyOf<'dynamicToolCall'>;
type Answer = Pick<ToolItem, 'success'> & { readonly contentItems: NonNullable<ToolItem['contentItems']> };

async function callClient(tool: string, namespace: string | null, args: unknown, call: ToolCall): Promise<ToolOutcome> {
  const startedMs = call.clock.monotonicMs();
  const question = { namespace, tool, arguments: args };
  const item: ToolItem = {
    type: 'dynamicToolCall',
    id: call.callId,
    ...question,
    status: 'inProgress',
    contentItems: null,
    success: null,
    durationMs: null,
  };
  call.items.start(item);
  const complete = ({ contentItems, success }: Answer): void => {
    const durationMs = Math.round(call.clock.monotonicMs() - startedMs);
    call.items.complete({ ...item, status: success ? 'completed' : 'failed', contentItems, success, durationMs });
  };
  const answer = await answerOf(question, call).catch((error: unknown) => {
    // Whatever happened, and an interruption too, clients must not wait for the end of this item.
    complete({ contentItems: [], success: false });
    throw error;
  });
  complete(answer);
  const { contentItems, success } = answer;
  return { kind: success ? 'ok' : 'failed', output: outputOf(contentItems) };
}

async function answerOf(question: Parameters<ToolCall['ask']['clientTool']>[0], call: ToolCall): Promise<Answer> {
  try {
    return await call.ask.clientTool(question);
  } catch (error) {
    if (call.signal.aborted || !isRequestError(error)) throw error;
    // Our own check of the answer fails with `invalidParams`; everything else is the client's refusal.
    const text = error.kind === 'invalidParams' ? 'dynamic tool response was invalid' : 'dynamic tool request failed';
    return { contentItems: [{ type: 'inputText', text }], success: false };
  }
}

/** A single text goes to the model as text. */
function outputOf(items: Answer['contentItems']): ModelOutput {
  const [first, ...rest] = items;
  if (first?.type === 'inputText' && rest.length === 0) return first.text;
  return items.map(partOf);
}

function partOf(item: Answer['contentItems'][number]): ContentPart {
  switch (item.type) {
    case 'inputText':
      return { type: 'input_text', text: item.text };
    case 'inputImage':
      return { type: 'input_image', image_url: item.imageUrl };
    case 'inputAudio':
      return { type: 'input_audio', audio_url: item.audioUrl };
  }
}
