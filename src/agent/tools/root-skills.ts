/** The tools with which a model lists and reads the skills below capability roots, page by page. */
import { createHash } from 'node:crypto';
import { errnoOf, messageOf } from '../../base/errors.ts';
import { uriIsWithin } from '../../base/path-uri.ts';
import { readStart } from '../../environment/file-blocks.ts';
import { nativePath, wireUri } from '../../environment/path-uris.ts';
import { packageAliases, type RootSkill, type RootSkills } from '../root-skills.ts';
import { byteBudget } from '../truncation.ts';
import { readArguments } from './arguments.ts';
import { defineTool, type Tool, type ToolCall, type ToolNamespace, type ToolOutcome } from './tool.ts';

const namespace: ToolNamespace = { name: 'skills', description: 'Skills of the environments of this thread.' };
/** The most of one file that is read. */
const maxFileBytes = 1024 * 1024;
/** Texts that are kept for their next page. */
const maxSnapshots = 16;
const authorities = ['executor', 'cloud'] as const;

/** Texts of which a page was given, so that the pages after it belong to the same text. One for each thread. */
export class SkillPages {
  readonly #texts = new Map<string, string>();

  keep(text: string): string {
    const id = createHash('sha256').update(text).digest('hex').slice(0, 16);
    this.#texts.delete(id);
    this.#texts.set(id, text);
    const [oldest] = this.#texts.keys();
    if (this.#texts.size > maxSnapshots && oldest !== undefined) this.#texts.delete(oldest);
    return id;
  }

  find(id: string): string | undefined {
    return this.#texts.get(id);
  }
}

/** For one step: what is `found` below the roots it sees. */
export const createSkillTools = (found: RootSkills, pages: SkillPages): Tool[] => [listTool(found), readTool(found, pages)];

const authoritySchema = {
  oneOf: authorities.toReversed().map((kind) => ({
    type: 'object',
    properties: { kind: { type: 'string', enum: [kind] } },
    required: ['kind'],
    additionalProperties: false,
  })),
};

const ok = (value: unknown): ToolOutcome => ({ kind: 'ok', output: JSON.stringify(value) });
const failed = (output: string): ToolOutcome => ({ kind: 'failed', output });

function listTool(found: RootSkills): Tool {
  return defineTool<{ kind: unknown; from: number }>({
    name: 'list',
    namespace,
    kind: 'function',
    parallel: true,
    declaration: () => ({
      type: 'function',
      name: 'list',
      description:
        'Lists the skills of an authority: what each is called and for, its package for skills.read, and its main resource. Give next_cursor back as cursor for more.',
      strict: false,
      parameters: {
        type: 'object',
        properties: { authority: authoritySchema, cursor: { type: 'string' } },
        required: ['authority'],
        additionalProperties: false,
      },
    }),
    parse: (input) =>
      readArguments(input, (read) => {
        const authority = read.optionalValue('authority');
        const kind: unknown = typeof authority === 'object' && authority !== null ? Reflect.get(authority, 'kind') : undefined;
        return { kind, from: Number(read.optionalString('cursor') ?? 0) };
      }),
    prepare: ({ kind, from }, call) => {
      if (kind === 'cloud') return done(ok({ skills: [], warnings: [], next_cursor: null }));
      if (kind !== 'executor') return done(failed('the kind of `authority` has to be `executor` or `cloud`'));
      if (!Number.isSafeInteger(from) || from < 0) return done(failed('the cursor is not valid'));
      return done(ok(page(found, from, byteBudget(call.truncation))));
    },
  });
}

const done = (outcome: ToolOutcome) => ({ kind: 'done' as const, outcome });

/** As many skills as fit, at least one. */
function page({ skills, warnings }: RootSkills, from: number, budget: number) {
  const listed: ReturnType<typeof entry>[] = [];
  let left = budget - 100;
  for (const skill of skills.slice(from)) {
    const next = entry(skill);
    left -= Buffer.byteLength(JSON.stringify(next)) + 1;
    if (left < 0 && listed.length > 0) break;
    listed.push(next);
  }
  const end = from + listed.length;
  return { skills: listed, warnings: from === 0 ? warnings : [], next_cursor: end < skills.length ? String(end) : null };
}

const entry = ({ root, package: name, name: title, description, mainResource }: RootSkill) => ({
  authority: { kind: 'executor', id: root.id },
  package: name,
  name: title,
  description,
  main_resource: mainResource,
});

interface ReadArguments {
  readonly package: string;
  readonly resource: string | undefined;
  readonly cursor: string | undefined;
}

function readTool(found: RootSkills, pages: SkillPages): Tool {
  const aliases = packageAliases(found.skills);
  const fullName = (name: string): string => {
    const alias = aliases.find((one) => name === one.alias || name.startsWith(`${one.alias}/`));
    return alias ? `${alias.name}${name.slice(alias.alias.length)}` : name;
  };
  return defineTool<ReadArguments>({
    name: 'read',
    namespace,
    kind: 'function',
    parallel: true,
    declaration: () => ({
      type: 'function',
      name: 'read',
      description:
        'Gives a page of a skill: its SKILL.md, or with resource (a full skill:// name) another file of its package. skill_root is the directory of the skill on its machine. Give next_cursor back as cursor for the next page of the same text.',
      strict: false,
      parameters: {
        type: 'object',
        properties: { cursor: { type: 'string' }, package: { type: 'string' }, resource: { type: 'string' } },
        required: ['package'],
      },
    }),
    parse: (input) =>
      readArguments(input, (read) => ({
        package: read.string('package'),
        resource: read.optionalString('resource'),
        cursor: read.optionalString('cursor'),
      })),
    prepare: (args, call) => ({
      kind: 'free',
      run: async () => {
        const name = fullName(args.package).replace(/\/+$/, '');
        const skill = found.skills.find((one) => one.package === name);
        if (!skill) return failed('skill package is not available');
        return readPage(skill, { resource: args.resource ?? skill.mainResource, cursor: args.cursor, pages }, call);
      },
    }),
  });
}

interface Wanted {
  readonly resource: string;
  readonly cursor: string | undefined;
  readonly pages: SkillPages;
}

async function readPage(skill: RootSkill, { resource, cursor, pages }: Wanted, call: ToolCall): Promise<ToolOutcome> {
  const [, id, from = '0'] = /^([0-9a-f]{16}):(\d+)$/.exec(cursor ?? '') ?? [];
  if (cursor !== undefined && id === undefined) return failed('the cursor is not valid');
  const kept = id === undefined ? undefined : pages.find(id);
  if (id !== undefined && kept === undefined) return failed('this text is not kept any more: read it again without a cursor');
  const text = kept ?? (await textOf(skill, resource, call));
  if (typeof text !== 'string') return failed(text.problem);
  const result = { resource, contents: '', skill_root: nativePath(skill.directoryUri), next_cursor: `${'0'.repeat(16)}:${text.length}` };
  const start = Number(from);
  const contents = fitting(text, start, byteBudget(call.truncation) - Buffer.byteLength(JSON.stringify(result)));
  const end = start + contents.length;
  return ok({ ...result, contents, next_cursor: end < text.length ? `${pages.keep(text)}:${end}` : null });
}

/** The longest piece of `text` from `start` on that takes no more than `budget` bytes as JSON; at least one character. */
function fitting(text: string, start: number, budget: number): string {
  let length = Math.max(1, Math.min(text.length - start, budget));
  const size = (count: number) => Buffer.byteLength(JSON.stringify(text.slice(start, start + count))) - 2;
  while (length > 1 && size(length) > budget) length = Math.max(1, Math.floor((length * budget) / size(length)) - 1);
  // A pair of surrogates is one character.
  const last = text.charCodeAt(start + length - 1);
  if (last >= 0xd800 && last < 0xdc00 && start + length < text.length) length += length > 1 ? -1 : 1;
  return text.slice(start, start + length);
}

const outside = { problem: 'skill resource is not available' };

/** The text of a file of the package. What lies outside of it, also by a link, is not there. */
async function textOf(skill: RootSkill, resource: string, call: ToolCall): Promise<string | { readonly problem: string }> {
  if (resource === skill.mainResource) return skill.text;
  if (!resource.startsWith(`${skill.package}/`)) return outside;
  const uri = `${skill.directoryUri}${resource.slice(skill.package.length)}`;
  if (!uriIsWithin(uri, skill.directoryUri)) return outside;
  const { files } = skill.root.environment;
  const options = { signal: call.signal };
  try {
    const [real, directory] = await Promise.all([
      files.canonicalize(nativePath(uri), options),
      files.canonicalize(nativePath(skill.directoryUri), options),
    ]);
    if (!uriIsWithin(wireUri(real), wireUri(directory))) return outside;
    const bytes = await readStart(files, real, maxFileBytes, options);
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (call.signal.aborted) throw error;
    if (errnoOf(error) === 'ENOENT') return outside;
    return { problem: `skill resource could not be read: ${error instanceof TypeError ? 'it is not UTF-8 text' : messageOf(error)}` };
  }
}
