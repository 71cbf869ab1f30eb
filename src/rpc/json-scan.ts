/** Reads JSON the strict way of the exec protocol: no key twice, no more than a set number of values. */
import { MalformedMessage, parseMessage } from './transports/transport.ts';

const maxValues = 262_144;

/** The message, or a `MalformedMessage` with the decoder's reason. */
export function scanMessage(text: string): unknown {
  return parseMessage(text);
}
export { MalformedMessage, maxValues };
