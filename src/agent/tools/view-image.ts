/** The `view_image` tool: shows an image file of the environment to the model. */
import { errnoOf, messageOf } from '../../base/errors.ts';
import type { FileOptions } from '../../environment/environment.ts';
import { readArguments } from './arguments.ts';
import { resolveFrom } from './native-path.ts';
import { readSandbox } from './read-scope.ts';
import { defineTool, type SelectedEnvironment, type ToolCall, type ToolOutcome } from './tool.ts';

interface ViewArguments {
  readonly path: string;
  readonly detail: string | undefined;
  readonly environmentId: string | undefined;
}

const DETAILS: readonly string[] = ['high', 'original'];
/** A larger file is not sent to a model. */
const MAX_BYTES = 33_554_432;

/** What models take, by the name `image-size` gives it. */
const MEDIA_TYPES = new Map([
  ['png', 'image/png'],
  ['jpg', 'image/jpeg'],
  ['gif', 'image/gif'],
  ['webp', 'image/webp'],
]);

export const viewImageTool = defineTool<ViewArguments>({
  name: 'view_image',
  kind: 'function',
  parallel: true,
  declaration(offer) {
    if (!offer.model.imageInput || offer.environments.length === 0) return undefined;
    const properties: Record<string, unknown> = { path: { type: 'string', description: 'The image file.' } };
    if (offer.model.originalImageDetail)
      properties.detail = { type: 'string', description: 'original keeps the full resolution; leave it out otherwise.' };
    if (offer.environments.length > 1)
      properties.environment_id = { type: 'string', description: 'Where the file is. Default: the first environment.' };
    return {
      type: 'function',
      name: 'view_image',
      description: 'Shows you an image file. Only for images that are not in the conversation yet.',
      strict: false,
      parameters: { type: 'object', properties, required: ['path'], additionalProperties: false },
    };
  },
  parse: (input) =>
    readArguments(input, (read) => ({
      path: read.string('path'),
      detail: read.optionalString('detail'),
      environmentId: read.optionalString('environment_id'),
    })),
  prepare: (args, call) => ({ kind: 'free', run: () => view(args, call) }),
});

const failed = (output: string): ToolOutcome => ({ kind: 'failed', output });

async function view(args: ViewArguments, call: ToolCall): Promise<ToolOutcome> {
  const { detail, environmentId } = args;
  if (detail !== undefined && !DETAILS.includes(detail))
    return failed(
      `view_image.detail only supports \`high\` or \`original\`; omit \`detail\` for default high resized behavior, got \`${detail}\``,
    );
  const [primary] = call.environments;
  const selected = environmentId === undefined ? primary : call.environments.find((one) => one.selection.environmentId === environmentId);
  if (!selected)
    return failed(
      environmentId === undefined
        ? 'view_image is unavailable: this thread has no environment'
        : `unknown turn environment id \`${environmentId}\``,
    );
  const path = resolveFrom(selected.selection.cwd, args.path);
  const bytes = await readImage(path, selected, call);
  if (typeof bytes === 'string') return failed(bytes);
  const mediaType = await mediaTypeOf(bytes);
  if (mediaType === undefined) return failed('unable to process image: invalid or unsupported image data');
  call.items.start({ type: 'imageView', id: call.callId, path });
  call.items.complete({ type: 'imageView', id: call.callId, path });
  const image_url = `data:${mediaType};base64,${bytes.toString('base64')}`;
  return { kind: 'ok', output: [{ type: 'input_image', image_url, ...(detail === undefined ? {} : { detail }) }] };
}

/** The file's content, or why there is none. */
async function readImage(path: string, selected: SelectedEnvironment, call: ToolCall): Promise<Buffer | string> {
  const { files } = selected.environment;
  const sandbox = readSandbox(call.settings, selected.selection);
  const options: FileOptions = { signal: call.signal, ...(sandbox ? { sandbox } : {}) };
  try {
    const found = await files.metadata(path, options);
    if (!found.isFile) return `image path \`${path}\` is not a file`;
    if (found.sizeBytes > MAX_BYTES)
      return `image at \`${path}\` is too large: ${found.sizeBytes} bytes, at most ${MAX_BYTES} are possible`;
    return await files.readFile(path, { ...options, sizeBytes: found.sizeBytes });
  } catch (error) {
    if (call.signal.aborted) throw error;
    const reason = errnoOf(error) === 'ENOENT' ? 'No such file or directory (os error 2)' : messageOf(error);
    return `unable to locate image at \`${path}\`: ${reason}`;
  }
}

/** Undefined for what is no image, has no size, or is of a kind that models do not take. */
async function mediaTypeOf(bytes: Buffer): Promise<string | undefined> {
  const { imageSize } = await import('image-size');
  try {
    const { type = '', width, height } = imageSize(bytes);
    return width > 0 && height > 0 && isWhole(bytes, type) ? MEDIA_TYPES.get(type) : undefined;
  } catch {
    // The library throws for whatever it does not recognise.
    return undefined;
  }
}

/** A file that was cut off has a size as well, but a model request that carries it fails as a whole. */
function isWhole(bytes: Buffer, type: string): boolean {
  switch (type) {
    case 'png':
      return bytes.lastIndexOf('IEND') > 0;
    case 'jpg':
      return bytes.lastIndexOf(Buffer.from([0xff, 0xd9])) > 0;
    case 'gif':
      return bytes.lastIndexOf(0x3b) > 0;
    case 'webp':
      return bytes.length >= bytes.readUInt32LE(4) + 8;
    default:
      return false;
  }
}
