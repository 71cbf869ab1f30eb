/** A tool as a server describes it, read from what the server said. */
import type { JsonObject } from './client.ts';

/** A tool as the server describes it. */
export interface McpTool {
  readonly name: string;
  readonly description: string | undefined;
  readonly inputSchema: unknown;
  readonly annotations: Readonly<JsonObject>;
  readonly title: string | undefined;
  readonly meta: Readonly<JsonObject> | undefined;
  /** Everything the server said about it. */
  readonly raw: JsonObject;
}

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** Only the host's own server may say that a tool belongs to a connector. */
const connectorKeys = new Set([
  ...['connector_id', 'connector_name', 'connector_display_name', 'connector_description', 'connectorDescription'],
]);

/** Undefined: the entry has no name. `plugin`: the name of the plugin that brings the server along. */
export function readTool(entry: unknown, plugin?: string | undefined): McpTool | undefined {
  if (!isObject(entry) || typeof entry.name !== 'string') return undefined;
  const description = plugin === undefined ? textOf(entry.description) : described(textOf(entry.description) ?? '', plugin);
  const meta = isObject(entry._meta)
    ? Object.fromEntries(Object.entries(entry._meta).filter(([key]) => !connectorKeys.has(key)))
    : undefined;
  const raw = { ...entry, ...(meta && { _meta: meta }), ...(plugin !== undefined && { description }) };
  return {
    name: entry.name,
    description,
    inputSchema: entry.inputSchema ?? { type: 'object', properties: {} },
    annotations: isObject(entry.annotations) ? entry.annotations : {},
    title: textOf(entry.title),
    meta,
    raw,
  };
}

function described(description: string, plugin: string): string {
  const said = description.trim();
  const stop = said === '' || /[.!?]$/.test(said) ? '' : '.';
  return `${said}${stop}${said === '' ? '' : ' '}This tool is part of plugin \`${plugin}\`.`;
}

/** The form of a tool's arguments; one that takes more than `longest` bytes of JSON goes without its descriptions. */
export function shortened(schema: unknown, longest: number | undefined): unknown {
  return longest === undefined || Buffer.byteLength(JSON.stringify(schema)) <= longest ? schema : undescribed(schema);
}

/** A property may be called `description`: what is taken out is text that stands beside the type. */
function undescribed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(undescribed);
  if (!isObject(schema)) return schema;
  const kept = Object.entries(schema).filter(([key, value]) => key !== 'description' || typeof value !== 'string');
  return Object.fromEntries(kept.map(([key, value]) => [key, undescribed(value)]));
}
