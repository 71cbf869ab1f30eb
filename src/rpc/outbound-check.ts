/** Checks what this side sends against the rows: a mistake here is a bug of ours, found in tests. */
import type { NotificationRow, RequestRow } from './contract.ts';
import { describeProblem } from './invalid-params.ts';

/** Throws when `value` is not what the row promises: the result of a request, the params of a notification. */
export function assertSendable(rows: Readonly<Record<string, RequestRow | NotificationRow>>, method: string, value: unknown): void {
  const row = rows[method];
  if (!row) throw new Error(`${method} is not declared`);
  const schema = 'result' in row ? row.result() : row.params();
  // Judged as the other side will see it: members that are undefined are not sent.
  const problem = describeProblem(schema, value === undefined ? undefined : JSON.parse(JSON.stringify(value)));
  if (problem !== undefined) throw new Error(`${method} would send something invalid: ${problem}`);
}
