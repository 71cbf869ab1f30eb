/** One step of a turn: a model request, asked again while that makes sense, with the tool calls of its answer. */
import { delay, throwIfAborted } from '../base/abort.ts';
import { deferred } from '../base/deferred.ts';
import { Cancelled, isCancelled, messageOf } from '../base/errors.ts';
import type { ResponseItem } from '../base/response-item.ts';
import { type ModelClient, ModelError } from '../model/model-client.ts';
import { modelRequest, type RequestIdentity } from './model-request.ts';
import type { ModelInfo } from './ports.ts';
import { type Answer, ResponseReader } from './response-reader.ts';
import type { ThreadCore } from './thread-core.ts';
import { announceDiff, type ToolBox, ToolCalls } from './tool-calls.ts';
import type { SelectedEnvironment } from './tools/tool.ts';
import type { Turn } from './turn.ts';

/** Where the answers of a step go. A review keeps a conversation of its own. */
export interface StepTalk {
  record(item: ResponseItem): void;
  input(): readonly ResponseItem[];
}

/** What every step of one turn shares. */
export interface StepDeps {
  readonly core: ThreadCore;
  readonly turn: Turn;
  readonly model: ModelClient;
  readonly modelInfo: ModelInfo;
  readonly talk: StepTalk;
  readonly box: ToolBox;
  readonly tools: readonly Record<string, unknown>[];
  readonly environments: readonly SelectedEnvironment[];
  readonly instructions: string | undefined;
  /** False: usage is neither counted nor announced (a review). */
  readonly metered: boolean;
  /** Messages of the model are begun as items and left at that: their text is shown in another form (a review). */
  readonly quietMessages?: boolean;
}

export interface StepResult {
  /** Undefined when the user's steering cut the answer short. */
  readonly answer: Answer | undefined;
  /** Tools were called: their outputs wait for another request. */
  readonly called: boolean;
  readonly cancelled: boolean;
  /** The last complete message; empty when there was none. */
  readonly text: string;
}

export function identityOf(core: ThreadCore, turn: Turn, kind: 'turn' | 'compaction'): RequestIdentity {
  return {
    installationId: core.host.installationId,
    sessionId: core.sessionId,
    threadId: core.id,
    turnId: turn.id,
    rootTurnId: turn.rootTurnId,
    windowNumber: core.conversation.windowNumber,
    windowId: core.conversation.windowId,
    turnStartedAtMs: turn.startedAtMs,
    kind,
    clientMetadata: turn.options.clientMetadata,
    turnState: turn.turnState,
  };
}

const backoffMs = (attempt: number): number => 200 * 2 ** (attempt - 1) * (0.9 + Math.random() * 0.2);

/** Counts the failures of one step and says how long to wait, or that it is over. */
export class Retries {
  readonly #core: ThreadCore;
  readonly #turn: Turn;
  readonly #limit: number;
  #streams = 0;
  #networks = 0;

  constructor(core: ThreadCore, turn: Turn, limit: number) {
    this.#core = core;
    this.#turn = turn;
    this.#limit = limit;
  }

  /** Tells the client and waits; rethrows `error` when asking again is useless, and the stop reason when the turn is stopped. */
  async after(error: unknown): Promise<void> {
    throwIfAborted(this.#turn.signal);
    if (!(error instanceof ModelError) || error.retry === 'never') throw error;
    let wait: number;
    if (error.retry === 'network') {
      this.#networks += 1;
      this.#notice('Reconnecting... waiting for network', error);
      wait = error.retryAfterMs ?? Math.min(backoffMs(this.#networks), 5000);
    } else {
      this.#streams += 1;
      if (this.#streams > this.#limit) throw error;
      this.#notice(`Reconnecting... ${this.#streams}/${this.#limit}`, error);
      wait = error.retryAfterMs ?? backoffMs(this.#streams);
    }
    await delay(wait, this.#turn.signal);
  }

  #notice(message: string, error: ModelError): void {
    const info = { responseStreamDisconnected: { httpStatusCode: error.httpStatus ?? null } };
    this.#core.client.notify('error', {
      error: { message, codexErrorInfo: info, additionalDetails: messageOf(error), misalignment: null },
      willRetry: true,
      threadId: this.#core.id,
      turnId: this.#turn.id,
    });
  }
}

/**
 * Runs one step to its end: the answer is recorded, its calls have outputs, usage is announced. With `steerable`, input of
 * the user ends the answer where it is: complete items are kept, the rest is dropped.
 */
export async function runStep(deps: StepDeps, steerable = true): Promise<StepResult> {
  const { core, turn } = deps;
  const retries = new Retries(core, turn, deps.model.streamMaxRetries);
  for (;;) {
    throwIfAborted(turn.signal);
    await core.hooks.preModelRequest(turn);
    // Hooks hear of a request's end before the calls it asked for begin.
    const held = core.hooks.has('postModelRequest');
    const answered = deferred();
    const calls = callsOf(deps, { held, answered: answered.promise });
    const reader = readerOf(deps, calls);
    const failure = await stream(deps, reader, steerable);
    const { answer } = reader;
    if (answer?.usage && deps.metered) core.usage.add(answer.usage);
    if (held) await core.hooks.postModelRequest(turn, requestEnd(failure, answer)).finally(answered.resolve);
    else answered.resolve();
    const { outputs, cancelled } = await calls.settle();
    for (const output of outputs) deps.talk.record(output);
    if (calls.any && deps.metered) core.goal.toolsAnswered();
    announceStep(deps, reader, failure);
    const steered = failure instanceof Steered && !turn.signal.aborted;
    if (steered || (answer && failure === undefined)) {
      throwIfAborted(turn.signal);
      return { answer, called: calls.any, cancelled, text: reader.lastText };
    }
    await retries.after(failure ?? new Error('the model client ended without an answer'));
  }
}

const callsOf = (
  { core, turn, box, talk, environments, ...deps }: StepDeps,
  start: { held: boolean; answered: Promise<void> },
): ToolCalls =>
  new ToolCalls({
    core,
    turn,
    box,
    truncation: truncationOf({ core, ...deps }),
    environments,
    record: (item) => talk.record(item),
    ...start,
  });

/** How a request ended, as hooks are told. */
function requestEnd(failure: unknown, answer: Answer | undefined) {
  const status = failure === undefined ? 'completed' : isCancelled(failure) ? 'cancelled' : 'failed';
  const usage = status === 'completed' ? answer?.usage : undefined;
  return {
    status,
    error: status === 'failed' ? messageOf(failure) : null,
    token_usage: usage
      ? {
          input_tokens: usage.inputTokens,
          cached_input_tokens: usage.cachedInputTokens,
          cache_write_input_tokens: usage.cacheWriteInputTokens,
          output_tokens: usage.outputTokens,
          reasoning_output_tokens: usage.reasoningOutputTokens,
          total_tokens: usage.totalTokens,
        }
      : null,
  };
}

/** The user said something while the model was answering. */
class Steered extends Cancelled {}

/** What ended the stream early; undefined when it came to its end. */
async function stream(deps: StepDeps, reader: ResponseReader, steerable: boolean): Promise<unknown> {
  const { turn } = deps;
  const request = turn.scope.child('request');
  const off = turn.onSteer(() => {
    if (steerable && !reader.answer) void request.close(new Steered());
  });
  try {
    await deps.model.stream(requestOf(deps), reader.handle, request.signal);
    return undefined;
  } catch (error) {
    return error ?? new Error('the model client failed without a reason');
  } finally {
    off();
    void request.close();
  }
}

const truncationOf = (deps: Pick<StepDeps, 'core' | 'modelInfo'>) => {
  const limit = deps.core.config.toolOutputTokenLimit;
  const { truncation } = deps.modelInfo;
  if (limit === undefined) return truncation;
  return { unit: truncation.unit, limit: truncation.unit === 'bytes' ? limit * 4 : limit };
};

const requestOf = (deps: StepDeps) =>
  modelRequest({
    identity: identityOf(deps.core, deps.turn, 'turn'),
    config: deps.core.config,
    settings: deps.turn.settings,
    model: deps.modelInfo,
    input: deps.talk.input(),
    tools: deps.tools,
    outputSchema: deps.turn.options.outputSchema,
    instructions: deps.instructions,
  });

function readerOf(deps: StepDeps, calls: ToolCalls): ResponseReader {
  const { core, turn } = deps;
  return new ResponseReader({
    items: turn.items,
    record: (item) => deps.talk.record(item),
    call: (item) => calls.start(item),
    rateLimits: (snapshot) => core.usage.limits(snapshot),
    turnState: (token) => {
      turn.turnState ??= token;
    },
    visible: () => markVisible(core, turn),
    planMode: turn.settings.mode === 'plan' && !deps.quietMessages,
    quietMessages: deps.quietMessages === true,
  });
}

function markVisible(core: ThreadCore, turn: Turn): void {
  if (turn.firstVisibleMs !== null) return;
  turn.firstVisibleMs = core.host.clock.nowMs() - turn.startedAtMs;
  core.host.telemetry.timeToFirstToken(turn.firstVisibleMs);
}

function announceStep(deps: StepDeps, reader: ResponseReader, failure: unknown): void {
  const { core, turn } = deps;
  if (!deps.metered) return;
  const limited = failure instanceof ModelError && failure.info === 'usageLimitExceeded';
  if (reader.opened || limited) core.usage.announce(turn.id);
  const { answer } = reader;
  if (!answer) return;
  core.writer.append({
    type: 'tokenUsage',
    turnId: turn.id,
    responseId: answer.responseId,
    last: core.usage.last,
    total: core.usage.total,
    modelContextWindow: core.usage.contextWindow,
  });
  if (core.rawEvents) core.client.notify('rawResponse/completed', rawResponse(core, turn, answer));
  announceDiff(core, turn);
}

const rawResponse = (core: ThreadCore, turn: Turn, answer: Answer) => ({
  threadId: core.id,
  turnId: turn.id,
  responseId: answer.responseId,
  usage: answer.usage ? { ...answer.usage } : null,
  usageMetadata: null,
});
