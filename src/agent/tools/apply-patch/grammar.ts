/** What the model is told about the patch tool: the grammar its output is held to, and how to use it. */

/** Lark. Stricter than the parser: a model that follows it never needs the parser's leniency. */
export const patchGrammar = (severalEnvironments: boolean): string => `start: begin ${severalEnvironments ? 'environment? ' : ''}hunk+ end
begin: "*** Begin Patch" LF
end: "*** End Patch" LF?
${severalEnvironments ? 'environment: "*** Environment ID: " REST LF\n' : ''}
hunk: add | delete | update
add: "*** Add File: " REST LF added+
delete: "*** Delete File: " REST LF
update: "*** Update File: " REST LF move? body?

move: "*** Move to: " REST LF
body: (anchor | line)+ last?
anchor: ("@@" | "@@ " REST) LF
line: ("+" | "-" | " ") REST? LF
added: "+" REST? LF
last: "*** End of File" LF

REST: /[^\\n]+/

%import common.LF
`;

export const patchDescription =
  'Creates, changes, moves and deletes files. The input is the patch itself as free text: no JSON around it. Each update shows a few unchanged lines around its changes so that the place is found without line numbers.';
