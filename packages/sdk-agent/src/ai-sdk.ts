import type { Agent } from './agent.ts';
import type { TokenSource } from './guarded-fetch.ts';
import { throwingFetch } from './guarded-fetch.ts';

/** The `transport` of `createMCPClient` in the Vercel AI SDK (`@ai-sdk/mcp`). */
export type AiSdkTransport = { type: 'http'; url: string; fetch: typeof fetch };

/**
 * An MCP server for the Vercel AI SDK: `createMCPClient({ transport: aiSdkTransport(agent, source) })`. What the hub or the server demands
 * first is thrown as AgentOutcomeError. `url`: where it is not the resource itself that answers.
 */
export function aiSdkTransport(agent: Agent, source: TokenSource, url: string = source.resource): AiSdkTransport {
  return { type: 'http', url, fetch: throwingFetch(agent.fetch(source)) };
}
