/** The guess whether a failed command failed because of its sandbox. */
import { constants } from 'node:os';
import type { OutputChunk } from '../process-types.ts';
import type { SandboxKind } from './types.ts';

const telltales = [
  'operation not permitted',
  'permission denied',
  'read-only file system',
  'seccomp',
  'sandbox',
  'landlock',
  'failed to write file',
];

/** Exit codes that mean wrong usage or no such program; without a telltale word they say nothing about the sandbox. */
const ownFailures = new Set([2, 126, 127]);

/** What is judged: the retained output in order of arrival and the exit code. */
export interface DenialEvidence {
  readonly exitCode: number;
  readonly chunks: Iterable<OutputChunk>;
  readonly sandbox: SandboxKind;
}

export function looksDenied({ exitCode, chunks, sandbox }: DenialEvidence): boolean {
  if (sandbox === 'none' || exitCode === 0) return false;
  const all: Buffer[] = [];
  const errors: Buffer[] = [];
  const outputs: Buffer[] = [];
  for (const { stream, bytes } of chunks) {
    all.push(bytes);
    (stream === 'stderr' ? errors : outputs).push(bytes);
  }
  for (const part of [errors, outputs, all]) {
    const text = Buffer.concat(part).toString('latin1').toLowerCase();
    if (telltales.some((word) => text.includes(word))) return true;
  }
  if (ownFailures.has(exitCode)) return false;
  return sandbox === 'linux' && exitCode === 128 + (constants.signals.SIGSYS ?? 31);
}
