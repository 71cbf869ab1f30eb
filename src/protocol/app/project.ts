/** Projects: named groups of directories that threads belong to. */
import * as z from 'zod/mini';
import { notification, type Out, request, schema } from '../../rpc/contract.ts';
import { absolutePath, Empty, int64, opt } from '../fields.ts';
import { exclusive, shared } from '../lanes.ts';
import { SortDirection } from './content.ts';

export const ProjectRoot = schema('ProjectRoot', () => z.object({ path: absolutePath() }));
export type ProjectRoot = Out<typeof ProjectRoot>;

export const Project = schema('Project', () =>
  z.object({
    id: z.string(),
    name: z.string(),
    roots: z.array(ProjectRoot()),
    metadata: z.record(z.string(), z.string()),
    position: int64(),
    createdAt: int64(),
    updatedAt: int64(),
    recencyAt: z.nullable(int64()),
  }),
);
export type Project = Out<typeof Project>;

export const ProjectSortKey = schema('ProjectSortKey', () => z.enum(['position', 'recencyAt']));
export type ProjectSortKey = Out<typeof ProjectSortKey>;

export const ProjectChangeType = schema('ProjectChangeType', () => z.enum(['created', 'updated', 'deleted']));
export type ProjectChangeType = Out<typeof ProjectChangeType>;

export const ProjectListParams = schema('ProjectListParams', () =>
  z.object({ cursor: opt(z.string()), limit: opt(z.uint32()), sortKey: opt(ProjectSortKey()), sortDirection: opt(SortDirection()) }),
);
export type ProjectListParams = Out<typeof ProjectListParams>;

export const ProjectListResponse = schema('ProjectListResponse', () =>
  z.object({ data: z.array(Project()), nextCursor: z.nullable(z.string()) }),
);
export type ProjectListResponse = Out<typeof ProjectListResponse>;

export const ProjectReadParams = schema('ProjectReadParams', () => z.object({ projectId: z.string() }));
export type ProjectReadParams = Out<typeof ProjectReadParams>;

export const ProjectReadResponse = schema('ProjectReadResponse', () => z.object({ project: Project() }));
export type ProjectReadResponse = Out<typeof ProjectReadResponse>;

export const ProjectCreateParams = schema('ProjectCreateParams', () =>
  z.object({
    name: z.string(),
    roots: z.array(ProjectRoot()),
    metadata: opt(z.record(z.string(), z.string())),
    idempotencyKey: z.string(),
  }),
);
export type ProjectCreateParams = Out<typeof ProjectCreateParams>;

export const ProjectCreateResponse = schema('ProjectCreateResponse', () => z.object({ project: Project() }));
export type ProjectCreateResponse = Out<typeof ProjectCreateResponse>;

export const ProjectImportParams = schema('ProjectImportParams', () =>
  z.object({
    name: z.string(),
    roots: z.array(ProjectRoot()),
    metadata: opt(z.record(z.string(), z.string())),
    threads: opt(z.array(z.string())),
    idempotencyKey: z.string(),
  }),
);
export type ProjectImportParams = Out<typeof ProjectImportParams>;

export const ProjectImportResponse = schema('ProjectImportResponse', () => z.object({ project: Project() }));
export type ProjectImportResponse = Out<typeof ProjectImportResponse>;

export const ProjectUpdateParams = schema('ProjectUpdateParams', () =>
  z.object({
    projectId: z.string(),
    name: opt(z.string()),
    roots: opt(z.array(ProjectRoot())),
    metadata: opt(z.record(z.string(), z.string())),
  }),
);
export type ProjectUpdateParams = Out<typeof ProjectUpdateParams>;

export const ProjectUpdateResponse = schema('ProjectUpdateResponse', () => z.object({ project: Project() }));
export type ProjectUpdateResponse = Out<typeof ProjectUpdateResponse>;

export const ProjectMoveParams = schema('ProjectMoveParams', () => z.object({ projectId: z.string(), beforeProjectId: opt(z.string()) }));
export type ProjectMoveParams = Out<typeof ProjectMoveParams>;

export const ProjectDeleteParams = schema('ProjectDeleteParams', () => z.object({ projectId: z.string() }));
export type ProjectDeleteParams = Out<typeof ProjectDeleteParams>;

export const ProjectChangedNotification = schema('ProjectChangedNotification', () =>
  z.object({ projectId: z.string(), changeType: ProjectChangeType() }),
);
export type ProjectChangedNotification = Out<typeof ProjectChangedNotification>;

export const ThreadProjectUpdatedNotification = schema('ThreadProjectUpdatedNotification', () =>
  z.object({ threadId: z.string(), projectId: z.nullable(z.string()) }),
);
export type ThreadProjectUpdatedNotification = Out<typeof ThreadProjectUpdatedNotification>;

export const projectRequests = {
  'project/list': request({
    doc: 'Lists projects.',
    params: ProjectListParams,
    result: ProjectListResponse,
    lane: shared('project'),
    experimental: true,
  }),
  'project/read': request({
    doc: 'Reads one project.',
    params: ProjectReadParams,
    result: ProjectReadResponse,
    lane: shared('project'),
    experimental: true,
  }),
  'project/create': request({
    doc: 'Creates a project.',
    params: ProjectCreateParams,
    result: ProjectCreateResponse,
    lane: exclusive('project'),
    experimental: true,
  }),
  'project/import': request({
    doc: 'Creates or matches projects from directories the client knows.',
    params: ProjectImportParams,
    result: ProjectImportResponse,
    lane: exclusive('project'),
    experimental: true,
  }),
  'project/update': request({
    doc: 'Changes a project.',
    params: ProjectUpdateParams,
    result: ProjectUpdateResponse,
    lane: exclusive('project'),
    experimental: true,
  }),
  'project/move': request({
    doc: 'Changes the position of a project.',
    params: ProjectMoveParams,
    result: Empty,
    lane: exclusive('project'),
    experimental: true,
  }),
  'project/delete': request({
    doc: 'Deletes a project; its threads stay.',
    params: ProjectDeleteParams,
    result: Empty,
    lane: exclusive('project'),
    experimental: true,
  }),
} as const;

export const projectNotifications = {
  'project/changed': notification({ doc: 'A project was created, changed or deleted.', params: ProjectChangedNotification }),
  'thread/project/updated': notification({ doc: 'A thread moved to another project.', params: ThreadProjectUpdatedNotification }),
} as const;
