/** Names of MCP tools: legal, unique, short, and the same in any order. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { modelNames, type RawTool } from '../../src/mcp/tool-names.ts';

const joined = (tools: readonly RawTool[]) => {
  const names = modelNames(tools);
  return tools.map((tool) => {
    const name = names.get(tool);
    return `${name?.namespace}/${name?.name}`;
  });
};

describe('names of MCP tools', () => {
  test('tools whose names fall together both get a hash', () => {
    const tools = ['odd name.with-marks/é', 'odd_name_with_marks__'].map((tool) => ({ server: 'fix', tool }));
    expect(joined(tools)).toEqual(['mcp__fix/odd_name_with_marks___f8e41e7d7514', 'mcp__fix/odd_name_with_marks___7457f9dfd68d']);
    expect(joined([...tools].reverse()).reverse()).toEqual(joined(tools));
  });

  test('servers whose names fall together both get a hash', () => {
    const tools = ['plug:one@x/y.z-1', 'plug_one_x_y_z_1'].map((server) => ({ server, tool: 'echo' }));
    expect(joined(tools).sort()).toEqual(['mcp__plug_one_x_y_z_1_1dca8e62a14a/echo', 'mcp__plug_one_x_y_z_1_62f7ae4c38c3/echo']);
  });

  test('underscores at the seam do not make two tools one', () => {
    const tools = [
      { server: '    ', tool: '---' },
      { server: '  ', tool: '-----' },
    ];
    const full = [...modelNames(tools).values()].map(({ namespace, name }) => `${namespace}__${name}`);
    expect(new Set(full).size).toBe(2);
  });

  test('names are legal, unique and short whatever servers say', () => {
    const tool = fc.record({ server: fc.string({ minLength: 1, maxLength: 150 }), tool: fc.string({ maxLength: 200, unit: 'binary' }) });
    fc.assert(
      fc.property(fc.uniqueArray(tool, { selector: ({ server, tool: name }) => `${server}\0${name}`, maxLength: 12 }), (tools) => {
        const names = [...modelNames(tools).values()];
        const full = names.map(({ namespace, name }) => `${namespace}__${name}`);
        expect(new Set(full).size).toBe(tools.length);
        for (const one of full) expect(one).toMatch(/^[A-Za-z0-9_]{1,128}$/);
      }),
      { numRuns: 40 },
    );
  });
});
