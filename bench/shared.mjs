// Where the shared conformance and bench material lies: beside the clone, or where SWITCHYARD_SHARED says.
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
export const cli = join(root, 'dist', 'switchyard.cjs');

/** The folder, or undefined after saying why there is none. */
export function sharedFolder(what) {
  const folder = resolve(process.env.SWITCHYARD_SHARED ?? join(root, '..', 'shared'));
  if (existsSync(join(folder, what))) return folder;
  console.error(
    `no ${what} below ${folder}: set SWITCHYARD_SHARED to the folder that holds it. This script is for developers; the tests do not need it.`,
  );
  return undefined;
}
