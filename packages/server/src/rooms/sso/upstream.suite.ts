import { createHash } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTHeaderParameters } from 'jose';
import { httpPeer, type Peer } from '../../base/outbound/peer.suite.ts';

/** What the provider does with the next code; everything has a right value. */
export type Lie = {
  claims?: Record<string, unknown>;
  header?: Partial<JWTHeaderParameters>;
  /** Signed by a key that is not published. */
  strangersKey?: boolean;
  /** The id_token as it is to be sent, instead of one that is made. */
  raw?(honest: string): string;
  token?: { status: number; body: string; type?: string };
  userinfo?: Record<string, unknown>;
  discovery?: Record<string, unknown>;
};

export type Upstream = {
  issuer: string;
  peer: Peer;
  lie: Lie;
  /** The person who signs in there. */
  person: Record<string, unknown>;
  /** Token requests that came, as they were sent. */
  asked: { headers: Record<string, unknown>; form: URLSearchParams }[];
  privateKey: CryptoKey;
  /** What a browser would come back with after signing in at the address it was sent to. */
  visit(location: string): { state: string; code: string; url: URL };
  close(): Promise<void>;
};

/** A minimal OpenID provider that can be told to lie in any one point. */
export async function upstream(clientId = 'hub'): Promise<Upstream> {
  const keys = await generateKeyPair('ES256');
  const other = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' };
  const codes = new Map<string, URLSearchParams>();
  let made = 0;
  const of: Upstream = {
    issuer: '',
    lie: {},
    person: { sub: 'there-ann', email: 'ann@acme.test', email_verified: true, name: 'Ann There' },
    asked: [],
    privateKey: keys.privateKey,
    visit(location) {
      const url = new URL(location);
      made += 1;
      const code = `code-${made}`;
      codes.set(code, url.searchParams);
      return { state: url.searchParams.get('state') ?? '', code, url };
    },
    peer: await httpPeer((request, response) => {
      void (async () => {
        const path = new URL(request.url ?? '/', of.issuer).pathname;
        const json = (value: unknown): unknown =>
          response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
        if (path === '/.well-known/openid-configuration')
          return json({
            issuer: of.issuer,
            authorization_endpoint: `${of.issuer}/authorize`,
            token_endpoint: `${of.issuer}/token`,
            userinfo_endpoint: `${of.issuer}/userinfo`,
            jwks_uri: `${of.issuer}/jwks`,
            authorization_response_iss_parameter_supported: true,
            ...of.lie.discovery,
          });
        if (path === '/jwks') return json({ keys: [jwk] });
        if (path === '/userinfo') return json(of.lie.userinfo ?? of.person);
        let body = '';
        for await (const chunk of request) body += String(chunk);
        const form = new URLSearchParams(body);
        of.asked.push({ headers: request.headers, form });
        const { token } = of.lie;
        if (token !== undefined)
          return response.writeHead(token.status, { 'content-type': token.type ?? 'application/json' }).end(token.body);
        const begun = codes.get(form.get('code') ?? '');
        codes.delete(form.get('code') ?? '');
        const challenge = createHash('sha256')
          .update(form.get('code_verifier') ?? '')
          .digest('base64url');
        if (begun === undefined || begun.get('code_challenge') !== challenge || begun.get('redirect_uri') !== form.get('redirect_uri'))
          return response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}');
        const honest = await sign(begun);
        return json({ access_token: 'at', token_type: 'Bearer', id_token: of.lie.raw?.(honest) ?? honest });
      })();
    }),
    close: () => of.peer.close(),
  };
  of.issuer = `http://127.0.0.1:${of.peer.port}`;

  function sign(begun: URLSearchParams): Promise<string> {
    const seconds = Math.floor(Date.now() / 1000); // reason: a provider has a clock of its own
    const claims = {
      iss: of.issuer,
      aud: clientId,
      nonce: begun.get('nonce'),
      iat: seconds,
      exp: seconds + 300,
      auth_time: seconds,
      ...of.person,
    };
    return new SignJWT({ ...claims, ...of.lie.claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'k1', ...of.lie.header })
      .sign(of.lie.strangersKey === true ? other.privateKey : keys.privateKey);
  }
  return of;
}
