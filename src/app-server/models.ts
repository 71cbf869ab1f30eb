/** The model clients of the server, one per provider, and what is known about single models. */
import { modelInfoOf } from '../agent/model-info.ts';
import type { ModelInfo } from '../agent/ports.ts';
import { invalidRequest } from '../base/errors.ts';
import type { HttpTransport } from '../base/http-transport.ts';
import type { Scope } from '../base/scope.ts';
import type { ProviderSettings } from '../config/providers.ts';
import type { Environment } from '../environment/environment.ts';
import { createModelClient } from '../model/create-model-client.ts';
import type { ModelClient } from '../model/model-client.ts';
import type { Rehearsal } from '../model/rehearsal/server.ts';
import { createAuthCommand } from './auth-command.ts';

export interface ModelsDeps {
  readonly http: HttpTransport;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly apiKey: () => Promise<string | undefined>;
  /** Headers of every request; asked for when a client is made. */
  readonly clientHeaders: () => Readonly<Record<string, string>>;
  readonly environment: () => Environment;
  readonly cwd: string;
  readonly monotonicMs: () => number;
  /** Reads a script of the rehearsal model. */
  readonly readText: (path: string) => Promise<string>;
  /** Owns the rehearsal server. */
  readonly scope: Scope;
}

export interface Models {
  /** Makes the providers of a configuration known; a later configuration replaces rows of the same id. */
  learn(providers: ReadonlyMap<string, ProviderSettings>): void;
  /** Throws `invalidRequest` for a provider that no configuration named. */
  client(providerId: string): ModelClient;
  info(slug: string): ModelInfo;
}

export function createModels(deps: ModelsDeps): Models {
  const known = new Map<string, ProviderSettings>();
  const clients = new Map<string, { readonly row: string; readonly client: ModelClient }>();
  let rehearsal: Promise<Rehearsal> | undefined;

  const openRehearsal = async (): Promise<Rehearsal> => {
    const { createRehearsal } = await import('../model/rehearsal/server.ts');
    return deps.scope.own(createRehearsal({ readText: deps.readText }));
  };
  const make = (provider: ProviderSettings): ModelClient => {
    const { authCommand } = provider;
    return createModelClient(provider, {
      transport: deps.http,
      env: deps.env,
      apiKey: authCommand ? createAuthCommand(authCommand, deps) : deps.apiKey,
      clientHeaders: deps.clientHeaders(),
      rehearsal: async (script) => (await (rehearsal ??= openRehearsal())).endpoint(script),
    });
  };
  return {
    learn(providers) {
      for (const [id, provider] of providers) known.set(id, provider);
    },
    client(providerId) {
      const provider = known.get(providerId);
      if (!provider) throw invalidRequest(`Model provider \`${providerId}\` not found`);
      const row = JSON.stringify(provider);
      const kept = clients.get(providerId);
      if (kept?.row === row) return kept.client;
      const client = make(provider);
      clients.set(providerId, { row, client });
      return client;
    },
    info: modelInfoOf,
  };
}
