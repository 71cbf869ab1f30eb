/** What the model is told about its situation: in full at first, later only what changed. */
import type { ResponseItem } from '../base/response-item.ts';
import type { SkillOutline } from '../config/skills.ts';
import { message } from './history.ts';
import {
  collaborationModePart,
  environmentContext,
  type PackageOutline,
  permissionInstructions,
  projectInstructions,
  skillInstructions,
} from './prompts.ts';
import type { TurnSettings } from './thread-settings.ts';

/** The parts of the context as texts; an absent part is the empty string. Stored as the world state of the thread. */
export interface ContextState {
  readonly skills: string;
  readonly permissions: string;
  readonly developer: string;
  readonly mode: string;
  readonly documents: string;
  readonly environment: string;
}

export const emptyContext: ContextState = { skills: '', permissions: '', developer: '', mode: '', documents: '', environment: '' };

export interface ContextFacts {
  readonly settings: TurnSettings;
  readonly developerInstructions: string | undefined;
  /** AGENTS.md documents, joined. */
  readonly documents: string;
  /** The skills on offer; undefined: none. */
  readonly skills: SkillOutline | undefined;
  /** Those below capability roots; undefined: none. */
  readonly packages: PackageOutline | undefined;
  readonly shell: string | undefined;
  readonly nowMs: number;
}

let timezone: string | undefined;

/** Looks the time zone up, which takes a while the first time. */
export const primeContext = (): string => (timezone ??= Intl.DateTimeFormat().resolvedOptions().timeZone);

const localDate = (ms: number): string => {
  const at = new Date(ms);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
};

export function contextState(facts: ContextFacts): ContextState {
  const { settings } = facts;
  const environment = environmentContext({
    cwd: settings.cwd,
    shell: facts.shell,
    date: localDate(facts.nowMs),
    timezone: primeContext(),
    workspaceRoots: settings.environments[0]?.runtimeWorkspaceRoots ?? [],
    permissions: settings.permissions,
    network: settings.network,
  });
  return {
    skills: skillInstructions(facts.skills, facts.packages),
    permissions: permissionInstructions(settings.permissions, settings.approvalPolicy, settings.network),
    developer: facts.developerInstructions ?? '',
    mode: settings.modeInstructions === null ? '' : collaborationModePart(settings.modeInstructions),
    documents: facts.documents === '' ? '' : projectInstructions(settings.cwd, facts.documents),
    environment,
  };
}

/** Messages that bring a model which knows `previous` (undefined: nothing) up to `next`. */
export function contextMessages(previous: ContextState | undefined, next: ContextState): ResponseItem[] {
  const changed = (part: keyof ContextState): string[] => (next[part] !== '' && next[part] !== previous?.[part] ? [next[part]] : []);
  const developer = [...changed('skills'), ...changed('permissions'), ...changed('developer'), ...changed('mode')];
  return [
    ...(developer.length === 0 ? [] : [message('developer', developer)]),
    ...changed('documents').map((text) => message('user', [text])),
    ...changed('environment').map((text) => message('user', [text])),
  ];
}

/** The members that differ, as a merge patch. */
export function contextPatch(previous: ContextState, next: ContextState): Record<string, unknown> {
  return Object.fromEntries(Object.entries(next).filter(([part, text]) => Reflect.get(previous, part) !== text));
}

/** A context read back from a store; parts that are missing there count as unknown. */
export function readContext(stored: Record<string, unknown> | undefined): ContextState | undefined {
  if (!stored) return undefined;
  const text = (part: string): string => {
    const value = stored[part];
    return typeof value === 'string' ? value : '';
  };
  return {
    skills: text('skills'),
    permissions: text('permissions'),
    developer: text('developer'),
    mode: text('mode'),
    documents: text('documents'),
    environment: text('environment'),
  };
}
