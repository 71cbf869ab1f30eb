/** `fs/*`: files of this machine for the client, and watches on them that die with the connection. */

import { sep } from 'node:path';
import { readBase64 } from '../../base/base64.ts';
import { internalError, invalidRequest } from '../../base/errors.ts';
import type { FileSystem } from '../../environment/environment.ts';
import type { ClientRequests, Handlers, Slice } from '../../protocol/app/index.ts';
import type { Connection, RequestContext } from '../connection.ts';
import { osError } from '../os-errors.ts';
import type { FileWatcher } from '../ports.ts';

export interface FsDeps {
  readonly files: () => FileSystem;
  readonly watcher: FileWatcher;
}

/** Runs one file operation; failures of the system read as the client knows them. */
const attempt = async <T>(operation: Promise<T>): Promise<T> => {
  try {
    return await operation;
  } catch (error) {
    throw osError(error);
  }
};

const isWithin = (path: string, directory: string): boolean => path === directory || path.startsWith(directory + sep);

export const fsHandlers = (deps: FsDeps): Handlers<Slice<ClientRequests, 'fs'>, RequestContext> => {
  const watches = new WeakMap<Connection, Map<string, () => Promise<void>>>();
  const watchesOf = (connection: Connection): Map<string, () => Promise<void>> => {
    let table = watches.get(connection);
    if (!table) watches.set(connection, (table = new Map()));
    return table;
  };

  return {
    'fs/readFile': async ({ path }) => {
      const files = deps.files();
      if ((await attempt(files.metadata(path))).isDirectory) throw invalidRequest(`path \`${path}\` is not a file`);
      return { dataBase64: (await attempt(files.readFile(path))).toString('base64') };
    },
    'fs/writeFile': async ({ path, dataBase64 }) => {
      const bytes = readBase64(dataBase64);
      if (typeof bytes === 'string') throw invalidRequest(`fs/writeFile requires valid base64 dataBase64: ${bytes}`);
      await attempt(deps.files().writeFile(path, bytes));
      return {};
    },
    'fs/createDirectory': async ({ path, recursive = true }) => {
      await attempt(deps.files().createDirectory(path, { recursive }));
      return {};
    },
    'fs/getMetadata': async ({ path }) => {
      const { isDirectory, isFile, isSymlink, createdAtMs, modifiedAtMs } = await attempt(deps.files().metadata(path));
      return { isDirectory, isFile, isSymlink, createdAtMs: Math.floor(createdAtMs), modifiedAtMs: Math.floor(modifiedAtMs) };
    },
    'fs/readDirectory': async ({ path }) => ({ entries: await attempt(deps.files().readDirectory(path)) }),
    'fs/remove': async ({ path, recursive = true, force = true }) => {
      await attempt(deps.files().remove(path, { recursive, force }));
      return {};
    },
    'fs/copy': async ({ sourcePath, destinationPath, recursive }) => {
      const files = deps.files();
      const { isDirectory } = await attempt(files.metadata(sourcePath));
      if (isDirectory && !recursive) throw invalidRequest('fs/copy requires recursive: true when sourcePath is a directory');
      if (isDirectory && isWithin(destinationPath, sourcePath))
        throw invalidRequest('fs/copy cannot copy a directory to itself or one of its descendants');
      await attempt(files.copy(sourcePath, destinationPath, { recursive }));
      return {};
    },
    'fs/watch': async ({ watchId, path }, context) => {
      const table = watchesOf(context.connection);
      if (table.has(watchId)) throw invalidRequest(`watchId already exists: ${watchId}`);
      const scope = context.connection.scope.child(`watch ${watchId}`);
      table.set(watchId, () => scope.close());
      try {
        scope.own(
          await deps.watcher.watch(path, (changedPaths) =>
            context.client.notify('fs/changed', { watchId, changedPaths: [...changedPaths] }),
          ),
        );
      } catch (error) {
        table.delete(watchId);
        await scope.close();
        throw osError(error, 'failed to watch: ');
      }
      return { path };
    },
    'fs/unwatch': async ({ watchId }, context) => {
      const table = watchesOf(context.connection);
      const end = table.get(watchId);
      table.delete(watchId);
      await end?.();
      return {};
    },
  };
};

export const noWatcher: FileWatcher = {
  watch: () => Promise.reject(internalError('watching files is not available in this server')),
};
