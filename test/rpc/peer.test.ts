import { expect, test } from 'vitest';
import * as z from 'zod';
import { notification, request, schema } from '../../src/rpc/contract.ts';
import { peerPair } from '../support/peer-pair.ts';

const EchoParams = schema('EchoParams', () => z.object({ text: z.string() }));
const EchoResponse = schema('EchoResponse', () => z.object({ text: z.string() }));
const protocol = {
  clientRequests: { echo: request({ doc: '', params: EchoParams, result: EchoResponse }) },
  clientNotifications: { initialized: notification({ doc: '', params: schema('None', () => z.undefined()) }) },
  serverRequests: { ask: request({ doc: '', params: EchoParams, result: EchoResponse }) },
  serverNotifications: { said: notification({ doc: '', params: EchoParams }) },
};

test('calls go both ways and the answer precedes what it caused', async () => {
  await using pair = peerPair({
    protocol,
    onServer: {
      echo: (params, call) => {
        call.afterReply(() => pair.server.notify('said', { text: 'after' }));
        return { text: params.text };
      },
    },
    onClient: { ask: (params) => ({ text: `${params.text}!` }) },
  });
  expect(await pair.client.request('echo', { text: 'hi' })).toEqual({ text: 'hi' });
  expect(await pair.server.request('ask', { text: 'ok' })).toEqual({ text: 'ok!' });
  expect(pair.received).toEqual([{ method: 'said', params: { text: 'after' } }]);
});
