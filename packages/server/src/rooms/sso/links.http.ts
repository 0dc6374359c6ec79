import { z } from 'zod';
import type { Db } from '../../base/db.ts';
import { authorOf, cursorOf, notFound, page, pageOf, pageQuery } from '../../base/http/admin.ts';
import { route, type Route } from '../../base/http/route.ts';
import { fail, ok } from '../../base/result.ts';
import { commitDeed, type Done } from '../audit/deed.store.ts';
import type { Audit } from '../audit/store.ts';
import { listLinks, removeLink, type Link } from './links.store.ts';
import { findProvider } from './store.ts';

const linkView = z
  .object({
    subject: z.string().describe('What the provider calls them (sub)'),
    user: z.string(),
    createdAt: z.number(),
  })
  .meta({ id: 'IdentityProviderLink' });

const linksQuery = pageQuery.extend({ user: z.string().min(1).max(64).optional() });

/** Whom the subjects of a provider are here, and how one is forgotten: who was removed, and comes again, is somebody new only after that. */
export function linkRoutes({ db, audit }: { db: Db; audit: Audit }): Route[] {
  return [
    route({
      method: 'GET',
      path: '/admin/v1/identity-providers/:id/links',
      access: 'admin:identity-providers:read',
      audit: ['admin.read'],
      summary: 'Whom the subjects of an identity provider are here, by subject',
      input: { query: linksQuery },
      output: { 200: pageOf(linkView), 404: 'No such id' },
      async handle({ params, query }) {
        const id = params['id'] ?? '';
        if ((await findProvider(db, id)) === undefined) return notFound('identity provider', id);
        const found = await listLinks(db, { provider: id, user: query.user }, { limit: query.limit + 1, cursor: cursorOf(query) });
        return page<Link>(
          found,
          query.limit,
          ({ subject }) => subject,
          (link) => link,
        );
      },
    }),
    route({
      method: 'DELETE',
      path: '/admin/v1/identity-providers/:id/links/:subject',
      access: 'admin:identity-providers:write',
      audit: ['user.changed'],
      summary: 'Forget whom a subject is: the next sign-in finds or makes a user anew',
      output: { 204: 'Forgotten', 404: 'No such link' },
      async handle(call) {
        const [provider, subject] = [call.params['id'] ?? '', call.params['subject'] ?? ''];
        const done = await commitDeed<Done, 'none'>(audit, async (tx) => {
          const entry = await removeLink(tx, { provider, subject }, authorOf(call));
          return entry === undefined ? fail('none') : ok({ entries: [entry], changed: [] });
        });
        return done.ok ? { status: 204, headers: { 'cache-control': 'no-store' } } : notFound('link', subject);
      },
    }),
  ];
}
