/** What the model reads of a command: a few lines of facts, then its output within the budget. */
import { randomHex } from '../../base/ids.ts';
import { byteBudget, type TruncationPolicy, tokensOfBytes, truncateMiddle } from '../truncation.ts';

/** Output collected since the last look at it. */
export interface CollectedOutput {
  readonly text: string;
  /** Bytes that came, kept or not. */
  readonly totalBytes: number;
  /** Bytes that fell out between head and tail. */
  readonly omittedBytes: number;
}

export interface CommandReport {
  /** Time of this call, in milliseconds. */
  readonly wallMs: number;
  readonly state: { readonly kind: 'exited'; readonly exitCode: number } | { readonly kind: 'running'; readonly sessionId: number };
  readonly output: CollectedOutput;
  readonly budget: TruncationPolicy;
}

/** The line that stands for output nobody kept. */
export const omittedLine = (bytes: number): string => `... ${bytes} bytes omitted ...`;

/** T-48: one line per fact, in this order, then the output. */
export function commandText(report: CommandReport): string {
  const { state, output } = report;
  const fate =
    state.kind === 'exited' ? `Process exited with code ${state.exitCode}` : `Process running with session ID ${state.sessionId}`;
  return [
    `Chunk ID: ${randomHex(6)}`,
    wallTimeLine(report.wallMs),
    fate,
    `Original token count: ${tokensOfBytes(output.totalBytes)}`,
    `Output:\n${withinBudget(output, report.budget)}`,
  ].join('\n');
}

/** The layout for a result that comes from no process: an intercepted patch. */
export const wrappedText = (wallMs: number, text: string): string => `${wallTimeLine(wallMs)}\nOutput:\n${text}`;

const wallTimeLine = (ms: number): string => `Wall time: ${(ms / 1000).toFixed(4)} seconds`;

/** What the model asked for, where that is less than what it may have. */
export function budgetFor(maxTokens: number | undefined, policy: TruncationPolicy): TruncationPolicy {
  const asked: TruncationPolicy = { unit: 'tokens', limit: maxTokens ?? 10_000 };
  return byteBudget(asked) < byteBudget(policy) ? asked : policy;
}

/** A cut text is preceded by its size, so that the model knows what it does not see. */
function withinBudget(output: CollectedOutput, budget: TruncationPolicy): string {
  const cut = truncateMiddle(output.text, budget);
  if (cut === output.text) return cut;
  const size = output.omittedBytes > 0 ? omittedLine(output.omittedBytes) : `Total output lines: ${lineCount(output.text)}`;
  return `Warning: truncated output (original token count: ${tokensOfBytes(output.totalBytes)})\n${size}\n\n${cut}`;
}

function lineCount(text: string): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines += 1;
  return text.endsWith('\n') || text === '' ? lines : lines + 1;
}
