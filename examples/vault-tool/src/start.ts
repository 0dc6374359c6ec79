import type { Server } from 'node:http';
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { createResource } from '@writ/sdk';
import { createAgent, secret } from '@writ/sdk-agent';
import { buildDesk } from './desk.ts';
import type { Places } from './hub-config.ts';
import { DESK_SECRET } from './hub-config.ts';
import { buildService } from './service.ts';

export type VaultTool = { close(): Promise<void> };

/** The addresses for two ports of this machine. */
export function placesAt(issuer: string, ports: { readonly desk: number; readonly service: number }): Places {
  return { issuer, desk: `http://localhost:${ports.desk}/mcp`, service: `http://127.0.0.1:${ports.service}` };
}

/** Starts the desk and the service it uses. The hub must know them (`hubConfig`). */
export async function startVaultTool(places: Places): Promise<VaultTool> {
  const { issuer, desk } = places;
  const resource = createResource({
    issuer,
    resource: desk,
    scopes: ['desk:use'],
    credentials: { clientId: 'desk', clientSecret: DESK_SECRET },
  });
  const agent = createAgent({ issuer, clientId: 'desk', auth: secret(DESK_SECRET) });
  const mcp = buildDesk(resource, agent, places);
  const servers = await Promise.all([
    listen(createServer(getRequestListener((request) => mcp.fetch(request))), desk),
    listen(buildService(), places.service),
  ]);
  return {
    async close() {
      await mcp.close();
      resource.close();
      agent.close();
      await Promise.all(servers.map(stop));
    },
  };
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
