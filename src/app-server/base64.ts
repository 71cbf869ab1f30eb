/** Base64 of the wire: strict, and with the complaint that clients know. */
import { decodeBase64 } from '../base/bytes.ts';

/** The bytes, or what is wrong with the text. */
export function readBase64(text: string): Buffer | string {
  const bytes = decodeBase64(text);
  if (bytes) return bytes;
  const body = text.replace(/={1,2}$/, '');
  const bad = body.search(/[^A-Za-z0-9+/]/);
  if (bad >= 0) return `Invalid symbol ${Buffer.from(body.slice(bad))[0]}, offset ${Buffer.byteLength(body.slice(0, bad))}.`;
  if (body.length % 4 === 1) return `Invalid input length: ${body.length}`;
  return text.length % 4 === 0 ? `Invalid last symbol ${body.charCodeAt(body.length - 1)}, offset ${body.length - 1}.` : 'Invalid padding';
}
