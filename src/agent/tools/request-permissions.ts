/** The `request_permissions` tool: the model asks for more rights before it needs them. Offered behind a feature. */
import { type ExtraPermissions, isNothing, noExtra, readExtra, wireExtra } from '../../policy/extra-permissions.ts';
import { resolveFrom } from './native-path.ts';
import { defineTool, type Parsed, type ToolCall, type ToolOutcome } from './tool.ts';

interface PermissionArguments {
  readonly permissions: unknown;
  readonly reason: string | null;
  readonly environmentId: string | undefined;
}

const feature = 'request_permissions_tool';

const paths = (description: string) => ({ type: 'array', items: { type: 'string' }, description });

/** How a model says which permissions it wants. */
export const permissionsSchema = {
  type: 'object',
  properties: {
    file_system: {
      type: 'object',
      properties: { read: paths('Paths to read.'), write: paths('Paths to write.') },
      additionalProperties: false,
    },
    network: { type: 'object', properties: { enabled: { type: 'boolean' } }, additionalProperties: false },
  },
  additionalProperties: false,
};

const declaration = {
  type: 'function',
  name: 'request_permissions',
  description:
    'Asks the user for permissions beyond the sandbox: paths to read or write, or the network. What is granted holds for later commands of this turn or session. The answer says what was granted.',
  strict: false,
  parameters: {
    type: 'object',
    properties: {
      environment_id: { type: 'string', description: 'The environment they are for; the primary one by default.' },
      permissions: permissionsSchema,
      reason: { type: 'string', description: 'Why, in a short sentence to the user.' },
    },
    required: ['permissions'],
    additionalProperties: false,
  },
};

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

function parse(input: unknown): Parsed<PermissionArguments> {
  const asked = member(input, 'permissions');
  if (typeof asked !== 'object' || asked === null) return { ok: false, message: 'missing field `permissions`' };
  const reason = member(input, 'reason');
  const environmentId = member(input, 'environment_id');
  return {
    ok: true,
    args: {
      permissions: asked,
      reason: typeof reason === 'string' ? reason : null,
      environmentId: typeof environmentId === 'string' ? environmentId : undefined,
    },
  };
}

const failed = (output: string): ToolOutcome => ({ kind: 'failed', output });

async function ask(args: PermissionArguments, call: ToolCall): Promise<ToolOutcome> {
  const selected = args.environmentId
    ? call.environments.find(({ selection }) => selection.environmentId === args.environmentId)
    : call.environments[0];
  if (!selected) return failed('request_permissions is unavailable: there is no such environment');
  const { environmentId, cwd } = selected.selection;
  // The same spelling is shown and enforced.
  const asked = readExtra(args.permissions, (path) => resolveFrom(cwd, path));
  if (typeof asked === 'string') return failed(`request_permissions: ${asked}`);
  if (isNothing(asked)) return failed('request_permissions needs at least one permission');
  const granted = await call.ask.permissions({ environmentId, cwd, reason: args.reason, permissions: asked });
  return { kind: 'ok', output: JSON.stringify(wireOf(granted.permissions, granted.scope)) };
}

function wireOf(permissions: ExtraPermissions, scope: 'turn' | 'session') {
  const { network, fileSystem } = wireExtra(permissions);
  return {
    permissions: {
      ...(network ? { network } : {}),
      ...(fileSystem
        ? {
            file_system: permissions.asLists
              ? { read: fileSystem.read ?? [], write: fileSystem.write ?? [] }
              : { entries: fileSystem.entries },
          }
        : {}),
    },
    scope,
  };
}

export const requestPermissionsTool = defineTool<PermissionArguments>({
  name: 'request_permissions',
  kind: 'function',
  parallel: false,
  declaration: (offer) => (offer.features.has(feature) ? declaration : undefined),
  parse,
  prepare: (args, call) => ({
    kind: 'free',
    run: () => {
      if (!call.features.has(feature)) return Promise.resolve(failed('unsupported call: request_permissions'));
      const policy = call.settings.approvalPolicy;
      const mayAsk = policy !== 'never' && (typeof policy === 'string' || policy.granular.request_permissions);
      if (mayAsk) return ask(args, call);
      return Promise.resolve({ kind: 'declined', output: JSON.stringify(wireOf(noExtra, 'turn')) });
    },
  }),
});
