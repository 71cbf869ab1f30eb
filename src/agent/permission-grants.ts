/** Permissions the user granted beyond the profile of a thread, for one turn or for the session. */
import type { FileSystemEntry, PermissionProfile } from '../base/permission-profile.ts';
import type { GrantedPermissionProfile } from '../protocol/app/index.ts';

/** What is asked for, and at most what is granted. Paths are absolute. */
export interface ExtraPermissions {
  readonly network: boolean;
  readonly read: readonly string[];
  readonly write: readonly string[];
}

export const noExtra: ExtraPermissions = { network: false, read: [], write: [] };

const unique = (paths: readonly string[]): string[] => [...new Set(paths)];

const join = (a: ExtraPermissions, b: ExtraPermissions): ExtraPermissions => ({
  network: a.network || b.network,
  read: unique([...a.read, ...b.read]),
  write: unique([...a.write, ...b.write]),
});

/** What an answer grants of what was asked for: nothing that was not asked, and nothing by pattern. */
export function grantedOf(asked: ExtraPermissions, answer: GrantedPermissionProfile): ExtraPermissions {
  const files = answer.fileSystem;
  const entries = (access: 'read' | 'write'): string[] =>
    (files?.entries ?? []).flatMap((entry) => (entry.access === access && entry.path.type === 'path' ? [entry.path.path] : []));
  const read = new Set([...(files?.read ?? []), ...entries('read')]);
  const write = new Set([...(files?.write ?? []), ...entries('write')]);
  return {
    network: asked.network && answer.network?.enabled === true,
    read: asked.read.filter((path) => read.has(path)),
    write: asked.write.filter((path) => write.has(path)),
  };
}

export class PermissionGrants {
  #session = noExtra;
  #turn: { readonly turnId: string; readonly extra: ExtraPermissions } | undefined;

  add(extra: ExtraPermissions, scope: 'turn' | 'session', turnId: string): void {
    if (scope === 'session') this.#session = join(this.#session, extra);
    else this.#turn = { turnId, extra: join(this.#turn?.turnId === turnId ? this.#turn.extra : noExtra, extra) };
  }

  /** The profile as it holds in a turn. Entries that deny stay in force. */
  apply(profile: PermissionProfile, turnId: string): PermissionProfile {
    const extra = this.#turn?.turnId === turnId ? join(this.#session, this.#turn.extra) : this.#session;
    if (profile.type !== 'managed' || (!extra.network && extra.read.length + extra.write.length === 0)) return profile;
    const network = extra.network ? 'enabled' : profile.network;
    if (profile.file_system.type === 'unrestricted') return { ...profile, network };
    const entry =
      (access: 'read' | 'write') =>
      (path: string): FileSystemEntry => ({ path: { type: 'path', path }, access });
    const entries = [...profile.file_system.entries, ...extra.read.map(entry('read')), ...extra.write.map(entry('write'))];
    return { ...profile, file_system: { ...profile.file_system, entries }, network };
  }
}
