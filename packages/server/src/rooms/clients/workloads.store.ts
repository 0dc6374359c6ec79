import { sql } from 'kysely';
import type { ChangeFeed } from '../../base/changes.ts';
import { rows, type Db, type Tx } from '../../base/db.ts';
import { createSnapshot } from '../../base/snapshot.ts';
import { findIssuer } from '../issuers/store.ts';
import type { ClientConfig } from './config.ts';
import { hostedRuleFault, indexed, type WorkloadClient, type WorkloadIndex } from './workload.ts';

/** The trust rules of all clients, in memory: read again when one of them changes, on every node. */
export type Workloads = { ready(): Promise<void>; current(): { index: WorkloadIndex; clients: readonly WorkloadClient[] } };

/** The kind of change that {@link Workloads} hears of. Changes of other clients do not concern it, and there may be many of those. */
export const WORKLOAD_CHANGE = 'workload';

export function createWorkloads(deps: { db: Db; feed: ChangeFeed; onError(error: unknown): void }): Workloads {
  const load = async () => {
    const clients = await readAll(deps.db);
    return { clients, index: indexed(clients) };
  };
  const snapshot = createSnapshot({ name: 'workloads', load, onError: deps.onError });
  deps.feed.on(WORKLOAD_CHANGE, () => snapshot.stale());
  return { ready: snapshot.ready, current: snapshot.current };
}

/** Frozen and revoked ones too: whether a client may do anything is not asked here. */
function readAll(db: Db): Promise<WorkloadClient[]> {
  return rows(
    db,
    sql<WorkloadClient>`SELECT id, tenants, workload AS rules FROM clients WHERE registration_type = 'workload' AND workload IS NOT NULL ORDER BY id`,
  );
}

/** What of a client's trust rules only the database can know: issuers that are not there, or that do not authenticate clients. */
export async function workloadObstacle(
  tx: Tx,
  { workload = [] }: Pick<ClientConfig, 'workload'>,
): Promise<{ field: string; message: string } | undefined> {
  for (const [at, rule] of workload.entries()) {
    const refuse = (field: string, message: string) => ({ field: `workload[${at}].${field}`, message });
    const issuer = await findIssuer(tx, rule.issuer);
    if (issuer === undefined) return refuse('issuer', `there is no issuer ${rule.issuer}`);
    if (!issuer.purposes.some((purpose) => purpose !== 'id_jag'))
      return refuse('issuer', `issuer ${rule.issuer} vouches for no workloads (its purposes)`);
    const fault = hostedRuleFault(rule, issuer.preset);
    if (fault !== undefined) return refuse(rule.subject === undefined ? 'claims' : 'subject', fault);
  }
  return undefined;
}
