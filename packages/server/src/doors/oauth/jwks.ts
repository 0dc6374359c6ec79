import { digest } from '../../base/digest.ts';
import { route, type Route } from '../../base/http/route.ts';
import { JWKS_CACHE_MS } from '../../rooms/keys/key.ts';
import type { KeyRing } from '../../rooms/keys/ring.store.ts';

/** How long verifiers may keep the set is what the waiting before a rotation is measured by (rooms/keys I2). */
const CACHE = `public, max-age=${JWKS_CACHE_MS / 1000}`;

/** `GET /oauth/jwks` (RFC 7517 §5). Answers from memory, also while the database is away. */
export function jwksRoutes({ keys }: { keys: Pick<KeyRing, 'jwks'> }): Route[] {
  return [
    route({
      method: 'GET',
      path: '/oauth/jwks',
      access: 'public',
      audit: { none: 'public keys' },
      cors: 'any',
      summary: 'Public halves of the signing keys',
      handle({ request }) {
        const body = JSON.stringify(keys.jwks());
        const etag = `"${digest(body).slice(0, 22)}"`;
        const headers = { etag, 'cache-control': CACHE };
        if (isKnown(request.header('if-none-match'), etag)) return { status: 304, headers };
        return { status: 200, headers: { 'content-type': 'application/json', ...headers }, body };
      },
    }),
  ];
}

/** RFC 9110 §13.1.2: a weak comparison, as proxies that compress make of it. */
function isKnown(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag);
}
