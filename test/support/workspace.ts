/** A directory of its own for a test, gone afterwards. */
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface Workspace extends AsyncDisposable {
  /** Absolute, with every link resolved. */
  readonly root: string;
  path(...parts: string[]): string;
  /** Writes a file with its parents; the answer is its absolute path. */
  write(name: string, content: string | Buffer): Promise<string>;
  read(name: string): Promise<string>;
}

/** A fresh directory, with `files` (relative name to content) in it. */
export async function tempWorkspace(files: Readonly<Record<string, string>> = {}): Promise<Workspace> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'switchyard-test-')));
  const workspace: Workspace = {
    root,
    path: (...parts) => join(root, ...parts),
    async write(name, content) {
      const path = join(root, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
      return path;
    },
    read: (name) => readFile(join(root, name), 'utf8'),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true, maxRetries: 3 }),
  };
  for (const [name, content] of Object.entries(files)) await workspace.write(name, content);
  return workspace;
}
