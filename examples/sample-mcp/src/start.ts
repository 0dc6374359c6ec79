import { serve } from '@hono/node-server';
import { hostHeaderValidation, originValidation } from '@modelcontextprotocol/hono';
import { localhostAllowedHostnames, localhostAllowedOrigins } from '@modelcontextprotocol/server';
import type { Credentials, Resource } from '@writ/sdk';
import { createResource } from '@writ/sdk';
import type { ProtectedMcp } from '@writ/sdk-mcp';
import { protectMcp } from '@writ/sdk-mcp';
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { openDesk } from './incidents.ts';
import { SCOPES, TOOLS, loopbackAliases } from './resource-description.ts';
import { buildServer } from './server.ts';

export type SampleOptions = {
  /** 0 takes any free port. */
  readonly port: number;
  /** 127.0.0.1 by default. */
  readonly host?: string | undefined;
  readonly issuer: string;
  /** The resource identifier as the hub knows it. By default the address the sample listens on. */
  readonly resource?: string | undefined;
  /** With credentials, the sample hears of revocations. */
  readonly credentials?: Credentials | undefined;
};

export type Sample = { readonly url: string; readonly resource: Resource; close(): Promise<void> };

/** A page in a browser may call the sample only from loopback, and only under a name that is the sample's own (DNS rebinding). */
function buildApp(mcp: ProtectedMcp, path: string, hostname: string): Hono {
  const app = new Hono();
  app.use(hostHeaderValidation([...localhostAllowedHostnames(), hostname]));
  app.use(originValidation([...localhostAllowedOrigins(), hostname]));
  app.use(
    cors({
      origin: (origin) => origin,
      allowHeaders: ['authorization', 'content-type', 'mcp-protocol-version', 'mcp-method', 'mcp-name', 'last-event-id'],
      // A browser client reads the challenge; without this it sees only a 401.
      exposeHeaders: ['www-authenticate', 'mcp-protocol-version'],
    }),
  );
  app.get('/.well-known/*', (c) => mcp.fetch(c.req.raw));
  app.all(path, (c) => mcp.fetch(c.req.raw));
  return app;
}

/** Listens before the address is known to anyone: with port 0 the resource identifier follows from it. */
async function listen(host: string, port: number, fetcher: (request: Request) => Response | Promise<Response>) {
  const server = serve({ fetch: fetcher, port, hostname: host });
  const bound = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      // Open event streams would keep the server from closing.
      if ('closeAllConnections' in server) server.closeAllConnections();
    });
  return { port: bound, stop };
}

function describeSample(options: SampleOptions, identifier: string): Resource {
  return createResource({
    issuer: options.issuer,
    resource: identifier,
    aliases: loopbackAliases(identifier),
    scopes: SCOPES.map((scope) => scope.name),
    name: 'Acme Incidents',
    ...(options.credentials !== undefined && { credentials: options.credentials }),
  });
}

/**
 * Starts the Acme Incidents server. It holds its data in memory and keeps no session, so it can be stopped at any time.
 * @throws ResourceConfigError, and whatever listening on the port throws
 */
export async function startSample(options: SampleOptions): Promise<Sample> {
  const host = options.host ?? '127.0.0.1';
  let app = new Hono();
  const { port, stop } = await listen(host, options.port, (request) => app.fetch(request));
  try {
    const identifier = options.resource ?? `http://${host === '127.0.0.1' ? 'localhost' : host}:${port}/mcp`;
    const resource = describeSample(options, identifier);
    const desk = openDesk();
    const mcp = protectMcp(resource, { tools: TOOLS }, (_, caller) => buildServer(desk, caller, () => new Date().toISOString()));
    const { hostname, pathname } = new URL(identifier);
    app = buildApp(mcp, pathname, hostname);
    const close = async (): Promise<void> => {
      resource.close();
      await mcp.close();
      await stop();
    };
    return { url: identifier, resource, close };
  } catch (error) {
    await stop();
    throw error;
  }
}
