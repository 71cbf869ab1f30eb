/** One window's agent: ties the server, the session, the questions and what the editor shows of them together. */
import { isAbsolute } from 'node:path';
import type { Thread } from 'switchyard/client';
import * as vscode from 'vscode';
import { Approvals, type Asked } from './approvals.ts';
import { cardsOf } from './cards.ts';
import { Changes, writeChanges } from './changes.ts';
import { Conversation } from './conversation.ts';
import type { ChannelLog } from './log.ts';
import type { FromView, ServerState, ViewState } from './messages.ts';
import { ServerProcess } from './server-process.ts';
import { Session } from './session.ts';
import { readSettings, serverProgram } from './settings.ts';
import { Status } from './status.ts';
import { Terminals } from './terminals.ts';
import { ThreadTree } from './thread-tree.ts';
import { ThreadView } from './thread-view.ts';
import { Undecided } from './undecided.ts';

const rememberedThread = 'openThread';
const noticeDelayMs = 1500; // A window that is just coming up shows its view within this time.

export class AgentWindow implements vscode.Disposable {
  readonly #context: vscode.ExtensionContext;
  readonly #log: ChannelLog;
  readonly #undecided: Undecided;
  readonly #terminals = new Terminals();
  readonly #status = new Status();
  readonly changes = new Changes();
  readonly view: ThreadView;
  readonly tree: ThreadTree;
  readonly approvals: Approvals;
  readonly conversation: Conversation;
  readonly session: Session;
  #process: ServerProcess | undefined;
  #server: ServerState = { phase: 'starting', detail: '' };
  #noticed = 0;

  constructor(context: vscode.ExtensionContext, log: ChannelLog) {
    this.#context = context;
    this.#log = log;
    const { extensionUri, workspaceState } = context;
    this.#undecided = new Undecided(workspaceState);
    this.view = new ThreadView({ extensionUri, onMessage: (message) => void this.#fromView(message), onVisible: () => this.#refresh() });
    this.conversation = new Conversation({
      post: this.view.post,
      shorten,
      undecided: (threadId) => this.#undecided.of(threadId),
      onChange: () => this.#refresh(),
      onItem: (itemId) => this.#itemChanged(itemId),
      onOutput: (itemId, text) => this.#terminals.append(itemId, text),
      onCommandEnd: ({ id, exitCode }) => this.#terminals.append(id, `\n\u001b[2m[exit ${exitCode ?? 'unknown'}]\u001b[0m\n`),
    });
    this.session = new Session({
      conversation: this.conversation,
      settings: readSettings,
      cwd: this.cwd,
      remember: (threadId) => void workspaceState.update(rememberedThread, threadId),
      remembered: () => workspaceState.get(rememberedThread, ''),
      onChange: () => this.#refresh(),
    });
    this.tree = new ThreadTree(() => this.session.client);
    this.approvals = new Approvals({ onChange: () => this.#cardsChanged(), onPartly: (...args) => void this.#writePart(...args) });
    this.tree.waiting = (threadId) => this.approvals.list().some(({ asked }) => asked.threadId === threadId);
  }

  get cwd(): string {
    return vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
  }

  get state(): ViewState {
    const { model, approvals, sandbox, environment } = this.session.choices;
    const { threadId, title, turnId } = this.conversation;
    return { server: this.#server, threadId, title, running: turnId !== '', model, approvals, sandbox, environment };
  }

  get serverStderr(): string {
    return this.#process?.stderrTail ?? '';
  }

  /** Does nothing in a restricted workspace, or without one. */
  start(): void {
    if (!vscode.workspace.isTrusted) {
      this.#serverState({ phase: 'untrusted', detail: 'This workspace is restricted. The agent starts when you trust it.' });
      return;
    }
    if (this.cwd === '') {
      this.#serverState({ phase: 'noFolder', detail: 'Open a folder: commands and changes need a place to work in.' });
      return;
    }
    this.#process = new ServerProcess({
      program: serverProgram(readSettings(), this.#context.extensionPath, this.cwd),
      version: String(this.#context.extension.packageJSON.version),
      questions: this.approvals.handlers(),
      log: this.#log,
      onNotification: (notification) => {
        this.session.hear(notification);
        if (/^thread\/(started|archived|unarchived|deleted|name\/updated)$|^turn\/completed$/.test(notification.method))
          this.tree.refresh();
      },
      onState: (state) => this.#serverState(state),
      onConnected: (client) => this.session.connected(client),
    });
    this.#process.start();
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
    this.#process = undefined;
  }

  dispose(): void {
    for (const part of [this.#terminals, this.#status, this.changes, this.tree]) part.dispose();
  }

  async openThread(thread: Thread): Promise<void> {
    await this.session.open(thread.id);
    await vscode.commands.executeCommand('switchyard.chat.focus');
    this.view.focus('composer');
  }

  /** Opens the proposed change of a file, or the first one that is undecided. */
  async showProposed(key: string, path: string): Promise<void> {
    const asked = this.approvals.get(key);
    const change = asked && this.conversation.changesOf(asked.itemId).find((one) => one.path === path);
    if (change) await this.changes.show(change, { cwd: this.#threadCwd, applied: false, key });
  }

  decideFile(key: string, path: string, accept: boolean): void {
    const asked = this.approvals.get(key);
    if (!asked) return;
    this.approvals.decideFile(key, path, accept, [...new Set(this.conversation.changesOf(asked.itemId).map((change) => change.path))]);
  }

  get #threadCwd(): string {
    return this.conversation.thread?.cwd ?? this.cwd;
  }

  async #fromView(message: FromView): Promise<void> {
    try {
      await this.#handle(message);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.#log.error('a request of the view failed', { type: message.type, error: text });
      if (message.type === 'send') this.view.post({ type: 'refused', text: message.text, images: message.images });
      void vscode.window.showErrorMessage(`Switchyard: ${text}`);
    }
  }

  async #handle(message: FromView): Promise<void> {
    switch (message.type) {
      case 'ready':
        this.view.post({ type: 'items', items: this.conversation.views });
        this.#cardsChanged();
        this.view.focusWaiting();
        return;
      case 'send':
        return this.session.send(message.text, message.images);
      case 'answer':
        return void this.approvals.answer(message.key, message);
      case 'file':
        return this.decideFile(message.key, message.path, message.accept);
      case 'diff':
        return this.#showDiff(message);
      case 'terminal': {
        const item = this.conversation.item(message.itemId);
        if (item?.type === 'commandExecution') this.#terminals.show(item.id, item.command, item.aggregatedOutput ?? '');
        return;
      }
      case 'search':
        return this.#search(message.query);
      case 'link':
        if (/^(https?|mailto):/i.test(message.url)) await vscode.env.openExternal(vscode.Uri.parse(message.url, true));
        return;
      case 'command':
        await vscode.commands.executeCommand(message.command);
    }
  }

  async #showDiff({ path, key, itemId }: { path: string; key?: string; itemId?: string }): Promise<void> {
    if (key !== undefined) return this.showProposed(key, path);
    const item = this.conversation.item(itemId ?? '');
    if (item?.type !== 'fileChange') return;
    const change = item.changes.find((one) => one.path === path);
    if (change) await this.changes.show(change, { cwd: this.#threadCwd, applied: item.status === 'completed', key: '' });
  }

  async #search(query: string): Promise<void> {
    const found = await this.session.client?.request('fuzzyFileSearch', { query, roots: [this.cwd], cancellationToken: 'mention' });
    const files = (found?.files ?? []).filter(({ match_type }) => match_type === 'file').map(({ path }) => path);
    this.view.post({ type: 'mentions', query, files: files.slice(0, 20) });
  }

  #itemChanged(itemId: string): void {
    if (this.approvals.list().some(({ asked }) => asked.itemId === itemId)) this.#cardsChanged();
  }

  #cardsChanged(): void {
    const { count } = this.approvals;
    for (const { asked } of this.approvals.list()) {
      const item = this.conversation.item(asked.itemId);
      if (item) this.#undecided.keep(asked.threadId, item);
    }
    this.view.post({ type: 'cards', cards: cardsOf(this.approvals, this.conversation, shorten) });
    this.view.badge(count);
    if (count > this.#noticed) setTimeout(() => void this.#notice(), noticeDelayMs);
    this.#noticed = count;
    void vscode.commands.executeCommand('setContext', 'switchyard.pending', count > 0);
    void this.changes.closeDecided((key) => this.approvals.get(key) !== undefined);
    this.tree.refresh();
    this.#refresh();
  }

  /** Only when the view is hidden: otherwise the card is seen. */
  async #notice(): Promise<void> {
    if (this.view.visible || this.approvals.count === 0) return;
    const show = 'Show';
    const picked = await vscode.window.showWarningMessage('Switchyard waits for your decision.', show);
    if (picked === show) await vscode.commands.executeCommand('switchyard.focusApproval');
  }

  /** Some files of a patch were accepted and others not: the accepted ones are written here, and the model is told. */
  async #writePart(asked: Asked, accepted: readonly string[], declined: readonly string[]): Promise<void> {
    const changes = this.conversation.changesOf(asked.itemId).filter(({ path }) => accepted.includes(path));
    try {
      await writeChanges(changes, this.#threadCwd);
      const text = `I applied your changes to ${accepted.map(shorten).join(', ')} myself and declined those to ${declined.map(shorten).join(', ')}.`;
      await this.session.send(text, []);
    } catch (error) {
      void vscode.window.showErrorMessage(`Switchyard: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #serverState(server: ServerState): void {
    this.#server = server;
    if (server.phase === 'ready') this.tree.refresh();
    this.#refresh();
  }

  #refresh(): void {
    const { state } = this;
    this.view.post({ type: 'state', state });
    this.#status.show(state, this.approvals.count);
    this.tree.activate(state.threadId);
    if (state.server.phase === 'ready' && !state.running) this.#undecided.drop(state.threadId);
    void vscode.commands.executeCommand('setContext', 'switchyard.running', state.running);
  }
}

const shorten = (path: string): string => (isAbsolute(path) ? vscode.workspace.asRelativePath(path, false) : path);
