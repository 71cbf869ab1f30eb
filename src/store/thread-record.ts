/** The description of a stored thread, made from its session line and what little else a listing needs. */
import { uuidv7TimeMs } from '../base/ids.ts';
import { Thread } from '../protocol/app/thread.ts';
import { isRecord, type JsonRecord, listIn, recordIn, textIn, textsIn } from './json.ts';
import type { NewThread } from './thread-store.ts';

/** What a session line says, with the defaults of older files filled in. */
export function threadFromMeta(meta: JsonRecord, fallbackId: string): NewThread {
  const id = textIn(meta.id) ?? fallbackId;
  const cwd = textIn(meta.cwd) ?? '/';
  const roots = textsIn(meta.runtime_workspace_roots);
  const git = isRecord(meta.git) ? meta.git : undefined;
  return {
    id,
    sessionId: textIn(meta.session_id) ?? id,
    forkedFromId: textIn(meta.forked_from_id) ?? null,
    parentThreadId: textIn(meta.parent_thread_id) ?? null,
    createdAtMs: createdAt(meta, id),
    cwd,
    runtimeWorkspaceRoots: roots.length > 0 ? roots : [cwd],
    originator: textIn(meta.originator) ?? '',
    cliVersion: textIn(meta.cli_version) ?? '',
    source: sourceOf(meta.source),
    threadSource: textIn(meta.thread_source) ?? null,
    modelProvider: textIn(meta.model_provider) ?? '',
    baseInstructions: textIn(recordIn(meta.base_instructions).text) ?? textIn(meta.base_instructions) ?? textIn(meta.instructions) ?? '',
    dynamicTools: listIn(meta.dynamic_tools),
    selectedCapabilityRoots: listIn(meta.selected_capability_roots),
    historyMode: meta.history_mode === 'paginated' ? 'paginated' : 'legacy',
    gitInfo:
      git && (git.commit_hash || git.branch || git.repository_url)
        ? { sha: textIn(git.commit_hash) ?? null, branch: textIn(git.branch) ?? null, originUrl: textIn(git.repository_url) ?? null }
        : null,
    environments: environmentsOf(meta),
  };
}

function createdAt(meta: JsonRecord, id: string): number {
  const at = Date.parse(textIn(meta.timestamp) ?? '');
  return Number.isNaN(at) ? uuidv7TimeMs(id) : at;
}

/** A source this version does not know reads as `unknown`. */
function sourceOf(stored: unknown): NewThread['source'] {
  const spelled = stored === 'mcp' ? 'appServer' : isRecord(stored) && 'subagent' in stored ? { subAgent: stored.subagent } : stored;
  const parsed = Thread().shape.source.safeParse(spelled);
  return parsed.success ? parsed.data : 'unknown';
}

/** Files call an app server's threads `mcp`. */
export function storedSource(source: NewThread['source']): unknown {
  if (source === 'appServer') return 'mcp';
  return typeof source === 'object' && 'subAgent' in source ? { subagent: source.subAgent } : source;
}

function environmentsOf(meta: JsonRecord): NewThread['environments'] {
  const parsed = Thread().shape.environments.safeParse(meta.environments ?? null);
  return (parsed.success ? parsed.data : null) ?? [];
}

/** An error text when a file was written by a version whose history this one cannot read, else undefined. */
export function unreadableHistory(meta: JsonRecord): string | undefined {
  const mode = meta.history_mode;
  if (mode === undefined || mode === null || mode === 'legacy' || mode === 'paginated') return undefined;
  return `unknown history mode \`${String(mode)}\``;
}
