/** `thread/realtime/*`: voice sessions, of which none can be opened here. Clients hear so the way they hear of any failed session. */

import { type Thread, turnError } from '../../agent/thread.ts';
import type { ThreadManager } from '../../agent/threads.ts';
import { uuidv7 } from '../../base/ids.ts';
import type { ClientRequests, Handlers, RealtimeVoicesList } from '../../protocol/app/index.ts';
import type { Accounts } from '../accounts.ts';
import type { RequestContext } from '../connection.ts';

type Methods = Extract<keyof ClientRequests, `thread/realtime/${string}`>;

const shared = ['juniper', 'maple', 'spruce', 'ember', 'vale', 'breeze', 'arbor', 'sol', 'cove'] as const;

/** The names clients may show; a session in another program could use them. */
const voices: RealtimeVoicesList = {
  v1: [...shared],
  v2: ['alloy', 'ash', 'ballad', 'coral', 'echo', 'sage', 'shimmer', 'verse', 'marin', 'cedar'],
  v3: [
    ...shared,
    ...(['aube', 'bubbie', 'haetsal', 'hanul', 'himari', 'leher', 'miko', 'neer', 'porto'] as const),
    ...(['rindo', 'rio', 'rivage', 'selva', 'sonna', 'tinta', 'viola'] as const),
  ],
  defaultV1: 'cove',
  defaultV2: 'marin',
};

/** What a session that does not run makes of something sent to it. A running turn keeps its status. */
function tellNotRunning(thread: Thread): void {
  const { core } = thread;
  if (!thread.activeTurn) core.status.enter('systemError');
  const error = turnError('conversation is not running', 'badRequest');
  core.client.notify('error', { error, willRetry: false, threadId: thread.id, turnId: uuidv7() });
}

export interface RealtimeDeps {
  readonly threads: ThreadManager;
  readonly accounts: Accounts;
}

export const realtimeHandlers = ({ threads, accounts }: RealtimeDeps): Handlers<Pick<ClientRequests, Methods>, RequestContext> => {
  const append = ({ threadId }: { threadId: string }, { afterReply }: RequestContext) => {
    const thread = threads.get(threadId);
    afterReply(() => tellNotRunning(thread));
    return {};
  };
  return {
    'thread/realtime/start': async ({ threadId }, { afterReply }) => {
      const { core } = threads.get(threadId);
      const hasKey = (await accounts.apiKey()) !== undefined;
      const message = hasKey ? 'voice sessions are not offered by this server' : 'realtime conversation requires API key auth';
      afterReply(() => core.client.notify('thread/realtime/error', { threadId, message }));
      return {};
    },
    'thread/realtime/appendAudio': append,
    'thread/realtime/appendText': append,
    'thread/realtime/appendSpeech': append,
    'thread/realtime/stop': ({ threadId }, { afterReply }) => {
      const { core } = threads.get(threadId);
      afterReply(() => core.client.notify('thread/realtime/closed', { threadId, reason: 'requested' }));
      return {};
    },
    'thread/realtime/listVoices': () => ({ voices }),
  };
};
