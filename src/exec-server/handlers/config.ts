/** Configuration of the machine the executor runs on. */
import { homedir, hostname } from 'node:os';
import { invalidParams } from '../../base/errors.ts';
import type { FileSystem } from '../../host/file-types.ts';
import type { ExecRequests, Handlers } from '../../protocol/exec/index.ts';
import type { ConfigPlaces } from '../config-files.ts';
import type { ExecContext } from '../connection.ts';
import { foreignUri, nativePathOrNone, wireUri } from '../native-paths.ts';
import { onFiles } from '../os-failures.ts';

export function configHandlers(
  places: ConfigPlaces,
  files: FileSystem,
): Handlers<Pick<ExecRequests, 'environmentConfig/read'>, ExecContext> {
  return {
    'environmentConfig/read': ({ cwd, configPaths, requirementsPaths }) =>
      onFiles(async () => {
        const all = [...configPaths, ...requirementsPaths];
        if (all.length === 0) throw invalidParams('at least one config or requirements path is required');
        if (all.some((path) => path.length === 0)) throw invalidParams('TOML paths must contain at least one key segment');
        if (nativePathOrNone(cwd) === undefined) throw invalidParams(foreignUri(cwd));
        const { configLayers, requirementLayers } = await import('../config-files.ts');
        return {
          userHomeDir: wireUri(homedir()),
          codexHomeDir: wireUri(places.codexHome),
          hostname: hostname(),
          config: { layers: await configLayers(places, configPaths, files), cloudInsertionIndex: 0 },
          requirements: { layers: await requirementLayers(places, requirementsPaths, files), cloudInsertionIndex: 0 },
        };
      }),
  };
}
