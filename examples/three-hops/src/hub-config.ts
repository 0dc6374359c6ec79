/** Where the three servers are: their addresses are their resource identifiers. */
export type Places = { readonly expenses: string; readonly ledger: string; readonly archive: string };

/** Secrets of the servers. Made up, like the data: everything listens on loopback. */
export const SECRETS = {
  expenses: 'demo-secret-of-the-expenses-server-1',
  ledger: 'demo-secret-of-the-ledger-server-0001',
  archive: 'demo-secret-of-the-archive-server-001',
} as const;

type Name = keyof Places;

/** A server is a client of the hub twice over: it hears signals, and exchanges the tokens that were made for it (its tag says for what). */
function server(name: Name, title: string) {
  return {
    id: name,
    name: title,
    kind: 'service',
    grants: ['urn:ietf:params:oauth:grant-type:token-exchange'],
    auth: { method: 'client_secret_basic', secrets: [{ value: SECRETS[name] }] },
    tags: [`resource-server:${name}`],
  };
}

/**
 * The hub's side of the example, as a config file. Nobody has a rule for more than the next hop: the assistant reaches the expenses server and
 * nothing behind it, the expenses server reaches the ledger, and the archive is open to the ledger alone.
 */
export function hubConfig(places: Places): Readonly<Record<string, unknown>> {
  const allow = (id: string, grant: string, client: string, resource: Name, scopes: readonly string[]) => ({
    id,
    effect: 'allow',
    grants: [grant],
    subject: { clients: [client] },
    target: { resources: [resource] },
    scopes,
  });
  return {
    resources: [
      {
        id: 'expenses',
        name: 'Expenses',
        type: 'mcp',
        uri: places.expenses,
        scopes: [{ name: 'expenses:read', title: 'Read expenses', description: 'See your expenses and what explains them.', risk: 'low' }],
        tools: [{ name: 'explain_expense', scopes: ['expenses:read'] }],
      },
      { id: 'ledger', name: 'Ledger', type: 'api', uri: places.ledger, scopes: [{ name: 'entries:read', title: 'Read entries' }] },
      { id: 'archive', name: 'Archive', type: 'api', uri: places.archive, scopes: [{ name: 'receipts:read', title: 'Read receipts' }] },
    ],
    clients: [
      {
        id: 'assistant',
        name: 'Assistant',
        kind: 'cli',
        public: true,
        grants: ['authorization_code', 'refresh_token'],
        redirectUris: ['http://127.0.0.1/callback'],
      },
      server('expenses', 'Expenses server'),
      server('ledger', 'Ledger server'),
      server('archive', 'Archive server'),
    ],
    policies: [
      allow('people-see-expenses', 'authorization_code', 'assistant', 'expenses', ['expenses:read']),
      allow('expenses-ask-ledger', 'token_exchange', 'expenses', 'ledger', ['entries:read']),
      allow('ledger-asks-archive', 'token_exchange', 'ledger', 'archive', ['receipts:read']),
    ],
  };
}
