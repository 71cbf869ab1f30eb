/** What users and tools put into a conversation. */
import * as z from 'zod/mini';
import { decodedAs, type Out, schema } from '../../rpc/contract.ts';
import { int64, opt, uint, usize } from '../fields.ts';

/** Offsets in UTF-8 bytes; `end` is exclusive. */
export const ByteRange = schema('ByteRange', () => z.object({ start: usize(), end: usize() }));
export type ByteRange = Out<typeof ByteRange>;

/** A part of a text that the client shows in its own way. */
export const TextElement = schema('TextElement', () =>
  z.object({ byteRange: ByteRange(), placeholder: z._default(z.nullable(z.string()), null) }),
);
export type TextElement = Out<typeof TextElement>;

export const ImageDetail = schema('ImageDetail', () => z.enum(['auto', 'low', 'high', 'original']));
export type ImageDetail = Out<typeof ImageDetail>;

/** One part of what the user sends. Images and audio name either a data URL or a file id. */
export const UserInput = schema('UserInput', () =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('text'), text: z.string(), text_elements: z._default(z.array(TextElement()), []) }),
    z
      .object({
        type: z.literal('image'),
        detail: z._default(z.nullable(ImageDetail()), null),
        url: z.optional(z.string()),
        fileId: opt(z.string()),
      })
      .check(
        z.refine(
          (part) => part.url !== undefined || part.fileId !== undefined,
          'data did not match any variant of untagged enum ImageReference',
        ),
      ),
    z.object({ type: z.literal('localImage'), detail: z._default(z.nullable(ImageDetail()), null), path: z.string() }),
    z
      .object({ type: z.literal('audio'), url: z.optional(z.string()), fileId: opt(z.string()) })
      .check(
        z.refine(
          (part) => part.url !== undefined || part.fileId !== undefined,
          'data did not match any variant of untagged enum AudioReference',
        ),
      ),
    z.object({ type: z.literal('localAudio'), path: z.string() }),
    z.object({ type: z.literal('skill'), name: z.string(), path: z.string() }),
    z.object({ type: z.literal('mention'), name: z.string(), path: z.string() }),
  ]),
);
export type UserInput = Out<typeof UserInput>;

export const FunctionCallOutputContentItem = schema('FunctionCallOutputContentItem', () =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('input_text'), text: z.string() }),
    z
      .object({ type: z.literal('input_image'), detail: opt(ImageDetail()), image_url: z.optional(z.string()), file_id: opt(z.string()) })
      .check(
        z.refine(
          (part) => part.image_url !== undefined || part.file_id !== undefined,
          'data did not match any variant of untagged enum ImageReference',
        ),
      ),
    z
      .object({ type: z.literal('input_audio'), audio_url: z.optional(z.string()), file_id: opt(z.string()) })
      .check(
        z.refine(
          (part) => part.audio_url !== undefined || part.file_id !== undefined,
          'data did not match any variant of untagged enum AudioReference',
        ),
      ),
    z.object({ type: z.literal('encrypted_content'), encrypted_content: z.string() }),
  ]),
);
export type FunctionCallOutputContentItem = Out<typeof FunctionCallOutputContentItem>;

/** What a tool gives back to the model: text, or parts. */
export const FunctionCallOutputBody = schema('FunctionCallOutputBody', () =>
  z.union([z.string(), z.array(FunctionCallOutputContentItem())]),
);
export type FunctionCallOutputBody = Out<typeof FunctionCallOutputBody>;

/** The id of a request, as its sender chose it. */
export const RequestId = schema('RequestId', () => z.union([z.string(), int64()]));
export type RequestId = Out<typeof RequestId>;

/** A raw item of the model API; its members are not checked. */
export const ResponseItem = schema('ResponseItem', () =>
  decodedAs('internally tagged enum ResponseItem', z.looseObject({ type: z.string() })),
);
export type ResponseItem = Out<typeof ResponseItem>;

export const TextPosition = schema('TextPosition', () => z.object({ line: uint(), column: uint() }));
export type TextPosition = Out<typeof TextPosition>;

export const TextRange = schema('TextRange', () => z.object({ start: TextPosition(), end: TextPosition() }));
export type TextRange = Out<typeof TextRange>;

export const DynamicToolCallOutputContentItem = schema('DynamicToolCallOutputContentItem', () =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('inputText'), text: z.string() }),
    z.object({ type: z.literal('inputImage'), imageUrl: z.string() }),
    z.object({ type: z.literal('inputAudio'), audioUrl: z.string() }),
  ]),
);
export type DynamicToolCallOutputContentItem = Out<typeof DynamicToolCallOutputContentItem>;

export const SortDirection = schema('SortDirection', () => z.enum(['asc', 'desc']));
export type SortDirection = Out<typeof SortDirection>;

export const MessagePhase = schema('MessagePhase', () => z.enum(['commentary', 'partial_answer', 'final_answer']));
export type MessagePhase = Out<typeof MessagePhase>;
