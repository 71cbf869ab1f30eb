/** The one watch of a connection. */
import { type MissingWatch, watchMissing } from '../../host/missing-watch.ts';
import type { ExecRequests, Handlers } from '../../protocol/exec/index.ts';
import type { Connection, ExecContext } from '../connection.ts';
import { nativePath } from '../native-paths.ts';
import { onFiles } from '../os-failures.ts';

interface Armed {
  readonly id: number;
  watch: MissingWatch | undefined;
}

export function watchHandlers(): Handlers<Pick<ExecRequests, 'fs/watchMissing'>, ExecContext> {
  const armed = new WeakMap<Connection, Armed>();
  const disarm = (connection: Connection) => {
    armed.get(connection)?.watch?.close();
    armed.delete(connection);
  };
  return {
    'fs/watchMissing': (params, { connection, afterReply }) =>
      onFiles(async () => {
        const { watchId } = params;
        if (armed.get(connection)?.id === watchId) return { watching: false };
        disarm(connection);
        const missing = params.missing.map(nativePath);
        const present = params.present === undefined ? undefined : nativePath(params.present);
        if (missing.length === 0) return { watching: false };
        const mine: Armed = { id: watchId, watch: undefined };
        armed.set(connection, mine);
        // The answer goes out before the news, however early that comes.
        let answered = false;
        let fired = false;
        const tell = () => {
          if (armed.get(connection) !== mine) return;
          armed.delete(connection);
          connection.notify('fs/missingChanged', { watchId });
        };
        mine.watch = await watchMissing({ missing, present }, () => {
          fired = true;
          if (answered) tell();
        });
        if (!mine.watch) {
          armed.delete(connection);
          return { watching: false };
        }
        connection.scope.defer(() => mine.watch?.close());
        afterReply(() => {
          answered = true;
          if (fired) tell();
        });
        return { watching: true };
      }),
  };
}
