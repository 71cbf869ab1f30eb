/** The items of the conversation as elements, each updated in place while it grows. */
import type { CommandItem, FileRow, Progress, ViewItem } from '../messages.ts';
import { post } from './api.ts';
import { h } from './dom.ts';
import { renderMarkdown } from './markdown.ts';

const stateWords: Readonly<Record<Progress, string>> = {
  running: 'running',
  waiting: 'waits for you',
  done: 'done',
  failed: 'failed',
  declined: 'declined',
};
/** Growing text is laid out again at most once a frame; what is shown of it is bounded. */
const shownChars = 64 * 1024;

export interface Shown {
  readonly element: HTMLElement;
  /** Adds text at the end. */
  append(text: string): void;
}

export function renderItem(item: ViewItem): Shown {
  switch (item.kind) {
    case 'user':
      return fixed(article('user', 'You', h('div', { class: 'text' }, item.text), ...item.images.map(picture)));
    case 'agent':
      return growing(item.text, (body) => article(item.commentary ? 'agent commentary' : 'agent', 'Agent', body));
    case 'plan':
      return growing(item.text, (body) => article('plan', 'Plan', body));
    case 'reasoning':
      return growing(item.text, (body) => article('reasoning', 'Reasoning', h('details', {}, h('summary', {}, 'Reasoning'), body)));
    case 'steps':
      return fixed(article('steps', 'Plan', steps(item)));
    case 'command':
      return command(item.id, item);
    case 'files':
      return fixed(
        article(
          'files',
          'Files',
          head('Files', item.state, item.state === 'running' || item.state === 'waiting' ? 'proposed' : ''),
          ...item.files.map((row) => fileRow(row, item.id)),
        ),
      );
    case 'tool':
      return tool(item);
    case 'notice':
      return fixed(article('notice', 'Notice', h('div', { class: 'text' }, item.text), ...login(item.login)));
    case 'error':
      return fixed(
        article('error', 'Error', h('div', { class: 'text', role: 'alert' }, item.text), h('div', { class: 'advice' }, item.advice)),
      );
  }
}

const login = (name: string): HTMLElement[] =>
  name === ''
    ? []
    : [h('button', { type: 'button', 'aria-label': `Log in to ${name}`, click: () => post({ type: 'login', name }) }, `Log in to ${name}`)];

const fixed = (element: HTMLElement): Shown => ({ element, append: () => {} });

function article(kind: string, label: string, ...children: Node[]): HTMLElement {
  return h('article', { class: `item ${kind}`, 'aria-label': label }, ...children);
}

const picture = (source: string): HTMLElement => h('img', { src: source, alt: 'Image that you sent' });

function growing(text: string, wrap: (body: HTMLElement) => HTMLElement): Shown {
  const body = h('div', { class: 'markdown' });
  let all = text;
  let waiting = false;
  renderMarkdown(body, all);
  const append = (more: string) => {
    all += more;
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      renderMarkdown(body, all);
    });
  };
  return { element: wrap(body), append };
}

function head(title: string, state: Progress, ending: string, ...more: Node[]): HTMLElement {
  const word = ending === '' ? stateWords[state] : ending;
  return h('div', { class: 'head' }, h('span', { class: 'headline' }, title), h('span', { class: `state ${state}` }, word), ...more);
}

function command(id: string, item: CommandItem): Shown {
  const output = h('pre', { class: 'output', tabindex: '0', 'aria-label': 'Output' });
  const show = (text: string) => {
    output.textContent = text;
    output.hidden = text === '';
  };
  let text = item.cut ? `… ${item.text}` : item.text;
  show(text);
  const terminal = h(
    'button',
    { class: 'link', title: 'Open in terminal', 'aria-label': 'Open in terminal', click: () => post({ type: 'terminal', itemId: id }) },
    'Terminal',
  );
  const line = h('code', { class: 'command' }, item.command);
  const append = (more: string) => {
    text = (text + more).slice(-shownChars);
    show(text);
    output.scrollTop = output.scrollHeight;
  };
  return { element: article('run', 'Command', head('Command', item.state, item.ending, terminal), line, output), append };
}

function steps(item: Extract<ViewItem, { kind: 'steps' }>): HTMLElement {
  const marks = { pending: '○', inProgress: '◐', completed: '●' } as const;
  const words = { pending: 'to do', inProgress: 'in progress', completed: 'done' } as const;
  const rows = item.steps.map(({ text, state }) =>
    h(
      'li',
      { class: state },
      h('span', { 'aria-hidden': 'true' }, `${marks[state]} `),
      text,
      h('span', { class: 'unseen' }, `, ${words[state]}`),
    ),
  );
  return h(
    'div',
    {},
    h('div', { class: 'headline' }, 'Plan'),
    ...(item.text === '' ? [] : [h('div', {}, item.text)]),
    h('ul', {}, ...rows),
  );
}

function fileRow(row: FileRow, itemId: string): HTMLElement {
  return h(
    'div',
    { class: 'file' },
    h(
      'button',
      { class: 'link path', title: 'Open in the diff editor', click: () => post({ type: 'diff', path: row.path, itemId }) },
      row.label,
    ),
    ...counts(row),
  );
}

/** `new +3 -1`, as words for screen readers. */
export function counts(row: FileRow): HTMLElement[] {
  const word = { add: 'new', delete: 'deleted', update: '' }[row.change];
  return [
    ...(word === '' ? [] : [h('span', { class: 'change' }, word)]),
    ...(row.added === 0 ? [] : [h('span', { class: 'added' }, `+${row.added}`, h('span', { class: 'unseen' }, ' lines added'))]),
    ...(row.removed === 0 ? [] : [h('span', { class: 'removed' }, `−${row.removed}`, h('span', { class: 'unseen' }, ' lines removed'))]),
  ];
}

function tool(item: Extract<ViewItem, { kind: 'tool' }>): Shown {
  const result = h('pre', { class: 'output', tabindex: '0', 'aria-label': 'Result' }, item.text);
  const input = h('details', {}, h('summary', {}, 'Input'), h('pre', { tabindex: '0', 'aria-label': 'Input' }, item.input));
  const parts = [head(item.title, item.state, ''), ...(item.input === '' ? [] : [input]), result];
  result.hidden = item.text === '';
  const append = (more: string) => {
    result.hidden = false;
    result.textContent = ((result.textContent ?? '') + more).slice(-shownChars);
  };
  return { element: article('tool', `Tool ${item.title}`, ...parts), append };
}
