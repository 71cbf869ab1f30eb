/** The goal of a thread, kept while it is loaded. */
import { unixSeconds } from '../base/clock.ts';
import { invalidRequest } from '../base/errors.ts';
import type { ThreadGoal, ThreadGoalStatus } from '../protocol/app/index.ts';
import type { ThreadCore } from './thread-core.ts';

export interface GoalChange {
  readonly objective?: string | undefined;
  readonly status?: ThreadGoalStatus | undefined;
  /** Null takes the budget away. */
  readonly tokenBudget?: number | null | undefined;
}

/** A goal and what had been used before it was set. */
interface Kept {
  readonly goal: ThreadGoal;
  readonly tokensBefore: number;
}

export class GoalKeeper {
  readonly #core: ThreadCore;
  #kept: Kept | undefined;

  constructor(core: ThreadCore) {
    this.#core = core;
  }

  get(): ThreadGoal | null {
    if (!this.#kept) return null;
    const { goal, tokensBefore } = this.#kept;
    const nowSeconds = unixSeconds(this.#core.host.clock.nowMs());
    return { ...goal, tokensUsed: this.#core.usage.total.totalTokens - tokensBefore, timeUsedSeconds: nowSeconds - goal.createdAt };
  }

  /** Makes or changes the goal. Call `announce` after the reply. */
  set(change: GoalChange): ThreadGoal {
    const now = unixSeconds(this.#core.host.clock.nowMs());
    const objective = change.objective?.trim();
    if (objective === '') throw invalidRequest('goal objective must not be empty');
    const old = this.#kept;
    if (!old && objective === undefined) throw invalidRequest(`cannot update goal for thread ${this.#core.id}: no goal exists`);
    const fresh = !old || (objective !== undefined && objective !== old.goal.objective);
    const goal: ThreadGoal = {
      threadId: this.#core.id,
      objective: objective ?? old?.goal.objective ?? '',
      status: change.status ?? (fresh ? 'active' : (old?.goal.status ?? 'active')),
      tokenBudget: change.tokenBudget === undefined ? (fresh ? null : (old?.goal.tokenBudget ?? null)) : change.tokenBudget,
      tokensUsed: 0,
      timeUsedSeconds: 0,
      createdAt: fresh ? now : (old?.goal.createdAt ?? now),
      updatedAt: now,
    };
    this.#kept = { goal, tokensBefore: fresh ? this.#core.usage.total.totalTokens : (old?.tokensBefore ?? 0) };
    return this.get() ?? goal;
  }

  /** True when there was a goal. Call `announce` after the reply. */
  clear(): boolean {
    const had = this.#kept !== undefined;
    this.#kept = undefined;
    return had;
  }

  /** `thread/goal/updated` or `thread/goal/cleared`, whichever is the case. */
  announce(): void {
    const goal = this.get();
    const threadId = this.#core.id;
    if (goal) this.#core.client.notify('thread/goal/updated', { threadId, turnId: null, goal });
    else this.#core.client.notify('thread/goal/cleared', { threadId });
  }
}
