/** What servers offered the last time they were asked, kept for the process so that a new thread need not wait for them. */
import type { JsonObject } from './client.ts';
import type { McpTool } from './tool.ts';

export interface Catalog {
  /** Everything the server offered; what the configuration hides is in it too. */
  readonly tools: readonly McpTool[];
  readonly instructions: string | undefined;
}

const mostCatalogs = 128;
const optOut = 'codex/tool-catalog-cache';

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** False: the server says that its tools must not be remembered. */
export function cacheable(capabilities: JsonObject): boolean {
  const { experimental } = capabilities;
  const said = isObject(experimental) ? experimental[optOut] : undefined;
  return !(isObject(said) && said.cacheable === false);
}

/** Holds the catalogues that were used last; the others are forgotten. */
export class Catalogs {
  readonly #byKey = new Map<string, Catalog>();

  find(key: string): Catalog | undefined {
    const found = this.#byKey.get(key);
    if (found) this.keep(key, found);
    return found;
  }

  keep(key: string, catalog: Catalog): void {
    this.#byKey.delete(key);
    this.#byKey.set(key, catalog);
    for (const oldest of this.#byKey.keys()) {
      if (this.#byKey.size <= mostCatalogs) break;
      this.#byKey.delete(oldest);
    }
  }

  forget(key: string): void {
    this.#byKey.delete(key);
  }
}
