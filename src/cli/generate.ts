/** Writes the protocol as JSON Schema or TypeScript into a directory. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { appProtocol } from '../protocol/app/index.ts';
import { exportJsonSchema, exportTypeScript } from '../protocol/export/index.ts';
import type { Command } from './flags.ts';

export async function generate(command: Extract<Command, { kind: 'generate' }>): Promise<void> {
  const { what, out, experimental } = command;
  const files = what === 'ts' ? exportTypeScript(appProtocol, { experimental }) : exportJsonSchema(appProtocol, { experimental });
  for (const [name, text] of files) {
    const path = join(out, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}
