import { sql, type RawBuilder } from 'kysely';
import { canonical } from '../../base/canonical.ts';
import { row, rows, touched, type Db, type Tx } from '../../base/db.ts';
import type { FieldFault } from '../../base/http/admin.ts';
import { parseTarget } from '../../base/outbound/target.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { SecretBox } from '../../base/secretbox.ts';
import type { Author, PutOutcome } from '../audit/author.ts';
import { adminChange } from '../audit/change.ts';
import { toHealth, type HealthRow } from '../audit/health.ts';
import { toTransmitter, toTransmitterConfig, type StoredTransmitter, type Transmitter, type TransmitterConfig } from './transmitter.ts';

type TransmitterRow = HealthRow & {
  config: Transmitter;
  has_secret: boolean;
  version: number;
  created_at: number;
  heard: number;
  heard_at: number | null;
};

const COLUMNS: RawBuilder<unknown> = sql.raw(
  'config, sealed IS NOT NULL AS has_secret, version, created_at, heard, heard_at, failures, failure, failing_since',
);
const contextOf = (id: string): string => `transmitter/${id}`;
export const MOST_TRANSMITTERS = 500;

function toStored({ config, has_secret, created_at, heard, heard_at, version, ...health }: TransmitterRow): StoredTransmitter {
  return { ...config, ...toHealth(health), hasSecret: has_secret, version, createdAt: created_at, heard, heardAt: heard_at ?? undefined };
}

export async function findTransmitter(db: Db, id: string): Promise<StoredTransmitter | undefined> {
  const found = await row(db, sql<TransmitterRow>`SELECT ${COLUMNS} FROM transmitters WHERE id = ${id}`);
  return found === undefined ? undefined : toStored(found);
}

export async function listTransmitters(db: Db, page: { limit: number; cursor?: string | undefined }): Promise<StoredTransmitter[]> {
  const beyond = page.cursor === undefined ? sql`` : sql`WHERE id > ${page.cursor}`;
  const found = await rows(db, sql<TransmitterRow>`SELECT ${COLUMNS} FROM transmitters ${beyond} ORDER BY id LIMIT ${page.limit}`);
  return found.map(toStored);
}

/** Undefined where there is none. */
export async function openTransmitterSecret(db: Db, box: SecretBox, id: string): Promise<string | undefined> {
  const found = await row(db, sql<{ sealed: Buffer | null }>`SELECT sealed FROM transmitters WHERE id = ${id}`);
  return found === undefined || found.sealed === null ? undefined : box.open(found.sealed, contextOf(id)).toString('utf8');
}

export type TransmitterPlace = { issuer: string; allowLoopback: boolean };

/** What only this hub can know: the hub itself, an address that it does not connect to, a tenant, its domains and its provider. */
async function obstacleTo(tx: Tx, input: Transmitter, here: TransmitterPlace): Promise<FieldFault | undefined> {
  if (input.issuer === here.issuer) return { field: 'issuer', message: 'the hub does not listen to itself' };
  for (const field of ['issuer', 'jwksUri', 'pollUrl'] as const) {
    const address = input[field];
    if (address === undefined) continue;
    const target = parseTarget(address, { allowLoopback: here.allowLoopback, allowPrivate: [], allowPorts: [] });
    if (!target.ok) return { field, message: 'an address that this hub does not connect to' };
  }
  if (input.provider !== undefined) {
    const found = await row(
      tx,
      sql<{ tenant: string | null }>`SELECT provider ->> 'tenant' AS tenant FROM identity_providers WHERE id = ${input.provider}`,
    );
    if (found === undefined) return { field: 'provider', message: `there is no identity provider ${input.provider}` };
    if (input.tenant !== undefined && found.tenant !== input.tenant)
      return { field: 'provider', message: 'it is not a provider of this tenant' };
    if (input.tenant === undefined && found.tenant !== null)
      return { field: 'provider', message: 'it is a provider of a tenant: name the tenant' };
  }
  if (input.tenant === undefined) return undefined;
  const tenant = await row(tx, sql<{ domains: string[] }>`SELECT domains FROM tenants WHERE id = ${input.tenant} AND state <> 'revoked'`);
  if (tenant === undefined) return { field: 'tenant', message: `there is no tenant ${input.tenant}` };
  const foreign = input.domains.find((domain) => !tenant.domains.includes(domain));
  return foreign === undefined ? undefined : { field: 'domains', message: `${foreign} is no domain of the tenant` };
}

/** Creates or replaces by the author's id. A secret that is left out stays, as long as it is shown to nobody else. */
export async function putTransmitter(
  tx: Tx,
  box: SecretBox,
  input: TransmitterConfig,
  of: { here: TransmitterPlace; by: Author },
): Promise<Result<PutOutcome<StoredTransmitter>, FieldFault>> {
  const { secret: given } = input;
  const { id } = input;
  if (given !== undefined && !('value' in given))
    return fail({ field: 'secret', message: 'a reference that only the config file can hold' });
  const wanted = toTransmitter(input);
  const before = await findTransmitter(tx, id);
  const obstacle =
    (await obstacleTo(tx, wanted, of.here)) ??
    secretObstacle(wanted, before, given?.value) ??
    (before === undefined ? await tooMany(tx) : undefined);
  if (obstacle !== undefined) return fail(obstacle);
  const fresh = given !== undefined && (before?.hasSecret !== true || (await openTransmitterSecret(tx, box, id)) !== given.value);
  if (before !== undefined && !fresh && canonical(toTransmitterConfig(before)) === canonical(configOf(wanted)))
    return ok({ outcome: 'unchanged', value: before, entries: [], changed: [] });
  const sealed = fresh ? box.seal(given.value, contextOf(id)) : null;
  const saved = await row(
    tx,
    sql<TransmitterRow>`INSERT INTO transmitters (id, config, sealed) VALUES (${id}, ${JSON.stringify(wanted)}, ${sealed})
      ON CONFLICT (id) DO UPDATE SET config = excluded.config, sealed = coalesce(excluded.sealed, transmitters.sealed), version = transmitters.version + 1,
        next_at = NULL, polling_until = NULL RETURNING ${COLUMNS}`,
  );
  if (saved === undefined) throw new Error('a transmitter was not saved');
  const value = toStored(saved);
  const entry = adminChange({
    kind: 'transmitter',
    id,
    tenant: wanted.tenant,
    by: of.by,
    before: before && shown(before, 'set'),
    after: shown(value, fresh && before?.hasSecret === true ? 'set anew' : 'set'),
  });
  return ok({
    outcome: before === undefined ? 'created' : 'changed',
    value,
    entries: [entry],
    changed: [{ kind: 'transmitter', key: id }],
  });
}

/** As it would be read back. */
function configOf(wanted: Transmitter): TransmitterConfig {
  return toTransmitterConfig({
    ...wanted,
    hasSecret: false,
    version: 0,
    createdAt: 0,
    heard: 0,
    heardAt: undefined,
    failure: undefined,
    failingSince: undefined,
    failures: 0,
  });
}

function secretObstacle(wanted: Transmitter, before: StoredTransmitter | undefined, given: string | undefined): FieldFault | undefined {
  if (given !== undefined)
    return /^[A-Za-z0-9\-._~+/]{16,4096}=*$/.test(given)
      ? undefined
      : { field: 'secret', message: 'a bearer token of at least 16 characters (RFC 6750 §2.1)' };
  if (before?.hasSecret !== true) return undefined;
  // Who may change a transmitter must not thereby learn its secret: asked elsewhere, it would be shown there.
  return before.pollUrl === wanted.pollUrl && before.delivery === wanted.delivery
    ? undefined
    : { field: 'secret', message: 'it would go somewhere else now, so it has to be given again' };
}

async function tooMany(tx: Tx): Promise<FieldFault | undefined> {
  const found = await row(tx, sql<{ n: number }>`SELECT count(*) AS n FROM transmitters`);
  return (found?.n ?? 0) < MOST_TRANSMITTERS
    ? undefined
    : { field: 'id', message: `there are ${MOST_TRANSMITTERS} transmitters, which is the most` };
}

/** That there is a secret is said, what it is is not. */
function shown(transmitter: StoredTransmitter, secret: string): object {
  return { ...toTransmitterConfig(transmitter), ...(transmitter.hasSecret ? { secret } : {}) };
}

/** Nothing of it is heeded from the next SET on. Whom it stopped stays stopped, until an administrator lets them go. */
export async function removeTransmitter(tx: Tx, id: string, by: Author): Promise<PutOutcome<StoredTransmitter> | undefined> {
  const before = await findTransmitter(tx, id);
  if (before === undefined || (await touched(tx, sql`DELETE FROM transmitters WHERE id = ${id}`)) === 0) return undefined;
  const entry = adminChange({ kind: 'transmitter', id, tenant: before.tenant, by, before: shown(before, 'set'), after: undefined });
  return { outcome: 'removed', value: before, entries: [entry], changed: [{ kind: 'transmitter', key: id }] };
}
