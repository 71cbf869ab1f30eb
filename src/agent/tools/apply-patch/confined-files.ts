/** The files of an environment as a patch under a sandbox sees them: the environment itself decides, about what is already open. */
import type { SandboxRequest } from '../../../base/permission-profile.ts';
import type { FileSystem } from '../../../environment/environment.ts';

/**
 * Every operation carries `sandbox`. A check of the path before the operation would not do: a command that still runs can put
 * a link in its place in between.
 */
export function underSandbox(files: FileSystem, sandbox: SandboxRequest): FileSystem {
  return {
    readFile: (path, options) => files.readFile(path, { ...options, sandbox }),
    writeFile: (path, bytes, options) => files.writeFile(path, bytes, { ...options, sandbox }),
    createDirectory: (path, options) => files.createDirectory(path, { ...options, sandbox }),
    metadata: (path, options) => files.metadata(path, { ...options, sandbox }),
    canonicalize: (path, options) => files.canonicalize(path, { ...options, sandbox }),
    readDirectory: (path, options) => files.readDirectory(path, { ...options, sandbox }),
    remove: (path, options) => files.remove(path, { ...options, sandbox }),
    copy: (from, to, options) => files.copy(from, to, { ...options, sandbox }),
    walk: (path, options) => files.walk(path, { ...options, sandbox }),
    open: (path, options) => files.open(path, { ...options, sandbox }),
  };
}
