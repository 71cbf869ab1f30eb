/** Two peers that talk to each other, over memory unless told otherwise. */
import { silentLog } from '../../src/base/log.ts';
import { Scope } from '../../src/base/scope.ts';
import type { Handlers, NotificationRows, RequestRows } from '../../src/rpc/contract.ts';
import { appClientDialect, appDialect } from '../../src/rpc/dialect.ts';
import { createPeer, type InboundCall, type Peer, type PeerOptions, type Received } from '../../src/rpc/peer.ts';
import { memoryPair } from '../../src/rpc/transports/memory.ts';
import type { Transport } from '../../src/rpc/transports/transport.ts';

export interface TestProtocol<CR extends RequestRows, CN extends NotificationRows, SR extends RequestRows, SN extends NotificationRows> {
  readonly clientRequests: CR;
  readonly clientNotifications: CN;
  readonly serverRequests: SR;
  readonly serverNotifications: SN;
}

export interface PeerPair<CR extends RequestRows, CN extends NotificationRows, SR extends RequestRows, SN extends NotificationRows>
  extends AsyncDisposable {
  readonly server: Peer<SR, SN>;
  readonly client: Peer<CR, CN>;
  /** What the client was notified of, in order. */
  readonly received: Received<SN>[];
}

export function peerPair<
  CR extends RequestRows,
  CN extends NotificationRows,
  SR extends RequestRows,
  SN extends NotificationRows,
>(options: {
  protocol: TestProtocol<CR, CN, SR, SN>;
  onServer: Handlers<CR, InboundCall>;
  onClient: Handlers<SR, InboundCall>;
  transports?: [server: Transport, client: Transport];
  server?: Partial<PeerOptions<CR, CN, SR, SN, InboundCall>>;
  client?: Partial<PeerOptions<SR, SN, CR, CN, InboundCall>>;
}): PeerPair<CR, CN, SR, SN> {
  const { protocol } = options;
  const [serverTransport, clientTransport] = options.transports ?? memoryPair();
  const scope = new Scope('pair');
  const received: Received<SN>[] = [];
  const server = createPeer<CR, CN, SR, SN, InboundCall>({
    transport: serverTransport,
    dialect: appDialect,
    receives: { requests: protocol.clientRequests, notifications: protocol.clientNotifications },
    sends: { requests: protocol.serverRequests, notifications: protocol.serverNotifications },
    handlers: options.onServer,
    context: (call) => call,
    scope: scope.child('server'),
    log: silentLog,
    validateOutbound: true,
    ...options.server,
  });
  const client = createPeer<SR, SN, CR, CN, InboundCall>({
    transport: clientTransport,
    dialect: appClientDialect,
    receives: { requests: protocol.serverRequests, notifications: protocol.serverNotifications },
    sends: { requests: protocol.clientRequests, notifications: protocol.clientNotifications },
    handlers: options.onClient,
    context: (call) => call,
    onNotification: (notification) => received.push(notification),
    scope: scope.child('client'),
    log: silentLog,
    validateOutbound: true,
    ...options.client,
  });
  return { server, client, received, [Symbol.asyncDispose]: () => scope.close() };
}
