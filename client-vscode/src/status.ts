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
    const { phase } = state.server;
    const text = textOf(state, pending);
    this.#item.text = text;
    const urgent = pending > 0 && phase === 'ready';
    this.#item.backgroundColor =
      phase === 'failed' || urgent
        ? new vscode.ThemeColor(urgent ? 'statusBarItem.warningBackground' : 'statusBarItem.errorBackground')
        : undefined;
    const tooltip = new vscode.MarkdownString();
    tooltip.appendText(factsOf(state, pending).join('\n'));
    this.#item.tooltip = tooltip;
    const label = [text.replace(/\$\([^)]*\) ?/g, ''), ...factsOf(state, pending)].join(', ');
    this.#item.accessibilityInformation = { label, role: 'button' };
  }
}

/** State, pending approvals, environment and sandbox, as far as there is room. */
function textOf(state: ViewState, pending: number): string {
  const { server, running, environment, sandbox, confinement } = state;
  if (server.phase !== 'ready') return `${icons[server.phase]} Switchyard: ${words[server.phase]}`;
  const [icon, word] = pending > 0 ? ['$(bell-dot)', waiting(pending)] : running ? ['$(sync~spin)', 'working'] : ['$(git-merge)', 'ready'];
  const warning = confinement.weak && sandbox !== 'danger-full-access' ? ' $(warning)' : '';
  return `${icon} Switchyard: ${[word, environment, sandbox].filter((part) => part !== '').join(' · ')}${warning}`;
}

const waiting = (pending: number): string => (pending === 1 ? '1 approval' : `${pending} approvals`);

function factsOf({ server, model, approvals, environment, sandbox, confinement }: ViewState, pending: number): string[] {
  if (server.phase !== 'ready') return [server.detail];
  return [
    `${waiting(pending)} pending`,
    `Model: ${model}`,
    `Approvals: ${approvals}`,
    `Environment: ${environment}`,
    `Sandbox: ${sandbox}`,
    ...(confinement.text === '' ? [] : [`Enforced by: ${confinement.text}`]),
  ];
}

const icons = {
  untrusted: '$(shield)',
  noFolder: '$(folder)',
  idle: '$(circle-outline)',
  starting: '$(loading~spin)',
  lost: '$(plug)',
  failed: '$(error)',
} as const;
const words = {
  untrusted: 'restricted',
  noFolder: 'no folder',
  idle: 'idle',
  starting: 'starting',
  lost: 'reconnecting',
  failed: 'stopped',
} as const;

/** A notification that leads to what waits. */
export async function tellOfPending(): Promise<void> {
  const show = 'Show';
  const picked = await vscode.window.showWarningMessage('Switchyard waits for your decision.', show);
  if (picked === show) await vscode.commands.executeCommand('switchyard.focusApproval');
}

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
