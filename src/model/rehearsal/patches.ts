/** Writes patches in the format that the `apply_patch` tool takes. */

const wrap = (...lines: string[]): string => ['*** Begin Patch', ...lines, '*** End Patch'].join('\n');
const marked = (mark: '+' | '-' | ' ', text: string): string[] => text.split('\n').map((line) => `${mark}${line}`);

/** The text of a file without its last line end, which a patch adds by itself. */
const body = (text: string): string => text.replace(/\n$/, '');

export const addFile = (path: string, content: string): string => wrap(`*** Add File: ${path}`, ...marked('+', body(content)));
export const deleteFile = (path: string): string => wrap(`*** Delete File: ${path}`);
export const replaceIn = (path: string, before: string, after: string): string =>
  wrap(`*** Update File: ${path}`, '@@', ...marked('-', body(before)), ...marked('+', body(after)));
export const appendTo = (path: string, text: string): string => wrap(`*** Update File: ${path}`, '@@', ...marked('+', body(text)));
/** `line` is one that the file has: a move needs something to hold on to. */
export const moveFile = (from: string, to: string, line: string): string =>
  wrap(`*** Update File: ${from}`, `*** Move to: ${to}`, '@@', ` ${line}`);
