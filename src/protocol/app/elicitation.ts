/** Questions of MCP servers to the user. */
import * as z from 'zod/mini';
import { type Out, request, schema } from '../../rpc/contract.ts';
import { experimental, json, opt, uint } from '../fields.ts';

export const McpElicitationObjectType = schema('McpElicitationObjectType', () => z.literal('object'));
export type McpElicitationObjectType = Out<typeof McpElicitationObjectType>;

export const McpElicitationStringType = schema('McpElicitationStringType', () => z.literal('string'));
export type McpElicitationStringType = Out<typeof McpElicitationStringType>;

export const McpElicitationUntitledSingleSelectEnumSchema = schema('McpElicitationUntitledSingleSelectEnumSchema', () =>
  z.object({
    type: McpElicitationStringType(),
    title: z.nullish(z.string()),
    description: z.nullish(z.string()),
    enum: z.array(z.string()),
    default: z.nullish(z.string()),
  }),
);
export type McpElicitationUntitledSingleSelectEnumSchema = Out<typeof McpElicitationUntitledSingleSelectEnumSchema>;

export const McpElicitationConstOption = schema('McpElicitationConstOption', () => z.object({ const: z.string(), title: z.string() }));
export type McpElicitationConstOption = Out<typeof McpElicitationConstOption>;

export const McpElicitationTitledSingleSelectEnumSchema = schema('McpElicitationTitledSingleSelectEnumSchema', () =>
  z.object({
    type: McpElicitationStringType(),
    title: z.nullish(z.string()),
    description: z.nullish(z.string()),
    oneOf: z.array(McpElicitationConstOption()),
    default: z.nullish(z.string()),
  }),
);
export type McpElicitationTitledSingleSelectEnumSchema = Out<typeof McpElicitationTitledSingleSelectEnumSchema>;

export const McpElicitationSingleSelectEnumSchema = schema('McpElicitationSingleSelectEnumSchema', () =>
  z.union([McpElicitationUntitledSingleSelectEnumSchema(), McpElicitationTitledSingleSelectEnumSchema()]),
);
export type McpElicitationSingleSelectEnumSchema = Out<typeof McpElicitationSingleSelectEnumSchema>;

export const McpElicitationArrayType = schema('McpElicitationArrayType', () => z.literal('array'));
export type McpElicitationArrayType = Out<typeof McpElicitationArrayType>;

export const McpElicitationUntitledEnumItems = schema('McpElicitationUntitledEnumItems', () =>
  z.object({ type: McpElicitationStringType(), enum: z.array(z.string()) }),
);
export type McpElicitationUntitledEnumItems = Out<typeof McpElicitationUntitledEnumItems>;

export const McpElicitationUntitledMultiSelectEnumSchema = schema('McpElicitationUntitledMultiSelectEnumSchema', () =>
  z.object({
    type: McpElicitationArrayType(),
    title: z.nullish(z.string()),
    description: z.nullish(z.string()),
    minItems: z.nullish(uint()),
    maxItems: z.nullish(uint()),
    items: McpElicitationUntitledEnumItems(),
    default: z.nullish(z.array(z.string())),
  }),
);
export type McpElicitationUntitledMultiSelectEnumSchema = Out<typeof McpElicitationUntitledMultiSelectEnumSchema>;

export const McpElicitationTitledEnumItems = schema('McpElicitationTitledEnumItems', () =>
  z.object({ anyOf: z.array(McpElicitationConstOption()) }),
);
export type McpElicitationTitledEnumItems = Out<typeof McpElicitationTitledEnumItems>;

export const McpElicitationTitledMultiSelectEnumSchema = schema('McpElicitationTitledMultiSelectEnumSchema', () =>
  z.object({
    type: McpElicitationArrayType(),
    title: z.nullish(z.string()),
    description: z.nullish(z.string()),
    minItems: z.nullish(uint()),
    maxItems: z.nullish(uint()),
    items: McpElicitationTitledEnumItems(),
    default: z.nullish(z.array(z.string())),
  }),
);
export type McpElicitationTitledMultiSelectEnumSchema = Out<typeof McpElicitationTitledMultiSelectEnumSchema>;

export const McpElicitationMultiSelectEnumSchema = schema('McpElicitationMultiSelectEnumSchema', () =>
  z.union([McpElicitationUntitledMultiSelectEnumSchema(), McpElicitationTitledMultiSelectEnumSchema()]),
);
export type McpElicitationMultiSelectEnumSchema = Out<typeof McpElicitationMultiSelectEnumSchema>;

export const McpElicitationLegacyTitledEnumSchema = schema('McpElicitationLegacyTitledEnumSchema', () =>
  z.object({
    type: McpElicitationStringType(),
    title: z.nullish(z.string()),
    description: z.nullish(z.string()),
    enum: z.array(z.string()),
    enumNames: z.nullish(z.array(z.string())),
    default: z.nullish(z.string()),
  }),
);
export type McpElicitationLegacyTitledEnumSchema = Out<typeof McpElicitationLegacyTitledEnumSchema>;

export const McpElicitationEnumSchema = schema('McpElicitationEnumSchema', () =>
  z.union([McpElicitationSingleSelectEnumSchema(), McpElicitationMultiSelectEnumSchema(), McpElicitationLegacyTitledEnumSchema()]),
);
export type McpElicitationEnumSchema = Out<typeof McpElicitationEnumSchema>;

export const McpElicitationStringFormat = schema('McpElicitationStringFormat', () => z.enum(['email', 'uri', 'date', 'date-time']));
export type McpElicitationStringFormat = Out<typeof McpElicitationStringFormat>;

export const McpElicitationStringSchema = schema('McpElicitationStringSchema', () =>
  z.object({
    type: McpElicitationStringType(),
    title: z.nullish(z.string()),
    description: z.nullish(z.string()),
    minLength: z.nullish(z.uint32()),
    maxLength: z.nullish(z.uint32()),
    format: z.nullish(McpElicitationStringFormat()),
    default: z.nullish(z.string()),
  }),
);
export type McpElicitationStringSchema = Out<typeof McpElicitationStringSchema>;

export const McpElicitationNumberType = schema('McpElicitationNumberType', () => z.enum(['number', 'integer']));
export type McpElicitationNumberType = Out<typeof McpElicitationNumberType>;

export const McpElicitationNumberSchema = schema('McpElicitationNumberSchema', () =>
  z.object({
    type: McpElicitationNumberType(),
    title: z.nullish(z.string()),
    description: z.nullish(z.string()),
    minimum: z.nullish(z.number()),
    maximum: z.nullish(z.number()),
    default: z.nullish(z.number()),
  }),
);
export type McpElicitationNumberSchema = Out<typeof McpElicitationNumberSchema>;

export const McpElicitationBooleanType = schema('McpElicitationBooleanType', () => z.literal('boolean'));
export type McpElicitationBooleanType = Out<typeof McpElicitationBooleanType>;

export const McpElicitationBooleanSchema = schema('McpElicitationBooleanSchema', () =>
  z.object({
    type: McpElicitationBooleanType(),
    title: z.nullish(z.string()),
    description: z.nullish(z.string()),
    default: z.nullish(z.boolean()),
  }),
);
export type McpElicitationBooleanSchema = Out<typeof McpElicitationBooleanSchema>;

export const McpElicitationPrimitiveSchema = schema('McpElicitationPrimitiveSchema', () =>
  z.union([McpElicitationEnumSchema(), McpElicitationStringSchema(), McpElicitationNumberSchema(), McpElicitationBooleanSchema()]),
);
export type McpElicitationPrimitiveSchema = Out<typeof McpElicitationPrimitiveSchema>;

export const McpElicitationSchema = schema('McpElicitationSchema', () =>
  z.object({
    $schema: z.nullish(z.string()),
    type: McpElicitationObjectType(),
    properties: z.record(z.string(), McpElicitationPrimitiveSchema()),
    required: z.nullish(z.array(z.string())),
  }),
);
export type McpElicitationSchema = Out<typeof McpElicitationSchema>;

export const McpServerElicitationAction = schema('McpServerElicitationAction', () => z.enum(['accept', 'decline', 'cancel']));
export type McpServerElicitationAction = Out<typeof McpServerElicitationAction>;

export const McpServerElicitationRequestParams = schema('McpServerElicitationRequestParams', () => {
  const common = { threadId: z.string(), turnId: z.nullable(z.string()), serverName: z.string() };
  return z.discriminatedUnion('mode', [
    experimental(
      z.object({
        ...common,
        mode: z.literal('openai/userVerification'),
        _meta: json(),
        title: z.string(),
        description: z.string(),
        challenge: z.string(),
      }),
    ),
    z.object({ ...common, mode: z.literal('form'), _meta: json(), message: z.string(), requestedSchema: McpElicitationSchema() }),
    z.object({ ...common, mode: z.literal('openai/form'), _meta: json(), message: z.string(), requestedSchema: json() }),
    z.object({ ...common, mode: z.literal('openaiForm'), _meta: json(), message: z.string(), requestedSchema: json() }),
    z.object({ ...common, mode: z.literal('url'), _meta: json(), message: z.string(), url: z.string(), elicitationId: z.string() }),
  ]);
});
export type McpServerElicitationRequestParams = Out<typeof McpServerElicitationRequestParams>;

export const McpServerElicitationRequestResponse = schema('McpServerElicitationRequestResponse', () =>
  z.object({ action: McpServerElicitationAction(), content: opt(z.unknown()), _meta: opt(z.unknown()) }),
);
export type McpServerElicitationRequestResponse = Out<typeof McpServerElicitationRequestResponse>;

export const elicitationServerRequests = {
  'mcpServer/elicitation/request': request({
    doc: 'A question of an MCP server, or consent to one of its tools.',
    params: McpServerElicitationRequestParams,
    result: McpServerElicitationRequestResponse,
  }),
} as const;
