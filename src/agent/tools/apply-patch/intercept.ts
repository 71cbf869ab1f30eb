/** Recognises a patch that a model sends as a command, so that it is applied as a patch instead of being run by a shell. */

import { baseName } from '../../../policy/command-parse.ts';
import { loadShellGrammar } from '../../../policy/shell-grammar.ts';
import { resolveFrom } from '../native-path.ts';
import type { Prepared, ToolCall } from '../tool.ts';
import { looksLikePatch, type Patch, PatchSyntaxError, parsePatch } from './parse.ts';
import { failedPatch, type PatchPlace, preparePatch } from './prepare.ts';

const NAMES: ReadonlySet<string> = new Set(['apply_patch', 'applypatch']);
const FAILED = 'apply_patch verification failed: ';
const NO_CALL = 'patch detected without explicit call to apply_patch. Rerun as ["apply_patch", "<patch>"]';

/** What the command would do as a patch; undefined when it is an ordinary command. */
export async function interceptedPatch(argv: readonly string[], place: PatchPlace, call: ToolCall): Promise<Prepared | undefined> {
  const [program = '', body] = argv;
  if (argv.length === 2 && body !== undefined && NAMES.has(program)) return prepareText(body, place, call);
  const script = argv.length === 1 ? program : scriptOf(argv);
  if (script === undefined) return undefined;
  if (looksLikePatch(script)) return isPatch(script) ? failedPatch(FAILED + NO_CALL) : undefined;
  const heredoc = await loadShellGrammar().then(
    (grammar) => grammar.heredoc(script),
    (error: unknown) => {
      // Without the grammar the command is still a command: the shell runs it, or says that it knows no apply_patch.
      call.log.warn('the shell grammar cannot be loaded', { error });
      return undefined;
    },
  );
  if (heredoc?.words.length !== 1 || !NAMES.has(heredoc.words[0] ?? '')) return undefined;
  const cwd = heredoc.directory === undefined ? place.cwd : resolveFrom(place.cwd, heredoc.directory);
  return prepareText(heredoc.body, { ...place, cwd }, call);
}

/** The script of a call of any shell that a model may use. */
function scriptOf(argv: readonly string[]): string | undefined {
  const [program = '', ...args] = argv;
  const script = args.at(-1);
  const flags = args.slice(0, -1).join(' ').toLowerCase();
  switch (baseName(program).toLowerCase()) {
    case 'bash':
    case 'zsh':
    case 'sh':
      return flags === '-c' || flags === '-lc' ? script : undefined;
    case 'pwsh':
    case 'powershell':
      return flags === '-command' || flags === '-noprofile -command' ? script : undefined;
    case 'cmd':
      return flags === '/c' ? script : undefined;
    default:
      return undefined;
  }
}

function isPatch(text: string): boolean {
  try {
    parsePatch(text);
    return true;
  } catch {
    // The shell will say what is wrong with it.
    return false;
  }
}

function prepareText(text: string, place: PatchPlace, call: ToolCall): Promise<Prepared> | Prepared {
  let patch: Patch;
  try {
    patch = parsePatch(text);
  } catch (error) {
    if (error instanceof PatchSyntaxError) return failedPatch(FAILED + error.detail);
    throw error;
  }
  if (patch.environmentId !== undefined) return failedPatch('apply_patch environment selection is unavailable for this turn');
  return preparePatch(patch, place, call);
}
