/** The phrases the rehearsal model understands, each a row with its form, an example and what it makes of it. */
import type { Conversation } from './conversation.ts';
import { failureNamed } from './failures.ts';
import { addFile, appendTo, deleteFile, moveFile, replaceIn } from './patches.ts';
import { call, commandCall, namedCall, type Part, patchCall, say } from './reply.ts';

/** One step of an answer. A `calls` step ends a response; what follows it comes after the tools have answered. */
export interface Step {
  readonly ends: boolean;
  /** The parts, written when their turn comes. */
  readonly parts: (conversation: Conversation) => readonly Part[];
}

export interface Phrase {
  /** Shown by `help` and kept in the documentation. */
  readonly example: string;
  readonly pattern: RegExp;
  /** `groups` are the pattern's; `block` is the fenced text below the line. Undefined: the line is not this phrase after all. */
  readonly steps: (groups: readonly string[], block: string | undefined) => readonly Step[] | undefined;
}

const speech = (...parts: Part[]): Step => ({ ends: false, parts: () => parts });
const calls = (make: (conversation: Conversation) => readonly Part[]): Step => ({ ends: true, parts: make });
const one = (make: (conversation: Conversation) => Part): readonly Step[] => [calls((conversation) => [make(conversation)])];

/** `\n` and `\t` in quoted text. */
const unescaped = (text: string): string => text.replaceAll('\\n', '\n').replaceAll('\\t', '\t').replaceAll('\\\\', '\\');
const between = (text: string, mark: RegExp): string[] =>
  text
    .split(mark)
    .map((part) => part.trim())
    .filter((part) => part !== '');

function argumentsOf(text: string | undefined): Record<string, unknown> | undefined {
  if (text === undefined || text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    // Not JSON: then this was no such phrase.
    return undefined;
  }
}

const escalated = { sandbox_permissions: 'require_escalated', justification: 'The rehearsal was told to leave the sandbox. May it?' };
const run = (command: string, extra?: Record<string, unknown>) => one((conversation) => call(commandCall(conversation, command, extra)));
const patch = (text: string) => one((conversation) => call(patchCall(conversation, text)));
const typed = (chars: string): readonly Step[] =>
  one((conversation) => call({ name: 'write_stdin', input: { session_id: conversation.session ?? 0, chars, yield_time_ms: 500 } }));

/** One response per step of the plan, and one that ticks the last off. */
function planSteps(names: readonly string[]): readonly Step[] {
  const statusAt = (index: number, current: number) => (index < current ? 'completed' : index === current ? 'in_progress' : 'pending');
  return [...names, ''].flatMap((_, current) =>
    one(() =>
      call({
        name: 'update_plan',
        input: {
          explanation: current === 0 ? 'The plan' : `${current} of ${names.length} done`,
          plan: names.map((step, index) => ({ step, status: statusAt(index, current) })),
        },
      }),
    ),
  );
}

function question(text: string, options: readonly string[]): readonly Step[] {
  const labels = options.length > 0 ? options : ['Yes', 'No'];
  return one(() =>
    call({
      name: 'request_user_input',
      input: {
        questions: [
          {
            id: 'answer',
            header: 'Rehearsal',
            question: text,
            options: labels.map((label) => ({ label, description: `Choose ${label}` })),
          },
        ],
      },
    }),
  );
}

const lastOutput = (conversation: Conversation): string => conversation.calls.at(-1)?.output?.split(/^Output:\n/m)[1] ?? '';

/** A move has to quote a line of the file, so the file is looked at first. */
const rename = (from: string, to: string): readonly Step[] => [
  ...run(`head -n 1 '${from.replaceAll("'", `'\\''`)}'`),
  ...one((conversation) => call(patchCall(conversation, moveFile(from, to, lastOutput(conversation).split('\n')[0] ?? '')))),
];

const permissions = (wanted: Record<string, unknown>): readonly Step[] =>
  one((conversation) =>
    call(namedCall(conversation, 'request_permissions', { reason: 'The rehearsal was told to ask.', permissions: wanted })),
  );

function failure(name: string | undefined, times?: number): readonly Step[] | undefined {
  const part = failureNamed(name ?? '', times);
  return part && [speech(part)];
}

const mcp = (server: string, tool: string, json: string | undefined): readonly Step[] | undefined => {
  const input = argumentsOf(json);
  return input && one((conversation) => call(mcpCall(conversation, server, tool, input)));
};

function mcpCall(conversation: Conversation, server: string, tool: string, input: Record<string, unknown>) {
  const spaced = namedCall(conversation, `mcp__${server}/${tool}`, input);
  const flat = `mcp__${server}__${tool}`;
  return conversation.tools.some(({ name }) => name === flat) ? { name: flat, input } : spaced;
}

/** A 1×1 picture. */
const picture = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const most = (digits: string | undefined, limit: number): number => Math.min(limit, Number(digits ?? '0'));
const milliseconds = (amount: string | undefined, unit: string | undefined): number =>
  Math.min(600_000, Math.round(Number(amount ?? '0') * (unit?.startsWith('m') ? 1 : 1000)));

/** Tried from the top; the first that fits is taken. */
export const phrases: readonly Phrase[] = [
  {
    example: 'run in parallel `sleep 1` and `echo done`',
    pattern: /^run in parallel:?\s+(`.+`)$/i,
    steps: ([list = '']) =>
      one((conversation) => call(...[...list.matchAll(/`([^`]+)`/g)].map(([, command = '']) => commandCall(conversation, command)))),
  },
  {
    example: 'run `touch /tmp/x` outside the sandbox',
    pattern: /^(?:run|execute)(?: the command)? `([^`]+)` (?:outside the sandbox|without the sandbox|with escalated permissions)$/i,
    steps: ([command = '']) => run(command, escalated),
  },
  { example: 'run escalated: touch /tmp/x', pattern: /^run escalated: *(.+)$/i, steps: ([command = '']) => run(command, escalated) },
  {
    example: 'run `ls` in `src`',
    pattern: /^(?:run|execute)(?: the command)? `([^`]+)` in `([^`]+)`$/i,
    steps: ([command = '', workdir = '']) => run(command, { workdir }),
  },
  { example: 'run `ls -la`', pattern: /^(?:run|execute)(?: the command)? `([^`]+)`$/i, steps: ([command = '']) => run(command) },
  {
    example: 'run: npm test',
    pattern: /^run: *(.*)$/i,
    steps: ([command = ''], block) => (command === '' && block === undefined ? undefined : run(block ?? command)),
  },
  {
    example: 'start `cat` in a terminal',
    pattern: /^start `([^`]+)` in a terminal$/i,
    steps: ([command = '']) => run(command, { tty: true, yield_time_ms: 250 }),
  },
  {
    example: 'start `sleep 60`',
    pattern: /^start(?: in the background)? `([^`]+)`(?: in the background)?$/i,
    steps: ([command = '']) => run(command, { yield_time_ms: 250 }),
  },
  { example: 'type `hello`', pattern: /^type `([^`]+)`(?: into it)?$/i, steps: ([chars = '']) => typed(`${unescaped(chars)}\n`) },
  { example: 'press ctrl-c', pattern: /^press ctrl-c$/i, steps: () => typed('\u0003') },
  { example: 'look at its output', pattern: /^(?:look at|wait for) its output$/i, steps: () => typed('') },
  {
    example: 'create `hello.txt` with `Hello`',
    pattern: /^create(?: a)?(?: file)? `([^`]+)`(?: with `([^`]*)`)?:?$/i,
    steps: ([path = '', text], block) => patch(addFile(path, block ?? unescaped(text ?? ''))),
  },
  {
    example: 'replace `Hello` with `Goodbye` in `hello.txt`',
    pattern: /^replace `([^`]+)` (?:with|by) `([^`]*)` in `([^`]+)`$/i,
    steps: ([before = '', after = '', path = '']) => patch(replaceIn(path, unescaped(before), unescaped(after))),
  },
  {
    example: 'append `More` to `hello.txt`',
    pattern: /^append `([^`]+)` to `([^`]+)`$/i,
    steps: ([text = '', path = '']) => patch(appendTo(path, unescaped(text))),
  },
  { example: 'delete `hello.txt`', pattern: /^delete(?: the)?(?: file)? `([^`]+)`$/i, steps: ([path = '']) => patch(deleteFile(path)) },
  {
    example: 'rename `a.txt` to `b.txt`',
    pattern: /^(?:rename|move) `([^`]+)` to `([^`]+)`$/i,
    steps: ([from = '', to = '']) => rename(from, to),
  },
  { example: 'patch:', pattern: /^patch:$/i, steps: (_, block) => (block === undefined ? undefined : patch(block)) },
  {
    example: 'propose a plan: read; write; test',
    pattern: /^propose a plan: *(.+)$/i,
    steps: ([names = '']) => [
      speech(
        say(
          `Here is what I propose.\n<proposed_plan>\n${between(names, /;/)
            .map((name) => `- ${name}`)
            .join('\n')}\n</proposed_plan>\n`,
        ),
      ),
    ],
  },
  { example: 'plan: read; write; test', pattern: /^(?:make a )?plan: *(.+)$/i, steps: ([names = '']) => planSteps(between(names, /;/)) },
  {
    example: 'ask me: Which colour? red / green',
    pattern: /^ask me: *([^?]+\?) *(.*)$/i,
    steps: ([text = '', options = '']) => question(text, between(options, /\s\/\s|\|/)),
  },
  {
    example: 'think: how to begin',
    pattern: /^think(?: about)?:? +(.+)$/i,
    steps: ([text = '']) => [speech({ kind: 'think', text })],
  },
  {
    example: 'say slowly: one word at a time',
    pattern: /^say slowly: *(.+)$/i,
    steps: ([text = '']) => [speech({ kind: 'say', text, paceMs: 100 })],
  },
  {
    example: 'comment: I will look around first',
    pattern: /^comment: *(.+)$/i,
    steps: ([text = '']) => [speech({ kind: 'say', text, phase: 'commentary' })],
  },
  { example: 'say: hello', pattern: /^(?:say|echo): *(.*)$/i, steps: ([text = ''], block) => [speech(say(block ?? text))] },
  {
    example: 'stream 1000 deltas',
    pattern: /^stream (\d+)(?: deltas)?$/i,
    steps: ([count]) => [speech({ kind: 'deltas', count: most(count, 1_000_000) })],
  },
  {
    example: 'call `echo` of `tiny` with {"text":"hi"}',
    pattern: /^call `([^`]+)` of(?: the)?(?: MCP)?(?: server)? `([^`]+)`(?: with (\{.*\}))?$/i,
    steps: ([tool = '', server = '', json]) => mcp(server, tool, json),
  },
  {
    example: 'call `lookup` with {"id":"7"}',
    pattern: /^call(?: the)?(?: tool)? `([^`]+)`(?: with (\{.*\}))?$/i,
    steps: ([tool = '', json]) => {
      const input = argumentsOf(json);
      return input && one((conversation) => call(namedCall(conversation, tool, input)));
    },
  },
  {
    example: 'view the image `picture.png`',
    pattern: /^(?:view|look at)(?: the)?(?: image)? `([^`]+)`$/i,
    steps: ([path = '']) => one(() => call({ name: 'view_image', input: { path } })),
  },
  {
    example: 'ask for write access to `/tmp`',
    pattern: /^ask for write access to `([^`]+)`$/i,
    steps: ([path = '']) => permissions({ file_system: { write: [path] } }),
  },
  { example: 'ask for network access', pattern: /^ask for network access$/i, steps: () => permissions({ network: { enabled: true } }) },
  {
    example: 'search the web for `weather`',
    pattern: /^search the web for `([^`]+)`$/i,
    steps: ([query = '']) => [
      speech({ kind: 'item', item: { type: 'web_search_call', status: 'completed', action: { type: 'search', query, queries: [query] } } }),
    ],
  },
  {
    example: 'draw a picture',
    pattern: /^draw a picture$/i,
    steps: () => [
      speech({ kind: 'item', item: { type: 'image_generation_call', status: 'completed', revised_prompt: 'one dot', result: picture } }),
    ],
  },
  {
    example: 'wait 500 ms',
    pattern: /^wait (\d+(?:\.\d+)?) *(ms|milliseconds|s|seconds?)$/i,
    steps: ([amount, unit]) => [speech({ kind: 'pause', ms: milliseconds(amount, unit?.toLowerCase()) })],
  },
  {
    example: 'use 200000 tokens',
    pattern: /^use (\d+) tokens$/i,
    steps: ([count]) => [speech({ kind: 'tokens', count: most(count, 100_000_000) })],
  },
  {
    example: 'report 80 percent of the limit',
    pattern: /^report (\d+) ?(?:percent|%) of the limit$/i,
    steps: ([percent = '0']) => [
      speech(
        { kind: 'header', name: 'x-codex-primary-used-percent', value: percent },
        { kind: 'header', name: 'x-codex-primary-window-minutes', value: '300' },
        { kind: 'header', name: 'x-codex-primary-reset-at', value: '1900000000' },
      ),
    ],
  },
  { example: 'fail once: 500', pattern: /^fail once: *(.+)$/i, steps: ([name]) => failure(name, 1) },
  { example: 'fail 2 times: cut', pattern: /^fail (\d+) times: *(.+)$/i, steps: ([count, name]) => failure(name, most(count, 100)) },
  { example: 'fail: context window', pattern: /^fail: *(.+)$/i, steps: ([name]) => failure(name) },
  { example: 'hang', pattern: /^hang$/i, steps: () => failure('hang') },
];
