// Generated from the rows of the protocol. Do not edit.

import type {
  AnyParams,
  DiscoverRootsParams,
  DiscoverRootsResult,
  DiscoverV2Params,
  DiscoverV2Result,
  Empty,
  EnvironmentConfigReadParams,
  EnvironmentConfigReadResult,
  EnvironmentInfoResult,
  EnvironmentStatusResult,
  ExecCanonicalizeParams,
  ExecCanonicalizeResult,
  ExecCopyParams,
  ExecCreateDirectoryParams,
  ExecHandle,
  ExecInitializeResult,
  ExecMetadataParams,
  ExecMetadataResult,
  ExecMissingChangedNotification,
  ExecOpenParams,
  ExecProcessExitedNotification,
  ExecReadBlockParams,
  ExecReadBlockResult,
  ExecReadDirectoryParams,
  ExecReadDirectoryResult,
  ExecReadFileParams,
  ExecReadFileResult,
  ExecRemoveParams,
  ExecWalkParams,
  ExecWalkResult,
  ExecWatchMissingParams,
  ExecWatchMissingResult,
  ExecWriteBlockParams,
  ExecWriteFileParams,
  HttpBodyDeltaNotification,
  HttpRequestParams,
  HttpRequestResult,
  InitializeParams,
  NetworkPolicyDecisionNotification,
  NetworkPolicyRequestParams,
  NetworkPolicyRequestResult,
  NoParams,
  ProcessClosedNotification,
  ProcessOutputNotification,
  ProcessReadParams,
  ProcessReadResult,
  ProcessSignalParams,
  ProcessStartParams,
  ProcessStartResult,
  ProcessTerminateParams,
  ProcessTerminateResult,
  ProcessWriteParams,
  ProcessWriteResult,
} from './types.ts';

export interface ClientRequests {
  /** Opens a session, or resumes one that lost its connection. */
  'initialize': { params: InitializeParams; result: ExecInitializeResult };
  /** What machine this is. */
  'environment/info': { params?: NoParams; result: EnvironmentInfoResult };
  /** A liveness check. */
  'environment/status': { params?: NoParams; result: EnvironmentStatusResult };
  /** Named keys of the configuration files on the executor. */
  'environmentConfig/read': { params: EnvironmentConfigReadParams; result: EnvironmentConfigReadResult };
  /** Starts a process under an id the client chose; its output arrives as events. */
  'process/start': { params: ProcessStartParams; result: ProcessStartResult };
  /** Retained output after a sequence number; may wait for the next. */
  'process/read': { params: ProcessReadParams; result: ProcessReadResult };
  /** Bytes for stdin, applied once per write id. */
  'process/write': { params: ProcessWriteParams; result: ProcessWriteResult };
  /** Interrupts the process group. */
  'process/signal': { params: ProcessSignalParams; result: Empty };
  /** Kills the process group. */
  'process/terminate': { params: ProcessTerminateParams; result: ProcessTerminateResult };
  /** A whole file. */
  'fs/readFile': { params: ExecReadFileParams; result: ExecReadFileResult };
  /** Creates or overwrites a file, in place. */
  'fs/writeFile': { params: ExecWriteFileParams; result: Empty };
  /** Creates a directory. */
  'fs/createDirectory': { params: ExecCreateDirectoryParams; result: Empty };
  /** Kind, size and times. */
  'fs/getMetadata': { params: ExecMetadataParams; result: ExecMetadataResult };
  /** The path with every link resolved. */
  'fs/canonicalize': { params: ExecCanonicalizeParams; result: ExecCanonicalizeResult };
  /** The entries of a directory. */
  'fs/readDirectory': { params: ExecReadDirectoryParams; result: ExecReadDirectoryResult };
  /** A bounded breadth-first listing of a tree. */
  'fs/walk': { params: ExecWalkParams; result: ExecWalkResult };
  /** Removes a file or a tree. */
  'fs/remove': { params: ExecRemoveParams; result: Empty };
  /** Copies a file, a link or a tree. */
  'fs/copy': { params: ExecCopyParams; result: Empty };
  /** Opens a file under a handle the client chose. */
  'fs/open': { params: ExecOpenParams; result: ExecHandle };
  /** Up to 1 MiB at an offset. */
  'fs/readBlock': { params: ExecReadBlockParams; result: ExecReadBlockResult };
  /** Up to 1 MiB at an offset, in place. */
  'fs/writeBlock': { params: ExecWriteBlockParams; result: Empty };
  /** Closes a handle; an unknown one is fine. */
  'fs/close': { params: ExecHandle; result: Empty };
  /** Tells once when a missing path appears or a present one goes. */
  'fs/watchMissing': { params: ExecWatchMissingParams; result: ExecWatchMissingResult };
  /** Makes an HTTP request; the body comes with the answer or as deltas after it. */
  'http/request': { params: HttpRequestParams; result: HttpRequestResult };
  /** Manifests, skills and configuration files below the given roots. */
  'capabilityRoots/discoverV1': { params: DiscoverRootsParams; result: DiscoverRootsResult };
  /** Capabilities of a directory. */
  'capabilities/discoverV2': { params: DiscoverV2Params; result: DiscoverV2Result };
}

export interface ClientNotifications {
  /** The client has taken the answer to initialize. */
  'initialized': AnyParams;
}

export interface ServerRequests {
  /** May this process reach this host? */
  'network/policyRequest': { params: NetworkPolicyRequestParams; result: NetworkPolicyRequestResult };
}

export interface ServerNotifications {
  /** A chunk of output. */
  'process/output': ProcessOutputNotification;
  /** The process ended; output may follow. */
  'process/exited': ExecProcessExitedNotification;
  /** The process ended and its output is complete. */
  'process/closed': ProcessClosedNotification;
  /** The watch fired and is spent. */
  'fs/missingChanged': ExecMissingChangedNotification;
  /** The next piece of a streamed body. */
  'http/request/bodyDelta': HttpBodyDeltaNotification;
  /** What was decided about a host. */
  'network/policyDecision': NetworkPolicyDecisionNotification;
}
