/** Ids that clients send: what is wrong with one, said in the words clients of the reference know. */
import { invalidRequest } from '../base/errors.ts';

const groups = [8, 4, 4, 4, 12] as const;

/** Undefined when `id` reads as a UUID in any usual spelling. */
export function idProblem(id: string): string | undefined {
  const bare = id.replace(/^urn:uuid:/, '').replace(/^\{(.*)\}$/, '$1');
  const strange = [...bare].findIndex((digit) => !/[0-9a-fA-F-]/.test(digit));
  if (strange !== -1) {
    const found = [...bare][strange] ?? '';
    return `invalid character: expected an optional prefix of \`urn:uuid:\` followed by [0-9a-fA-F-], found \`${found}\` at ${strange + 1}`;
  }
  const parts = bare.split('-');
  if (parts.length === 1) {
    return bare.length === 32 ? undefined : `invalid length: expected length 32 for simple format, found ${bare.length}`;
  }
  if (parts.length !== groups.length) return `invalid group count: expected ${groups.length}, found ${parts.length}`;
  const wrong = groups.findIndex((length, at) => parts[at]?.length !== length);
  if (wrong === -1) return undefined;
  return `invalid group length in group ${wrong}: expected ${groups[wrong]}, found ${parts[wrong]?.length ?? 0}`;
}

export const isThreadId = (id: string): boolean => idProblem(id) === undefined;

/** Throws `invalid WHAT id: …` for an id that is no UUID. Resume, fork and archive speak of a session, the rest of a thread or of its part. */
export function checkId(id: string, what: 'thread' | 'session' | 'parent thread' | 'ancestor thread' | 'attached thread parent'): void {
  const problem = idProblem(id);
  if (problem !== undefined) throw invalidRequest(`invalid ${what} id: ${problem}`);
}

/** There are no projects yet, so none has this id. */
export const noProject = (projectId: string) => invalidRequest(`project not found: ${projectId}`);
