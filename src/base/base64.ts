/** Base64 as the wires have it: strict, padded, canonical; complaints in the words that clients know. */

const padding = 61;
/** Bytes that become text at a time: a multiple of three, and a text short enough to be short-lived. */
const pieceBytes = 49_152;

/** Writes `bytes` as base64 into `target` from `at` on, which has room for it. Returns where it ends. */
export function writeBase64(bytes: Buffer, target: Buffer, at: number): number {
  let end = at;
  for (let from = 0; from < bytes.length; from += pieceBytes) {
    end += target.write(bytes.toString('base64', from, Math.min(from + pieceBytes, bytes.length)), end, 'latin1');
  }
  return end;
}

/** The bytes, or what is wrong with the text. */
export function readBase64(text: string): Buffer | string {
  if (text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
    const bytes = Buffer.from(text, 'base64');
    // Only the last group can hold bits that no byte is made of.
    const last = text.slice(-4);
    return Buffer.from(last, 'base64').toString('base64') === last ? bytes : wrongLast(text);
  }
  return problemOf(text);
}

/** The bytes, or undefined when the text is something else. */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = readBase64(text);
  return typeof bytes === 'string' ? undefined : bytes;
}

function wrongLast(text: string): string {
  const body = text.replace(/=+$/, '');
  return `Invalid last symbol ${body.charCodeAt(body.length - 1)}, offset ${body.length - 1}.`;
}

const isSymbol = (byte: number): boolean => /[A-Za-z0-9+/]/.test(String.fromCharCode(byte));

const wrongSymbol = (symbol: number, offset: number): string => `Invalid symbol ${symbol}, offset ${offset}.`;

function problemOf(text: string): string {
  const bytes = Buffer.from(text);
  // One byte too many that cannot be part of anything, such as a line end, is named before everything else.
  const last = bytes.at(-1);
  if (bytes.length % 4 === 1 && last !== undefined && last !== padding && !isSymbol(last)) return wrongSymbol(last, bytes.length - 1);
  // Padding belongs into the second half of the last group, and nothing may follow it.
  const lastGroup = Math.max(0, Math.floor((bytes.length - 1) / 4) * 4);
  let padded: number | undefined;
  for (const [offset, byte] of bytes.entries()) {
    if (byte !== padding && !isSymbol(byte)) return wrongSymbol(byte, offset);
    if (byte !== padding && padded !== undefined) return wrongSymbol(padding, padded);
    if (byte === padding) {
      padded ??= offset;
      if (offset < lastGroup + 2) return wrongSymbol(padding, padded);
    }
  }
  const symbols = padded ?? bytes.length;
  return symbols % 4 === 1 ? `Invalid input length: ${symbols}` : 'Invalid padding';
}
