/** The tools by which the model looks at the goal of its thread, makes one, or says how it stands. */
import { isRequestError } from '../../base/errors.ts';
import type { ThreadGoal } from '../../protocol/app/index.ts';
import { readArguments, rejectArguments } from './arguments.ts';
import { defineTool, type Tool, type ToolCall, type ToolDefinition, type ToolOutcome } from './tool.ts';

const settable = ['complete', 'blocked', 'paused'] as const;

const failed = (output: string): ToolOutcome => ({ kind: 'failed', output });

/** A goal in the words of the model, with what is left of its budget. */
function report(goal: ThreadGoal | null): ToolOutcome {
  const { tokenBudget, ...rest } = goal ?? { tokenBudget: null };
  const answer = {
    goal: goal && { ...rest, ...(tokenBudget === null ? {} : { tokenBudget }) },
    remainingTokens: goal && tokenBudget !== null ? Math.max(0, tokenBudget - goal.tokensUsed) : null,
    completionBudgetReport: goal?.status === 'complete' ? completion(goal) : null,
  };
  return { kind: 'ok', output: JSON.stringify(answer), response: answer };
}

const completion = ({ tokensUsed, tokenBudget, timeUsedSeconds }: ThreadGoal): string =>
  `The goal is complete. Tell the user what it took: ${tokensUsed} tokens${tokenBudget === null ? '' : ` of ${tokenBudget}`} in ${timeUsedSeconds} seconds.`;

/** What makes no sense is told to the model. */
function answered(act: () => ThreadGoal | null): ToolOutcome {
  try {
    return report(act());
  } catch (error) {
    if (isRequestError(error)) return failed(error.message);
    throw error;
  }
}

const goalTool = <A>(
  name: string,
  description: string,
  properties: Record<string, unknown>,
  more: Pick<ToolDefinition<A>, 'parse'> & { required: readonly string[]; run(args: A, call: ToolCall): ToolOutcome },
): Tool =>
  defineTool<A>({
    name,
    kind: 'function',
    parallel: false,
    declaration: (offer) =>
      offer.features.has('goals')
        ? {
            type: 'function',
            name,
            description,
            strict: false,
            parameters: { type: 'object', properties, required: more.required, additionalProperties: false },
          }
        : undefined,
    parse: (input) => more.parse(input),
    prepare: (args, call) => ({
      kind: 'free',
      run: async () => {
        // What the answer cost is known when it is complete, and counts for the goal as it was.
        await call.answered;
        return call.features.has('goals') ? more.run(args, call) : failed(`unsupported call: ${name}`);
      },
    }),
  });

export const goalTools: readonly Tool[] = [
  goalTool(
    'get_goal',
    'Returns the goal of this thread with its status, its budget and what it used so far.',
    {},
    {
      required: [],
      parse: () => ({ ok: true, args: undefined }),
      run: (_, { goal }) => report(goal.get()),
    },
  ),
  goalTool<{ objective: string; tokenBudget: number | undefined }>(
    'create_goal',
    'Gives this thread a goal that it works towards by itself, turn after turn. Only when the user or the instructions ask for one; fails while there is an unfinished goal.',
    {
      objective: { type: 'string', description: 'What is to be achieved, in concrete words.' },
      token_budget: { type: 'integer', description: 'How many tokens may be used; leave it out unless a budget was asked for.' },
    },
    {
      required: ['objective'],
      parse: (input) =>
        readArguments(input, (read) => ({ objective: read.string('objective'), tokenBudget: read.optionalCount('token_budget') })),
      run: ({ objective, tokenBudget }, { goal, turnId }) => {
        const old = goal.get();
        if (old && old.status !== 'complete')
          return failed('cannot create a new goal because this thread has an unfinished goal; complete the existing goal first');
        return answered(() => {
          const created = goal.set({ objective, status: 'active', tokenBudget: tokenBudget ?? null });
          goal.announce(turnId);
          return created;
        });
      },
    },
  ),
  goalTool<{ status: (typeof settable)[number] }>(
    'update_goal',
    'Says how the goal stands: complete when all of it is done and checked, blocked when the same obstacle stopped the work several times and the user alone can remove it, paused only when the user asked for that.',
    { status: { type: 'string', enum: settable, description: 'complete, blocked or paused.' } },
    {
      required: ['status'],
      parse: (input) =>
        readArguments(input, (read) => ({ status: read.optionalChoice('status', settable) ?? rejectArguments('missing field `status`') })),
      run: ({ status }, { goal, turnId }) => {
        const old = goal.get();
        if (!old) return failed('cannot update goal because this thread has no goal');
        return answered(() => {
          const changed = goal.set({ status });
          if (changed.status !== old.status) goal.announce(turnId);
          return changed;
        });
      },
    },
  ),
];
