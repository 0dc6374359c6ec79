import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { hostHeaderValidation, toNodeHandler } from '@modelcontextprotocol/node';
import { McpServer, localhostAllowedHostnames } from '@modelcontextprotocol/server';
import type { Resource } from '@writ/sdk';
import { protectMcp } from '@writ/sdk-mcp';

/** The same without a framework: the handler answers the metadata paths, the challenges and MCP itself. */
export function buildPlain(resource: Resource): Server {
  const mcp = protectMcp(resource, { tools: { list_notes: ['notes:read'], whoami: [] } }, (_, caller) => {
    const server = new McpServer({ name: 'notes', version: '0.1.0' });
    server.registerTool('list_notes', { description: 'All notes' }, () => ({ content: [{ type: 'text', text: 'Buy milk' }] }));
    server.registerTool('whoami', { description: 'Who am I' }, () => ({ content: [{ type: 'text', text: caller.subject }] }));
    return server;
  });
  const checkHost = hostHeaderValidation(localhostAllowedHostnames());
  const handle = toNodeHandler(mcp);
  return createServer((request, response) => (checkHost(request, response) ? void handle(request, response) : undefined));
}
