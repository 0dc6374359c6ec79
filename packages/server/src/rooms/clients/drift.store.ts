import { sql } from 'kysely';
import { row, touched, type Tx } from '../../base/db.ts';
import { digest } from '../../base/digest.ts';
import type { Author } from '../audit/author.ts';
import type { Done } from '../audit/deed.store.ts';
import { createSetting, type Setting, type SettingDeps } from '../audit/setting.store.ts';
import { noteDrifts } from '../resources/drift.store.ts';
import type { Client } from './client.ts';
import { CHANGED, clientDrift, DEFAULT_DRIFT, hostDrift, stops, type DriftSetting } from './drift.ts';
import { hostListed } from './hosts.ts';
import type { RegistrationSettings } from './setting.store.ts';

/** Which change of a client stops it, in memory on every node. */
export type DriftSettings = Setting<DriftSetting>;

export function createDriftSettings(deps: SettingDeps): DriftSettings {
  return createSetting(deps, { name: 'clients.drift', initial: DEFAULT_DRIFT, target: { kind: 'setting', id: 'drift' } });
}

/** Told of each client that says other things of itself than before, inside the change. */
export type DriftWatch = (tx: Tx, of: { before: Client; after: Client; now: number }, by: Author) => Promise<Done>;

export type DriftWatchDeps = {
  driftSettings: Pick<DriftSettings, 'current'>;
  settings: Pick<RegistrationSettings, 'current'>;
  /** Stops a client until the drift is accepted, with the signal to resource servers: in a room below this one. */
  stop(tx: Tx, id: string, by: Author): Promise<Done>;
};

const NOTHING: Done = { entries: [], changed: [] };

export function createDriftWatch({ driftSettings, settings, stop }: DriftWatchDeps): DriftWatch {
  return async (tx, { before, after, now }, by) => {
    const found = clientDrift(before, after, digest);
    if (found.length === 0 || !(await actsForSomebody(tx, after.id))) return NOTHING;
    const isPinned = pinned(before, settings.current().cimd.verifiedHosts);
    const drifted = found.map((one) => ({ ...one, froze: stops(driftSettings.current(), one, isPinned) }));
    const entries = await noteDrifts(tx, { client: after.id }, { drifted, by, now });
    const stopped = drifted.some(({ froze }) => froze) && after.state === 'active' ? await stop(tx, after.id, by) : NOTHING;
    return { entries: [...entries, ...stopped.entries], changed: stopped.changed };
  };
}

/** An administrator vouched for it: for its host, or for a registration by hand. What vendors are known to publish at is nobody's word here. */
function pinned({ id, registrationType, status }: Client, verifiedHosts: readonly string[]): boolean {
  if (registrationType !== 'cimd') return status === 'verified';
  return hostListed(verifiedHosts, new URL(id).hostname);
}

/** An administrator's own change of where codes go is noted too, for whoever looks after the client; it stops nothing. */
export async function noteHostDrift(tx: Tx, { before, after }: { before: Client; after: Client }, by: Author): Promise<Done['entries']> {
  const drifted = hostDrift(before, after);
  return drifted.length === 0 || !(await actsForSomebody(tx, after.id)) ? [] : noteDrifts(tx, { client: after.id }, { drifted, by });
}

/** Lets a client go on that was stopped for a drift and for nothing else. */
export async function letGoOn(tx: Tx, id: string): Promise<boolean> {
  const moved = await touched(
    tx,
    sql`UPDATE clients SET state = 'active', state_reason = NULL, version = version + 1 WHERE id = ${id} AND state = 'frozen' AND state_reason = ${CHANGED}`,
  );
  return moved === 1;
}

/** Nobody drifts away from what nobody allowed. */
async function actsForSomebody(tx: Tx, clientId: string): Promise<boolean> {
  return (await row(tx, sql`SELECT 1 FROM agents WHERE client_id = ${clientId} AND retired_at IS NULL LIMIT 1`)) !== undefined;
}
