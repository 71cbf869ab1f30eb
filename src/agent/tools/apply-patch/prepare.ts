/** From a parsed patch to the effect that run-tool asks about and runs; shared by the tool and by intercepted commands. */
import { readSandbox } from '../read-scope.ts';
import type { PatchItem, Prepared, SelectedEnvironment, ToolCall, ToolOutcome } from '../tool.ts';
import { PatchMismatch } from './apply.ts';
import { fileChanges, touchedPaths } from './changes.ts';
import { commitPatch } from './commit.ts';
import { underSandbox } from './confined-files.ts';
import type { Patch } from './parse.ts';
import { repositoryRoot } from './repository-root.ts';
import { PatchRefused, type PlannedChange, verifyPatch } from './verify.ts';
import { writeScope } from './write-scope.ts';

export interface PatchPlace {
  readonly selected: SelectedEnvironment;
  /** Absolute; relative paths of the patch start here. */
  readonly cwd: string;
  /** Puts the result of a successful run into another layout. */
  readonly wrap?: (result: string) => string;
}

/** A call that ended before anything was shown or asked. */
export const failedPatch = (output: string): Prepared => ({ kind: 'done', outcome: { kind: 'failed', output } });

/** Checks `patch` against the files. A patch that does not fit is answered to the model, without an item. */
export async function preparePatch(patch: Patch, place: PatchPlace, call: ToolCall): Promise<Prepared> {
  if (patch.hunks.length === 0) return failedPatch('patch rejected: empty patch');
  const { environment, selection } = place.selected;
  let planned: PlannedChange[];
  try {
    const sandbox = readSandbox(call.settings, selection);
    planned = await verifyPatch(patch, { files: environment.files, cwd: place.cwd, signal: call.signal, sandbox });
  } catch (error) {
    if (error instanceof PatchRefused || error instanceof PatchMismatch)
      return failedPatch(`apply_patch verification failed: ${error.message}`);
    throw error;
  }
  const item: PatchItem = { type: 'fileChange', id: call.callId, changes: fileChanges(planned), status: 'inProgress' };
  return {
    kind: 'patch',
    item,
    paths: touchedPaths(planned),
    cwd: place.cwd,
    environmentId: selection.environmentId,
    async run(attempt): Promise<ToolOutcome> {
      const startedMs = call.clock.monotonicMs();
      const mayWrite = attempt.sandbox && (await writeScope(attempt.sandbox, environment.files));
      // Elsewhere no file operation can be confined, and the check of the path is all there is.
      const confined = attempt.sandbox && (await environment.info(call.signal)).os === 'linux';
      const files = confined && attempt.sandbox ? underSandbox(environment.files, attempt.sandbox) : environment.files;
      const result = await commitPatch(planned, { files, signal: call.signal, mayWrite });
      call.items.complete({ ...item, status: result.failure === undefined ? 'completed' : 'failed' });
      if (result.committed.length > 0) {
        call.diff.record(result.committed, await repositoryRoot(selection.cwd, environment.files, call.diff));
        call.diffUpdated();
      }
      const elapsedMs = call.clock.monotonicMs() - startedMs;
      if (result.failure !== undefined) return { kind: 'failed', output: patchResult(1, elapsedMs, `${result.failure}\n`) };
      const output = patchResult(0, elapsedMs, result.summary);
      return place.wrap ? { kind: 'ok', output: place.wrap(output) } : { kind: 'ok', output, response: output };
    },
  };
}

/** T-49: seconds with one decimal, whole seconds without. */
const patchResult = (exitCode: number, elapsedMs: number, text: string): string =>
  `Exit code: ${exitCode}\nWall time: ${Math.round(elapsedMs / 100) / 10} seconds\nOutput:\n${text}`;
