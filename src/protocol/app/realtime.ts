/** Voice sessions on a thread (a vendor surface). */
import * as z from 'zod/mini';
import { notification, type Out, request, schema } from '../../rpc/contract.ts';
import { Empty, json, opt, uint16 } from '../fields.ts';
import { inThread } from '../lanes.ts';

export const ConversationTextRole = schema('ConversationTextRole', () => z.enum(['user', 'developer', 'assistant']));
export type ConversationTextRole = Out<typeof ConversationTextRole>;

export const ThreadRealtimeInitialItem = schema('ThreadRealtimeInitialItem', () =>
  z.object({ role: ConversationTextRole(), text: z.string() }),
);
export type ThreadRealtimeInitialItem = Out<typeof ThreadRealtimeInitialItem>;

export const ThreadRealtimeTranscriptRole = schema('ThreadRealtimeTranscriptRole', () => z.enum(['user', 'assistant']));
export type ThreadRealtimeTranscriptRole = Out<typeof ThreadRealtimeTranscriptRole>;

export const ThreadRealtimeBemItemPresentation = schema('ThreadRealtimeBemItemPresentation', () =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('wholeItem') }),
    z.object({ type: z.literal('inlineMarkdown') }),
    z.object({ type: z.literal('inlineVisualization'), index: z.uint32() }),
  ]),
);
export type ThreadRealtimeBemItemPresentation = Out<typeof ThreadRealtimeBemItemPresentation>;

export const ThreadRealtimeSessionOutcome = schema('ThreadRealtimeSessionOutcome', () => z.enum(['ended', 'failed']));
export type ThreadRealtimeSessionOutcome = Out<typeof ThreadRealtimeSessionOutcome>;

export const ThreadRealtimeItem = schema('ThreadRealtimeItem', () => {
  const common = { id: z.string(), realtimeSessionId: z.string() };
  return z.discriminatedUnion('type', [
    z.object({ ...common, type: z.literal('realtimeSessionStarted') }),
    z.object({ ...common, type: z.literal('transcriptSegment'), role: ThreadRealtimeTranscriptRole(), text: z.string() }),
    z.object({
      ...common,
      type: z.literal('bemItemPromoted'),
      turnId: z.string(),
      itemId: z.string(),
      presentation: ThreadRealtimeBemItemPresentation(),
    }),
    z.object({ ...common, type: z.literal('realtimeSessionClosed'), outcome: ThreadRealtimeSessionOutcome() }),
  ]);
});
export type ThreadRealtimeItem = Out<typeof ThreadRealtimeItem>;

export const RealtimeVoice = schema('RealtimeVoice', () =>
  z.enum([
    'alloy',
    'arbor',
    'ash',
    'aube',
    'ballad',
    'breeze',
    'bubbie',
    'cedar',
    'coral',
    'cove',
    'echo',
    'ember',
    'haetsal',
    'hanul',
    'himari',
    'juniper',
    'leher',
    'maple',
    'marin',
    'miko',
    'neer',
    'porto',
    'rindo',
    'rio',
    'rivage',
    'sage',
    'selva',
    'shimmer',
    'sol',
    'sonna',
    'spruce',
    'tinta',
    'vale',
    'verse',
    'viola',
  ]),
);
export type RealtimeVoice = Out<typeof RealtimeVoice>;

export const RealtimeVoicesList = schema('RealtimeVoicesList', () =>
  z.object({
    v1: z.array(RealtimeVoice()),
    v2: z.array(RealtimeVoice()),
    v3: z.optional(z.array(RealtimeVoice())),
    defaultV1: RealtimeVoice(),
    defaultV2: RealtimeVoice(),
  }),
);
export type RealtimeVoicesList = Out<typeof RealtimeVoicesList>;

export const ThreadRealtimeAudioChunk = schema('ThreadRealtimeAudioChunk', () =>
  z.object({
    data: z.string(),
    sampleRate: z.uint32(),
    numChannels: uint16(),
    samplesPerChannel: z._default(z.nullable(z.uint32()), null),
    itemId: z._default(z.nullable(z.string()), null),
  }),
);
export type ThreadRealtimeAudioChunk = Out<typeof ThreadRealtimeAudioChunk>;

export const RealtimeConversationVersion = schema('RealtimeConversationVersion', () => z.enum(['v1', 'v2', 'v3']));
export type RealtimeConversationVersion = Out<typeof RealtimeConversationVersion>;

export const ThreadRealtimeStartTransport = schema('ThreadRealtimeStartTransport', () =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('websocket') }),
    z.object({ type: z.literal('webrtc'), sdp: z.string() }),
    z.object({ type: z.literal('existingCall'), callId: z.string() }),
  ]),
);
export type ThreadRealtimeStartTransport = Out<typeof ThreadRealtimeStartTransport>;

export const RealtimeOutputModality = schema('RealtimeOutputModality', () => z.enum(['text', 'audio']));
export type RealtimeOutputModality = Out<typeof RealtimeOutputModality>;

export const CodexResponseHandoffMode = schema('CodexResponseHandoffMode', () => z.enum(['thinking', 'commentary', 'bemTags']));
export type CodexResponseHandoffMode = Out<typeof CodexResponseHandoffMode>;

export const ThreadRealtimeStartParams = schema('ThreadRealtimeStartParams', () =>
  z.object({
    threadId: z.string(),
    clientManagedHandoffs: opt(z.boolean()),
    delegationAckFiller: opt(z.boolean()),
    flushTranscriptTailOnSessionEnd: opt(z.boolean()),
    codexResponsesAsItems: opt(z.boolean()),
    codexResponseItemPrefix: opt(z.string()),
    codexResponseHandoffMode: opt(CodexResponseHandoffMode()),
    backendReasoningStatus: z._default(z.boolean(), false),
    codexResponseHandoffChannelPrefixes: opt(z.record(z.string(), z.array(z.string()))),
    model: opt(z.string()),
    outputModality: RealtimeOutputModality(),
    includeStartupContext: opt(z.boolean()),
    initialItems: opt(z.array(ThreadRealtimeInitialItem())),
    realtimeStartInstructions: opt(z.string()),
    realtimeEndInstructions: opt(z.string()),
    prompt: z.nullish(z.string()),
    realtimeSessionId: opt(z.string()),
    voiceSessionId: opt(z.string()),
    transport: opt(ThreadRealtimeStartTransport()),
    version: opt(RealtimeConversationVersion()),
    voice: opt(RealtimeVoice()),
  }),
);
export type ThreadRealtimeStartParams = Out<typeof ThreadRealtimeStartParams>;

export const ThreadRealtimeAppendAudioParams = schema('ThreadRealtimeAppendAudioParams', () =>
  z.object({ threadId: z.string(), audio: ThreadRealtimeAudioChunk() }),
);
export type ThreadRealtimeAppendAudioParams = Out<typeof ThreadRealtimeAppendAudioParams>;

export const ThreadRealtimeAppendTextParams = schema('ThreadRealtimeAppendTextParams', () =>
  z.object({ threadId: z.string(), text: z.string(), role: z._default(ConversationTextRole(), 'user') }),
);
export type ThreadRealtimeAppendTextParams = Out<typeof ThreadRealtimeAppendTextParams>;

export const ThreadRealtimeAppendSpeechParams = schema('ThreadRealtimeAppendSpeechParams', () =>
  z.object({ threadId: z.string(), text: z.string() }),
);
export type ThreadRealtimeAppendSpeechParams = Out<typeof ThreadRealtimeAppendSpeechParams>;

export const ThreadRealtimeStopParams = schema('ThreadRealtimeStopParams', () => z.object({ threadId: z.string() }));
export type ThreadRealtimeStopParams = Out<typeof ThreadRealtimeStopParams>;

export const ThreadRealtimeListVoicesResponse = schema('ThreadRealtimeListVoicesResponse', () =>
  z.object({ voices: RealtimeVoicesList() }),
);
export type ThreadRealtimeListVoicesResponse = Out<typeof ThreadRealtimeListVoicesResponse>;

export const ThreadRealtimeStartedNotification = schema('ThreadRealtimeStartedNotification', () =>
  z.object({ threadId: z.string(), realtimeSessionId: z.nullable(z.string()), version: RealtimeConversationVersion() }),
);
export type ThreadRealtimeStartedNotification = Out<typeof ThreadRealtimeStartedNotification>;

export const ThreadRealtimeItemAddedNotification = schema('ThreadRealtimeItemAddedNotification', () =>
  z.object({ threadId: z.string(), item: json() }),
);
export type ThreadRealtimeItemAddedNotification = Out<typeof ThreadRealtimeItemAddedNotification>;

export const ThreadRealtimeItemStartedNotification = schema('ThreadRealtimeItemStartedNotification', () =>
  z.object({ threadId: z.string(), item: ThreadRealtimeItem() }),
);
export type ThreadRealtimeItemStartedNotification = Out<typeof ThreadRealtimeItemStartedNotification>;

export const ThreadRealtimeItemTranscriptDeltaNotification = schema('ThreadRealtimeItemTranscriptDeltaNotification', () =>
  z.object({ threadId: z.string(), itemId: z.string(), delta: z.string() }),
);
export type ThreadRealtimeItemTranscriptDeltaNotification = Out<typeof ThreadRealtimeItemTranscriptDeltaNotification>;

export const ThreadRealtimeItemCompletedNotification = schema('ThreadRealtimeItemCompletedNotification', () =>
  z.object({ threadId: z.string(), item: ThreadRealtimeItem() }),
);
export type ThreadRealtimeItemCompletedNotification = Out<typeof ThreadRealtimeItemCompletedNotification>;

export const ThreadRealtimeTranscriptDeltaNotification = schema('ThreadRealtimeTranscriptDeltaNotification', () =>
  z.object({ threadId: z.string(), role: z.string(), delta: z.string() }),
);
export type ThreadRealtimeTranscriptDeltaNotification = Out<typeof ThreadRealtimeTranscriptDeltaNotification>;

export const ThreadRealtimeTranscriptDoneNotification = schema('ThreadRealtimeTranscriptDoneNotification', () =>
  z.object({ threadId: z.string(), role: z.string(), text: z.string() }),
);
export type ThreadRealtimeTranscriptDoneNotification = Out<typeof ThreadRealtimeTranscriptDoneNotification>;

export const ThreadRealtimeOutputAudioDeltaNotification = schema('ThreadRealtimeOutputAudioDeltaNotification', () =>
  z.object({ threadId: z.string(), audio: ThreadRealtimeAudioChunk() }),
);
export type ThreadRealtimeOutputAudioDeltaNotification = Out<typeof ThreadRealtimeOutputAudioDeltaNotification>;

export const ThreadRealtimeSdpNotification = schema('ThreadRealtimeSdpNotification', () =>
  z.object({ threadId: z.string(), sdp: z.string() }),
);
export type ThreadRealtimeSdpNotification = Out<typeof ThreadRealtimeSdpNotification>;

export const ThreadRealtimeErrorNotification = schema('ThreadRealtimeErrorNotification', () =>
  z.object({ threadId: z.string(), message: z.string() }),
);
export type ThreadRealtimeErrorNotification = Out<typeof ThreadRealtimeErrorNotification>;

export const ThreadRealtimeClosedNotification = schema('ThreadRealtimeClosedNotification', () =>
  z.object({ threadId: z.string(), reason: z.nullable(z.string()) }),
);
export type ThreadRealtimeClosedNotification = Out<typeof ThreadRealtimeClosedNotification>;

export const realtimeRequests = {
  'thread/realtime/start': request({
    doc: 'Opens a voice session on a thread.',
    params: ThreadRealtimeStartParams,
    result: Empty,
    lane: inThread,
    experimental: true,
  }),
  'thread/realtime/appendAudio': request({
    doc: 'Sends audio to the voice session.',
    params: ThreadRealtimeAppendAudioParams,
    result: Empty,
    lane: inThread,
    experimental: true,
  }),
  'thread/realtime/appendText': request({
    doc: 'Sends text to the voice session.',
    params: ThreadRealtimeAppendTextParams,
    result: Empty,
    lane: inThread,
    experimental: true,
  }),
  'thread/realtime/appendSpeech': request({
    doc: 'Has the voice session speak a text.',
    params: ThreadRealtimeAppendSpeechParams,
    result: Empty,
    lane: inThread,
    experimental: true,
  }),
  'thread/realtime/stop': request({
    doc: 'Closes the voice session.',
    params: ThreadRealtimeStopParams,
    result: Empty,
    lane: inThread,
    experimental: true,
  }),
  'thread/realtime/listVoices': request({
    doc: 'Lists the voices on offer.',
    params: Empty,
    result: ThreadRealtimeListVoicesResponse,
    experimental: true,
  }),
} as const;

export const realtimeNotifications = {
  'thread/realtime/started': notification({ doc: 'A voice session is open.', params: ThreadRealtimeStartedNotification }),
  'thread/realtime/itemAdded': notification({ doc: 'A raw item of a voice session.', params: ThreadRealtimeItemAddedNotification }),
  'thread/realtime/item/started': notification({ doc: 'An item of a voice session began.', params: ThreadRealtimeItemStartedNotification }),
  'thread/realtime/item/transcript/delta': notification({
    doc: 'More text of a voice session item.',
    params: ThreadRealtimeItemTranscriptDeltaNotification,
  }),
  'thread/realtime/item/completed': notification({
    doc: 'An item of a voice session ended.',
    params: ThreadRealtimeItemCompletedNotification,
  }),
  'thread/realtime/transcript/delta': notification({
    doc: 'More text of a transcript.',
    params: ThreadRealtimeTranscriptDeltaNotification,
  }),
  'thread/realtime/transcript/done': notification({ doc: 'A transcript is complete.', params: ThreadRealtimeTranscriptDoneNotification }),
  'thread/realtime/outputAudio/delta': notification({ doc: 'Audio to play.', params: ThreadRealtimeOutputAudioDeltaNotification }),
  'thread/realtime/sdp': notification({ doc: 'The answer of the WebRTC handshake.', params: ThreadRealtimeSdpNotification }),
  'thread/realtime/error': notification({ doc: 'A voice session failed.', params: ThreadRealtimeErrorNotification }),
  'thread/realtime/closed': notification({ doc: 'A voice session ended.', params: ThreadRealtimeClosedNotification }),
} as const;
