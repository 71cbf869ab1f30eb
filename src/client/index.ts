/** The public entry for clients: connect to an app-server, ask it, answer it, follow turns. */
export { Cancelled, DeadlineExceeded, isCancelled, isRequestError, RequestError } from '../base/errors.ts';
export type { Log } from '../base/log.ts';
export type * from '../protocol/app/index.ts';
export type { CloseReason, PeerCallOptions } from '../rpc/peer.ts';
export type { ChildExit, ChildOptions } from '../rpc/transports/child-process.ts';
export type { Transport } from '../rpc/transports/transport.ts';
export {
  type AppClient,
  type AppClientOptions,
  type NextOptions,
  type NotificationParams,
  openAppClient,
  type QuestionContext,
  type QuestionHandlers,
  type ServerNotification,
} from './app-client.ts';
export { type ClientOptions, connect, type Target } from './connect.ts';
export { declineEverything } from './declining.ts';
export { keepConnected, type ReconnectOptions } from './reconnect.ts';
export { ServerStartFailed, type SpawnedClient, spawnAppServer } from './spawn.ts';
export { type FinishedItem, type FinishedTurn, type RunTurnOptions, runTurn } from './turns.ts';
