/** When to tell of questions that nobody sees: only while the view is hidden. */

/** A window that is just coming up shows its view within this time. */
export const noticeDelayMs = 1500;

export interface NoticeOptions {
  readonly visible: () => boolean;
  /** Of open questions. */
  readonly count: () => number;
  readonly tell: () => unknown;
}

export class Notice {
  readonly #options: NoticeOptions;
  #known = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: NoticeOptions) {
    this.#options = options;
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }

  /** To be called when the number of open questions may have changed. */
  update(): void {
    const { visible, count, tell } = this.#options;
    const now = count();
    const more = now > this.#known;
    this.#known = now;
    if (!more) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (!visible() && count() > 0) tell();
    }, noticeDelayMs);
  }
}
