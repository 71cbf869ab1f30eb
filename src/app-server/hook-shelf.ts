/** The hooks of a thread as they were when it was loaded, renewed when a client asks for that. */
import type { HookSource } from '../agent/ports.ts';
import type { Log } from '../base/log.ts';
import type { Configuration } from '../config/configuration.ts';
import { listHooks, runnableHooks } from '../config/hooks.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { HookMetadata } from '../protocol/app/index.ts';

export interface HookShelfDeps {
  readonly configuration: Configuration;
  readonly log: Log;
}

/** `loaded` is the configuration of `request` as it is now. Never rejects for reasons of its own. */
export async function hookShelf(
  { configuration, log }: HookShelfDeps,
  request: { readonly cwd: string; readonly session: Readonly<Record<string, unknown>> | undefined },
  loaded: LoadedConfig,
): Promise<HookSource> {
  const read = async (config: LoadedConfig): Promise<readonly HookMetadata[]> =>
    configuration.features(config).has('hooks') ? runnableHooks(await listHooks(request.cwd, config)) : [];
  let seen = configuration.reloads;
  let current = await read(loaded);
  let { credentialVariables: hiddenVariables } = loaded.settings;
  return {
    get current() {
      return current;
    },
    get hiddenVariables() {
      return hiddenVariables;
    },
    refresh() {
      const { reloads } = configuration;
      if (reloads === seen) return undefined;
      seen = reloads;
      return configuration
        .load(request)
        .then(async (config) => {
          current = await read(config);
          hiddenVariables = config.settings.credentialVariables;
        })
        .catch((error: unknown) => log.warn('the hooks of a thread could not be read anew', { error }));
    },
  };
}
