/** Splits the text of a message into what is said and the plan between `<proposed_plan>` lines, while it streams. */

export interface PlanPiece {
  readonly kind: 'text' | 'planStart' | 'plan' | 'planEnd';
  readonly text: string;
}

const openTag = '<proposed_plan>';
const closeTag = '</proposed_plan>';

/** A tag counts only on a line of its own; a line that may still become one is held back. */
export class PlanSplitter {
  #line = '';
  #atLineStart = true;
  #inPlan = false;

  push(delta: string): PlanPiece[] {
    const pieces: PlanPiece[] = [];
    let rest = delta;
    while (rest !== '') {
      const end = rest.indexOf('\n');
      const part = end === -1 ? rest : rest.slice(0, end + 1);
      rest = rest.slice(part.length);
      this.#take(part, pieces);
    }
    return pieces;
  }

  /** What was held back, and the end of a plan that was never closed. */
  finish(): PlanPiece[] {
    const pieces: PlanPiece[] = [];
    if (this.#line !== '') this.#settle(pieces);
    if (this.#inPlan) pieces.push({ kind: 'planEnd', text: '' });
    this.#inPlan = false;
    return pieces;
  }

  #take(part: string, pieces: PlanPiece[]): void {
    if (!this.#atLineStart) {
      this.#emit(part, pieces);
      this.#atLineStart = part.endsWith('\n');
      return;
    }
    this.#line += part;
    if (this.#line.endsWith('\n')) this.#settle(pieces);
    else if (!(this.#inPlan ? closeTag : openTag).startsWith(this.#line.trim())) {
      this.#emit(this.#line, pieces);
      this.#line = '';
      this.#atLineStart = false;
    }
  }

  /** Decides about a held line that can grow no more. */
  #settle(pieces: PlanPiece[]): void {
    const line = this.#line;
    this.#line = '';
    this.#atLineStart = true;
    if (line.trim() === (this.#inPlan ? closeTag : openTag)) {
      pieces.push({ kind: this.#inPlan ? 'planEnd' : 'planStart', text: '' });
      this.#inPlan = !this.#inPlan;
    } else this.#emit(line, pieces);
  }

  #emit(text: string, pieces: PlanPiece[]): void {
    const kind = this.#inPlan ? 'plan' : 'text';
    const last = pieces.at(-1);
    if (last?.kind === kind) pieces[pieces.length - 1] = { kind, text: last.text + text };
    else pieces.push({ kind, text });
  }
}
