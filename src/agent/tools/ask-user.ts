/** The `request_user_input` tool: puts a few questions with ready answers to the user, in plan mode only. */
import { isRequestError } from '../../base/errors.ts';
import type { ToolRequestUserInputOption, ToolRequestUserInputQuestion } from '../../protocol/app/index.ts';
import { readArguments, rejectArguments } from './arguments.ts';
import { defineTool, type ToolCall, type ToolOutcome } from './tool.ts';

type Questions = readonly ToolRequestUserInputQuestion[];

const NO_OPTIONS = 'request_user_input requires non-empty options for every question';

export const requestUserInputTool = defineTool<Questions>({
  name: 'request_user_input',
  kind: 'function',
  parallel: false,
  declaration: () => ({
    type: 'function',
    name: 'request_user_input',
    description: 'Asks the user one to three short questions and waits for the answers. Only in Plan mode.',
    strict: false,
    parameters: {
      type: 'object',
      properties: { questions: { type: 'array', description: 'Preferably one; at most three.', items: QUESTION } },
      required: ['questions'],
      additionalProperties: false,
    },
  }),
  parse: (input) => readArguments(input, (read) => questionsOf(read.optionalValue('questions'))),
  prepare(questions, call) {
    const problem = refusal(questions, call);
    if (problem !== undefined) return { kind: 'done', outcome: { kind: 'failed', output: problem } };
    return { kind: 'free', run: () => ask(questions, call) };
  },
});

const QUESTION = {
  type: 'object',
  properties: {
    id: { type: 'string', description: 'Names the answer; snake_case.' },
    header: { type: 'string', description: 'A title of at most 12 characters.' },
    question: { type: 'string', description: 'One sentence.' },
    options: {
      type: 'array',
      description: 'Two or three answers that exclude each other, the recommended one first. The client adds a free answer by itself.',
      items: {
        type: 'object',
        properties: {
          label: { type: 'string', description: 'One to five words.' },
          description: { type: 'string', description: 'One sentence about what choosing it means.' },
        },
        required: ['label', 'description'],
        additionalProperties: false,
      },
    },
  },
  required: ['id', 'header', 'question', 'options'],
  additionalProperties: false,
} as const;

function refusal(questions: Questions, call: ToolCall): string | undefined {
  if (call.settings.mode !== 'plan') return 'request_user_input is unavailable in Default mode';
  if (questions.length === 0) return 'request_user_input requires at least one question';
  return questions.some((question) => !question.options || question.options.length === 0) ? NO_OPTIONS : undefined;
}

async function ask(questions: Questions, call: ToolCall): Promise<ToolOutcome> {
  try {
    const answer = await call.ask.userInput(questions);
    return { kind: 'ok', output: JSON.stringify({ answers: answer.answers }) };
  } catch (error) {
    // A client that cannot ask leaves every question unanswered; the model goes on with its own judgement.
    if (isRequestError(error) && !call.signal.aborted) return { kind: 'ok', output: JSON.stringify({ answers: {} }) };
    throw error;
  }
}

function questionsOf(value: unknown): Questions {
  if (value === undefined) return rejectArguments('missing field `questions`');
  return Array.isArray(value) ? value.map(questionOf) : rejectArguments('`questions` has to be a list');
}

function questionOf(value: unknown): ToolRequestUserInputQuestion {
  const text = textsOf(value, 'every question');
  const options = typeof value === 'object' && value !== null && 'options' in value ? value.options : undefined;
  return {
    id: text('id'),
    header: text('header'),
    question: text('question'),
    isOther: true,
    isSecret: false,
    options: Array.isArray(options) ? options.map(optionOf) : null,
  };
}

function optionOf(value: unknown): ToolRequestUserInputOption {
  const text = textsOf(value, 'every option');
  return { label: text('label'), description: text('description') };
}

/** Reads members of `value` that have to be texts. */
function textsOf(value: unknown, what: string): (name: string) => string {
  const members = new Map<string, unknown>(typeof value === 'object' && value !== null ? Object.entries(value) : []);
  return (name) => {
    const text = members.get(name);
    return typeof text === 'string' ? text : rejectArguments(`${what} needs a text in \`${name}\``);
  };
}
