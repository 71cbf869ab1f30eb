/** Tools that the client declares, and questions of the model to the user. */
import * as z from 'zod/mini';
import { type Out, request, schema } from '../../rpc/contract.ts';
import { json, uint } from '../fields.ts';
import { DynamicToolCallOutputContentItem } from './content.ts';

export const ToolRequestUserInputOption = schema('ToolRequestUserInputOption', () =>
  z.object({ label: z.string(), description: z.string() }),
);
export type ToolRequestUserInputOption = Out<typeof ToolRequestUserInputOption>;

export const ToolRequestUserInputQuestion = schema('ToolRequestUserInputQuestion', () =>
  z.object({
    id: z.string(),
    header: z.string(),
    question: z.string(),
    isOther: z.boolean(),
    isSecret: z.boolean(),
    options: z.nullable(z.array(ToolRequestUserInputOption())),
  }),
);
export type ToolRequestUserInputQuestion = Out<typeof ToolRequestUserInputQuestion>;

export const ToolRequestUserInputAnswer = schema('ToolRequestUserInputAnswer', () => z.object({ answers: z.array(z.string()) }));
export type ToolRequestUserInputAnswer = Out<typeof ToolRequestUserInputAnswer>;

export const ToolRequestUserInputParams = schema('ToolRequestUserInputParams', () =>
  z.object({
    threadId: z.string(),
    turnId: z.string(),
    itemId: z.string(),
    questions: z.array(ToolRequestUserInputQuestion()),
    isBlocking: z.boolean(),
    autoResolutionMs: z.nullable(uint()),
  }),
);
export type ToolRequestUserInputParams = Out<typeof ToolRequestUserInputParams>;

export const ToolRequestUserInputResponse = schema('ToolRequestUserInputResponse', () =>
  z.object({ answers: z.record(z.string(), ToolRequestUserInputAnswer()) }),
);
export type ToolRequestUserInputResponse = Out<typeof ToolRequestUserInputResponse>;

export const DynamicToolCallParams = schema('DynamicToolCallParams', () =>
  z.object({
    threadId: z.string(),
    turnId: z.string(),
    callId: z.string(),
    namespace: z.nullable(z.string()),
    tool: z.string(),
    arguments: json(),
  }),
);
export type DynamicToolCallParams = Out<typeof DynamicToolCallParams>;

export const DynamicToolCallResponse = schema('DynamicToolCallResponse', () =>
  z.object({ contentItems: z.array(DynamicToolCallOutputContentItem()), success: z.boolean() }),
);
export type DynamicToolCallResponse = Out<typeof DynamicToolCallResponse>;

export const toolServerRequests = {
  'item/tool/requestUserInput': request({
    doc: 'Questions of the model to the user.',
    params: ToolRequestUserInputParams,
    result: ToolRequestUserInputResponse,
  }),
  'item/tool/call': request({
    doc: 'Runs a tool that the client declared.',
    params: DynamicToolCallParams,
    result: DynamicToolCallResponse,
  }),
} as const;
