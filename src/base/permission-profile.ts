/** What a process may touch: the one description of permissions that policy computes and the sandbox enforces. */

export type FileAccess = 'read' | 'write' | 'deny';

export type SpecialPath =
  | { readonly kind: 'root' }
  | { readonly kind: 'minimal' }
  | { readonly kind: 'project_roots'; readonly subpath?: string }
  | { readonly kind: 'tmpdir' }
  | { readonly kind: 'slash_tmp' }
  | { readonly kind: 'unknown'; readonly path: string; readonly subpath?: string };

export type PermissionPath =
  | { readonly type: 'path'; readonly path: string }
  | { readonly type: 'glob_pattern'; readonly pattern: string }
  | { readonly type: 'special'; readonly value: SpecialPath };

export interface FileSystemEntry {
  readonly path: PermissionPath;
  readonly access: FileAccess;
  /** `skip`: an entry the program added by itself, left out when the path does not exist. */
  readonly missing_path_behavior?: 'skip';
}

export type FileSystemPermissions =
  | { readonly type: 'unrestricted' }
  | { readonly type: 'restricted'; readonly entries: readonly FileSystemEntry[]; readonly glob_scan_max_depth?: number };

export type NetworkPermission = 'restricted' | 'enabled';

/** `managed`: we enforce it. `disabled`: no sandbox. `external`: somebody else enforces the file system. */
export type PermissionProfile =
  | { readonly type: 'managed'; readonly file_system: FileSystemPermissions; readonly network: NetworkPermission }
  | { readonly type: 'disabled' }
  | { readonly type: 'external'; readonly network: NetworkPermission };

/** The permissions of one process together with what its relative parts mean. */
export interface SandboxRequest {
  readonly profile: PermissionProfile;
  /** Directory that cwd-dependent entries refer to; absolute, native to the environment. */
  readonly policyCwd: string;
  /** What `project_roots` stands for; absolute. */
  readonly workspaceRoots: readonly string[];
  /** Landlock and nothing else, which refuses whatever it cannot enforce whole. */
  readonly landlockOnly?: boolean;
}

/** Which variables of the host a child gets (`shell_environment_policy`). Patterns are case-insensitive globs. */
export interface ShellEnvironmentPolicy {
  readonly inherit: 'all' | 'core' | 'none';
  /** True leaves variables named like a key, secret or token in. */
  readonly ignoreDefaultExcludes: boolean;
  readonly exclude: readonly string[];
  readonly set: Readonly<Record<string, string>>;
  readonly includeOnly: readonly string[];
}

/** `inherit = core` with the default excludes on: commands never see the keys of the program that runs them. */
export const defaultShellEnvironmentPolicy: ShellEnvironmentPolicy = {
  inherit: 'core',
  ignoreDefaultExcludes: false,
  exclude: [],
  set: {},
  includeOnly: [],
};
