import { generateKeyPairSync } from 'node:crypto';
import { story, walk } from '../driver/walk.ts';
import type { Person } from '../driver/person.ts';
import type { CookieJar } from '../driver/jar.ts';

export const REDIRECT = 'http://127.0.0.1:3999/callback';
export const SECRET = 'the-secret-of-a-strict-client-001';

/** A P-256 key pair for `private_key_jwt`, as Web Crypto and as the JWK that the hub is given. */
export async function clientKey(): Promise<{ key: CryptoKey; jwk: object }> {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const der = pair.privateKey.export({ type: 'pkcs8', format: 'der' });
  const key = await crypto.subtle.importKey('pkcs8', der, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
  return { key, jwk: { ...pair.publicKey.export({ format: 'jwk' }), kid: 'strict-1', alg: 'ES256', use: 'sig' } };
}

/** Clients that strict libraries act as, one per way of authentication, and what policy lets them do without a user. */
export function strictClients(jwk: object): { clients: object[]; policies: object[] } {
  const grants = ['authorization_code', 'refresh_token', 'client_credentials'];
  const one = (id: string, auth: object): object => ({ id, name: `Strict ${id}`, grants, redirectUris: [REDIRECT], auth });
  return {
    clients: [
      one('basic', { method: 'client_secret_basic', secrets: [{ value: SECRET }] }),
      one('post', { method: 'client_secret_post', secrets: [{ value: SECRET }] }),
      one('key', { method: 'private_key_jwt', jwks: { keys: [jwk] } }),
    ],
    policies: [
      {
        id: 'strict-machines',
        effect: 'allow',
        grants: ['client_credentials'],
        subject: { clients: ['basic', 'post', 'key'] },
        target: { resources: ['acme-incidents'] },
        scopes: ['incidents:read'],
      },
    ],
  };
}

/** Where the person comes back to; a page that leads nowhere is thrown with its text. */
export async function comeBack(url: URL, person: Person, jar?: CookieJar): Promise<URL> {
  const walked = await walk(url.href, person, { call: false, ...(jar !== undefined && { jar }) });
  if (walked.end.kind !== 'callback') throw new Error(story(walked).join('\n'));
  return new URL(walked.end.url);
}
