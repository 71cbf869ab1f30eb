/**
 * The real grammar of the shell, for scripts that are more than plain commands: what commands stand anywhere in them, and
 * whether they are one command with a here-document. Loaded on first use.
 */
import { createRequire } from 'node:module';
import type { Node } from 'web-tree-sitter';

/** A word of a command; undefined where only running the script would tell. */
export type GrammarWord = string | undefined;

/** A script that is nothing but one command reading a here-document, perhaps after `cd DIRECTORY &&`. */
export interface HeredocScript {
  readonly directory: string | undefined;
  readonly words: readonly string[];
  readonly body: string;
}

export interface ShellGrammar {
  /** Every simple command wherever it stands: in loops, substitutions, functions, beside redirects. Empty when the script cannot be parsed at all. */
  commands(script: string): readonly (readonly GrammarWord[])[];
  heredoc(script: string): HeredocScript | undefined;
}

let loading: Promise<ShellGrammar> | undefined;

/** Rejects when the grammar's files are missing or broken; the next call tries again then. */
export function loadShellGrammar(): Promise<ShellGrammar> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function load(): Promise<ShellGrammar> {
  const { Language, Parser } = await import('web-tree-sitter');
  await Parser.init();
  const require = createRequire(import.meta.url);
  const parser = new Parser();
  parser.setLanguage(await Language.load(require.resolve('tree-sitter-bash/tree-sitter-bash.wasm')));
  const read = <T>(script: string, visit: (root: Node) => T, none: T): T => {
    const tree = parser.parse(script);
    if (!tree) return none;
    try {
      return visit(tree.rootNode);
    } finally {
      tree.delete();
    }
  };
  return {
    commands: (script) =>
      read(
        script,
        (root) =>
          children(root, 'command')
            .map(commandWords)
            .filter((words) => words.length > 0),
        [],
      ),
    heredoc: (script) => read(script, heredocOf, undefined),
  };
}

const children = (node: Node, type: string): Node[] => node.descendantsOfType(type).filter((child) => child !== null);
const named = (node: Node): Node[] => node.namedChildren.filter((child) => child !== null);

/** Assignments before the command and redirects beside it are left out. */
function commandWords(command: Node): GrammarWord[] {
  return named(command)
    .filter((part) => part.type !== 'variable_assignment' && !part.type.endsWith('_redirect'))
    .map((part) => literal(part.type === 'command_name' ? (named(part)[0] ?? part) : part));
}

/** The word a node stands for when no expansion is needed to know it. */
function literal(node: Node): GrammarWord {
  switch (node.type) {
    case 'word':
      return node.text.replace(/\\(?:\n|(.))/gs, '$1');
    case 'number':
      return named(node).length === 0 ? node.text : undefined;
    case 'raw_string':
      return node.text.slice(1, -1);
    case 'string':
      if (named(node).some((part) => part.type !== 'string_content')) return undefined;
      return node.text.slice(1, -1).replace(/\\(?:\n|(["\\$`]))/g, '$1');
    case 'concatenation': {
      const parts = named(node).map(literal);
      return parts.every((part) => part !== undefined) ? parts.join('') : undefined;
    }
    default:
      return undefined;
  }
}

function heredocOf(root: Node): HeredocScript | undefined {
  const [statement, ...others] = named(root);
  if (root.hasError || others.length > 0 || statement?.type !== 'redirected_statement') return undefined;
  const [body, redirect, ...more] = named(statement);
  if (!body || more.length > 0 || redirect?.type !== 'heredoc_redirect') return undefined;
  const [start, content, end, ...extras] = named(redirect);
  if (start?.type !== 'heredoc_start' || content?.type !== 'heredoc_body' || end?.type !== 'heredoc_end' || extras.length > 0)
    return undefined;
  const call = callOf(body);
  if (!call) return undefined;
  const stripsTabs = redirect.text.startsWith('<<-');
  return { ...call, body: stripsTabs ? content.text.replace(/^\t+/gm, '') : content.text };
}

function callOf(body: Node): Pick<HeredocScript, 'directory' | 'words'> | undefined {
  if (body.type === 'command') {
    const words = plainCall(body);
    return words && { directory: undefined, words };
  }
  const [change, command, ...more] = named(body);
  if (body.type !== 'list' || !change || !command || more.length > 0) return undefined;
  if (body.child(1)?.type !== '&&' || change.type !== 'command' || command.type !== 'command') return undefined;
  const cd = plainCall(change);
  const words = plainCall(command);
  const directory = cd?.[1];
  return words && directory !== undefined && cd?.[0] === 'cd' && cd.length === 2 ? { directory, words } : undefined;
}

/** The words of a command that consists of literal words only. */
function plainCall(command: Node): string[] | undefined {
  if (named(command).some((part) => part.type === 'variable_assignment' || part.type.endsWith('_redirect'))) return undefined;
  const words = commandWords(command);
  return words.every((word) => word !== undefined) ? words : undefined;
}
