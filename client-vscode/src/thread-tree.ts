/** The threads of the server as a tree, grouped by the directory they work in. */
import { basename } from 'node:path';
import type { AppClient, Thread } from 'switchyard/client';
import * as vscode from 'vscode';

export type Node = { readonly group: string; readonly threads: readonly Thread[] } | { readonly thread: Thread };

const pageSize = 100;

export class ThreadTree implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  readonly #client: () => AppClient | undefined;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.#changed.event;
  #search = '';
  #active = '';

  /** Threads that wait for an answer; shown with a bell. */
  waiting: (threadId: string) => boolean = () => false;

  constructor(client: () => AppClient | undefined) {
    this.#client = client;
  }

  dispose(): void {
    this.#changed.dispose();
  }

  /** Shows only threads that contain this text; empty: all. */
  search(text: string): void {
    this.#search = text;
    void vscode.commands.executeCommand('setContext', 'switchyard.searching', text !== '');
    this.refresh();
  }

  /** Marks the thread that is open. */
  activate(threadId: string): void {
    if (this.#active === threadId) return;
    this.#active = threadId;
    this.refresh();
  }

  refresh(): void {
    this.#changed.fire();
  }

  async getChildren(node?: Node): Promise<Node[]> {
    if (node) return 'group' in node ? node.threads.map((thread) => ({ thread })) : [];
    const client = this.#client();
    if (!client) return [];
    const groups = new Map<string, Thread[]>();
    for (const thread of await this.#threads(client)) groups.set(thread.cwd, [...(groups.get(thread.cwd) ?? []), thread]);
    const here = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
    return [...groups]
      .sort(([a], [b]) => Number(b === here) - Number(a === here) || a.localeCompare(b))
      .map(([group, threads]) => ({ group, threads }));
  }

  async #threads(client: AppClient): Promise<Thread[]> {
    const sourceKinds = ['cli', 'vscode', 'exec', 'appServer', 'unknown'] as const;
    const page = { limit: pageSize, sourceKinds: [...sourceKinds] };
    if (this.#search === '') return (await client.request('thread/list', { ...page, modelProviders: [], sortKey: 'updated_at' })).data;
    const found = await client.request('thread/search', { ...page, searchTerm: this.#search });
    return found.data.map(({ thread }) => thread);
  }

  getTreeItem(node: Node): vscode.TreeItem {
    if ('group' in node) {
      const item = new vscode.TreeItem(basename(node.group) || node.group, vscode.TreeItemCollapsibleState.Expanded);
      item.description = node.group;
      item.iconPath = vscode.ThemeIcon.Folder;
      item.id = `group ${node.group}`;
      return item;
    }
    const { thread } = node;
    const label = titleOf(thread);
    const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.None);
    const when = new Date(Number(thread.updatedAt) * 1000).toLocaleString();
    item.id = thread.id;
    item.contextValue = 'thread';
    item.description = thread.id === this.#active ? `open · ${when}` : when;
    item.iconPath = new vscode.ThemeIcon(
      this.waiting(thread.id) ? 'bell-dot' : thread.id === this.#active ? 'comment' : 'comment-discussion',
    );
    item.accessibilityInformation = { label: `Thread ${label}, ${item.description}` };
    item.command = { command: 'switchyard.openThread', title: 'Open Thread', arguments: [node] };
    return item;
  }
}

export const titleOf = (thread: Thread): string => {
  const title = thread.name ?? thread.preview.split('\n')[0] ?? '';
  return title === '' ? 'Untitled thread' : title;
};
