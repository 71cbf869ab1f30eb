/** Ownership: who closes what, and when. Every resource of the program hangs on exactly one scope. */
import { Cancelled } from './errors.ts';

/** Something that is released by being awaited or by being told once. */
export type Resource = AsyncDisposable | Disposable | { close(): unknown };

/**
 * A node of the ownership tree: process → server → connection | thread → turn → tool call.
 * Closing aborts the signals of the whole subtree first, in one synchronous sweep, then releases children and
 * resources in reverse order of acquisition.
 */
export class Scope implements AsyncDisposable {
  readonly name: string;
  readonly #controller = new AbortController();
  readonly #entries = new Set<() => unknown>();
  readonly #children = new Set<Scope>();
  #closing: Promise<void> | undefined;
  #detach = () => {};

  constructor(name: string) {
    this.name = name;
  }

  /** Aborts, with the reason given to `close`, before anything below is released. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /** A scope that closes with this one, or earlier on its own. */
  child(name: string): Scope {
    const child = new Scope(`${this.name}/${name}`);
    if (this.closed) {
      void child.close(this.#controller.signal.reason);
      return child;
    }
    const release = () => child.close(this.#controller.signal.reason);
    this.#children.add(child);
    this.#entries.add(release);
    child.#detach = () => {
      this.#children.delete(child);
      this.#entries.delete(release);
    };
    return child;
  }

  /** Takes over `resource`. On a closed scope it is released at once and `Cancelled` is thrown, so a late arrival cannot leak. */
  own<T extends Resource>(resource: T): T {
    if (this.closed) {
      void Promise.resolve(dispose(resource)).catch(() => {});
      throw new Cancelled(`scope ${this.name} is closed`);
    }
    this.#entries.add(() => dispose(resource));
    return resource;
  }

  /** Runs `fn` on close. Returns a function that takes it back without running it. */
  defer(fn: () => unknown): () => void {
    if (this.closed) {
      void Promise.resolve(fn()).catch(() => {});
      return () => {};
    }
    const entry = () => fn();
    this.#entries.add(entry);
    return () => this.#entries.delete(entry);
  }

  /** Closes this scope and everything below it. Later calls wait for the first. Failures are collected into one `AggregateError`. */
  close(reason: unknown = new Cancelled(`scope ${this.name} closed`)): Promise<void> {
    if (!this.#closing) {
      this.#abort(reason);
      this.#closing = this.#release();
    }
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #abort(reason: unknown): void {
    this.#controller.abort(reason);
    for (const child of [...this.#children]) child.#abort(reason);
  }

  async #release(): Promise<void> {
    this.#detach();
    const errors: unknown[] = [];
    for (const entry of [...this.#entries].reverse()) {
      try {
        await entry();
      } catch (error) {
        errors.push(error);
      }
    }
    this.#entries.clear();
    this.#children.clear();
    if (errors.length > 0) throw new AggregateError(errors, `closing ${this.name} failed`);
  }
}

function dispose(resource: Resource): unknown {
  if (Symbol.asyncDispose in resource) return resource[Symbol.asyncDispose]();
  if (Symbol.dispose in resource) return resource[Symbol.dispose]();
  return resource.close();
}
