/** Where things are: the MCP server, the service it uses, and the hub. */
export type Places = { readonly desk: string; readonly service: string; readonly issuer: string };

/** Made up, like the data: everything listens on loopback. */
export const DESK_SECRET = 'demo-secret-of-the-desk-server-000001';
/** What the service knows, and the desk never learns. */
export const SEARCH_KEY = 'demo-key-of-the-search-service-000001';
/** Ann's account at the service. A real one is connected by her, at a page of the hub. */
export const ANN_TOKEN = 'demo-token-of-ann-at-the-tickets-0001';

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

/** The hub's side, as a config file: what the desk may use, and for what. */
export function hubConfig({ desk, service }: Places): Readonly<Record<string, unknown>> {
  const allow = (id: string, client: string, grant: string, target: object, scopes: readonly string[] | 'all') => ({
    id,
    effect: 'allow',
    grants: [grant],
    subject: { clients: [client] },
    target,
    scopes,
  });
  return {
    resources: [{ id: 'desk', name: 'Desk', type: 'mcp', uri: desk, scopes: [{ name: 'desk:use', title: 'Use the desk', risk: 'low' }] }],
    clients: [
      {
        id: 'assistant',
        name: 'Assistant',
        kind: 'cli',
        public: true,
        grants: ['authorization_code', 'refresh_token'],
        redirectUris: ['http://127.0.0.1/callback'],
      },
      {
        id: 'desk',
        name: 'Desk server',
        kind: 'service',
        grants: [EXCHANGE],
        auth: { method: 'client_secret_basic', secrets: [{ value: DESK_SECRET }] },
        tags: ['resource-server:desk'],
      },
    ],
    connections: [
      {
        id: 'search',
        name: 'Search',
        type: 'api_key',
        header: 'x-api-key',
        baseUrl: service,
        allowedMethods: ['GET'],
        allowedPaths: ['/search'],
      },
      {
        id: 'tickets',
        name: 'Tickets',
        type: 'oauth',
        authorizationUrl: `${service}/authorize`,
        tokenUrl: `${service}/token`,
        clientId: 'writ',
        scopes: ['tickets.read', 'tickets.write'],
      },
    ],
    credentials: [{ connection: 'search', owner: { tenant: 'acme' }, value: { value: SEARCH_KEY } }],
    policies: [
      allow('people-use-the-desk', 'assistant', 'authorization_code', { resources: ['desk'] }, ['desk:use']),
      allow('desk-searches', 'desk', 'token_exchange', { connections: ['search'] }, 'all'),
      allow('desk-reads-tickets', 'desk', 'token_exchange', { connections: ['tickets'] }, ['tickets.read']),
    ],
  };
}

/** Ann's connected account, for a demonstration without a real provider. */
export const ANN_CONNECTED: Readonly<Record<string, unknown>> = {
  credentials: [{ connection: 'tickets', owner: { user: 'ann' }, accessToken: { value: ANN_TOKEN }, scopes: ['tickets.read'] }],
};
