import { hostHeaderValidation, toNodeHandler } from '@modelcontextprotocol/node';
import { McpServer, localhostAllowedHostnames } from '@modelcontextprotocol/server';
import type { Resource } from '@writ/sdk';
import type { Agent } from '@writ/sdk-agent';
import { protectMcp } from '@writ/sdk-mcp';
import type { Express } from 'express';
import express from 'express';
import { nextHop } from './next-hop.ts';

/** The first hop: an MCP server on Express. Its tool asks the ledger, for the user whose token the call carries. */
export function buildExpenses(resource: Resource, agent: Agent, ledger: string): Express {
  const mcp = protectMcp(resource, { tools: { explain_expense: ['expenses:read'] } }, ({ authInfo }) => {
    const server = new McpServer({ name: 'expenses', version: '0.1.0' });
    server.registerTool('explain_expense', { description: 'What the last expense was for, with its receipt' }, async () => {
      const subjectToken = authInfo?.token ?? '';
      const hop = await nextHop(agent, { subjectToken, resource: ledger, scope: 'entries:read', path: '/last' });
      return { content: [{ type: 'text', text: hop.ok ? JSON.stringify(hop.value) : hop.why }], isError: !hop.ok };
    });
    return server;
  });
  const checkHost = hostHeaderValidation(localhostAllowedHostnames());
  const app = express();
  app.use((request, response, next) => (checkHost(request, response) ? next() : undefined));
  app.use(toNodeHandler(mcp));
  return app;
}
