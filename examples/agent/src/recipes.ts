// The code of docs/guides/agents.md, piece by piece: built with everything else, run by the test beside it. The guide quotes it to the letter (tools/specs.mjs).
import { readFile } from 'node:fs/promises';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { Agent, Approval, Login, NoToken, Outcome, StepUpRequired, TokenSource } from '@writ/sdk-agent';
import { createAgent, outcomeIn, privateKeyJwt, secret, workload } from '@writ/sdk-agent';
import { mcpAuthProvider } from '@writ/sdk-agent/mcp';

const TOKEN_FILE = '/var/run/secrets/tokens/writ';

export function agentWithSecret(issuer: string, clientSecret: string): Agent {
  return createAgent({ issuer, clientId: 'worker', auth: secret(clientSecret) });
}

export function agentInCluster(issuer: string, file: string = TOKEN_FILE): Agent {
  return createAgent({ issuer, clientId: 'worker', auth: workload(() => readFile(file, 'utf8')) });
}

export function agentWithKey(issuer: string, key: CryptoKey): Agent {
  return createAgent({ issuer, clientId: 'worker', auth: privateKeyJwt(key, { alg: 'ES256', kid: 'worker-1' }), dpop: true });
}

export async function readReports(agent: Agent, url: string): Promise<unknown> {
  const source = agent.source({ resource: url, scope: ['reports:read'] });
  const outcome = await agent.fetch(source)(url);
  switch (outcome.kind) {
    case 'response':
      return outcome.response.json();
    case 'approvalRequired':
      return afterApproval(agent, outcome.approval, () => readReports(agent, url));
    case 'connectionRequired':
      return `Please connect your account: ${outcome.connectUrl}`;
    case 'stepUpRequired':
      return `Please log in again for ${[...outcome.scope, ...outcome.acrValues].join(' ')}`;
    case 'refused':
      return `No: ${outcome.error} (decision ${outcome.decisionId ?? 'none'})`;
  }
}

export async function afterApproval<T>(agent: Agent, approval: Approval, again: () => Promise<T>): Promise<T | NoToken> {
  const decided = await agent.waitForApproval(approval, { signal: AbortSignal.timeout(15 * 60_000) });
  return decided.kind === 'token' ? again() : decided;
}

export async function refund(agent: Agent, payments: string): Promise<Outcome> {
  const asked = await agent.approve({
    resource: payments,
    scope: ['payments:refund'],
    loginHint: 'ann@acme.test',
    bindingMessage: 'Refund 42 EUR to Globex',
    authorizationDetails: [{ type: 'refund', amount: '42.00', currency: 'EUR', to: 'Globex' }],
  });
  return asked.kind === 'approvalRequired' ? agent.waitForApproval(asked.approval) : asked;
}

export async function nextHop(agent: Agent, incoming: string, ledger: string): Promise<Outcome> {
  return agent.exchange({ subjectToken: incoming, resource: ledger, scope: ['entries:read'] });
}

export async function loginAgain(agent: Agent, demand: StepUpRequired, resource: string, had: readonly string[]): Promise<Login> {
  return agent.beginLogin({
    redirectUri: 'https://agent.example/callback',
    resource,
    scope: [...new Set([...had, ...demand.scope])],
    acrValues: demand.acrValues,
    maxAge: demand.maxAge,
  });
}

export async function comeBack(agent: Agent, login: Login, callback: string): Promise<TokenSource | NoToken> {
  const outcome = await agent.finishLogin(login, callback);
  if (outcome.kind !== 'token') return outcome;
  return agent.session(login.resource, outcome.token, { onChange: (token) => keep(token.refreshToken) });
}

/** The newest refresh tokens, in place of a store. */
export const store: (string | undefined)[] = [];

function keep(refreshToken: string | undefined): void {
  store.push(refreshToken);
}

export async function listTools(source: TokenSource): Promise<string[] | NoToken> {
  const client = new Client({ name: 'my-agent', version: '1.0.0' });
  try {
    await client.connect(new StreamableHTTPClientTransport(new URL(source.resource), { authProvider: mcpAuthProvider(source) }));
    return (await client.listTools()).tools.map(({ name }) => name);
  } catch (error) {
    const outcome = outcomeIn(error);
    if (outcome === undefined) throw error;
    return outcome;
  }
}
