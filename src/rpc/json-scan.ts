/** Reads JSON the strict way of the exec protocol: no key twice in an object, a limit on values, and reasons with their place. */
import { MalformedMessage, parseMessage } from './transports/transport.ts';

/** JSON values (scalars, arrays and objects) that one message may hold. */
const maxValues = 262_144;
/** Arrays and objects inside each other. */
const maxDepth = 127;

/** The value of `text`; throws a `MalformedMessage` whose text is the decoder's sentence. */
export function scanMessage(text: string): unknown {
  new Scanner(text).run();
  try {
    return parseMessage(text);
  } catch (error) {
    // What is wrong inside a string is left to the parser, which is quick; its words are not those of the wire.
    new Scanner(text, { readsStrings: true }).run();
    throw error;
  }
}

type Container = { readonly keys: Set<string> | undefined };

/** Walks the text once without recursion and builds nothing but the sets of keys. */
class Scanner {
  readonly #text: string;
  readonly #readsStrings: boolean;
  #at = 0;
  #values = 0;
  readonly #stack: Container[] = [];

  constructor(text: string, { readsStrings = false }: { readonly readsStrings?: boolean } = {}) {
    this.#text = text;
    this.#readsStrings = readsStrings;
  }

  run(): void {
    this.#space();
    for (let done = false; !done; ) done = this.#step();
    this.#space();
    if (this.#at < this.#text.length) this.#fail('trailing characters', this.#at + 1);
  }

  /** Reads one value and whatever closes after it. True when the outermost value is complete. */
  #step(): boolean {
    const opened = this.#value();
    if (opened) {
      this.#space();
      if (this.#text[this.#at] === (opened.keys ? '}' : ']')) this.#close();
      else {
        if (opened.keys) this.#key(opened.keys);
        return false;
      }
    }
    return this.#afterValue();
  }

  #afterValue(): boolean {
    for (;;) {
      const container = this.#stack.at(-1);
      if (!container) return true;
      this.#space();
      const char = this.#text[this.#at];
      if (char === undefined) this.#fail(`EOF while parsing ${container.keys ? 'an object' : 'a list'}`, this.#at);
      if (char === (container.keys ? '}' : ']')) this.#close();
      else if (char === ',') {
        this.#at += 1;
        this.#space();
        if (this.#text[this.#at] === (container.keys ? '}' : ']')) this.#fail('trailing comma', this.#at + 1);
        if (container.keys) this.#key(container.keys);
        return false;
      } else this.#fail(`expected \`,\` or \`${container.keys ? '}' : ']'}\``, this.#at + 1);
    }
  }

  #close(): void {
    this.#at += 1;
    this.#stack.pop();
  }

  /** The container, when the value opens one. */
  #value(): Container | undefined {
    const char = this.#text[this.#at];
    this.#values += 1;
    if (this.#values > maxValues) this.#fail(`JSON-RPC message exceeds the limit of ${maxValues} JSON values`, this.#at);
    let opened: Container | undefined;
    if (char === '{' || char === '[') {
      opened = { keys: char === '{' ? new Set<string>() : undefined };
      this.#at += 1;
      this.#stack.push(opened);
      if (this.#stack.length > maxDepth) this.#fail('recursion limit exceeded', this.#at);
    } else this.#scalar(char);
    return opened;
  }

  #scalar(char: string | undefined): void {
    if (char === undefined) this.#fail('EOF while parsing a value', this.#at);
    if (char === '"') this.#string();
    else if (char === '-' || (char >= '0' && char <= '9')) this.#number();
    else if (char === 't') this.#word('true');
    else if (char === 'f') this.#word('false');
    else if (char === 'n') this.#word('null');
    else this.#fail('expected value', this.#at + 1);
  }

  #word(word: string): void {
    for (let index = 0; index < word.length; index += 1) {
      const char = this.#text[this.#at + index];
      if (char === undefined) this.#fail('EOF while parsing a value', this.#at + index);
      if (char !== word[index]) this.#fail('expected ident', this.#at + index + 1);
    }
    this.#at += word.length;
  }

  #number(): void {
    numberPattern.lastIndex = this.#at;
    const match = numberPattern.exec(this.#text);
    if (!match) this.#fail('invalid number', this.#at + 2);
    this.#at = numberPattern.lastIndex;
    if (match[0].length > 1 && /^-?0\d/.test(this.#text.slice(this.#at - match[0].length, this.#at + 1)))
      this.#fail('invalid number', this.#at - match[0].length + 2);
  }

  /** Moves behind the string that begins here and returns its raw text, escapes and all. */
  #string(): string {
    const start = this.#at + 1;
    let from = start;
    for (;;) {
      const quote = this.#text.indexOf('"', from);
      if (quote < 0) this.#fail('EOF while parsing a string', this.#text.length);
      let backslashes = 0;
      while (this.#text[quote - 1 - backslashes] === '\\') backslashes += 1;
      if (backslashes % 2 === 0) {
        this.#at = quote + 1;
        const raw = this.#text.slice(start, quote);
        if (this.#readsStrings) this.#checkString(raw, start);
        return raw;
      }
      from = quote + 1;
    }
  }

  #checkString(raw: string, start: number): void {
    const bad = badInString.exec(raw);
    if (!bad) return;
    const reason = bad[0].startsWith('\\') ? 'invalid escape' : 'control character (\\u0000-\\u001F) found while parsing a string';
    this.#fail(reason, start + bad.index + bad[0].length);
  }

  #key(keys: Set<string>): void {
    this.#space();
    if (this.#text[this.#at] === undefined) this.#fail('EOF while parsing an object', this.#at);
    if (this.#text[this.#at] !== '"') this.#fail('key must be a string', this.#at + 1);
    const raw = this.#string();
    const key = raw.includes('\\') ? unescaped(raw) : raw;
    if (keys.has(key)) this.#fail(`duplicate JSON object key \`${key}\``, this.#at);
    keys.add(key);
    this.#space();
    if (this.#text[this.#at] !== ':') this.#fail('expected `:`', this.#at + 1);
    this.#at += 1;
    this.#space();
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return;
      this.#at += 1;
    }
  }

  /** `end` counts the characters read so far; columns are bytes. Of the character that does not fit, the first byte was looked at. */
  #fail(reason: string, end: number): never {
    const before = this.#text.slice(0, end);
    const line = before.split('\n').length;
    const read = before.slice(before.lastIndexOf('\n') + 1);
    const column = reason.startsWith('EOF') || read === '' ? Buffer.byteLength(read) : Buffer.byteLength(read.slice(0, -1)) + 1;
    throw new MalformedMessage(`${reason} at line ${line} column ${column}`);
  }
}

/** What may stand in no string: an escape that is none, behind any number of escaped backslashes, and control characters. */
const badInString = /(?<!\\)(?:\\\\)*\\[^"\\/bfnrtu]|[\u0000-\u001f]/;

const numberPattern = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

function unescaped(raw: string): string {
  try {
    return String(JSON.parse(`"${raw}"`));
  } catch {
    // A broken escape is reported by the parser that follows; for telling keys apart the raw text will do.
    return raw;
  }
}
