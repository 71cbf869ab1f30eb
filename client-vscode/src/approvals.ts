/** What the server waits for: questions as cards, and the answers that the user gives. Nothing is allowed by itself. */
import { Cancelled, declineEverything, type QuestionContext, type QuestionHandlers } from 'switchyard/client';
import type { Card } from './messages.ts';
import { commandQuestion, elicitationQuestion, filesQuestion, inputQuestion, permissionsQuestion, type Reply } from './questions.ts';

/** One question of the server, before anything of it is shown. */
export interface Asked {
  readonly threadId: string;
  readonly turnId: string;
  readonly itemId: string;
  /** About the files of its item, which are seen where its thread is open. */
  readonly ofFiles: boolean;
  readonly card: Omit<Card, 'key' | 'threadId' | 'files' | 'elsewhere'>;
}

/** With what the user's reply means on the wire. */
export interface Answerable<R> extends Asked {
  readonly reply: (reply: Reply) => R;
}

interface Pending {
  readonly asked: Asked;
  readonly files: Map<string, boolean>;
  readonly settle: (reply: Reply) => void;
}

export interface ApprovalsOptions {
  readonly onChange: () => void;
  /** The files of a patch were decided one by one, and differently. Called before the patch as a whole is declined. */
  readonly onPartly: (asked: Asked, accepted: readonly string[], declined: readonly string[]) => void;
}

export class Approvals {
  readonly #options: ApprovalsOptions;
  readonly #pending = new Map<string, Pending>();

  constructor(options: ApprovalsOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#pending.size;
  }

  /** Oldest first. */
  list(): readonly { readonly key: string; readonly asked: Asked; readonly files: ReadonlyMap<string, boolean> }[] {
    return [...this.#pending].map(([key, { asked, files }]) => ({ key, asked, files }));
  }

  get(key: string): Asked | undefined {
    return this.#pending.get(key)?.asked;
  }

  /** What answers the server, for the construction of a client. */
  handlers(): QuestionHandlers {
    return {
      ...declineEverything,
      'item/commandExecution/requestApproval': (params, context) => this.#ask(commandQuestion(params), context),
      'item/fileChange/requestApproval': (params, context) => this.#ask(filesQuestion(params), context),
      'item/permissions/requestApproval': (params, context) => this.#ask(permissionsQuestion(params), context),
      'item/tool/requestUserInput': (params, context) => this.#ask(inputQuestion(params), context),
      'mcpServer/elicitation/request': (params, context) => this.#ask(elicitationQuestion(params), context),
    };
  }

  /** False when it was answered or withdrawn meanwhile. */
  answer(key: string, reply: Reply): boolean {
    const pending = this.#pending.get(key);
    if (!pending?.asked.card.choices.some(({ id }) => id === reply.choice)) return false;
    pending.settle(reply);
    return true;
  }

  /** Decides one file of a patch; the last one of `paths` decides the patch. */
  decideFile(key: string, path: string, accept: boolean, paths: readonly string[]): void {
    const pending = this.#pending.get(key);
    if (!pending || !paths.includes(path)) return;
    pending.files.set(path, accept);
    const accepted = paths.filter((one) => pending.files.get(one) === true);
    const declined = paths.filter((one) => pending.files.get(one) === false);
    if (accepted.length + declined.length < paths.length) {
      this.#options.onChange();
      return;
    }
    if (accepted.length > 0 && declined.length > 0) this.#options.onPartly(pending.asked, accepted, declined);
    pending.settle({ choice: declined.length === 0 ? 'accept' : 'decline', answers: {} });
  }

  #ask<R>(question: Answerable<R>, context: QuestionContext): Promise<R> {
    const key = String(context.requestId);
    return new Promise((resolve, reject) => {
      const forget = () => {
        if (this.#pending.get(key) === pending) this.#pending.delete(key);
        this.#options.onChange();
      };
      const pending: Pending = {
        asked: question,
        files: new Map(),
        settle: (reply) => {
          forget();
          resolve(question.reply(reply));
        },
      };
      this.#pending.set(key, pending);
      context.signal.addEventListener(
        'abort',
        () => {
          forget();
          reject(new Cancelled('withdrawn'));
        },
        { once: true },
      );
      this.#options.onChange();
    });
  }
}
