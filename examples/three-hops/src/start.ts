import type { Server } from 'node:http';
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { Resource } from '@writ/sdk';
import { createResource } from '@writ/sdk';
import type { Agent } from '@writ/sdk-agent';
import { createAgent, secret } from '@writ/sdk-agent';
import { buildArchive } from './archive.ts';
import { buildExpenses } from './expenses.ts';
import type { Places } from './hub-config.ts';
import { SECRETS } from './hub-config.ts';
import { buildLedger } from './ledger.ts';

export type ThreeHops = {
  readonly places: Places;
  readonly resources: { readonly [name in keyof Places]: Resource };
  close(): Promise<void>;
};

/** The addresses for three ports of this machine. */
export function placesAt(ports: { readonly [name in keyof Places]: number }): Places {
  return {
    expenses: `http://localhost:${ports.expenses}/mcp`,
    ledger: `http://localhost:${ports.ledger}/ledger`,
    archive: `http://localhost:${ports.archive}/archive`,
  };
}

const SCOPES = { expenses: 'expenses:read', ledger: 'entries:read', archive: 'receipts:read' } as const;

function resourceAt(issuer: string, places: Places, name: keyof Places): Resource {
  const credentials = { clientId: name, clientSecret: SECRETS[name] };
  return createResource({ issuer, resource: places[name], scopes: [SCOPES[name]], credentials });
}

/** With signals a token that was exchanged is dropped in the moment somebody in its chain is stopped. */
function agentOf(issuer: string, name: keyof Places): Agent {
  return createAgent({ issuer, clientId: name, auth: secret(SECRETS[name]), signals: true });
}

async function listen(server: Server, url: string): Promise<Server> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(Number(new URL(url).port), '127.0.0.1', resolve);
  });
  return server;
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** Starts the three servers of the example. The hub must know them (`hubConfig`). */
export async function startThreeHops(issuer: string, places: Places): Promise<ThreeHops> {
  const resources = {
    expenses: resourceAt(issuer, places, 'expenses'),
    ledger: resourceAt(issuer, places, 'ledger'),
    archive: resourceAt(issuer, places, 'archive'),
  };
  const agents = { expenses: agentOf(issuer, 'expenses'), ledger: agentOf(issuer, 'ledger') };
  const { expenses, ledger, archive } = resources;
  const servers = await Promise.all([
    listen(createServer(buildExpenses(expenses, agents.expenses, places.ledger)), places.expenses),
    listen(createServer(getRequestListener(buildLedger(ledger, agents.ledger, places.archive).fetch)), places.ledger),
    listen(createServer(getRequestListener(buildArchive(archive).fetch)), places.archive),
  ]);
  const close = async (): Promise<void> => {
    for (const one of [...Object.values(resources), ...Object.values(agents)]) one.close();
    await Promise.all(servers.map(stop));
  };
  return { places, resources, close };
}
