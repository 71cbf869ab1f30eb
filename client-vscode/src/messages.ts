/** What the extension and its view say to each other: plain data, ready to be shown. */

/** `waiting`: for a decision of the user. */
export type Progress = 'running' | 'waiting' | 'done' | 'failed' | 'declined';

export interface FileRow {
  /** As it is shown: relative to the workspace where possible. */
  readonly label: string;
  readonly path: string;
  readonly change: 'add' | 'delete' | 'update';
  readonly added: number;
  readonly removed: number;
}

export type ViewItem = { readonly id: string } & (
  | { readonly kind: 'user'; readonly text: string; readonly images: readonly string[] }
  | { readonly kind: 'agent'; readonly text: string; readonly commentary: boolean }
  | { readonly kind: 'reasoning'; readonly text: string }
  | { readonly kind: 'plan'; readonly text: string }
  | { readonly kind: 'steps'; readonly text: string; readonly steps: readonly PlanStep[] }
  | CommandItem
  | { readonly kind: 'files'; readonly files: readonly FileRow[]; readonly state: Progress }
  | { readonly kind: 'tool'; readonly title: string; readonly input: string; readonly text: string; readonly state: Progress }
  /** `login` names an MCP server that lacks one; empty: none. */
  | { readonly kind: 'notice'; readonly text: string; readonly login: string }
  | { readonly kind: 'error'; readonly text: string; readonly advice: string }
);

export interface PlanStep {
  readonly text: string;
  readonly state: 'pending' | 'inProgress' | 'completed';
}

export interface CommandItem {
  readonly kind: 'command';
  readonly command: string;
  readonly cwd: string;
  /** The end of what it wrote; `cut` tells that the beginning is missing. */
  readonly text: string;
  readonly cut: boolean;
  readonly state: Progress;
  /** `exit 0, 1.2 s`; empty while it runs. */
  readonly ending: string;
}

export interface Choice {
  readonly id: string;
  readonly label: string;
  /** `refuse` is where the focus goes; `allow` never gets it by itself. */
  readonly role: 'allow' | 'refuse' | 'other';
}

export interface Question {
  readonly id: string;
  readonly header: string;
  readonly text: string;
  readonly secret: boolean;
  readonly options: readonly { readonly label: string; readonly description: string }[];
}

/** Something the server waits for. */
export interface Card {
  readonly key: string;
  readonly threadId: string;
  readonly title: string;
  /** A sentence for the user, where the question is one. */
  readonly text: string;
  /** Why the agent wants it. */
  readonly reason: string;
  readonly command: string;
  readonly cwd: string;
  /** Further facts, one a line. */
  readonly facts: readonly string[];
  readonly files: readonly (FileRow & { readonly accepted: boolean | undefined })[];
  readonly questions: readonly Question[];
  readonly choices: readonly Choice[];
  /** In which thread, when it is not the one that is open. */
  readonly elsewhere: string;
}

export interface ServerState {
  readonly phase: 'untrusted' | 'noFolder' | 'idle' | 'starting' | 'ready' | 'lost' | 'failed';
  /** What happened and what to do, for every phase but `ready`. */
  readonly detail: string;
}

export interface ViewState {
  readonly server: ServerState;
  readonly threadId: string;
  readonly title: string;
  readonly running: boolean;
  readonly model: string;
  readonly approvals: string;
  readonly sandbox: string;
  readonly environment: string;
  /** What confines commands on this machine, whatever `sandbox` asks for. */
  readonly confinement: { readonly text: string; readonly weak: boolean };
}

export type ToView =
  | { readonly type: 'items'; readonly items: readonly ViewItem[] }
  | { readonly type: 'item'; readonly item: ViewItem }
  | { readonly type: 'append'; readonly id: string; readonly text: string }
  | { readonly type: 'cards'; readonly cards: readonly Card[] }
  | { readonly type: 'state'; readonly state: ViewState }
  | { readonly type: 'mentions'; readonly query: string; readonly files: readonly string[] }
  | { readonly type: 'focus'; readonly on: 'composer' | 'approval' }
  | { readonly type: 'refused'; readonly text: string; readonly images: readonly string[] };

export type FromView =
  | { readonly type: 'ready' }
  | { readonly type: 'send'; readonly text: string; readonly images: readonly string[] }
  | { readonly type: 'answer'; readonly key: string; readonly choice: string; readonly answers: Readonly<Record<string, string>> }
  | { readonly type: 'file'; readonly key: string; readonly path: string; readonly accept: boolean }
  | { readonly type: 'diff'; readonly path: string; readonly key?: string; readonly itemId?: string }
  | { readonly type: 'terminal'; readonly itemId: string }
  | { readonly type: 'search'; readonly query: string }
  | { readonly type: 'login'; readonly name: string }
  | { readonly type: 'link'; readonly url: string }
  | { readonly type: 'command'; readonly command: ViewCommand };

/** The commands that the view may run: nothing else reaches the editor from there. */
export const viewCommands = [
  'switchyard.newThread',
  'switchyard.interrupt',
  'switchyard.pickModel',
  'switchyard.pickApprovals',
  'switchyard.pickSandbox',
  'switchyard.pickEnvironment',
  'switchyard.restart',
  'switchyard.showLog',
  'workbench.trust.manage',
] as const;
export type ViewCommand = (typeof viewCommands)[number];
