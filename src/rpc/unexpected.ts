/** A value that should have been another, in the words of the reference's decoder. */

/** Integers beyond this are read as floating point. */
const integerLimit = 2 ** 64;

export function unexpected(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  switch (typeof value) {
    case 'boolean':
      return `boolean \`${value}\``;
    case 'number':
      return isInteger(value) ? `integer \`${value}\`` : `floating point \`${value}\``;
    case 'bigint':
      return `integer \`${value}\``;
    case 'string':
      return `string ${JSON.stringify(value)}`;
    default:
      return Array.isArray(value) ? 'sequence' : 'map';
  }
}

export const isInteger = (value: number): boolean => Number.isInteger(value) && Math.abs(value) < integerLimit;
