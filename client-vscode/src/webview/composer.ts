/** Where the user writes: the message, pasted images, file names after an @, and what the next turn runs with. */
import type { ViewState } from '../messages.ts';
import { draft, keepDraft, post, run } from './api.ts';
import { byId, h } from './dom.ts';

const maxImages = 8;
/** A data URL of more than this would not fit into one message. */
const maxImageChars = 12 * 1024 * 1024;

const text = h('textarea', {
  id: 'message',
  rows: '3',
  placeholder: 'Ask for something. Enter sends, @ names a file.',
  'aria-label': 'Message to the agent',
  role: 'combobox',
  'aria-autocomplete': 'list',
  'aria-expanded': 'false',
  'aria-controls': 'mentions',
});
const mentions = h('ul', { id: 'mentions', class: 'mentions', role: 'listbox', 'aria-label': 'Files', hidden: true });
const pictures = h('div', { class: 'pictures' });
const pickers = h('div', { class: 'pickers', role: 'group', 'aria-label': 'How turns run' });
const stop = h('button', { type: 'button', class: 'stop', click: run('switchyard.interrupt') }, 'Stop');
const send = h('button', { type: 'submit', class: 'send', disabled: true }, 'Send');

let images: string[] = [];
let chosen = -1;

export function openComposer(): void {
  const form = byId('composer');
  form.append(pictures, mentions, text, h('div', { class: 'bar' }, pickers, stop, send));
  text.value = draft();
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    submit();
  });
  text.addEventListener('input', () => {
    keepDraft(text.value);
    const query = mentionQuery();
    if (query === undefined) closeMentions();
    else post({ type: 'search', query });
  });
  text.addEventListener('keydown', onKey);
  text.addEventListener('paste', onPaste);
}

export const focusComposer = (): void => text.focus();

/** Gives back what could not be sent. */
export function restore(message: string, pasted: readonly string[]): void {
  if (text.value !== '') return;
  text.value = message;
  images = [...pasted];
  keepDraft(message);
  showPictures();
}

export function showState(state: ViewState): void {
  // What is sent while the server starts waits for it.
  send.disabled = !['idle', 'starting', 'lost', 'ready'].includes(state.server.phase);
  send.textContent = state.running ? 'Steer' : 'Send';
  stop.hidden = !state.running;
  const picker = (name: string, value: string, command: Parameters<typeof run>[0]) =>
    h(
      'button',
      { type: 'button', class: 'picker', 'aria-label': `${name}: ${value}`, title: `${name}: ${value}`, click: run(command) },
      value || '…',
    );
  const focused =
    document.activeElement instanceof HTMLElement ? document.activeElement.getAttribute('aria-label')?.split(':')[0] : undefined;
  const wasInside = pickers.contains(document.activeElement);
  pickers.replaceChildren(
    picker('Model', state.model, 'switchyard.pickModel'),
    picker('Approvals', state.approvals, 'switchyard.pickApprovals'),
    picker('Sandbox', state.sandbox, 'switchyard.pickSandbox'),
    picker('Environment', state.environment, 'switchyard.pickEnvironment'),
  );
  if (wasInside)
    for (const one of pickers.querySelectorAll('button')) if (one.getAttribute('aria-label')?.startsWith(`${focused}:`)) one.focus();
}

function submit(): void {
  const message = text.value.trim();
  if (send.disabled || (message === '' && images.length === 0)) return;
  post({ type: 'send', text: message, images });
  text.value = '';
  images = [];
  keepDraft('');
  closeMentions();
  showPictures();
}

function onKey(event: KeyboardEvent): void {
  if (event.isComposing) return;
  if (!mentions.hidden && mentionKey(event.key)) {
    event.preventDefault();
    return;
  }
  if (event.key === 'Enter' && !event.shiftKey) {
    event.preventDefault();
    submit();
  } else if (event.key === 'Escape' && !stop.hidden) run('switchyard.interrupt')();
}

/** What follows the @ before the cursor. */
function mentionQuery(): string | undefined {
  return /(?:^|\s)@([^\s@]*)$/.exec(text.value.slice(0, text.selectionStart))?.[1];
}

export function showMentions(query: string, files: readonly string[]): void {
  if (mentionQuery() !== query) return;
  if (files.length === 0) {
    closeMentions();
    return;
  }
  mentions.replaceChildren(
    ...files.map((path, at) => h('li', { id: `mention-${at}`, role: 'option', 'aria-selected': 'false', mousedown: pick(path) }, path)),
  );
  mentions.hidden = false;
  text.setAttribute('aria-expanded', 'true');
  choose(0);
}

/** The focus stays where it is written. */
const pick = (path: string) => (event: Event) => {
  event.preventDefault();
  insert(path);
};

function closeMentions(): void {
  mentions.hidden = true;
  chosen = -1;
  text.setAttribute('aria-expanded', 'false');
  text.removeAttribute('aria-activedescendant');
}

function choose(at: number): void {
  const options = [...mentions.children];
  chosen = (at + options.length) % options.length;
  for (const [index, option] of options.entries()) option.setAttribute('aria-selected', String(index === chosen));
  options[chosen]?.scrollIntoView({ block: 'nearest' });
  text.setAttribute('aria-activedescendant', `mention-${chosen}`);
}

/** True when the key was for the list. */
function mentionKey(key: string): boolean {
  if (key === 'ArrowDown') choose(chosen + 1);
  else if (key === 'ArrowUp') choose(chosen - 1);
  else if (key === 'Escape') closeMentions();
  else if (key === 'Enter' || key === 'Tab') insert(mentions.children[chosen]?.textContent ?? '');
  else return false;
  return true;
}

function insert(path: string): void {
  const query = mentionQuery();
  if (query === undefined) return;
  const name = /\s/.test(path) ? `"${path}"` : path;
  text.setRangeText(`@${name} `, text.selectionStart - query.length - 1, text.selectionStart, 'end');
  keepDraft(text.value);
  closeMentions();
}

function onPaste(event: ClipboardEvent): void {
  const files = [...(event.clipboardData?.files ?? [])].filter(({ type }) => /^image\/(png|jpeg|gif|webp)$/.test(type));
  if (files.length === 0) return;
  event.preventDefault();
  for (const file of files) {
    const reader = new FileReader();
    reader.addEventListener('load', () => {
      if (typeof reader.result !== 'string' || reader.result.length > maxImageChars || images.length >= maxImages) return;
      images = [...images, reader.result];
      showPictures();
    });
    reader.readAsDataURL(file);
  }
}

function showPictures(): void {
  const remove = (at: number) => () => {
    images = images.filter((_, index) => index !== at);
    showPictures();
    focusComposer();
  };
  pictures.replaceChildren(
    ...images.map((source, at) => {
      const name = `Image ${at + 1}`;
      return h(
        'div',
        { class: 'picture' },
        h('img', { src: source, alt: name }),
        h('button', { type: 'button', 'aria-label': `Remove ${name}`, click: remove(at) }, '×'),
      );
    }),
  );
}
