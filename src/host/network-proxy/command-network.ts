/** The managed network of one command on this machine: its variables, the ports its sandbox leaves open, and who serves them. */
import type { Server } from 'node:net';
import type { PermissionProfile, SandboxRequest } from '../../base/permission-profile.ts';
import type { Variables } from '../env-policy.ts';
import { type ProcessRequest, SandboxUnavailable } from '../process-types.ts';
import type { ProxiedNetwork } from '../sandbox/types.ts';
import { createLoopbackBridge } from './bridge.ts';
import { createNetworkProxy } from './proxy.ts';
import { loopbackPortsOf } from './variables.ts';

export interface CommandNetwork {
  /** They and `proxied` name the same ports. */
  readonly variables: Variables;
  /** Undefined: the sandbox, if any, does not force traffic through the proxy. */
  readonly proxied: ProxiedNetwork | undefined;
  /** What the sandbox of the command is then. */
  readonly sandbox: SandboxRequest | undefined;
  accept(listener: Server, index: number): void;
  close(): void;
}

/** Only here a namespace of its own makes ports that nobody else can reach. */
const opensPortsInside = process.platform === 'linux';

const openOtherwise: PermissionProfile = { type: 'managed', file_system: { type: 'unrestricted' }, network: 'enabled' };

/**
 * Undefined without a managed network. Rejects with `SandboxUnavailable` when traffic cannot be forced through the proxy, and with
 * `NetworkSettingsError` for settings that cannot be obeyed. `env`: the child's variables; `hostEnv`: ours.
 */
export async function commandNetwork(
  { network, sandbox }: ProcessRequest,
  env: Variables,
  hostEnv: Variables,
): Promise<CommandNetwork | undefined> {
  if (!network) return undefined;
  if ('loopbackPorts' in network) return besideLoopback(network.loopbackPorts, network.allowLocalBinding, confinedBy(sandbox), env);
  const proxy = createNetworkProxy(network, { env: hostEnv });
  try {
    const confined = network.enforce ? confinedBy(sandbox) : sandbox;
    if (!network.enforce || !opensPortsInside) await proxy.listen();
    const { allowLocalBinding } = network.proxy;
    return {
      variables: proxy.variables(),
      proxied: network.enforce ? { ports: proxy.ports(), allowLocalBinding } : undefined,
      sandbox: confined,
      accept: (listener, index) => proxy.accept(listener, index),
      close: () => proxy.close(),
    };
  } catch (error) {
    proxy.close();
    throw error;
  }
}

/** Traffic is forced by a sandbox; where the profile wants none, one that does nothing else. */
function confinedBy(sandbox: SandboxRequest | undefined): SandboxRequest {
  if (!sandbox) throw new SandboxUnavailable('without a sandbox nothing can force traffic through a proxy');
  return sandbox.profile.type === 'managed' ? sandbox : { ...sandbox, profile: openOtherwise };
}

function besideLoopback(given: readonly number[], allowLocalBinding: boolean, sandbox: SandboxRequest, env: Variables): CommandNetwork {
  const named = loopbackPortsOf(env);
  if (named === undefined || named.length === 0) throw new SandboxUnavailable('managed proxy mode requires proxy environment variables');
  const strange = given.length > 0 ? named.find((port) => !given.includes(port)) : undefined;
  if (strange !== undefined)
    throw new SandboxUnavailable(`the proxy variables name port ${strange}, which the managed network does not open`);
  const bridge = createLoopbackBridge(named);
  return {
    variables: {},
    proxied: { ports: named, allowLocalBinding },
    sandbox,
    accept: (listener, index) => bridge.accept(listener, index),
    close: () => bridge.close(),
  };
}
