/** Whether a call of an MCP tool needs the user's consent, and how it is asked for. */
import { createHash } from 'node:crypto';
import type { PermissionProfile } from '../../base/permission-profile.ts';
import type { ApprovalMode } from '../../mcp/server-config.ts';
import type { McpTool } from '../../mcp/tool.ts';
import type { AskForApproval, McpServerElicitationRequestParams, McpServerElicitationRequestResponse } from '../../protocol/app/index.ts';

/** Nothing is confined, or nothing that matters for files. */
export function fullAccess(profile: PermissionProfile): boolean {
  if (profile.type !== 'managed') return true;
  const { file_system: files } = profile;
  if (files.type === 'unrestricted') return true;
  const root = files.entries.some(({ path, access }) => access === 'write' && path.type === 'special' && path.value.kind === 'root');
  return root && files.entries.every(({ access }) => access === 'write');
}

/** Whether questions of servers are answered for the user; consent for their tools is asked for under `granular` all the same. */
export const asksNobody = (policy: AskForApproval): boolean =>
  policy === 'never' || (typeof policy !== 'string' && !policy.granular.mcp_elicitations);

/** Hints of the server only ever relax, and only where the mode lets them; no hints means ask. */
export function needsConsent(mode: ApprovalMode, { annotations }: McpTool): boolean {
  const readOnly = annotations.readOnlyHint === true;
  switch (mode) {
    case 'approve':
      return false;
    case 'prompt':
      return true;
    case 'writes':
      return !readOnly;
    case 'auto':
      if (annotations.destructiveHint === true) return true;
      if (readOnly) return false;
      return annotations.destructiveHint !== false || annotations.openWorldHint !== false;
  }
}

/** Consent covers the tool as it was described; another description is another tool. */
export const consentKey = (server: string, tool: McpTool): string =>
  `${server}\0${tool.name}\0${createHash('sha256').update(JSON.stringify(tool.raw)).digest('base64')}`;

export interface ConsentQuestion {
  readonly place: { readonly threadId: string; readonly turnId: string; readonly serverName: string };
  readonly tool: McpTool;
  readonly args: unknown;
  /** How long the answer may cover later calls; empty: not at all. */
  readonly persist: readonly ('session' | 'always')[];
}

export function consentParams({ place, tool, args, persist }: ConsentQuestion): McpServerElicitationRequestParams {
  return {
    ...place,
    mode: 'form',
    _meta: {
      codex_approval_kind: 'mcp_tool_call',
      ...(persist.length === 0 ? {} : { persist: [...persist] }),
      tool_name: tool.name,
      ...(tool.title === undefined ? {} : { tool_title: tool.title }),
      ...(Object.keys(tool.annotations).length === 0 ? {} : { tool_annotations: tool.annotations }),
      ...(tool.description === undefined ? {} : { tool_description: tool.description }),
      ...(args === undefined ? {} : shownParams(args)),
    },
    message: `Allow the ${place.serverName} MCP server to run tool "${tool.name}"?`,
    requestedSchema: { type: 'object', properties: {} },
  };
}

function shownParams(args: unknown) {
  const params = typeof args === 'object' && args !== null ? args : {};
  const display = Object.entries(params)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]: [string, unknown]) => ({ name, value, display_name: name }));
  return { tool_params: params, tool_params_display: display };
}

export type Consent =
  | { readonly kind: 'given'; readonly persist: 'session' | 'always' | undefined }
  | { readonly kind: 'rejected' }
  | { readonly kind: 'cancelled' };

/** Undefined: the client could not answer. */
export function consentOf(answer: McpServerElicitationRequestResponse | undefined): Consent {
  if (answer?.action === 'decline') return { kind: 'rejected' };
  if (answer?.action !== 'accept') return { kind: 'cancelled' };
  const meta = answer._meta;
  const persist = typeof meta === 'object' && meta !== null && 'persist' in meta ? meta.persist : undefined;
  return { kind: 'given', persist: persist === 'session' || persist === 'always' ? persist : undefined };
}
