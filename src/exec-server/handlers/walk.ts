/** Listing a tree in one call. */
import { invalidRequest } from '../../base/errors.ts';
import { walkTree } from '../../host/file-walk.ts';
import type { ExecRequests, ExecWalkParams, Handlers } from '../../protocol/exec/index.ts';
import type { ExecContext } from '../connection.ts';
import { nativePath, wireUri } from '../native-paths.ts';
import { onFiles } from '../os-failures.ts';
import { type Confine, fileOptions } from './fs.ts';

const maxDepth = 64;
const maxDirectories = 10_000;
const maxEntries = 50_000;
/** What an answer may weigh; every item counts this much besides its text. */
const maxWeight = 4 * 1024 * 1024;
const itemWeight = 64;

function checkLimits(options: ExecWalkParams['options']): void {
  if (options.maxDirectories === 0 || options.maxEntries === 0) throw invalidRequest('filesystem walk limits must be greater than zero');
  if (options.maxDepth > maxDepth || options.maxDirectories > maxDirectories || options.maxEntries > maxEntries) {
    throw invalidRequest(`filesystem walk limits exceed maximums: depth=${maxDepth}, directories=${maxDirectories}, entries=${maxEntries}`);
  }
}

export function walkHandlers(confine: Confine): Handlers<Pick<ExecRequests, 'fs/walk'>, ExecContext> {
  return {
    'fs/walk': ({ path, options, sandbox }, { signal }) =>
      onFiles(async () => {
        checkLimits(options);
        const confined = await confine(fileOptions({ sandbox }, signal));
        const weigh = (item: string, message = '') => itemWeight + Buffer.byteLength(item) + Buffer.byteLength(message);
        const { entries, errors, truncated } = await walkTree(nativePath(path), { ...options, maxWeight, weigh }, { signal, confined });
        return {
          entries: entries.map((entry) => ({ path: wireUri(entry.path), kind: entry.kind })),
          errors: errors.map((error) => ({ path: wireUri(error.path), message: error.message })),
          truncated,
        };
      }),
  };
}
