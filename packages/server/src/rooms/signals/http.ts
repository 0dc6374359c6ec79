import { z } from 'zod';
import { authorOf, notFound, pageQuery } from '../../base/http/admin.ts';
import { json, problem } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import type { Db } from '../../base/db.ts';
import type { State } from '../tenants/tenant.ts';
import type { ContainKind, Containment } from './contain.store.ts';
import { toWire } from './signal.ts';
import { listSignals } from './store.ts';

const PLURALS: Record<ContainKind, string> = { agent: 'agents', client: 'clients', user: 'users', tenant: 'tenants', grant: 'grants' };
const DEEDS: readonly { verb: string; to: State }[] = [
  { verb: 'freeze', to: 'frozen' },
  { verb: 'unfreeze', to: 'active' },
  { verb: 'revoke', to: 'revoked' },
];
const reasonBody = z
  .strictObject({ reason: z.string().min(1).max(500).default('by an administrator') })
  .default({ reason: 'by an administrator' });

export type SignalRoutesDeps = { db: Db; contain: Containment };

/** `POST /admin/v1/{agents,clients,users,tenants,grants}/:id/{freeze,unfreeze,revoke}` and the list of signals. */
export function signalRoutes(deps: SignalRoutesDeps): Route[] {
  const kinds: ContainKind[] = ['agent', 'client', 'user', 'tenant', 'grant'];
  return [listRoute(deps), ...kinds.flatMap((kind) => DEEDS.map((deed) => containRoute(deps, kind, deed)))];
}

function listRoute({ db }: SignalRoutesDeps): Route {
  return route({
    method: 'GET',
    path: '/admin/v1/signals',
    access: 'admin:signals:read',
    audit: ['admin.read'],
    summary: 'Signals sent, oldest first; the cursor is the last number seen',
    input: { query: pageQuery.extend({ cursor: z.coerce.number().int().min(0).default(0) }) },
    async handle({ query }) {
      const found = await listSignals(db, { after: query.cursor, limit: query.limit });
      return json(200, { items: found.map(toWire), next: found.length === query.limit ? String(found.at(-1)?.seq) : null });
    },
  });
}

function containRoute(deps: SignalRoutesDeps, kind: ContainKind, deed: { verb: string; to: State }): Route {
  const noun = kind === 'grant' && deed.verb === 'revoke' ? 'consent' : kind;
  return route({
    method: 'POST',
    path: `/admin/v1/${PLURALS[kind]}/:id/${deed.verb}`,
    access: `admin:${PLURALS[kind]}:write`,
    audit: [`${noun}.${deed.verb === 'freeze' ? 'frozen' : deed.verb === 'unfreeze' ? 'unfrozen' : 'revoked'}`, 'signal.sent'],
    summary: `${deed.verb} a ${kind}; every issuance path refuses at once, live tokens die by signal`,
    input: { body: reasonBody },
    output: { 200: z.object({ id: z.string(), state: z.string(), moved: z.boolean() }) },
    async handle(call) {
      const id = call.params['id'] ?? '';
      const outcome = await deps.contain({ kind, id, to: deed.to, reason: call.body.reason, by: authorOf(call) });
      if (outcome.ok) return json(200, { id, ...outcome.value });
      if (outcome.error === 'unknown') return notFound(kind, id);
      return problem({
        status: 409,
        type: 'revoked',
        title: `This ${kind} is revoked`,
        detail: 'A revocation is final. What comes next starts anew.',
      });
    },
  });
}
