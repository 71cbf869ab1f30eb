/** The goal of a thread: what it has used, when it ends, and what the model is told about it. Kept over restarts. */
import { unixSeconds } from '../base/clock.ts';
import { invalidRequest } from '../base/errors.ts';
import type { ThreadGoal, ThreadGoalStatus } from '../protocol/app/index.ts';
import type { GoalNotes } from '../store/thread-store.ts';
import type { AgentHost } from './agent-host.ts';
import type { ThreadClient } from './ports.ts';
import type { UsageMeter } from './token-usage.ts';

const longestObjective = 4000;

export interface GoalChange {
  readonly objective?: string | undefined;
  readonly status?: ThreadGoalStatus | undefined;
  /** Null takes the budget away. */
  readonly tokenBudget?: number | null | undefined;
}

export interface GoalKeeperDeps {
  readonly threadId: string;
  readonly host: Pick<AgentHost, 'clock'>;
  readonly client: ThreadClient;
  readonly usage: UsageMeter;
  readonly notes: GoalNotes;
  /** Adds a message to what the model reads. */
  tell(text: string): void;
}

/** Working towards these uses them up. */
const isCounted = (goal: ThreadGoal): boolean => goal.status === 'active' || goal.status === 'budgetLimited';

export class GoalKeeper {
  readonly #deps: GoalKeeperDeps;
  #goal: ThreadGoal | undefined;
  /** Tokens of the thread that were counted, or came before the goal. */
  #countedTokens = 0;
  /** Since when the running turn's time is not counted, on the monotonic clock; undefined while no turn runs. */
  #sinceMs: number | undefined;
  #turnId: string | undefined;
  /** Time that makes no whole second yet. */
  #restMs = 0;

  /** What was noted of the thread's goal must have been read. */
  constructor(deps: GoalKeeperDeps) {
    this.#deps = deps;
    this.#goal = deps.notes.get(deps.threadId);
  }

  get(): ThreadGoal | null {
    return this.#goal ?? null;
  }

  /** Makes or changes the goal. Call `announce` after the reply. */
  set(change: GoalChange): ThreadGoal {
    const objective = checkGoal(change);
    const old = this.#goal;
    if (!old && objective === undefined) throw invalidRequest(`cannot update goal for thread ${this.#deps.threadId}: no goal exists`);
    this.account();
    const now = this.#now();
    const before = old && (old.status !== 'complete' || objective === undefined) ? (this.#goal ?? old) : undefined;
    const tokenBudget = change.tokenBudget === undefined ? (before?.tokenBudget ?? null) : change.tokenBudget;
    const tokensUsed = before?.tokensUsed ?? 0;
    const goal: ThreadGoal = {
      threadId: this.#deps.threadId,
      objective: objective ?? before?.objective ?? '',
      status: nextStatus(before?.status, change.status ?? (objective === undefined ? before?.status : 'active') ?? 'active', {
        tokenBudget,
        tokensUsed,
      }),
      tokenBudget,
      tokensUsed,
      timeUsedSeconds: before?.timeUsedSeconds ?? 0,
      createdAt: before?.createdAt ?? now,
      updatedAt: now,
    };
    this.#keep(goal);
    this.#countFromHere();
    if (this.#sinceMs !== undefined) this.#sinceMs = this.#deps.host.clock.monotonicMs();
    if (before && this.#turnId !== undefined && goal.status === 'active' && goal.objective !== before.objective)
      this.#deps.tell(goalText(`The user changed the goal. From now on it is this, whatever it was before.\n\n${framed(goal)}`));
    return goal;
  }

  /** True when there was a goal. Call `announce` after the reply. */
  clear(): boolean {
    const had = this.#goal !== undefined;
    this.#goal = undefined;
    if (had) this.#deps.notes.forget(this.#deps.threadId);
    return had;
  }

  /** `thread/goal/updated` or `thread/goal/cleared`, whichever is the case. `turnId`: the turn whose doing it is. */
  announce(turnId: string | null = null): void {
    const { client, threadId } = this.#deps;
    if (this.#goal) client.notify('thread/goal/updated', { threadId, turnId, goal: this.#goal });
    else client.notify('thread/goal/cleared', { threadId });
  }

  turnStarted(turnId: string): void {
    this.#turnId = turnId;
    this.#sinceMs = this.#deps.host.clock.monotonicMs();
    this.#countFromHere();
  }

  /** Counts what the running turn used since the last time, and tells when that made a difference. */
  account(): void {
    const goal = this.#goal;
    if (!goal || this.#sinceMs === undefined || !isCounted(goal)) return;
    const nowMs = this.#deps.host.clock.monotonicMs();
    const tokens = this.#deps.usage.total.totalTokens - this.#countedTokens;
    const ms = nowMs - this.#sinceMs + this.#restMs;
    this.#countFromHere();
    this.#sinceMs = nowMs;
    this.#restMs = ms % 1000;
    const seconds = Math.floor(ms / 1000);
    if (tokens <= 0 && seconds === 0) return;
    const tokensUsed = goal.tokensUsed + Math.max(0, tokens);
    const spent = goal.tokenBudget !== null && tokensUsed >= goal.tokenBudget;
    const status = goal.status === 'active' && spent ? 'budgetLimited' : goal.status;
    this.#keep({ ...goal, status, tokensUsed, timeUsedSeconds: goal.timeUsedSeconds + seconds, updatedAt: this.#now() });
    this.announce(this.#turnId ?? null);
  }

  /** The tools of the running turn have answered. */
  toolsAnswered(): void {
    const before = this.#goal?.status;
    this.account();
    if (before === 'active' && this.#goal?.status === 'budgetLimited')
      this.#deps.tell(
        goalText(
          'The token budget of the goal is used up. Begin nothing new: bring what is under way to a safe state and say what is left.',
        ),
      );
  }

  /** `failed`: what the turn failed of; an interruption leaves the goal as it is. */
  turnEnded(end: 'completed' | 'interrupted' | 'failed' | 'usageLimited'): void {
    const goal = this.#goal;
    if (end === 'completed') this.account();
    else if (end !== 'interrupted' && goal?.status === 'active') {
      this.#keep({ ...goal, status: end === 'failed' ? 'blocked' : 'usageLimited', updatedAt: this.#now() });
      this.announce(this.#turnId ?? null);
    }
    this.#sinceMs = undefined;
    this.#turnId = undefined;
  }

  /** What a turn that goes on with the goal begins with; undefined: there is nothing to go on with. */
  get prompt(): string | undefined {
    const goal = this.#goal;
    if (goal?.status !== 'active') return undefined;
    return goalText(
      `Go on working towards the goal of this thread. Look at what is done, choose the next step that brings it closer, and take it. When the goal is reached and checked, call update_goal with status complete. When the same obstacle has stopped you several times and only the user can remove it, call update_goal with status blocked.\n\n${framed(goal)}`,
    );
  }

  #now(): number {
    return unixSeconds(this.#deps.host.clock.nowMs());
  }

  #countFromHere(): void {
    this.#countedTokens = this.#deps.usage.total.totalTokens;
  }

  #keep(goal: ThreadGoal): void {
    this.#goal = goal;
    this.#deps.notes.set(this.#deps.threadId, goal);
  }
}

/** The objective as it is kept. Throws what the client or the model should read. */
export function checkGoal({ objective, tokenBudget }: GoalChange): string | undefined {
  const trimmed = objective?.trim();
  if (trimmed === '') throw invalidRequest('goal objective must not be empty');
  if (trimmed !== undefined && [...trimmed].length > longestObjective)
    throw invalidRequest(`goal objective must be at most ${longestObjective} characters`);
  if (typeof tokenBudget === 'number' && tokenBudget <= 0) throw invalidRequest('goal budgets must be positive when provided');
  return trimmed;
}

/** A goal without budget left stays so until it gets more, or is taken up again with some left. */
function nextStatus(
  before: ThreadGoalStatus | undefined,
  asked: ThreadGoalStatus,
  { tokenBudget, tokensUsed }: { tokenBudget: number | null; tokensUsed: number },
): ThreadGoalStatus {
  if (before === 'budgetLimited' && (asked === 'paused' || asked === 'blocked')) return before;
  return asked === 'active' && tokenBudget !== null && tokensUsed >= tokenBudget ? 'budgetLimited' : asked;
}

const goalText = (text: string): string => `<codex_internal_context source="goal">\n${text}\n</codex_internal_context>`;

/** The words of the user, which are a task and not a command to the machinery around it. */
function framed({ objective, tokenBudget, tokensUsed }: ThreadGoal): string {
  const budget = tokenBudget === null ? 'none' : `${tokenBudget}, of which ${tokensUsed} are used`;
  return `<objective>\n${objective.replace(/[<>&]/g, (sign) => `&#${sign.charCodeAt(0)};`)}\n</objective>\nToken budget: ${budget}`;
}
