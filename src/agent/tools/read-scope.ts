/** How the agent's own tools read files when the permissions keep some of them from being read. */
import type { PermissionProfile, SandboxRequest } from '../../base/permission-profile.ts';
import type { EnvironmentSelection } from '../../environment/environment.ts';
import { sandboxFor, type TurnSettings } from '../thread-settings.ts';

/**
 * The sandbox to read under; undefined when everything may be read, which needs no enforcing. An environment that cannot
 * enforce it refuses to read at all.
 */
export function readSandbox(settings: Pick<TurnSettings, 'permissions'>, selection: EnvironmentSelection): SandboxRequest | undefined {
  return limitsReading(settings.permissions) ? sandboxFor(settings, selection) : undefined;
}

function limitsReading(profile: PermissionProfile): boolean {
  if (profile.type !== 'managed' || profile.file_system.type === 'unrestricted') return false;
  const { entries } = profile.file_system;
  const readsAll = entries.some(({ path, access }) => access !== 'deny' && path.type === 'special' && path.value.kind === 'root');
  return !readsAll || entries.some(({ access }) => access === 'deny');
}
