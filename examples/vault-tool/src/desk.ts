import type { CallToolResult, ServerContext } from '@modelcontextprotocol/server';
import { McpServer } from '@modelcontextprotocol/server';
import type { Resource } from '@writ/sdk';
import { withCredential } from '@writ/sdk';
import type { Agent } from '@writ/sdk-agent';
import { sentenceOf } from '@writ/sdk-agent';
import type { ProtectedMcp } from '@writ/sdk-mcp';
import { protectMcp, withConnection } from '@writ/sdk-mcp';
import type { Places } from './hub-config.ts';

const said = (text: string, isError = false): CallToolResult => ({ content: [{ type: 'text', text }], isError });

/** An MCP server whose two tools use other services, in the two ways there are. */
export function buildDesk(resource: Resource, agent: Agent, places: Places): ProtectedMcp {
  return protectMcp(resource, { tools: { search_web: ['desk:use'], my_tickets: ['desk:use'] } }, () => {
    const server = new McpServer({ name: 'desk', version: '0.1.0' });
    server.registerTool('search_web', { description: 'Search the web' }, (context) => searchWeb(context, agent));
    server.registerTool('my_tickets', { description: 'The user’s open tickets' }, (context) =>
      withConnection(resource, context, { connection: 'tickets', scopes: ['tickets.read'] }, async (credential) => {
        const answer = await fetch(withCredential(new Request(`${places.service}/tickets`), credential));
        return said(await answer.text(), !answer.ok);
      }),
    );
    return server;
  });
}

/** Through the proxy: the hub makes the call and adds the key. Nothing in this process ever holds it. */
async function searchWeb({ http }: ServerContext, agent: Agent): Promise<CallToolResult> {
  const outcome = await agent.proxy('search', { subjectToken: http?.authInfo?.token ?? '' })('/search?q=coffee');
  if (outcome.kind !== 'response') return said(sentenceOf(outcome), true);
  return said(await outcome.response.text(), !outcome.response.ok);
}
