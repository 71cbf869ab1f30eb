/** Which network addresses belong to this machine or its own network, so that nobody else may send us there. */
import { lookup as lookupName } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { abortable } from '../base/abort.ts';

const internalV4 = new BlockList();
for (const [network, bits] of [
  ...([
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
    ['172.16.0.0', 12],
  ] as const),
  ...([
    ['192.0.0.0', 24],
    ['192.168.0.0', 16],
    ['198.18.0.0', 15],
    ['224.0.0.0', 4],
    ['240.0.0.0', 4],
  ] as const),
] as const)
  internalV4.addSubnet(network, bits, 'ipv4');

/** Public addresses of version 6, and the parts of that range which only wrap one of version 4. */
const publicV6 = new BlockList();
publicV6.addSubnet('2000::', 3, 'ipv6');
const wrappedV4 = new BlockList();
wrappedV4.addSubnet('2002::', 16, 'ipv6');
wrappedV4.addSubnet('2001::', 32, 'ipv6');

/** Private, link-local, shared, multicast, unspecified and wrapped addresses. False for a text that is no address. */
export function isInternalAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return internalV4.check(address, 'ipv4');
  if (family === 6) return !publicV6.check(address, 'ipv6') || wrappedV4.check(address, 'ipv6');
  return false;
}

const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '');

/** True when `hostname` is an internal address or the name of one. Unknown names are not. Rejects when `signal` aborts. */
export function namesInternalHost(hostname: string, signal: AbortSignal): Promise<boolean> {
  const host = bare(hostname);
  if (isIP(host) !== 0) return Promise.resolve(isInternalAddress(host));
  const found = new Promise<boolean>((resolve) => {
    lookupName(host, { all: true }, (error, addresses) => resolve(!error && addresses.some(({ address }) => isInternalAddress(address))));
  });
  return abortable(found, signal);
}

export class InternalAddress extends Error {
  override readonly name = 'InternalAddress';

  constructor(hostname: string) {
    super(`${hostname} has an address inside a private network`);
  }
}

/** Throws for a literal address that is internal; names are checked by `publicLookup` when they are connected to. */
export function refuseInternalLiteral(hostname: string): void {
  if (isInternalAddress(bare(hostname))) throw new InternalAddress(hostname);
}

/** Resolves names for a socket, and fails for one with any internal address: what was checked is what is connected to. */
export const publicLookup: LookupFunction = (hostname, options, done) => {
  lookupName(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return done(error, '', 0);
    const [first] = addresses;
    if (!first || addresses.some(({ address }) => isInternalAddress(address))) return done(new InternalAddress(hostname), '', 0);
    return options.all ? done(null, addresses) : done(null, first.address, first.family);
  });
};
