/** The chat as a webview: its document, and the messages to and from it. */
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { type FromView, type ToView, viewCommands } from './messages.ts';

export interface ThreadViewOptions {
  readonly extensionUri: vscode.Uri;
  readonly onMessage: (message: FromView) => void;
  readonly onVisible: () => void;
}

export class ThreadView implements vscode.WebviewViewProvider {
  readonly #options: ThreadViewOptions;
  #view: vscode.WebviewView | undefined;
  /** The view is there, but its script does not listen yet. */
  #waiting: Extract<ToView, { type: 'focus' }> | undefined;
  #ready = false;

  constructor(options: ThreadViewOptions) {
    this.#options = options;
  }

  get visible(): boolean {
    return this.#view?.visible ?? false;
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    const { extensionUri, onMessage, onVisible } = this.#options;
    this.#view = view;
    this.#ready = false;
    view.webview.options = {
      enableScripts: true,
      localResourceRoots: [vscode.Uri.joinPath(extensionUri, 'dist'), vscode.Uri.joinPath(extensionUri, 'media')],
    };
    view.webview.html = this.#document(view.webview);
    view.webview.onDidReceiveMessage((message: unknown) => {
      if (!isFromView(message)) return;
      if (message.type === 'ready') this.#ready = true;
      onMessage(message);
    });
    view.onDidChangeVisibility(onVisible);
    view.onDidDispose(() => {
      if (this.#view === view) this.#view = undefined;
    });
  }

  /** Lost when there is no view; it asks for everything when it comes up. */
  readonly post = (message: ToView): void => {
    void this.#view?.webview.postMessage(message);
  };

  /** Moves the focus into the view, as soon as that is possible. */
  focus(on: 'composer' | 'approval'): void {
    this.#waiting = { type: 'focus', on };
    if (this.#ready) this.focusWaiting();
  }

  /** To be called when the view has been told of everything. */
  focusWaiting(): void {
    if (this.#waiting) this.post(this.#waiting);
    this.#waiting = undefined;
  }

  /** The number of open questions, on the icon of the view. */
  badge(count: number): void {
    if (this.#view) this.#view.badge = { value: count, tooltip: count === 1 ? '1 pending approval' : `${count} pending approvals` };
  }

  #document(webview: vscode.Webview): string {
    const nonce = randomBytes(16).toString('base64');
    const uri = (...path: string[]) => webview.asWebviewUri(vscode.Uri.joinPath(this.#options.extensionUri, ...path)).toString();
    const policy = `default-src 'none'; style-src ${webview.cspSource}; script-src 'nonce-${nonce}'; img-src ${webview.cspSource} data:; font-src ${webview.cspSource};`;
    return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Switchyard chat</title>
<link rel="stylesheet" href="${uri('media', 'chat.css')}">
</head>
<body>
<main>
<h1 id="title" class="title"></h1>
<div id="server" class="server" hidden></div>
<div id="log" class="log" role="log" aria-label="Conversation" aria-live="off" tabindex="0"></div>
<div id="cards" class="cards" role="region" aria-label="Pending approvals"></div>
<div id="live" class="unseen" aria-live="polite"></div>
<form id="composer" class="composer" aria-label="Message to the agent"></form>
</main>
<script nonce="${nonce}" src="${uri('dist', 'view.js')}"></script>
</body>
</html>`;
  }
}

const known: ReadonlySet<string> = new Set<FromView['type']>([
  'ready',
  'send',
  'answer',
  'file',
  'diff',
  'terminal',
  'search',
  'login',
  'link',
  'command',
]);

/** The view is ours, but it shows what a model wrote: only what is expected gets through. */
function isFromView(message: unknown): message is FromView {
  if (typeof message !== 'object' || message === null || !('type' in message)) return false;
  if (typeof message.type !== 'string' || !known.has(message.type)) return false;
  return message.type !== 'command' || ('command' in message && viewCommands.some((command) => command === message.command));
}
