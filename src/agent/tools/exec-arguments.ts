/** The arguments of `exec_command`: how they are declared to the model and read from what it sends. */
import { type ArgumentReader, readArguments } from './arguments.ts';
import { permissionsSchema } from './request-permissions.ts';
import type { Parsed, ToolOffer } from './tool.ts';

export interface ExecArguments {
  readonly cmd: string;
  /** Empty means the default. */
  readonly workdir: string | undefined;
  readonly shell: string | undefined;
  readonly login: boolean | undefined;
  readonly tty: boolean;
  readonly yieldTimeMs: number | undefined;
  readonly maxOutputTokens: number | undefined;
  readonly sandboxPermissions: SandboxPermissions | undefined;
  readonly justification: string | undefined;
  readonly prefixRule: readonly string[] | undefined;
  /** As the model wrote them; present also when they may not be asked for. */
  readonly additionalPermissions: unknown;
  readonly environmentId: string | undefined;
}

/** The feature without which a command may not ask for additional permissions. */
export const extraFeature = 'exec_permission_approvals';

const SANDBOX_PERMISSIONS = ['use_default', 'require_escalated', 'with_additional_permissions'] as const;
type SandboxPermissions = (typeof SANDBOX_PERMISSIONS)[number];

export const parseExecArguments = (input: unknown): Parsed<ExecArguments> =>
  readArguments(input, (read: ArgumentReader) => ({
    cmd: read.string('cmd'),
    workdir: read.optionalString('workdir'),
    shell: read.optionalString('shell'),
    login: read.optionalBoolean('login'),
    tty: read.optionalBoolean('tty') ?? false,
    yieldTimeMs: read.optionalCount('yield_time_ms'),
    maxOutputTokens: read.optionalCount('max_output_tokens'),
    sandboxPermissions: read.optionalChoice('sandbox_permissions', SANDBOX_PERMISSIONS),
    justification: read.optionalString('justification'),
    prefixRule: read.optionalStrings('prefix_rule'),
    additionalPermissions: read.optionalValue('additional_permissions'),
    environmentId: read.optionalString('environment_id'),
  }));

const text = (description: string) => ({ type: 'string', description });
const count = (description: string) => ({ type: 'number', description });

export function declareExecCommand(offer: ToolOffer): Record<string, unknown> | undefined {
  if (offer.environments.length === 0) return undefined;
  const properties: Record<string, unknown> = {
    cmd: text('Script for the shell.'),
    workdir: text('Directory to run in; relative to the working directory of the turn, which is the default.'),
    shell: text("Shell to use instead of the user's own."),
    tty: {
      type: 'boolean',
      description: 'Give the command a terminal, so that write_stdin can type into it. Default: plain pipes, no input.',
    },
    yield_time_ms: count(
      'How long to wait for the command before reporting what it has printed so far. Default 10000; at least 250, at most 30000.',
    ),
    max_output_tokens: count('How much output to return; the middle of a longer one is left out. Default 10000.'),
    sandbox_permissions: {
      type: 'string',
      enum: SANDBOX_PERMISSIONS.slice(0, 2),
      description: 'require_escalated asks the user to run this command outside the sandbox. Default use_default.',
    },
    justification: text('With require_escalated only: a short question to the user that says why.'),
    prefix_rule: {
      type: 'array',
      items: { type: 'string' },
      description: 'With require_escalated only: the first words of similar commands the user may want to allow from now on.',
    },
  };
  if (offer.features.has(extraFeature)) {
    properties.sandbox_permissions = {
      type: 'string',
      enum: SANDBOX_PERMISSIONS,
      description:
        'require_escalated asks the user to run this command outside the sandbox; with_additional_permissions asks to open the sandbox for it as far as additional_permissions says. Default use_default.',
    };
    properties.additional_permissions = {
      ...permissionsSchema,
      description: 'With with_additional_permissions only: what this command shall be able to reach beyond the sandbox.',
    };
  }
  if (offer.allowLoginShell) properties.login = { type: 'boolean', description: 'Start the shell as a login shell. Default true.' };
  if (offer.environments.length > 1)
    properties.environment_id = text(
      `Where to run: one of ${offer.environments.map((one) => one.environmentId).join(', ')}. Default: the first.`,
    );
  return {
    type: 'function',
    name: 'exec_command',
    description:
      'Runs a script in a shell and returns its output. A command that is still running when the yield time is over keeps running; its session id serves to poll it or type into it with write_stdin.',
    strict: false,
    parameters: { type: 'object', properties, required: ['cmd'], additionalProperties: false },
  };
}
