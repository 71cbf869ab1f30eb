/** The `update_plan` tool: the model's list of steps, passed on to the client as it is. */
import type { TurnPlanStep } from '../../protocol/app/index.ts';
import { readArguments, rejectArguments } from './arguments.ts';
import { defineTool, type ToolOutcome } from './tool.ts';

interface PlanArguments {
  readonly explanation: string | undefined;
  readonly plan: readonly TurnPlanStep[];
}

const STATUS = new Map<unknown, TurnPlanStep['status']>([
  ['pending', 'pending'],
  ['in_progress', 'inProgress'],
  ['completed', 'completed'],
]);

export const updatePlanTool = defineTool<PlanArguments>({
  name: 'update_plan',
  kind: 'function',
  parallel: false,
  declaration: () => ({
    type: 'function',
    name: 'update_plan',
    description:
      'Shows the user the steps of the task and how far each one is. Send the whole list every time; at most one step is in progress.',
    strict: false,
    parameters: {
      type: 'object',
      properties: {
        explanation: { type: 'string', description: 'Why the plan changed.' },
        plan: {
          type: 'array',
          items: {
            type: 'object',
            properties: { step: { type: 'string' }, status: { type: 'string', enum: ['pending', 'in_progress', 'completed'] } },
            required: ['step', 'status'],
            additionalProperties: false,
          },
        },
      },
      required: ['plan'],
      additionalProperties: false,
    },
  }),
  parse: (input) =>
    readArguments(input, (read) => ({ explanation: read.optionalString('explanation'), plan: stepsOf(read.optionalValue('plan')) })),
  prepare: (args, call) => ({
    kind: 'free',
    run: async (): Promise<ToolOutcome> => {
      if (call.settings.mode === 'plan')
        return { kind: 'failed', output: 'update_plan tracks work that is being done; it is not available in Plan mode' };
      call.planUpdated(args.explanation ?? null, args.plan);
      return { kind: 'ok', output: 'Plan updated' };
    },
  }),
});

function stepsOf(value: unknown): TurnPlanStep[] {
  if (value === undefined) return rejectArguments('missing field `plan`');
  if (!Array.isArray(value)) return rejectArguments('`plan` has to be a list of steps');
  const steps = value.map(stepOf);
  if (steps.filter((step) => step.status === 'inProgress').length > 1)
    return rejectArguments('at most one step can be in progress at a time');
  return steps;
}

function stepOf(value: unknown): TurnPlanStep {
  if (typeof value !== 'object' || value === null || !('step' in value) || typeof value.step !== 'string')
    return rejectArguments('every step of `plan` needs a text in `step`');
  const status = STATUS.get('status' in value ? value.status : undefined);
  return status ? { step: value.step, status } : rejectArguments('`status` has to be one of `pending`, `in_progress`, `completed`');
}
