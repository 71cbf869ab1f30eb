/** Which members of a request need the `experimentalApi` capability, read off the schemas. */
import * as z from 'zod';
import type { RequestRow } from '../rpc/contract.ts';

interface Gate {
  readonly member: string;
  /** What the error names. */
  readonly name: string;
  readonly applies: (value: unknown) => boolean;
}

const given = (value: unknown): boolean => value !== undefined && value !== null && value !== false;

/** The schema that decides about a value, without what only says how it may be left out. */
function unwrapped(type: z.core.$ZodType): z.core.$ZodType {
  if (type instanceof z.ZodOptional || type instanceof z.ZodNullable || type instanceof z.ZodDefault) return unwrapped(type.unwrap());
  if (type instanceof z.ZodPipe) return unwrapped(type.out);
  return type;
}

function gatesOf(method: string, row: RequestRow): Gate[] {
  const params = unwrapped(row.params());
  if (!(params instanceof z.ZodObject)) return [];
  return Object.entries(params.shape).flatMap(([member, type]): Gate[] => {
    if (!(type instanceof z.ZodType)) return [];
    if (type.meta()?.experimental === true) return [{ member, name: `${method}.${member}`, applies: given }];
    const inner = unwrapped(type);
    if (!(inner instanceof z.ZodUnion)) return [];
    return inner.options.flatMap((option): Gate[] => {
      const gate = option instanceof z.ZodType ? option.meta()?.gate : undefined;
      if (!(option instanceof z.ZodType) || typeof gate !== 'string') return [];
      return [{ member, name: gate, applies: (value) => option.safeParse(value).success }];
    });
  });
}

/** Says which part of a request is experimental; keeps what it found out about each method. */
export class ExperimentalGate {
  readonly #gates = new Map<string, Gate[]>();

  /** The name of the first experimental thing in the request, or undefined when there is none. */
  find(method: string, row: RequestRow, raw: unknown): string | undefined {
    if (row.experimental) return method;
    let gates = this.#gates.get(method);
    if (!gates) this.#gates.set(method, (gates = gatesOf(method, row)));
    if (gates.length === 0 || typeof raw !== 'object' || raw === null) return undefined;
    const values = new Map(Object.entries(raw));
    return gates.find((gate) => gate.applies(values.get(gate.member)))?.name;
  }
}
