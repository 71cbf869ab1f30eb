/** A unix socket that only its owner can reach, from the moment it exists. */
// The member of node:fs is loaded when it is used; the module of its own would be with every server.
import { promises as fs } from 'node:fs';
import { connect, type Server } from 'node:net';
import { dirname } from 'node:path';
import { errnoOf } from '../../base/errors.ts';

/** Longer paths do not fit the system's address structure (104 bytes on macOS, 108 on Linux, with the final zero). */
const maxPathBytes = process.platform === 'darwin' ? 103 : 107;

/**
 * Binds `server` to `path` with mode 0600, creating its directory with 0700. A socket file that nobody listens on any
 * more is replaced. Rejects when the path is too long, in use, or something other than a socket of this user.
 */
export async function listenPrivately(server: Server, path: string): Promise<void> {
  if (Buffer.byteLength(path) > maxPathBytes) throw new Error(`the socket path is longer than ${maxPathBytes} bytes: ${path}`);
  await fs.mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await removeStale(path);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // The file is created inside this call, so the mask holds for it and for nothing else.
    const before = process.umask(0o177);
    try {
      server.listen({ path }, () => {
        server.off('error', reject);
        resolve();
      });
    } finally {
      process.umask(before);
    }
  });
}

async function removeStale(path: string): Promise<void> {
  const stats = await fs.lstat(path).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (!stats) return;
  if (!stats.isSocket()) throw new Error(`${path} exists and is no socket`);
  if (process.getuid && stats.uid !== process.getuid()) throw new Error(`${path} belongs to somebody else`);
  if (await answers(path)) throw Object.assign(new Error(`another server listens on ${path}`), { code: 'EADDRINUSE' });
  await fs.unlink(path);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', (error) => {
      if (errnoOf(error) === 'ECONNREFUSED' || errnoOf(error) === 'ENOENT') resolve(false);
      else reject(error);
    });
  });
}
