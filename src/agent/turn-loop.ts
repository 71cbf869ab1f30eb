/** An ordinary turn: tell the model what changed, pass on what the user said, and go step by step until it is done. */
import { abortable, throwIfAborted } from '../base/abort.ts';
import { uuidv7 } from '../base/ids.ts';
import type { ResponseItem } from '../base/response-item.ts';
import { outlineSkills } from '../config/skills.ts';
import { localEnvironmentId } from '../environment/manager.ts';
import type { AdditionalContextEntry, SkillMetadata } from '../protocol/app/index.ts';
import { compact, isFull } from './compaction.ts';
import { contextState } from './context.ts';
import { message } from './history.ts';
import { goesOnAfterStop, promptPasses, sessionBegins } from './hooks/turn-hooks.ts';
import { declarations } from './model-request.ts';
import type { ModelInfo } from './ports.ts';
import { joinDocuments } from './project-docs.ts';
import { outlinePackages, type RootSkill, type RootSkills } from './root-skills.ts';
import { runStep, type StepDeps } from './sampling.ts';
import { lookAround, type StepView, sameSkills } from './step-view.ts';
import type { ThreadCore } from './thread-core.ts';
import { storedContext, type TurnSettings } from './thread-settings.ts';
import { ToolBox } from './tool-calls.ts';
import { createSkillTools } from './tools/root-skills.ts';
import type { Tool, ToolOffer } from './tools/tool.ts';
import { type Turn, TurnStopped, type UserTurnInput } from './turn.ts';
import { inputMessages, type NamedSkill } from './user-input.ts';

export const toolOffer = (core: ThreadCore, settings: TurnSettings, model: ModelInfo): ToolOffer => ({
  model: {
    known: model.known,
    imageInput: model.imageInput,
    originalImageDetail: model.originalImageDetail,
    applyPatch: model.applyPatch,
  },
  environments: settings.environments,
  mode: settings.mode,
  features: core.config.features,
  allowLoginShell: settings.allowLoginShell,
});

/** The model of a turn, its window made known to the meter. */
export function modelOf(core: ThreadCore, settings: TurnSettings): ModelInfo {
  const model = core.host.modelInfo(settings.model);
  core.usage.contextWindow = core.config.modelContextWindow ?? model.contextWindow;
  return model;
}

const allTools = (core: ThreadCore, more: readonly Tool[]): readonly Tool[] => [
  ...core.host.tools,
  ...core.clientTools,
  ...(core.host.extraTools?.(core.id) ?? []),
  ...more,
];

/** The tools of a thread and how they are declared under these settings. */
export function toolsOf(core: ThreadCore, settings: TurnSettings, model: ModelInfo, more: readonly Tool[] = []) {
  const box = new ToolBox(allTools(core, more));
  return { box, tools: declarations(box.tools, toolOffer(core, settings, model)) };
}

interface TurnDeps extends Omit<StepDeps, 'environments'> {
  /** Of the tools of MCP servers, as they were looked at. */
  readonly offered: number | undefined;
}

/** What all steps of a turn share: its model, its conversation, and the tools as they are at its beginning. */
function turnDeps(core: ThreadCore, turn: Turn): TurnDeps {
  const modelInfo = modelOf(core, turn.settings);
  return {
    core,
    turn,
    model: core.host.model(turn.settings.modelProvider),
    modelInfo,
    talk: {
      record: (item) => core.conversation.record(item),
      input: () => core.conversation.history.forRequest(modelInfo),
    },
    ...toolsOf(core, turn.settings, modelInfo),
    instructions: undefined,
    metered: true,
    offered: core.host.mcp?.revision(core.id),
  };
}

/** The next step of a turn, with what the roots it sees add to its tools. */
async function stepDeps(of: TurnDeps, view: StepView): Promise<StepDeps> {
  const { core, turn } = of;
  const step = { ...of, environments: view.environments.selected };
  const rooted = core.roots.selected.length > 0;
  if (rooted) {
    await core.host.mcp?.rootsResolved?.(core.id, view.roots, turn.signal);
    throwIfAborted(turn.signal);
  }
  if (!rooted && core.host.mcp?.revision(core.id) === of.offered) return step;
  const below = rooted ? createSkillTools(view.skills, core.skillPages) : [];
  return { ...step, ...toolsOf(core, turn.settings, of.modelInfo, below) };
}

/** Where a thread works on this machine, its skills; they are not looked for elsewhere. */
export async function offeredSkills({ host }: ThreadCore, { environments }: TurnSettings): Promise<readonly SkillMetadata[]> {
  const first = environments[0];
  return first?.environmentId === localEnvironmentId && host.skills ? host.skills(first.cwd) : [];
}

/** Characters the list of skills may take: two hundredths of what the model can read, at about four characters a token. */
const skillBudget = (contextWindow: number | null): number => (contextWindow === null ? 8000 : Math.floor(contextWindow * 0.02) * 4);

/** The shell of the environment the turn works in; undefined when that does not answer. */
async function shellOf(core: ThreadCore, turn: Turn): Promise<string | undefined> {
  const first = turn.settings.environments[0];
  const primary = first && core.host.environments.find(first.environmentId);
  const info = primary ? await abortable(primary.info(turn.signal), turn.signal).catch(() => undefined) : undefined;
  throwIfAborted(turn.signal);
  return info?.shell.name;
}

/** Brings the model up to date with the settings of the turn and the skills a step sees. */
async function updateContext(core: ThreadCore, turn: Turn, seen: { shell: string | undefined; below: RootSkills }): Promise<void> {
  const { own, project } = await abortable(core.documents.for(turn.settings), turn.signal);
  const skills = await abortable(offeredSkills(core, turn.settings), turn.signal);
  const budget = skillBudget(core.usage.contextWindow);
  const next = contextState({
    settings: turn.settings,
    developerInstructions: core.config.developerInstructions,
    documents: joinDocuments(own, project),
    skills: skills.length === 0 ? undefined : outlineSkills(skills, budget),
    packages: seen.below.skills.length === 0 ? undefined : outlinePackages(seen.below.skills, budget),
    shell: seen.shell,
    nowMs: core.host.clock.nowMs(),
  });
  core.conversation.updateContext(next);
}

const contextText = (key: string, entry: AdditionalContextEntry): string =>
  `<additional_context key=${JSON.stringify(key)}${entry.name === undefined ? '' : ` name=${JSON.stringify(entry.name)}`} kind="${entry.kind}">\n${entry.value}\n</additional_context>`;

/**
 * Passes on what the user said: extra context, the item, and the messages for the model. Empty input says nothing. False: a
 * hook would not have it said, and the turn is over.
 */
async function say(core: ThreadCore, turn: Turn, said: UserTurnInput, view: StepView): Promise<boolean> {
  const passed = await promptPasses(core, turn, said.input);
  if (!passed) return false;
  for (const [key, entry] of Object.entries(said.additionalContext ?? {}))
    core.conversation.record(message(entry.kind === 'application' ? 'developer' : 'user', [contextText(key, entry)]));
  if (said.input.length === 0) return true;
  const offered = [...(await offeredSkills(core, turn.settings)), ...view.skills.skills.map(namedSkill)];
  const messages: ResponseItem[] = await inputMessages(said.input, view.environments.selected[0]?.environment, offered);
  throwIfAborted(turn.signal);
  core.conversation.recordUser(...messages);
  turn.items.complete({ type: 'userMessage', id: uuidv7(), clientId: said.clientId, content: [...said.input] });
  for (const text of passed) core.conversation.record(message('developer', [text]));
  return true;
}

const namedSkill = ({ name, mainResource, text }: RootSkill): NamedSkill => ({ name, path: mainResource, enabled: true, text });

/** Compacts before the turn begins. When that fails, what the user said is kept all the same: it is part of the thread. */
async function makeRoom(deps: ReturnType<typeof turnDeps>, first: UserTurnInput | undefined): Promise<void> {
  const { core, turn } = deps;
  try {
    await compact(core, turn, deps, 'preTurn');
  } catch (error) {
    if (first && !turn.signal.aborted) await say(core, turn, first, await lookAround(core, turn));
    throw error;
  }
}

/** Resolves when the model is done and nothing waits to be said. `prompt`: ours, in the place of the user's words. Rejects with what ended the turn otherwise. */
export async function runTurnLoop(core: ThreadCore, turn: Turn, first: UserTurnInput | undefined, prompt?: string): Promise<void> {
  throwIfAborted(turn.signal);
  await core.hooks.refresh();
  await core.host.mcp?.settled(core.id, turn.signal);
  const deps = turnDeps(core, turn);
  if (isFull(core, deps.modelInfo)) await makeRoom(deps, first);
  const shell = await shellOf(core, turn);
  let view = await lookAround(core, turn);
  await updateContext(core, turn, { shell, below: view.skills });
  core.writer.append({ type: 'turnContext', context: storedContext(turn.id, turn.settings) });
  if (!(await sessionBegins(core, turn))) return;
  if (first && !(await say(core, turn, first, view))) return;
  if (prompt !== undefined) core.conversation.record(message('user', [prompt]));
  let steerable = true;
  let resumedByHook = false;
  for (;;) {
    const before = view.skills;
    view = await lookAround(core, turn);
    if (!sameSkills(before, view.skills)) await updateContext(core, turn, { shell, below: view.skills });
    if (steerable) for (const said of turn.takeSteering()) if (!(await say(core, turn, said, view))) return;
    const step = await runStep(await stepDeps(deps, view), steerable);
    steerable = true;
    if (step.text !== '') turn.lastAgentText = step.text;
    if (step.cancelled) throw new TurnStopped('interrupted');
    const goesOn = step.called || step.answer?.endTurn === false;
    if (!goesOn && !turn.hasSteering) {
      resumedByHook = await goesOnAfterStop(core, turn, resumedByHook);
      if (!resumedByHook && !turn.hasSteering) return;
    }
    if (goesOn && isFull(core, deps.modelInfo)) {
      // What the user said meanwhile waits until the model has seen the outputs it asked for.
      await compact(core, turn, deps, 'midTurn');
      if (!(await sessionBegins(core, turn))) return;
      steerable = false;
    }
  }
}
