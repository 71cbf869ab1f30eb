/** Everything that is generated from a protocol, as file texts; writing them is the caller's work. */
import type { Protocol } from '../../rpc/contract.ts';
import { type Definitions, definitionsOf } from './definitions.ts';
import { jsonSchemaFiles } from './json-schema.ts';
import { directionsOf } from './named-schemas.ts';
import { referencePage } from './reference-docs.ts';
import { stableDefinitions, stableRows } from './stable.ts';
import { typeScriptFiles } from './typescript.ts';

/** Without `experimental` only what every client may use is written. */
export interface ExportOptions {
  readonly experimental: boolean;
}

/** File names with their texts, for the folder that a user names. */
export function exportJsonSchema(protocol: Protocol, options: ExportOptions): Map<string, string> {
  const { rows, definitions } = chosen(protocol, options);
  return jsonSchemaFiles(rows, definitions);
}

/** As `exportJsonSchema`. */
export function exportTypeScript(protocol: Protocol, options: ExportOptions): Map<string, string> {
  const { rows, definitions } = chosen(protocol, options);
  return typeScriptFiles(rows, definitions);
}

/**
 * The files of this package that are generated from a protocol: paths from the package's root, with `/`, and texts.
 * `name` is the protocol's folder, `title` the heading of its page.
 */
export function generatedFiles(protocol: Protocol, { name, title }: { name: string; title: string }): Map<string, string> {
  const definitions = definitionsOf(protocol);
  const files = new Map<string, string>();
  for (const [file, text] of jsonSchemaFiles(protocol, definitions)) files.set(`schema/${name}/json/${file}`, text);
  for (const [file, text] of typeScriptFiles(protocol, definitions)) files.set(`schema/${name}/typescript/${file}`, text);
  const typesPath = `../../schema/${name}/typescript/types.ts`;
  files.set(`docs/reference/${name}.md`, referencePage(protocol, definitions, { title, typesPath }));
  return files;
}

function chosen(protocol: Protocol, { experimental }: ExportOptions): { rows: Protocol; definitions: Definitions } {
  if (experimental) return { rows: protocol, definitions: definitionsOf(protocol) };
  const rows = stableRows(protocol);
  const definitions = definitionsOf(rows);
  const { input, output } = directionsOf(rows);
  const roots = [...input.map(definitions.input), ...output.map(definitions.output)];
  return { rows, definitions: stableDefinitions(definitions, roots) };
}
