/** Identifiers: version 7 UUIDs, whose text order is their order of creation, and short random marks. */
import { randomBytes } from 'node:crypto';
import { v7, validate } from 'uuid';

export const uuidv7 = (): string => v7();

/** The creation time in Unix milliseconds that a version 7 UUID carries. */
export const uuidv7TimeMs = (id: string): number => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);

export const isUuid = (text: string): boolean => validate(text);

/** `length` random hexadecimal digits. */
export const randomHex = (length: number): string =>
  randomBytes(Math.ceil(length / 2))
    .toString('hex')
    .slice(0, length);
