/** Signing in to an MCP server: the browser is opened, and the server of the window waits for it to come back. */
import type { AppClient } from 'switchyard/client';
import * as vscode from 'vscode';

/** How long a person may take in the browser. */
const loginMs = 10 * 60_000;

/** Asks which server, opens the page, and resolves when the sign-in is over. Rejects with the cause when it failed. */
export async function mcpLogin(client: AppClient, threadId: string): Promise<void> {
  const about = threadId === '' ? {} : { threadId };
  const { data } = await client.request('mcpServerStatus/list', about);
  const servers = data.map(({ name, authStatus }) => ({ label: name, description: words[authStatus] }));
  if (servers.length === 0) {
    await vscode.window.showInformationMessage('No MCP servers are configured.');
    return;
  }
  const picked = await vscode.window.showQuickPick(servers, { title: 'Log in to an MCP server' });
  if (!picked) return;
  await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: `Logging in to ${picked.label}`, cancellable: true },
    (_progress, cancelled) => login(client, picked.label, about, cancelled),
  );
  await vscode.window.showInformationMessage(`Logged in to ${picked.label}.`);
}

const words = {
  unknown: '',
  unsupported: 'no login needed or possible',
  notLoggedIn: 'not logged in',
  bearerToken: 'uses a token',
  oAuth: 'logged in',
} as const;

async function login(client: AppClient, name: string, about: { threadId?: string }, cancelled: vscode.CancellationToken): Promise<void> {
  const stop = new AbortController();
  const listening = cancelled.onCancellationRequested(() => stop.abort(new vscode.CancellationError()));
  try {
    const options = { signal: stop.signal, deadlineMs: loginMs, matches: (params: { name: string }) => params.name === name };
    // Listening before asking: the end may come before the answer is looked at.
    const [started, completed] = await Promise.allSettled([
      client.request('mcpServer/oauth/login', { name, ...about, timeoutSecs: loginMs / 1000 }).then(
        async (answer) => {
          await openPage(answer.authorizationUrl, name);
        },
        (error: unknown) => {
          stop.abort();
          throw error;
        },
      ),
      client.next('mcpServer/oauthLogin/completed', options),
    ]);
    if (started.status === 'rejected') throw started.reason;
    if (completed.status === 'rejected') throw completed.reason;
    if (!completed.value.success) throw new Error(completed.value.error ?? `the login to ${name} failed`);
  } finally {
    listening.dispose();
  }
}

async function openPage(url: string, name: string): Promise<void> {
  if (await vscode.env.openExternal(vscode.Uri.parse(url, true))) return;
  const copy = 'Copy Address';
  const picked = await vscode.window.showWarningMessage(`The page to log in to ${name} could not be opened.`, copy);
  if (picked === copy) await vscode.env.clipboard.writeText(url);
}
