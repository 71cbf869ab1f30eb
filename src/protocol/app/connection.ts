/** Opening a connection: the handshake, and what concerns the whole server. */
import * as z from 'zod/mini';
import { notification, type Out, request, schema } from '../../rpc/contract.ts';
import { Empty, int64, NoParams, opt, uint } from '../fields.ts';

/** What the client can do; everything is off unless said otherwise. */
export const InitializeCapabilities = schema('InitializeCapabilities', () =>
  z.object({
    requiredHumanApproval: z._default(z.boolean(), false),
    explicitGatewayOauth: z._default(z.boolean(), false),
    experimentalApi: z._default(z.boolean(), false),
    requestAttestation: z._default(z.boolean(), false),
    mcpServerOpenaiFormElicitation: z._default(z.boolean(), false),
    optOutNotificationMethods: opt(z.array(z.string())),
    extensions: opt(z.record(z.string(), z.unknown())),
  }),
);
export type InitializeCapabilities = Out<typeof InitializeCapabilities>;

export const ClientInfo = schema('ClientInfo', () => z.object({ name: z.string(), title: opt(z.string()), version: z.string() }));
export type ClientInfo = Out<typeof ClientInfo>;

export const ServerDiagnosticsGauge = schema('ServerDiagnosticsGauge', () => z.object({ name: z.string(), value: uint() }));
export type ServerDiagnosticsGauge = Out<typeof ServerDiagnosticsGauge>;

export const ServerDiagnosticsProcess = schema('ServerDiagnosticsProcess', () =>
  z.object({ id: z.uint32(), residentMemoryBytes: z.nullable(uint()), physicalFootprintBytes: z.nullable(uint()) }),
);
export type ServerDiagnosticsProcess = Out<typeof ServerDiagnosticsProcess>;

export const InitializeParams = schema('InitializeParams', () =>
  z.object({ clientInfo: ClientInfo(), capabilities: opt(InitializeCapabilities()) }),
);
export type InitializeParams = Out<typeof InitializeParams>;

export const InitializeResponse = schema('InitializeResponse', () =>
  z.object({ userAgent: z.string(), codexHome: z.string(), platformFamily: z.string(), platformOs: z.string() }),
);
export type InitializeResponse = Out<typeof InitializeResponse>;

export const ServerDiagnosticsResponse = schema('ServerDiagnosticsResponse', () =>
  z.object({ process: ServerDiagnosticsProcess(), gauges: z.array(ServerDiagnosticsGauge()) }),
);
export type ServerDiagnosticsResponse = Out<typeof ServerDiagnosticsResponse>;

export const MockExperimentalMethodParams = schema('MockExperimentalMethodParams', () => z.object({ value: opt(z.string()) }));
export type MockExperimentalMethodParams = Out<typeof MockExperimentalMethodParams>;

export const MockExperimentalMethodResponse = schema('MockExperimentalMethodResponse', () => z.object({ echoed: z.nullable(z.string()) }));
export type MockExperimentalMethodResponse = Out<typeof MockExperimentalMethodResponse>;

export const CurrentTimeReadParams = schema('CurrentTimeReadParams', () => z.object({ threadId: z.string() }));
export type CurrentTimeReadParams = Out<typeof CurrentTimeReadParams>;

export const CurrentTimeReadResponse = schema('CurrentTimeReadResponse', () => z.object({ currentTimeAt: int64() }));
export type CurrentTimeReadResponse = Out<typeof CurrentTimeReadResponse>;

export const connectionRequests = {
  initialize: request({
    doc: 'Opens the connection: who the client is and what it can do. Must come first.',
    params: InitializeParams,
    result: InitializeResponse,
  }),
  'server/diagnostics': request({
    doc: 'Counters and sizes of the running server, for support.',
    params: Empty,
    result: ServerDiagnosticsResponse,
    experimental: true,
  }),
  'mock/experimentalMethod': request({
    doc: 'Echoes its input; exists to test the experimental gate.',
    params: MockExperimentalMethodParams,
    result: MockExperimentalMethodResponse,
    experimental: true,
  }),
} as const;

export const connectionClientNotifications = {
  initialized: notification({ doc: 'The client has read the result of initialize.', params: NoParams }),
} as const;

export const connectionServerRequests = {
  'currentTime/read': request({
    doc: 'Asks the client for the time.',
    params: CurrentTimeReadParams,
    result: CurrentTimeReadResponse,
    experimental: true,
  }),
} as const;
