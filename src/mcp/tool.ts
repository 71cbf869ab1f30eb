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

/** Undefined: the entry has no name. */
export function readTool(entry: unknown): McpTool | undefined {
  if (!isObject(entry) || typeof entry.name !== 'string') return undefined;
  const meta = isObject(entry._meta)
    ? Object.fromEntries(Object.entries(entry._meta).filter(([key]) => !connectorKeys.has(key)))
    : undefined;
  const raw = meta ? { ...entry, _meta: meta } : entry;
  return {
    name: entry.name,
    description: textOf(entry.description),
    inputSchema: entry.inputSchema ?? { type: 'object', properties: {} },
    annotations: isObject(entry.annotations) ? entry.annotations : {},
    title: textOf(entry.title),
    meta,
    raw,
  };
}
