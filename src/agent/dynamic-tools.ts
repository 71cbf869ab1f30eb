/** Checks the tools a client declares for a thread. */
import { invalidRequest } from '../base/errors.ts';
import type { DynamicToolSpec } from '../protocol/app/index.ts';

const namePattern = /^[a-zA-Z0-9_-]+$/;
const reservedNamespaces = new Set([
  'functions',
  'web',
  'browser',
  'python',
  'python_user_visible',
  'terminal',
  'container',
  'computer',
  'image_gen',
  'file_search',
  'tool_search',
  'multi_tool_use',
  'api_tool',
  'submodel_delegator',
]);

function checkName(name: string, kind: 'name' | 'namespace', longest: number): void {
  if (!namePattern.test(name)) throw invalidRequest(`dynamic tool ${kind} must match ^[a-zA-Z0-9_-]+$ to match Responses API: ${name}`);
  if (name.length > longest) throw invalidRequest(`dynamic tool ${kind} must be at most ${longest} characters: ${name}`);
}

function checkUnique(seen: Set<string>, name: string): void {
  if (seen.has(name)) throw invalidRequest(`duplicate dynamic tool name: ${name}`);
  seen.add(name);
}

/** Throws `invalidRequest` with the first rule a declaration breaks. */
export function checkDynamicTools(specs: readonly DynamicToolSpec[]): void {
  const seen = new Set<string>();
  for (const spec of specs) {
    if (spec.type === 'function') {
      checkName(spec.name, 'name', 128);
      checkUnique(seen, spec.name);
      if (spec.deferLoading === true) throw invalidRequest(`deferred dynamic tool must belong to a namespace: ${spec.name}`);
      continue;
    }
    checkName(spec.name, 'namespace', 64);
    checkUnique(seen, spec.name);
    if (reservedNamespaces.has(spec.name)) throw invalidRequest(`dynamic tool namespace is reserved: ${spec.name}`);
    if (spec.description.length > 1024) throw invalidRequest(`dynamic tool namespace description must be at most 1024 characters: ${spec.name}`);
    const inside = new Set<string>();
    for (const tool of spec.tools) {
      checkName(tool.name, 'name', 128);
      checkUnique(inside, tool.name);
    }
  }
}
