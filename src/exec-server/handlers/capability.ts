/** Skills and plugins below roots on the executor: they are found and read here, and understood by the client. */
import { invalidRequest, messageOf } from '../../base/errors.ts';
import { scanEach, scanRoot } from '../../host/capability-scan.ts';
import type { FileSystem } from '../../host/file-types.ts';
import type { DiscoveredRoot, ExecRequests, Handlers } from '../../protocol/exec/index.ts';
import type { ExecContext } from '../connection.ts';
import { nativePath } from '../native-paths.ts';
import { fileSandbox } from '../sandbox-intent.ts';

type CapabilityMethods = 'capabilityRoots/discoverV1' | 'capabilities/discoverV2';

const maxRoots = 128;

export function capabilityHandlers(files: FileSystem): Handlers<Pick<ExecRequests, CapabilityMethods>, ExecContext> {
  return {
    'capabilityRoots/discoverV1': async ({ roots }, { signal }) => {
      if (roots.length > maxRoots) throw invalidRequest(`capability root discovery accepts at most ${maxRoots} roots`);
      const scan = async ({ id, path: uri, sandbox }: (typeof roots)[number]): Promise<DiscoveredRoot> => {
        try {
          const options = { signal, ...(sandbox && { sandbox: fileSandbox(sandbox) }) };
          return await scanRoot({ id, uri, path: nativePath(uri) }, files, options);
        } catch (error) {
          const nothing = { id, path: uri, plugin: null, skills: [], namespaceManifests: [], warnings: [] };
          return { ...nothing, error: `failed to inspect capability root ${uri}: ${messageOf(error)}` };
        }
      };
      return { roots: await scanEach(roots, scan) };
    },
    // Nothing is installed on an executor by itself: what there is lies below roots that the client names.
    'capabilities/discoverV2': () => ({ plugins: [], skills: [], warnings: [] }),
  };
}
