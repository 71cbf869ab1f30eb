/** Settings of the model that a turn runs with. */
import * as z from 'zod/mini';
import { type Out, schema } from '../../rpc/contract.ts';
import { aliased } from '../fields.ts';

/** How hard the model should think; the catalogue names the values that a model knows. */
export const ReasoningEffort = schema('ReasoningEffort', () => z.string().check(z.minLength(1, 'reasoning_effort must not be empty')));
export type ReasoningEffort = Out<typeof ReasoningEffort>;

/** `default` has had other names. */
export const ModeKind = schema('ModeKind', () =>
  aliased({ plan: 'plan', code: 'default', custom: 'default', default: 'default', execute: 'default', pair_programming: 'default' }),
);
export type ModeKind = Out<typeof ModeKind>;

export const Settings = schema('Settings', () =>
  z.object({
    model: z.string(),
    reasoning_effort: z._default(z.nullable(ReasoningEffort()), null),
    developer_instructions: z._default(z.nullable(z.string()), null),
  }),
);
export type Settings = Out<typeof Settings>;

/** A way of working together with the model settings that belong to it. */
export const CollaborationMode = schema('CollaborationMode', () => z.object({ mode: ModeKind(), settings: Settings() }));
export type CollaborationMode = Out<typeof CollaborationMode>;

export const ReasoningSummary = schema('ReasoningSummary', () => z.enum(['auto', 'concise', 'detailed', 'none']));
export type ReasoningSummary = Out<typeof ReasoningSummary>;

export const CyberAccessProgram = schema('CyberAccessProgram', () => z.enum(['standard', 'daybreakBlue', 'daybreakRed']));
export type CyberAccessProgram = Out<typeof CyberAccessProgram>;

export const MultiAgentMode = schema('MultiAgentMode', () =>
  z.union([z.literal('none'), z.object({ custom: z.string() }), z.enum(['explicitRequestOnly', 'proactive'])]),
);
export type MultiAgentMode = Out<typeof MultiAgentMode>;

export const Personality = schema('Personality', () => z.enum(['none', 'friendly', 'pragmatic']));
export type Personality = Out<typeof Personality>;

export const Verbosity = schema('Verbosity', () => z.enum(['low', 'medium', 'high']));
export type Verbosity = Out<typeof Verbosity>;

export const InputModality = schema('InputModality', () => z.enum(['text', 'image', 'audio']));
export type InputModality = Out<typeof InputModality>;
