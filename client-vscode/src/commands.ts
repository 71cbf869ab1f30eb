/** The commands of the extension. */
import { release } from 'node:os';
import * as vscode from 'vscode';
import type { ApprovalName, SandboxName } from './choices.ts';
import { redact, redactText } from './diagnostics.ts';
import type { ChannelLog } from './log.ts';
import { pickServer } from './mcp-login.ts';
import { readSettings } from './settings.ts';
import { pickAction, pickValue } from './status.ts';
import { type Node, titleOf } from './thread-tree.ts';
import type { AgentWindow } from './window.ts';

export interface CommandOptions {
  readonly window: AgentWindow;
  readonly log: ChannelLog;
  readonly channel: vscode.LogOutputChannel;
  readonly context: vscode.ExtensionContext;
  readonly threads: vscode.TreeView<Node>;
}

/** Registered with the context, and failing with a message. */
export function registerCommands(options: CommandOptions): void {
  const { window, log, channel, context } = options;
  const commands: Record<string, (argument?: unknown) => unknown> = {
    newThread: () => {
      window.session.newThread();
      return window.focus('composer');
    },
    focusChat: () => window.focus('composer'),
    focusApproval: () => window.focus('approval'),
    interrupt: () => window.session.interrupt(),
    status: () => pickAction(window.state, window.approvals.count),
    mcpLogin: (name) => mcpLogin(window, name),
    restart: async () => {
      await window.stop();
      window.start();
    },
    showLog: () => channel.show(true),
    copyDiagnostics: () => copyDiagnostics(window, log, context),
    acceptFile: (uri) => decide(window, uri, true),
    declineFile: (uri) => decide(window, uri, false),
    ...pickers(window),
    ...threadCommands(options),
  };
  for (const [name, run] of Object.entries(commands)) {
    const guarded = async (argument?: unknown) => {
      try {
        await run(argument);
      } catch (error) {
        if (error instanceof vscode.CancellationError) return;
        const text = error instanceof Error ? error.message : String(error);
        log.error('a command failed', { command: name, error: text });
        void vscode.window.showErrorMessage(`Switchyard: ${text}`);
      }
    };
    context.subscriptions.push(vscode.commands.registerCommand(`switchyard.${name}`, guarded));
  }
}

/** The card of the login is in the chat; it stays there until the login is over. */
async function mcpLogin(window: AgentWindow, named: unknown): Promise<void> {
  const client = await window.connected();
  const name = typeof named === 'string' ? named : await pickServer(client, window.conversation.threadId);
  if (name === undefined) return;
  await window.logins.start(name);
  // The servers that lacked the login start again.
  await (await window.connected()).request('config/mcpServer/reload', undefined);
  void vscode.window.showInformationMessage(`Logged in to ${name}.`);
}

/** From the title of a diff editor: the document says which question it belongs to. */
function decide(window: AgentWindow, uri: unknown, accept: boolean): void {
  const of = uri instanceof vscode.Uri ? uri : vscode.window.activeTextEditor?.document.uri;
  const question = of && window.changes.questionOf(of);
  if (!question) throw new Error('there is nothing to decide in this editor');
  window.decideFile(question.key, question.path, accept);
}

const approvalModes: readonly { value: ApprovalName; label: string; detail: string }[] = [
  {
    value: 'untrusted',
    label: 'Ask for everything',
    detail: 'Before every command that is not known to be harmless, and before every change',
  },
  { value: 'on-request', label: 'Ask on request', detail: 'The model asks when it wants to leave the sandbox' },
  { value: 'never', label: 'Never ask', detail: 'What the sandbox does not allow fails' },
];
const sandboxes: readonly { value: SandboxName; label: string; detail: string }[] = [
  { value: 'read-only', label: 'Read only', detail: 'Commands may read files, not write them' },
  { value: 'workspace-write', label: 'Workspace', detail: 'Commands may write in the workspace; no network' },
  { value: 'danger-full-access', label: 'No sandbox', detail: 'Commands may do everything that you may do' },
];

function pickers(window: AgentWindow): Record<string, () => Promise<void>> {
  const { session } = window;
  // Stays on offer when another one was chosen.
  let unlisted = '';
  return {
    pickModel: async () => {
      const { data } = await (await window.connected()).request('model/list', {});
      const values = data.map(({ model, displayName, description }) => ({ value: model, label: displayName, detail: description }));
      const { model: current } = session.choices;
      if (current !== '' && !values.some(({ value }) => value === current)) unlisted = current;
      const own = unlisted === '' ? [] : [{ value: unlisted, label: unlisted, detail: 'From the configuration' }];
      const picked = await pickValue('Model', [...own, ...values], current);
      if (picked !== undefined) await session.setModel(picked);
    },
    pickApprovals: async () => {
      const picked = await pickValue('When the agent asks', approvalModes, session.choices.approvals);
      if (picked !== undefined) await session.setApprovals(picked);
    },
    pickSandbox: async () => {
      const picked = await pickValue('What commands may touch', sandboxes, session.choices.sandbox);
      if (picked !== undefined) await session.setSandbox(picked);
    },
    pickEnvironment: async () => {
      const remote = readSettings().environments.map(({ id, url, cwd }) => ({ value: id, label: id, detail: `${url}, ${cwd}` }));
      const values = [{ value: 'local', label: 'local', detail: 'Where this workspace is' }, ...remote];
      const picked = await pickValue('Where commands run', values, session.choices.environment);
      if (picked === undefined) return;
      await window.connected();
      await session.setEnvironment(picked);
    },
  };
}

function threadCommands({ window, threads }: CommandOptions): Record<string, (argument?: unknown) => Promise<void>> {
  const { session, tree } = window;
  const chosen = (argument: unknown) => {
    // The tree hands over its own nodes; from the palette the selected one is meant, or the one that is open.
    const node = (argument as Node | undefined) ?? threads.selection[0];
    const thread = node && 'thread' in node ? node.thread : window.conversation.thread;
    if (!thread) throw new Error('choose a thread first');
    return thread;
  };
  return {
    openThread: (node) => window.openThread(chosen(node)),
    renameThread: async (node) => {
      const thread = chosen(node);
      const name = await vscode.window.showInputBox({ title: 'Rename thread', value: titleOf(thread) });
      if (name) await (await window.connected()).request('thread/name/set', { threadId: thread.id, name });
      tree.refresh();
    },
    forkThread: async (node) => {
      await session.fork(chosen(node).id);
      await window.focus('composer');
    },
    archiveThread: async (node) => {
      const { id } = chosen(node);
      await (await window.connected()).request('thread/archive', { threadId: id });
      if (id === window.conversation.threadId) session.newThread();
    },
    unarchiveThread: async (node) => {
      await (await window.connected()).request('thread/unarchive', { threadId: chosen(node).id });
    },
    showArchived: async () => tree.showArchived(true),
    hideArchived: async () => tree.showArchived(false),
    deleteThread: async (node) => {
      const thread = chosen(node);
      const message = `Delete “${titleOf(thread)}”? This cannot be undone.`;
      const picked = await vscode.window.showWarningMessage(message, { modal: true }, 'Delete');
      if (picked === 'Delete') await (await window.connected()).request('thread/delete', { threadId: thread.id });
      tree.refresh();
    },
    searchThreads: async () => {
      const text = await vscode.window.showInputBox({ title: 'Search threads', prompt: 'Text that occurs in the thread' });
      if (text !== undefined) tree.search(text);
    },
    clearThreadSearch: async () => tree.search(''),
    refreshThreads: async () => tree.refresh(),
  };
}

async function copyDiagnostics(window: AgentWindow, log: ChannelLog, context: vscode.ExtensionContext): Promise<void> {
  const { state, session } = window;
  const report = {
    extension: context.extension.packageJSON.version,
    editor: `${vscode.env.appName} ${vscode.version}`,
    remote: vscode.env.remoteName ?? 'none',
    node: process.version,
    system: `${process.platform} ${process.arch} ${release()}`,
    server: session.client?.server.userAgent ?? state.server,
    settings: readSettings(),
    state: { ...state, title: undefined },
  };
  const text = [
    JSON.stringify(redact(report), undefined, 2),
    '',
    'Last lines of the log:',
    ...log.recent(),
    '',
    'Last lines of the server:',
    redactText(window.serverStderr),
  ].join('\n');
  await vscode.env.clipboard.writeText(text);
  await vscode.window.showInformationMessage('Diagnostics are in the clipboard. Secrets were taken out; please look them over anyway.');
}
