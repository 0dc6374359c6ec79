import { sql } from 'kysely';
import { openDatabase, rows } from '../src/base/db.ts';
import { createRouter } from '../src/base/http/router.ts';
import type { House } from '../src/house.ts';

/** A house that is watched: `undeclared` lists the entries that its routes wrote and their row in the table does not name. */
export type Watched = { house: House; undeclared(): Promise<string[]> };

/** What the admin door writes in front of any of its routes. */
const OF_THE_DOOR = new Set(['admin.refused']);

/**
 * The `audit` of a route is read by people (coverage/audit.txt), so it has to be true: whatever a suite does, every entry that came of a
 * request must be of a type that the route of this request declares.
 */
export function watchEntries(built: House, databaseUrl: string): Watched {
  const router = createRouter(built.routes);
  const declared = new Map<string, { name: string; types: readonly string[] }>();
  return {
    house: {
      ...built,
      async fetch(request) {
        const { method } = request;
        const found = router.match(method === 'HEAD' ? 'GET' : method, new URL(request.url).pathname);
        const response = await built.fetch(request);
        const id = response.headers.get('x-request-id');
        if (id !== null && found !== undefined && 'route' in found) {
          const { path, audit } = found.route;
          declared.set(id, { name: `${found.route.method} ${path}`, types: 'none' in audit ? [] : audit });
        }
        return response;
      },
    },
    async undeclared() {
      const database = openDatabase(databaseUrl);
      const written = await rows(
        database.db,
        sql<{ type: string; request: string }>`SELECT DISTINCT type, body::json->>'request' AS request FROM audit_events`,
      );
      await database.close();
      const faults = written.flatMap(({ type, request }) => {
        const route = declared.get(request);
        return route === undefined || route.types.includes(type) || OF_THE_DOOR.has(type) ? [] : [`${route.name} wrote ${type}`];
      });
      return [...new Set(faults)].sort();
    },
  };
}
