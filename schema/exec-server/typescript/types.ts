// Generated from the rows of the protocol. Do not edit.

export type AnyParams = unknown;

export type CapabilityTextFile = {
  path: string;
  contents: string;
};

export type DiscoverRootsParams = {
  roots: Array<{
    id: string;
    path: string;
    sandbox?: SandboxIntent | null;
  }>;
};

export type DiscoverRootsResult = {
  roots: DiscoveredRoot[];
};

export type DiscoverV2Params = {
  cwd: string;
  sandbox?: SandboxIntent | null;
};

export type DiscoverV2Result = {
  plugins: unknown[];
  skills: unknown[];
  warnings: string[];
};

export type DiscoveredRoot = {
  id: string;
  path: string;
  plugin: {
    manifest: CapabilityTextFile | null;
    mcpConfig: CapabilityTextFile | null;
    appsConfig: CapabilityTextFile | null;
  } | null;
  skills: Array<{
    instructions: CapabilityTextFile;
    metadata: CapabilityTextFile | null;
  }>;
  namespaceManifests: CapabilityTextFile[];
  warnings: string[];
  error: string | null;
};

export type Empty = Record<string, never>;

export type EnvPolicy = {
  inherit: 'core' | 'all' | 'none';
  ignoreDefaultExcludes: boolean;
  exclude: string[];
  set: Record<string, string>;
  includeOnly: string[];
};

export type EnvironmentConfigReadParams = {
  cwd: string;
  configPaths: string[][];
  requirementsPaths: string[][];
};

export type EnvironmentConfigReadResult = {
  userHomeDir: string | null;
  codexHomeDir: string;
  hostname: string;
  config: {
    layers: Array<{
      source: string;
      baseDir: string;
      toml: string;
    }>;
    cloudInsertionIndex: number;
  };
  requirements: {
    layers: Array<{
      source: string;
      baseDir: string;
      toml: string;
    }>;
    cloudInsertionIndex: number;
  };
};

export type EnvironmentInfoResult = {
  shell: {
    name: string;
    path: string;
  };
  executorVersion?: string;
  providerId?: string;
  cwd?: string | null;
  userHomeDir?: string | null;
  platformOs?: string;
  prependPathDirs?: string[];
  temporaryDirectories?: string[];
  tempDir?: string | null;
  capabilities: Record<string, boolean>;
};

export type EnvironmentStatusResult = {
  status: string;
};

export type ExecCanonicalizeParams = {
  path: string;
  sandbox?: SandboxIntent | null;
};

export type ExecCanonicalizeResult = {
  path: string;
};

export type ExecCopyParams = {
  sourcePath: string;
  destinationPath: string;
  recursive: boolean;
  sandbox?: SandboxIntent | null;
};

export type ExecCreateDirectoryParams = {
  path: string;
  sandbox?: SandboxIntent | null;
  followSymlinks?: boolean | null;
  recursive?: boolean | null;
};

export type ExecFileSystemEntry = {
  path: ExecPermissionPath;
  access: 'read' | 'write' | 'deny' | 'none';
  missing_path_behavior?: 'skip' | null;
};

export type ExecFileSystemPermissions = {
  type: 'restricted';
  entries: ExecFileSystemEntry[];
  glob_scan_max_depth?: number | null;
} | {
  type: 'unrestricted';
};

export type ExecHandle = {
  handleId: string;
};

export type ExecInitializeResult = {
  sessionId: string;
  environmentInfo?: EnvironmentInfoResult;
};

export type ExecMetadataParams = {
  path: string;
  sandbox?: SandboxIntent | null;
  followSymlinks?: boolean | null;
};

export type ExecMetadataResult = {
  isDirectory: boolean;
  isFile: boolean;
  isSymlink: boolean;
  size: number;
  createdAtMs: number;
  modifiedAtMs: number;
};

export type ExecMissingChangedNotification = {
  watchId: number;
};

export type ExecOpenParams = {
  handleId: string;
  path: string;
  sandbox?: SandboxIntent | null;
  mode?: 'read' | 'replace' | null;
};

export type ExecPermissionPath = {
  type: 'path';
  path: string;
} | {
  type: 'glob_pattern';
  pattern: string;
} | {
  type: 'special';
  value: {
    kind: 'root';
  } | {
    kind: 'minimal';
  } | {
    kind: 'current_working_directory' | 'project_roots';
    subpath?: string | null;
  } | {
    kind: 'tmpdir';
  } | {
    kind: 'slash_tmp';
  } | {
    kind: 'unknown';
    path: string;
    subpath?: string | null;
  };
};

export type ExecPermissions = {
  type: 'managed';
  file_system: ExecFileSystemPermissions;
  network: 'restricted' | 'enabled';
} | {
  type: 'disabled';
} | {
  type: 'external';
  network: 'restricted' | 'enabled';
};

export type ExecProcessExitedNotification = {
  processId: string;
  seq: number;
  exitCode: number;
  sandboxDenied?: boolean;
};

export type ExecReadBlockParams = {
  handleId: string;
  offset: number;
  len: number;
};

export type ExecReadBlockResult = {
  chunk: string;
  eof: boolean;
};

export type ExecReadDirectoryParams = {
  path: string;
  sandbox?: SandboxIntent | null;
};

export type ExecReadDirectoryResult = {
  entries: Array<{
    fileName: string;
    isDirectory: boolean;
    isFile: boolean;
  }>;
};

export type ExecReadFileParams = {
  path: string;
  sandbox?: SandboxIntent | null;
  followSymlinks?: boolean | null;
};

export type ExecReadFileResult = {
  dataBase64: string;
};

export type ExecRemoveParams = {
  path: string;
  sandbox?: SandboxIntent | null;
  followSymlinks?: boolean | null;
  recursive?: boolean | null;
  force?: boolean | null;
};

export type ExecWalkParams = {
  path: string;
  sandbox?: SandboxIntent | null;
  options: {
    maxDepth: number;
    maxDirectories: number;
    maxEntries: number;
    followDirectorySymlinks: boolean;
    pruneHiddenDirectories?: boolean | null;
  };
};

export type ExecWalkResult = {
  entries: Array<{
    path: string;
    kind: 'file' | 'directory';
  }>;
  errors: Array<{
    path: string;
    message: string;
  }>;
  truncated: boolean;
};

export type ExecWatchMissingParams = {
  watchId: number;
  missing: string[];
  present?: string | null;
};

export type ExecWatchMissingResult = {
  watching: boolean;
};

export type ExecWriteBlockParams = {
  handleId: string;
  offset: number;
  chunk: string;
};

export type ExecWriteFileParams = {
  path: string;
  sandbox?: SandboxIntent | null;
  followSymlinks?: boolean | null;
  dataBase64: string;
};

export type HttpBodyDeltaNotification = {
  requestId: string;
  seq: number;
  deltaBase64: string;
  done: boolean;
  error?: string | null;
};

export type HttpRequestParams = {
  method: string;
  url: string;
  headers?: Array<{
    name: string;
    value: string;
    valueEnvVar?: string | null;
  }> | null;
  bodyBase64?: string | null;
  timeoutMs?: number | null;
  redirectPolicy?: 'follow' | 'stop' | null;
  requestId: string;
  streamResponse?: boolean | null;
  publicUnless?: string | null;
};

export type HttpRequestResult = {
  status: number;
  headers: Array<{
    name: string;
    value: string;
  }>;
  bodyBase64: string;
};

export type InitializeParams = {
  clientName: string;
  resumeSessionId?: string | null;
};

export type ManagedNetwork = {
  loopbackPorts?: number[] | null;
  allowLocalBinding?: boolean | null;
};

export type NetworkPolicyDecisionNotification = {
  processId: string;
  timestamp: string;
  scope: string;
  decision: string;
  source: string;
  reason: string;
  protocol: string;
  host: string;
  port: number;
  method?: string | null;
  client?: string | null;
  policyOverride: boolean;
};

export type NetworkPolicyRequestParams = {
  processId: string;
  request: {
    protocol: string;
    host: string;
    port: number;
  };
};

export type NetworkPolicyRequestResult = {
  decision: {
    type: 'allow';
  } | {
    type: 'deny';
    reason: string;
  } | {
    type: 'ask';
    reason: string;
  };
};

export type NetworkProxyLaunch = {
  proxy: {
    enabled: boolean;
    enableSocks5: boolean;
    enableSocks5Udp: boolean;
    allowUpstreamProxy: boolean;
    dangerouslyAllowAllUnixSockets: boolean;
    allowLocalBinding: boolean;
    mode: 'limited' | 'full';
    domains?: Record<string, 'allow' | 'deny' | 'none'> | null;
    unixSockets?: Record<string, string> | null;
    reviewDomains?: string[] | null;
    credentialMasking?: boolean | null;
    credentialProviders?: Record<string, unknown> | null;
  };
  auditMetadata?: {
    conversationId?: string | null;
    appVersion?: string | null;
    userAccountId?: string | null;
    authMode?: string | null;
    originator?: string | null;
    userEmail?: string | null;
    terminalType?: string | null;
    model?: string | null;
    slug?: string | null;
  } | null;
  environmentId?: string | null;
  executionId?: string | null;
  policyDecisionTimeoutMs?: number | null;
};

export type NoParams = Record<string, never> | null;

export type OutputChunk = {
  seq: number;
  stream: 'stdout' | 'stderr' | 'pty';
  chunk: string;
};

export type ProcessClosedNotification = {
  processId: string;
  seq: number;
};

export type ProcessOutputNotification = {
  processId: string;
  seq: number;
  stream: 'stdout' | 'stderr' | 'pty';
  chunk: string;
};

export type ProcessReadParams = {
  processId: string;
  afterSeq?: number | null;
  maxBytes?: number | null;
  waitMs?: number | null;
};

export type ProcessReadResult = {
  chunks: OutputChunk[];
  nextSeq: number;
  exited: boolean;
  exitCode: number | null;
  closed: boolean;
  failure: string | null;
  sandboxDenied: boolean;
};

export type ProcessSignalParams = {
  processId: string;
  signal: 'interrupt';
};

export type ProcessStartParams = {
  processId: string;
  argv: string[];
  cwd: string;
  env: Record<string, string>;
  envPolicy?: EnvPolicy | null;
  tty: boolean;
  pipeStdin?: boolean | null;
  arg0?: string | null;
  sandbox?: SandboxIntent | null;
  enforceManagedNetwork?: boolean | null;
  managedNetwork?: ManagedNetwork | null;
  networkProxy?: NetworkProxyLaunch | null;
  shellSnapshot?: {
    scopeId: string;
    shell: {
      name: string;
      path: string;
    };
  } | null;
  metadata?: {
    threadId?: string | null;
    toolCallId?: string | null;
  } | null;
};

export type ProcessStartResult = {
  processId: string;
  sandboxType?: string;
};

export type ProcessTerminateParams = {
  processId: string;
};

export type ProcessTerminateResult = {
  running: boolean;
};

export type ProcessWriteParams = {
  processId: string;
  chunk: string;
  writeId: string;
};

export type ProcessWriteResult = {
  status: 'accepted' | 'unknownProcess' | 'stdinClosed' | 'starting';
};

export type SandboxIntent = {
  permissions: ExecPermissions;
  windowsSandboxLevel: 'disabled' | 'restricted-token' | 'elevated' | 'mxc';
  cwd?: string | null;
  workspaceRoots?: string[] | null;
  useLegacyLandlock?: boolean | null;
  windowsSandboxProxySettingsMode?: 'reconcile' | 'preserve' | null;
  sandboxOverride?: 'noOverride' | 'escalatedSandboxWithRestrictions' | 'bypassSandboxFirstAttempt' | null;
  policyContext?: {
    cwd?: string | null;
  } | null;
  windowsSandboxPrivateDesktop?: boolean | null;
};
