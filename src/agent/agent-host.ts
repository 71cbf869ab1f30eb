/** Everything threads are made with. Built once by the composition root. */
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Scope } from '../base/scope.ts';
import type { Telemetry } from '../base/telemetry.ts';
import type { Environments } from '../environment/environments.ts';
import type { ModelClient } from '../model/model-client.ts';
import type { GitInfo, SkillMetadata } from '../protocol/app/index.ts';
import type { ThreadStore } from '../store/thread-store.ts';
import type { ResolvedRoot } from './capability-roots.ts';
import type { ModelInfo, ThreadClient, ThreadConfigs } from './ports.ts';
import type { Tool } from './tools/tool.ts';

export interface AgentHost {
  /** Owns all threads. */
  readonly scope: Scope;
  readonly clock: Clock;
  readonly log: Log;
  readonly telemetry: Telemetry;
  readonly store: ThreadStore;
  readonly environments: Environments;
  readonly configs: ThreadConfigs;
  /** The listeners of a thread; called once per loaded thread. */
  client(threadId: string): ThreadClient;
  /** Throws `invalidRequest` for an unknown provider. */
  model(providerId: string): ModelClient;
  modelInfo(slug: string): ModelInfo;
  /** The user's own instruction document (`$CODEX_HOME/AGENTS.md`); undefined when there is none. */
  userInstructions(): Promise<InstructionDocument | undefined>;
  /** The skills that count in a directory of this machine, switched off ones too; never rejects, and cheap while nothing changes. */
  skills?(cwd: string): Promise<readonly SkillMetadata[]>;
  /** Facts about the repository of a directory, or null; never rejects. */
  gitInfo(cwd: string): Promise<GitInfo | null>;
  /** The built-in tools. */
  readonly tools: readonly Tool[];
  /** Tools beyond the built-in ones (MCP servers), for one thread. */
  extraTools?(threadId: string): readonly Tool[];
  /** MCP servers of threads; absent: there are none. */
  readonly mcp?: McpJoin;
  readonly installationId: string;
  /** The compatible version, written as `cliVersion`. */
  readonly version: string;
}

/** What MCP servers need to hear of a thread. */
export interface McpJoin {
  /** The thread was made and can be found. Rejects when a server that it cannot do without failed; it must be unloaded then. */
  opened(threadId: string): Promise<void>;
  /** The client knows the thread now. */
  announced(threadId: string): void;
  /**
   * A model step is about to begin, and these roots serve it: the servers that plugins below them declare are started, moved
   * to another handle or ended, for this thread alone. Called only for threads that have selected roots. Resolves when the
   * tools of the step can be asked for; rejects only when `signal` aborts.
   */
  rootsResolved?(threadId: string, roots: readonly ResolvedRoot[], signal: AbortSignal): Promise<void>;
  /** Waits a little for servers that are still starting; undefined: nothing to wait for. Rejects when `signal` aborts. */
  settled(threadId: string, signal: AbortSignal): Promise<void> | undefined;
  /** Another number whenever the tools of the thread's servers may be different. */
  revision(threadId: string): number;
}

/** An instruction file that was read. */
export interface InstructionDocument {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
}
