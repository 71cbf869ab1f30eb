/** The handshake, and what a client may ask about the server itself. */
import type { ThreadManager } from '../../agent/threads.ts';
import { invalidRequest } from '../../base/errors.ts';
import type { ClientRequests, Handlers } from '../../protocol/app/index.ts';
import type { Connection, RequestContext } from '../connection.ts';
import { type ClientIdentity, initializeResult, isHeaderValue, isRecord, type MachineFacts } from '../handshake.ts';

export interface ConnectionDeps {
  readonly facts: MachineFacts;
  readonly codexHome: string;
  readonly threads: Pick<ThreadManager, 'loadedIds'>;
  /** The name in front of the user agent, given a client; the first one decides for all. */
  readonly originator: (client: ClientIdentity) => string;
  /** Tells a freshly initialised connection what it should know. */
  readonly welcome: (connection: Connection) => void;
  readonly process: () => { readonly id: number; readonly residentMemoryBytes: number };
  /** Requests of all connections that are not answered yet. */
  readonly openRequests: () => number;
}

type Methods = 'initialize' | 'server/diagnostics' | 'mock/experimentalMethod';

export const connectionHandlers = (deps: ConnectionDeps): Handlers<Pick<ClientRequests, Methods>, RequestContext> => ({
  initialize: ({ clientInfo, capabilities }, { connection, afterReply }) => {
    const { name, title = null, version } = clientInfo;
    if (connection.isInitialized) throw invalidRequest('Already initialized');
    if (!isHeaderValue(name)) throw invalidRequest(`Invalid clientInfo.name: '${name}'. Must be a valid HTTP header value.`);
    const client = { name, title, version };
    connection.initialize({
      client,
      capabilities: {
        experimentalApi: capabilities?.experimentalApi ?? false,
        requestAttestation: capabilities?.requestAttestation ?? false,
        mcpServerOpenaiFormElicitation:
          capabilities?.mcpServerOpenaiFormElicitation === true || isRecord(capabilities?.extensions?.['openai/form']),
        optOutNotificationMethods: capabilities?.optOutNotificationMethods ?? [],
      },
    });
    afterReply(() => deps.welcome(connection));
    return initializeResult(deps.facts, deps.codexHome, deps.originator(client), client);
  },
  'server/diagnostics': () => {
    const { id, residentMemoryBytes } = deps.process();
    const live = deps.threads.loadedIds().length;
    return {
      process: { id, residentMemoryBytes, physicalFootprintBytes: null },
      gauges: [
        { name: 'app.requests.in_flight', value: deps.openRequests() },
        { name: 'app.requests.queued', value: 0 },
        ...(live === 0 ? [] : [{ name: 'core.threads.live', value: live }]),
      ],
    };
  },
  'mock/experimentalMethod': ({ value }) => ({ echoed: value ?? null }),
});
