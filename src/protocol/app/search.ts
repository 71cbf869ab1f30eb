/** Finding files by an approximate name. */
import * as z from 'zod/mini';
import { notification, type Out, request, schema } from '../../rpc/contract.ts';
import { Empty, opt } from '../fields.ts';
import { perSearch } from '../lanes.ts';

export const FuzzyFileSearchMatchType = schema('FuzzyFileSearchMatchType', () => z.enum(['file', 'directory']));
export type FuzzyFileSearchMatchType = Out<typeof FuzzyFileSearchMatchType>;

export const FuzzyFileSearchResult = schema('FuzzyFileSearchResult', () =>
  z.object({
    root: z.string(),
    path: z.string(),
    match_type: FuzzyFileSearchMatchType(),
    file_name: z.string(),
    score: z.uint32(),
    indices: z.nullable(z.array(z.uint32())),
  }),
);
export type FuzzyFileSearchResult = Out<typeof FuzzyFileSearchResult>;

export const FuzzyFileSearchParams = schema('FuzzyFileSearchParams', () =>
  z.object({ query: z.string(), roots: z.array(z.string()), cancellationToken: opt(z.string()) }),
);
export type FuzzyFileSearchParams = Out<typeof FuzzyFileSearchParams>;

export const FuzzyFileSearchResponse = schema('FuzzyFileSearchResponse', () => z.object({ files: z.array(FuzzyFileSearchResult()) }));
export type FuzzyFileSearchResponse = Out<typeof FuzzyFileSearchResponse>;

export const FuzzyFileSearchSessionStartParams = schema('FuzzyFileSearchSessionStartParams', () =>
  z.object({ sessionId: z.string(), roots: z.array(z.string()) }),
);
export type FuzzyFileSearchSessionStartParams = Out<typeof FuzzyFileSearchSessionStartParams>;

export const FuzzyFileSearchSessionUpdateParams = schema('FuzzyFileSearchSessionUpdateParams', () =>
  z.object({ sessionId: z.string(), query: z.string() }),
);
export type FuzzyFileSearchSessionUpdateParams = Out<typeof FuzzyFileSearchSessionUpdateParams>;

export const FuzzyFileSearchSessionStopParams = schema('FuzzyFileSearchSessionStopParams', () => z.object({ sessionId: z.string() }));
export type FuzzyFileSearchSessionStopParams = Out<typeof FuzzyFileSearchSessionStopParams>;

export const FuzzyFileSearchSessionUpdatedNotification = schema('FuzzyFileSearchSessionUpdatedNotification', () =>
  z.object({ sessionId: z.string(), query: z.string(), files: z.array(FuzzyFileSearchResult()) }),
);
export type FuzzyFileSearchSessionUpdatedNotification = Out<typeof FuzzyFileSearchSessionUpdatedNotification>;

export const FuzzyFileSearchSessionCompletedNotification = schema('FuzzyFileSearchSessionCompletedNotification', () =>
  z.object({ sessionId: z.string() }),
);
export type FuzzyFileSearchSessionCompletedNotification = Out<typeof FuzzyFileSearchSessionCompletedNotification>;

export const searchRequests = {
  fuzzyFileSearch: request({
    doc: 'Finds files by an approximate name, once.',
    params: FuzzyFileSearchParams,
    result: FuzzyFileSearchResponse,
  }),
  'fuzzyFileSearch/sessionStart': request({
    doc: 'Opens a file search that is refined while the user types.',
    params: FuzzyFileSearchSessionStartParams,
    result: Empty,
    lane: perSearch,
    experimental: true,
  }),
  'fuzzyFileSearch/sessionUpdate': request({
    doc: 'Changes the query of a file search.',
    params: FuzzyFileSearchSessionUpdateParams,
    result: Empty,
    lane: perSearch,
    experimental: true,
  }),
  'fuzzyFileSearch/sessionStop': request({
    doc: 'Closes a file search.',
    params: FuzzyFileSearchSessionStopParams,
    result: Empty,
    lane: perSearch,
    experimental: true,
  }),
} as const;

export const searchNotifications = {
  'fuzzyFileSearch/sessionUpdated': notification({ doc: 'Matches of a file search.', params: FuzzyFileSearchSessionUpdatedNotification }),
  'fuzzyFileSearch/sessionCompleted': notification({
    doc: 'A file search has seen every file for its query.',
    params: FuzzyFileSearchSessionCompletedNotification,
  }),
} as const;
