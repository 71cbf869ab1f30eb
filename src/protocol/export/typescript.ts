/** Writes a protocol as TypeScript declarations: the named types, and a table of methods that uses them. */
import type { NotificationRow, Protocol, RequestRow } from '../../rpc/contract.ts';
import { type Definitions, isSchema, type JsonSchema, refName } from './definitions.ts';

const typesFile = 'types.ts';
const header = '// Generated from the rows of the protocol. Do not edit.\n\n';

/** File names below the protocol's TypeScript folder, with their text. */
export function typeScriptFiles(protocol: Protocol, definitions: Definitions): Map<string, string> {
  return new Map([
    [typesFile, header + [...definitions.all].map(declaration).join('\n')],
    ['methods.ts', header + methods(protocol, definitions)],
  ]);
}

function declaration([name, definition]: [string, JsonSchema]): string {
  return `export type ${name} = ${typeOf(definition, '')};\n`;
}

function methods(protocol: Protocol, { input, output }: Definitions): string {
  const used = new Set<string>();
  const use = (name: string) => {
    used.add(name);
    return name;
  };
  const requests = (title: string, rows: Readonly<Record<string, RequestRow>>, from: Definitions['input'], back: Definitions['input']) =>
    table(title, rows, (row) => {
      const params = use(from(row.params));
      return `{ params${row.noParams ? '?' : ''}: ${params}; result: ${use(back(row.result))} }`;
    });
  const notifications = (title: string, rows: Readonly<Record<string, NotificationRow>>, from: Definitions['input']) =>
    table(title, rows, (row) => use(from(row.params)));
  const tables = [
    requests('ClientRequests', protocol.clientRequests, input, output),
    notifications('ClientNotifications', protocol.clientNotifications, input),
    requests('ServerRequests', protocol.serverRequests, output, input),
    notifications('ServerNotifications', protocol.serverNotifications, output),
  ];
  const names = [...used].sort().map((name) => `  ${name},\n`);
  return `import type {\n${names.join('')}} from './types.ts';\n\n${tables.join('\n')}`;
}

function table<R extends NotificationRow>(title: string, rows: Readonly<Record<string, R>>, typeOfRow: (row: R) => string): string {
  const lines = Object.entries(rows).map(
    ([method, row]) => `  /** ${row.doc}${row.experimental ? ' Experimental.' : ''} */\n  '${method}': ${typeOfRow(row)};\n`,
  );
  return `export interface ${title} {\n${lines.join('')}}\n`;
}

/** A definition as a type; `indent` is that of the line it begins on. */
function typeOf(node: unknown, indent: string): string {
  if (!isSchema(node)) return node === false ? 'never' : 'unknown';
  if ('$ref' in node) return refName(node.$ref);
  if ('const' in node) return literal(node.const);
  if (Array.isArray(node.enum)) return node.enum.map(literal).join(' | ');
  const options = node.oneOf ?? node.anyOf;
  if (Array.isArray(options)) return unionOf(options.map((option) => typeOf(option, indent)));
  if (Array.isArray(node.allOf)) return node.allOf.map((part) => typeOf(part, indent)).join(' & ');
  if (Array.isArray(node.type)) return unionOf(node.type.map((type) => plainType({ ...node, type }, indent)));
  return plainType(node, indent);
}

function plainType(node: JsonSchema, indent: string): string {
  switch (node.type) {
    case 'string':
    case 'boolean':
    case 'null':
      return node.type;
    case 'integer':
    case 'number':
      return 'number';
    case 'array':
      return arrayOf(typeOf(node.items, indent));
    case 'object':
      return objectType(node, indent);
    default:
      return 'unknown';
  }
}

function objectType(node: JsonSchema, indent: string): string {
  const inner = `${indent}  `;
  const required = new Set(Array.isArray(node.required) ? node.required : []);
  const members = Object.entries(isSchema(node.properties) ? node.properties : {}).map(([name, member]) => {
    const mark = isSchema(member) && member['x-experimental'] === true ? `${inner}/** Experimental. */\n` : '';
    return `${mark}${inner}${memberName(name)}${required.has(name) ? '' : '?'}: ${typeOf(member, inner)};\n`;
  });
  const open = node.additionalProperties;
  if (members.length === 0) return isSchema(open) ? `Record<string, ${typeOf(open, indent)}>` : 'Record<string, never>';
  // Members of a type that is open must fit its index signature, so anything may stand there.
  if (isSchema(open)) members.push(`${inner}[key: string]: unknown;\n`);
  return `{\n${members.join('')}${indent}}`;
}

const memberName = (name: string) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name));
const literal = (value: unknown) =>
  typeof value === 'string' ? `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'` : String(value);
const arrayOf = (element: string) => (/[|&{ ]/.test(element) ? `Array<${element}>` : `${element}[]`);
const unionOf = (types: readonly string[]) => [...new Set(types)].join(' | ');
