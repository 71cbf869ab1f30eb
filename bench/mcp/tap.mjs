// Stands between the program and an exec-server, notes every frame, and breaks the connection where it is told to.
import { WebSocket, WebSocketServer } from 'ws';

/**
 * `fault({ direction, message, text })` may return `'cut'`: the frame is lost and the connection with it. `text` is what a
 * `process/write` carries. `cut` breaks the connection of now.
 */
export async function openTap({ port, upstream, fault = () => undefined }) {
  const frames = [];
  const pairs = new Set();
  const server = new WebSocketServer({ port, host: '127.0.0.1' });
  await new Promise((resolve) => server.once('listening', resolve));
  server.on('connection', (client) => {
    const executor = new WebSocket(upstream);
    const pair = { client, executor };
    pairs.add(pair);
    const cut = () => {
      pairs.delete(pair);
      client.terminate();
      executor.terminate();
    };
    const opened = new Promise((resolve) => executor.once('open', resolve));
    const pass = (direction, to) => async (data, isBinary) => {
      const message = isBinary ? undefined : JSON.parse(data.toString());
      const text = message && decoded(message);
      frames.push({ direction, message, text });
      if (fault({ direction, message, text }) === 'cut') return cut();
      await opened;
      if (to.readyState === WebSocket.OPEN) to.send(data, { binary: isBinary });
    };
    client.on('message', pass('->', executor));
    executor.on('message', pass('<-', client));
    for (const socket of [client, executor]) {
      socket.on('error', cut);
      socket.on('close', cut);
    }
  });
  const cutAll = () => {
    for (const { client, executor } of [...pairs]) {
      client.terminate();
      executor.terminate();
    }
  };
  return {
    frames,
    cut: cutAll,
    close: () => {
      cutAll();
      server.close();
    },
  };
}

/** What the frame carries in base64; undefined: nothing. */
function decoded({ params }) {
  const packed = params?.chunk ?? params?.bodyBase64;
  return typeof packed === 'string' ? Buffer.from(packed, 'base64').toString('utf8') : undefined;
}
