/** What a tool is, what one call of it is given, and what goes back to the model. Tools are written against this file alone. */
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { ManagedNetwork } from '../../base/managed-network.ts';
import type { SandboxRequest } from '../../base/permission-profile.ts';
import type { Scope } from '../../base/scope.ts';
import type { Environment, EnvironmentSelection } from '../../environment/environment.ts';
import type { ExtraPermissions } from '../../policy/extra-permissions.ts';
import type {
  CommandAction,
  DynamicToolCallResponse,
  GuardianApprovalReviewAction,
  ThreadGoal,
  ThreadItem,
  ToolRequestUserInputQuestion,
  ToolRequestUserInputResponse,
  TurnPlanStep,
} from '../../protocol/app/index.ts';
import type { TurnSettings } from '../thread-settings.ts';
import type { TruncationPolicy } from '../truncation.ts';

type WithoutTimes<T> = T extends unknown ? Omit<T, 'startedAtMs' | 'completedAtMs'> : never;
/** An item as its author writes it; the item writer adds both times. */
export type ItemBody = WithoutTimes<ThreadItem>;
export type ItemBodyOf<K extends ThreadItem['type']> = Extract<ItemBody, { type: K }>;
export type CommandItem = ItemBodyOf<'commandExecution'>;
export type PatchItem = ItemBodyOf<'fileChange'>;

/** One part of a result that is more than text, as the Responses API takes it. */
export type ContentPart =
  | { readonly type: 'input_text'; readonly text: string }
  | { readonly type: 'input_image'; readonly image_url: string; readonly detail?: string }
  | { readonly type: 'input_audio'; readonly audio_url: string };

/** What the model reads. The turn wraps it as `function_call_output` or `custom_tool_call_output`, matching the call. */
export type ModelOutput = string | readonly ContentPart[];

/**
 * How a call ended. Every kind but `interrupted` lets the turn go on. `response` is what hooks are shown of a call that did its
 * work, in the tool's own form.
 */
export type ToolOutcome =
  | { readonly kind: 'ok'; readonly output: ModelOutput; readonly response?: unknown }
  | { readonly kind: 'failed'; readonly output: ModelOutput; readonly response?: unknown }
  /** The user or the policy said no. */
  | { readonly kind: 'declined'; readonly output: ModelOutput }
  /** The user cancelled: the turn ends `interrupted` after this call. */
  | { readonly kind: 'interrupted'; readonly output: ModelOutput }
  /**
   * The sandbox stopped it. Only returned when `Attempt.mayRetry` was true, with the item left open: `run-tool` either
   * runs the call once more without the sandbox or calls `settle`, which completes the item and says what the model gets.
   */
  | { readonly kind: 'sandboxDenied'; settle(): ToolOutcome };

/** What decides which tools a request offers and how they are described. */
export interface ToolOffer {
  readonly model: {
    readonly known: boolean;
    readonly imageInput: boolean;
    readonly originalImageDetail: boolean;
    readonly applyPatch: boolean;
  };
  readonly environments: readonly EnvironmentSelection[];
  readonly mode: 'default' | 'plan';
  /** Features that are switched on, by their name in the configuration. */
  readonly features: ReadonlySet<string>;
  readonly allowLoginShell: boolean;
}

export interface ToolNamespace {
  readonly name: string;
  readonly description: string;
}

export type Parsed<A> = { readonly ok: true; readonly args: A } | { readonly ok: false; readonly message: string };

/** A tool as its author writes it. `parse` and `prepare` never throw for bad input of the model: they answer with text. */
export interface ToolDefinition<A> {
  readonly name: string;
  /** Set for a tool that is declared inside a namespace; tools of one namespace share its description. */
  readonly namespace?: ToolNamespace;
  /** `custom`: called by a `custom_tool_call` with free text. */
  readonly kind: 'function' | 'custom';
  /** May run while other calls of the same response run (T-20). */
  readonly parallel: boolean;
  /** What hooks see of a call; undefined: there is nothing to see. Absent: the tool's name and its input. */
  hooked?(args: A, call: ToolCall, input: unknown): HookedCall | undefined;
  /** The Responses API declaration, or undefined when this request does not offer the tool. */
  declaration(offer: ToolOffer): Record<string, unknown> | undefined;
  /** Reads the model's input: decoded JSON for `function` (malformed JSON never gets here), the raw text for `custom`. */
  parse(input: unknown): Parsed<A>;
  /**
   * Looks at what the call would do without doing it. It may read files. No item is started here.
   */
  prepare(args: A, call: ToolCall): Promise<Prepared> | Prepared;
}

/** A tool call as hooks see it. */
export interface HookedTool {
  /** `Bash` for commands. */
  readonly name: string;
  /** Other names that matchers may know the tool by. */
  readonly aliases?: readonly string[];
  readonly input: unknown;
  /** Where it works, if not where the thread does. */
  readonly cwd?: string;
}

/** A call as the user's hooks see it before and after it is made. */
export interface HookedCall extends HookedTool {
  /** Set for commands and patches: what is said to be blocked. */
  readonly command?: string;
  /** The input of the tool when a hook wants another one; the text says why it cannot be. */
  rewrite(updated: unknown): { readonly input: unknown } | { readonly error: string };
}

/** A command, or a patch: hooks know both as `{ command }`. `rewrite` makes the tool's input of another command. */
export const hookedCommand = (
  tool: Pick<HookedTool, 'name' | 'aliases' | 'cwd'>,
  command: string,
  rewrite: (command: string) => unknown,
): HookedCall => ({
  ...tool,
  input: { command },
  command,
  rewrite: (updated) => {
    const text = typeof updated === 'object' && updated !== null && 'command' in updated ? updated.command : undefined;
    return typeof text === 'string' ? { input: rewrite(text) } : { error: 'hook returned updatedInput without string field `command`' };
  },
});

/** A tool whose argument type is sealed inside, so that tools of all kinds fit one list. */
export interface Tool {
  readonly name: string;
  readonly namespace: ToolNamespace | undefined;
  readonly kind: 'function' | 'custom';
  readonly parallel: boolean;
  /** What hooks see of a call; undefined: nothing, or the input cannot be read. */
  hooked(input: unknown, call: ToolCall): HookedCall | undefined;
  declaration(offer: ToolOffer): Record<string, unknown> | undefined;
  /** `parse`, then `prepare`; a parse failure is an outcome. */
  prepare(input: unknown, call: ToolCall): Promise<Prepared>;
}

export function defineTool<A>(definition: ToolDefinition<A>): Tool {
  return {
    name: definition.name,
    namespace: definition.namespace,
    kind: definition.kind,
    parallel: definition.parallel,
    hooked: (input, call) => {
      const parsed = definition.parse(input);
      if (!parsed.ok) return undefined;
      if (definition.hooked) return definition.hooked(parsed.args, call, input);
      const { name, namespace } = definition;
      return { name: namespace ? `${namespace.name}__${name}` : name, input, rewrite: (updated) => ({ input: updated }) };
    },
    declaration: (offer) => definition.declaration(offer),
    prepare: async (input, call) => {
      const parsed = definition.parse(input);
      if (parsed.ok) return definition.prepare(parsed.args, call);
      return { kind: 'done', outcome: { kind: 'failed', output: `failed to parse function arguments: ${parsed.message}` } };
    },
  };
}

/** What a call would do. `run` does it, once per attempt. */
export type Prepared =
  /** There is nothing to run: bad input, a patch that does not fit, an unknown session. */
  | { readonly kind: 'done'; readonly outcome: ToolOutcome }
  /** Touches nothing that needs consent (plans, questions, reading an image). */
  | { readonly kind: 'free'; run(): Promise<ToolOutcome> }
  | CommandEffect
  | PatchEffect;

/** Running a program. `run-tool` decides, asks and picks the sandbox. */
export interface CommandEffect {
  readonly kind: 'command';
  /** The item to start when the user is asked: `inProgress`, `processId` null, `source` `agent`. */
  readonly item: CommandItem;
  readonly argv: readonly [string, ...string[]];
  /** The script as the model wrote it. */
  readonly script: string;
  /** The words of each simple command of the script; undefined when the script is more than plain commands. */
  readonly segments: readonly (readonly string[])[] | undefined;
  /** A command of the script removes by force, wherever it stands. */
  readonly dangerous: boolean;
  readonly cwd: string;
  readonly environmentId: string;
  readonly actions: readonly CommandAction[];
  readonly tty: boolean;
  /** Present when the model asks to leave the sandbox. */
  readonly escalation: { readonly justification: string | undefined; readonly prefixRule: readonly string[] | undefined } | undefined;
  /** Present when the model asks for permissions that this command shall have beyond its profile. */
  readonly extra: { readonly justification: string | undefined; readonly permissions: ExtraPermissions } | undefined;
  run(attempt: Attempt): Promise<ToolOutcome>;
}

/** Changing files by a patch that was already verified against the real files. */
export interface PatchEffect {
  readonly kind: 'patch';
  /** The item to start before asking or applying: `inProgress`. */
  readonly item: PatchItem;
  /** Every file the patch writes, removes or moves to; absolute. */
  readonly paths: readonly string[];
  readonly cwd: string;
  readonly environmentId: string;
  /** Called with the item started; completes it. */
  run(attempt: Attempt): Promise<ToolOutcome>;
}

export interface Attempt {
  /** Hand it to the environment as it is. Absent: the attempt may run unconfined (nothing was asked for, or the user agreed). */
  readonly sandbox: SandboxRequest | undefined;
  /** True: answer a denial of the sandbox with `sandboxDenied` and leave the item open. */
  readonly mayRetry: boolean;
  /**
   * True when the item is on the wire already (the user was asked, or this is the second attempt): `items.start` must not be
   * called again.
   */
  readonly itemStarted: boolean;
  /** The managed network of this attempt; absent: it has the network of its sandbox and no proxy. */
  readonly network?: NetworkWatch;
}

/** The command may not go on. */
export interface NetworkDenial {
  /** For the model and the user. */
  readonly message: string;
  /** Present: the user wants the turn to end too. */
  readonly stopTurn?: () => void;
}

/** For one run of one command. */
export interface NetworkWatch {
  readonly network: ManagedNetwork;
  /** Called once, with the first refusal; at once if there was one. */
  onDenied(listener: (denial: NetworkDenial) => void): void;
}

/** One call, from the model's request to its output. */
export interface ToolCall {
  readonly threadId: string;
  readonly sessionId: string;
  readonly turnId: string;
  readonly callId: string;
  /** The id that the model gave the item of the call; the call's own where it gave none. */
  readonly modelItemId: string;
  readonly toolName: string;
  /** The model gave no arguments at all, not even empty ones. */
  readonly bare?: boolean;
  /** Closes when the call ends or is interrupted. What outlives the call (a background terminal) belongs to `threadScope`. */
  readonly scope: Scope;
  /** Closes when the thread is unloaded. */
  readonly threadScope: Scope;
  /** `scope.signal`. */
  readonly signal: AbortSignal;
  readonly settings: TurnSettings;
  /** Features that are switched on, by their name in the configuration. */
  readonly features: ReadonlySet<string>;
  /** Selected environments, the primary one first. Empty: this thread has nowhere to run things. */
  readonly environments: readonly SelectedEnvironment[];
  readonly items: CallItems;
  readonly ask: CallQuestions;
  /** What the user's hooks say before the user is asked for consent; undefined: nothing. */
  consult(justification: string | undefined): Promise<'allow' | { readonly deny: string } | undefined>;
  /** Settles when the answer that makes the call is complete; never rejects. */
  readonly answered: Promise<void>;
  readonly goal: GoalAccess;
  readonly terminals: Terminals;
  readonly diff: TurnDiff;
  readonly clock: Clock;
  readonly log: Log;
  /** How much of a result the model gets. */
  readonly truncation: TruncationPolicy;
  /** `turn/plan/updated`. */
  planUpdated(explanation: string | null, plan: readonly TurnPlanStep[]): void;
  /** `turn/diff/updated` with the whole diff of the turn; call it after `diff.record`. */
  diffUpdated(): void;
}

/** The goal of the thread, as tools may treat it. */
export interface GoalAccess {
  get(): ThreadGoal | null;
  /** Throws `invalidRequest` with what the model should read. */
  set(change: { objective?: string; status?: ThreadGoal['status']; tokenBudget?: number | null }): ThreadGoal;
  /** `thread/goal/updated`. */
  announce(turnId: string): void;
}

export interface SelectedEnvironment {
  readonly selection: EnvironmentSelection;
  readonly environment: Environment;
}

/** Writes items of one turn. It stays usable after the turn ended, until the thread is unloaded: commands outlive turns. */
export interface CallItems {
  /** `item/started`. */
  start(item: ItemBody): void;
  /** `item/completed`, and the stored form. Completing an item that was not started starts it first. */
  complete(item: ItemBody): void;
  /** `item/commandExecution/outputDelta`. */
  commandOutput(itemId: string, delta: string): void;
  /** `item/commandExecution/terminalInteraction`, on the item that started the process. */
  terminalInteraction(itemId: string, processId: string, stdin: string): void;
}

/** Questions a tool puts to the client itself. Consent for commands and patches is asked by `run-tool`. */
export interface CallQuestions {
  /** True when an automatic reviewer was to decide about the action: it is refused, and everybody was told. */
  refusedReview(action: GuardianApprovalReviewAction): boolean;
  /** `item/tool/requestUserInput`; the thread waits on user input meanwhile. Rejects with `RequestError` or the call's abort reason. */
  userInput(questions: readonly ToolRequestUserInputQuestion[]): Promise<ToolRequestUserInputResponse>;
  /** `item/permissions/requestApproval`. The answer is what was granted, which holds from now on; nothing when the client cannot answer. */
  permissions(question: PermissionQuestion): Promise<{ readonly permissions: ExtraPermissions; readonly scope: 'turn' | 'session' }>;
  /** `item/tool/call`. Rejects with `RequestError` when the client cannot answer. */
  clientTool(call: { namespace: string | null; tool: string; arguments: unknown }): Promise<DynamicToolCallResponse>;
}

export interface PermissionQuestion {
  readonly environmentId: string;
  readonly cwd: string;
  readonly reason: string | null;
  readonly permissions: ExtraPermissions;
}

/** A process that a tool call started and later calls may reach. */
export interface TerminalSession {
  /** Random, 1000 to 99999, unique among the live sessions of the process; the item's `processId` is its decimal form. */
  readonly sessionId: number;
  readonly itemId: string;
  readonly turnId: string;
  /** The plain script. */
  readonly command: string;
  readonly cwd: string;
  readonly osPid: number | undefined;
  readonly exited: boolean;
  /** `monotonicMs` of the last use, for the pruning rule. */
  readonly lastUsedMs: number;
  /** Ends the process tree; its item completes `failed` with exit code -1. Resolves when it is gone. */
  terminate(): Promise<void>;
}

/** The background terminals of one thread (`terminals.ts`). Closing the thread's scope terminates them all. */
export interface Terminals {
  /** A free session id, reserved until `add` or `remove`. */
  reserve(): number;
  /** Takes over a live session; when 64 are held, one is pruned first (U-11). */
  add(session: TerminalSession): void;
  find(sessionId: number): TerminalSession | undefined;
  remove(sessionId: number): void;
  /** The live ones, oldest first. */
  list(): readonly TerminalSession[];
  /** Terminates all of them and waits for that. */
  clean(): Promise<void>;
}

/** What really happened to one file. Contents are undefined where the file did not exist. */
export interface CommittedChange {
  /** Absolute. */
  readonly path: string;
  readonly before: Buffer | undefined;
  readonly after: Buffer | undefined;
  /** Absolute; the file now lives there. */
  readonly movedTo: string | undefined;
  /** Mode bits say the file may be executed. */
  readonly executable?: boolean;
}

/** The net effect of a turn's patches (`apply-patch/turn-diff.ts`). */
export interface TurnDiff {
  /** Adds changes that were committed. `root`: the repository root, or the working directory without one; absolute. */
  record(changes: readonly CommittedChange[], root: string): void;
  /** The whole diff of the turn in git form (N10); empty when the turn changed nothing on balance. */
  render(): string;
}
