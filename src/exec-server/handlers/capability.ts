/** Skills and plugins below roots on the executor: they are found and read here, and understood by the client. */
import { invalidRequest, messageOf } from '../../base/errors.ts';
import type { FileSystem } from '../../host/file-types.ts';
import type { ExecRequests, Handlers } from '../../protocol/exec/index.ts';
import { discoverRoot } from '../capability-roots.ts';
import type { ExecContext } from '../connection.ts';
import type { Confine } from './fs.ts';

type CapabilityMethods = 'capabilityRoots/discoverV1' | 'capabilities/discoverV2';

const maxRoots = 128;
const scannedAtOnce = 8;

export function capabilityHandlers(files: FileSystem, confine: Confine): Handlers<Pick<ExecRequests, CapabilityMethods>, ExecContext> {
  return {
    'capabilityRoots/discoverV1': async ({ roots }, { signal }) => {
      if (roots.length > maxRoots) throw invalidRequest(`capability root discovery accepts at most ${maxRoots} roots`);
      const results = new Array<Awaited<ReturnType<typeof discoverRoot>>>(roots.length);
      const waiting = [...roots.entries()];
      const scan = async () => {
        for (let next = waiting.shift(); next; next = waiting.shift()) {
          const [index, root] = next;
          results[index] = await discoverRoot(root, { files, confine, signal }).catch((error: unknown) => ({
            ...{ id: root.id, path: root.path, plugin: null, skills: [], namespaceManifests: [], warnings: [] },
            error: `failed to inspect capability root ${root.path}: ${messageOf(error)}`,
          }));
        }
      };
      await Promise.all(Array.from({ length: scannedAtOnce }, scan));
      return { roots: results };
    },
    // Nothing is installed on an executor by itself: what there is lies below roots that the client names.
    'capabilities/discoverV2': () => ({ plugins: [], skills: [], warnings: [] }),
  };
}
