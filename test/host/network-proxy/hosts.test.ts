/** P-57, P-58, P-59: one spelling per host, which addresses are public, what patterns match. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noNetworkProxySettings } from '../../../src/base/managed-network.ts';
import { domainLists, NetworkSettingsError, normalPattern } from '../../../src/host/network-proxy/domains.ts';
import { isPublicAddress, parseAuthority, parseHost } from '../../../src/host/network-proxy/hosts.ts';

describe('the spelling of a host', () => {
  it.each([
    ['EXAMPLE.Com.', 'example.com'],
    ['exämple.com', 'xn--exmple-cua.com'],
    ['ｅｘａｍｐｌｅ.com', 'example.com'],
    ['2130706433', '127.0.0.1'],
    ['0x7f000001', '127.0.0.1'],
    ['0177.0.0.1', '127.0.0.1'],
    ['127.1', '127.0.0.1'],
    ['１２７.0.0.1', '127.0.0.1'],
    ['127.0.0.1.', '127.0.0.1'],
    ['[::1]', '::1'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['::ffff:127.0.0.1', '127.0.0.1'],
    ['[::FFFF:7f00:1]', '127.0.0.1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['[fe80::1%25eth0]', 'fe80::1'],
  ])('%s is %s', (given, name) => expect(parseHost(given)?.name).toBe(name));

  it.each([
    '',
    ' ',
    'a b',
    'a/b',
    'a@b',
    'a..b',
    '.',
    '..',
    '-a.com',
    'a%2eb',
    '1.2.3.4.5',
    '999.1.1.1',
    'x'.repeat(64),
    `${'a.'.repeat(130)}b`,
    'a\u0000b',
    '[1.2.3.4]',
    '[::1',
    'a#b',
    'a?b',
  ])('%j is no host', (given) => expect(parseHost(given)).toBeUndefined());

  it('is its own spelling', () => {
    fc.assert(
      fc.property(fc.oneof(fc.domain(), fc.ipV4(), fc.ipV4Extended(), fc.ipV6(), fc.string()), (text) => {
        const host = parseHost(text);
        if (host) expect(parseHost(host.name)).toEqual(host);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['a.example', 'a.example', 80],
    ['a.example:8080', 'a.example', 8080],
    ['[::1]:443', '::1', 443],
  ])('reads the authority %s', (text, name, port) => expect(parseAuthority(text, 80)).toMatchObject({ host: { name }, port }));

  it.each(['a:0', 'a:65536', 'a:1:2', 'user@a', 'a:b', '::1', 'a:', ':80', '[::1]x'])('%s is no authority', (text) =>
    expect(parseAuthority(text, 80)).toBeUndefined(),
  );
});

describe('public addresses', () => {
  it.each(
    (
      '0.0.0.0 10.0.0.1 100.64.0.1 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.2.1 192.168.1.1 ' +
      '198.18.0.1 198.51.100.1 203.0.113.9 224.0.0.1 240.0.0.1 255.255.255.255 :: ::1 fe80::1 fc00::1 fd12::1 ff02::1 2001:db8::1 ' +
      '::ffff:10.0.0.1 64:ff9b::7f00:1 2002:7f00:1:: 2001:0:1::1 fec0::1 ::127.0.0.1 100::1 3fff::1 nonsense'
    ).split(' '),
  )('%s is not', (address) => expect(isPublicAddress(address)).toBe(false));

  it.each(['1.1.1.1', '93.184.216.34', '172.32.0.1', '100.128.0.1', '2606:4700:4700::1111', '::ffff:8.8.8.8'])('%s is', (address) =>
    expect(isPublicAddress(address)).toBe(true),
  );

  it('never calls a wrapped private address public', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(byte, byte, byte, (b, c, d) => {
        for (const plain of [`10.${b}.${c}.${d}`, `127.${b}.${c}.${d}`, `192.168.${c}.${d}`])
          for (const form of [plain, `::ffff:${plain}`, `::${plain}`, `64:ff9b::${plain}`]) expect(isPublicAddress(form)).toBe(false);
      }),
    );
  });
});

describe('the lists', () => {
  const listing = (domains: Record<string, 'allow' | 'deny' | 'none'>, name: string, more = {}) => {
    const host = parseHost(name);
    if (!host) throw new Error(`${name} is no host`);
    return domainLists({ ...noNetworkProxySettings, domains, ...more }).listing(host);
  };

  it.each([
    ['exact', { 'a.example': 'allow' }, 'a.example', 'allowed'],
    ['exact means exact', { 'a.example': 'allow' }, 'b.a.example', 'not_allowed'],
    ['no suffix tricks', { 'a.example': 'allow' }, 'xa.example', 'not_allowed'],
    ['below', { '*.d.example': 'allow' }, 'x.y.d.example', 'allowed'],
    ['not the apex', { '*.d.example': 'allow' }, 'd.example', 'not_allowed'],
    ['apex and below', { '**.d.example': 'allow' }, 'd.example', 'allowed'],
    ['everything', { '*': 'allow' }, 'z.example', 'allowed'],
    ['everything is not this machine', { '*': 'allow' }, '127.0.0.1', 'not_allowed_local'],
    ['a wildcard is not this machine', { '**.localhost': 'allow' }, 'x.localhost', 'not_allowed_local'],
    ['named this machine', { localhost: 'allow' }, 'LOCALHOST', 'allowed'],
    ['named address', { '127.0.0.1': 'allow' }, '0x7f.1', 'allowed'],
    ['deny wins', { '*': 'allow', '**.bad.example': 'deny' }, 'bad.example.', 'denied'],
    ['deny wins over the same', { 'A.example': 'deny', 'a.example': 'allow' }, 'a.example', 'denied'],
    ['taken away', { 'a.example': 'none' }, 'a.example', 'not_allowed'],
    ['nothing allows nothing', {}, 'a.example', 'not_allowed'],
  ] as const)('%s', (_, domains, name, expected) => expect(listing(domains, name)).toBe(expected));

  it('asks about reviewed hosts even where they are allowed, never where they are denied', () => {
    const more = { reviewDomains: ['**.r.example'] };
    expect(listing({ '*': 'allow' }, 'x.r.example', more)).toBe('review');
    expect(listing({ '*': 'allow', 'x.r.example': 'deny' }, 'x.r.example', more)).toBe('denied');
  });

  it('opens local networks only to what is allowed', () => {
    expect(listing({ '10.0.0.1': 'allow' }, '10.0.0.1', { allowLocalBinding: true })).toBe('allowed');
    expect(listing({ 'a.example': 'allow' }, '10.0.0.1', { allowLocalBinding: true })).toBe('not_allowed');
  });

  it.each([
    [
      { '*': 'deny' },
      'invalid value for network.denied_domains: * (allowed exact hosts or scoped wildcards like *.example.com or **.example.com)',
    ],
    [{ 'http://x/': 'allow' }, 'unsupported domain pattern syntax: http://x/'],
    [{ 'a.*.b': 'allow' }, 'unsupported domain pattern syntax: a.*.b'],
    [{ '': 'allow' }, 'domain pattern is empty'],
    [{ '*.': 'allow' }, 'domain pattern is empty'],
    [{ '*.10.0.0.1': 'allow' }, 'unsupported domain pattern syntax: *.10.0.0.1'],
  ] as const)('refuses %j', (domains, message) => {
    expect(() => domainLists({ ...noNetworkProxySettings, domains })).toThrow(new NetworkSettingsError(message));
  });

  it('spells equal patterns alike', () =>
    expect(['**.A.example.', 'a.example:443', ' * '].map(normalPattern)).toEqual(['**.a.example', 'a.example', '*']));
});
