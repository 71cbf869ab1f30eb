/** The numbers that clients see for each kind of error. */
import { expect, test } from 'vitest';
import { appDialect, execDialect } from '../../src/rpc/dialect.ts';

test('app protocol: nearly everything is an invalid request', () => {
  expect(appDialect.errorNumbers).toEqual({
    invalidRequest: -32600,
    methodNotFound: -32600,
    unsupported: -32601,
    invalidParams: -32602,
    internal: -32603,
    overloaded: -32001,
    notFound: -32600,
    unauthorized: -32600,
  });
});

test('exec protocol', () => {
  expect(execDialect.errorNumbers).toEqual({
    invalidRequest: -32600,
    methodNotFound: -32601,
    unsupported: -32601,
    invalidParams: -32602,
    internal: -32603,
    overloaded: -32001,
    notFound: -32004,
    unauthorized: -32600,
  });
});
