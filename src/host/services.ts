/** What a server needs of this machine beyond its environment, in one handful: for the program and for those who embed it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HttpTransport } from '../base/http-transport.ts';
import { type FileWatch, watchPath } from './file-watch.ts';
import { createModelHttp } from './model-http.ts';
import { ripgrepPath } from './ripgrep.ts';
import type { SandboxStatus } from './sandbox/ladder.ts';

export interface HostServices {
  readonly http: HttpTransport;
  readonly watcher: { watch(path: string, onChange: (changedPaths: readonly string[]) => void): Promise<FileWatch> };
  readonly ripgrep: () => Promise<string>;
  /** How far commands are confined. Looks at the machine at its first call. Never rejects. */
  readonly sandboxStatus: (cwd: string) => Promise<SandboxStatus>;
  readonly processInfo: () => { readonly id: number; readonly residentMemoryBytes: number };
}

/** Opens nothing. */
export const hostServices = (env: Readonly<Record<string, string | undefined>>): HostServices => ({
  http: createModelHttp({ env }),
  watcher: { watch: watchPath },
  ripgrep: ripgrepPath,
  sandboxStatus: async (cwd) => (await import('./sandbox/index.ts')).platformStatus(cwd),
  processInfo: () => ({ id: process.pid, residentMemoryBytes: process.memoryUsage.rss() }),
});

/** `environments.toml` of a home directory. Read at once, since it decides how a server is built. */
export function readEnvironmentsFile(home: string): { path: string; text: string } | undefined {
  const path = join(home, 'environments.toml');
  try {
    return { path, text: readFileSync(path, 'utf8') };
  } catch {
    // There is none; one that cannot be read has no way to be obeyed either.
    return undefined;
  }
}
