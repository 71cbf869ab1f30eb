/** Bytes that are no UTF-8 keep their identity as text. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesOf, holdsBytes, textOf } from '../../src/base/byte-text.ts';
import { pathFromUri, uriFromPath } from '../../src/base/path-uri.ts';

const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc
    .array(fc.oneof(fc.constantFrom('é', '\ufffd', '😀', 'a'), fc.constantFrom(0xff, 0xc3, 0xf0, 0x80)), { maxLength: 12 })
    .map((parts) => Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.of(part))))),
);

test('any bytes come back from their text, and plain text is itself', () => {
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      const text = textOf(Buffer.from(bytes));
      expect(bytesOf(text).equals(Buffer.from(bytes))).toBe(true);
      const isPlain = Buffer.from(Buffer.from(bytes).toString()).equals(Buffer.from(bytes));
      expect(holdsBytes(text)).toBe(!isPlain);
      if (isPlain) expect(text).toBe(Buffer.from(bytes).toString());
    }),
  );
});

test('any name survives the way through a path URI, which is plain ASCII', () => {
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      const name = Buffer.from(Buffer.from(bytes).map((byte) => (byte === 0 || byte === 47 ? 95 : byte)));
      fc.pre(!['', '.', '..'].includes(name.toString('latin1')));
      const path = `/d/${textOf(name)}`;
      const uri = uriFromPath(path, 'posix');
      expect(uri).toMatch(/^[\x21-\x7e]+$/);
      expect(pathFromUri(uri, 'posix')).toBe(path);
    }),
  );
});

test('a URI names bytes as it likes', () => {
  expect(pathFromUri('file:///a%FFb%C3%A9', 'posix')).toBe('/a\udcffbé');
  expect(pathFromUri('file:///C:/a%FF', 'windows')).toBeUndefined();
  expect(pathFromUri('file:a', 'posix')).toBe('/a');
});
