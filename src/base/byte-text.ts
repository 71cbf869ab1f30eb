/**
 * Bytes that are no UTF-8, such as names of files can be on POSIX systems, as text that gives them back: each byte that does not
 * belong is a lone low surrogate, U+DC00 plus the byte, which no text that was read as UTF-8 contains.
 */

const lone = /[\ud800-\udbff][\udc00-\udfff]|([\udc80-\udcff])/g;

/** Text of any bytes; `bytesOf` gives them back. */
export function textOf(bytes: Buffer): string {
  const text = bytes.toString();
  // Only where something was replaced can the bytes be others than those of the text.
  return text.includes('\ufffd') && !Buffer.from(text).equals(bytes) ? piecewise(bytes) : text;
}

function piecewise(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceAt(bytes, at);
    text += length === 0 ? String.fromCharCode(0xdc00 + (bytes[at] ?? 0)) : bytes.toString('utf8', at, at + length);
    at += Math.max(1, length);
  }
  return text;
}

/** Length of the character that begins here; 0 when none does. */
function sequenceAt(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length < 2) return length;
  const part = bytes.subarray(at, at + length);
  return part.length === length && Buffer.from(part.toString()).equals(part) ? length : 0;
}

/** True for text that stands for bytes that are no UTF-8. */
export const holdsBytes = (text: string): boolean => !text.isWellFormed();

/** The bytes that `text` stands for. */
export function bytesOf(text: string): Buffer {
  if (!holdsBytes(text)) return Buffer.from(text);
  const parts: Buffer[] = [];
  let from = 0;
  for (const match of text.matchAll(lone)) {
    if (match[1] === undefined) continue;
    parts.push(Buffer.from(text.slice(from, match.index)), Buffer.of(match[1].charCodeAt(0) - 0xdc00));
    from = match.index + 1;
  }
  parts.push(Buffer.from(text.slice(from)));
  return Buffer.concat(parts);
}
