/** Input of the user: its limits, and the form in which the model reads it. */
import { invalidRequest, messageOf, RequestError } from '../base/errors.ts';
import type { ResponseItem } from '../base/response-item.ts';
import { mentionedSkills } from '../config/skills.ts';
import type { Environment } from '../environment/environment.ts';
import type { SkillMetadata, UserInput } from '../protocol/app/index.ts';
import { message } from './history.ts';

export const maxInputChars = 1_048_576;

/** Largest image a `localImage` part may name. */
const maxImageBytes = 32 * 1024 * 1024;

/** Throws the error that a client gets for input that no turn can take. */
export function checkInput(input: readonly UserInput[]): void {
  const units = input.reduce((sum, part) => sum + (part.type === 'text' ? part.text.length : 0), 0);
  if (units > maxInputChars) {
    const actual = input.reduce((sum, part) => sum + (part.type === 'text' ? [...part.text].length : 0), 0);
    if (actual > maxInputChars) {
      const data = { input_error_code: 'input_too_large', max_chars: maxInputChars, actual_chars: actual };
      throw new RequestError('invalidParams', `Input exceeds the maximum length of ${maxInputChars} characters.`, { data });
    }
  }
  if (input.some((part) => part.type === 'image' && part.url !== undefined && /^https?:/i.test(part.url)))
    throw invalidRequest('remote image URLs are not supported; use an inline data URL instead');
}

type ContentPart = Record<string, unknown>;

const signatures: readonly (readonly [mime: string, bytes: readonly number[]])[] = [
  ['image/png', [0x89, 0x50, 0x4e, 0x47]],
  ['image/jpeg', [0xff, 0xd8, 0xff]],
  ['image/gif', [0x47, 0x49, 0x46, 0x38]],
];

/** The media type of an image by its first bytes; undefined when it is none the model takes. */
function imageType(bytes: Buffer): string | undefined {
  const known = signatures.find(([, start]) => start.every((byte, at) => bytes[at] === byte));
  if (known) return known[0];
  return bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP' ? 'image/webp' : undefined;
}

async function localImage(path: string, detail: string | null, from: Environment | undefined): Promise<ContentPart> {
  const note = (why: string) => ({ type: 'input_text', text: `[the image ${path} could not be read: ${why}]` });
  if (!from) return note('this thread has no environment');
  try {
    const { sizeBytes } = await from.files.metadata(path);
    if (sizeBytes > maxImageBytes) return note('it is too large');
    const bytes = await from.files.readFile(path, { sizeBytes });
    const type = imageType(bytes);
    if (type === undefined) return note('it is not an image');
    return { type: 'input_image', image_url: `data:${type};base64,${bytes.toString('base64')}`, ...(detail === null ? {} : { detail }) };
  } catch (error) {
    return note(messageOf(error));
  }
}

/** Parts that the model reads in the user's own message. Skills follow as messages of their own; mentions are names only. */
async function contentOf(part: UserInput, from: Environment | undefined): Promise<ContentPart[]> {
  switch (part.type) {
    case 'text':
      return [{ type: 'input_text', text: part.text }];
    case 'image':
      return [
        {
          type: 'input_image',
          ...(part.url === undefined ? { file_id: part.fileId } : { image_url: part.url }),
          ...(part.detail === null ? {} : { detail: part.detail }),
        },
      ];
    case 'localImage':
      return [await localImage(part.path, part.detail, from)];
    case 'audio':
      return [{ type: 'input_audio', ...(part.url === undefined ? { file_id: part.fileId } : { audio_url: part.url }) }];
    case 'localAudio':
    case 'skill':
    case 'mention':
      return [];
  }
}

/** A skill that a user can name as `$name`. */
export interface NamedSkill extends Pick<SkillMetadata, 'name' | 'path' | 'enabled'> {
  /** Absent: it is in the file at `path`. */
  readonly text?: string;
}

async function skillMessage({ name, path, text }: Omit<NamedSkill, 'enabled'>, from: Environment | undefined): Promise<ResponseItem> {
  let body: string;
  try {
    if (text !== undefined) body = text;
    else body = from ? (await from.files.readFile(path)).toString('utf8') : '(this thread has no environment to read the skill from)';
  } catch (error) {
    body = `(the skill could not be read: ${messageOf(error)})`;
  }
  return message('user', [`<skill>\n<name>${name}</name>\n<path>${path}</path>\n${body}\n</skill>`]);
}

/**
 * The messages a user's input becomes: one of the user, then one for each skill that was selected or is named as `$name` in the
 * text. Files are read from `from`; `offered` are the skills that can be named.
 */
export async function inputMessages(
  input: readonly UserInput[],
  from: Environment | undefined,
  offered: readonly NamedSkill[] = [],
): Promise<ResponseItem[]> {
  const content: ContentPart[] = [];
  const skills: ResponseItem[] = [];
  for (const part of input) {
    if (part.type === 'skill') skills.push(await skillMessage(offered.find(({ path }) => path === part.path) ?? part, from));
    else content.push(...(await contentOf(part, from)));
  }
  const selected = new Set(input.flatMap((part) => (part.type === 'skill' ? [part.path] : [])));
  const text = offered.length === 0 ? '' : input.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
  const named = text.includes('$') ? mentionedSkills(text, offered).filter(({ path }) => !selected.has(path)) : [];
  for (const skill of named) skills.push(await skillMessage(skill, from));
  if (content.length === 0) return skills;
  return [{ ...message('user', []), content }, ...skills];
}
