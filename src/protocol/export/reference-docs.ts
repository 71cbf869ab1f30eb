/** Writes the reference page of a protocol: every method with what it does, what it takes and what it answers. */
import type { NotificationRow, Protocol, RequestRow, Schema } from '../../rpc/contract.ts';
import type { Definitions } from './definitions.ts';

/** The text of the page. `title` names the protocol; `typesPath` is where its types are, seen from the page. */
export function referencePage(protocol: Protocol, definitions: Definitions, options: { title: string; typesPath: string }): string {
  const { input, output } = definitions;
  const names = { input: (schema: Schema) => code(input(schema)), output: (schema: Schema) => code(output(schema)) };
  const sections = [
    requests('Requests of the client', protocol.clientRequests, names.input, names.output),
    notifications('Notifications of the client', protocol.clientNotifications, names.input),
    requests('Requests of the server', protocol.serverRequests, names.output, names.input),
    notifications('Notifications of the server', protocol.serverNotifications, names.output),
  ];
  const intro = `# ${options.title}\n\nGenerated from the rows of the protocol; do not edit. *Experimental* methods and members need a client that announced \`experimentalApi\`. The types are in [types.ts](${options.typesPath}).\n`;
  return [intro, ...sections].join('\n');
}

type NameOf = Definitions['input'];

function requests(title: string, rows: Readonly<Record<string, RequestRow>>, from: NameOf, back: NameOf): string {
  const lines = Object.entries(rows).map(([method, row]) =>
    line([code(method), row.doc, paramsCell(row.params, row.noParams, from), resultCell(row.result, back), stability(row)]),
  );
  return section(title, lines, ['Method', 'What it does', 'Params', 'Result', 'Stability']);
}

function notifications(title: string, rows: Readonly<Record<string, NotificationRow>>, from: NameOf): string {
  const lines = Object.entries(rows).map(([method, row]) =>
    line([code(method), row.doc, paramsCell(row.params, false, from), stability(row)]),
  );
  return section(title, lines, ['Method', 'What it says', 'Params', 'Stability']);
}

function section(title: string, lines: readonly string[], columns: readonly string[]): string {
  if (lines.length === 0) return `## ${title}\n\nNone.\n`;
  return `## ${title} (${lines.length})\n\n${line(columns)}${line(columns.map(() => '---'))}${lines.join('')}`;
}

function paramsCell(schema: Schema, optional: boolean, name: NameOf): string {
  if (schema.id === 'NoParams') return 'none';
  return optional ? `${name(schema)}, optional` : resultCell(schema, name);
}

const resultCell = (schema: Schema, name: NameOf) => (schema.id === 'Empty' ? '`{}`' : name(schema));
const stability = (row: NotificationRow) => (row.experimental ? 'experimental' : 'stable');
const code = (text: string) => `\`${text}\``;
const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
