/** What is wrong with a configuration, and where. */

/** Lines and columns count from 1; both ends belong to the range. */
export interface TextRange {
  readonly start: { readonly line: number; readonly column: number };
  readonly end: { readonly line: number; readonly column: number };
}

/**
 * `syntax`: a file is no TOML. `value`: a key has a value it cannot have. `meaning`: values that are fine alone do not
 * go together, or name something that does not exist.
 */
export type ConfigErrorKind = 'syntax' | 'value' | 'meaning';

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly kind: ConfigErrorKind;
  /** The problem alone, without a place. */
  readonly reason: string;
  /** The file it stands in; undefined when it follows from several places. */
  readonly file: string | undefined;
  readonly range: TextRange | undefined;
  /** The key, dotted. */
  readonly keyPath: string | undefined;
  /** The line that is wrong, for people. */
  readonly lineText: string | undefined;

  constructor(
    kind: ConfigErrorKind,
    reason: string,
    place: { file?: string; range?: TextRange; keyPath?: string; lineText?: string } = {},
  ) {
    const { file, range } = place;
    super(file !== undefined && range ? `${file}:${range.start.line}:${range.start.column}: ${reason}` : reason);
    this.kind = kind;
    this.reason = reason;
    this.file = file;
    this.range = range;
    this.keyPath = place.keyPath;
    this.lineText = place.lineText;
  }
}

/** The error with the line and a mark under its column, for a terminal. */
export function describeConfigError(error: ConfigError): string {
  const { lineText, range } = error;
  if (lineText === undefined || !range) return error.message;
  const number = String(range.start.line);
  const margin = ' '.repeat(number.length);
  const last = range.end.line === range.start.line ? range.end.column : range.start.column;
  const mark = `${' '.repeat(range.start.column - 1)}${'^'.repeat(Math.max(1, last - range.start.column + 1))}`;
  return `${error.message}\n${margin} |\n${number} | ${lineText}\n${margin} | ${mark}`;
}

/** A problem that does not stop the program: shown to every client once. */
export interface ConfigWarning {
  readonly summary: string;
  readonly details: string | null;
  readonly path?: string;
  readonly range?: TextRange;
}
