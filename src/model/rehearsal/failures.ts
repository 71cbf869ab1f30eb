/** The failures the rehearsal model can be asked for, by name. */
import type { Part } from './reply.ts';

type Failure = Extract<Part, { kind: 'refuse' | 'end' }>;

const refuse = (status: number, error: Record<string, unknown>, headers: Record<string, string> = {}): Failure => ({
  kind: 'refuse',
  status,
  body: { error },
  headers,
});
const failed = (code: string, message: string): Failure => ({ kind: 'end', end: { how: 'failed', error: { code, message } } });
const message = 'This failure was asked for.';

/** In 2030, so that the message always names a date to come. */
const resetsAt = 1_900_000_000;

const failures: Readonly<Record<string, Failure>> = {
  400: refuse(400, { message, type: 'invalid_request_error' }),
  401: refuse(401, { message, type: 'invalid_request_error', code: 'invalid_api_key' }),
  403: refuse(403, { message }),
  404: refuse(404, { message, code: 'model_not_found' }),
  429: refuse(429, { message }, { 'retry-after': '1' }),
  500: refuse(500, { message }),
  502: refuse(502, { message }),
  503: refuse(503, { message }),
  overloaded: refuse(503, { code: 'server_is_overloaded', message }),
  'usage limit': refuse(429, { type: 'usage_limit_reached', message, plan_type: 'plus', resets_at: resetsAt }),
  image: refuse(400, { message: 'The image data you provided does not represent a valid image' }),
  'context window': failed('context_length_exceeded', message),
  quota: failed('insufficient_quota', message),
  'rate limit': failed('rate_limit_exceeded', 'Please try again in 500ms.'),
  'invalid prompt': failed('invalid_prompt', message),
  policy: failed('cyber_policy', message),
  other: failed('odd', message),
  cut: { kind: 'end', end: { how: 'cut' } },
  'end early': { kind: 'end', end: { how: 'early' } },
  hang: { kind: 'end', end: { how: 'hang' } },
  incomplete: { kind: 'end', end: { how: 'incomplete', reason: 'max_output_tokens' } },
};

export const failureNames: readonly string[] = Object.keys(failures);

/** The failure called `name`; any other HTTP status from 400 to 599 works too. Undefined when there is none of that name. */
export function failureNamed(name: string, times?: number): Failure | undefined {
  const key = name
    .trim()
    .toLowerCase()
    .replace(/^(?:http|with|status)\s+/, '')
    .replaceAll(/[_-]/g, ' ');
  const known = Object.hasOwn(failures, key) ? failures[key] : undefined;
  const failure = known ?? (/^[45]\d\d$/.test(key) ? refuse(Number(key), { message }) : undefined);
  return failure && times !== undefined ? { ...failure, times } : failure;
}
