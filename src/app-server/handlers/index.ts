/** All handlers: one function per method of the protocol. */

import type { ClientRequests, Handlers } from '../../protocol/app/index.ts';
import type { RequestContext } from '../connection.ts';
import type { Services } from '../services.ts';
import { accountHandlers } from './account.ts';
import { commandHandlers } from './command.ts';
import { configHandlers } from './config.ts';
import { connectionHandlers } from './connection.ts';
import { emptyAnswerHandlers } from './empty-answers.ts';
import { environmentHandlers } from './environment.ts';
import { extensionHandlers } from './extension.ts';
import { fsHandlers } from './fs.ts';
import { machineHandlers } from './machine.ts';
import { mcpHandlers } from './mcp.ts';
import { modelHandlers } from './model.ts';
import { notOfferedHandlers } from './not-offered.ts';
import { processHandlers } from './process.ts';
import { realtimeHandlers } from './realtime.ts';
import { searchHandlers } from './search.ts';
import { threadHandlers } from './thread.ts';
import { threadListHandlers } from './thread-list.ts';
import { threadStoreHandlers } from './thread-store.ts';
import { threadToolsHandlers } from './thread-tools.ts';
import { turnHandlers } from './turn.ts';

export function createHandlers(services: Services): Handlers<ClientRequests, RequestContext> {
  const openRequests = () => [...services.audience.connections()].reduce((sum, connection) => sum + connection.openRequests, 0);
  return {
    ...notOfferedHandlers,
    ...connectionHandlers({ ...services, process: services.processInfo, openRequests }),
    ...accountHandlers(services),
    ...commandHandlers(services),
    ...configHandlers(services),
    ...emptyAnswerHandlers(services),
    ...environmentHandlers(services),
    ...extensionHandlers(services),
    ...fsHandlers({ files: () => services.localEnvironment().files, watcher: services.watcher }),
    ...machineHandlers(services),
    ...mcpHandlers(services),
    ...modelHandlers(services),
    ...processHandlers(services),
    ...realtimeHandlers(services),
    ...searchHandlers(services),
    ...threadHandlers(services),
    ...threadListHandlers(services),
    ...threadStoreHandlers(services),
    ...threadToolsHandlers(services),
    ...turnHandlers(services),
  };
}
