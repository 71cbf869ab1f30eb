/**
 * Directories of the program itself that no sandboxed command may write, wherever they lie: what is written there decides about
 * later commands. A sandbox is the machine's, so the set is one for all servers of a process.
 */

const held = new Map<string, number>();

/** From now on, until `close`. `path` is absolute, with its links resolved. */
export function keepFromCommands(path: string): { close(): void } {
  held.set(path, (held.get(path) ?? 0) + 1);
  let open = true;
  return {
    close() {
      const left = (held.get(path) ?? 1) - 1;
      if (!open) return;
      open = false;
      if (left > 0) held.set(path, left);
      else held.delete(path);
    },
  };
}

export const ownPaths = (): readonly string[] => [...held.keys()];

/** Where the processes of this user note the mount points they had to create: one file per process, named by its pid. */
export const mountPointRegister = (): string => (register ??= `/dev/shm/switchyard-mounts-${process.getuid?.() ?? 0}`);
let register: string | undefined;
