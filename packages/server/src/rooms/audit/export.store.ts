import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { rows, type Db } from '../../base/db.ts';
import type { Notary } from './checkpoint.ts';
import { conditions } from './search.store.ts';

export type ExportQuery = { tenant?: string | undefined; since?: number | undefined; until?: number | undefined };
export type ExportDeps = { db: Db; notary: Notary };

/** A stretch of one chain, both ends in it. */
type Stretch = { tenant: string; from: number; to: number };
type End = { from: number; seq: number; hash: string };

const PAGE = 1_000;

/**
 * The record as lines of JSON, chain by chain in its order: the entries, a line `{end}` that says how far each chain reaches, and a line `{manifest}` in which the hub signs
 * the digest of all bytes before it. A time cuts each chain at the entries of then; nodes whose clocks differ may have some a moment beyond it between them, because
 * a stretch has no holes. Entries written meanwhile are not in it.
 */
export async function* exportLines(
  { db, notary }: ExportDeps,
  query: ExportQuery,
  of: { by: string; now: number },
): AsyncGenerator<string> {
  const sum = createHash('sha256');
  const hashed = (line: string): string => {
    sum.update(line);
    return line;
  };
  const chains: Record<string, End> = {};
  let events = 0;
  for (const stretch of await stretches(db, query)) {
    for await (const page of pagesOf(db, stretch)) {
      const last = page.at(-1);
      if (last === undefined) break;
      events += page.length;
      chains[stretch.tenant] = { from: stretch.from, seq: last.seq, hash: last.hash };
      yield hashed(page.map(({ body, hash }) => `${body.slice(0, -1)},"hash":${JSON.stringify(hash)}}\n`).join(''));
    }
  }
  yield hashed(`${JSON.stringify({ end: { events, chains } })}\n`);
  const manifest = { sha256: sum.digest('base64url'), events, chains: Object.keys(chains).length, by: of.by };
  yield `${JSON.stringify({ manifest: notary.signManifest(manifest, of.now) })}\n`;
}

function stretches(db: Db, query: ExportQuery): Promise<Stretch[]> {
  return rows(
    db,
    sql<Stretch>`SELECT tenant, min(seq) AS "from", max(seq) AS "to" FROM audit_events WHERE ${conditions(query)} GROUP BY tenant ORDER BY tenant`,
  );
}

type Line = { seq: number; body: string; hash: string };

async function* pagesOf(db: Db, { tenant, from, to }: Stretch): AsyncGenerator<Line[]> {
  for (let next = from; next <= to;) {
    const page = await rows(
      db,
      sql<Line>`SELECT seq, body, hash FROM audit_events WHERE tenant = ${tenant} AND seq >= ${next} AND seq <= ${to} ORDER BY seq LIMIT ${PAGE}`,
    );
    yield page;
    const last = page.at(-1);
    if (last === undefined) return;
    next = last.seq + 1;
  }
}
