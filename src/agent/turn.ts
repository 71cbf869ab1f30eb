/** One turn: its identity, its settings, what was said to it while it runs, and how it is stopped. */
import { Cancelled } from '../base/errors.ts';
import { uuidv7 } from '../base/ids.ts';
import type { Scope } from '../base/scope.ts';
import type { AdditionalContextEntry, UserInput, Turn as WireTurn } from '../protocol/app/index.ts';
import { type ItemSink, TurnItems } from './items.ts';
import type { SettingsChange, TurnSettings } from './thread-settings.ts';
import type { TurnDiff } from './tools/tool.ts';

export type TurnKind = 'regular' | 'compact' | 'review' | 'shell';

/** What a user says, at the start of a turn or while it runs. */
export interface UserTurnInput {
  readonly input: readonly UserInput[];
  readonly clientId: string | null;
  readonly additionalContext: Readonly<Record<string, AdditionalContextEntry>> | undefined;
}

/** Options of one turn that do not last. */
export interface TurnOptions {
  readonly outputSchema: unknown;
  readonly clientMetadata: Readonly<Record<string, string>>;
  readonly rootTurnId: string | undefined;
}

/** A turn a client asks for. */
export interface TurnRequest {
  readonly said: UserTurnInput;
  readonly change: SettingsChange;
  readonly options: TurnOptions;
}

/** A turn that was promised to a client; `start` must be called once, after the reply. */
export interface PreparedTurn {
  readonly turn: WireTurn;
  start(): void;
}

export const plainTurn: TurnOptions = { outputSchema: undefined, clientMetadata: {}, rootTurnId: undefined };

/** `replaced`: another kind of turn took its place. */
export type StopReason = 'interrupted' | 'replaced' | 'shutdown';

/** The turn was stopped on purpose. */
export class TurnStopped extends Cancelled {
  readonly stop: StopReason;
  constructor(stop: StopReason) {
    super(`the turn was ended: ${stop}`);
    this.stop = stop;
  }
}

export class Turn {
  readonly id = uuidv7();
  readonly kind: TurnKind;
  readonly rootTurnId: string;
  readonly settings: TurnSettings;
  readonly options: TurnOptions;
  readonly scope: Scope;
  readonly items: TurnItems;
  readonly diff: TurnDiff;
  /** Unix milliseconds; set when the turn starts. */
  startedAtMs = 0;
  /** From the start to the first thing the user could see; null before that. */
  firstVisibleMs: number | null = null;
  /** Sent back to the model's server within this turn (first value wins). */
  turnState: string | undefined;
  /** The last thing the agent said, for the store. */
  lastAgentText: string | null = null;
  readonly #withdraw = new AbortController();
  readonly #said: UserTurnInput[] = [];
  #onSteer: (() => void) | undefined;

  constructor(kind: TurnKind, parts: { settings: TurnSettings; options: TurnOptions; scope: Scope; sink: ItemSink; diff: TurnDiff }) {
    this.kind = kind;
    this.settings = parts.settings;
    this.options = parts.options;
    this.rootTurnId = parts.options.rootTurnId ?? this.id;
    this.scope = parts.scope.child(`turn ${this.id}`);
    this.items = new TurnItems(this.id, parts.sink);
    this.diff = parts.diff;
  }

  get signal(): AbortSignal {
    return this.scope.signal;
  }

  /** Aborts when questions that are still open are to be taken back. */
  get withdrawn(): AbortSignal {
    return this.#withdraw.signal;
  }

  /** Input that arrived while the turn runs; the next model request takes it along. */
  steer(input: UserTurnInput): void {
    this.#said.push(input);
    this.#onSteer?.();
  }

  /** Calls `listener` when input arrives, until the returned function is called. One listener at a time. */
  onSteer(listener: () => void): () => void {
    this.#onSteer = listener;
    return () => {
      this.#onSteer = undefined;
    };
  }

  get hasSteering(): boolean {
    return this.#said.length > 0;
  }

  takeSteering(): UserTurnInput[] {
    return this.#said.splice(0);
  }

  /** Aborts everything the turn waits for. */
  stop(reason: StopReason): void {
    void this.scope.close(new TurnStopped(reason)).catch(() => {
      // A resource that would not close is reported by its owner; the turn ends regardless.
    });
  }

  /** After `turn/completed`: open questions are withdrawn and whatever the turn owned is released. */
  close(): void {
    this.#withdraw.abort(new Cancelled('the turn has ended'));
    this.stop('interrupted');
  }
}
