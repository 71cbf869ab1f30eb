/** The port to stored threads. The rollout file is the truth; every index is a cache of it. */
import type { ResponseItem, TokenUsage } from '../base/response-item.ts';
import type { Thread, ThreadGoal, ThreadItem, ThreadReadState, Turn, UserInput } from '../protocol/app/index.ts';

/** What a thread is born with: the `session_meta` line. */
export interface NewThread {
  readonly id: string;
  /** Root of the live tree: its own id for roots. */
  readonly sessionId: string;
  readonly forkedFromId: string | null;
  readonly parentThreadId: string | null;
  readonly createdAtMs: number;
  readonly cwd: string;
  readonly runtimeWorkspaceRoots: readonly string[];
  readonly originator: string;
  readonly cliVersion: string;
  readonly source: Thread['source'];
  readonly threadSource: string | null;
  readonly modelProvider: string;
  readonly baseInstructions: string;
  readonly dynamicTools: readonly unknown[];
  readonly selectedCapabilityRoots: readonly unknown[];
  readonly historyMode: 'legacy' | 'paginated';
  readonly gitInfo: Thread['gitInfo'];
  readonly environments: NonNullable<Thread['environments']>;
}

/** What can be said of a stored thread without reading its history. Prompts and tools are left out (empty) unless the thread was read whole. */
export interface ThreadRecord extends NewThread {
  readonly name: string | null;
  /** The first text of the user. */
  readonly preview: string;
  readonly model: string | null;
  readonly reasoningEffort: string | null;
  readonly updatedAtMs: number;
  readonly recencyAtMs: number;
  readonly archived: boolean;
  /** The rollout file. */
  readonly path: string;
}

/** The settings a turn ran with, as stored by its `turn_context` line. */
export interface StoredTurnContext {
  readonly turnId: string;
  readonly cwd: string;
  readonly model: string;
  readonly effort: string | null;
  readonly summary: string | null;
  readonly serviceTier: string | null;
  readonly approvalPolicy: unknown;
  readonly approvalsReviewer: string;
  /** Legacy form (kebab-case tags), always written. */
  readonly sandboxPolicy: unknown;
  readonly permissionProfile: unknown;
  readonly personality: string | null;
  readonly collaborationMode: unknown;
}

/** One fact about a thread, in the order it happened. The writer gives it its line form, time stamp and ordinal. */
export type StoredEvent =
  | {
      readonly type: 'turnStarted';
      readonly turnId: string;
      readonly startedAtMs: number;
      readonly modelContextWindow: number | null;
      readonly mode: string;
    }
  | { readonly type: 'turnContext'; readonly context: StoredTurnContext }
  | { readonly type: 'responseItem'; readonly item: ResponseItem }
  | { readonly type: 'itemCompleted'; readonly turnId: string; readonly item: ThreadItem; readonly completedAtMs: number }
  | {
      readonly type: 'tokenUsage';
      readonly turnId: string;
      readonly responseId: string;
      readonly last: TokenUsage;
      readonly total: TokenUsage;
      readonly modelContextWindow: number | null;
    }
  | {
      readonly type: 'turnCompleted';
      readonly turnId: string;
      readonly startedAtMs: number;
      readonly completedAtMs: number;
      readonly lastAgentMessage: string | null;
      readonly timeToFirstTokenMs: number | null;
      readonly error: Turn['error'];
    }
  | {
      readonly type: 'turnAborted';
      readonly turnId: string;
      readonly reason: 'interrupted' | 'replaced' | 'shutdown';
      readonly startedAtMs: number;
      readonly completedAtMs: number;
    }
  | { readonly type: 'compacted'; readonly message: string; readonly replacement: readonly ResponseItem[]; readonly windowNumber: number }
  | { readonly type: 'worldState'; readonly full: boolean; readonly state: Record<string, unknown> }
  | { readonly type: 'reverted'; readonly beforeTurnId: string };

/** A thread read back whole. */
export interface StoredThread {
  readonly record: ThreadRecord;
  /** Oldest first, items complete. A turn without an end reads as `interrupted`, its running commands as `failed` with exit code -1. */
  readonly turns: readonly Turn[];
  /** What the model is to be sent, compaction applied. */
  readonly history: readonly ResponseItem[];
  readonly lastContext: StoredTurnContext | undefined;
  readonly worldState: Record<string, unknown> | undefined;
  readonly tokenUsage:
    | { readonly total: TokenUsage; readonly last: TokenUsage; readonly modelContextWindow: number | null; readonly turnId: string }
    | undefined;
  readonly windowNumber: number;
  /** Lines that could not be read and were left out, for one warning. */
  readonly skippedLines: number;
}

/** The only writer of one thread's file. Appends never throw: a failed write is reported once and tried again. */
export interface ThreadWriter {
  /** Where the file is or will be. */
  readonly path: string;
  /** Queues facts in order; nothing is on disk until the first user message was appended. Returns at once. */
  append(...events: StoredEvent[]): void;
  /** Resolves when everything appended so far is written (with a bound; see the store's options). */
  flush(): Promise<void>;
  /** Flushes and releases the file. */
  close(): Promise<void>;
}

export interface ThreadQuery {
  readonly cursor: string | undefined;
  readonly limit: number;
  readonly sortKey: 'created_at' | 'updated_at' | 'recency_at';
  readonly sortDirection: 'asc' | 'desc';
  readonly archived: boolean;
  readonly modelProviders?: readonly string[];
  readonly sourceKinds?: readonly string[];
  readonly cwds?: readonly string[];
  /** In the name or the preview, as it is written there. */
  readonly searchTerm?: string;
  readonly originators?: readonly string[];
  readonly excludedThreadIds?: readonly string[];
  readonly parentThreadId?: string;
  /** Asked last, of one thread after another that fits otherwise; when it rejects, so does the list. */
  readonly accept?: (record: ThreadRecord) => Promise<boolean>;
}

export interface ThreadPage {
  readonly records: readonly ThreadRecord[];
  readonly nextCursor: string | null;
  readonly backwardsCursor: string | null;
}

export interface ThreadMetadataChange {
  readonly name?: string;
  readonly gitInfo?: { readonly sha?: string | null; readonly branch?: string | null; readonly originUrl?: string | null };
}

/** How much of a history is meant: up to the end of a turn, or up to where a turn begins. */
export type HistoryCut = { readonly throughTurnId: string } | { readonly beforeTurnId: string };

/** A stored thread, by its id or by the absolute path of its file. */
export type ThreadPlace = { readonly threadId: string } | { readonly path: string };

/** Notes of one kind about threads. They survive restarts. */
export interface Notes<T> {
  /** Learns what other processes noted meanwhile. Never rejects. */
  refresh(): Promise<void>;
  /** As of the last `refresh`, and what was noted since. */
  get(threadId: string): T | undefined;
  /** Counts at once. It is written soon after; a failure is logged. */
  set(threadId: string, value: T): void;
}

export interface GoalNotes extends Notes<ThreadGoal> {
  /** Counts at once; a failure is logged. */
  forget(threadId: string): void;
}

export interface ThreadStore {
  readonly readStates: Notes<ThreadReadState>;
  readonly goals: GoalNotes;
  /** Writer of a thread that does not exist on disk yet. */
  create(thread: NewThread): ThreadWriter;
  /** A thread that lives in memory only. */
  createEphemeral(thread: NewThread): ThreadWriter;
  /** Continues the file of a stored thread. Rejects with `invalidRequest` when another process writes it. */
  open(threadId: string): Promise<ThreadWriter>;
  /**
   * Writer of a new thread whose history begins as a copy of another's. Rejects with `invalidRequest` "turn not found: ID",
   * or "no rollout found for thread id ID".
   */
  fork(source: ThreadPlace, thread: NewThread, cut?: HistoryCut): Promise<ThreadWriter>;
  find(threadId: string): Promise<ThreadRecord | undefined>;
  /**
   * Undefined when there is no such thread. Rejects with a clear `RequestError` when its file holds no session line, or
   * when `cut` names a turn that is not there ("turn not found: ID").
   */
  read(threadId: string, cut?: HistoryCut): Promise<StoredThread | undefined>;
  /** False: nothing in the history of a thread says `term`, whatever its case. Far quicker than to read it. Never rejects. */
  mayMention(record: ThreadRecord, term: string): Promise<boolean>;
  /** A copy of a thread read from `path` (the `path` parameter of resume and fork). */
  readPath(path: string, cut?: HistoryCut): Promise<StoredThread | undefined>;
  /** Rejects with `invalidRequest` "invalid cursor: X". */
  list(query: ThreadQuery): Promise<ThreadPage>;
  /**
   * Undefined while the thread is not on disk yet; what was changed counts once it is. Rejects with `invalidRequest`
   * "no rollout found for thread id ID" for a thread that nobody writes.
   */
  update(threadId: string, change: ThreadMetadataChange): Promise<ThreadRecord | undefined>;
  archive(threadId: string): Promise<void>;
  unarchive(threadId: string): Promise<ThreadRecord>;
  delete(threadId: string): Promise<void>;
  /** Flushes every open writer. */
  close(): Promise<void>;
}

/** The text of the user's input that previews and titles are made of. */
export const previewOf = (input: readonly UserInput[]): string =>
  input
    .flatMap((part) => (part.type === 'text' ? [part.text] : []))
    .join('\n')
    .trim();
