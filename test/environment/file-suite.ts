/** What every environment's files must do beyond single operations: bounded walks, and reading in blocks. Part of the suite. */
import { createHash } from 'node:crypto';
import { appendFile, rename, symlink, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { Environment, FileSystem } from '../../src/environment/environment.ts';
import { readBlocks, readStart } from '../../src/environment/file-blocks.ts';
import type { Workspace } from '../support/workspace.ts';

type Opened = () => Promise<{ readonly environment: Environment; readonly workspace: Workspace }>;

const limits = { maxDepth: 10, maxDirectories: 100, maxEntries: 1000, followDirectorySymlinks: false, pruneHiddenDirectories: false };

export function describeTrees(name: string, opened: Opened): void {
  /** `a/one`, `a/b/two`, `.hidden/three`, a link to `a` and a link to a file. */
  const tree = async () => {
    const { environment, workspace } = await opened();
    for (const file of ['a/one', 'a/b/two', '.hidden/three']) await workspace.write(file, 'x');
    await symlink('a', workspace.path('to-a'));
    await symlink('a/one', workspace.path('to-file'));
    const walk = async (over: Partial<typeof limits> = {}, at = workspace.root) => {
      const { entries, errors, truncated } = await environment.files.walk(at, { ...limits, ...over });
      return { names: entries.map(({ path, kind }) => `${kind[0]} ${path.slice(workspace.root.length + 1)}`), errors, truncated };
    };
    return { environment, workspace, walk };
  };

  describe(`${name}: trees`, () => {
    test('a walk lists breadth first by name, and passes links over', async () => {
      const { walk } = await tree();
      expect(await walk()).toEqual({
        names: ['d .hidden', 'd a', 'f .hidden/three', 'd a/b', 'f a/one', 'f a/b/two'],
        errors: [],
        truncated: false,
      });
    });

    test('with followDirectorySymlinks a linked directory is listed under its link, and a cycle ends', async () => {
      const { walk, workspace } = await tree();
      await symlink(workspace.root, workspace.path('a', 'up'));
      const { names, truncated } = await walk({ followDirectorySymlinks: true });
      expect(names).toEqual(['d .hidden', 'd a', 'd to-a', 'f .hidden/three', 'd a/b', 'f a/one', 'd a/up', 'f a/b/two']);
      expect(truncated).toBe(false);
    });

    test('every limit bounds it: depth, directories, entries, hidden directories', async () => {
      const { walk } = await tree();
      expect((await walk({ maxDepth: 0 })).names).toEqual(['d .hidden', 'd a']);
      expect(await walk({ maxDirectories: 2 })).toEqual({ names: ['d .hidden', 'd a', 'f .hidden/three'], errors: [], truncated: true });
      expect(await walk({ maxEntries: 2 })).toEqual({ names: ['d .hidden', 'd a'], errors: [], truncated: true });
      expect((await walk({ pruneHiddenDirectories: true })).names).toEqual(['d .hidden', 'd a', 'd a/b', 'f a/one', 'f a/b/two']);
    });

    test('a root that is a file gives nothing, one that is missing rejects', async () => {
      const { walk, workspace } = await tree();
      expect(await walk({}, workspace.path('a', 'one'))).toEqual({ names: [], errors: [], truncated: false });
      await expect(walk({}, workspace.path('none'))).rejects.toMatchObject({ code: 'ENOENT' });
    });
  });

  describe(`${name}: blocks`, () => {
    const block = 1024 * 1024;
    const content = Buffer.alloc(5 * block + 7, 'sixteen bytes !\n');
    const sum = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
    const whole = async (files: FileSystem, path: string) => {
      const blocks: Buffer[] = [];
      for await (const one of readBlocks(files, path)) blocks.push(one);
      return { sizes: blocks.map(({ length }) => length), sum: sum(Buffer.concat(blocks)) };
    };

    test('a large file comes in blocks, and whole when its size is known', async () => {
      const { environment, workspace } = await opened();
      const path = workspace.path('large');
      await writeFile(path, content);
      expect(await whole(environment.files, path)).toEqual({ sizes: [block, block, block, block, block, 7], sum: sum(content) });
      const read = await environment.files.readFile(path, { sizeBytes: content.length });
      expect([read.length, sum(read)]).toEqual([content.length, sum(content)]);
      expect((await readStart(environment.files, path, block + 3)).equals(content.subarray(0, block + 3))).toBe(true);
      expect((await readStart(environment.files, path, 10 * block)).length).toBe(content.length);
    });

    test('files of no bytes and of exactly one block end where they end', async () => {
      const { environment, workspace } = await opened();
      for (const size of [0, block]) {
        await writeFile(workspace.path('file'), content.subarray(0, size));
        expect(await whole(environment.files, workspace.path('file'))).toEqual({
          sizes: size === 0 ? [] : [size],
          sum: sum(content.subarray(0, size)),
        });
      }
    });

    test('an open file stays the file that was opened, and any offset can be read', async () => {
      const { environment, workspace } = await opened();
      await workspace.write('file', 'first content');
      await using file = await environment.files.open(workspace.path('file'));
      await workspace.write('other', 'second');
      await rename(workspace.path('other'), workspace.path('file'));
      expect((await file.read(6, 7)).toString()).toBe('content');
      expect((await file.read(100, 5)).length).toBe(0);
    });

    test('what grows meanwhile is read to its end', async () => {
      const { environment, workspace } = await opened();
      const path = workspace.path('log');
      await writeFile(path, 'one');
      await using file = await environment.files.open(path);
      expect((await file.read(0, block)).toString()).toBe('one');
      await appendFile(path, ' two');
      expect((await file.read(3, block)).toString()).toBe(' two');
    });

    test('a missing file and a directory are refused at once', async () => {
      const { environment, workspace } = await opened();
      await expect(environment.files.open(workspace.path('none'))).rejects.toMatchObject({ code: 'ENOENT' });
      await expect(environment.files.open(workspace.root)).rejects.toThrow(/is not a file/);
    });

    test('many files can be read one after the other: each is closed again', async () => {
      const { environment, workspace } = await opened();
      await workspace.write('file', 'x');
      for (let count = 0; count < 150; count += 1) {
        expect((await readStart(environment.files, workspace.path('file'), 1)).toString()).toBe('x');
      }
    });
  });

  test(`${name}: discovery finds what lies below roots, in their order, and a bad root spoils no other`, async () => {
    const { environment, workspace } = await opened();
    const files = {
      'kit/.codex-plugin/plugin.json': '{"name":"kit"}',
      'kit/.mcp.json': '{"mcpServers":{}}',
      'kit/skills/one/SKILL.md': 'one',
      'kit/skills/one/agents/openai.yaml': 'interface: {}',
    };
    for (const [file, text] of Object.entries(files)) await workspace.write(file, text);
    const uri = (path: string) => `file://${workspace.path(path)}`;
    const file = (path: keyof typeof files) => ({ path: uri(path), contents: files[path] });
    const roots = ['none', 'kit', 'kit/skills'].map((path) => ({ id: path, uri: uri(path) }));
    const skills = [{ instructions: file('kit/skills/one/SKILL.md'), metadata: file('kit/skills/one/agents/openai.yaml') }];
    const rest = { namespaceManifests: [file('kit/.codex-plugin/plugin.json')], warnings: [], error: null };
    const failed = { plugin: null, skills: [], namespaceManifests: [], warnings: [] };
    expect(await environment.discover(roots, new AbortController().signal)).toEqual([
      {
        ...{ id: 'none', path: uri('none'), ...failed },
        error: `failed to inspect capability root ${uri('none')}: No such file or directory (os error 2)`,
      },
      {
        ...{ id: 'kit', path: uri('kit'), skills, ...rest },
        plugin: { manifest: file('kit/.codex-plugin/plugin.json'), mcpConfig: file('kit/.mcp.json'), appsConfig: null },
      },
      { id: 'kit/skills', path: uri('kit/skills'), plugin: null, skills, ...rest },
    ]);
  });
}
