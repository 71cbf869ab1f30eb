/** The script of the chat view: takes what the extension says and puts it where it belongs. */
import type { ServerState, ToView, ViewItem } from '../messages.ts';
import { post, run } from './api.ts';
import { focusCards, showCards } from './cards.ts';
import { focusComposer, openComposer, restore, showMentions, showState } from './composer.ts';
import { byId, h } from './dom.ts';
import { renderItem, type Shown } from './items.ts';

const items = new Map<string, Shown>();
const log = byId('log');
/** How near the end somebody must be for new text to keep them there. */
const followPixels = 60;

/** Stays at the end of the conversation; `always`: goes there wherever it was. */
function following(change: () => void, always = false): void {
  const follow = always || log.scrollHeight - log.scrollTop - log.clientHeight < followPixels;
  change();
  if (follow) requestAnimationFrame(() => (log.scrollTop = log.scrollHeight));
}

function showItem(item: ViewItem): void {
  const before = items.get(item.id);
  const shown = renderItem(item);
  const open = before?.element.querySelector('details')?.open;
  const details = shown.element.querySelector('details');
  if (open && details) details.open = true;
  if (before) before.element.replaceWith(shown.element);
  else log.append(shown.element);
  items.set(item.id, shown);
}

function showAll(all: readonly ViewItem[]): void {
  items.clear();
  log.replaceChildren();
  for (const item of all) showItem(item);
  if (all.length === 0) log.append(empty());
  log.scrollTop = log.scrollHeight;
}

const empty = (): HTMLElement =>
  h(
    'div',
    { class: 'empty' },
    h('p', {}, 'Ask for something, and watch it happen.'),
    h('p', {}, 'Nothing leaves the sandbox before you allow it.'),
  );

/** The end of a turn is worth a word; every delta would be noise. */
function announce(item: ViewItem): void {
  if (item.kind === 'agent' && item.text !== '' && !item.commentary) byId('live').textContent = item.text;
  else if (item.kind === 'error') byId('live').textContent = item.text;
  else if (item.kind === 'command' && item.ending !== '') byId('live').textContent = `Command ended: ${item.ending}`;
}

const remedies = {
  untrusted: [['Manage trust', 'workbench.trust.manage']],
  noFolder: [],
  idle: [],
  starting: [],
  lost: [['Show log', 'switchyard.showLog']],
  failed: [
    ['Restart server', 'switchyard.restart'],
    ['Show log', 'switchyard.showLog'],
  ],
  ready: [],
} as const satisfies Record<ServerState['phase'], readonly (readonly [string, Parameters<typeof run>[0]])[]>;

function showServer({ phase, detail }: ServerState): void {
  const box = byId('server');
  box.hidden = phase === 'ready';
  box.className = `server ${phase}`;
  box.replaceChildren(
    h('pre', { role: phase === 'failed' ? 'alert' : 'status' }, detail),
    ...remedies[phase].map(([label, command]) => h('button', { type: 'button', click: run(command) }, label)),
  );
}

function hear(message: ToView): void {
  switch (message.type) {
    case 'items':
      showAll(message.items);
      return;
    case 'item':
      following(() => {
        if (items.size === 0) log.replaceChildren();
        showItem(message.item);
        announce(message.item);
      }, message.item.kind === 'user');
      return;
    case 'append':
      following(() => items.get(message.id)?.append(message.text));
      return;
    case 'cards':
      following(() => showCards(message.cards));
      return;
    case 'state': {
      const { state } = message;
      byId('title').textContent = state.title === '' ? 'New thread' : state.title;
      log.setAttribute('aria-busy', String(state.running));
      showServer(state.server);
      showState(state);
      return;
    }
    case 'mentions':
      showMentions(message.query, message.files);
      return;
    case 'focus':
      if (message.on === 'composer' || !focusCards()) focusComposer();
      return;
    case 'refused':
      restore(message.text, message.images);
      return;
  }
}

openComposer();
window.addEventListener('message', (event: MessageEvent<ToView>) => hear(event.data));
post({ type: 'ready' });
