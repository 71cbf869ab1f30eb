/** Lists of things that extend the program (skills, hooks, plugins, apps, MCP servers) of which this server has none yet. */

import { invalidRequest } from '../../base/errors.ts';
import type { ClientRequests, Handlers } from '../../protocol/app/index.ts';
import type { RequestContext } from '../connection.ts';

type Methods =
  | 'skills/list'
  | 'hooks/list'
  | 'plugin/installed'
  | 'app/list'
  | 'app/installed'
  | 'mcpServerStatus/list'
  | 'config/mcpServer/reload'
  | 'mcpServer/oauth/login';

export const extensionHandlers = (deps: { cwd: string }): Handlers<Pick<ClientRequests, Methods>, RequestContext> => ({
  'skills/list': ({ cwds = [] }) => ({
    data: (cwds.length === 0 ? [deps.cwd] : cwds).map((cwd) => ({ cwd, skills: [], errors: [] })),
  }),
  'hooks/list': ({ cwds = [] }) => ({
    data: (cwds.length === 0 ? [deps.cwd] : cwds).map((cwd) => ({ cwd, hooks: [], warnings: [], errors: [] })),
  }),
  'plugin/installed': () => ({ marketplaces: [], marketplaceLoadErrors: [] }),
  'app/list': () => ({ data: [], nextCursor: null }),
  'app/installed': () => ({ apps: [] }),
  'mcpServerStatus/list': () => ({ data: [], nextCursor: null }),
  'config/mcpServer/reload': () => ({}),
  'mcpServer/oauth/login': ({ name }) => {
    throw invalidRequest(`No MCP server named '${name}' found.`);
  },
});
