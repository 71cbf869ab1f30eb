/** Finds out that the other side of a WebSocket is gone although nothing said so: a cut cable, a machine asleep. */
import type { WebSocket } from 'ws';

/**
 * Pings every `everyMs`; when a whole interval after a ping brought nothing at all, the connection is cut. Answers come from
 * the other side's WebSocket layer, so a busy server counts as alive. Ends with the connection.
 */
export function keepAlive(ws: WebSocket, everyMs: number): void {
  let heard = true;
  const alive = () => {
    heard = true;
  };
  for (const event of ['pong', 'ping', 'message'] as const) ws.on(event, alive);
  const timer = setInterval(() => {
    // While we do not read we cannot hear.
    if (!heard && !ws.isPaused) ws.terminate();
    else if (ws.readyState === ws.OPEN) {
      heard = false;
      ws.ping();
    }
  }, everyMs);
  timer.unref();
  ws.once('close', () => clearInterval(timer));
}
