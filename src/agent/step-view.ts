/** What one model step of a turn sees around it: the handles of its environments, the roots they serve, and the skills below those. */
import type { ResolvedRoot } from './capability-roots.ts';
import { noRootSkills, type RootSkills, skillsBelow } from './root-skills.ts';
import { captureEnvironments, type StepEnvironments } from './step-environments.ts';
import type { ThreadCore } from './thread-core.ts';
import type { Turn } from './turn.ts';

export interface StepView {
  readonly environments: StepEnvironments;
  readonly roots: readonly ResolvedRoot[];
  readonly skills: RootSkills;
}

/** Waits for roots that were not looked at before; a thread without roots waits for nothing. Rejects only when the turn is stopped. */
export async function lookAround(core: ThreadCore, turn: Turn): Promise<StepView> {
  const environments = captureEnvironments(core.host.environments, turn.settings.environments);
  const roots = core.roots.resolve(environments);
  if (roots.length === 0) return { environments, roots, skills: noRootSkills };
  const found = await core.roots.look(roots, turn.signal);
  return { environments, roots, skills: await skillsBelow(roots, found) };
}

/** Two steps see the same skills. */
export const sameSkills = (one: RootSkills, other: RootSkills): boolean =>
  one.skills.length === other.skills.length &&
  one.skills.every((skill, at) => skill.text === other.skills[at]?.text && skill.package === other.skills[at]?.package);
