import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { errors, Provider } from 'oidc-provider';

/** node-oidc-provider as the platform or identity provider that a hub trusts: its discovery, its keys, its JWTs. */
export type Issuing = {
  issuer: string;
  /** A JWT for this audience from its token endpoint; its clients are the workloads. */
  token(client: 'pod' | 'ann', audience: string): Promise<string>;
  stop(): Promise<void>;
};

const SECRET = 'a-long-secret-between-workload-and-platform';
/** An ID-JAG is a JWT with another `typ` and a few claims more; which of them is told by the client that asks. */
const CUSTOM: Record<string, { header: object; claims: object }> = {
  pod: { header: { typ: 'JWT' }, claims: { sub: 'system:serviceaccount:prod:pod', stage: 'live' } },
  ann: {
    header: { typ: 'oauth-id-jag+jwt' },
    claims: { sub: 'ann-over-there', client_id: 'desk', email: 'ann@acme.test', email_verified: true, groups: ['sre'] },
  },
};

type Parts = { header: Record<string, unknown>; payload: Record<string, unknown> };

export async function startProvider(port: number): Promise<Issuing> {
  const issuer = `http://localhost:${port}`;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const provider = new Provider(issuer, {
    clients: Object.keys(CUSTOM).map((id) => ({
      client_id: id,
      client_secret: SECRET,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      id_token_signed_response_alg: 'ES256',
    })),
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'k-1' }] },
    cookies: { keys: ['provider'] },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo(_context: unknown, resource: string) {
          if (!resource.startsWith('http://localhost:')) throw new errors.InvalidTarget();
          return { scope: '', accessTokenFormat: 'jwt', accessTokenTTL: 300, jwt: { sign: { alg: 'ES256' } } };
        },
      },
    },
    formats: {
      customizers: {
        jwt(_context: unknown, { clientId }: { clientId: string }, parts: Parts) {
          const custom = CUSTOM[clientId];
          parts.header = { ...parts.header, ...custom?.header };
          parts.payload = { ...parts.payload, ...custom?.claims };
        },
      },
    },
    ttl: { ClientCredentials: 300 },
  });
  provider.on('server_error', () => undefined);
  const server: Server = provider.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    issuer,
    async token(client, audience) {
      const answer = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(`${client}:${SECRET}`).toString('base64')}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', resource: audience }),
      });
      const body: unknown = await answer.json();
      if (typeof body !== 'object' || body === null || !('access_token' in body) || typeof body.access_token !== 'string')
        throw new Error(`no token: ${JSON.stringify(body)}`);
      return body.access_token;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
