/** The search program that is installed with this package. */
import { createRequire } from 'node:module';

const program = process.platform === 'win32' ? 'rg.exe' : 'rg';

/** Absolute. Rejects when it is not installed. */
export async function ripgrepPath(): Promise<string> {
  try {
    // Where package managers put it. Asking its package starts Node's loader of ES modules, which a first client waits for.
    return createRequire(import.meta.url).resolve(`@vscode/ripgrep-${process.platform}-${process.arch}/bin/${program}`);
  } catch {
    return (await import('@vscode/ripgrep')).rgPath;
  }
}
