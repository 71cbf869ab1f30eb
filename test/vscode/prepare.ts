/** Before the tests in a real editor: installs the editor and the browser where that is possible, and builds the package. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import type { TestProject } from 'vitest/node';
import { editorDir, whyNot } from './editor.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The built package; empty when it is not needed, because `skipped` says why there is no editor. */
    vsix: string;
    skipped: string;
  }
}

/** A slow mirror must not hold up everything else. */
const installMs = 8 * 60_000;

export default async function prepare(project: TestProject): Promise<() => Promise<void>> {
  const skipped = whyNot() === undefined ? undefined : await install();
  project.provide('skipped', skipped ?? '');
  project.provide('vsix', '');
  if (skipped !== undefined) {
    console.warn(`\nSKIPPED: the tests in a real editor, because ${skipped}\n`);
    return async () => {};
  }
  const dir = await mkdtemp(join(tmpdir(), 'swy-vsix-'));
  const vsix = join(dir, 'switchyard.vsix');
  try {
    await execa('node', [resolve('client-vscode/build.mjs'), '--vsix', vsix], { stdout: 'inherit', stderr: 'inherit' });
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
  project.provide('vsix', vsix);
  return () => rm(dir, { recursive: true, force: true });
}

/** Undefined when everything is there now. */
async function install(): Promise<string | undefined> {
  console.info(`installing the editor in ${editorDir} …`);
  const script = resolve('test/vscode/install-editor.sh');
  const { failed, timedOut, stderr, shortMessage } = await execa('bash', [script, editorDir], {
    reject: false,
    timeout: installMs,
    forceKillAfterDelay: 1000,
  });
  if (!failed) return whyNot();
  return timedOut ? `installing it took longer than ${installMs / 60_000} minutes` : stderr.trim().split('\n').at(-1) || shortMessage;
}
