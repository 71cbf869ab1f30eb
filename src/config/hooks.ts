/** The hooks a configuration names: their keys, hashes and whether the user trusts them. Running them is the agent's. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf, messageOf } from '../base/errors.ts';
import type { HookMetadata, HookSource, HooksListEntry } from '../protocol/app/index.ts';
import { type HookEvent, hookEvents, hookProblem } from './hook-forms.ts';
import { type ConfigLayer, canonicalJson, effectiveConfig } from './layers.ts';
import type { LoadedConfig } from './load.ts';
import { isTable, type TomlTable, valueAt } from './toml-values.ts';

const defaultTimeoutSec = 600;
/** Of hooks that hold up the end of something. */
const closingTimeoutSec = 1;

/** One file with hooks, of one layer. */
interface HookFile {
  readonly path: string;
  readonly source: HookSource;
  readonly hooks: TomlTable;
}

/** The hooks that count in a directory; a project that is not trusted has none. Never rejects. */
export async function listHooks(cwd: string, loaded: LoadedConfig, platform: NodeJS.Platform = process.platform): Promise<HooksListEntry> {
  const warnings: string[] = [];
  const files: HookFile[] = [];
  for (const layer of loaded.layers) if (layer.disabledReason === undefined) files.push(...(await filesOf(layer, warnings)));
  const hooks: HookMetadata[] = [];
  const context = { state: decisions(loaded.layers), hooks, warnings, platform };
  for (const file of files) for (const event of hookEvents) collectHooks(file, event, context);
  return { cwd, hooks, warnings, errors: [] };
}

/** The hooks of a listing that may run: switched on, and exactly as the user trusted them. */
export const runnableHooks = ({ hooks }: HooksListEntry): HookMetadata[] =>
  hooks.filter(({ enabled, trustStatus }) => enabled && (trustStatus === 'trusted' || trustStatus === 'managed'));

/** What the user decided about hooks. A project cannot decide that its own are trusted. */
function decisions(layers: readonly ConfigLayer[]): TomlTable {
  const own = layers.filter(({ name, disabledReason }) => name.type !== 'project' && disabledReason === undefined);
  const state = valueAt(effectiveConfig(own), ['hooks', 'state']);
  return isTable(state) ? state : {};
}

async function filesOf(layer: ConfigLayer, warnings: string[]): Promise<HookFile[]> {
  const place = placeOf(layer);
  if (!place) return [];
  const { file, source } = place;
  const path = join(dirname(file), 'hooks.json');
  const beside = layer.name.type === 'user' && layer.name.profile !== null ? undefined : await readHooks(path, warnings);
  const inline = layer.config.hooks;
  const own = isTable(inline) && hookEvents.some(({ name }) => Array.isArray(inline[name])) ? inline : undefined;
  if (beside && own) warnings.push(`loading hooks from both ${path} and ${file}; prefer a single representation for this layer`);
  return [...(beside ? [{ path, source, hooks: beside }] : []), ...(own ? [{ path: file, source, hooks: own }] : [])];
}

function placeOf({ name }: ConfigLayer): { file: string; source: HookSource } | undefined {
  switch (name.type) {
    case 'user':
    case 'system':
      return { file: name.file, source: name.type };
    case 'project':
      return { file: join(name.dotCodexFolder, 'config.toml'), source: 'project' };
    default:
      return undefined;
  }
}

async function readHooks(path: string, warnings: string[]): Promise<TomlTable | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    const hooks = isTable(value) ? value.hooks : undefined;
    const problem = hookProblem(hooks);
    if (problem) throw new Error(`${problem.reason} in \`${problem.path.join('.')}\``);
    return isTable(hooks) ? hooks : undefined;
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') warnings.push(`failed to parse hooks config ${path}: ${messageOf(error)}`);
    return undefined;
  }
}

interface HookContext {
  /** `hooks.state`: what the user decided, by key. */
  readonly state: TomlTable;
  /** What was found so far. */
  readonly hooks: HookMetadata[];
  readonly warnings: string[];
  readonly platform: NodeJS.Platform;
}

function collectHooks(file: HookFile, event: HookEvent, context: HookContext): void {
  const groups = file.hooks[event.name];
  if (!Array.isArray(groups)) return;
  for (const [at, group] of groups.entries()) {
    if (!isTable(group)) continue;
    const matcher = event.hasMatcher && typeof group.matcher === 'string' ? group.matcher : null;
    if (matcher !== null && !isMatcher(matcher)) {
      context.warnings.push(`invalid matcher ${JSON.stringify(matcher)} in ${file.path}: it is no regular expression`);
      continue;
    }
    const handlers: unknown[] = Array.isArray(group.hooks) ? group.hooks : [];
    for (const [index, handler] of handlers.entries()) {
      const key = `${file.path}:${event.keyName}:${at}:${index}`;
      const hook = isTable(handler) ? hookOf(handler, { key, matcher, event, file, context }) : undefined;
      if (hook) context.hooks.push(hook);
    }
  }
}

/** `*` stands for everything, as it does for people. */
function isMatcher(matcher: string): boolean {
  if (matcher === '*') return true;
  try {
    new RegExp(matcher);
    return true;
  } catch {
    return false;
  }
}

interface HookPlace {
  readonly key: string;
  readonly matcher: string | null;
  readonly event: HookEvent;
  readonly file: HookFile;
  readonly context: HookContext;
}

function hookOf(handler: TomlTable, place: HookPlace): HookMetadata | undefined {
  const { key, matcher, event, file, context } = place;
  const { type } = handler;
  if (type === 'prompt' || type === 'agent') {
    context.warnings.push(`skipping ${type} hook in ${file.path}: ${type} hooks are not supported yet`);
    return undefined;
  }
  const timeoutSec =
    typeof handler.timeout === 'number' ? Math.max(1, Math.floor(handler.timeout)) : event.closing ? closingTimeoutSec : defaultTimeoutSec;
  const statusMessage = typeof handler.statusMessage === 'string' ? handler.statusMessage : null;
  const limit = contextLimit(handler, place);
  const form = handlerForm(handler, context.platform);
  const stored = {
    ...form.hashed,
    timeout: timeoutSec,
    ...(statusMessage === null ? {} : { statusMessage }),
    ...(limit === null ? {} : { additionalContextLimit: limit }),
  };
  const hashed = { event_name: event.keyName, ...(matcher === null ? {} : { matcher }), hooks: [stored] };
  const currentHash = `sha256:${createHash('sha256').update(canonicalJson(hashed)).digest('hex')}`;
  const common = {
    key,
    eventName: event.wireName,
    matcher,
    timeoutSec,
    statusMessage,
    additionalContextLimit: limit,
    sourcePath: file.path,
    source: file.source,
    pluginId: null,
    environmentId: null,
    displayOrder: context.hooks.length,
    enabled: valueAt(context.state, [key, 'enabled']) !== false,
    isManaged: false,
    currentHash,
    trustStatus: trustOf(valueAt(context.state, [key, 'trusted_hash']), currentHash),
  };
  return { ...common, ...form.shown };
}

/** The part of a hook that its kind decides, as it is shown and as it is hashed. */
function handlerForm(handler: TomlTable, platform: NodeJS.Platform) {
  if (handler.type === 'mcp_tool') {
    const [server, tool] = [String(handler.server), String(handler.tool)];
    const input = isTable(handler.input) ? handler.input : {};
    return { shown: { handlerType: 'mcpTool' as const, server, tool }, hashed: { type: 'mcp_tool', server, tool, input } };
  }
  const command = platform === 'win32' && typeof handler.commandWindows === 'string' ? handler.commandWindows : String(handler.command);
  const isAsync = handler.async === true;
  return { shown: { handlerType: 'command' as const, command, async: isAsync }, hashed: { type: 'command', command, async: isAsync } };
}

function contextLimit(handler: TomlTable, { event, file, context }: HookPlace): number | null {
  const limit = handler.additionalContextLimit;
  if (typeof limit !== 'number') return null;
  if (event.hasContext) return limit;
  context.warnings.push(`ignoring additionalContextLimit for ${event.name} hook in ${file.path}: this event cannot emit additionalContext`);
  return null;
}

function trustOf(trustedHash: unknown, currentHash: string): HookMetadata['trustStatus'] {
  if (typeof trustedHash !== 'string') return 'untrusted';
  return trustedHash === currentHash ? 'trusted' : 'modified';
}
