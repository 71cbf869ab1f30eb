/** Looking into JSON whose shape is not known: each function answers undefined (or an empty value) instead of throwing. */
export type JsonRecord = Readonly<Record<string, unknown>>;

export const isRecord = (value: unknown): value is JsonRecord => typeof value === 'object' && value !== null && !Array.isArray(value);

export const recordIn = (value: unknown): JsonRecord => (isRecord(value) ? value : {});
export const textIn = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
export const numberIn = (value: unknown): number | undefined => (typeof value === 'number' && Number.isFinite(value) ? value : undefined);
export const listIn = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const textsIn = (value: unknown): readonly string[] => listIn(value).filter((entry) => typeof entry === 'string');

/** The object that `text` holds, or undefined when it is something else or no JSON at all. */
export function parseRecord(text: string): JsonRecord | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** `value` without members that are null or undefined. */
export const present = (value: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined && member !== null));

export const toSnakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
export const toCamelCase = (name: string): string => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** Renames the members of a JSON value at every depth; values stay as they are. */
export function renameMembers(value: unknown, rename: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((entry) => renameMembers(entry, rename));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [rename(name), renameMembers(member, rename)]));
}

/** The same for an enum case that is either a bare word or an object named by its case. */
export const renameCase = (value: unknown, rename: (name: string) => string): unknown =>
  typeof value === 'string' ? rename(value) : renameMembers(value, rename);
