/** Where turns begin among the lines of a file, which lines a rollback took away, and cutting a history at a turn. */
import { invalidRequest } from '../base/errors.ts';
import { type JsonRecord, numberIn, recordIn, textIn } from './json.ts';
import { isLegacyItem } from './legacy-items.ts';
import type { RolloutLine } from './rollout-reader.ts';
import type { HistoryCut } from './thread-store.ts';

interface TurnStart {
  readonly id: string;
  /** Index of its first line. */
  readonly first: number;
  spoken: boolean;
}

/** The id of a turn in a file whose turns have none. */
export const namelessTurn = (number: number): string => `turn-${number}`;

/** Follows lines just closely enough to know their turns. */
class TurnFinder {
  readonly lines: RolloutLine[] = [];
  readonly turns: TurnStart[] = [];
  #open = false;
  /** The open turn began with a line of its own. */
  #explicit = false;

  add(line: RolloutLine): void {
    const kind = line.type === 'event_msg' ? textIn(line.payload.type) : undefined;
    if (kind === 'thread_rolled_back') {
      this.#rollBack(line.payload);
      return;
    }
    if (kind !== undefined) this.#event(kind, line.payload);
    this.lines.push(line);
  }

  #event(kind: string, payload: JsonRecord): void {
    if (kind === 'task_started' || kind === 'turn_started') {
      this.#begin(textIn(payload.turn_id) ?? namelessTurn(this.turns.length + 1));
      this.#explicit = true;
    } else if (kind === 'task_complete' || kind === 'turn_complete' || kind === 'turn_aborted') {
      this.#open = false;
      this.#explicit = false;
    } else if (kind === 'item_completed') {
      const id = textIn(payload.turn_id);
      if (id !== undefined && !this.turns.some((turn) => turn.id === id)) this.#begin(id);
      const turn = this.turns.findLast((one) => one.id === id);
      if (turn && recordIn(payload.item).type === 'UserMessage') turn.spoken = true;
    } else if (isLegacyItem(kind)) this.#legacy(kind === 'user_message');
  }

  #begin(id: string): void {
    this.turns.push({ id, first: this.lines.length, spoken: false });
    this.#open = true;
    this.#explicit = false;
  }

  #legacy(said: boolean): void {
    const last = this.turns.at(-1);
    if (!this.#open || !last || (said && !this.#explicit && last.spoken)) this.#begin(namelessTurn(this.turns.length + 1));
    const turn = this.turns.at(-1);
    if (said && turn) turn.spoken = true;
  }

  /** Takes away the named turn and all later ones, or the newest `num_turns` in which the user spoke. */
  #rollBack(payload: JsonRecord): void {
    const named = this.turns.findIndex(({ id }) => id === payload.before_turn_id);
    const spoken = this.turns.flatMap((turn, index) => (turn.spoken ? [index] : []));
    const count = numberIn(payload.num_turns) ?? 0;
    const from = named >= 0 ? named : count > 0 ? (spoken.at(-count) ?? 0) : this.turns.length;
    const [first] = this.turns.splice(from);
    if (!first) return;
    const gone = this.lines.splice(first.first);
    this.lines.push(...gone.filter((line) => this.#isOfKeptTurn(line)));
    this.#open = false;
    this.#explicit = false;
  }

  /** A background terminal may complete its item after a later turn began. */
  #isOfKeptTurn({ type, payload }: RolloutLine): boolean {
    return type === 'event_msg' && payload.type === 'item_completed' && this.turns.some(({ id }) => id === payload.turn_id);
  }
}

/** The lines that no later rollback took away. */
function survivingLines(lines: readonly RolloutLine[]): { lines: readonly RolloutLine[]; turns: readonly TurnStart[] } {
  const finder = new TurnFinder();
  for (const line of lines) finder.add(line);
  return finder;
}

/** The surviving lines up to the turn that `cut` names. Throws `invalidRequest` "turn not found: ID". */
export function cutLines(all: readonly RolloutLine[], cut: HistoryCut | undefined): readonly RolloutLine[] {
  const { lines, turns } = survivingLines(all);
  if (!cut) return lines;
  const id = 'throughTurnId' in cut ? cut.throughTurnId : cut.beforeTurnId;
  const at = turns.findIndex((turn) => turn.id === id);
  if (at < 0) throw invalidRequest(`turn not found: ${id}`);
  const behind = turns['throughTurnId' in cut ? at + 1 : at];
  if (!behind) return lines;
  const kept = new Set(turns.slice(0, turns.indexOf(behind)).map((turn) => turn.id));
  const late = lines
    .slice(behind.first)
    .filter(({ type, payload }) => type === 'event_msg' && payload.type === 'item_completed' && kept.has(textIn(payload.turn_id) ?? ''));
  return [...lines.slice(0, behind.first), ...late];
}
