import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import process from 'node:process';
import { Provider as Engine } from 'oidc-provider';

/** Somebody as the identity provider knows them. */
export type Account = { email?: string; email_verified?: boolean; name?: string; groups?: string[] };

/** node-oidc-provider, a certified server of another author, as the identity provider of a customer. Whoever comes is `who`, and is not asked. */
export type Identity = {
  issuer: string;
  accounts: Map<string, Account>;
  /** Who sits there; undefined: they press Cancel. */
  set(who: string | undefined): void;
  close(): Promise<void>;
};

export const SECRET = 'canary:secret%of the hub there';

export async function startIdentity(port: number, hub: { redirectUris: readonly string[]; jwks?: object }): Promise<Identity> {
  const issuer = `http://localhost:${port}`;
  const accounts = new Map<string, Account>();
  let who: string | undefined;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const client = { redirect_uris: hub.redirectUris, grant_types: ['authorization_code'], response_types: ['code'] };
  const engine = new Engine(issuer, {
    clients: [
      { ...client, client_id: 'hub', client_secret: SECRET, id_token_signed_response_alg: 'ES256' },
      ...(hub.jwks === undefined
        ? []
        : [
            {
              ...client,
              client_id: 'hub-by-key',
              token_endpoint_auth_method: 'private_key_jwt',
              token_endpoint_auth_signing_alg: 'ES256',
              jwks: hub.jwks,
              id_token_signed_response_alg: 'ES256',
            },
          ]),
    ],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'k' }] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
    cookies: { keys: ['identity'] },
    pkce: { required: () => true },
    ttl: { Interaction: 600, Grant: 600, Session: 600, AccessToken: 600, IdToken: 600, AuthorizationCode: 60 },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_: unknown, sub: string) => ({ accountId: sub, claims: () => ({ sub, ...accounts.get(sub) }) }),
    renderError(context: { type: string; body: string }, out: { error: string; error_description?: string }) {
      context.type = 'html';
      context.body = `${out.error} ${out.error_description ?? ''}`;
    },
  });
  engine.on('server_error', (...of: unknown[]) => process.stderr.write(`identity provider: ${String(of[1])}\n`));
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url?.startsWith('/interaction/') !== true) return void engine.callback()(request, response);
    const { params } = await engine.interactionDetails(request, response);
    if (who === undefined) return engine.interactionFinished(request, response, { error: 'access_denied' });
    const grant = new engine.Grant({ accountId: who, clientId: params['client_id'] });
    grant.addOIDCScope(String(params['scope']));
    return engine.interactionFinished(request, response, { login: { accountId: who }, consent: { grantId: await grant.save() } });
  };
  const server = await listening((request, response) => void serve(request, response), port);
  return { issuer, accounts, set: (now) => void (who = now), close: () => closed(server) };
}

/** A system of the customer that knows plans: the far end of a flow's call. */
export type Plans = {
  url: string;
  heard: { url: string; headers: IncomingMessage['headers'] }[];
  answer(how: (response: ServerResponse) => void): void;
  close(): Promise<void>;
};

export async function startPlans(port: number): Promise<Plans> {
  let how = (response: ServerResponse): void => void response.writeHead(404).end();
  const heard: Plans['heard'] = [];
  const server = await listening((request, response) => {
    heard.push({ url: request.url ?? '', headers: request.headers });
    how(response);
  }, port);
  return { url: `http://127.0.0.1:${port}`, heard, answer: (now) => void (how = now), close: () => closed(server) };
}

async function listening(answer: (request: IncomingMessage, response: ServerResponse) => void, port: number): Promise<Server> {
  const server = createServer(answer).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
