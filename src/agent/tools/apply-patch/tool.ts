/** The `apply_patch` tool: reads the patch, checks it against the files, and applies it once run-tool has the consent. */
import type { SelectedEnvironment, ToolCall } from '../tool.ts';
import { defineTool, hookedCommand } from '../tool.ts';
import { patchDescription, patchGrammar } from './grammar.ts';
import { type Patch, PatchSyntaxError, parsePatch } from './parse.ts';
import { failedPatch, preparePatch } from './prepare.ts';

export const applyPatchTool = defineTool<string>({
  name: 'apply_patch',
  kind: 'custom',
  parallel: false,
  declaration(offer) {
    if (!offer.model.applyPatch || offer.environments.length === 0) return undefined;
    const definition = patchGrammar(offer.environments.length > 1);
    return { type: 'custom', name: 'apply_patch', description: patchDescription, format: { type: 'grammar', syntax: 'lark', definition } };
  },
  parse(input) {
    if (typeof input === 'string') return { ok: true, args: input };
    // Called as a function by a model that does not know custom tools.
    if (typeof input === 'object' && input !== null && 'input' in input && typeof input.input === 'string')
      return { ok: true, args: input.input };
    return { ok: false, message: 'apply_patch takes the patch as text' };
  },
  hooked(text, call) {
    try {
      parsePatch(text);
    } catch {
      // What is no patch is told to the model, and nothing is to be judged.
      return undefined;
    }
    const cwd = call.environments[0]?.selection.cwd;
    return hookedCommand(
      { name: 'apply_patch', aliases: ['Write', 'Edit'], ...(cwd === undefined ? {} : { cwd }) },
      text,
      (patch) => patch,
    );
  },
  async prepare(text, call) {
    let patch: Patch;
    try {
      patch = parsePatch(text);
    } catch (error) {
      if (error instanceof PatchSyntaxError) return failedPatch(`apply_patch verification failed: ${error.detail}`);
      throw error;
    }
    const place = chooseEnvironment(patch.environmentId, call);
    if (typeof place === 'string') return failedPatch(place);
    return preparePatch(patch, { selected: place, cwd: place.selection.cwd }, call);
  },
});

function chooseEnvironment(id: string | undefined, call: ToolCall): SelectedEnvironment | string {
  const [primary] = call.environments;
  if (!primary) return 'apply_patch is unavailable: this thread has no environment';
  if (id === undefined) return primary;
  if (call.environments.length === 1) return 'apply_patch environment selection is unavailable for this turn';
  const chosen = call.environments.find((one) => one.selection.environmentId === id);
  return chosen ?? `apply_patch environment \`${id}\` is not selected in this turn`;
}
