/** Where the editor starts and ends the extension. */
import * as vscode from 'vscode';
import { registerCommands } from './commands.ts';
import { channelLog } from './log.ts';
import { needsRestart } from './settings.ts';
import { AgentWindow } from './window.ts';

let window: AgentWindow | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const startedAt = performance.now();
  const channel = vscode.window.createOutputChannel('Switchyard', { log: true });
  const log = channelLog(channel);
  const agent = new AgentWindow(context, log);
  window = agent;
  const threads = vscode.window.createTreeView('switchyard.threads', { treeDataProvider: agent.tree });
  context.subscriptions.push(
    channel,
    agent,
    threads,
    vscode.window.registerWebviewViewProvider('switchyard.chat', agent.view, { webviewOptions: { retainContextWhenHidden: true } }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => agent.start()),
    vscode.window.registerUriHandler(agent.logins),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (needsRestart.some((name) => event.affectsConfiguration(name))) void vscode.commands.executeCommand('switchyard.restart');
    }),
  );
  registerCommands({ window: agent, log, channel, context, threads });
  void agent.open();
  log.info('activated', { ms: Math.round(performance.now() - startedAt) });
}

/** Lets the server go. It ends soon, unless the window comes back or another one uses it. */
export async function deactivate(): Promise<void> {
  await window?.stop();
}
