import { GRANT_TYPES } from '@writ/protocol';
import { openExchangeWorld, type ExchangeWorld } from './token-exchange.suite.ts';
import type { Answer } from './world.suite.ts';

/** Ways to a credential of a connection: nothing is signed, and the decision is about the connection. */
export const CREDENTIAL_WAYS: Readonly<Record<string, (world: ExchangeWorld) => Promise<() => Promise<Answer>>>> = {
  [`${GRANT_TYPES.token_exchange} connection`]: async (world) => {
    const { access } = await world.userToken();
    return () => world.exchange('ops-server', access, { resource: 'urn:writ:connection:calendar' });
  },
  proxy: async (world) => {
    const { access } = await world.userToken({
      client: 'assistant',
      redirectUri: 'https://assistant.test/cb',
      resource: 'writ-proxy:calendar',
      scopes: ['call'],
    });
    return async () => {
      const answer = await world.get('/proxy/calendar/x', { authorization: `Bearer ${access}` });
      return { status: answer.status, body: JSON.parse(await answer.text()), headers: answer.headers };
    };
  },
};

/** A world in which both lead to one. Nobody answers at the address of the service: what a proxied call comes to is 502. */
export async function openCredentialWorld(): Promise<ExchangeWorld> {
  const world = await openExchangeWorld();
  await world.apply({
    connections: [{ id: 'calendar', type: 'api_key', baseUrl: 'https://127.0.0.1:1' }],
    credentials: [{ connection: 'calendar', owner: { tenant: 'acme' }, value: { value: 'a-key-of-the-calendar' } }],
    policies: [
      {
        id: 'calendar',
        effect: 'allow',
        grants: ['token_exchange'],
        subject: { clients: ['ops-server', 'assistant'] },
        target: { connections: ['calendar'] },
        scopes: 'all',
      },
    ],
  });
  return world;
}
