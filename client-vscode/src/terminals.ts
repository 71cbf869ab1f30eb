/** Command output in a real terminal, for colours, long output and search: read only, opened on demand. */
import type { ThreadItem } from 'switchyard/client';
import * as vscode from 'vscode';

type Command = Extract<ThreadItem, { type: 'commandExecution' }>;

interface Open {
  readonly terminal: vscode.Terminal;
  readonly write: (text: string) => void;
}

export class Terminals implements vscode.Disposable {
  readonly #open = new Map<string, Open>();

  dispose(): void {
    for (const { terminal } of this.#open.values()) terminal.dispose();
  }

  /** Shows what a command wrote so far; what it writes from now on follows. */
  show(item: Command): void {
    const { id: itemId, command, aggregatedOutput, status } = item;
    const known = this.#open.get(itemId);
    if (known) {
      known.terminal.show(true);
      return;
    }
    const written = new vscode.EventEmitter<string>();
    // Output before the terminal is there would be lost.
    let early: string[] | undefined = [`\u001b[2m$ ${command}\u001b[0m\n`, aggregatedOutput ?? ''];
    if (status !== 'inProgress') early.push(ending(item));
    const write = (text: string) => (early ? void early.push(text) : written.fire(lines(text)));
    const pty: vscode.Pseudoterminal = {
      onDidWrite: written.event,
      open: () => {
        const texts = early ?? [];
        early = undefined;
        for (const text of texts) write(text);
      },
      close: () => {
        this.#open.delete(itemId);
        written.dispose();
      },
    };
    const terminal = vscode.window.createTerminal({ name: `Agent: ${command.slice(0, 40)}`, pty, iconPath: new vscode.ThemeIcon('hubot') });
    this.#open.set(itemId, { terminal, write });
    terminal.show(true);
  }

  append(itemId: string, text: string): void {
    this.#open.get(itemId)?.write(text);
  }

  end(item: Command): void {
    this.append(item.id, ending(item));
  }
}

const ending = ({ status, exitCode }: Command): string => `\n\u001b[2m[${exitCode === null ? status : `exit ${exitCode}`}]\u001b[0m\n`;

/** A terminal wants a carriage return with every line end. */
const lines = (text: string): string => text.replace(/\r?\n/g, '\r\n');
