/** All handlers: one function per method of the protocol. */
import type { ClientRequests, Handlers } from '../../protocol/app/index.ts';
import type { RequestContext } from '../request-context.ts';
import type { Services } from '../services.ts';
import { connectionHandlers } from './connection.ts';
import { environmentHandlers } from './environment.ts';
import { fsHandlers } from './fs.ts';
import { notOfferedHandlers } from './not-offered.ts';
import { searchHandlers } from './search.ts';

export function createHandlers(services: Services): Handlers<ClientRequests, RequestContext> {
  return {
    ...notOfferedHandlers,
    ...connectionHandlers({
      ...services,
      process: services.processInfo,
      openRequests: () => [...services.audience.connections()].reduce((sum, { openRequests }) => sum + openRequests, 0),
    }),
    ...environmentHandlers(services),
    ...fsHandlers({ files: () => services.localEnvironment().files, watcher: services.watcher }),
    ...searchHandlers(services),
  } as never;
}
