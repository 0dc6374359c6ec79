import { generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request as ask } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { jwtVerify } from 'jose';
import { Provider as Engine } from 'oidc-provider';

/** How the token endpoint behaves from now on. `held`: the provider does what it is asked, and its answers wait for {@link Provider.release}. */
export type Mode = 'honest' | 'slow' | 'broken' | 'html' | 'busy' | 'held' | 'lying' | 'empty';

/** node-oidc-provider, a certified server of another author, behind a front that counts and misbehaves. Everybody who comes is signed in as `account`. */
export type Provider = {
  issuer: string;
  /** Requests to the token endpoint, by grant; also those that a mode answered. */
  asked: Record<string, number>;
  revoked: number;
  registered: number;
  /** Whom a service account acted as, with which scopes (RFC 7523). */
  acted: { sub: string; scope: string }[];
  /** Every token that it gave. */
  given: Set<string>;
  set(of: { mode?: Mode; rotates?: boolean; account?: string; refuses?: boolean; gives?: readonly string[] | undefined }): void;
  release(): void;
  /** Everything that it gave is worth nothing from now on, as when a person removes the app there. */
  revokeAll(): Promise<void>;
  /** Whether an access token is good. */
  isGood(accessToken: string): Promise<boolean>;
  close(): Promise<void>;
};

export const CLIENT = { id: 'hub', secret: 'the:secret%of the hub' };
export const SCOPES = ['calendar.read', 'calendar.write', 'mail.read'];

type State = { mode: Mode; rotates: boolean; account: string; refuses: boolean; gives: readonly string[] | undefined };

type ProviderOptions = {
  redirectUris: readonly string[];
  resource?: string;
  accessTokenTtl?: number;
  /** A client that signs for itself. */
  robot?: { id: string; publicKey: KeyObject };
};

export async function startProvider(port: number, options: ProviderOptions): Promise<Provider> {
  const issuer = `http://localhost:${port}`;
  const state: State = { mode: 'honest', rotates: true, account: 'ann-there', refuses: false, gives: undefined };
  const store = new Map<string, { payload: Record<string, unknown>; kind: string }>();
  const acted: Provider['acted'] = [];
  const engine = engineOf(issuer, options, state, store);
  if (options.robot !== undefined) takeAssertions(engine, issuer, options.robot, acted);
  const inner = await listening(
    createServer((request, response) => void interactOr(engine, state, options.resource, request, response)),
    0,
  );
  const provider: Pick<Provider, 'asked' | 'revoked' | 'registered' | 'acted' | 'given'> = {
    asked: {},
    revoked: 0,
    registered: 0,
    acted,
    given: new Set(),
  };
  let letGo: (() => void)[] = [];
  const front = await listening(
    createServer((request, response) => {
      void (async () => {
        const body = await bodyOf(request);
        const path = new URL(request.url ?? '/', issuer).pathname;
        if (path === '/token/revocation') provider.revoked += 1;
        if (path === '/reg') provider.registered += 1;
        if (path !== '/token') return pass(inner.port, issuer, request, body, response);
        const grant = new URLSearchParams(body).get('grant_type') ?? '';
        provider.asked[grant] = (provider.asked[grant] ?? 0) + 1;
        await misbehave(state, {
          given: provider.given,
          inner: inner.port,
          issuer,
          request,
          body,
          response,
          // A test that has let go already must not leave an answer behind.
          hold: async () => (state.mode === 'held' ? new Promise<void>((go) => letGo.push(go)) : undefined),
        });
      })();
    }),
    port,
  );
  return Object.assign(provider, {
    issuer,
    set: (of: Partial<State>) => void Object.assign(state, of),
    release() {
      for (const go of letGo) go();
      letGo = [];
    },
    async revokeAll() {
      store.clear();
    },
    async isGood(accessToken: string) {
      const authorization = `Basic ${Buffer.from(`${CLIENT.id}:${encodeURIComponent(CLIENT.secret)}`).toString('base64')}`;
      const answer = await fetch(`${issuer}/token/introspection`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ token: accessToken }),
      });
      return JSON.stringify(await answer.json()).includes('"active":true');
    },
    async close() {
      await Promise.all([front.close(), inner.close()]);
    },
  });
}

type Wire = {
  given: Set<string>;
  inner: number;
  issuer: string;
  request: IncomingMessage;
  body: string;
  response: ServerResponse;
  hold(): Promise<void>;
};

async function misbehave(state: State, wire: Wire): Promise<void> {
  const { response } = wire;
  const say = (status: number, type: string, body: string, headers: Record<string, string> = {}): void =>
    void response.writeHead(status, { 'content-type': type, ...headers }).end(body);
  const noted = (text: string): string => {
    for (const [, token = ''] of text.matchAll(/"(?:access|refresh|id)_token":"([^"]+)"/g)) wire.given.add(token);
    return text;
  };
  const through = (change: (text: string) => string = noted): Promise<void> =>
    pass(wire.inner, wire.issuer, wire.request, wire.body, response, change);
  switch (state.mode) {
    case 'honest':
      return through();
    case 'slow':
      await sleep(1_500);
      return through();
    case 'held':
      return pass(wire.inner, wire.issuer, wire.request, wire.body, response, noted, () => wire.hold());
    case 'broken':
      return say(500, 'application/json', '{"error":"server_error","access_token":"never-take-this"}');
    case 'html':
      return say(200, 'text/html', '<!doctype html><title>Sign in</title>');
    case 'busy':
      return say(429, 'application/json', '{"error":"slow_down"}', { 'retry-after': '120' });
    case 'empty':
      return void response.destroy();
    case 'lying':
      return through((text) => {
        const answer: unknown = JSON.parse(noted(text));
        return typeof answer === 'object' && answer !== null && 'access_token' in answer
          ? JSON.stringify({ ...answer, scope: 'calendar.read admin.everything', expires_in: '-5' })
          : text;
      });
  }
}

function engineOf(
  issuer: string,
  { redirectUris, resource, accessTokenTtl = 3_600, robot }: ProviderOptions,
  state: State,
  store: Map<string, { payload: Record<string, unknown>; kind: string }>,
): Engine {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const engine = new Engine(issuer, {
    adapter: adapterOn(store),
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: redirectUris,
        grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
        response_types: ['code'],
        id_token_signed_response_alg: 'ES256',
      },
      ...(robot === undefined
        ? []
        : [{ client_id: robot.id, token_endpoint_auth_method: 'none', redirect_uris: [], response_types: [], grant_types: [JWT_BEARER] }]),
    ],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'k' }] },
    scopes: ['openid', 'offline_access', ...SCOPES],
    cookies: { keys: ['provider'] },
    pkce: { required: () => true },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    issueRefreshToken: () => true,
    rotateRefreshToken: () => state.rotates,
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true, allowedPolicy: () => true },
      registration: { enabled: true },
      resourceIndicators: {
        enabled: resource !== undefined,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({ scope: SCOPES.join(' '), accessTokenFormat: 'opaque', accessTokenTTL: accessTokenTtl }),
      },
    },
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_: unknown, sub: string) => ({ accountId: sub, claims: () => ({ sub }) }),
    ttl: {
      AccessToken: accessTokenTtl,
      ClientCredentials: accessTokenTtl,
      RefreshToken: 86_400,
      Grant: 86_400,
      AuthorizationCode: 60,
      Interaction: 600,
      Session: 600,
      IdToken: 600,
    },
    renderError(context: { type: string; body: string }, out: { error: string }) {
      context.type = 'html';
      context.body = out.error;
    },
  });
  engine.proxy = true;
  engine.on('server_error', (...of: unknown[]) => process.stderr.write(`provider: ${String(of[1])}\n`));
  return engine;
}

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** RFC 7523 §2.1, by the provider's own way for grants that it does not know. Each assertion is good once. */
function takeAssertions(engine: Engine, issuer: string, robot: { id: string; publicKey: KeyObject }, acted: Provider['acted']): void {
  const used = new Set<string>();
  const grant = async (context: {
    body: unknown;
    oidc: { client: object; params: { assertion?: string; scope?: string } };
  }): Promise<void> => {
    const { client, params } = context.oidc;
    const { payload } = await jwtVerify(params.assertion ?? '', robot.publicKey, {
      issuer: robot.id,
      audience: `${issuer}/token`,
      requiredClaims: ['sub', 'exp', 'iat', 'jti'],
      maxTokenAge: '5m',
    });
    if (used.has(payload.jti ?? '') || payload['scope'] !== params.scope) throw new Error('not this assertion');
    used.add(payload.jti ?? '');
    acted.push({ sub: payload.sub ?? '', scope: params.scope ?? '' });
    const token = await new engine.ClientCredentials({ client, scope: params.scope }).save();
    context.body = { access_token: token, token_type: 'Bearer', expires_in: 3_600, scope: params.scope };
  };
  engine.registerGrantType(JWT_BEARER, grant, ['assertion', 'scope']);
}

/** Instead of a login form: whoever comes is `account` and says yes, unless the test says that they refuse. */
async function interactOr(
  engine: Engine,
  state: State,
  resource: string | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.url?.startsWith('/interaction/') !== true) return void engine.callback()(request, response);
  const { params } = await engine.interactionDetails(request, response);
  if (state.refuses)
    return engine.interactionFinished(request, response, { error: 'access_denied', error_description: 'They said no <b>token</b>' });
  const asked = (typeof params['scope'] === 'string' ? params['scope'] : '').split(' ');
  const given = (state.gives === undefined ? asked : asked.filter((scope) => state.gives?.includes(scope))).join(' ');
  const grant = new engine.Grant({ accountId: state.account, clientId: params['client_id'] });
  grant.addOIDCScope(`openid offline_access ${given}`);
  if (resource !== undefined) grant.addResourceScope(resource, given);
  const rejected = asked.filter((scope) => !given.split(' ').includes(scope));
  if (rejected.length > 0) grant.rejectOIDCScope(rejected.join(' '));
  const grantId = await grant.save();
  return engine.interactionFinished(request, response, { login: { accountId: state.account }, consent: { grantId } });
}

/** In memory and per provider: the package's own memory is shared by all providers of a process. */
function adapterOn(store: Map<string, { payload: Record<string, unknown>; kind: string }>) {
  return class {
    readonly kind: string;
    constructor(kind: string) {
      this.kind = kind;
    }
    key = (id: string): string => `${this.kind}:${id}`;
    upsert = async (id: string, payload: Record<string, unknown>): Promise<void> =>
      void store.set(this.key(id), { payload, kind: this.kind });
    find = async (id: string): Promise<unknown> => store.get(this.key(id))?.payload;
    findByUid = async (uid: string): Promise<unknown> => [...store.values()].find(({ payload }) => payload['uid'] === uid)?.payload;
    findByUserCode = async (): Promise<unknown> => undefined;
    consume = async (id: string): Promise<void> => {
      const found = store.get(this.key(id));
      if (found !== undefined) found.payload['consumed'] = Math.floor(Date.now() / 1000);
    };
    destroy = async (id: string): Promise<void> => void store.delete(this.key(id));
    revokeByGrantId = async (grantId: string): Promise<void> => {
      for (const [key, { payload }] of store) if (payload['grantId'] === grantId) store.delete(key);
    };
  };
}

async function listening(server: Server, port: number): Promise<{ port: number; close(): Promise<void> }> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const part of request) body += String(part);
  return body;
}

async function pass(
  port: number,
  issuer: string,
  request: IncomingMessage,
  body: string,
  response: ServerResponse,
  change: (text: string) => string = (text) => text,
  before: () => Promise<void> = async () => undefined,
): Promise<void> {
  const headers: IncomingHttpHeaders = {
    ...request.headers,
    host: new URL(issuer).host,
    'x-forwarded-proto': 'http',
    'content-length': String(Buffer.byteLength(body)),
  };
  const passed = ask({ host: '127.0.0.1', port, path: request.url, method: request.method, headers }).end(body);
  const answer = await new Promise<IncomingMessage>((resolve, reject) => void passed.once('response', resolve).once('error', reject));
  const text = change(await bodyOf(answer));
  await before();
  const { 'content-length': _length, 'transfer-encoding': _coding, ...rest } = answer.headers;
  response.writeHead(answer.statusCode ?? 500, rest).end(text);
}
