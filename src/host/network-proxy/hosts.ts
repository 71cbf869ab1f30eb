/** One spelling for each host: whatever a client writes, what is judged is what is connected to. Pure. */
import { BlockList, isIPv4, isIPv6 } from 'node:net';

export interface Host {
  /** Lower case ASCII, no brackets, no trailing dot; an address in its shortest form, an IPv4 address in disguise as IPv4. */
  readonly name: string;
  readonly address: boolean;
}

const longestName = 253;
const label = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;
/** `::ffff:0:0/96`, as the URL parser writes it. */
const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;

/** Undefined for text that names no host. The host part alone: no port. */
export function parseHost(text: string): Host | undefined {
  const bare = /^\[.*\]$/.test(text) ? text.slice(1, -1) : text;
  if (bare === '' || bare.length > longestName + 1 || /[\s/?#@\\[\]%]/.test(withoutZone(bare))) return undefined;
  if (bare.includes(':')) return parseIpv6(withoutZone(bare));
  if (bare !== text) return undefined;
  let name: string;
  try {
    // The parser of URLs knows every way to write a number, full-width letters and international names.
    name = new URL(`http://${bare}/`).hostname;
  } catch {
    return undefined;
  }
  if (name.endsWith('.')) name = name.slice(0, -1);
  if (isIPv4(name)) return { name, address: true };
  return name.length <= longestName && name.split('.').every((part) => label.test(part)) ? { name, address: false } : undefined;
}

/** The part after `%` says which interface; it says nothing about where an address belongs. */
const withoutZone = (text: string): string => (text.includes(':') ? text.replace(/%[A-Za-z0-9_.%-]*$/, '') : text);

function parseIpv6(text: string): Host | undefined {
  if (!isIPv6(text)) return undefined;
  const name = new URL(`http://[${text}]/`).hostname.slice(1, -1);
  const [, high, low] = mapped.exec(name) ?? [];
  if (high === undefined || low === undefined) return { name, address: true };
  const bits = Number.parseInt(high, 16) * 0x10000 + Number.parseInt(low, 16);
  return { name: [24, 16, 8, 0].map((shift) => Math.floor(bits / 2 ** shift) % 256).join('.'), address: true };
}

const rangesV4 =
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.31.196.0/24 ' +
  '192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4';
const rangesV6 = '2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20';

function blockList(ranges: string, family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const range of ranges.split(' ')) {
    const [net = '', bits] = range.split('/');
    list.addSubnet(net, Number(bits), family);
  }
  return list;
}

/**
 * Everything that is not the public internet (IANA's special-purpose registries), and ranges that wrap an IPv4 address. Made with
 * the first question, which most servers never ask.
 */
const lists = once(() => ({
  notPublicV4: blockList(rangesV4, 'ipv4'),
  notPublicV6: blockList(rangesV6, 'ipv6'),
  globalUnicast: blockList('2000::/3', 'ipv6'),
}));

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** False for loopback, private, link-local, shared, documentation, multicast and reserved addresses, and for what is no address. */
export function isPublicAddress(address: string): boolean {
  const host = parseHost(address);
  if (!host?.address) return false;
  const { notPublicV4, notPublicV6, globalUnicast } = lists();
  if (isIPv4(host.name)) return !notPublicV4.check(host.name, 'ipv4');
  return globalUnicast.check(host.name, 'ipv6') && !notPublicV6.check(host.name, 'ipv6');
}

/** Means this machine whatever a resolver says. */
export const isLocalName = (name: string): boolean => name === 'localhost' || name.endsWith('.localhost');

export interface Authority {
  readonly host: Host;
  readonly port: number;
}

/** `host`, `host:port`, `[v6]:port`; undefined when it is none of these. */
export function parseAuthority(text: string, defaultPort: number): Authority | undefined {
  const [, host, digits] = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d{1,5}))?$/.exec(text) ?? [];
  const port = digits === undefined ? defaultPort : Number(digits);
  const parsed = host === undefined ? undefined : parseHost(host);
  return parsed && port >= 1 && port <= 65_535 ? { host: parsed, port } : undefined;
}

/** A host as it stands in a URL. */
export const bracketed = (name: string): string => (name.includes(':') ? `[${name}]` : name);
