import { sql } from 'kysely';
import { z } from 'zod';
import type { ChangeFeed } from '../../base/changes.ts';
import type { Clock } from '../../base/clock.ts';
import { row, rows, type Database } from '../../base/db.ts';
import type { Log } from '../../base/log.ts';
import type { Outbound } from '../../base/outbound/contract.ts';
import type { SecretBox } from '../../base/secretbox.ts';
import type { Result } from '../../base/result.ts';
import type { Client } from '../clients/client.ts';

/** Ties a sealed notice to its row. */
export const NOTICE_CONTEXT = (id: string): string => `pending-notice/${id}`;

/** Tries in all, and how long after one the next may begin. A client that was never rung still polls. */
const TRIES = 5;
const PAUSE_MS = 30_000;

/** Rings clients that asked to be (CIBA §10.2). */
export type Bell = {
  /** Rings for everything that is decided and not yet rung for: what a node that died left behind. */
  ringDue(): Promise<void>;
  /** Resolves when everything under way has been tried: for shutting down, and for tests. */
  settled(): Promise<void>;
};

export type BellDeps = {
  database: Database;
  clock: Clock;
  feed: Pick<ChangeFeed, 'on'>;
  box: SecretBox;
  outbound: Pick<Outbound, 'request'>;
  clients: { find(id: string): Promise<Result<Client, unknown>> };
  log: Log;
};

const sealed = z.object({ authReqId: z.string(), token: z.string() });

/** Hears of every decision, on every node; a conditional update decides which of them rings. */
export function createBell(deps: BellDeps): Bell {
  const under = new Set<Promise<void>>();
  const start = (id: string): Promise<void> => {
    const ringing = ring(deps, id)
      .catch((error: unknown) => deps.log.warn({ err: error }, 'a client could not be notified'))
      .finally(() => under.delete(ringing));
    under.add(ringing);
    return ringing;
  };
  deps.feed.on('pending', (id) => void start(id));
  return {
    async ringDue() {
      const due = await rows(
        deps.database.db,
        sql<{
          id: string;
        }>`SELECT id FROM pending_authorizations WHERE notice IS NOT NULL AND state NOT IN ('pending', 'used') AND notice_tries < ${TRIES}
          AND (notice_at IS NULL OR notice_at < ${new Date(deps.clock.now() - PAUSE_MS)}) LIMIT 200`,
      );
      await Promise.all(due.map(({ id }) => start(id)));
    },
    async settled() {
      await Promise.all(under);
    },
  };
}

async function ring(deps: BellDeps, id: string): Promise<void> {
  const { db } = deps.database;
  const at = new Date(deps.clock.now());
  const mine = await row(
    db,
    sql<{ client_id: string; notice: Buffer }>`UPDATE pending_authorizations SET notice_tries = notice_tries + 1, notice_at = ${at}
      WHERE id = ${id} AND notice IS NOT NULL AND state NOT IN ('pending', 'used') AND notice_tries < ${TRIES}
        AND (notice_at IS NULL OR notice_at < ${new Date(deps.clock.now() - PAUSE_MS)}) RETURNING client_id, notice`,
  );
  if (mine === undefined) return;
  const found = await deps.clients.find(mine.client_id);
  const endpoint = found.ok ? found.value.settings.backchannel?.notificationEndpoint : undefined;
  if (endpoint === undefined) return;
  const { authReqId, token } = sealed.parse(JSON.parse(deps.box.open(mine.notice, NOTICE_CONTEXT(id)).toString('utf8')));
  const answer = await deps.outbound.request({
    method: 'POST',
    url: endpoint,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ auth_req_id: authReqId }),
    maxBytes: 4_096,
    timeoutMs: 5_000,
  });
  // CIBA §10.2: 204, or 200; the body means nothing.
  if (answer.ok && (answer.status === 204 || answer.status === 200))
    await sql`UPDATE pending_authorizations SET notice = NULL WHERE id = ${id}`.execute(db);
  else deps.log.info({ outcome: answer.ok ? answer.status : answer.reason }, 'a client was not reached with its notification');
}
