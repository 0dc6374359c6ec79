import { createServer, type Server } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTHeaderParameters } from 'jose';

/** A stand-in for a platform that issues tokens to workloads or people: discovery and keys over real HTTP on loopback. */
export type Platform = {
  issuer: string;
  jwksUri: string;
  /** Paths that were asked for. */
  asked: string[];
  /** What is answered instead, by path. */
  instead: Map<string, { status: number; body: string }>;
  rotate(kid: string): Promise<void>;
  sign(claims: Record<string, unknown>, header?: Partial<JWTHeaderParameters>): Promise<string>;
  close(): Promise<void>;
};

export async function openPlatform(path = '', alg = 'ES256'): Promise<Platform> {
  const keys: { kid: string; key: CryptoKey; jwk: object }[] = [];
  const asked: string[] = [];
  const instead: Platform['instead'] = new Map();
  const server: Server = createServer((request, response) => {
    const url = request.url ?? '';
    asked.push(url);
    const other = instead.get(url);
    const issuer = `http://localhost:${port(server)}${path}`;
    const documents: Record<string, object> = {
      [`${path}/.well-known/openid-configuration`]: { issuer, jwks_uri: `${issuer}/keys` },
      [`${path}/keys`]: { keys: keys.map(({ jwk }) => jwk) },
    };
    const found = documents[url];
    response.writeHead(other?.status ?? (found === undefined ? 404 : 200), {
      'content-type': 'application/json',
      'cache-control': 'max-age=3600',
    });
    response.end(other?.body ?? JSON.stringify(found ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const rotate = async (kid: string): Promise<void> => {
    const pair = await generateKeyPair(alg, { extractable: true });
    keys.splice(0, keys.length, { kid, key: pair.privateKey, jwk: { ...(await exportJWK(pair.publicKey)), kid, alg, use: 'sig' } });
  };
  await rotate('first');
  const issuer = `http://localhost:${port(server)}${path}`;
  return {
    issuer,
    jwksUri: `${issuer}/keys`,
    asked,
    instead,
    rotate,
    sign(claims, header = {}) {
      const [signer] = keys;
      if (signer === undefined) throw new Error('no key');
      return new SignJWT(claims).setProtectedHeader({ alg, kid: signer.kid, ...header }).sign(signer.key);
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function port(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening');
  return address.port;
}
