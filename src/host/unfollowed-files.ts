/** File operations that refuse a symbolic link anywhere in their path. */
import { parse, sep } from 'node:path';
import { errnoOf, internalError, invalidRequest } from '../base/errors.ts';
import { systemError } from '../base/os-error.ts';
import { lstat } from './disk.ts';
import type { WholeFiles } from './file-types.ts';

/** What on the way to `path` is a link: a directory above it, or the path itself. */
async function linkIn(path: string): Promise<'above' | 'itself' | undefined> {
  const { root } = parse(path);
  const names = path
    .slice(root.length)
    .split(sep)
    .filter((name) => name !== '');
  let at = root;
  for (const [index, name] of names.entries()) {
    at = at.endsWith(sep) ? `${at}${name}` : `${at}${sep}${name}`;
    try {
      if ((await lstat(at)).isSymbolicLink()) return index === names.length - 1 ? 'itself' : 'above';
    } catch (error) {
      // What does not exist is no link; the operation itself says what is wrong.
      if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
      throw error;
    }
  }
  return undefined;
}

async function refuseLinks(path: string, action: string, own: 'ELOOP' | 'ENOTDIR' | undefined): Promise<void> {
  const link = await linkIn(path);
  if (link === 'above') throw systemError('ENOTDIR', action, path);
  if (link === 'itself' && own) throw systemError(own, action, path);
}

/** `files` with that refusal. The check comes before the operation; it guards against links that are there, not against races. */
export function unfollowedFiles(files: WholeFiles): WholeFiles {
  return {
    ...files,
    async readFile(path, options) {
      await refuseLinks(path, 'open', 'ELOOP');
      return files.readFile(path, options);
    },
    async writeFile(path, bytes, options) {
      await refuseLinks(path, 'open', 'ELOOP');
      return files.writeFile(path, bytes, options);
    },
    async createDirectory(path, options) {
      await refuseLinks(path, 'mkdir', 'ENOTDIR');
      return files.createDirectory(path, options);
    },
    async metadata(path, options) {
      if (await linkIn(path)) throw invalidRequest('path contains a symbolic link');
      return files.metadata(path, options);
    },
    async remove(path, options) {
      if (options.recursive) throw internalError('recursive no-follow removal is unsupported');
      await refuseLinks(path, 'unlink', undefined);
      return files.remove(path, options);
    },
  };
}
