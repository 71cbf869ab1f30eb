/** The parts of a user's message in the form of rollout files, and back. */
import type { UserInput } from '../protocol/app/index.ts';
import { isRecord, type JsonRecord, listIn, present, recordIn, renameMembers, toCamelCase, toSnakeCase } from './json.ts';

export function storedInput(part: UserInput): Record<string, unknown> {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text, text_elements: part.text_elements.map((element) => renameMembers(element, toSnakeCase)) };
    case 'image':
      return { type: 'image', ...place(part, 'image_url'), ...present({ detail: part.detail }) };
    case 'audio':
      return { type: 'audio', ...place(part, 'audio_url') };
    case 'localImage':
      return { type: 'local_image', path: part.path, ...present({ detail: part.detail }) };
    case 'localAudio':
      return { type: 'local_audio', path: part.path };
    default:
      return { ...part };
  }
}

const place = (part: { url?: string | undefined; fileId?: string | undefined }, urlMember: string) =>
  part.fileId === undefined ? { [urlMember]: part.url } : { file_id: part.fileId };

/** A candidate for the protocol's form; the schema has the last word. */
export function inputFromStored(stored: unknown): unknown {
  if (!isRecord(stored)) return stored;
  switch (stored.type) {
    case 'text':
      return { type: 'text', text: stored.text, text_elements: listIn(stored.text_elements).map(elementFromStored) };
    case 'image':
      return { type: 'image', ...placeFromStored(stored), detail: stored.detail ?? null };
    case 'audio':
      return { type: 'audio', ...placeFromStored(stored) };
    case 'local_image':
      return { type: 'localImage', path: stored.path, detail: stored.detail ?? null };
    case 'local_audio':
      return { type: 'localAudio', path: stored.path };
    default:
      return stored;
  }
}

const elementFromStored = (element: unknown): unknown => ({ placeholder: null, ...recordIn(renameMembers(element, toCamelCase)) });

const placeFromStored = (stored: JsonRecord) =>
  stored.file_id === undefined ? { url: stored.image_url ?? stored.audio_url ?? stored.url } : { fileId: stored.file_id };
