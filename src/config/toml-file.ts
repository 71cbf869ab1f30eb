/** Reading TOML text: numbers stay numbers, dates become text, and an error says where. */
import { parse, TomlDate, TomlError } from 'smol-toml';
import { ConfigError } from './config-error.ts';
import { define, isTable, type TomlTable } from './toml-values.ts';

/** Throws `ConfigError` (`syntax`) with the place in `file`. */
export function parseToml(text: string, file: string): TomlTable {
  try {
    return plain(parse(text));
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const place = { line: error.line, column: error.column };
    const reason = (error.message.split('\n')[0] ?? '').replace(/^Invalid TOML document: /, '');
    const lineText = text.split('\n')[error.line - 1]?.replace(/\r$/, '');
    throw new ConfigError('syntax', reason, { file, range: { start: place, end: place }, ...(lineText === undefined ? {} : { lineText }) });
  }
}

/** The value of a command line override: TOML, or else the text itself without quotes around it. */
export function parseTomlValue(text: string): unknown {
  try {
    return plain(parse(`value = ${text}`)).value;
  } catch {
    return text.trim().replace(/^(["'])(.*)\1$/s, '$2');
  }
}

function plain(table: object): TomlTable {
  const result: TomlTable = {};
  for (const [key, value] of Object.entries(table)) define(result, key, plainValue(value));
  return result;
}

function plainValue(value: unknown): unknown {
  if (value instanceof TomlDate) return value.toISOString();
  if (Array.isArray(value)) return value.map(plainValue);
  return isTable(value) ? plain(value) : value;
}
