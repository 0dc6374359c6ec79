import type { JSONRPCMessage, McpServer, Server, Transport } from '@modelcontextprotocol/server';
import { isJSONRPCRequest, isJSONRPCResultResponse } from '@modelcontextprotocol/server';

type Visible = (tool: string) => boolean;

function isNamed(value: unknown): value is { readonly name: string } {
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string';
}

function narrow(message: JSONRPCMessage, visible: Visible): JSONRPCMessage {
  if (!isJSONRPCResultResponse(message)) return message;
  const { tools } = message.result;
  if (!Array.isArray(tools)) return message;
  const shown = tools.filter((tool) => isNamed(tool) && visible(tool.name));
  // The list depends on the caller, so no shared cache may keep it (2026-07-28 revision, `cacheScope`).
  const result = { ...message.result, tools: shown, ...('cacheScope' in message.result && { cacheScope: 'private' }) };
  return { ...message, result };
}

function filterTransport(transport: Transport, visible: Visible): void {
  const lists = new Set<unknown>();
  const send = transport.send.bind(transport);
  transport.send = (message, options) => {
    const isList = isJSONRPCResultResponse(message) && lists.delete(message.id);
    return send(isList ? narrow(message, visible) : message, options);
  };
  const received = transport.onmessage;
  transport.onmessage = (message, extra) => {
    if (isJSONRPCRequest(message) && message.method === 'tools/list') lists.add(message.id);
    received?.(message, extra);
  };
}

/**
 * Makes a server show only visible tools, whatever its `tools/list` answers. It is done where the server meets its transport, which is the same
 * place for high-level and low-level servers and for both protocol eras, and needs nothing private of the MCP SDK.
 */
export function filterToolList(product: McpServer | Server, visible: Visible): void {
  const server = 'server' in product ? product.server : product;
  const connect = server.connect.bind(server);
  server.connect = async (transport) => {
    await connect(transport);
    filterTransport(transport, visible);
  };
}
