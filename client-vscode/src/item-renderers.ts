/** Turns what the server tells about items into what the view shows. Nothing here knows the editor. */
import { stripVTControlCharacters } from 'node:util';
import type { FileUpdateChange, ThreadItem, TurnError } from 'switchyard/client';
import type { FileRow, Progress, ViewItem } from './messages.ts';

/** What is shown of a command's output; the terminal has more. */
const shownOutput = 64 * 1024;

const progress = { inProgress: 'running', completed: 'done', failed: 'failed', declined: 'declined' } as const;

/** Undefined for items that nobody needs to see. `shorten` makes a path readable. */
export function renderItem(item: ThreadItem, shorten: (path: string) => string): ViewItem | undefined {
  const { id } = item;
  switch (item.type) {
    case 'userMessage':
      return { id, kind: 'user', ...userContent(item.content) };
    case 'agentMessage':
      return { id, kind: 'agent', text: item.text, commentary: item.phase === 'commentary' };
    case 'reasoning':
      return { id, kind: 'reasoning', text: (item.summary.length > 0 ? item.summary : item.content).join('\n\n') };
    case 'plan':
      return { id, kind: 'plan', text: item.text };
    case 'commandExecution':
      return renderCommand(item);
    case 'fileChange':
      return { id, kind: 'files', files: item.changes.map((change) => fileRow(change, shorten)), state: progress[item.status] };
    case 'mcpToolCall':
    case 'dynamicToolCall':
    case 'collabAgentToolCall':
    case 'webSearch':
    case 'imageGeneration':
      return renderTool(item);
    default:
      return renderNotice(item, shorten);
  }
}

type Kind<T extends ThreadItem['type']> = Extract<ThreadItem, { type: T }>;

function userContent(content: Kind<'userMessage'>['content']): { text: string; images: string[] } {
  const texts: string[] = [];
  const images: string[] = [];
  for (const part of content) {
    if (part.type === 'text') texts.push(part.text);
    else if (part.type === 'image' && part.url?.startsWith('data:image/')) images.push(part.url);
    else if (part.type === 'localImage') texts.push(`[image ${part.path}]`);
    else if (part.type === 'mention' || part.type === 'skill') texts.push(`@${part.name}`);
    else texts.push(`[${part.type}]`);
  }
  return { text: texts.join('\n'), images };
}

function renderCommand(item: Kind<'commandExecution'>): ViewItem {
  const output = stripVTControlCharacters(item.aggregatedOutput ?? '');
  const cut = output.length > shownOutput;
  return {
    id: item.id,
    kind: 'command',
    command: item.command,
    cwd: item.cwd,
    text: cut ? output.slice(-shownOutput) : output,
    cut,
    state: item.status === 'completed' && item.exitCode !== null && item.exitCode !== 0 ? 'failed' : progress[item.status],
    ending: ending(item),
  };
}

function ending({ status, exitCode, durationMs }: Kind<'commandExecution'>): string {
  if (status === 'inProgress') return '';
  if (status === 'declined') return 'declined, it did not run';
  const took = durationMs === null ? '' : `, ${duration(Number(durationMs))}`;
  return exitCode === null ? `${status}${took}` : `exit ${exitCode}${took}`;
}

export const duration = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

/** What a change does to one file, with the lines it adds and takes away. */
export function fileRow(change: FileUpdateChange, shorten: (path: string) => string): FileRow {
  const { path, kind, diff } = change;
  const lines = diff === '' ? [] : diff.replace(/\n$/, '').split('\n');
  const label = kind.type === 'update' && kind.move_path !== null ? `${shorten(path)} → ${shorten(kind.move_path)}` : shorten(path);
  if (kind.type !== 'update')
    return {
      label,
      path,
      change: kind.type,
      added: kind.type === 'add' ? lines.length : 0,
      removed: kind.type === 'add' ? 0 : lines.length,
    };
  const count = (sign: string) => lines.filter((line) => line.startsWith(sign) && !line.startsWith(sign.repeat(3))).length;
  return { label, path, change: 'update', added: count('+'), removed: count('-') };
}

type ToolItem = Kind<'mcpToolCall' | 'dynamicToolCall' | 'collabAgentToolCall' | 'webSearch' | 'imageGeneration'>;

function renderTool(item: ToolItem): ViewItem {
  const tool = (title: string, input: string, text: string, state: Progress): ViewItem => ({
    id: item.id,
    kind: 'tool',
    title,
    input,
    text,
    state,
  });
  switch (item.type) {
    case 'mcpToolCall': {
      const failed = item.error?.message;
      return tool(`${item.server}: ${item.tool}`, json(item.arguments), failed ?? contentText(item.result?.content), progress[item.status]);
    }
    case 'dynamicToolCall':
      return tool(item.tool, json(item.arguments), contentText(item.contentItems ?? []), progress[item.status]);
    case 'collabAgentToolCall':
      return tool(`Agents: ${item.tool}`, item.prompt ?? '', '', item.status === 'interrupted' ? 'declined' : progress[item.status]);
    case 'webSearch':
      return tool('Web search', item.query, '', 'done');
    case 'imageGeneration':
      return tool('Image', item.revisedPrompt ?? '', item.savedPath ?? '', item.status === 'failed' ? 'failed' : 'done');
  }
}

function renderNotice(item: ThreadItem, shorten: (path: string) => string): ViewItem | undefined {
  const notice = (text: string): ViewItem => ({ id: item.id, kind: 'notice', text, login: '' });
  switch (item.type) {
    case 'imageView':
      return notice(`Looked at ${shorten(item.path)}`);
    case 'sleep':
      return notice(`Waited ${duration(Number(item.durationMs))}`);
    case 'contextCompaction':
      return notice('The conversation was summarised to make room.');
    case 'enteredReviewMode':
      return notice(`Review: ${item.review}`);
    case 'exitedReviewMode':
      return { id: item.id, kind: 'agent', text: item.review, commentary: false };
    case 'hookPrompt':
      return notice(item.fragments.map(({ text }) => text).join('\n'));
    case 'subAgentActivity':
      return notice(`Agent ${item.agentPath}: ${item.kind}`);
    default:
      return undefined;
  }
}

const json = (value: unknown): string => (value === null || value === undefined ? '' : JSON.stringify(value, undefined, 2));

function contentText(content: readonly unknown[] | undefined): string {
  return (content ?? [])
    .map((part) => (typeof part === 'object' && part !== null && 'text' in part && typeof part.text === 'string' ? part.text : json(part)))
    .join('\n');
}

/** An error with what the user can do about it. */
export function renderError(id: string, error: TurnError): ViewItem {
  return {
    id,
    kind: 'error',
    text: [error.message, error.additionalDetails ?? ''].filter((text) => text !== '').join('\n'),
    advice: adviceFor(error),
  };
}

const advice: Readonly<Record<string, string>> = {
  contextWindowExceeded: 'The conversation is too long for the model: start a new thread, or fork this one from an earlier turn.',
  usageLimitExceeded: 'The limit of the plan is reached: wait for it to reset, or choose another model.',
  rateLimitExceeded: 'Too many requests: try again in a moment.',
  serverOverloaded: 'The model is at capacity: try again in a moment, or choose another model.',
  modelNotFound: 'Choose another model (Switchyard: Choose Model).',
  unauthorized: 'Sign in again, or check the key of the model provider in config.toml.',
  sandboxError: 'The sandbox failed. The log has the cause (Switchyard: Show Log).',
};

function adviceFor({ codexErrorInfo }: TurnError): string {
  const kind = typeof codexErrorInfo === 'string' ? codexErrorInfo : Object.keys(codexErrorInfo ?? {})[0];
  if (kind === undefined) return 'Send the message again to retry.';
  if (/^(http|response)/.test(kind)) return 'The model could not be reached: check the network, then send the message again.';
  return advice[kind] ?? 'Send the message again to retry.';
}
