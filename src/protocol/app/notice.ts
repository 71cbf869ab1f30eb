/** Warnings and errors for the user. */
import * as z from 'zod/mini';
import { notification, type Out, schema } from '../../rpc/contract.ts';
import { TextRange } from './content.ts';
import { TurnError } from './turn.ts';

export const ErrorNotification = schema('ErrorNotification', () =>
  z.object({ error: TurnError(), willRetry: z.boolean(), threadId: z.string(), turnId: z.string() }),
);
export type ErrorNotification = Out<typeof ErrorNotification>;

export const WarningNotification = schema('WarningNotification', () => z.object({ threadId: z.nullable(z.string()), message: z.string() }));
export type WarningNotification = Out<typeof WarningNotification>;

export const DeprecationNoticeNotification = schema('DeprecationNoticeNotification', () =>
  z.object({ summary: z.string(), details: z.nullable(z.string()) }),
);
export type DeprecationNoticeNotification = Out<typeof DeprecationNoticeNotification>;

export const ConfigWarningNotification = schema('ConfigWarningNotification', () =>
  z.object({ summary: z.string(), details: z.nullable(z.string()), path: z.nullish(z.string()), range: z.nullish(TextRange()) }),
);
export type ConfigWarningNotification = Out<typeof ConfigWarningNotification>;

export const noticeNotifications = {
  error: notification({ doc: 'A failure inside a turn; `willRetry` tells whether the turn goes on.', params: ErrorNotification }),
  warning: notification({ doc: 'Something the user should know; nothing failed.', params: WarningNotification }),
  deprecationNotice: notification({ doc: 'The client used something that will go away.', params: DeprecationNoticeNotification }),
  configWarning: notification({ doc: 'The configuration has a problem.', params: ConfigWarningNotification }),
} as const;
