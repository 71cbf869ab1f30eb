/** Which part of a request needs the `experimentalApi` capability, read off the marks in the schemas. */
import * as z from 'zod/mini';
import type { RequestRow, Schema } from '../rpc/contract.ts';

interface Mark {
  readonly member: string;
  /** What is named to the client instead of `METHOD.MEMBER`. */
  readonly gate: string | undefined;
  readonly uses: (value: unknown) => boolean;
}

const marksOfSchema = new WeakMap<Schema, readonly Mark[]>();

/**
 * The name of the first experimental thing that a request uses (`thread/start.environments`, `askForApproval.granular`,
 * or the method itself), in the order in which the schema declares its members; undefined when there is none.
 * Takes params as they came or as they were parsed: null, false and absence use nothing.
 */
export function experimentalUse(method: string, row: RequestRow, params: unknown): string | undefined {
  if (row.experimental) return method;
  if (typeof params !== 'object' || params === null) return undefined;
  for (const { member, gate, uses } of marksOf(row.params)) {
    if (uses(Reflect.get(params, member))) return gate ?? `${method}.${member}`;
  }
  return undefined;
}

function marksOf(params: Schema): readonly Mark[] {
  let marks = marksOfSchema.get(params);
  if (!marks) {
    const object = withoutAbsence(params());
    marks = object instanceof z.core.$ZodObject ? Object.entries(object._zod.def.shape).flatMap(marksOfMember) : [];
    marksOfSchema.set(params, marks);
  }
  return marks;
}

function marksOfMember([member, type]: [string, z.core.$ZodType]): Mark[] {
  if (isExperimental(type)) return [{ member, gate: undefined, uses: given }];
  const inner = withoutAbsence(type);
  if (!(inner instanceof z.core.$ZodUnion)) return [];
  return inner._zod.def.options.flatMap((option) => {
    const gate = z.globalRegistry.get(option)?.gate;
    return typeof gate === 'string' ? [{ member, gate, uses: hasMembersOf(option) }] : [];
  });
}

export const isExperimental = (type: z.core.$ZodType): boolean => z.globalRegistry.get(type)?.experimental === true;

const given = (value: unknown): boolean => value !== undefined && value !== null && value !== false;

/** Variants of such a union are told apart by the name of their one member. */
function hasMembersOf(option: z.core.$ZodType): (value: unknown) => boolean {
  const names = option instanceof z.core.$ZodObject ? Object.keys(option._zod.def.shape) : [];
  return (value) => typeof value === 'object' && value !== null && names.every((name) => Object.hasOwn(value, name));
}

/** The schema that decides about a value, without what only says how it may be left out. */
function withoutAbsence(type: z.core.$ZodType): z.core.$ZodType {
  if (type instanceof z.core.$ZodOptional || type instanceof z.core.$ZodNullable || type instanceof z.core.$ZodDefault)
    return withoutAbsence(type._zod.def.innerType);
  return type instanceof z.core.$ZodPipe ? withoutAbsence(type._zod.def.out) : type;
}
