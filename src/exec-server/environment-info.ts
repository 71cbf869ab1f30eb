/** What this executor says of its machine and of itself. */
import { createHash } from 'node:crypto';
import { homedir, hostname, tmpdir } from 'node:os';
import { detectShell } from '../host/shell.ts';
import type { EnvironmentInfoResult } from '../protocol/exec/index.ts';
import { platformOs, wireUri } from './native-paths.ts';

/** A client uses a newer field or method only when its flag is true; a flag that is missing is false. */
const capabilities = {
  networkProxyLaunch: true,
  networkProxyReviewDomains: true,
  credentialMasking: false,
  credentialMaskingCustomProviders: false,
  capabilityDiscoverySandbox: true,
  fsWatchMissing: true,
  capabilityDiscoveryV2: true,
  environmentConfigRead: true,
  httpHeaderEnvVars: true,
  sandboxedFileStreaming: process.platform === 'linux',
  fileWriteStreaming: true,
  shellSnapshotV2: false,
  windowsMxc: false,
  linuxRootWritePreservesDevices: process.platform === 'linux',
  linuxApprovedRootWritePreservesRestrictions: process.platform === 'linux',
};

export interface ExecutorFacts {
  readonly version: string;
  /** Absolute. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Directories with programs that commands may want on their PATH; absolute. */
  readonly programDirectories: () => Promise<readonly string[]>;
}

export async function environmentInfo(facts: ExecutorFacts): Promise<EnvironmentInfoResult> {
  const [shell, programs] = await Promise.all([detectShell(facts.env), facts.programDirectories()]);
  return {
    shell,
    executorVersion: facts.version,
    providerId: `sha256:${createHash('sha256').update(`switchyard executor\0${hostname()}\0${homedir()}`).digest('hex')}`,
    cwd: wireUri(facts.cwd),
    userHomeDir: wireUri(homedir()),
    platformOs,
    prependPathDirs: programs.map(wireUri),
    temporaryDirectories: facts.env.TMPDIR ? [wireUri(facts.env.TMPDIR)] : [],
    tempDir: wireUri(tmpdir()),
    capabilities,
  };
}
