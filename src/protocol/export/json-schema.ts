/** Writes a protocol as JSON Schema (draft-07): one file of definitions and one per kind of message that refers to it. */
import type { NotificationRow, Protocol, RequestRow, Schema } from '../../rpc/contract.ts';
import { type Definitions, type JsonSchema, refTo } from './definitions.ts';

const draft = 'http://json-schema.org/draft-07/schema#';
const definitionsFile = 'definitions.json';

/** File names below the protocol's JSON folder, with their text. */
export function jsonSchemaFiles(protocol: Protocol, definitions: Definitions): Map<string, string> {
  const { input, output } = definitions;
  const { clientRequests, clientNotifications, serverRequests, serverNotifications } = protocol;
  return new Map([
    [definitionsFile, text({ definitions: Object.fromEntries(definitions.all) })],
    ['client-requests.json', text(requests('ClientRequest', clientRequests, { params: input, result: output }))],
    ['client-notifications.json', text(notifications('ClientNotification', clientNotifications, input))],
    ['server-requests.json', text(requests('ServerRequest', serverRequests, { params: output, result: input }))],
    ['server-notifications.json', text(notifications('ServerNotification', serverNotifications, output))],
  ]);
}

type NameOf = Definitions['input'];

function requests(title: string, rows: Readonly<Record<string, RequestRow>>, names: { params: NameOf; result: NameOf }): JsonSchema {
  const id = { type: ['string', 'integer'] };
  const oneOf = Object.entries(rows).map(([method, row]) => ({
    ...message(method, row, { id, params: reference(names.params, row.params) }, row.noParams ? ['id'] : ['id', 'params']),
    'x-result': reference(names.result, row.result),
  }));
  return { title, oneOf };
}

function notifications(title: string, rows: Readonly<Record<string, NotificationRow>>, name: NameOf): JsonSchema {
  const oneOf = Object.entries(rows).map(([method, row]) =>
    message(method, row, { params: reference(name, row.params) }, row.params.id === 'NoParams' ? [] : ['params']),
  );
  return { title, oneOf };
}

function message(method: string, row: NotificationRow, members: JsonSchema, required: readonly string[]): JsonSchema {
  return {
    title: method,
    description: row.doc,
    ...(row.experimental ? { 'x-experimental': true } : {}),
    type: 'object',
    properties: { method: { const: method }, ...members },
    required: ['method', ...required],
  };
}

const reference = (name: NameOf, schema: Schema) => ({ $ref: refTo(name(schema), definitionsFile) });

const text = (schema: JsonSchema) => `${JSON.stringify({ $schema: draft, ...schema }, null, 2)}\n`;
