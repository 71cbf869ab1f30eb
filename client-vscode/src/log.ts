/** The output channel as the log of the client library. */
import type { Log } from 'switchyard/client';
import type * as vscode from 'vscode';
import { redact, redactText } from './diagnostics.ts';

/** What is kept for the diagnostics. */
const keptLines = 200;

export interface ChannelLog extends Log {
  /** The last lines, redacted. */
  recent(): readonly string[];
}

export function channelLog(channel: vscode.LogOutputChannel): ChannelLog {
  const recent: string[] = [];
  const at = (level: 'error' | 'warn' | 'info' | 'debug') => (message: string, fields?: Record<string, unknown>) => {
    const text = `${redactText(message)}${fields ? ` ${JSON.stringify(redact(fields))}` : ''}`;
    channel[level](text);
    recent.push(`${level} ${text}`);
    if (recent.length > keptLines) recent.shift();
  };
  const log: ChannelLog = {
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    child: () => log,
    recent: () => recent,
  };
  return log;
}
