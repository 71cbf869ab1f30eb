/** Keys of a configuration that nothing reads: a typo must not pass in silence. */
import { isKnownFeature } from './features.ts';
import type { ConfigLayer } from './layers.ts';
import { unknownMcpKeys } from './mcp-forms.ts';
import { configKeys } from './read.ts';
import { isTable } from './toml-values.ts';

export interface UnknownKey {
  readonly layer: ConfigLayer;
  /** Dotted. */
  readonly key: string;
}

/** Unknown keys of the layers that count, in alphabetical order within each. */
export function unknownKeys(layers: readonly ConfigLayer[]): UnknownKey[] {
  const known = new Set(configKeys);
  return layers
    .filter((layer) => layer.disabledReason === undefined)
    .flatMap((layer) => {
      const top = Object.keys(layer.config).filter((key) => !known.has(key));
      const features = isTable(layer.config.features) ? Object.keys(layer.config.features) : [];
      const unknown = [
        ...top,
        ...features.filter((name) => !isKnownFeature(name)).map((name) => `features.${name}`),
        ...unknownMcpKeys(layer.config.mcp_servers),
      ];
      return unknown.sort().map((key) => ({ layer, key }));
    });
}

/** How a message names a layer. */
export function describeLayer({ name }: ConfigLayer): string {
  switch (name.type) {
    case 'user':
    case 'system':
      return `${name.type} (${name.file})`;
    case 'project':
      return `project (${name.dotCodexFolder}/config.toml)`;
    case 'sessionFlags':
      return 'session flags';
    default:
      return name.type;
  }
}
