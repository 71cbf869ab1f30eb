/** The gate in front of handlers: what a connection without the `experimentalApi` capability may not use. */
import { experimentalUse } from '../protocol/experimental.ts';
import type { RequestRow } from '../rpc/contract.ts';

export class ExperimentalGate {
  /** The name of the first experimental thing in the request, or undefined when there is none. */
  find(method: string, row: RequestRow, raw: unknown): string | undefined {
    return experimentalUse(method, row, raw);
  }
}
