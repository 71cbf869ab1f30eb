/**
 * A command under the managed network reaches its proxy and nothing else: under the real bubblewrap, local and through an
 * exec-server. Each line names the rule it guards (P-46 to P-60, A-38, R-9).
 */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ManagedNetwork, type NetworkDecision, noNetworkProxySettings } from '../../src/base/managed-network.ts';
import { SandboxUnavailable } from '../../src/host/process-types.ts';
import { at, entry, managed, python, readOnly, root, Stage, special, starters, workspaceWrite } from '../host/sandbox/starters.ts';

const portOf = (server: Server): number => {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
};

/** What a command must not reach except through the proxy. */
class Targets {
  web = 0;
  udp = 0;
  readonly reached: string[] = [];
  readonly #close: (() => void)[] = [];

  async open(): Promise<void> {
    const web = createHttpServer((request, response) => {
      this.reached.push(`http ${request.method} ${request.headers.host}`);
      response.end('served\n');
    });
    web.listen(0, '127.0.0.1');
    await once(web, 'listening');
    this.web = portOf(web);
    const udp = createSocket('udp4', () => this.reached.push('udp'));
    udp.bind(0, '127.0.0.1');
    await once(udp, 'listening');
    this.udp = udp.address().port;
    const abstract = createServer((socket: Socket) => {
      this.reached.push('abstract');
      socket.end();
    });
    abstract.listen('\0switchyard-network-test');
    await once(abstract, 'listening');
    this.#close.push(
      () => {
        web.close();
        web.closeAllConnections();
      },
      () => udp.close(),
      () => abstract.close(),
    );
  }

  /** A socket file in `directory`. */
  async socketIn(directory: string): Promise<string> {
    const path = join(directory, 's');
    const server = createServer((socket: Socket) => {
      this.reached.push('unix');
      socket.end();
    });
    server.listen(path);
    await once(server, 'listening');
    this.#close.push(() => server.close());
    return path;
  }

  close(): void {
    for (const close of this.#close) close();
  }
}

const network = (domains: ManagedNetwork['proxy']['domains'], more: Partial<ManagedNetwork> = {}): ManagedNetwork => ({
  proxy: { ...noNetworkProxySettings, domains },
  enforce: true,
  ...more,
});
const here = network({ '127.0.0.1': 'allow' });
const profiles = [
  ['read-only, network restricted', readOnly()],
  ['workspace-write, network enabled', { ...workspaceWrite(), network: 'enabled' as const }],
  ['no file restriction, network enabled', { type: 'managed', file_system: { type: 'unrestricted' }, network: 'enabled' } as const],
  ['platform directories only', managed([entry(special('minimal'), 'read'), entry(special('project_roots'), 'write')], 'enabled')],
] as const;

describe.each(starters)('$name', (starter) => {
  const stage = new Stage(starter);
  const targets = new Targets();
  beforeAll(() => targets.open());
  afterAll(() => targets.close());

  describe.each(profiles)('%s', (_, profile) => {
    test('P-56: allowed hosts are reached through the HTTP and the SOCKS side, and only there', async () => {
      targets.reached.length = 0;
      const script = `curl -sS http://127.0.0.1:${targets.web}/a; curl -sS -p http://127.0.0.1:${targets.web}/b; curl -sS -x "$ALL_PROXY" http://127.0.0.1:${targets.web}/c`;
      const { output } = await stage.run(profile, script, { network: here });
      expect(output).toBe('served\n'.repeat(3));
      expect(targets.reached).toHaveLength(3);
    });

    test('P-56: without the proxy nothing answers: TCP, UDP, other ports, IPv6, other addresses of this machine', async () => {
      targets.reached.length = 0;
      const script = python(`
for family, kind, address in [
  (socket.AF_INET, socket.SOCK_STREAM, ('127.0.0.1', ${targets.web})),
  (socket.AF_INET, socket.SOCK_STREAM, ('192.0.2.2', ${targets.web})),
  (socket.AF_INET, socket.SOCK_STREAM, ('1.1.1.1', 443)),
  (socket.AF_INET6, socket.SOCK_STREAM, ('::1', ${targets.web})),
  (socket.AF_INET, socket.SOCK_STREAM, ('10.0.0.1', 53)),
]:
  s = socket.socket(family, kind); s.settimeout(2)
  try:
    s.connect(address); print('REACHED', address)
  except OSError as e: print('no')
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for address in [('127.0.0.1', ${targets.udp}), ('8.8.8.8', 53), ('192.0.2.2', ${targets.udp})]:
  try: u.sendto(b'x', address); print('sent')
  except OSError as e: print('no')
`);
      const { output } = await stage.run(profile, script, { network: here });
      expect(output).not.toContain('REACHED');
      expect(targets.reached).toEqual([]);
    });

    test('P-47: names are not looked up from inside', async () => {
      const { output } = await stage.run(
        profile,
        'getent hosts example.com || echo none; curl -sS --noproxy "*" -m 2 http://example.com/ || echo failed',
        { network: here },
      );
      expect(output).toContain('none\n');
      expect(output).toContain('failed\n');
    });

    test('P-46: no host socket by path or by abstract name, no datagrams of the unix family, no other families', async () => {
      targets.reached.length = 0;
      const path = await targets.socketIn(stage.ws);
      const script = python(`
def attempt(name, f):
  try: f(); print('REACHED', name)
  except OSError as e: print(name, e.errno)
attempt('unix', lambda: socket.socket(socket.AF_UNIX).connect('${path}'))
attempt('abstract', lambda: socket.socket(socket.AF_UNIX).connect('\\0switchyard-network-test'))
attempt('pair', lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))
for family, kind in [(1, 2), (1, 5), (16, 3), (17, 3), (38, 5), (40, 1), (2, 3), (10, 3)]:
  attempt('family %d %d' % (family, kind), lambda: socket.socket(family, kind))
a, b = socket.socketpair(); a.send(b'x'); print('pairs', b.recv(1))
`);
      const { output } = await stage.run(profile, script, { network: here });
      expect(output).not.toContain('REACHED');
      expect(output).toContain("pairs b'x'");
      expect(targets.reached).toEqual([]);
    });
  });

  test('P-55, P-56: variables and open ports come from one snapshot', async () => {
    const { output } = await stage.run(readOnly(), 'env | grep -i -E "proxy|CODEX_SANDBOX|NODE_CHANNEL" | sort; cat /proc/net/tcp', {
      network: here,
    });
    const variables = Object.fromEntries([...output.matchAll(/^([A-Za-z_]+)=(.*)$/gm)].map(([, name, value]) => [name, value]));
    expect(variables).toMatchObject({
      HTTP_PROXY: 'http://127.0.0.1:3128',
      ALL_PROXY: 'socks5h://127.0.0.1:8081',
      NO_PROXY: '',
      CODEX_NETWORK_PROXY_ACTIVE: '1',
    });
    expect(variables).not.toHaveProperty('NODE_CHANNEL_FD');
    expect(variables).not.toHaveProperty('CODEX_SANDBOX_NETWORK_DISABLED');
    const named = new Set(
      Object.values(variables).flatMap((value) => [...String(value).matchAll(/127\.0\.0\.1:(\d+)/g)].map(([, port]) => Number(port))),
    );
    const listening = [...output.matchAll(/0100007F:([0-9A-F]{4}) 00000000:0000 0A/g)].map(([, port]) => Number.parseInt(port ?? '', 16));
    expect(new Set(listening)).toEqual(named);
  });

  test('U-15: nothing of the opener is left in the command: no channel, no process, no program', async () => {
    const { output } = await stage.run(
      readOnly(),
      'for fd in 3 4 5 6 7 8 9; do [ -e /proc/self/fd/$fd ] && echo "open $fd"; done; ls /proc | grep -E "^[0-9]+$" | wc -l',
      { network: here },
    );
    const lines = output.trim().split('\n');
    expect(lines.slice(0, -1)).toEqual([]);
    expect(Number(lines.at(-1))).toBeLessThanOrEqual(5);
  });

  test('on a terminal too', async () => {
    const { output } = await stage.run(readOnly(), `test -t 0 && curl -sS http://127.0.0.1:${targets.web}/`, { network: here, tty: true });
    expect(output).toContain('served');
  });

  test('P-58: denied hosts stay denied, in every spelling', async () => {
    targets.reached.length = 0;
    const spellings = ['127.0.0.1', '2130706433', '0x7f.1', '0177.0.0.1', '[::ffff:127.0.0.1]', '127.0.0.1.'];
    const script = spellings.map((host) => `curl -g -sS -o /dev/null -w "%{http_code}\\n" "http://${host}:${targets.web}/"`).join('; ');
    const { output } = await stage.run(readOnly(), script, { network: network({ '*': 'allow', '127.0.0.1': 'deny' }) });
    expect(output.trim().split('\n')).toEqual(spellings.map(() => '403'));
    expect(targets.reached).toEqual([]);
  });

  test('P-57: this machine and its private networks stay closed when everything is allowed', async () => {
    targets.reached.length = 0;
    const names = ['127.0.0.1', 'localhost', '[::1]', '169.254.169.254', '10.0.0.1', '[fe80::1]', 'x.localhost', '0.0.0.0'];
    const script = names.map((host) => `curl -g -sS -o /dev/null -w "%{http_code}\\n" "http://${host}:${targets.web}/"`).join('; ');
    const { output } = await stage.run(readOnly(), script, { network: network({ '*': 'allow' }) });
    expect(output.trim().split('\n')).toEqual(names.map(() => '403'));
    expect(targets.reached).toEqual([]);
  });

  test('R-9.7, R-9.8: an answer opens a host, a refusal and a failure do not, and each decision is told', async () => {
    const told: NetworkDecision[] = [];
    const asked: string[] = [];
    const ask: NonNullable<ManagedNetwork['ask']> = async ({ host, protocol, port }) => {
      asked.push(`${protocol} ${host} ${port}`);
      if (host === '192.0.2.1') return { type: 'deny', reason: 'because' };
      if (host === '192.0.2.2') throw new Error('gone');
      return { type: 'allow' };
    };
    const proxy = { ...noNetworkProxySettings, allowLocalBinding: true };
    const script = ['127.0.0.1', '192.0.2.1', '192.0.2.2']
      .map((host) => `curl -sS --noproxy "" -o /dev/null -w "%{http_code}\\n" http://${host}:${targets.web}/`)
      .join('; ');
    const given = { proxy, enforce: true, ask, askDeadlineMs: 5000, onDecision: (decision: NetworkDecision) => told.push(decision) };
    const { output } = await stage.run(readOnly(), script, { network: given });
    expect(output).toBe('200\n403\n403\n');
    expect(asked).toEqual(['127.0.0.1', '192.0.2.1', '192.0.2.2'].map((host) => `http ${host} ${targets.web}`));
    expect(told.map(({ decision, source, reason }) => [decision, source, reason])).toEqual([
      ['allow', 'decider', 'not_allowed'],
      ['deny', 'decider', 'because'],
      ['deny', 'decider', 'not_allowed'],
    ]);
  });

  test('an answer that does not come is a refusal at the deadline', async () => {
    const ask = () => new Promise<never>(() => {});
    const { output } = await stage.run(readOnly(), 'curl -sS -o /dev/null -w "%{http_code}\\n" http://a.example/', {
      network: network({}, { ask, askDeadlineMs: 200 }),
    });
    expect(output).toBe('403\n');
  });

  test('P-60: methods that write and tunnels are refused in limited mode', async () => {
    targets.reached.length = 0;
    const url = `http://127.0.0.1:${targets.web}/`;
    const code = '-sS -o /dev/null -w "%{http_code} %{http_connect}\\n"';
    const script = `curl ${code} ${url}; curl ${code} -X POST ${url}; curl ${code} -p ${url}; curl ${code} -x "$ALL_PROXY" ${url}; true`;
    const proxy = { ...noNetworkProxySettings, domains: { '127.0.0.1': 'allow' as const }, mode: 'limited' as const };
    const { output } = await stage.run(readOnly(), script, { network: { proxy, enforce: true } });
    expect(output.split('\n').filter((line) => /^\d/.test(line))).toEqual(['200 000', '403 000', '000 403', '000 000']);
    expect(targets.reached).toHaveLength(1);
  });

  test('R-9.3: without a sandbox nothing is forced, so nothing runs', async () => {
    const request = {
      id: 'bare',
      argv: ['/bin/sh', '-c', 'echo ran'] as const,
      cwd: stage.ws,
      env: { policy: { inherit: 'core', ignoreDefaultExcludes: false, exclude: [], set: {}, includeOnly: [] } as const, overlay: {} },
      stdin: 'closed' as const,
      network: here,
    };
    await expect(stage.processes.start(request, new AbortController().signal)).rejects.toBeInstanceOf(SandboxUnavailable);
  });

  test('a profile without confinement is confined to the proxy all the same', async () => {
    const { output } = await stage.run(
      { type: 'external', network: 'enabled' },
      `curl -sS http://127.0.0.1:${targets.web}/; curl -sS --noproxy "*" http://127.0.0.1:${targets.web}/ || echo closed`,
      { network: here },
    );
    expect(output).toMatch(/^served\n[\s\S]*closed\n$/);
  });

  test('NODE_OPTIONS and loader variables of the command do not reach the opener', async () => {
    const overlay = { NODE_OPTIONS: '--require /nonexistent.js', LD_LIBRARY_PATH: '/nonexistent', PATH: process.env.PATH ?? '' };
    const { output } = await stage.run(readOnly(), `echo "$NODE_OPTIONS"; curl -sS http://127.0.0.1:${targets.web}/`, {
      network: here,
      overlay,
    });
    expect(output).toBe('--require /nonexistent.js\nserved\n');
  });

  test('commands do not share ports: what one serves, another does not reach', async () => {
    const serve = await stage.start(
      workspaceWrite(),
      'python3 -m http.server 9999 --bind 127.0.0.1 > /dev/null 2>&1 & touch up; sleep 20',
      { network: here },
    );
    try {
      const { output } = await stage.run(
        workspaceWrite(),
        'for i in 1 2 3 4 5 6 7 8 9; do [ -e up ] && break; sleep 0.2; done; curl -sS --noproxy "*" -m 2 http://127.0.0.1:9999/ || echo closed',
        { network: here },
      );
      expect(output).toContain('closed');
    } finally {
      await serve.terminate();
    }
  });

  test('denied paths stay denied below the managed network', async () => {
    const profile = workspaceWrite(entry(at(join(stage.ws, 'secret')), 'deny'));
    const { output } = await stage.run(profile, 'cat secret || echo no', { network: here });
    expect(output).toContain('no');
    expect(await stage.code(managed([root]), 'true')).toBe(0);
  });
});
