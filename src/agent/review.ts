/** A review turn: a second opinion on changes, given in a conversation of its own, and shown as one message. */
import { invalidRequest } from '../base/errors.ts';
import { uuidv7 } from '../base/ids.ts';
import type { ReviewTarget, Turn as WireTurn } from '../protocol/app/index.ts';
import { contextMessages, contextState } from './context.ts';
import { History, message } from './history.ts';
import { promptPasses } from './hooks/turn-hooks.ts';
import { agentMessage } from './items.ts';
import { declarations } from './model-request.ts';
import { joinDocuments } from './project-docs.ts';
import { reviewInstructions } from './prompts.ts';
import { runStep } from './sampling.ts';
import { preparedTurn } from './snapshots.ts';
import { captureEnvironments } from './step-environments.ts';
import type { ThreadCore } from './thread-core.ts';
import { ToolBox } from './tool-calls.ts';
import { type Turn, TurnStopped } from './turn.ts';
import { modelOf, toolOffer } from './turn-loop.ts';

/** The tools a reviewer has: it looks and asks, and changes nothing of the thread. */
const reviewTools = new Set(['exec_command', 'write_stdin', 'view_image', 'request_user_input']);

export interface ReviewTask {
  /** What is reviewed, in a few words for the user. */
  readonly hint: string;
  readonly prompt: string;
}

/** Throws what the client should read about a target that says nothing. */
export function reviewTask(target: ReviewTarget): ReviewTask {
  switch (target.type) {
    case 'uncommittedChanges':
      return {
        hint: 'current changes',
        prompt:
          'Review everything in the working tree that is not committed yet: staged, unstaged and untracked files. Report findings in order of priority.',
      };
    case 'baseBranch': {
      const branch = target.branch.trim();
      if (branch === '') throw invalidRequest('branch must not be empty');
      return {
        hint: `changes against '${branch}'`,
        prompt: `Review the changes of the current branch against the base branch '${branch}'. Find the merge base with \`git merge-base HEAD ${JSON.stringify(branch)}\` (use the upstream of the branch when it is ahead), look at \`git diff\` from there, and report findings in order of priority.`,
      };
    }
    case 'commit': {
      const sha = target.sha.trim();
      if (sha === '') throw invalidRequest('sha must not be empty');
      const title = target.title?.trim();
      const name = title ? `commit ${sha.slice(0, 7)}: ${title}` : `commit ${sha.slice(0, 7)}`;
      return {
        hint: name,
        prompt: `Review the changes that commit ${sha}${title ? ` ("${title}")` : ''} introduces and report findings in order of priority.`,
      };
    }
    case 'custom': {
      const instructions = target.instructions.trim();
      if (instructions === '') throw invalidRequest('instructions must not be empty');
      return { hint: instructions, prompt: instructions };
    }
  }
}

/** The turn as `review/start` answers it: with a stand-in for the user's message. */
export const reviewTurn = (turn: Turn, task: ReviewTask): WireTurn => ({
  ...preparedTurn(turn),
  rootTurnId: null,
  items: [
    {
      type: 'userMessage',
      id: turn.id,
      clientId: null,
      content: [{ type: 'text', text: task.hint, text_elements: [] }],
      startedAtMs: null,
      completedAtMs: null,
    },
  ],
});

/** Asks the reviewer until it has its say. Everything but tool calls stays out of the thread's own conversation. */
async function ask(core: ThreadCore, turn: Turn, task: ReviewTask, hooksSay: readonly string[]): Promise<string> {
  const modelInfo = modelOf(core, turn.settings);
  const { own, project } = await core.documents.for(turn.settings);
  const context = contextState({
    settings: turn.settings,
    developerInstructions: undefined,
    documents: joinDocuments(own, project),
    skills: undefined,
    packages: undefined,
    shell: undefined,
    nowMs: core.host.clock.nowMs(),
  });
  const history = new History([
    ...contextMessages(undefined, context),
    message('user', [task.prompt]),
    ...hooksSay.map((text) => message('developer', [text])),
  ]);
  const box = new ToolBox(core.host.tools.filter((tool) => reviewTools.has(tool.name)));
  const deps = {
    core,
    turn,
    model: core.host.model(turn.settings.modelProvider),
    modelInfo,
    talk: { record: (item: Parameters<History['append']>[0]) => history.append(item), input: () => history.forRequest(modelInfo) },
    box,
    tools: declarations(box.tools, toolOffer(core, turn.settings, modelInfo)),
    instructions: reviewInstructions,
    metered: false,
    quietMessages: true,
  };
  for (;;) {
    const { selected } = captureEnvironments(core.host.environments, turn.settings.environments);
    const step = await runStep({ ...deps, environments: selected });
    if (step.cancelled) throw new TurnStopped('interrupted');
    if (!step.called && step.answer?.endTurn !== false) return step.text;
  }
}

/** The work of a review turn, begun after `turn/started`. */
export async function runReview(core: ThreadCore, turn: Turn, task: ReviewTask): Promise<void> {
  const content = [{ type: 'text' as const, text: task.prompt, text_elements: [] }];
  const passed = await promptPasses(core, turn, content);
  if (!passed) return;
  turn.items.complete({ type: 'userMessage', id: uuidv7(), clientId: null, content });
  const id = uuidv7();
  let review = 'The review was interrupted before it came to a result.';
  try {
    review = reviewText(await ask(core, turn, task, passed));
  } finally {
    turn.items.complete({ type: 'exitedReviewMode', id, review });
  }
  const messageId = `msg_${uuidv7()}`;
  core.conversation.recordUser(
    message('user', [
      `<user_action>\n<context>The user asked for a review: ${task.hint}</context>\n<action>review</action>\n<results>\n${review}\n</results>\n</user_action>`,
    ]),
    { type: 'message', id: messageId, role: 'assistant', content: [{ type: 'output_text', text: review }] },
  );
  turn.lastAgentText = review;
  turn.items.start(agentMessage(messageId, review, null));
  turn.items.complete(agentMessage(messageId, review, null));
}

interface Finding {
  readonly title: string;
  readonly body: string;
  readonly path: string;
  readonly start: number;
  readonly end: number;
}

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const number = (value: unknown): number => (typeof value === 'number' ? value : 0);

function finding(value: unknown): Finding {
  const location = member(value, 'code_location');
  const range = member(location, 'line_range');
  return {
    title: text(member(value, 'title')),
    body: text(member(value, 'body')),
    path: text(member(location, 'absolute_file_path')),
    start: number(member(range, 'start')),
    end: number(member(range, 'end')),
  };
}

/** The object in an answer that may have words or a fence around it; undefined when there is none. */
function findJson(answer: string): unknown {
  const start = answer.indexOf('{');
  const end = answer.lastIndexOf('}');
  if (start === -1 || end < start) return undefined;
  try {
    const value: unknown = JSON.parse(answer.slice(start, end + 1));
    return value;
  } catch {
    // Not JSON: the answer is shown as it is.
    return undefined;
  }
}

/** What the user reads: the explanation, then one bullet for each finding. */
export function reviewText(answer: string): string {
  const output = findJson(answer);
  if (output === undefined) return answer.trim() === '' ? 'The reviewer gave no answer.' : answer.trim();
  const listed: unknown = member(output, 'findings');
  const findings = Array.isArray(listed) ? listed.map(finding) : [];
  const explanation = text(member(output, 'overall_explanation')).trim();
  if (findings.length === 0) return explanation === '' ? 'Nothing was found.' : explanation;
  const heading = findings.length === 1 ? 'Review comment:' : 'Full review comments:';
  const bullets = findings.map((one) => {
    const body = one.body.split('\n').map((line) => `  ${line}`);
    return [`- ${one.title} — ${one.path}:${one.start}-${one.end}`, ...body].join('\n');
  });
  return [...(explanation === '' ? [] : [explanation]), heading, bullets.join('\n\n')].join('\n\n');
}
