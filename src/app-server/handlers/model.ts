/** `model/list`, `collaborationMode/list` and `modelProvider/*`: what a client can choose from. */

import { invalidRequest } from '../../base/errors.ts';
import type { Configuration } from '../../config/configuration.ts';
import { listModels } from '../../model/catalog.ts';
import type { ClientRequests, Handlers } from '../../protocol/app/index.ts';
import type { RequestContext } from '../connection.ts';
import { page } from '../paging.ts';

type Methods = 'model/list' | 'collaborationMode/list' | 'modelProvider/list' | 'modelProvider/capabilities/read';

export const modelHandlers = (deps: { configuration: Configuration }): Handlers<Pick<ClientRequests, Methods>, RequestContext> => ({
  'model/list': async ({ includeHidden = false, modelProvider, ...request }) => {
    if (modelProvider !== undefined && !(await deps.configuration.load()).settings.model.providers.has(modelProvider))
      throw invalidRequest(
        `This chat uses model provider “${modelProvider}”, which is no longer configured. Restore this provider’s configuration to continue.`,
        { type: 'modelProviderNotConfigured', modelProvider },
      );
    return page(listModels({ includeHidden }), request);
  },
  'collaborationMode/list': () => ({
    data: [
      { name: 'Plan', mode: 'plan', model: null, reasoning_effort: 'medium' },
      { name: 'Default', mode: 'default', model: null, reasoning_effort: null },
    ],
  }),
  'modelProvider/list': async () => {
    const { model } = (await deps.configuration.load()).settings;
    const own = [...model.providers.values()].filter(({ builtIn }) => !builtIn);
    return {
      data: [
        ...own.map((provider) => ({
          id: provider.id,
          name: provider.name,
          canEdit: true,
          baseUrl: provider.baseUrl ?? null,
          settings: { type: 'customGateway' as const, auth: { mode: 'none' as const } },
        })),
        { id: 'openai', name: 'OpenAI', canEdit: false, baseUrl: null, settings: { type: 'openai' as const } },
      ],
      defaultProviderId: model.provider,
      canChangeDefault: true,
    };
  },
  // Neither tool is offered to any model yet.
  'modelProvider/capabilities/read': () => ({ imageGeneration: false, webSearch: false }),
});
