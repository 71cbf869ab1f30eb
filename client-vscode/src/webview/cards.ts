/** What waits for a decision, above the composer. The focus only ever comes to a button that refuses. */
import type { Card, Question } from '../messages.ts';
import { post } from './api.ts';
import { byId, h } from './dom.ts';
import { counts } from './items.ts';

let shown: readonly Card[] = [];
/** What was filled in, kept while a card is drawn anew. */
const filled = new Map<string, Record<string, string>>();

/** Draws the cards; tells the live region of each new one. */
export function showCards(cards: readonly Card[]): void {
  const region = byId('cards');
  const before = new Set(shown.map(({ key }) => key));
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.name : undefined;
  for (const key of filled.keys()) if (!cards.some((card) => card.key === key)) filled.delete(key);
  shown = cards;
  region.replaceChildren(...cards.map(render));
  region.hidden = cards.length === 0;
  const fresh = cards.filter(({ key }) => !before.has(key));
  if (fresh.length > 0) byId('live').textContent = fresh.map((card) => `${card.title} ${card.command}`).join('. ');
  const again = focused === undefined ? undefined : named(region, focused);
  if (again) again.focus();
  else if (focused !== undefined && !focusCards()) byId('message').focus();
}

const named = (region: HTMLElement, name: string): HTMLElement | undefined =>
  [...region.querySelectorAll<HTMLElement>('[data-name]')].find((element) => element.dataset.name === name);

/** False when nothing waits. */
export function focusCards(): boolean {
  const button = byId('cards').querySelector<HTMLElement>('button.refuse');
  button?.focus();
  return button !== null;
}

function render(card: Card): HTMLElement {
  const { key } = card;
  const parts: Node[] = [h('h2', {}, card.title)];
  const row = (label: string, value: HTMLElement) => parts.push(h('div', { class: 'fact' }, h('span', { class: 'label' }, label), value));
  if (card.text !== '') parts.push(h('p', {}, card.text));
  if (card.command !== '') parts.push(h('pre', { class: 'command', tabindex: '0', 'aria-label': 'Command' }, card.command));
  if (card.cwd !== '') row('in', h('code', {}, card.cwd));
  if (card.reason !== '') row('because', h('span', {}, card.reason));
  for (const fact of card.facts) row('allows', h('code', {}, fact));
  if (card.elsewhere !== '') row('in thread', h('code', {}, card.elsewhere));
  for (const file of card.files) parts.push(fileRow(key, file, card.files.length > 1));
  for (const question of card.questions) parts.push(field(key, question));
  const buttons = card.choices.map(({ id, label, role }) =>
    h('button', { type: 'button', class: role, 'data-name': `${key} ${id}`, click: () => answer(key, id) }, label),
  );
  parts.push(h('div', { class: 'choices', role: 'group', 'aria-label': 'Decision' }, ...buttons));
  return h('section', { class: 'card', 'aria-label': card.title }, ...parts);
}

function answer(key: string, choice: string): void {
  post({ type: 'answer', key, choice, answers: filled.get(key) ?? {} });
}

/** A single file needs no decision of its own. */
function fileRow(key: string, file: Card['files'][number], each: boolean): HTMLElement {
  const { path, label, accepted } = file;
  const decide = (accept: boolean) => () => post({ type: 'file', key, path, accept });
  const word = accepted === undefined ? [] : [h('span', { class: 'decided' }, accepted ? 'accepted' : 'declined')];
  const button = (name: string, text: string, role: string, pressed: boolean, click: () => void) =>
    h(
      'button',
      {
        type: 'button',
        class: `small ${role}`,
        'data-name': `${key} ${name} ${path}`,
        'aria-pressed': String(pressed),
        'aria-label': `${text} ${label}`,
        click,
      },
      text,
    );
  const review = () => post({ type: 'diff', key, path });
  return h(
    'div',
    { class: 'file' },
    h(
      'button',
      {
        type: 'button',
        class: 'link path',
        'data-name': `${key} review ${path}`,
        'aria-label': `Review ${label} in the diff editor`,
        click: review,
      },
      label,
    ),
    ...counts(file),
    ...word,
    ...(each
      ? [
          h(
            'span',
            { class: 'each' },
            button('no', 'Decline', 'refuse-one', accepted === false, decide(false)),
            button('yes', 'Accept', 'allow-one', accepted === true, decide(true)),
          ),
        ]
      : []),
  );
}

function field(key: string, question: Question): HTMLElement {
  const values = filled.get(key) ?? {};
  filled.set(key, values);
  const id = `field ${key} ${question.id}`.replace(/\s/g, '-');
  const keep = (event: Event) => {
    const { target } = event;
    if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement) values[question.id] = target.value;
  };
  const label = h('label', { for: id }, question.header, h('span', { class: 'hint' }, ` ${question.text}`));
  if (question.options.length > 0) {
    const options = ['', ...question.options.map((option) => option.label)].map((text) => {
      const selected = values[question.id] === text;
      return h('option', { value: text, selected }, text === '' ? 'Choose …' : text);
    });
    return h('div', { class: 'field' }, label, h('select', { id, 'data-name': id, change: keep }, ...options));
  }
  const type = question.secret ? 'password' : 'text';
  return h('div', { class: 'field' }, label, h('input', { id, type, 'data-name': id, value: values[question.id] ?? '', input: keep }));
}
