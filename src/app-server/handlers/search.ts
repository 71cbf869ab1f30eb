/** `fuzzyFileSearch*`: one search, or a session that is refined while the user types. */
import { delay } from '../../base/abort.ts';
import { internalError, invalidRequest, isCancelled } from '../../base/errors.ts';
import type { Scope } from '../../base/scope.ts';
import type { ClientRequests, Handlers } from '../../protocol/app/index.ts';
import type { Connection, RequestContext } from '../connection.ts';
import { type FileSearchDeps, listFiles, rank, type SearchEntry } from '../file-search.ts';

type SearchMethods = 'fuzzyFileSearch' | 'fuzzyFileSearch/sessionStart' | 'fuzzyFileSearch/sessionUpdate' | 'fuzzyFileSearch/sessionStop';

interface Session {
  readonly scope: Scope;
  readonly entries: Promise<SearchEntry[]>;
  /** The search of the latest query; the one before it is given up. */
  current: Scope | undefined;
}

interface Searches {
  readonly sessions: Map<string, Session>;
  readonly byToken: Map<string, Scope>;
}

/** A client that asks within this time hears the answer alone. */
const firstQueryMs = 100;

const listAll = async (deps: FileSearchDeps, roots: readonly string[], scope: Scope): Promise<SearchEntry[]> =>
  (await Promise.all(roots.map((root) => listFiles(deps, root, scope)))).flat();

export const searchHandlers = (deps: FileSearchDeps): Handlers<Pick<ClientRequests, SearchMethods>, RequestContext> => {
  const tables = new WeakMap<Connection, Searches>();
  const searchesOf = (connection: Connection): Searches => {
    let table = tables.get(connection);
    if (!table) tables.set(connection, (table = { sessions: new Map(), byToken: new Map() }));
    return table;
  };

  const update = async (session: Session, sessionId: string, query: string, context: RequestContext): Promise<void> => {
    void session.current?.close();
    const search = session.scope.child('search');
    session.current = search;
    try {
      const files = await rank(query, await session.entries, search.signal);
      context.client.notify('fuzzyFileSearch/sessionUpdated', { sessionId, query, files });
      context.client.notify('fuzzyFileSearch/sessionCompleted', { sessionId });
    } catch (error) {
      if (!isCancelled(error)) context.log.warn('a file search failed', { error });
    } finally {
      await search.close();
    }
  };

  /** Tells that the files are known, unless a query that asks for them will. */
  const begun = async (session: Session, sessionId: string, context: RequestContext): Promise<void> => {
    const waited = Promise.all([session.entries, delay(firstQueryMs, session.scope.signal)]);
    // Whoever asks hears of a failed listing, and a session that was stopped has nothing to tell.
    const ready = await waited.then(
      () => true,
      () => false,
    );
    if (!ready || session.current) return;
    context.client.notify('fuzzyFileSearch/sessionUpdated', { sessionId, query: '', files: [] });
    context.client.notify('fuzzyFileSearch/sessionCompleted', { sessionId });
  };

  return {
    fuzzyFileSearch: async ({ query, roots, cancellationToken }, context) => {
      if (query.trim() === '' || roots.length === 0) return { files: [] };
      const { byToken } = searchesOf(context.connection);
      const scope = context.connection.scope.child('file search');
      if (cancellationToken !== undefined) {
        void byToken.get(cancellationToken)?.close();
        byToken.set(cancellationToken, scope);
      }
      try {
        return { files: await rank(query, await listAll(deps, roots, scope), scope.signal) };
      } catch (error) {
        if (isCancelled(error)) return { files: [] };
        throw error;
      } finally {
        if (cancellationToken !== undefined && byToken.get(cancellationToken) === scope) byToken.delete(cancellationToken);
        await scope.close();
      }
    },
    'fuzzyFileSearch/sessionStart': ({ sessionId, roots }, context) => {
      if (sessionId === '') throw invalidRequest('sessionId must not be empty');
      if (roots.length === 0) throw internalError('failed to start fuzzy file search session: at least one search directory is required');
      const { sessions } = searchesOf(context.connection);
      void sessions.get(sessionId)?.scope.close();
      const scope = context.connection.scope.child(`file search ${sessionId}`);
      const entries = listAll(deps, roots, scope);
      // Whoever asks for results hears of a failed listing.
      entries.catch(() => {});
      const session: Session = { scope, entries, current: undefined };
      sessions.set(sessionId, session);
      context.afterReply(() => void begun(session, sessionId, context));
      return {};
    },
    'fuzzyFileSearch/sessionUpdate': ({ sessionId, query }, context) => {
      const session = searchesOf(context.connection).sessions.get(sessionId);
      if (!session) throw invalidRequest(`fuzzy file search session not found: ${sessionId}`);
      context.afterReply(() => void update(session, sessionId, query, context));
      return {};
    },
    'fuzzyFileSearch/sessionStop': async ({ sessionId }, context) => {
      const { sessions } = searchesOf(context.connection);
      const session = sessions.get(sessionId);
      sessions.delete(sessionId);
      await session?.scope.close();
      return {};
    },
  };
};
