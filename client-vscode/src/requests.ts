/** What the view asks for. A failure is shown and logged; it never reaches the view's script. */
import * as vscode from 'vscode';
import { openThread } from './cards.ts';
import type { ChannelLog } from './log.ts';
import type { FromView } from './messages.ts';
import type { AgentWindow } from './window.ts';

export async function handleRequest(window: AgentWindow, log: ChannelLog, message: FromView): Promise<void> {
  try {
    await handle(window, message);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    log.error('a request of the view failed', { type: message.type, error: text });
    if (message.type === 'send') window.view.post({ type: 'refused', text: message.text, images: message.images });
    void vscode.window.showErrorMessage(`Switchyard: ${text}`);
  }
}

async function handle(window: AgentWindow, message: FromView): Promise<void> {
  switch (message.type) {
    case 'ready':
      return window.showAll();
    case 'send':
      return window.session.send(message.text, message.images);
    case 'answer': {
      const asked = window.approvals.get(message.key);
      if (asked && message.choice === openThread) return window.session.open(asked.threadId);
      if (!window.logins.answer(message.key, message)) window.approvals.answer(message.key, message);
      return;
    }
    case 'file':
      return window.decideFile(message.key, message.path, message.accept);
    case 'diff':
      return showDiff(window, message);
    case 'terminal': {
      const item = window.conversation.item(message.itemId);
      if (item?.type === 'commandExecution') window.terminals.show(item);
      return;
    }
    case 'search':
      return search(window, message.query);
    case 'login':
      await vscode.commands.executeCommand('switchyard.mcpLogin', message.name);
      return;
    case 'link':
      if (/^(https?|mailto):/i.test(message.url)) await vscode.env.openExternal(vscode.Uri.parse(message.url, true));
      return;
    case 'command':
      await vscode.commands.executeCommand(message.command);
  }
}

async function showDiff(window: AgentWindow, { path, key, itemId }: { path: string; key?: string; itemId?: string }): Promise<void> {
  const { approvals, changes, conversation, threadCwd: cwd } = window;
  const asked = key === undefined ? undefined : approvals.get(key);
  const item = conversation.item(asked?.itemId ?? itemId ?? '');
  if (item?.type !== 'fileChange') return;
  const change = item.changes.find((one) => one.path === path);
  if (change) await changes.show(change, { cwd, applied: item.status === 'completed', key: asked ? (key ?? '') : '' });
}

async function search(window: AgentWindow, query: string): Promise<void> {
  const found = await window.session.client?.request('fuzzyFileSearch', { query, roots: [window.cwd], cancellationToken: 'mention' });
  const files = (found?.files ?? []).filter(({ match_type }) => match_type === 'file').map(({ path }) => path);
  window.view.post({ type: 'mentions', query, files: files.slice(0, 20) });
}
