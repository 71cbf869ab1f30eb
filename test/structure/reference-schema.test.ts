/** Our schema against the one the reference program writes: the same methods, and in their params the same members. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { appProtocol } from '../../src/protocol/app/index.ts';
import { exportJsonSchema } from '../../src/protocol/export/index.ts';
import { referenceBinary, withoutReference } from '../support/reference.ts';

/** The keywords of a schema that matter here. */
interface Json {
  readonly $ref?: string;
  readonly type?: unknown;
  readonly const?: string;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Json>>;
  readonly required?: readonly string[];
  readonly oneOf?: readonly Json[];
  readonly anyOf?: readonly Json[];
  readonly allOf?: readonly Json[];
  readonly definitions?: Readonly<Record<string, Json>>;
}

interface Shape {
  readonly members: readonly string[];
  readonly required: readonly string[];
}

/** What one program says about its methods: the params of each, and the params of each server notification. */
interface Surface {
  readonly clientRequests: ReadonlyMap<string, Shape>;
  readonly serverRequests: ReadonlyMap<string, Shape>;
  readonly serverNotifications: ReadonlyMap<string, Shape>;
  /** Every named type. */
  readonly types: ReadonlyMap<string, Shape>;
}

/** Methods that the reference knows but leaves out of its JSON Schema. */
const undocumented = ['getConversationSummary', 'gitDiffToRemote', 'getAuthStatus', 'rawResponse/completed', 'rawResponseItem/completed'];

const spelling = 'its JSON Schema spells members of variants in snake_case, its wire and its TypeScript in camelCase';
/** Methods of our own, experimental all of them. */
const own = [
  ...['thread/grants/list', 'thread/grants/revoke'],
  ...['mcpServer/oauth/callback', 'mcpServer/oauth/cancel', 'mcpServer/oauth/logout'],
];

/** The types that differ, and why. Everything else must be equal. */
const allowed: Readonly<Record<string, string>> = {
  AccountSessionsSwitchResponse: spelling,
  ThreadRealtimeItem: spelling,
  ThreadTimelineEntry: spelling,
  ResponseItem: 'members of raw model items are not checked, so that new ones pass',
};

describe.skipIf(withoutReference('comparing schemas'))('the schema of the reference', () => {
  let folder: string;
  let theirs: Surface;
  let theirStable: Surface;
  const ours = surfaceOf(true);
  const ourStable = surfaceOf(false);

  beforeAll(async () => {
    folder = await mkdtemp(join(homedir(), '.switchyard-reference-schema-'));
    theirs = await reference(join(folder, 'all'), ['--experimental']);
    theirStable = await reference(join(folder, 'stable'), []);
  }, 60_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function reference(out: string, options: readonly string[]): Promise<Surface> {
    if (referenceBinary === undefined) throw new Error('no reference');
    const env = { CODEX_HOME: folder };
    await execa(referenceBinary, ['app-server', 'generate-json-schema', '--out', out, ...options], { env, timeout: 50_000 });
    return referenceSurface(out);
  }

  test.each(['clientRequests', 'serverRequests', 'serverNotifications'] as const)('has the same %s', (kind) => {
    expect(methodsOf(ours[kind])).toEqual(methodsOf(theirs[kind]));
    expect(methodsOf(ourStable[kind])).toEqual(methodsOf(theirStable[kind]));
  });

  test.each(['clientRequests', 'serverRequests', 'serverNotifications'] as const)('has the same members in params of %s', (kind) => {
    expect(membersOf(ours[kind])).toEqual(membersOf(theirs[kind]));
    expect(membersOf(ourStable[kind])).toEqual(membersOf(theirStable[kind]));
  });

  test('needs the same params of clients', () => {
    expect(requiredOf(ours.clientRequests)).toEqual(requiredOf(theirs.clientRequests));
  });

  test('has the same members in every type that both name', () => {
    const different = [...theirs.types].flatMap(([name, other]) => {
      const mine = ours.types.get(name);
      if (name in allowed) return [];
      return mine && mine.members.join() !== other.members.join() ? [`${name}: ${mine.members} / ${other.members}`] : [];
    });
    expect(different).toEqual([]);
    expect(ours.types.size).toBeGreaterThan(700);
  });
});

const notCompared = [...undocumented, ...own];
const methodsOf = (rows: ReadonlyMap<string, Shape>) => [...rows.keys()].filter((name) => !notCompared.includes(name)).sort();
const membersOf = (rows: ReadonlyMap<string, Shape>) => listed(rows, (shape) => shape.members);
const requiredOf = (rows: ReadonlyMap<string, Shape>) => listed(rows, (shape) => shape.required);

function listed(rows: ReadonlyMap<string, Shape>, part: (shape: Shape) => readonly string[]): Record<string, string> {
  const entries = [...rows].filter(([method]) => !notCompared.includes(method));
  return Object.fromEntries(entries.map(([method, shape]) => [method, part(shape).join(' ')]).sort());
}

function surfaceOf(experimental: boolean): Surface {
  const files = exportJsonSchema(appProtocol, { experimental });
  const read = (file: string): Json => JSON.parse(files.get(file) ?? '{}');
  const { definitions } = read('definitions.json');
  const find: Find = (name) => definitions?.[name];
  const params = (file: string) => messages(read(file), find);
  return {
    clientRequests: params('client-requests.json'),
    serverRequests: params('server-requests.json'),
    serverNotifications: params('server-notifications.json'),
    types: new Map(Object.keys(definitions ?? {}).map((name) => [name, shapeOf(find(name), find)])),
  };
}

async function referenceSurface(folder: string): Promise<Surface> {
  const read = async (file: string): Promise<Json> => JSON.parse(await readFile(join(folder, file), 'utf8'));
  const params = async (file: string) => {
    const schema = await read(file);
    return messages(schema, (name) => schema.definitions?.[name]);
  };
  const bundle = JSON.parse(await readFile(join(folder, 'codex_app_server_protocol.schemas.json'), 'utf8'));
  const find = definitionFinder(bundle);
  const names = Object.keys({ ...bundle.definitions, ...bundle.definitions.v2 });
  return {
    clientRequests: await params('ClientRequest.json'),
    serverRequests: await params('ServerRequest.json'),
    serverNotifications: await params('ServerNotification.json'),
    types: new Map(names.map((name) => [name, shapeOf(find(name), find)])),
  };
}

/** Its newer definitions lie one level deeper than the older ones. */
function definitionFinder({ definitions }: { definitions: Record<string, Json> & { v2: Record<string, Json> } }): Find {
  return (name) => definitions.v2[name] ?? definitions[name];
}

const titleOf = ({ properties }: Json): string => properties?.method?.const ?? properties?.method?.enum?.[0] ?? '';

type Find = (name: string) => Json | undefined;

function messages(schema: Json, find: Find): Map<string, Shape> {
  return new Map(schema.oneOf?.map((row) => [titleOf(row), shapeOf(row.properties?.params, find)]));
}

/** Members of an object, or of all variants together; required are those that every variant requires. */
function shapeOf(node: Json | undefined, find: Find): Shape {
  if (!node) return { members: [], required: [] };
  if (node.$ref !== undefined) return shapeOf(find(node.$ref.slice(node.$ref.lastIndexOf('/') + 1)), find);
  const variants = [...(node.oneOf ?? []), ...(node.anyOf ?? [])].filter((variant) => variant.type !== 'null');
  const shapes = variants.map((variant) => shapeOf(variant, find));
  const own = [...Object.keys(node.properties ?? {}), ...(node.allOf ?? []).flatMap((part) => shapeOf(part, find).members)];
  const inAll = shapes[0]?.required.filter((name) => shapes.every((shape) => shape.required.includes(name))) ?? [];
  return {
    members: sorted([...own, ...shapes.flatMap((shape) => shape.members)]),
    required: sorted([...(node.required ?? []), ...inAll]),
  };
}

const sorted = (names: readonly string[]) => [...new Set(names)].sort();
