/** The wire objects of threads and turns, every member present. */
import { unixSeconds } from '../base/clock.ts';
import type { Thread, ThreadItem, ThreadStatus, Turn as WireTurn } from '../protocol/app/index.ts';
import type { NewThread, ThreadRecord } from '../store/thread-store.ts';
import type { TurnSettings } from './thread-settings.ts';
import type { Turn } from './turn.ts';

/** A turn as `turn/start` answers it. */
export const preparedTurn = (turn: Turn): WireTurn => ({
  id: turn.id,
  rootTurnId: turn.rootTurnId,
  items: [],
  itemsView: 'notLoaded',
  status: 'inProgress',
  error: null,
  startedAt: null,
  completedAt: null,
  durationMs: null,
});

/** A turn as `turn/started` shows it. */
export const startedTurn = (turn: Turn): WireTurn => ({ ...preparedTurn(turn), startedAt: unixSeconds(turn.startedAtMs) });

export interface TurnEnd {
  readonly status: 'completed' | 'interrupted' | 'failed';
  readonly error: WireTurn['error'];
}

/** A turn as `turn/completed` shows it: with the final message when there is one. */
export function completedTurn(turn: Turn, end: TurnEnd, completedAtMs: number): WireTurn {
  const final: ThreadItem | undefined = end.status === 'completed' ? turn.items.finalMessage : undefined;
  return {
    ...startedTurn(turn),
    ...(final === undefined ? {} : { items: [final], itemsView: 'summary' as const }),
    status: end.status,
    error: end.error,
    completedAt: unixSeconds(completedAtMs),
    durationMs: Math.max(0, Math.round(completedAtMs - turn.startedAtMs)),
  };
}

/** What can be said of a thread besides what it was born with. */
export interface ThreadFacts {
  readonly name: string | null;
  readonly preview: string;
  readonly gitInfo: Thread['gitInfo'];
  readonly updatedAtMs: number;
  readonly recencyAtMs: number;
  /** Null: lives in memory only. */
  readonly path: string | null;
}

/** What only a loaded thread has. */
export interface LiveFacts {
  readonly status: ThreadStatus;
  readonly settings: TurnSettings;
}

const common = (born: NewThread, facts: ThreadFacts) => ({
  id: born.id,
  extra: null,
  sessionId: born.sessionId,
  forkedFromId: born.forkedFromId,
  attachedToThreadId: null,
  parentThreadId: born.parentThreadId,
  preview: facts.preview,
  ephemeral: facts.path === null,
  section: null,
  sectionEnteredAt: null,
  projectId: null,
  historyMode: born.historyMode,
  modelProvider: born.modelProvider,
  createdAt: unixSeconds(born.createdAtMs),
  updatedAt: unixSeconds(facts.updatedAtMs),
  recencyAt: unixSeconds(facts.recencyAtMs),
  path: facts.path,
  cliVersion: born.cliVersion,
  originator: born.originator,
  source: born.source,
  threadSource: born.threadSource,
  agentNickname: null,
  agentRole: null,
  gitInfo: facts.gitInfo,
  name: facts.name,
  daybreakEnabled: null,
});

/** A loaded thread. */
export function liveThread(born: NewThread, facts: ThreadFacts, live: LiveFacts, turns: readonly WireTurn[] = []): Thread {
  const { settings } = live;
  return {
    ...common(born, facts),
    environments: settings.environments.map((one) => ({
      environmentId: one.environmentId,
      cwd: one.cwd,
      runtimeWorkspaceRoots: [...one.runtimeWorkspaceRoots],
    })),
    model: settings.model,
    reasoningEffort: settings.effort,
    status: live.status,
    cwd: settings.cwd,
    canAcceptDirectInput: true,
    turns: [...turns],
  };
}

/** A thread that is only stored. */
export const storedThread = (record: ThreadRecord, turns: readonly WireTurn[] = []): Thread => ({
  ...common(record, record),
  environments: null,
  model: record.model,
  reasoningEffort: record.reasoningEffort,
  status: { type: 'notLoaded' },
  cwd: record.cwd,
  canAcceptDirectInput: null,
  turns: [...turns],
});
