/** Which cookies are kept for whom: those of the vendor's edge, on its own hosts, over TLS. */
import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AffinityCookies } from '../../src/host/affinity-cookies.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

function jar() {
  const cookies = new AffinityCookies();
  return {
    set: (url: string, ...lines: string[]) => cookies.take(url, { headers: lines.map((line) => ['Set-Cookie', line] as const) }),
    async sent(url: string, headers: readonly (readonly [string, string])[] = []) {
      const applied = await cookies.applied({ method: 'GET', url, headers });
      return applied.headers.filter(([name]) => name.toLowerCase() === 'cookie').map(([, value]) => value);
    },
    wait: (ms: number) => vi.setSystemTime(Date.now() + ms),
  };
}

test('a client stays where it was put, and nothing else is kept', async () => {
  const { set, sent } = jar();
  expect(await sent('https://chatgpt.com/mcp')).toEqual([]);
  await set('https://chatgpt.com/mcp', '__cflb=west; Path=/; Secure; HttpOnly', 'session=x; Path=/');
  expect(await sent('https://chatgpt.com/mcp')).toEqual(['__cflb=west']);
  await set('https://chatgpt.com/mcp', '__cflb=central; Path=/');
  expect(await sent('https://chatgpt.com/other')).toEqual(['__cflb=central']);
  expect(await sent('https://chat.openai.com/mcp')).toEqual([]);
  expect(await sent('https://a.chatgpt.com/mcp')).toEqual([]);
  expect(await sent('http://chatgpt.com/mcp')).toEqual([]);
});

test.each([
  ...[
    'https://example.com/',
    'http://chatgpt.com/',
    'https://chatgpt.com.evil.example/',
    'https://evilchatgpt.com/',
    'https://openai.com/',
  ],
  ...['https://x.chat.openai.com/', 'http://127.0.0.1:8080/', 'not a url'],
])('nothing is kept for %s', async (url) => {
  const { set, sent } = jar();
  await set(url, '__cflb=west; Path=/', '__cf_bm=1; Domain=chatgpt.com; Path=/');
  for (const asked of [url, 'https://chatgpt.com/']) expect(await sent(asked)).toEqual([]);
});

test('a domain covers the hosts below it, if it is one of them and the host lies in it', async () => {
  const { set, sent } = jar();
  await set(
    'https://a.chatgpt.com/',
    '__cflb=all; Domain=.chatgpt.com; Path=/',
    '_cfuvid=own; Path=/',
    '__cf_bm=no; Domain=b.chatgpt.com',
    'cf_use_ob=no; Domain=com',
  );
  expect(await sent('https://a.chatgpt.com/')).toEqual(['__cflb=all; _cfuvid=own']);
  expect(await sent('https://b.chatgpt.com/')).toEqual(['__cflb=all']);
  expect(await sent('https://chatgpt.com/')).toEqual(['__cflb=all']);
});

test('paths and times hold', async () => {
  const { set, sent, wait } = jar();
  await set('https://chatgpt.com/mcp/one', '__cflb=here', 'cf_chl_2=deep; Path=/mcp/one', '__cfruid=short; Path=/; Max-Age=10');
  await set(
    'https://chatgpt.com/',
    '__cfseq=dated; Path=/; Expires=Thu, 01 Jan 1970 00:20:00 GMT',
    '_cfuvid=past; Expires=Thu, 01 Jan 1970 00:00:01 GMT',
  );
  expect(await sent('https://chatgpt.com/mcp/one/x')).toEqual(['cf_chl_2=deep; __cflb=here; __cfruid=short; __cfseq=dated']);
  expect(await sent('https://chatgpt.com/mcpx')).toEqual(['__cfruid=short; __cfseq=dated']);
  wait(11_000);
  expect(await sent('https://chatgpt.com/')).toEqual(['__cfseq=dated']);
  await set('https://chatgpt.com/', '__cfseq=; Path=/; Max-Age=0');
  expect(await sent('https://chatgpt.com/')).toEqual([]);
});

test("a cookie of the user's own is left alone", async () => {
  const { set, sent } = jar();
  await set('https://chatgpt.com/', '__cflb=west; Path=/');
  expect(await sent('https://chatgpt.com/', [['Cookie', 'mine=1']])).toEqual(['mine=1']);
});

test('whatever a server sets, only allowed names are sent, and never a line break', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(
          fc.string(),
          fc.tuple(fc.constantFrom('__cflb', 'sid', 'cf_chl_x', ' __cf_bm'), fc.string()).map(([name, value]) => `${name}=${value}`),
        ),
      ),
      async (lines) => {
        const { set, sent } = jar();
        await set('https://chatgpt.com/', ...lines);
        for (const part of (await sent('https://chatgpt.com/')).join('; ').split('; '))
          if (part !== '') expect(part).toMatch(/^(__cflb|cf_chl_\S*|__cf_bm)=[\u0021-\u007e]*$/);
      },
    ),
  );
});

test('however many a server sets, memory is bounded', async () => {
  const { set, sent } = jar();
  for (let number = 0; number < 200; number += 1) await set('https://chatgpt.com/', `cf_chl_${number}=x; Path=/`);
  const [line = ''] = await sent('https://chatgpt.com/');
  expect(line.split('; ').length).toBeLessThanOrEqual(64);
});
