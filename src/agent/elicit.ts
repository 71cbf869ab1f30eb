/** A question with a form or an address for the user of a thread, on behalf of an MCP server or of the program itself. */
import { abortable } from '../base/abort.ts';
import { isRequestError } from '../base/errors.ts';
import type { McpServerElicitationRequestParams, McpServerElicitationRequestResponse } from '../protocol/app/index.ts';
import type { Thread } from './thread.ts';

/** Undefined when the client cannot answer. Rejects only when `signal` aborts; the question is taken back then. */
export async function elicit(
  thread: Thread,
  params: McpServerElicitationRequestParams,
  signal: AbortSignal,
): Promise<McpServerElicitationRequestResponse | undefined> {
  const { core } = thread;
  const release = core.status.wait('waitingOnApproval');
  const turn = thread.activeTurn;
  const withdraw = turn ? AbortSignal.any([turn.withdrawn, core.scope.signal]) : AbortSignal.any([signal, core.scope.signal]);
  try {
    return await abortable(core.client.request('mcpServer/elicitation/request', params, { signal: withdraw }), signal);
  } catch (error) {
    if (signal.aborted) throw error;
    if (!isRequestError(error)) core.host.log.warn('a question of an MCP server could not be answered', { thread: thread.id, error });
    return undefined;
  } finally {
    // After an interruption the flag falls with the turn; lowering it here would show the thread at work again.
    if (!signal.aborted) release();
  }
}
