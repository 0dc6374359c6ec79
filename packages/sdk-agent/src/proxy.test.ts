import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createAgent } from './agent.ts';
import type { Agent } from './agent.ts';
import { secret } from './auth.ts';
import type { Fixture } from './hub.suite.ts';
import { startFixture } from './hub.suite.ts';

let hub: Fixture;
let agent: Agent;
let seen: IncomingMessage['headers'][];
beforeEach(async () => {
  hub = await startFixture();
  agent = createAgent({ issuer: hub.issuer, clientId: 'worker', auth: secret('s') });
  seen = [];
});
afterEach(() => hub.stop());

/** What the hub says to a call of /find at the service `search`. */
function proxySays(status: number, body: object, headers: Record<string, string> = {}): void {
  hub.wire.answer('/proxy/search/find', (response: ServerResponse) => {
    seen.push(response.req.headers);
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  });
}

test('a call through the hub has a token for exactly that proxy, which the agent gets by itself', async () => {
  proxySays(200, { found: 1 }, { via: '1.1 writ' });
  const outcome = await agent.proxy('search')('/find', { headers: { accept: 'application/json' } });
  expect(outcome.kind === 'response' && (await outcome.response.json())).toEqual({ found: 1 });
  expect(seen).toMatchObject([{ authorization: expect.stringMatching(/^Bearer ey/), accept: 'application/json' }]);
  expect(Object.fromEntries(hub.asked[0]?.form ?? [])).toEqual({
    grant_type: 'client_credentials',
    resource: `${hub.issuer}/proxy/search`,
  });
});

test('for a user the token in hand is exchanged, and an account is named by its label', async () => {
  proxySays(200, {}, { via: '1.1 writ' });
  await agent.proxy('search', { subjectToken: 'of-the-user', account: 'work' })('/find');
  expect(Object.fromEntries(hub.asked[0]?.form ?? [])).toMatchObject({
    subject_token: 'of-the-user',
    resource: `${hub.issuer}/proxy/search`,
  });
  expect(seen[0]?.['writ-account']).toBe('work');
});

test('what the hub demands first is a value, and what the service answers is an answer, whatever it says', async () => {
  const demand = { error: 'connection_required', connect_url: 'https://hub.test/connect/x', connection: 'search' };
  proxySays(400, demand);
  expect(await agent.proxy('search')('/find')).toMatchObject({ kind: 'connectionRequired', connectUrl: 'https://hub.test/connect/x' });
  proxySays(403, { error: 'access_denied', decision_id: 'dec_1' });
  expect(await agent.proxy('search')('/find')).toMatchObject({ kind: 'refused', error: 'access_denied', decisionId: 'dec_1' });
  proxySays(400, demand, { via: '1.1 writ' });
  expect(await agent.proxy('search')('/find')).toMatchObject({ kind: 'response', response: { status: 400 } });
});

test('nothing but a path is called', async () => {
  await expect(agent.proxy('search')('https://evil.test/find')).rejects.toThrow('begins with a slash');
  await expect(agent.proxy('search')('@evil.test')).rejects.toThrow('begins with a slash');
  expect(hub.asked).toEqual([]);
});
