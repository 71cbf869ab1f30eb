import { transform } from 'esbuild';
import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { appProtocol } from '../../src/protocol/app/index.ts';
import { exportJsonSchema, exportTypeScript, generatedFiles } from '../../src/protocol/export/index.ts';
import { experimental, json, NoParams, opt, uint } from '../../src/protocol/fields.ts';
import { notification, type Protocol, request, schema } from '../../src/rpc/contract.ts';

const Colour = schema('Colour', () => z.enum(['red', 'blue']));
const Box = schema('Box', () => z.object({ size: z._default(uint(), 1), colour: Colour() }));
const OnlyNew = schema('OnlyNew', () => z.object({ a: z.string() }));
const PutParams = schema('PutParams', () =>
  z.object({ box: Box(), note: opt(z.string()), paint: opt(Colour()), value: json(), later: experimental(opt(OnlyNew())) }),
);
const PutResponse = schema('PutResponse', () => z.object({ box: Box(), owner: z.nullable(z.string()) }));
const Shape = schema('Shape', () =>
  z.discriminatedUnion('type', [z.object({ type: z.literal('dot') }), experimental(z.object({ type: z.literal('line'), length: uint() }))]),
);

const protocol: Protocol = {
  clientRequests: {
    'box/put': request({ doc: 'Puts a box.', params: PutParams, result: PutResponse }),
    'box/clear': request({ doc: 'Removes all boxes.', params: NoParams, result: PutResponse, noParams: true }),
    'box/fold': request({ doc: 'Folds a box.', params: OnlyNew, result: PutResponse, experimental: true }),
  },
  clientNotifications: {},
  serverRequests: {},
  serverNotifications: { 'box/changed': notification({ doc: 'A box changed.', params: Shape }) },
};

const parsed = (files: ReadonlyMap<string, string>, name: string) => JSON.parse(files.get(name) ?? 'null');

describe('JSON Schema', () => {
  const files = exportJsonSchema(protocol, { experimental: true });
  const { definitions } = parsed(files, 'definitions.json');

  test('what clients write may leave defaults out and use null for absence', () => {
    expect(definitions.PutParams).toEqual({
      type: 'object',
      properties: {
        box: { $ref: '#/definitions/BoxParam' },
        note: { type: ['string', 'null'] },
        paint: { anyOf: [{ $ref: '#/definitions/Colour' }, { type: 'null' }] },
        value: {},
        later: { 'x-experimental': true, anyOf: [{ $ref: '#/definitions/OnlyNew' }, { type: 'null' }] },
      },
      required: ['box', 'value'],
    });
    expect(definitions.BoxParam.required).toEqual(['colour']);
  });

  test('what the server writes has every member', () => {
    expect(definitions.Box.required).toEqual(['size', 'colour']);
    expect(definitions.PutResponse).toEqual({
      type: 'object',
      properties: { box: { $ref: '#/definitions/Box' }, owner: { type: ['string', 'null'] } },
      required: ['box', 'owner'],
    });
  });

  test('a request is a message with its method, and names its result', () => {
    const [put, clear] = parsed(files, 'client-requests.json').oneOf;
    expect(put).toEqual({
      title: 'box/put',
      description: 'Puts a box.',
      type: 'object',
      properties: {
        method: { const: 'box/put' },
        id: { type: ['string', 'integer'] },
        params: { $ref: 'definitions.json#/definitions/PutParams' },
      },
      required: ['method', 'id', 'params'],
      'x-result': { $ref: 'definitions.json#/definitions/PutResponse' },
    });
    expect(clear.required).toEqual(['method', 'id']);
  });

  test('two schemas of one name are a mistake', () => {
    const other = schema('Colour', () => z.string());
    const clientRequests = { ...protocol.clientRequests, 'box/dye': request({ doc: 'Dyes.', params: other, result: PutResponse }) };
    expect(() => exportJsonSchema({ ...protocol, clientRequests }, { experimental: true })).toThrow('two schemas are named Colour');
  });
});

describe('without what is experimental', () => {
  const files = exportJsonSchema(protocol, { experimental: false });
  const { definitions } = parsed(files, 'definitions.json');

  test('methods, members, variants and the types only they need are gone', () => {
    expect(parsed(files, 'client-requests.json').oneOf.map(({ title }: { title: string }) => title)).toEqual(['box/put', 'box/clear']);
    expect(Object.keys(definitions.PutParams.properties)).toEqual(['box', 'note', 'paint', 'value']);
    expect(definitions.Shape.oneOf).toHaveLength(1);
    expect(definitions).not.toHaveProperty('OnlyNew');
  });

  test('nothing of the app protocol is left marked or dangling', () => {
    const app = exportJsonSchema(appProtocol, { experimental: false });
    const text = [...app.values()].join('\n');
    expect(text).not.toContain('x-experimental');
    const names = new Set(Object.keys(parsed(app, 'definitions.json').definitions));
    const refs = [...text.matchAll(/#\/definitions\/(\w+)/g)].map(([, name]) => name ?? '');
    expect(refs.filter((name) => !names.has(name))).toEqual([]);
  });
});

describe('TypeScript', () => {
  test('types and methods read like declarations', () => {
    const files = exportTypeScript(protocol, { experimental: true });
    expect(files.get('types.ts')).toContain(
      [
        'export type PutParams = {',
        '  box: BoxParam;',
        '  note?: string | null;',
        '  paint?: Colour | null;',
        '  value: unknown;',
        '  /** Experimental. */',
        '  later?: OnlyNew | null;',
        '};',
      ].join('\n'),
    );
    expect(files.get('methods.ts')).toContain("  /** Puts a box. */\n  'box/put': { params: PutParams; result: PutResponse };");
    expect(files.get('methods.ts')).toContain("'box/clear': { params?: NoParams; result: PutResponse };");
  });

  test.each([true, false])('of the app protocol is well formed (experimental: %s)', async (experimental) => {
    for (const [name, text] of exportTypeScript(appProtocol, { experimental })) {
      const { warnings } = await transform(text, { loader: 'ts', sourcefile: name });
      expect(warnings).toEqual([]);
    }
  });
});

test('the reference page has a line for each method', () => {
  const page = generatedFiles(protocol, { name: 'boxes', title: 'Boxes' }).get('docs/reference/boxes.md') ?? '';
  expect(page).toContain('| `box/put` | Puts a box. | `PutParams` | `PutResponse` | stable |');
  expect(page).toContain('| `box/clear` | Removes all boxes. | none | `PutResponse` | stable |');
  expect(page).toContain('| `box/fold` | Folds a box. | `OnlyNew` | `PutResponse` | experimental |');
  expect(page).toContain('| `box/changed` | A box changed. | `Shape` | stable |');
});
