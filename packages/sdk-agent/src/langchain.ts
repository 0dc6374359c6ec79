import type { Agent } from './agent.ts';
import type { TokenSource } from './guarded-fetch.ts';
import type { McpOAuthProvider } from './mcp.ts';
import { mcpOAuthProvider } from './mcp.ts';

/** One entry of `mcpServers` of `MultiServerMCPClient` (`@langchain/mcp-adapters`). */
export type LangChainConnection = { transport: 'http'; url: string; authProvider: McpOAuthProvider };

/**
 * An MCP server for LangChain: `new MultiServerMCPClient({ mcpServers: { ops: langChainConnection(agent, source) } })`. The token is asked for
 * before each request, so that it never goes stale in a header.
 */
export function langChainConnection(agent: Agent, source: TokenSource, url: string = source.resource): LangChainConnection {
  return { transport: 'http', url, authProvider: mcpOAuthProvider(agent, source) };
}
