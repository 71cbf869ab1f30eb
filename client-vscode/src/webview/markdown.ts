/** Markdown of the model as elements. HTML in it stays text; links go through the extension. */
import MarkdownIt from 'markdown-it';
import { post } from './api.ts';

const markdown = new MarkdownIt({ html: false, linkify: false, breaks: false });
// Images would be fetched from anywhere.
markdown.disable('image');
const escapes = /\u001b\[[\d;]*[A-Za-z]/g;

export function renderMarkdown(into: HTMLElement, text: string): void {
  // Colours of a terminal, which models repeat from what they read.
  into.innerHTML = markdown.render(text.replace(escapes, ''));
  for (const link of into.querySelectorAll('a'))
    link.addEventListener('click', (event) => {
      event.preventDefault();
      post({ type: 'link', url: link.getAttribute('href') ?? '' });
    });
  // What scrolls must be reachable by keyboard.
  for (const block of into.querySelectorAll('pre')) block.tabIndex = 0;
}
