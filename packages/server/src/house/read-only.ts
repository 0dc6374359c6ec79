import { json, problem } from '../base/http/message.ts';
import type { Route } from '../base/http/route.ts';

/** What is told to anybody who asks for more. */
const SENTENCE =
  'The hub is read-only: its key-encryption key does not open what is stored. Whoever runs it has to give back the key that it was made with.';

const OPEN = new Set(['/live', '/metrics', '/favicon.svg', '/oauth/jwks']);

/**
 * The table of a house whose KEK is lost or another's. Public documents (the keys in them are public) and what administrators read work, so that
 * resources go on verifying and nobody is blind; nothing is issued, signed, changed or made anew.
 */
export function readOnlyRoutes(routes: readonly Route[]): Route[] {
  return routes.map((route) => (answers(route) ? route : { ...route, handle: () => refusal(route) }));
}

function answers({ method, path, access }: Route): boolean {
  return (
    method === 'GET' && (OPEN.has(path) || path.startsWith('/.well-known/') || (access.endsWith(':read') && path.startsWith('/admin/v1/')))
  );
}

function refusal({ path }: Route) {
  if (path === '/ready') return json(503, { ready: false, reason: 'kek', detail: SENTENCE });
  if (path.startsWith('/admin/')) return problem({ status: 503, type: 'read_only', title: 'The hub is read-only', detail: SENTENCE });
  return json(503, { error: 'temporarily_unavailable', error_description: SENTENCE });
}
