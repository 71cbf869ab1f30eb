/** Approvals that the user handed to an automatic reviewer. There is none here, so each of them is refused, and everybody is told. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import type { ApprovalsReviewer, GuardianApprovalReviewAction } from '../protocol/app/index.ts';
import type { ThreadClient } from './ports.ts';

const rationale = 'Automatic approval review failed: this server has no automatic reviewer';

/** What the model reads. */
export const notReviewed = `${rationale}\nThe action was not carried out, because nobody judged it. Do not try to reach the same end another way: go on without it, or tell the user that approvals_reviewer = "user" lets a person decide.`;

export interface Reviewed {
  readonly turnId: string;
  /** The item the action belongs to; null: none, like an attempt to reach a host. */
  readonly itemId: string | null;
  readonly action: GuardianApprovalReviewAction;
}

export class AutoReview {
  readonly #threadId: string;
  readonly #client: ThreadClient;
  readonly #clock: Clock;

  constructor(deps: { threadId: string; client: ThreadClient; clock: Clock }) {
    this.#threadId = deps.threadId;
    this.#client = deps.client;
    this.#clock = deps.clock;
  }

  /** True when the question must not go to the user: it was refused. */
  refuses(reviewer: ApprovalsReviewer, { turnId, itemId, action }: Reviewed): boolean {
    if (reviewer === 'user') return false;
    const startedAtMs = this.#clock.nowMs();
    const place = { threadId: this.#threadId, turnId, startedAtMs, reviewId: randomUUID(), targetItemId: itemId };
    const unknown = { riskLevel: null, userAuthorization: null };
    this.#client.notify('item/autoApprovalReview/started', {
      ...place,
      review: { status: 'inProgress', ...unknown, rationale: null },
      action,
    });
    this.#client.notify('guardianWarning', { threadId: this.#threadId, message: rationale });
    this.#client.notify('item/autoApprovalReview/completed', {
      ...place,
      completedAtMs: this.#clock.nowMs(),
      decisionSource: 'agent',
      review: { status: 'denied', ...unknown, rationale },
      action,
    });
    return true;
  }
}
