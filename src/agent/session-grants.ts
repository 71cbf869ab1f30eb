/** What the user allowed for the rest of a session: each grant covers exactly what its question showed, and can be taken back. */
import type { AllowedPrefix } from '../policy/decide.ts';
import type { ThreadGrant } from '../protocol/app/index.ts';

type WithoutIdentity<T> = T extends unknown ? Omit<T, 'id' | 'scope'> : never;

/** A grant as the client is told about it. */
export type SessionGrant = WithoutIdentity<Extract<ThreadGrant, { type: 'command' | 'patch' | 'mcpTool' | 'commandPrefix' | 'network' }>>;

export class SessionGrants {
  /** By what makes two questions the same. */
  readonly #byKey = new Map<string, { readonly id: string; readonly grant: SessionGrant }>();
  #count = 0;

  has(key: string): boolean {
    return this.#byKey.has(key);
  }

  add(key: string, grant: SessionGrant): void {
    if (this.#byKey.has(key)) return;
    this.#count += 1;
    this.#byKey.set(key, { id: `session-${this.#count}`, grant });
  }

  /** Oldest first. */
  list(): ThreadGrant[] {
    return [...this.#byKey.values()].map(({ id, grant }) => ({ ...grant, id, scope: 'session' }));
  }

  /** Prefixes of commands that need no further question. */
  get prefixes(): readonly AllowedPrefix[] {
    return [...this.#byKey.values()].flatMap(({ grant }) =>
      grant.type === 'commandPrefix' ? [{ words: grant.prefix, confined: grant.confined }] : [],
    );
  }

  /** True when it was there. */
  revoke(id: string): boolean {
    for (const [key, entry] of this.#byKey) if (entry.id === id) return this.#byKey.delete(key);
    return false;
  }
}
