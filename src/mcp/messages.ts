/** What goes to and fro between us and an MCP server, in the words of the MCP library. */
export type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
export type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';

export type JsonObject = Record<string, unknown>;
