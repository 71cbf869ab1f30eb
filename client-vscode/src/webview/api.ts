/** The way back to the extension, and what the view keeps while it is hidden. */
import type { FromView, ViewCommand } from '../messages.ts';

declare function acquireVsCodeApi(): { postMessage(message: FromView): void; getState(): unknown; setState(state: unknown): void };

const api = acquireVsCodeApi();

export const post = (message: FromView): void => api.postMessage(message);
export const run = (command: ViewCommand) => (): void => api.postMessage({ type: 'command', command });

/** What the user was writing, kept across a reload. */
export function draft(): string {
  const state = api.getState();
  return typeof state === 'object' && state !== null && 'draft' in state && typeof state.draft === 'string' ? state.draft : '';
}
export const keepDraft = (text: string): void => api.setState({ draft: text });
