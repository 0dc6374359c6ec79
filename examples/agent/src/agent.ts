import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { Agent, NoToken } from '@writ/sdk-agent';
import { outcomeIn } from '@writ/sdk-agent';
import { mcpFetch } from '@writ/sdk-agent/mcp';

/** What came of one piece of work: its result, or what has to happen first, and who has to do it. */
export type Work =
  | { readonly done: true; readonly text: string }
  | { readonly done: false; readonly who: 'a person' | 'the user' | 'an administrator'; readonly what: string };

/** Calls one tool of an MCP server with a token for just the scopes it needs, and waits for an approval where one is wanted. */
export async function work(agent: Agent, server: string, tool: string, scope: readonly string[], signal: AbortSignal): Promise<Work> {
  try {
    return { done: true, text: await callTool(agent, server, tool, scope) };
  } catch (error) {
    const outcome = outcomeIn(error);
    if (outcome === undefined) throw error;
    if (outcome.kind !== 'approvalRequired') return blocked(outcome);
    const decided = await agent.waitForApproval(outcome.approval, { signal });
    // The token is kept now: the same call finds it.
    return decided.kind === 'token' ? { done: true, text: await callTool(agent, server, tool, scope) } : blocked(decided);
  }
}

async function callTool(agent: Agent, server: string, tool: string, scope: readonly string[]): Promise<string> {
  const client = new Client({ name: 'example-agent', version: '0.1.0' }, { versionNegotiation: { mode: 'auto' } });
  const source = agent.source({ resource: server, scope });
  await client.connect(new StreamableHTTPClientTransport(new URL(server), { fetch: mcpFetch(agent, source) }));
  try {
    const { content } = await client.callTool({ name: tool, arguments: {} });
    return content.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
  } finally {
    await client.close();
  }
}

function blocked(outcome: NoToken): Work {
  switch (outcome.kind) {
    case 'approvalRequired':
      return { done: false, who: 'a person', what: `decide on ${outcome.approval.id}` };
    case 'connectionRequired':
      return { done: false, who: 'the user', what: `connect the account at ${outcome.connectUrl}` };
    case 'stepUpRequired':
      return { done: false, who: 'the user', what: `log in for ${[...outcome.scope, ...outcome.acrValues].join(' ')}` };
    case 'refused':
      return { done: false, who: 'an administrator', what: `allow it (${outcome.error}, decision ${outcome.decisionId ?? 'none'})` };
  }
}
