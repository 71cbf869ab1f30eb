/** Skills found on disk. */
import * as z from 'zod/mini';
import { notification, type Out, request, schema } from '../../rpc/contract.ts';
import { absolutePath, Empty, opt, pathString } from '../fields.ts';
import { exclusive, shared } from '../lanes.ts';

export const SkillInterface = schema('SkillInterface', () =>
  z.object({
    displayName: z.nullish(z.string()),
    shortDescription: z.nullish(z.string()),
    iconSmall: z.nullish(z.string()),
    iconLarge: z.nullish(z.string()),
    iconSmallUrl: z.nullable(z.string()),
    iconLargeUrl: z.nullable(z.string()),
    brandColor: z.nullish(z.string()),
    defaultPrompt: z.nullish(z.string()),
  }),
);
export type SkillInterface = Out<typeof SkillInterface>;

export const SkillSummary = schema('SkillSummary', () =>
  z.object({
    name: z.string(),
    description: z.string(),
    shortDescription: z.nullable(z.string()),
    interface: z.nullable(SkillInterface()),
    path: z.nullable(z.string()),
    enabled: z.boolean(),
  }),
);
export type SkillSummary = Out<typeof SkillSummary>;

export const SkillToolDependency = schema('SkillToolDependency', () =>
  z.object({
    type: z.string(),
    value: z.string(),
    description: z.nullish(z.string()),
    transport: z.nullish(z.string()),
    command: z.nullish(z.string()),
    url: z.nullish(z.string()),
  }),
);
export type SkillToolDependency = Out<typeof SkillToolDependency>;

export const SkillDependencies = schema('SkillDependencies', () => z.object({ tools: z.array(SkillToolDependency()) }));
export type SkillDependencies = Out<typeof SkillDependencies>;

export const SkillScope = schema('SkillScope', () => z.enum(['user', 'repo', 'system', 'admin']));
export type SkillScope = Out<typeof SkillScope>;

export const SkillMetadata = schema('SkillMetadata', () =>
  z.object({
    name: z.string(),
    description: z.string(),
    shortDescription: z.nullish(z.string()),
    interface: z.nullish(SkillInterface()),
    dependencies: z.nullish(SkillDependencies()),
    path: z.string(),
    scope: SkillScope(),
    enabled: z.boolean(),
    pluginId: z.nullable(z.string()),
  }),
);
export type SkillMetadata = Out<typeof SkillMetadata>;

export const SkillErrorInfo = schema('SkillErrorInfo', () => z.object({ path: z.string(), message: z.string() }));
export type SkillErrorInfo = Out<typeof SkillErrorInfo>;

export const SkillsListEntry = schema('SkillsListEntry', () =>
  z.object({ cwd: z.string(), skills: z.array(SkillMetadata()), errors: z.array(SkillErrorInfo()) }),
);
export type SkillsListEntry = Out<typeof SkillsListEntry>;

export const SkillMigration = schema('SkillMigration', () => z.object({ name: z.string() }));
export type SkillMigration = Out<typeof SkillMigration>;

export const SkillsListParams = schema('SkillsListParams', () =>
  z.object({ cwds: z._default(z.array(pathString()), []), forceReload: z._default(z.boolean(), false) }),
);
export type SkillsListParams = Out<typeof SkillsListParams>;

export const SkillsListResponse = schema('SkillsListResponse', () => z.object({ data: z.array(SkillsListEntry()) }));
export type SkillsListResponse = Out<typeof SkillsListResponse>;

export const SkillsExtraRootsSetParams = schema('SkillsExtraRootsSetParams', () => z.object({ extraRoots: z.array(absolutePath()) }));
export type SkillsExtraRootsSetParams = Out<typeof SkillsExtraRootsSetParams>;

export const SkillsConfigWriteParams = schema('SkillsConfigWriteParams', () =>
  z.object({ path: opt(absolutePath()), name: opt(z.string()), enabled: z.boolean() }),
);
export type SkillsConfigWriteParams = Out<typeof SkillsConfigWriteParams>;

export const SkillsConfigWriteResponse = schema('SkillsConfigWriteResponse', () => z.object({ effectiveEnabled: z.boolean() }));
export type SkillsConfigWriteResponse = Out<typeof SkillsConfigWriteResponse>;

export const skillRequests = {
  'skills/list': request({
    doc: 'Lists the skills found for the given directories.',
    params: SkillsListParams,
    result: SkillsListResponse,
    lane: shared('config'),
  }),
  'skills/extraRoots/set': request({
    doc: 'Sets further directories to look for skills in.',
    params: SkillsExtraRootsSetParams,
    result: Empty,
    lane: exclusive('config'),
  }),
  'skills/config/write': request({
    doc: 'Switches a skill on or off.',
    params: SkillsConfigWriteParams,
    result: SkillsConfigWriteResponse,
    lane: exclusive('config'),
  }),
} as const;

export const skillNotifications = {
  'skills/changed': notification({ doc: 'The skills on disk changed.', params: Empty }),
} as const;
