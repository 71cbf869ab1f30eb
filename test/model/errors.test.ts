/** Every refusal and failure of a model server, with the words and codes clients know from the reference. */
import { describe, expect, test } from 'vitest';
import { ask, created, facts, failed, refusal, type Step, sse, startModelServer, stream, testClient } from './model-server.ts';

interface Row {
  readonly name: string;
  readonly step: Step;
  /** `URL` stands for the address asked. */
  readonly expected: Record<string, unknown>;
}

const capacity = 'Selected model is at capacity. Please try a different model.';
const tooLong = "Codex ran out of room in the model's context window. Start a new thread or clear earlier history before retrying.";
const demand = 'We’re currently experiencing high demand, which may cause temporary errors.';
const plus = 'To use Codex with your ChatGPT plan, upgrade to Plus: https://chatgpt.com/explore/plus.';
const quota = 'Quota exceeded. Check your plan and billing details.';

const unexpected = (status: number, phrase: string, said: string, more: Record<string, unknown> = {}, ids = '') => ({
  message: `unexpected status ${status} ${phrase}: ${said}, url: URL${ids}`,
  info: { httpConnectionFailed: { httpStatusCode: status } },
  retry: 'stream',
  httpStatus: status,
  ...more,
});
const never = (message: string, info: string) => ({ message, info, retry: 'never' });
const broken = (why: string) => ({ message: `stream disconnected before completion: ${why}`, info: 'other', retry: 'stream' });
const limited = (message: string, more: Record<string, unknown> = {}) => ({
  message: `rate limit exceeded: ${message}`,
  info: 'rateLimitExceeded',
  retry: 'stream',
  ...more,
});

const statuses: Row[] = [
  {
    name: '500',
    step: refusal(500, { error: { message: 'boom' } }),
    expected: { message: demand, info: 'internalServerError', retry: 'stream' },
  },
  {
    name: '500 whatever its code',
    step: refusal(500, { error: { code: 'context_length_exceeded' } }),
    expected: { message: demand, info: 'internalServerError', retry: 'stream' },
  },
  { name: '502', step: refusal(502, 'bad gateway'), expected: unexpected(502, 'Bad Gateway', 'bad gateway') },
  { name: '503', step: refusal(503, { error: { message: 'x' } }), expected: unexpected(503, 'Service Unavailable', 'x') },
  {
    name: '503 with a pause',
    step: refusal(503, {}, { 'retry-after': '1' }),
    expected: unexpected(503, 'Service Unavailable', '{}', { retryAfterMs: 1000 }),
  },
  {
    name: '503 overloaded',
    step: refusal(503, { error: { code: 'server_is_overloaded', message: 'm' } }),
    expected: never(capacity, 'serverOverloaded'),
  },
  { name: '503 slow down', step: refusal(503, { error: { code: 'slow_down', message: 'm' } }), expected: limited('m') },
  {
    name: 'a status without a phrase',
    step: refusal(599, { error: { message: 'm' } }),
    expected: unexpected(599, '<unknown status code>', 'm'),
  },
  {
    name: '400',
    step: refusal(400, '{"error":{"message":"bad request"}}'),
    expected: never('{"error":{"message":"bad request"}}', 'other'),
  },
  { name: '400 without a body', step: refusal(400, ''), expected: never('', 'other') },
  {
    name: '400 image',
    step: refusal(400, { error: { message: 'The image data you provided does not represent a valid image' } }),
    expected: never('Invalid image in your last message. Please remove it and try again.', 'badRequest'),
  },
  {
    name: '400 context window',
    step: refusal(400, { error: { code: 'context_length_exceeded', message: 'm' } }),
    expected: never(tooLong, 'contextWindowExceeded'),
  },
  {
    name: '400 policy',
    step: refusal(400, { error: { code: 'cyber_policy', message: 'flagged' } }),
    expected: never('flagged', 'cyberPolicy'),
  },
  {
    name: '400 model',
    step: refusal(400, { error: { code: 'model_not_found', message: 'no model' } }),
    expected: never('no model', 'modelNotFound'),
  },
  { name: '401', step: refusal(401, { error: { message: 'bad key' } }), expected: unexpected(401, 'Unauthorized', 'bad key') },
  { name: '401 without a body', step: refusal(401, ''), expected: unexpected(401, 'Unauthorized', 'Unknown error') },
  {
    name: '401 with ids',
    step: refusal(401, { error: { message: 'm' } }, { 'x-request-id': 'req_1', 'cf-ray': 'ray1' }),
    expected: unexpected(401, 'Unauthorized', 'm', {}, ', cf-ray: ray1, request id: req_1'),
  },
  {
    name: '401 with an odd body',
    step: refusal(401, { error: 'just text' }),
    expected: unexpected(401, 'Unauthorized', '{"error":"just text"}'),
  },
  { name: '403', step: refusal(403, '<html>no</html>'), expected: unexpected(403, 'Forbidden', '<html>no</html>') },
  { name: '404', step: refusal(404, { error: { message: 'nope' } }), expected: unexpected(404, 'Not Found', 'nope') },
  {
    name: '404 model',
    step: refusal(404, { error: { code: 'model_not_found', message: 'no model' } }),
    expected: never('no model', 'modelNotFound'),
  },
  {
    name: '404 model without words',
    step: refusal(404, { error: { code: 'model_not_found' } }),
    expected: never('model_not_found', 'modelNotFound'),
  },
  { name: '418', step: refusal(418, { error: { message: 'tea' } }), expected: unexpected(418, "I'm a teapot", 'tea') },
  {
    name: 'a redirect',
    step: refusal(307, 'moved', { location: 'http://127.0.0.1:1/' }),
    expected: unexpected(307, 'Temporary Redirect', 'moved'),
  },
  {
    name: '429',
    step: refusal(429, { error: { message: 'slow, try again in 1s' } }),
    expected: {
      message: 'exceeded retry limit, last status: 429 Too Many Requests',
      info: { responseTooManyFailedAttempts: { httpStatusCode: 429 } },
      retry: 'never',
      httpStatus: 429,
    },
  },
  {
    name: '429 with a pause',
    step: refusal(429, {}, { 'retry-after': '2' }),
    expected: {
      message: 'exceeded retry limit, last status: 429 Too Many Requests',
      info: { responseTooManyFailedAttempts: { httpStatusCode: 429 } },
      retry: 'stream',
      retryAfterMs: 2000,
      httpStatus: 429,
    },
  },
  { name: '429 not included', step: refusal(429, { error: { type: 'usage_not_included' } }), expected: never(plus, 'usageLimitExceeded') },
  { name: '429 quota', step: refusal(429, { error: { code: 'insufficient_quota' } }), expected: never(quota, 'usageLimitExceeded') },
];

const events: Row[] = [
  {
    name: 'context window',
    step: failed({ code: 'context_length_exceeded', message: 'm' }),
    expected: never(tooLong, 'contextWindowExceeded'),
  },
  { name: 'quota', step: failed({ code: 'insufficient_quota', message: 'm' }), expected: never(quota, 'usageLimitExceeded') },
  { name: 'plan', step: failed({ code: 'usage_not_included' }), expected: never(plus, 'usageLimitExceeded') },
  { name: 'overloaded', step: failed({ code: 'server_is_overloaded', message: 'm' }), expected: never(capacity, 'serverOverloaded') },
  {
    name: 'capacity by policy',
    step: failed({ code: 'policy_capacity_unavailable' }),
    expected: never('Policy-restricted capacity is unavailable. Please try again later.', 'policyCapacityUnavailable'),
  },
  { name: 'flex', step: failed({ code: 'flex_unavailable' }), expected: never('Flex capacity unavailable.', 'flexUnavailable') },
  {
    name: 'misalignment',
    step: failed({ code: 'misalignment_policy_violation', message: 'm' }),
    expected: never('m', 'misalignmentPolicyViolation'),
  },
  { name: 'invalid prompt', step: failed({ code: 'invalid_prompt', message: 'bad prompt' }), expected: never('bad prompt', 'other') },
  { name: 'invalid prompt without words', step: failed({ code: 'invalid_prompt' }), expected: never('Invalid request.', 'other') },
  { name: 'bio policy', step: failed({ code: 'bio_policy', message: 'bio' }), expected: never('bio', 'other') },
  {
    name: 'cyber policy',
    step: failed({ code: 'cyber_policy' }),
    expected: never('This request has been flagged for possible cybersecurity risk.', 'cyberPolicy'),
  },
  { name: 'model', step: failed({ code: 'model_not_found', message: 'nomodel' }), expected: never('nomodel', 'modelNotFound') },
  {
    name: 'rate limit in seconds',
    step: failed({ code: 'rate_limit_exceeded', message: 'Please try again in 1.5s.' }),
    expected: limited('Please try again in 1.5s.', { retryAfterMs: 1500 }),
  },
  {
    name: 'rate limit in milliseconds',
    step: failed({ code: 'rate_limit_exceeded', message: 'Please try again in 700ms.' }),
    expected: limited('Please try again in 700ms.', { retryAfterMs: 700 }),
  },
  {
    name: 'rate limit in words',
    step: failed({ code: 'rate_limit_exceeded', message: 'Try again in 1 seconds' }),
    expected: limited('Try again in 1 seconds', { retryAfterMs: 1000 }),
  },
  { name: 'rate limit without a time', step: failed({ code: 'rate_limit_exceeded' }), expected: limited('') },
  { name: 'slow down', step: failed({ code: 'slow_down', message: 'm' }), expected: limited('m') },
  { name: 'an unknown code', step: failed({ code: 'odd', message: 'Try again in 1 seconds' }), expected: broken('Try again in 1 seconds') },
  { name: 'no error', step: failed(null), expected: broken('response.failed event received') },
  { name: 'no response', step: stream(created, sse('response.failed')), expected: broken('response.failed event received') },
  {
    name: 'incomplete',
    step: stream(created, sse('response.incomplete', { response: { incomplete_details: { reason: 'max_output_tokens' } } })),
    expected: never('Incomplete response returned, reason: max_output_tokens', 'other'),
  },
  {
    name: 'incomplete without a reason',
    step: stream(created, sse('response.incomplete', { response: {} })),
    expected: never('Incomplete response returned, reason: unknown', 'other'),
  },
  {
    name: 'a completed event without an id',
    step: stream(created, sse('response.completed', { response: { nope: 1 } })),
    expected: broken('failed to parse ResponseCompleted: missing field `id`'),
  },
  { name: 'an end without a completed event', step: stream(created), expected: broken('stream closed before response.completed') },
  { name: 'an empty 204', step: (response) => response.writeHead(204).end(), expected: broken('stream closed before response.completed') },
  { name: 'a body that is no event stream', step: refusal(200, { hello: 1 }), expected: broken('stream closed before response.completed') },
];

async function outcomeOf(step: Step): Promise<Record<string, unknown>> {
  await using server = await startModelServer(step);
  await using client = testClient({ baseUrl: server.url });
  const { error } = await ask(client.model);
  return JSON.parse(JSON.stringify(facts(error)).replace(`${server.url}/responses`, 'URL'));
}

describe('a status that is no success', () => {
  test.each(statuses)('$name', async ({ step, expected }) => {
    expect(await outcomeOf(step)).toEqual(expected);
  });
});

describe('a stream that fails', () => {
  test.each(events)('$name', async ({ step, expected }) => {
    expect(await outcomeOf(step)).toEqual(expected);
  });

  test('a connection that breaks off', async () => {
    const step: Step = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(created, () => response.destroy());
    };
    expect(await outcomeOf(step)).toEqual(broken('Transport error: network error: error decoding response body'));
  });

  test('a failure is told at once, also when the server keeps the stream open', async () => {
    const step: Step = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(sse('response.failed', { response: { error: { code: 'odd', message: 'm' } } }));
    };
    expect(await outcomeOf(step)).toEqual(broken('m'));
  });
});

describe('the usage limit', () => {
  const limit = (plan: string | undefined, headers: Record<string, string> = {}, resetsAt: number | null = 1_900_000_000) =>
    refusal(
      429,
      {
        error: {
          type: 'usage_limit_reached',
          message: 'limit',
          ...(plan ? { plan_type: plan } : {}),
          ...(resetsAt ? { resets_at: resetsAt } : {}),
        },
      },
      headers,
    );
  // In the zone of the machine, as the user reads it.
  const at = new Date(1_900_000_000_000);
  const hour = at.getHours() % 12 || 12;
  const when = `Mar ${at.getDate()}th, 2030 ${hour}:${String(at.getMinutes()).padStart(2, '0')} ${at.getHours() < 12 ? 'AM' : 'PM'}`;
  const start = 'You’ve hit your usage limit.';
  test.each([
    [
      'plus',
      limit('plus'),
      `${start} Upgrade to Pro (https://chatgpt.com/explore/pro), visit https://chatgpt.com/settings/usage to purchase more credits or try again at ${when}.`,
    ],
    ['pro', limit('pro'), `${start} Visit https://chatgpt.com/settings/usage to purchase more credits or try again at ${when}.`],
    [
      'free',
      limit('free'),
      `${start} Upgrade to Plus to continue using Codex (https://chatgpt.com/explore/plus), or try again at ${when}.`,
    ],
    ['business', limit('business'), `${start} To get more access now, send a request to your admin or try again at ${when}.`],
    ['enterprise', limit('enterprise'), `${start} Try again at ${when}.`],
    ['no plan, no time', limit(undefined, {}, null), `${start} Try again later.`],
    [
      'pro without a time',
      limit('pro', {}, null),
      `${start} Visit https://chatgpt.com/settings/usage to purchase more credits or try again later.`,
    ],
    ['promotion', limit('plus', { 'x-codex-promo-message': 'PROMO text' }), `${start} PROMO text, or try again at ${when}.`],
    [
      'another limit',
      limit('plus', { 'x-codex-active-limit': 'codex_other', 'x-codex-other-limit-name': 'codex_other' }),
      `You’ve hit your usage limit for codex_other. Switch to another model now, or try again at ${when}.`,
    ],
    [
      'workspace',
      limit('business', { 'x-codex-rate-limit-reached-type': 'workspace_owner_credits_depleted' }),
      'Your workspace is out of credits. Add credits to continue.',
    ],
  ])('%s', async (_, step, message) => {
    expect(await outcomeOf(step)).toEqual(never(message, 'usageLimitExceeded'));
  });

  test('tells what is left before it fails', async () => {
    await using server = await startModelServer(
      limit('plus', {
        'x-codex-primary-used-percent': '100',
        'x-codex-primary-window-minutes': '300',
        'x-codex-primary-reset-at': '1900000000',
        'x-codex-secondary-used-percent': '50.5',
      }),
    );
    await using client = testClient({ baseUrl: server.url });
    const { events } = await ask(client.model);
    expect(events).toEqual([
      {
        type: 'rateLimits',
        snapshot: {
          limitId: 'codex',
          limitName: null,
          normalModelSlug: null,
          primary: { usedPercent: 100, windowDurationMins: 300, resetsAt: 1_900_000_000 },
          secondary: { usedPercent: 51, windowDurationMins: null, resetsAt: null },
          credits: null,
          individualLimit: null,
          spendControlReached: null,
          planType: null,
          rateLimitReachedType: null,
        },
      },
    ]);
  });
});
