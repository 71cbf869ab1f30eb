/**
 * Reads shell scripts for decisions. Plain scripts (words joined by `&&`, `||`, `;`, `|` or line ends) are read by a strict
 * lexer that gives up at the first doubt; everything else needs `shell-grammar.ts`. Never used to run anything.
 */

/** A script inside an argv such as `bash -lc SCRIPT`. */
export interface ShellCall {
  readonly shell: 'bash' | 'zsh' | 'sh';
  readonly script: string;
}

const SHELLS: readonly ShellCall['shell'][] = ['bash', 'zsh', 'sh'];

/** The script when `argv` is exactly a POSIX shell, `-c` or `-lc`, and one script. */
export function shellCall(argv: readonly string[]): ShellCall | undefined {
  const [program, flag, script] = argv;
  if (argv.length !== 3 || program === undefined || script === undefined || (flag !== '-c' && flag !== '-lc')) return undefined;
  const shell = SHELLS.find((name) => name === baseName(program));
  return shell && { shell, script };
}

/** The last component of a program path, without `.exe`. */
export function baseName(program: string): string {
  const name = program.slice(Math.max(program.lastIndexOf('/'), program.lastIndexOf('\\')) + 1);
  return name.toLowerCase().endsWith('.exe') ? name.slice(0, -4) : name;
}

/** First words that begin a construct or change the shell itself, so that what follows is no simple command. */
const NOT_COMMANDS: ReadonlySet<string> = new Set(
  (
    '! if then elif else fi for while until do done case esac select function in ' + 'export declare typeset readonly local unset unsetenv'
  ).split(' '),
);

/** What a bare command name may consist of; a name needs quoting otherwise, and then nothing here vouches for it. */
const COMMAND_NAME = /^(?!\d+$)[A-Za-z0-9_+,\-./:!]+$/;
/** Unquoted characters that expand, redirect, group, comment or run in the background; `&` is looked at separately. */
const SPECIAL = /[#*?[\]\\^{}~<>()$`\r\v\f\u0000-\u0008\u000e-\u001f\u007f]|[^\S \t\n]/;
/** Inside double quotes: expansions, and backslashes that quote. */
const EXPANDS = /[$`]|\\["\\$`\n]/;

/**
 * The words of each simple command in order when the script is plain, else undefined. Quotes are taken off; no word of the
 * result would be changed by the shell.
 */
export function plainSegments(script: string): string[][] | undefined {
  const lexer = new PlainLexer(script);
  const segments: string[][] = [];
  let words: string[] = [];
  /** True after `&&`, `||` or `|`: a command has to follow, if need be on the next line. */
  let owing = false;
  for (let token = lexer.next(); token.kind !== 'end'; token = lexer.next()) {
    if (token.kind === 'doubt') return undefined;
    if (token.kind === 'word') {
      if (words.length === 0 && (!token.bare || NOT_COMMANDS.has(token.text) || !COMMAND_NAME.test(token.text))) return undefined;
      words.push(token.text);
      owing = false;
      continue;
    }
    if (words.length === 0) {
      if (token.kind !== 'line') return undefined;
      continue;
    }
    segments.push(words);
    words = [];
    owing = token.kind === 'join';
  }
  if (words.length > 0) segments.push(words);
  return owing || segments.length === 0 ? undefined : segments;
}

type Token =
  | { readonly kind: 'word'; readonly text: string; readonly bare: boolean }
  /** `&&`, `||`, `|`. */
  | { readonly kind: 'join' }
  | { readonly kind: 'semicolon' }
  | { readonly kind: 'line' }
  | { readonly kind: 'doubt' }
  | { readonly kind: 'end' };

const DOUBT: Token = { kind: 'doubt' };

class PlainLexer {
  readonly #script: string;
  #at = 0;

  constructor(script: string) {
    this.#script = script;
  }

  next(): Token {
    this.#skipBlanks();
    const char = this.#script[this.#at];
    switch (char) {
      case undefined:
        return { kind: 'end' };
      case '\n':
        this.#at += 1;
        return { kind: 'line' };
      case ';':
        this.#at += 1;
        return this.#script[this.#at] === ';' ? DOUBT : { kind: 'semicolon' };
      case '&':
        this.#at += 2;
        return this.#script[this.#at - 1] === '&' ? { kind: 'join' } : DOUBT;
      case '|':
        this.#at += this.#script[this.#at + 1] === '|' ? 2 : 1;
        return this.#script[this.#at] === '&' ? DOUBT : { kind: 'join' };
      default:
        return this.#word();
    }
  }

  #skipBlanks(): void {
    for (;;) {
      const char = this.#script[this.#at];
      if (char === ' ' || char === '\t') this.#at += 1;
      // A continued line; only between words, where it is nothing but a blank.
      else if (char === '\\' && this.#script[this.#at + 1] === '\n') this.#at += 2;
      else return;
    }
  }

  #word(): Token {
    let text = '';
    let bare = true;
    for (;;) {
      const char = this.#script[this.#at];
      if (char === undefined || char === ' ' || char === '\t' || char === '\n' || char === ';' || char === '&' || char === '|') break;
      if (char === "'" || char === '"') {
        const part = this.#quoted(char);
        if (part === undefined) return DOUBT;
        text += part;
        bare = false;
        continue;
      }
      if (SPECIAL.test(char) || (char === '=' && text === '' && bare)) return DOUBT;
      text += char;
      this.#at += 1;
    }
    return { kind: 'word', text, bare };
  }

  #quoted(quote: "'" | '"'): string | undefined {
    const end = this.#script.indexOf(quote, this.#at + 1);
    if (end < 0) return undefined;
    const text = this.#script.slice(this.#at + 1, end);
    // A backslash before the closing quote may quote it.
    if (quote === '"' && (EXPANDS.test(text) || text.endsWith('\\'))) return undefined;
    this.#at = end + 1;
    return text;
  }
}
