import { hostHeaderValidation, toNodeHandler } from '@modelcontextprotocol/node';
import { McpServer, localhostAllowedHostnames } from '@modelcontextprotocol/server';
import type { Resource } from '@writ/sdk';
import { guard } from '@writ/sdk-express';
import { protectMcp } from '@writ/sdk-mcp';
import type { Express } from 'express';
import express from 'express';
import { z } from 'zod';

/** An MCP server with one tool, and a plain route beside it behind the same resource. */
export function buildApp(resource: Resource): Express {
  const notes = ['Buy milk'];
  const mcp = protectMcp(resource, { tools: { list_notes: ['notes:read'], add_note: ['notes:write'] } }, (_, caller) => {
    const server = new McpServer({ name: 'notes', version: '0.1.0' });
    server.registerTool('list_notes', { description: 'All notes' }, () => ({ content: [{ type: 'text', text: notes.join('\n') }] }));
    server.registerTool('add_note', { description: 'Add a note', inputSchema: z.object({ text: z.string().max(200) }) }, ({ text }) => {
      notes.push(`${text} (${caller.subject})`);
      return { content: [{ type: 'text', text: 'Added' }] };
    });
    return server;
  });
  const { metadata, authenticate, requireScope } = guard(resource);
  const checkHost = hostHeaderValidation(localhostAllowedHostnames());
  const app = express();
  app.use((request, response, next) => (checkHost(request, response) ? next() : undefined));
  app.use(metadata);
  app.get('/notes', authenticate, requireScope('notes:read'), (_, response) => void response.json(notes));
  app.all('/mcp', toNodeHandler(mcp));
  return app;
}
