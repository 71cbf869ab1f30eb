/** The threads of the server as a tree, grouped by the directory they work in. */
import { basename } from 'node:path';
import type { AppClient, ServerNotification, Thread } from 'switchyard/client';
import * as vscode from 'vscode';

export type Node = { readonly group: string; readonly threads: readonly Thread[] } | { readonly thread: Thread };

const threadsChanged = /^thread\/(started|archived|unarchived|deleted|name\/updated)$|^turn\/completed$/;
const pageSize = 100;
/** Older ones are found by searching. */
const shownThreads = 500;

export interface ThreadTreeOptions {
  readonly client: () => AppClient | undefined;
  /** Somebody looks at the tree, and there is no connection. */
  readonly onNeeded: () => void;
  /** Threads that wait for an answer are shown with a bell. */
  readonly waits: (threadId: string) => boolean;
}

export class ThreadTree implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  readonly #options: ThreadTreeOptions;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.#changed.event;
  #search = '';
  #archived = false;
  #active = '';

  constructor(options: ThreadTreeOptions) {
    this.#options = options;
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

  /** Shows the archive instead, or what is not in it. */
  showArchived(archived: boolean): void {
    this.#archived = archived;
    void vscode.commands.executeCommand('setContext', 'switchyard.archive', archived);
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

  hear({ method }: ServerNotification): void {
    if (threadsChanged.test(method)) this.refresh();
  }

  async getChildren(node?: Node): Promise<Node[]> {
    if (node) return 'group' in node ? node.threads.map((thread) => ({ thread })) : [];
    const { client: connected, onNeeded } = this.#options;
    const client = connected();
    if (!client) {
      onNeeded();
      return [];
    }
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
    if (this.#search !== '') {
      const found = await client.request('thread/search', { ...page, archived: this.#archived, searchTerm: this.#search });
      return found.data.map(({ thread }) => thread);
    }
    const threads: Thread[] = [];
    let cursor: string | null = null;
    do {
      const found: { data: Thread[]; nextCursor: string | null } = await client.request('thread/list', {
        ...page,
        archived: this.#archived,
        modelProviders: [],
        sortKey: 'updated_at',
        cursor,
      });
      threads.push(...found.data);
      cursor = found.nextCursor;
    } while (cursor !== null && threads.length < shownThreads);
    return threads;
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
    const updated = new Date(Number(thread.updatedAt) * 1000);
    const when = ago(updated);
    item.id = thread.id;
    item.contextValue = this.#archived ? 'archivedThread' : 'thread';
    item.description = thread.id === this.#active ? `open · ${when}` : when;
    item.tooltip = `${label}\n${updated.toLocaleString()}`;
    item.iconPath = new vscode.ThemeIcon(
      this.#options.waits(thread.id) ? 'bell-dot' : thread.id === this.#active ? 'comment' : 'comment-discussion',
    );
    item.accessibilityInformation = { label: `Thread ${label}, ${item.description}` };
    if (!this.#archived) item.command = { command: 'switchyard.openThread', title: 'Open Thread', arguments: [node] };
    return item;
  }
}

/** Short enough to stand beside a title. */
function ago(date: Date): string {
  const minutes = Math.floor((Date.now() - date.getTime()) / 60_000);
  if (minutes < 1) return 'now';
  if (minutes < 60) return `${minutes} min`;
  return minutes < 24 * 60 ? `${Math.floor(minutes / 60)} h` : date.toLocaleDateString();
}

export const titleOf = (thread: Thread): string => {
  const title = thread.name ?? thread.preview.split('\n')[0] ?? '';
  return title === '' ? 'Untitled thread' : title;
};
