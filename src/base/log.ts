/** Logging to stderr. stdout is the wire, and nothing else may write there. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug' | 'trace';

export interface Log {
  error(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  debug(message: string, fields?: Record<string, unknown>): void;
  child(target: string): Log;
}

const order: readonly LogLevel[] = ['error', 'warn', 'info', 'debug', 'trace'];

/** The level of a `RUST_LOG`-style setting: its first bare level, `error` when there is none. */
export function parseLogLevel(setting: string | undefined): LogLevel {
  const words = (setting ?? '')
    .toLowerCase()
    .split(',')
    .map((part) => part.split('=').at(-1) ?? '');
  return order.find((level) => words.includes(level)) ?? 'error';
}

/** Values of fields whose name says secret never reach a log line. */
const secretName = /key|secret|token|password|authorization|cookie/i;
const redact = (name: string, value: unknown): unknown => {
  if (secretName.test(name)) return '[redacted]';
  return value instanceof Error ? (value.stack ?? value.message) : value;
};

export function createLog(options: { write: (line: string) => void; level: LogLevel; json?: boolean; target?: string }): Log {
  const limit = order.indexOf(options.level);
  const target = options.target ?? 'switchyard';
  const at =
    (level: LogLevel) =>
    (message: string, fields: Record<string, unknown> = {}) => {
      if (order.indexOf(level) > limit) return;
      const timestamp = new Date().toISOString();
      const safe = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, redact(name, value)]));
      if (options.json)
        options.write(`${JSON.stringify({ timestamp, level: level.toUpperCase(), target, fields: { message, ...safe } })}\n`);
      else {
        const tail = Object.entries(safe).map(([name, value]) => ` ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
        options.write(`${timestamp} ${level.toUpperCase().padStart(5)} ${target}: ${message}${tail.join('')}\n`);
      }
    };
  return {
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    child: (name) => createLog({ ...options, target: `${target}::${name}` }),
  };
}

const nothing = () => {};
export const silentLog: Log = { error: nothing, warn: nothing, info: nothing, debug: nothing, child: () => silentLog };
