/** The status of a thread: the only sender of `thread/status/changed` while it is loaded. */
import type { ThreadStatus } from '../protocol/app/index.ts';
import type { ThreadClient } from './ports.ts';

export type WaitFlag = 'waitingOnApproval' | 'waitingOnUserInput';
type Phase = 'idle' | 'active' | 'systemError';

export class StatusTracker {
  readonly #client: ThreadClient;
  readonly #threadId: string;
  #phase: Phase = 'idle';
  #waiting: Record<WaitFlag, number> = { waitingOnApproval: 0, waitingOnUserInput: 0 };
  #sent = 'idle';

  constructor(threadId: string, client: ThreadClient) {
    this.#threadId = threadId;
    this.#client = client;
  }

  /** A thread whose user is asked something is active, also outside of a turn. */
  get snapshot(): ThreadStatus {
    const activeFlags: WaitFlag[] = [];
    if (this.#waiting.waitingOnApproval > 0) activeFlags.push('waitingOnApproval');
    if (this.#waiting.waitingOnUserInput > 0) activeFlags.push('waitingOnUserInput');
    if (this.#phase !== 'active' && activeFlags.length === 0) return { type: this.#phase };
    return { type: 'active', activeFlags };
  }

  /** A turn began, ended well or was stopped (`idle`), or failed (`systemError`). Forgets who was waiting. */
  enter(phase: Phase): void {
    this.#phase = phase;
    this.#waiting = { waitingOnApproval: 0, waitingOnUserInput: 0 };
    this.#announce();
  }

  /** Raises `flag` until the returned function is called; a turn that ended has lowered it already. */
  wait(flag: WaitFlag): () => void {
    const counts = this.#waiting;
    counts[flag] += 1;
    this.#announce();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      counts[flag] -= 1;
      if (counts === this.#waiting) this.#announce();
    };
  }

  #announce(): void {
    const status = this.snapshot;
    const form = status.type === 'active' ? `active ${status.activeFlags.join(' ')}` : status.type;
    if (form === this.#sent) return;
    this.#sent = form;
    this.#client.broadcast('thread/status/changed', { threadId: this.#threadId, status });
  }
}
