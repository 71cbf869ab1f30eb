/** The one watch of a connection. */
import { type MissingWatch, watchMissing } from '../../host/missing-watch.ts';
import type { ExecRequests, Handlers } from '../../protocol/exec/index.ts';
import type { Connection, ExecContext } from '../connection.ts';
import { nativePathOrNone } from '../native-paths.ts';
import { onFiles } from '../os-failures.ts';

interface Armed {
  /** Of the newest call, whatever became of it. */
  readonly id: number;
  watch: MissingWatch | undefined;
}

export function watchHandlers(): Handlers<Pick<ExecRequests, 'fs/watchMissing'>, ExecContext> {
  const newest = new WeakMap<Connection, Armed>();
  return {
    'fs/watchMissing': (params, { connection, afterReply }) =>
      onFiles(async () => {
        const { watchId } = params;
        const before = newest.get(connection);
        // Calls may be handled side by side: what came later has the higher id and is the one that counts.
        if (before && watchId <= before.id) return { watching: false };
        before?.watch?.close();
        const mine: Armed = { id: watchId, watch: undefined };
        newest.set(connection, mine);
        const missing = params.missing.map(nativePathOrNone);
        const present = params.present === undefined ? undefined : nativePathOrNone(params.present);
        if (missing.length === 0 || !missing.every((path) => path !== undefined)) return { watching: false };
        // The answer goes out before the news, however early that comes.
        let answered = false;
        let fired = false;
        const tell = () => {
          if (newest.get(connection) !== mine) return;
          connection.notify('fs/missingChanged', { watchId });
        };
        mine.watch = await watchMissing({ missing, present }, () => {
          fired = true;
          if (answered) tell();
        });
        if (newest.get(connection) !== mine) mine.watch?.close();
        if (!mine.watch || newest.get(connection) !== mine) return { watching: false };
        connection.scope.defer(() => mine.watch?.close());
        afterReply(() => {
          answered = true;
          if (fired) tell();
        });
        return { watching: true };
      }),
  };
}
