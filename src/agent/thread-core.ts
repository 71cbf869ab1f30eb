/** What the parts of one loaded thread share. Built by `thread.ts`, which owns all of it. */
import type { Scope } from '../base/scope.ts';
import type { ThreadWriter } from '../store/thread-store.ts';
import type { AgentHost } from './agent-host.ts';
import type { Approvals } from './approvals.ts';
import type { CapabilityRoots } from './capability-roots.ts';
import type { Conversation } from './conversation.ts';
import type { ThreadHooks } from './hooks/thread-hooks.ts';
import type { NetworkApprovals } from './network-approvals.ts';
import type { PermissionGrants } from './permission-grants.ts';
import type { ThreadClient, ThreadConfig } from './ports.ts';
import type { DocumentShelf } from './project-docs.ts';
import type { StatusTracker } from './status.ts';
import type { GoalKeeper } from './thread-goal.ts';
import type { UsageMeter } from './token-usage.ts';
import type { SkillPages } from './tools/root-skills.ts';
import type { Terminals, Tool } from './tools/tool.ts';

export interface ThreadCore {
  readonly host: AgentHost;
  readonly id: string;
  readonly sessionId: string;
  readonly scope: Scope;
  readonly client: ThreadClient;
  readonly writer: ThreadWriter;
  readonly config: ThreadConfig;
  readonly conversation: Conversation;
  readonly usage: UsageMeter;
  readonly status: StatusTracker;
  readonly approvals: Approvals;
  readonly network: NetworkApprovals;
  readonly grants: PermissionGrants;
  readonly terminals: Terminals;
  /** Tools of this thread beyond the built-in ones: those the client declared. */
  readonly clientTools: readonly Tool[];
  /** Environments whose sandbox proved impossible. */
  readonly unconfinable: Set<string>;
  /** `rawResponseItem/completed` and `rawResponse/completed` were asked for. */
  readonly rawEvents: boolean;
  readonly documents: DocumentShelf;
  readonly roots: CapabilityRoots;
  readonly skillPages: SkillPages;
  readonly hooks: ThreadHooks;
  readonly goal: GoalKeeper;
}
