/** Path URIs of both families of systems: what they stand for and what lies within what. */
import { expect, test } from 'vitest';
import { isOpaquePathUri, pathFromUri, styleOfPathUri, uriFromPath, uriIsWithin } from '../../src/base/path-uri.ts';

test.each([
  ['file:///a/b', 'posix', '/a/b'],
  ['file:///C:/a/b', 'windows', 'C:\\a\\b'],
  ['file://host/share/a', 'windows', '\\\\host\\share\\a'],
  ['file:///a%20b/%C3%A4', 'posix', '/a b/ä'],
  ['file:///a/../b/./c', 'posix', '/b/c'],
] as const)('the family of a URI, and the path it stands for: %s', (uri, style, path) => {
  expect([styleOfPathUri(uri), pathFromUri(uri, style)]).toEqual([style, path]);
  expect(pathFromUri(uri, style === 'posix' ? 'windows' : 'posix')).toBeUndefined();
});

test('what has no URI form becomes an opaque one, which comes back and contains only itself', () => {
  const uri = uriFromPath('\\\\.\\pipe\\x', 'windows');
  expect([isOpaquePathUri(uri), styleOfPathUri(uri)]).toEqual([true, 'posix']);
  expect([uriIsWithin(uri, uri), uriIsWithin(`${uri}/x`, uri), uriIsWithin(uri, 'file:///')]).toEqual([true, false, false]);
});

test.each([
  ['file:///a/b', 'file:///a', true],
  ['file:///a', 'file:///a', true],
  ['file:///ab', 'file:///a', false],
  ['file:///a/../b', 'file:///a', false],
  ['file:///a%2Fb', 'file:///a', false],
  ['file:///a%5Cb', 'file:///', false],
  ['file://h/a', 'file:///', false],
  ['file://h/a/b', 'file://H/a', true],
  ['file:///C:/a', 'file:///', false],
  ['http://h/a', 'file:///', false],
])('one lies within another by whole segments, and what cannot be told does not: %s in %s', (inner, outer, is) => {
  expect(uriIsWithin(inner, outer)).toBe(is);
});
