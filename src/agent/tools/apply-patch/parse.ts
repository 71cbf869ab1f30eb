/** The patch language: text in, hunks out, or one error that names a line. Nothing here touches a file. */

/** One line of a chunk: kept (`context`), taken out (`remove`) or put in (`add`). */
export interface ChunkLine {
  readonly kind: 'context' | 'remove' | 'add';
  readonly text: string;
}

export interface Chunk {
  /** A line to find first; the chunk lies after it. */
  readonly anchor: string | undefined;
  readonly lines: readonly ChunkLine[];
  /** The old lines are the last ones of the file. */
  readonly atEndOfFile: boolean;
}

export interface AddHunk {
  readonly kind: 'add';
  readonly path: string;
  readonly content: string;
}

export interface DeleteHunk {
  readonly kind: 'delete';
  readonly path: string;
}

export interface UpdateHunk {
  readonly kind: 'update';
  readonly path: string;
  readonly movePath: string | undefined;
  readonly chunks: readonly Chunk[];
}

export type Hunk = AddHunk | DeleteHunk | UpdateHunk;

export interface Patch {
  readonly environmentId: string | undefined;
  readonly hunks: readonly Hunk[];
}

/** The text is not a patch. */
export class PatchSyntaxError extends Error {
  override readonly name = 'PatchSyntaxError';
  /** The same as the message, in the form that follows "verification failed: ". */
  readonly detail: string;

  /** `line` counts from 1; absent when the frame of the patch is wrong. */
  constructor(reason: string, line?: number) {
    super(line === undefined ? `Invalid patch: ${reason}` : `Invalid patch hunk on line ${line}: ${reason}`);
    this.detail = line === undefined ? `invalid patch: ${reason}` : `invalid hunk at line ${line}, ${reason}`;
  }
}

const BEGIN = '*** Begin Patch';
const END = '*** End Patch';
const ENVIRONMENT = '*** Environment ID:';
const ADD = '*** Add File: ';
const DELETE = '*** Delete File: ';
const UPDATE = '*** Update File: ';
const MOVE = '*** Move to: ';
const END_OF_FILE = '*** End of File';
const END_MISSING = `The last line of the patch must be '${END}'`;
const HEREDOC_STARTS: ReadonlySet<string> = new Set(['<<EOF', "<<'EOF'", '<<"EOF"']);

/** Parses a whole patch. Throws `PatchSyntaxError`; there is no partial result. */
export function parsePatch(text: string): Patch {
  return new Parser(patchLines(text)).parse();
}

/** True when `text` begins like a patch, so that it was meant as one. */
export const looksLikePatch = (text: string): boolean => text.trimStart().startsWith(BEGIN);

function patchLines(text: string): string[] {
  const lines = text
    .trim()
    .split('\n')
    .map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  const problem = frameProblem(lines);
  if (problem === undefined) return lines;
  const inner = withoutHeredoc(lines);
  if (!inner) throw new PatchSyntaxError(problem);
  const innerProblem = frameProblem(inner);
  if (innerProblem !== undefined) throw new PatchSyntaxError(innerProblem);
  return inner;
}

function frameProblem(lines: readonly string[]): string | undefined {
  if (lines.length === 1 && lines[0] === '') return END_MISSING;
  if (lines[0]?.trim() !== BEGIN) return `The first line of the patch must be '${BEGIN}'`;
  if (lines.length < 2 || lines.at(-1)?.trim() !== END) return END_MISSING;
  return undefined;
}

/** Models sometimes send the argument together with the here-document around it. */
function withoutHeredoc(lines: string[]): string[] | undefined {
  const [first] = lines;
  if (first === undefined || lines.length < 4 || !HEREDOC_STARTS.has(first) || !lines.at(-1)?.endsWith('EOF')) return undefined;
  return lines.slice(1, -1);
}

class Parser {
  readonly #lines: readonly string[];
  /** Index of the next line; the last line is the end marker. */
  #at = 1;

  constructor(lines: readonly string[]) {
    this.#lines = lines;
  }

  parse(): Patch {
    const environmentId = this.#environmentId();
    const hunks: Hunk[] = [];
    while (this.#line.trim() !== END) hunks.push(this.#hunk());
    // Only repeated end markers may follow the first one.
    if (this.#lines.slice(this.#at).some((line) => line.trim() !== END)) throw new PatchSyntaxError(END_MISSING);
    return { environmentId, hunks };
  }

  get #line(): string {
    return this.#lines[this.#at] ?? END;
  }

  #fail(reason: string, index = this.#at): never {
    throw new PatchSyntaxError(reason, index + 1);
  }

  #environmentId(): string | undefined {
    const id = this.#takeEnvironmentLine();
    if (id === undefined) return undefined;
    if (id === '') throw new PatchSyntaxError('apply_patch environment_id cannot be empty');
    if (this.#takeEnvironmentLine() !== undefined)
      throw new PatchSyntaxError('apply_patch environment_id cannot be specified more than once');
    return id;
  }

  #takeEnvironmentLine(): string | undefined {
    const line = this.#line.trim();
    if (!line.startsWith(ENVIRONMENT)) return undefined;
    this.#at += 1;
    return line.slice(ENVIRONMENT.length).trim();
  }

  #hunk(): Hunk {
    const header = this.#line.trim();
    const start = this.#at;
    if (header.startsWith(ADD)) {
      this.#at += 1;
      return { kind: 'add', path: header.slice(ADD.length), content: this.#addedContent() };
    }
    if (header.startsWith(DELETE)) {
      this.#at += 1;
      return { kind: 'delete', path: header.slice(DELETE.length) };
    }
    if (header.startsWith(UPDATE)) {
      this.#at += 1;
      return this.#update(header.slice(UPDATE.length), start);
    }
    return this.#fail(`'${header}' is not a valid hunk header. Valid hunk headers: '${ADD}{path}', '${DELETE}{path}', '${UPDATE}{path}'`);
  }

  #addedContent(): string {
    let content = '';
    for (; this.#line.startsWith('+'); this.#at += 1) content += `${this.#line.slice(1)}\n`;
    return content;
  }

  #update(path: string, start: number): UpdateHunk {
    let movePath: string | undefined;
    const chunks: Chunk[] = [];
    while (!this.#atHeader()) {
      const line = this.#line.trimEnd();
      if (chunks.length === 0 && line.startsWith(MOVE)) movePath = line.slice(MOVE.length);
      // An end-of-file marker with no lines before it says nothing; a blank line after one is only a gap.
      else if (chunks.length === 0 ? line !== END_OF_FILE : line !== '' || !chunks.at(-1)?.atEndOfFile) {
        chunks.push(this.#chunk(chunks.length === 0));
        continue;
      }
      this.#at += 1;
    }
    if (chunks.length === 0) this.#fail(`Update file hunk for path '${path}' is empty`, start);
    return { kind: 'update', path, movePath, chunks };
  }

  /** A line that ends an update: the end marker or the next hunk, unindented. */
  #atHeader(): boolean {
    const line = this.#line;
    if (this.#at >= this.#lines.length - 1) return true;
    return line.startsWith(ADD) || line.startsWith(DELETE) || line.startsWith(UPDATE) || line.trimEnd() === END;
  }

  #chunk(first: boolean): Chunk {
    const header = this.#line.trimEnd();
    let anchor: string | undefined;
    if (header === '@@') this.#at += 1;
    else if (header.startsWith('@@ ')) {
      anchor = header.slice(3);
      this.#at += 1;
    } else if (!first) this.#fail(`Expected update hunk to start with a @@ context marker, got: '${this.#line}'`);
    const lines = this.#chunkLines();
    let atEndOfFile = false;
    if (this.#line.trimEnd() === END_OF_FILE && lines.length > 0) {
      atEndOfFile = true;
      this.#at += 1;
    }
    if (lines.length === 0) this.#failEmptyChunk();
    return { anchor, lines, atEndOfFile };
  }

  #chunkLines(): ChunkLine[] {
    const lines: ChunkLine[] = [];
    for (; this.#at < this.#lines.length - 1; this.#at += 1) {
      const line = this.#line;
      if (line === '') lines.push({ kind: 'context', text: '' });
      else if (line.startsWith(' ')) lines.push({ kind: 'context', text: line.slice(1) });
      else if (line.startsWith('+')) lines.push({ kind: 'add', text: line.slice(1) });
      else if (line.startsWith('-')) lines.push({ kind: 'remove', text: line.slice(1) });
      else break;
    }
    return lines;
  }

  #failEmptyChunk(): never {
    const line = this.#line;
    if (line.trim() === END || line.trimEnd() === END_OF_FILE) this.#fail('Update hunk does not contain any lines');
    this.#fail(
      `Unexpected line found in update hunk: '${line}'. Every line should start with ' ' (context line), '+' (added line), or '-' (removed line)`,
    );
  }
}
