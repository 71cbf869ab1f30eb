/** The processes of one thread that tool calls can reach again: a bounded registry that ends them with the thread. */
import { randomInt } from 'node:crypto';
import type { Scope } from '../../base/scope.ts';
import type { TerminalSession, Terminals } from './tool.ts';

const FIRST_ID = 1000;
const LAST_ID = 99_999;
const MAX_SESSIONS = 64;
/** The most recently used sessions are never pruned. */
const PROTECTED_SESSIONS = 8;

/** Session ids that are taken; threads of one server share it, so that an id means one process. */
export type SessionIds = Set<number>;

/** Closing `scope` terminates every session and waits for that. */
export function createTerminals(scope: Scope, ids: SessionIds = new Set()): Terminals {
  const terminals = new ThreadTerminals(scope, ids);
  scope.defer(() => terminals.close());
  return terminals;
}

class ThreadTerminals implements Terminals {
  readonly #sessions = new Map<number, TerminalSession>();
  readonly #reserved = new Set<number>();
  readonly #ids: SessionIds;
  readonly #scope: Scope;

  constructor(scope: Scope, ids: SessionIds) {
    this.#scope = scope;
    this.#ids = ids;
  }

  reserve(): number {
    let id = randomInt(FIRST_ID, LAST_ID + 1);
    while (this.#ids.has(id)) id = id === LAST_ID ? FIRST_ID : id + 1;
    this.#ids.add(id);
    this.#reserved.add(id);
    return id;
  }

  add(session: TerminalSession): void {
    if (this.#scope.closed) {
      this.remove(session.sessionId);
      terminateInBackground(session);
      return;
    }
    if (this.#sessions.size >= MAX_SESSIONS) this.#prune();
    this.#reserved.delete(session.sessionId);
    this.#sessions.set(session.sessionId, session);
  }

  find(sessionId: number): TerminalSession | undefined {
    return this.#sessions.get(sessionId);
  }

  remove(sessionId: number): void {
    if (this.#sessions.delete(sessionId) || this.#reserved.delete(sessionId)) this.#ids.delete(sessionId);
  }

  list(): readonly TerminalSession[] {
    return [...this.#sessions.values()].filter((session) => !session.exited);
  }

  async clean(): Promise<void> {
    const all = [...this.#sessions.values()];
    for (const session of all) this.remove(session.sessionId);
    await Promise.all(all.map((session) => session.terminate()));
  }

  async close(): Promise<void> {
    await this.clean();
    for (const id of this.#reserved) this.#ids.delete(id);
    this.#reserved.clear();
  }

  /** U-11: the least recently used exited session outside the protected ones, else the least recently used live one. */
  #prune(): void {
    const byUse = [...this.#sessions.values()].sort((a, b) => a.lastUsedMs - b.lastUsedMs);
    const candidates = byUse.slice(0, -PROTECTED_SESSIONS);
    const victim = candidates.find((session) => session.exited) ?? candidates[0];
    if (!victim) return;
    this.remove(victim.sessionId);
    terminateInBackground(victim);
  }
}

function terminateInBackground(session: TerminalSession): void {
  // Its owner learns of the end through the session's item; nobody here can do more about a process that resists.
  session.terminate().catch(() => {});
}
