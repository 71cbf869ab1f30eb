/** The status bar item, and the quick picks behind it. */
import * as vscode from 'vscode';
import type { ViewState } from './messages.ts';

export class Status implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem('switchyard.status', vscode.StatusBarAlignment.Left, 50);

  constructor() {
    this.#item.name = 'Switchyard';
    this.#item.command = 'switchyard.status';
    this.#item.show();
  }

  dispose(): void {
    this.#item.dispose();
  }

  show(state: ViewState, pending: number): void {
    const { phase, detail } = state.server;
    const waiting = pending === 1 ? '1 approval' : `${pending} approvals`;
    const where = [state.environment, state.sandbox].filter((text) => text !== '').join(' · ');
    if (phase !== 'ready') this.#item.text = `${icons[phase]} Switchyard: ${words[phase]}`;
    else if (pending > 0) this.#item.text = `$(bell-dot) Switchyard: ${waiting}`;
    else this.#item.text = `${state.running ? '$(sync~spin)' : '$(git-merge)'} Switchyard: ${state.running ? 'working' : where}`;
    const urgent = pending > 0 && phase === 'ready';
    this.#item.backgroundColor =
      phase === 'failed' || urgent
        ? new vscode.ThemeColor(urgent ? 'statusBarItem.warningBackground' : 'statusBarItem.errorBackground')
        : undefined;
    const tooltip = new vscode.MarkdownString();
    tooltip.appendText(
      [phase === 'ready' ? `${waiting} pending` : detail, `Model: ${state.model}`, `Approvals: ${state.approvals}`, where].join('\n'),
    );
    this.#item.tooltip = tooltip;
    this.#item.accessibilityInformation = { label: `${this.#item.text.replace(/\$\([^)]*\) ?/, '')}, ${waiting} pending`, role: 'button' };
  }
}

const icons = { untrusted: '$(shield)', noFolder: '$(folder)', starting: '$(loading~spin)', lost: '$(plug)', failed: '$(error)' } as const;
const words = { untrusted: 'restricted', noFolder: 'no folder', starting: 'starting', lost: 'reconnecting', failed: 'stopped' } as const;

/** What the status bar item opens. */
export async function pickAction(state: ViewState, pending: number): Promise<void> {
  const action = (label: string, command: string, description = '') => ({ label, description, command });
  const picked = await vscode.window.showQuickPick(
    [
      ...(pending > 0 ? [action('$(bell-dot) Go to pending approval', 'switchyard.focusApproval', String(pending))] : []),
      ...(state.running ? [action('$(debug-stop) Interrupt turn', 'switchyard.interrupt')] : []),
      action('$(comment) Focus chat', 'switchyard.focusChat'),
      action('$(add) New thread', 'switchyard.newThread'),
      action('$(hubot) Model', 'switchyard.pickModel', state.model),
      action('$(pass) Approvals', 'switchyard.pickApprovals', state.approvals),
      action('$(shield) Sandbox', 'switchyard.pickSandbox', state.sandbox),
      action('$(server-environment) Environment', 'switchyard.pickEnvironment', state.environment),
      action('$(key) Log in to an MCP server', 'switchyard.mcpLogin'),
      action('$(debug-restart) Restart server', 'switchyard.restart'),
      action('$(output) Show log', 'switchyard.showLog'),
      action('$(clippy) Copy diagnostics', 'switchyard.copyDiagnostics'),
    ],
    {
      title: `Switchyard: ${state.server.phase === 'ready' ? 'ready' : words[state.server.phase]}`,
      placeHolder: state.server.detail.split('\n')[0] ?? '',
    },
  );
  if (picked) await vscode.commands.executeCommand(picked.command);
}

/** One of several values, the current one marked. */
export async function pickValue<T extends string>(
  title: string,
  values: readonly { readonly value: T; readonly label: string; readonly detail: string }[],
  current: string,
): Promise<T | undefined> {
  const items = values.map((entry) => ({ ...entry, description: entry.value === current ? 'current' : '' }));
  const picked = await vscode.window.showQuickPick(items, { title, placeHolder: `Now: ${current}`, matchOnDetail: true });
  return picked?.value;
}
