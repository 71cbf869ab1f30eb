/** One window's agent: ties the server, the session, the questions and what the editor shows of them together. */
import type { AppClient, ServerNotification, Thread } from 'switchyard/client';
import * as vscode from 'vscode';
import { Approvals, type Asked } from './approvals.ts';
import { cardsOf } from './cards.ts';
import { Changes, shorten, writeChanges } from './changes.ts';
import { examine, unknownConfinement } from './confinement.ts';
import { Conversation } from './conversation.ts';
import { keeperRuns } from './lease.ts';
import type { ChannelLog } from './log.ts';
import { McpLogins, needsLogin } from './mcp-login.ts';
import type { ServerState, ViewState } from './messages.ts';
import { Notice } from './notice.ts';
import { handleRequest } from './requests.ts';
import { ServerProcess } from './server-process.ts';
import { Session } from './session.ts';
import { type Program, readSettings, serverProgram } from './settings.ts';
import { Status, tellOfPending } from './status.ts';
import { Terminals } from './terminals.ts';
import { ThreadTree } from './thread-tree.ts';
import { ThreadView } from './thread-view.ts';
import { Undecided } from './undecided.ts';

export class AgentWindow implements vscode.Disposable {
  readonly #context: vscode.ExtensionContext;
  readonly #log: ChannelLog;
  readonly #undecided: Undecided;
  readonly #status = new Status();
  readonly #notice = new Notice({ visible: () => this.view.visible, count: () => this.approvals.count, tell: tellOfPending });
  readonly terminals = new Terminals();
  readonly changes = new Changes();
  readonly view: ThreadView;
  readonly tree: ThreadTree;
  readonly approvals: Approvals;
  readonly logins: McpLogins;
  readonly conversation: Conversation;
  readonly session: Session;
  #process: ServerProcess | undefined;
  #server: ServerState = { phase: 'idle', detail: 'The server starts when it is needed.' };
  #confinement = unknownConfinement;

  constructor(context: vscode.ExtensionContext, log: ChannelLog) {
    [this.#context, this.#log] = [context, log];
    const { extensionUri, workspaceState, extension } = context;
    this.#undecided = new Undecided(workspaceState);
    this.view = new ThreadView({
      extensionUri,
      onMessage: (message) => void handleRequest(this, log, message),
      onVisible: () => this.#refresh(),
    });
    this.conversation = new Conversation({
      post: this.view.post,
      shorten,
      undecided: (threadId) => this.#undecided.of(threadId),
      onChange: () => this.#refresh(),
      onItem: (itemId) => {
        if (this.approvals.list().some(({ asked }) => asked.itemId === itemId)) this.#cardsChanged();
      },
      onOutput: (itemId, text) => this.terminals.append(itemId, text),
      onCommandEnd: (item) => this.terminals.end(item),
    });
    this.session = new Session({
      conversation: this.conversation,
      settings: readSettings,
      cwd: this.cwd,
      remember: (threadId) => void workspaceState.update('openThread', threadId),
      remembered: () => workspaceState.get('openThread', ''),
      onUnopened: (reason) => log.warn('the open thread is gone', { reason }),
      onChange: () => this.#refresh(),
    });
    this.approvals = new Approvals({ onChange: () => this.#cardsChanged(), onPartly: (...args) => void this.#writePart(...args) });
    const waits = (threadId: string) => this.approvals.list().some(({ asked }) => asked.threadId === threadId);
    this.tree = new ThreadTree({ client: () => this.session.client, onNeeded: () => this.need(), waits });
    this.logins = new McpLogins({
      ...{ extensionId: extension.id, version: this.#version, log, program: () => this.#program },
      onChange: () => this.#showCards(),
      onOpened: () => this.focus('approval'),
    });
  }

  get cwd(): string {
    return vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
  }

  get threadCwd(): string {
    return this.conversation.thread?.cwd ?? this.cwd;
  }

  get state(): ViewState {
    const { model, approvals, sandbox, environment } = this.session.choices;
    const { threadId, title, running } = this.conversation;
    return { server: this.#server, threadId, title, running, model, approvals, sandbox, environment, confinement: this.#confinement };
  }

  get serverStderr(): string {
    return this.#process?.stderrTail ?? '';
  }

  get #version(): string {
    return String(this.#context.extension.packageJSON.version);
  }

  get #program(): Program {
    return serverProgram(readSettings(), this.#context.extensionPath, this.cwd);
  }

  /** Finds out whether anything is to be done: a server that outlived a reload of the window may wait for a decision. */
  async open(): Promise<void> {
    if (!vscode.workspace.isTrusted || this.cwd === '') this.start();
    else if (await keeperRuns(this.#program.dir)) this.need();
    else this.#refresh();
  }

  /** Starts the server if nobody did so yet. */
  need(): void {
    if (this.#server.phase === 'idle') this.start();
  }

  /** The connection, as soon as there is one. Rejects with the reason when nothing is or can be started. */
  connected(): Promise<AppClient> {
    this.need();
    const { phase, detail } = this.#server;
    if (phase === 'untrusted' || phase === 'noFolder' || phase === 'failed') return Promise.reject(new Error(detail));
    return this.session.arrived();
  }

  /** Nothing is started in a restricted workspace, or without one. */
  start(): void {
    if (!vscode.workspace.isTrusted) {
      this.#serverState({ phase: 'untrusted', detail: 'This workspace is restricted. The agent starts when you trust it.' });
      return;
    }
    if (this.cwd === '') {
      this.#serverState({ phase: 'noFolder', detail: 'Open a folder: commands and changes need a place to work in.' });
      return;
    }
    const program = this.#program;
    this.#process = new ServerProcess({
      program,
      version: this.#version,
      questions: this.approvals.handlers(),
      log: this.#log,
      onNotification: (notification) => this.#hear(notification),
      onState: (state) => this.#serverState(state),
      onConnected: (client) => this.session.connected(client),
    });
    this.#process.start();
    void examine(program).then((confinement) => {
      this.#confinement = confinement;
      this.#refresh();
    });
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
    this.#process = undefined;
  }

  dispose(): void {
    for (const part of [this.terminals, this.#status, this.#notice, this.changes, this.tree, this.logins]) part.dispose();
  }

  async focus(on: 'composer' | 'approval'): Promise<void> {
    await vscode.commands.executeCommand('switchyard.chat.focus');
    this.view.focus(on);
  }

  async openThread(thread: Thread): Promise<void> {
    await this.session.open(thread.id);
    await this.focus('composer');
  }

  /** Tells a view that has just come up of everything. */
  showAll(): void {
    this.need();
    this.view.post({ type: 'items', items: this.conversation.views });
    this.#cardsChanged();
    this.view.focusWaiting();
  }

  decideFile(key: string, path: string, accept: boolean): void {
    const asked = this.approvals.get(key);
    if (!asked) return;
    this.approvals.decideFile(key, path, accept, [...new Set(this.conversation.changesOf(asked.itemId).map((change) => change.path))]);
  }

  #hear(notification: ServerNotification): void {
    this.session.hear(notification);
    this.tree.hear(notification);
    const { method, params } = notification;
    if (method === 'mcpServer/startupStatus/updated' && params.status === 'failed' && params.threadId === this.conversation.threadId)
      void this.#offerLogin(params.threadId, params.name);
  }

  /** A server of the open thread did not come up: a login may be all it lacks. */
  async #offerLogin(threadId: string, name: string): Promise<void> {
    const { client } = this.session;
    const lacking = client && (await needsLogin(client, threadId, name).catch(() => false));
    if (lacking) this.conversation.offerLogin(name);
  }

  #showCards(): void {
    const cards = [...cardsOf(this.approvals, this.conversation, shorten), ...this.logins.cards()];
    this.view.post({ type: 'cards', cards });
    void vscode.commands.executeCommand('setContext', 'switchyard.pending', cards.length > 0);
  }

  #cardsChanged(): void {
    const { count } = this.approvals;
    const asking = this.approvals.list();
    this.conversation.markWaiting(new Set(asking.map(({ asked }) => asked.itemId)));
    for (const { asked } of asking) {
      const item = this.conversation.item(asked.itemId);
      if (item) this.#undecided.keep(asked.threadId, item);
    }
    this.#showCards();
    this.view.badge(count);
    this.#notice.update();
    void this.changes.closeDecided((key) => this.approvals.get(key) !== undefined);
    this.tree.refresh();
    this.#refresh();
  }

  /** Some files of a patch were accepted and others not: the accepted ones are written here, and the model is told. */
  async #writePart(asked: Asked, accepted: readonly string[], declined: readonly string[]): Promise<void> {
    const changes = this.conversation.changesOf(asked.itemId).filter(({ path }) => accepted.includes(path));
    try {
      await writeChanges(changes, this.threadCwd);
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
