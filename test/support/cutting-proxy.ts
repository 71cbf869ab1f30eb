/** A TCP proxy that cuts, slices, holds and delays what goes through it. */
import { connect, createServer, type Socket } from 'node:net';

export interface CuttingProxy extends AsyncDisposable {
  readonly port: number;
  /** Connections that were cut so far. */
  readonly cuts: number;
  /** Bytes, both ways together, after which the next connections are cut; asked once for each. Undefined: not at all. */
  cutAfter: () => number | undefined;
  /** How long each piece is held back, each way. */
  delayMs: number;
  /** True: every byte goes through on its own. */
  byteByByte: boolean;
  /** Cuts all connections now. */
  cut(): void;
  /** From now on nothing passes through the connections there are, and nobody is told. */
  freeze(): void;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  frozen: boolean;
}

export async function cuttingProxy(targetPort: number): Promise<CuttingProxy> {
  const pairs = new Set<Pair>();
  let cuts = 0;
  const end = (pair: Pair) => {
    if (!pairs.delete(pair)) return;
    cuts += 1;
    pair.client.resetAndDestroy();
    pair.server.resetAndDestroy();
  };
  const listener = createServer({ noDelay: true }, (client) => {
    const server = connect({ port: targetPort, host: '127.0.0.1', noDelay: true });
    const pair: Pair = { client, server, frozen: false };
    pairs.add(pair);
    let left = proxy.cutAfter() ?? Number.POSITIVE_INFINITY;
    const pass = (from: Socket, to: Socket) => {
      let slices = Promise.resolve();
      from.on('data', (bytes: Buffer) => {
        if (pair.frozen || left <= 0) return;
        const part = bytes.subarray(0, Math.min(bytes.length, left));
        left -= part.length;
        const cutNow = left <= 0;
        const forward = () => {
          if (to.writable) to.write(part, () => cutNow && end(pair));
        };
        if (proxy.byteByByte) slices = slices.then(() => sliced(part, to));
        else if (proxy.delayMs > 0) setTimeout(forward, proxy.delayMs);
        else forward();
      });
      from.on('error', () => {});
      from.on('close', () => {
        pairs.delete(pair);
        if (from === client || !pair.frozen) to.destroy();
      });
    };
    pass(client, server);
    pass(server, client);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  const proxy: CuttingProxy = {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    get cuts() {
      return cuts;
    },
    cutAfter: () => undefined,
    delayMs: 0,
    byteByByte: false,
    cut() {
      for (const pair of [...pairs]) end(pair);
    },
    freeze() {
      for (const pair of pairs) pair.frozen = true;
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
      for (const { client, server } of pairs) {
        client.destroy();
        server.destroy();
      }
      await closed;
    },
  };
  return proxy;
}

/** Each byte is on its way before the next one is written. */
async function sliced(bytes: Buffer, to: Socket): Promise<void> {
  for (const byte of bytes) {
    if (!to.writable) return;
    await new Promise<void>((written) => to.write(Buffer.of(byte), () => setImmediate(written)));
  }
}
