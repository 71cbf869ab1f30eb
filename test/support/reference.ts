/** The reference program, where CODEX_REFERENCE names its binary. Tests that need it say so when it is missing. */
import { existsSync } from 'node:fs';

const named = process.env.CODEX_REFERENCE;

export const referenceBinary: string | undefined = named !== undefined && existsSync(named) ? named : undefined;

/** For `describe.skipIf`: prints the reason once. */
export function withoutReference(what: string): boolean {
  if (referenceBinary !== undefined) return false;
  console.warn(`skipped: ${what} (set CODEX_REFERENCE to the binary of @openai/codex@0.169.0 to run it)`);
  return true;
}
