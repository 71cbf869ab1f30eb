/** Lasting changes of a thread's settings, as requests name them. */
import { resolve } from 'node:path';
import type { ThreadConfigs } from '../agent/ports.ts';
import { namedTier } from '../agent/service-tier.ts';
import type { SettingsChange } from '../agent/thread-settings.ts';
import { invalidRequest } from '../base/errors.ts';
import { permissionsOfPolicy } from '../policy/permissions.ts';
import type { ThreadSettingsUpdateParams, TurnStartParams } from '../protocol/app/index.ts';

/** Rejects with what the client should read about combinations and profiles that do not exist. `threadCwd`: where the thread works. */
export async function settingsChange(
  params: ThreadSettingsUpdateParams | TurnStartParams,
  deps: { readonly configs: ThreadConfigs; readonly cwd: string },
  threadCwd: string,
): Promise<SettingsChange> {
  const { sandboxPolicy, permissions, environments, cwd, serviceTier } = params;
  if (sandboxPolicy && permissions !== undefined) throw invalidRequest('`permissions` cannot be combined with `sandboxPolicy`');
  const directory = cwd === undefined ? undefined : resolve(deps.cwd, cwd);
  const named = permissions === undefined ? undefined : await deps.configs.permissions(permissions, directory ?? threadCwd);
  return {
    model: params.model,
    effort: params.effort,
    summary: params.summary,
    serviceTier: namedTier(serviceTier),
    personality: params.personality,
    collaborationMode: params.collaborationMode,
    cwd: directory,
    runtimeWorkspaceRoots: 'runtimeWorkspaceRoots' in params ? params.runtimeWorkspaceRoots : undefined,
    environments: environments?.map((one) => ({ ...one, runtimeWorkspaceRoots: one.runtimeWorkspaceRoots ?? [one.cwd] })),
    approvalPolicy: params.approvalPolicy,
    approvalsReviewer: params.approvalsReviewer,
    permissions: sandboxPolicy ? permissionsOfPolicy(sandboxPolicy) : named,
  };
}
