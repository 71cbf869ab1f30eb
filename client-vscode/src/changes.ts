/** Changes to files as the editor shows them: virtual documents for the diff editor, and the writing of accepted parts. */
import { isAbsolute, join } from 'node:path';
import { applyPatch, parsePatch, reversePatch } from 'diff';
import type { FileUpdateChange } from 'switchyard/client';
import * as vscode from 'vscode';

export const changeScheme = 'switchyard-change';

/** What a document shows. `key` is the question that the change belongs to, empty when it was decided. */
interface Side {
  readonly title: string;
  readonly text: string;
  readonly key: string;
  readonly path: string;
}

/** Documents that were opened last; each holds one file. */
const keptDocuments = 200;

export class Changes implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #sides = new Map<string, Side>();
  readonly #registration: vscode.Disposable;
  #next = 0;

  constructor() {
    this.#registration = vscode.workspace.registerTextDocumentContentProvider(changeScheme, this);
  }

  dispose(): void {
    this.#registration.dispose();
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#sides.get(uri.query)?.text ?? '';
  }

  /** The question and file that a document of this scheme belongs to. */
  questionOf(uri: vscode.Uri): { key: string; path: string } | undefined {
    const side = uri.scheme === changeScheme ? this.#sides.get(uri.query) : undefined;
    return side && side.key !== '' ? { key: side.key, path: side.path } : undefined;
  }

  /** Closes the diff editors of questions that are answered. */
  async closeDecided(isOpen: (key: string) => boolean): Promise<void> {
    const decided = vscode.window.tabGroups.all
      .flatMap(({ tabs }) => tabs)
      .filter(({ input }) => {
        const question = input instanceof vscode.TabInputTextDiff ? this.questionOf(input.modified) : undefined;
        return question !== undefined && !isOpen(question.key);
      });
    if (decided.length > 0) await vscode.window.tabGroups.close(decided, true);
  }

  /** Opens the diff editor. `applied` tells on which side the file on disk is. */
  async show(change: FileUpdateChange, where: { cwd: string; applied: boolean; key: string }): Promise<void> {
    const path = absolute(change.path, where.cwd);
    const name = vscode.workspace.asRelativePath(path);
    const { before, after } = await bothSides(change, path, where.applied);
    if (before === undefined || after === undefined) return this.#showPatch(change, path, name);
    const side = (text: string, title: string) => this.#document(path, { title, text, key: where.key, path: change.path });
    const title = `${name} (${where.applied ? 'changed by the agent' : 'proposed'})`;
    await vscode.commands.executeCommand('vscode.diff', side(before, 'before'), side(after, 'after'), title, { preview: true });
  }

  /** The file has moved on since: the patch itself is what can be shown. */
  async #showPatch(change: FileUpdateChange, path: string, name: string): Promise<void> {
    const uri = this.#document(`${path}.diff`, { title: name, text: change.diff, key: '', path: change.path });
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: true });
  }

  #document(path: string, side: Side): vscode.Uri {
    const query = String(this.#next++);
    this.#sides.set(query, side);
    const [oldest] = this.#sides.keys();
    if (this.#sides.size > keptDocuments && oldest !== undefined) this.#sides.delete(oldest);
    return vscode.Uri.file(path).with({ scheme: changeScheme, query });
  }
}

/** As the user knows it: relative to the workspace where that is possible. */
export const shorten = (path: string): string => (isAbsolute(path) ? vscode.workspace.asRelativePath(path, false) : path);

const absolute = (path: string, cwd: string): string => (isAbsolute(path) ? path : join(cwd, path));

async function bothSides(change: FileUpdateChange, path: string, applied: boolean): Promise<{ before?: string; after?: string }> {
  if (change.kind.type === 'add') return { before: '', after: change.diff };
  if (change.kind.type === 'delete') return { before: change.diff, after: '' };
  const moved = applied && change.kind.move_path !== null ? change.kind.move_path : path;
  const now = await readText(moved);
  const other = now === undefined ? false : patched(now, change.diff, applied);
  if (now === undefined || other === false) return {};
  return applied ? { before: other, after: now } : { before: now, after: other };
}

/** False when the patch does not fit the text. */
export function patched(text: string, diff: string, backwards: boolean): string | false {
  const [patch] = parsePatch(diff);
  if (!patch) return false;
  return applyPatch(text, backwards ? reversePatch(patch) : patch);
}

async function readText(path: string): Promise<string | undefined> {
  try {
    // As it is in the editor, also where it is not saved.
    return (await vscode.workspace.openTextDocument(vscode.Uri.file(path))).getText();
  } catch {
    return undefined;
  }
}

/** Writes the changes as one undoable edit and saves the files. Rejects when one no longer fits, and then writes none. */
export async function writeChanges(changes: readonly FileUpdateChange[], cwd: string): Promise<void> {
  const edit = new vscode.WorkspaceEdit();
  for (const change of changes) await addToEdit(edit, change, absolute(change.path, cwd));
  if (!(await vscode.workspace.applyEdit(edit))) throw new Error('the editor refused the change');
  await vscode.workspace.saveAll(false);
}

async function addToEdit(edit: vscode.WorkspaceEdit, change: FileUpdateChange, path: string): Promise<void> {
  const uri = vscode.Uri.file(path);
  if (change.kind.type === 'add') return edit.createFile(uri, { contents: Buffer.from(change.diff), overwrite: true });
  if (change.kind.type === 'delete') return edit.deleteFile(uri);
  const document = await vscode.workspace.openTextDocument(uri);
  const text = patched(document.getText(), change.diff, false);
  if (text === false) throw new Error(`${path} has changed since; the patch does not fit any more`);
  edit.replace(uri, new vscode.Range(document.positionAt(0), document.positionAt(document.getText().length)), text);
  if (change.kind.move_path !== null) edit.renameFile(uri, vscode.Uri.file(change.kind.move_path));
}
