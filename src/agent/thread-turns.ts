/** Turns that are not talk: compaction, a command of the user, a review. */
import { uuidv7 } from '../base/ids.ts';
import type { ReviewTarget } from '../protocol/app/index.ts';
import { compact } from './compaction.ts';
import { reviewTask, reviewTurn, runReview } from './review.ts';
import type { Thread } from './thread.ts';
import type { PreparedTurn } from './turn.ts';
import { modelOf, runTurnLoop } from './turn-loop.ts';
import { checkShellCommand, runUserShell, type ShellCommand } from './user-shell.ts';

/** Takes the place of a running turn. */
export function prepareCompaction(thread: Thread): PreparedTurn {
  const { core } = thread;
  return thread.prepare({
    kind: 'compact',
    run: (turn) =>
      compact(core, turn, { model: core.host.model(turn.settings.modelProvider), modelInfo: modelOf(core, turn.settings) }, 'manual'),
  });
}

/** During a turn the command belongs to that turn; otherwise it is one of its own. Input that arrives meanwhile is answered after it. */
export function prepareShellCommand(thread: Thread, request: ShellCommand): { start(): void } {
  checkShellCommand(request.command);
  const { core } = thread;
  const running = thread.activeTurn;
  if (running) {
    const report = (error: unknown) => {
      if (!core.scope.closed) core.host.log.warn('a command of the user failed', { thread: core.id, error });
    };
    return { start: () => void runUserShell(core, running, { ...request, signal: core.scope.signal }).catch(report) };
  }
  return thread.prepare({
    kind: 'shell',
    run: async (turn) => {
      await runUserShell(core, turn, { ...request, signal: turn.signal });
      if (!turn.hasSteering) return;
      const [first, ...rest] = turn.takeSteering();
      for (const said of rest) turn.steer(said);
      await runTurnLoop(core, turn, first);
    },
  });
}

/** Rejects with what the client should read about the target. Takes the place of a running turn. */
export async function prepareReview(thread: Thread, target: ReviewTarget): Promise<PreparedTurn> {
  const task = reviewTask(target);
  const { core } = thread;
  const { cwd } = thread.settings;
  // A base branch is compared with, and that takes a repository.
  const lost = target.type === 'baseBranch' && (await core.host.gitInfo(cwd)) === null;
  const prepared = thread.prepare({
    kind: 'review',
    startedAs: uuidv7(),
    before: (turn) => {
      thread.warnOfUnknownModel();
      turn.items.complete({ type: 'enteredReviewMode', id: uuidv7(), review: task.hint });
      thread.warnOfUnknownModel();
    },
    run: (turn) => runReview(core, turn, task),
  });
  const start = () => {
    thread.touch([{ type: 'text', text: task.prompt, text_elements: [] }]);
    prepared.start();
  };
  const refuse = () => {
    thread.warnOfUnknownModel();
    prepared.refuse(`${JSON.stringify(cwd)} is not a git repository`);
  };
  return { turn: reviewTurn(prepared.live, task), start: lost ? refuse : start };
}
