/** The part of Starlark that rule files need: calls, names, strings, f-strings, lists, `+`, and `for` over a list. */

export type RuleValue = string | number | boolean | null | readonly RuleValue[];

/** A file that is not understood; `line` and `column` count from 1. */
export class RuleSyntaxError extends Error {
  override readonly name = 'RuleSyntaxError';
  readonly line: number;
  readonly column: number;
  constructor(message: string, { line, column }: { line: number; column: number }) {
    super(message);
    this.line = line;
    this.column = column;
  }
}

export interface RuleCall {
  readonly name: string;
  readonly positional: readonly RuleValue[];
  readonly named: ReadonlyMap<string, RuleValue>;
  readonly line: number;
  readonly column: number;
}

/** Runs `source` and hands every call to `onCall` in order. Throws `RuleSyntaxError`, also for what is Starlark but not offered. */
export function runRules(source: string, onCall: (call: RuleCall) => void): void {
  new Interpreter(tokenize(source), onCall).program();
}

interface Token {
  readonly kind: 'name' | 'string' | 'fstring' | 'number' | 'symbol' | 'line' | 'indent' | 'dedent' | 'end';
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

const TOKEN = /[ \t]*(?:#[^\n]*|\\\r?\n|(\r?\n)|([A-Za-z_]\w*)|(\d+)|([-+*%=(){}[\],:.]))/y;
const STRING = /[ \t]*([rRfF]?)("""|'''|"|')/y;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\', "'": "'", '"': '"', '\n': '' };
/** Deeper nesting than any rule needs; the reader is recursive. */
const MAX_NESTING = 64;
/** Calls and loop rounds of one file. */
const MAX_STEPS = 100_000;

function tokenize(source: string): Token[] {
  return new Scanner(source).scan();
}

class Scanner {
  readonly #source: string;
  readonly #tokens: Token[] = [];
  readonly #indents = [0];
  #at = 0;
  #line = 1;
  /** Where the line begins that `#line` counts. */
  #lineStart = 0;
  #open = 0;

  constructor(source: string) {
    this.#source = source;
  }

  scan(): Token[] {
    this.#startOfLine();
    while (this.#at < this.#source.length) if (!this.#string()) this.#plain();
    this.#push('line', '');
    for (; this.#indents.length > 1; this.#indents.pop()) this.#push('dedent', '');
    this.#push('end', '');
    return this.#tokens;
  }

  #push(kind: Token['kind'], text: string, start = this.#at): void {
    this.#tokens.push({ kind, text, ...this.#place(start) });
  }

  #place(at: number): { line: number; column: number } {
    return { line: this.#line, column: at - this.#lineStart + 1 };
  }

  #startOfLine(): void {
    if (this.#open > 0) return;
    const blanks = /[ \t]*/y;
    blanks.lastIndex = this.#at;
    const width = blanks.exec(this.#source)?.[0].length ?? 0;
    const first = this.#source[this.#at + width];
    if (first === undefined || first === '#' || first === '\n' || first === '\r') return;
    const current = this.#indents.at(-1) ?? 0;
    if (width > current) {
      this.#indents.push(width);
      this.#push('indent', '');
    }
    for (; width < (this.#indents.at(-1) ?? 0); this.#indents.pop()) this.#push('dedent', '');
    if (width !== this.#indents.at(-1)) throw new RuleSyntaxError('the indentation fits no line above', this.#place(this.#at + width));
  }

  #string(): boolean {
    STRING.lastIndex = this.#at;
    const found = STRING.exec(this.#source);
    if (!found) return false;
    const [whole, prefix = '', quote = '"'] = found;
    const start = this.#at + whole.length - prefix.length - quote.length;
    let text = '';
    let at = this.#at + whole.length;
    for (;;) {
      const char = this.#source[at];
      if (char === undefined || (char === '\n' && quote.length === 1)) throw new RuleSyntaxError('a string has no end', this.#place(start));
      if (this.#source.startsWith(quote, at)) break;
      if (char === '\\' && prefix.toLowerCase() !== 'r') {
        const [whole, plain, code] = this.#escape(at);
        text += code === undefined ? (ESCAPES[plain] ?? whole) : String.fromCodePoint(code);
        at += whole.length;
      } else {
        text += char;
        at += 1;
      }
    }
    this.#push(prefix.toLowerCase() === 'f' ? 'fstring' : 'string', text, start);
    const lines = this.#source.slice(this.#at, at).split('\n').length - 1;
    this.#line += lines;
    if (lines > 0) this.#lineStart = this.#source.lastIndexOf('\n', at) + 1;
    this.#at = at + quote.length;
    return true;
  }

  #escape(at: number): [whole: string, plain: string, code: number | undefined] {
    const hex = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4}))/y;
    hex.lastIndex = at;
    const found = hex.exec(this.#source);
    if (found) return [found[0], '', Number.parseInt(found[1] ?? found[2] ?? '', 16)];
    const plain = this.#source[at + 1] ?? '';
    return [`\\${plain}`, plain, undefined];
  }

  #plain(): void {
    TOKEN.lastIndex = this.#at;
    const found = TOKEN.exec(this.#source);
    if (!found) {
      if (this.#source.slice(this.#at).trim() === '') this.#at = this.#source.length;
      else {
        const rest = this.#source.slice(this.#at).trimStart();
        throw new RuleSyntaxError(`unexpected ${JSON.stringify(rest[0])}`, this.#place(this.#source.length - rest.length));
      }
      return;
    }
    this.#at = TOKEN.lastIndex;
    const [whole, newline, name, number, symbol] = found;
    if (newline !== undefined) {
      if (this.#open === 0) this.#push('line', '', this.#at - newline.length);
      this.#line += 1;
      this.#lineStart = this.#at;
      this.#startOfLine();
    } else if (name !== undefined) this.#push('name', name, this.#at - name.length);
    else if (number !== undefined) this.#push('number', number, this.#at - number.length);
    else if (symbol !== undefined) {
      if ('([{'.includes(symbol)) this.#open += 1;
      if (')]}'.includes(symbol)) this.#open = Math.max(0, this.#open - 1);
      this.#push('symbol', symbol, this.#at - symbol.length);
    } else if (whole.endsWith('\n')) {
      this.#line += 1;
      this.#lineStart = this.#at;
    }
  }
}

class Interpreter {
  readonly #tokens: readonly Token[];
  readonly #onCall: (call: RuleCall) => void;
  readonly #names = new Map<string, RuleValue>([
    ['True', true],
    ['False', false],
    ['None', null],
  ]);
  #at = 0;
  #nesting = 0;
  #steps = 0;

  constructor(tokens: readonly Token[], onCall: (call: RuleCall) => void) {
    this.#tokens = tokens;
    this.#onCall = onCall;
  }

  program(): void {
    while (this.#token.kind !== 'end') this.#statement();
  }

  get #token(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: '', line: 0, column: 0 };
  }

  #fail(message: string): never {
    throw new RuleSyntaxError(message, this.#token);
  }

  #is(kind: Token['kind'], text?: string): boolean {
    return this.#token.kind === kind && (text === undefined || this.#token.text === text);
  }

  #take(kind: Token['kind'], text?: string): Token {
    const token = this.#token;
    if (!this.#is(kind, text)) this.#fail(`unexpected ${describe(token)}, expected ${text === undefined ? kind : `\`${text}\``}`);
    this.#at += 1;
    return token;
  }

  #skip(kind: Token['kind'], text?: string): boolean {
    if (!this.#is(kind, text)) return false;
    this.#at += 1;
    return true;
  }

  #statement(): void {
    this.#steps += 1;
    if (this.#steps > MAX_STEPS) this.#fail('the file does too much');
    if (this.#skip('line')) return;
    if (this.#is('name', 'for')) {
      this.#loop();
      return;
    }
    if (this.#is('name') && ['def', 'if', 'load', 'while', 'return'].includes(this.#token.text))
      this.#fail(`\`${this.#token.text}\` is not available in rule files`);
    const next = this.#tokens[this.#at + 1];
    if (this.#is('name') && next?.kind === 'symbol' && next.text === '=') {
      const { text } = this.#take('name');
      this.#at += 1;
      this.#names.set(text, this.#expression());
    } else this.#expression();
    this.#take('line');
  }

  #loop(): void {
    this.#take('name', 'for');
    const variable = this.#take('name').text;
    this.#take('name', 'in');
    const values = this.#expression();
    if (!Array.isArray(values)) this.#fail('`for` needs a list');
    this.#take('symbol', ':');
    this.#take('line');
    this.#take('indent');
    const body = this.#at;
    for (const value of Array.isArray(values) ? values : []) {
      this.#at = body;
      this.#names.set(variable, value);
      while (!this.#is('dedent')) this.#statement();
    }
    if (this.#at === body) this.#skipBlock();
    this.#take('dedent');
  }

  #skipBlock(): void {
    for (let depth = 0; depth > 0 || !this.#is('dedent'); this.#at += 1) {
      if (this.#is('end')) this.#fail('unexpected end');
      if (this.#is('indent')) depth += 1;
      if (this.#is('dedent')) depth -= 1;
    }
  }

  #expression(): RuleValue {
    let value = this.#operand();
    while (this.#skip('symbol', '+')) {
      const right = this.#operand();
      if (typeof value === 'string' && typeof right === 'string') value += right;
      else if (Array.isArray(value) && Array.isArray(right)) value = [...value, ...right];
      else this.#fail('`+` joins two strings or two lists');
    }
    return value;
  }

  #operand(): RuleValue {
    this.#nesting += 1;
    if (this.#nesting > MAX_NESTING) this.#fail('nested too deeply');
    const value = this.#primary();
    this.#nesting -= 1;
    return value;
  }

  #primary(): RuleValue {
    const token = this.#token;
    this.#at += 1;
    switch (token.kind) {
      case 'string':
        return this.#adjacent(token.text);
      case 'fstring':
        return this.#adjacent(this.#interpolated(token.text));
      case 'number':
        return Number(token.text);
      case 'name':
        return this.#skip('symbol', '(') ? this.#call(token) : this.#value(token.text);
      default:
        break;
    }
    if (token.kind === 'symbol' && token.text === '[') return this.#items(']');
    if (token.kind === 'symbol' && token.text === '(') {
      const value = this.#expression();
      this.#take('symbol', ')');
      return value;
    }
    this.#at -= 1;
    return this.#fail(`unexpected ${describe(token)}, expected an expression`);
  }

  #adjacent(text: string): string {
    if (this.#is('string') || this.#is('fstring')) this.#fail('two strings have to be joined with `+`');
    return text;
  }

  #value(name: string): RuleValue {
    const value = this.#names.get(name);
    if (value === undefined) this.#fail(`\`${name}\` is not defined`);
    return value ?? null;
  }

  #interpolated(text: string): string {
    return text.replace(/\{\{|\}\}|\{([^{}]*)\}/g, (whole, name: string | undefined) => {
      if (name === undefined) return whole.slice(0, 1);
      const value = this.#value(name.trim());
      return typeof value === 'string' ? value : JSON.stringify(value);
    });
  }

  #items(close: string): RuleValue[] {
    const items: RuleValue[] = [];
    while (!this.#skip('symbol', close)) {
      items.push(this.#expression());
      if (!this.#skip('symbol', ',') && !this.#is('symbol', close))
        this.#fail(`unexpected ${describe(this.#token)}, expected \`,\` or \`${close}\``);
    }
    return items;
  }

  #call(name: Token): RuleValue {
    const positional: RuleValue[] = [];
    const named = new Map<string, RuleValue>();
    while (!this.#skip('symbol', ')')) {
      const next = this.#tokens[this.#at + 1];
      if (this.#is('name') && next?.kind === 'symbol' && next.text === '=') {
        const argument = this.#take('name').text;
        this.#at += 1;
        if (named.has(argument)) this.#fail(`\`${argument}\` is given twice`);
        named.set(argument, this.#expression());
      } else if (named.size > 0) this.#fail('arguments without a name come first');
      else positional.push(this.#expression());
      if (!this.#skip('symbol', ',') && !this.#is('symbol', ')')) this.#fail(`unexpected ${describe(this.#token)}, expected \`)\``);
    }
    this.#onCall({ name: name.text, positional, named, line: name.line, column: name.column });
    return null;
  }
}

const describe = (token: Token): string => {
  if (token.kind === 'line' || token.kind === 'end') return 'end of line';
  return token.kind === 'indent' || token.kind === 'dedent' ? 'indentation' : `\`${token.text}\``;
};
