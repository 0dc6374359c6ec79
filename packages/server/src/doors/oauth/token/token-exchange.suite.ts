import { GRANT_TYPES, TOKEN_TYPES } from '@writ/protocol';
import { ADMIN_TOKEN } from '../../../../testing/house.ts';
import type { House } from '../../../house.ts';
import { basic, openWorld, OPS, SECRET, type Answer, type World } from './world.suite.ts';

export const LEDGER = 'https://ledger-core.test/api';
export const VAULT = 'https://vault.test/api';

const service = (id: string, more: object = {}) => ({
  id,
  name: id,
  kind: 'service',
  auth: { secrets: [{ value: SECRET }] },
  grants: ['client_credentials', 'token_exchange'],
  ...more,
});
const exchange = (id: string, client: string, resource: string, more: object = {}) => ({
  id,
  effect: 'allow',
  grants: ['token_exchange'],
  subject: { clients: [client] },
  target: { resources: [resource] },
  scopes: 'all',
  ...more,
});

/** ops is called by agents, books by the server of ops, ledger by the server of books. */
const CONFIG = {
  resources: [
    { id: 'ledger', type: 'api', uri: LEDGER, scopes: [{ name: 'entries:read' }, { name: 'entries:write' }] },
    { id: 'vault', type: 'api', uri: VAULT, scopes: [{ name: 'incidents:write', kind: 'permission' }, { name: 'secrets:read' }] },
  ],
  clients: [
    service('ops-server', { tags: ['resource-server:ops'] }),
    service('books-server', { tags: ['resource-server:books'] }),
    service('ledger-server', { tags: ['resource-server:ledger'] }),
    service('acme-server', { tags: ['resource-server:ops'], tenants: ['acme'] }),
    service('globex-server', { tags: ['resource-server:ops'], tenants: ['globex'] }),
    service('capped-server', { tags: ['resource-server:ops'], scopes: ['ledger:read'] }),
    service('unregistered', { tags: ['resource-server:ops'], grants: ['client_credentials'] }),
    service('stranger'),
    {
      id: 'assistant',
      name: 'Assistant',
      redirectUris: ['https://assistant.test/cb'],
      auth: { secrets: [{ value: SECRET }] },
      grants: ['authorization_code', 'refresh_token', 'token_exchange'],
    },
  ],
  policies: [
    exchange('ops-to-books', 'ops-server', 'books'),
    exchange('ops-to-ops', 'ops-server', 'ops'),
    exchange('ops-to-vault', 'ops-server', 'vault', { scopes: ['incidents:write'] }),
    exchange('acme-to-books', 'acme-server', 'books'),
    exchange('globex-to-books', 'globex-server', 'books'),
    exchange('capped-to-books', 'capped-server', 'books'),
    exchange('unregistered-to-books', 'unregistered', 'books'),
    exchange('stranger-to-books', 'stranger', 'books'),
    exchange('books-to-ledger', 'books-server', 'ledger', { scopes: ['entries:read'] }),
    exchange('books-to-ops', 'books-server', 'ops'),
    exchange('ledger-to-ops', 'ledger-server', 'ops'),
    exchange('assistant-anywhere', 'assistant', 'books'),
    exchange('assistant-ops', 'assistant', 'ops'),
    {
      id: 'servers-for-themselves',
      effect: 'allow',
      grants: ['client_credentials'],
      subject: { clients: ['ops-server', 'books-server', 'acme-server', 'stranger'] },
      target: { resources: ['ops', 'books'] },
      scopes: 'all',
    },
  ],
};

export type ExchangeWorld = World & {
  /** Exchanges as this client; the subject token's type is said unless `more` says another. */
  exchange(client: string, subject: string, more?: Record<string, string | undefined>, node?: House): Promise<Answer>;
  /** What ann's program holds after a login. */
  userToken(
    of?: Parameters<World['login']>[0],
  ): Promise<{ access: string; refresh: string; agentId: string; grantId: string; idToken: string }>;
  serviceToken(client?: string, more?: Record<string, string>): Promise<string>;
  /** What the hub says of a token to an administrator. */
  active(token: string, node?: House): Promise<boolean>;
};

export async function openExchangeWorld(): Promise<ExchangeWorld> {
  const world = await openWorld();
  await world.apply(CONFIG);
  return {
    ...world,
    exchange(client, subject, more = {}, node) {
      const wanted = {
        grant_type: GRANT_TYPES.token_exchange,
        subject_token: subject,
        subject_token_type: TOKEN_TYPES.access_token,
        ...more,
      };
      const given = Object.entries(wanted).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
      return world.token(new URLSearchParams(given.map(([name, value]) => [name, value])), basic(client), node);
    },
    async userToken(of = {}) {
      const { code, ...login } = await world.login(of);
      const { client = 'cli' } = of;
      const { body } =
        client === 'cli'
          ? await world.redeem(code)
          : await world.token(
              { grant_type: 'authorization_code', code, redirect_uri: of.redirectUri ?? '', code_verifier: 'v'.repeat(43) },
              basic(client),
            );
      return { ...login, access: body['access_token'] ?? '', refresh: body['refresh_token'] ?? '', idToken: body['id_token'] ?? '' };
    },
    async serviceToken(client = 'worker', more = {}) {
      const form = { grant_type: 'client_credentials', resource: OPS, ...more };
      return (await world.token(form, basic(client))).body['access_token'] ?? '';
    },
    async active(token, node = world.house) {
      const headers = { 'content-type': 'application/x-www-form-urlencoded', authorization: `Bearer ${ADMIN_TOKEN}` };
      const body = new URLSearchParams({ token }).toString();
      const answer = await node.fetch(new Request(`${world.issuer}/oauth/introspect`, { method: 'POST', headers, body }));
      const read: unknown = JSON.parse(await answer.text());
      return typeof read === 'object' && read !== null && 'active' in read && read.active === true;
    },
  };
}
