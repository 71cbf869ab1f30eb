/** Which cookies are kept for whom: those of the vendor's edge, on its own hosts, over TLS. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { AffinityCookies } from '../../src/host/affinity-cookies.ts';

function jar() {
  let nowMs = 1_000_000;
  const cookies = new AffinityCookies(() => nowMs);
  return {
    set: (url: string, ...lines: string[]) => cookies.take(url, { headers: lines.map((line) => ['Set-Cookie', line] as const) }),
    sent: (url: string, headers: readonly (readonly [string, string])[] = []) =>
      cookies
        .applied({ method: 'GET', url, headers })
        .headers.filter(([name]) => name.toLowerCase() === 'cookie')
        .map(([, value]) => value),
    wait: (ms: number) => {
      nowMs += ms;
    },
  };
}

test('a client stays where it was put, and nothing else is kept', () => {
  const { set, sent } = jar();
  expect(sent('https://chatgpt.com/mcp')).toEqual([]);
  set('https://chatgpt.com/mcp', '__cflb=west; Path=/; Secure; HttpOnly', 'session=x; Path=/');
  expect(sent('https://chatgpt.com/mcp')).toEqual(['__cflb=west']);
  set('https://chatgpt.com/mcp', '__cflb=central; Path=/');
  expect(sent('https://chatgpt.com/other')).toEqual(['__cflb=central']);
  expect(sent('https://chat.openai.com/mcp')).toEqual([]);
  expect(sent('https://a.chatgpt.com/mcp')).toEqual([]);
  expect(sent('http://chatgpt.com/mcp')).toEqual([]);
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
])('nothing is kept for %s', (url) => {
  const { set, sent } = jar();
  set(url, '__cflb=west; Path=/', '__cf_bm=1; Domain=chatgpt.com; Path=/');
  for (const asked of [url, 'https://chatgpt.com/']) expect(sent(asked)).toEqual([]);
});

test('a domain covers the hosts below it, if it is one of them and the host lies in it', () => {
  const { set, sent } = jar();
  set(
    'https://a.chatgpt.com/',
    '__cflb=all; Domain=.chatgpt.com; Path=/',
    '_cfuvid=own; Path=/',
    '__cf_bm=no; Domain=b.chatgpt.com',
    'cf_use_ob=no; Domain=com',
  );
  expect(sent('https://a.chatgpt.com/')).toEqual(['__cflb=all; _cfuvid=own']);
  expect(sent('https://b.chatgpt.com/')).toEqual(['__cflb=all']);
  expect(sent('https://chatgpt.com/')).toEqual(['__cflb=all']);
});

test('paths and times hold', () => {
  const { set, sent, wait } = jar();
  set('https://chatgpt.com/mcp/one', '__cflb=here', 'cf_chl_2=deep; Path=/mcp/one', '__cfruid=short; Path=/; Max-Age=10');
  set(
    'https://chatgpt.com/',
    '__cfseq=dated; Path=/; Expires=Thu, 01 Jan 1970 00:20:00 GMT',
    '_cfuvid=past; Expires=Thu, 01 Jan 1970 00:00:01 GMT',
  );
  expect(sent('https://chatgpt.com/mcp/one/x')).toEqual(['__cflb=here; cf_chl_2=deep; __cfruid=short; __cfseq=dated']);
  expect(sent('https://chatgpt.com/mcpx')).toEqual(['__cfruid=short; __cfseq=dated']);
  wait(11_000);
  expect(sent('https://chatgpt.com/')).toEqual(['__cfseq=dated']);
  set('https://chatgpt.com/', '__cfseq=; Path=/; Max-Age=0');
  expect(sent('https://chatgpt.com/')).toEqual([]);
});

test("a cookie of the user's own is left alone", () => {
  const { set, sent } = jar();
  set('https://chatgpt.com/', '__cflb=west; Path=/');
  expect(sent('https://chatgpt.com/', [['Cookie', 'mine=1']])).toEqual(['mine=1']);
});

test('whatever a server sets, only allowed names are sent, and never a line break', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.string(),
          fc.tuple(fc.constantFrom('__cflb', 'sid', 'cf_chl_x', ' __cf_bm'), fc.string()).map(([name, value]) => `${name}=${value}`),
        ),
      ),
      (lines) => {
        const { set, sent } = jar();
        set('https://chatgpt.com/', ...lines);
        for (const part of sent('https://chatgpt.com/').join('; ').split('; '))
          if (part !== '') expect(part).toMatch(/^(__cflb|cf_chl_\S*|__cf_bm)=[\u0021-\u007e]*$/);
      },
    ),
  );
});
