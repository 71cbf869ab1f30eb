/** Looking below capability roots: in one call where an exec-server can, else file by file. */
import { isRequestError } from '../base/errors.ts';
import { type FoundRoot, scanEach, scanRoot } from '../host/capability-scan.ts';
import type { FileSystem } from '../host/file-types.ts';
import type { ExecRequests } from '../protocol/exec/index.ts';
import type { PeerCaller } from '../rpc/peer.ts';
import { nativePath } from './path-uris.ts';

export interface RootPlace {
  readonly id: string;
  /** A `file:` URI. */
  readonly uri: string;
}

/** What one call takes. */
const rootsPerCall = 128;
const methodNotFound = -32601;

export const discoverInFiles = (roots: readonly RootPlace[], files: FileSystem, signal: AbortSignal): Promise<FoundRoot[]> =>
  scanEach(roots, ({ id, uri }) => scanRoot({ id, uri, path: nativePath(uri) }, files, { signal }));

/** Rejects when the answer is not about what was asked. */
export async function discoverOverWire(
  roots: readonly RootPlace[],
  { call, files, signal }: { call: PeerCaller<ExecRequests>; files: FileSystem; signal: AbortSignal },
): Promise<FoundRoot[]> {
  const found: FoundRoot[] = [];
  for (let from = 0; from < roots.length; from += rootsPerCall) {
    const asked = roots.slice(from, from + rootsPerCall);
    try {
      const answer = await call('capabilityRoots/discoverV1', { roots: asked.map(({ id, uri }) => ({ id, path: uri })) }, { signal });
      checkAnswer(asked, answer.roots);
      found.push(...answer.roots);
    } catch (error) {
      if (!isRequestError(error) || error.code !== methodNotFound) throw error;
      found.push(...(await discoverInFiles(asked, files, signal)));
    }
  }
  return found;
}

function checkAnswer(asked: readonly RootPlace[], answered: readonly FoundRoot[]): void {
  const fits = answered.length === asked.length && asked.every(({ id, uri }, at) => answered[at]?.id === id && answered[at]?.path === uri);
  if (!fits) throw new Error('exec-server protocol error: capabilityRoots/discoverV1 answered about other roots');
}
