/** The `request_permissions` tool: the model asks for more rights before it needs them. Offered behind a feature. */
import { posix, win32 } from 'node:path';
import { type ExtraPermissions, noExtra } from '../permission-grants.ts';
import { defineTool, type Parsed, type ToolCall, type ToolOutcome } from './tool.ts';

interface PermissionArguments {
  readonly permissions: ExtraPermissions;
  readonly reason: string | null;
  readonly environmentId: string | undefined;
}

const paths = (description: string) => ({ type: 'array', items: { type: 'string' }, description });

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
      permissions: {
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
      },
      reason: { type: 'string', description: 'Why, in a short sentence to the user.' },
    },
    required: ['permissions'],
    additionalProperties: false,
  },
};

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

function stringsAt(value: unknown, name: string): string[] {
  const list = member(value, name);
  return Array.isArray(list) ? list.filter((entry) => typeof entry === 'string') : [];
}

function parse(input: unknown): Parsed<PermissionArguments> {
  const asked = member(input, 'permissions');
  if (typeof asked !== 'object' || asked === null) return { ok: false, message: 'missing field `permissions`' };
  const files = member(asked, 'file_system');
  const permissions = {
    network: member(member(asked, 'network'), 'enabled') === true,
    read: stringsAt(files, 'read'),
    write: stringsAt(files, 'write'),
  };
  const reason = member(input, 'reason');
  const environmentId = member(input, 'environment_id');
  return {
    ok: true,
    args: {
      permissions,
      reason: typeof reason === 'string' ? reason : null,
      environmentId: typeof environmentId === 'string' ? environmentId : undefined,
    },
  };
}

/** Relative paths are meant from the working directory; the same spelling is shown and enforced. */
function absolute(permissions: ExtraPermissions, cwd: string): ExtraPermissions {
  const { resolve } = /^[A-Za-z]:[\\/]/.test(cwd) ? win32 : posix;
  const all = (list: readonly string[]) => list.map((path) => resolve(cwd, path));
  return { ...permissions, read: all(permissions.read), write: all(permissions.write) };
}

const failed = (output: string): ToolOutcome => ({ kind: 'failed', output });

async function ask(args: PermissionArguments, call: ToolCall): Promise<ToolOutcome> {
  const selected = args.environmentId
    ? call.environments.find(({ selection }) => selection.environmentId === args.environmentId)
    : call.environments[0];
  if (!selected) return failed('request_permissions is unavailable: there is no such environment');
  const { environmentId, cwd } = selected.selection;
  const asked = absolute(args.permissions, cwd);
  if (!asked.network && asked.read.length + asked.write.length === 0) return failed('request_permissions needs at least one permission');
  const granted = await call.ask.permissions({ environmentId, cwd, reason: args.reason, permissions: asked });
  return { kind: 'ok', output: JSON.stringify(wireOf(granted.permissions, granted.scope)) };
}

const wireOf = ({ network, read, write }: ExtraPermissions, scope: 'turn' | 'session') => ({
  permissions: {
    ...(network ? { network: { enabled: true } } : {}),
    ...(read.length + write.length > 0 ? { file_system: { read, write } } : {}),
  },
  scope,
});

export const requestPermissionsTool = defineTool<PermissionArguments>({
  name: 'request_permissions',
  kind: 'function',
  parallel: false,
  declaration: (offer) => (offer.features.has('request_permissions_tool') ? declaration : undefined),
  parse,
  prepare: (args, call) => ({
    kind: 'free',
    run: () => {
      const policy = call.settings.approvalPolicy;
      const mayAsk = policy !== 'never' && (typeof policy === 'string' || policy.granular.request_permissions);
      if (mayAsk) return ask(args, call);
      return Promise.resolve({ kind: 'declined', output: JSON.stringify(wireOf(noExtra, 'turn')) });
    },
  }),
});
