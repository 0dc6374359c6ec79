import { sql, type RawBuilder } from 'kysely';
import { canonical } from '../../base/canonical.ts';
import { row, rows, touched, type Db, type Tx } from '../../base/db.ts';
import type { FieldFault } from '../../base/http/admin.ts';
import { parseNetworks } from '../../base/outbound/address.ts';
import { parseTarget } from '../../base/outbound/target.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { SecretBox } from '../../base/secretbox.ts';
import type { Author, PutOutcome } from '../audit/author.ts';
import { adminChange } from '../audit/change.ts';
import { toProvider, toProviderConfig, type ProviderConfig } from './config.ts';
import type { Provider, StoredProvider } from './provider.ts';

type ProviderRow = { provider: Provider; has_secret: boolean; version: number; created_at: number };

const COLUMNS: RawBuilder<unknown> = sql.raw('provider, sealed IS NOT NULL AS has_secret, version, created_at');
const contextOf = (id: string): string => `identity-provider/${id}`;

function toStored({ provider, has_secret, version, created_at }: ProviderRow): StoredProvider {
  return { ...provider, hasSecret: has_secret, version, createdAt: created_at };
}

export async function findProvider(db: Db, id: string): Promise<StoredProvider | undefined> {
  const found = await row(db, sql<ProviderRow>`SELECT ${COLUMNS} FROM identity_providers WHERE id = ${id}`);
  return found === undefined ? undefined : toStored(found);
}

export async function listProviders(db: Db, page: { limit: number; cursor?: string | undefined }): Promise<StoredProvider[]> {
  const beyond = page.cursor === undefined ? sql`` : sql`WHERE id > ${page.cursor}`;
  return (await rows(db, sql<ProviderRow>`SELECT ${COLUMNS} FROM identity_providers ${beyond} ORDER BY id LIMIT ${page.limit}`)).map(
    toStored,
  );
}

/** Our secret there, or the key of an external page; undefined where there is none. */
export async function openProviderSecret(db: Db, box: SecretBox, id: string): Promise<string | undefined> {
  const found = await row(db, sql<{ sealed: Buffer | null }>`SELECT sealed FROM identity_providers WHERE id = ${id}`);
  return found === undefined || found.sealed === null ? undefined : box.open(found.sealed, contextOf(id)).toString('utf8');
}

/** What only this hub can know: the hub itself, an address that it does not connect to, a tenant, domains and roles that are not there. */
export async function providerObstacle(
  db: Db,
  input: ProviderConfig,
  here: { issuer: string; allowLoopback: boolean; flowNetworks: readonly string[] },
): Promise<FieldFault | undefined> {
  if (input.issuer === here.issuer) return { field: 'issuer', message: 'the hub is no identity provider of its own' };
  for (const field of ['issuer', 'url', 'jwksUri'] as const) {
    const address = input[field];
    // A name may still lead inside; whoever connects judges every answer of the resolver (base/outbound).
    if (address === undefined || (field === 'url' && input.type === 'external')) continue;
    const allowPrivate = input.tenant === undefined ? parseNetworks(here.flowNetworks) : [];
    const target = parseTarget(address, { allowLoopback: here.allowLoopback, allowPrivate, allowPorts: [] });
    if (!target.ok) return { field, message: 'an address that this hub does not connect to' };
  }
  return tenantObstacle(db, input);
}

async function tenantObstacle(db: Db, { tenant, domains, users, exclusions }: ProviderConfig): Promise<FieldFault | undefined> {
  if (tenant === undefined) return undefined;
  const found = await row(db, sql<{ domains: string[] }>`SELECT domains FROM tenants WHERE id = ${tenant} AND state <> 'revoked'`);
  if (found === undefined) return { field: 'tenant', message: `there is no tenant ${tenant}` };
  const foreign = domains.find((domain) => !found.domains.includes(domain));
  if (foreign !== undefined) return { field: 'domains', message: `${foreign} is no domain of the tenant` };
  for (const [field, wanted] of [
    ['users.roles', users.roles.map(({ role }) => role)],
    ['exclusions.roles', exclusions.roles],
  ] as const) {
    const missing = await row(
      db,
      sql<{
        name: string;
      }>`SELECT w.name FROM unnest(${[...new Set(wanted)]}::text[]) AS w(name) WHERE NOT EXISTS (SELECT 1 FROM roles r WHERE r.name = w.name) LIMIT 1`,
    );
    if (missing !== undefined) return { field, message: `there is no role ${missing.name}` };
  }
  return undefined;
}

/** Creates or replaces by the author's id, after {@link providerObstacle}. A secret that is left out stays, as long as it is shown to nobody else. */
export async function putProvider(
  tx: Tx,
  box: SecretBox,
  input: ProviderConfig,
  by: Author,
): Promise<Result<PutOutcome<StoredProvider>, FieldFault>> {
  const { clientSecret: given, ...settings } = input;
  const { id } = input;
  if (given !== undefined && !('value' in given))
    return fail({ field: 'clientSecret', message: 'a reference that only the config file can hold' });
  const before = await findProvider(tx, id);
  const wanted = toProvider(settings);
  const obstacle = secretObstacle(wanted, before, given?.value);
  if (obstacle !== undefined) return fail({ field: 'clientSecret', message: obstacle });
  const known = before?.hasSecret === true ? await openProviderSecret(tx, box, id) : undefined;
  const fresh = given !== undefined && known !== given.value;
  if (before !== undefined && !fresh && canonical(toProviderConfig(before)) === canonical(configOf(wanted)))
    return ok({ outcome: 'unchanged', value: before, entries: [], changed: [] });
  const sealed = keepsSecret(wanted) ? (fresh ? box.seal(given.value, contextOf(id)) : sql`identity_providers.sealed`) : null;
  const first = fresh ? box.seal(given.value, contextOf(id)) : null;
  const saved = await row(
    tx,
    sql<ProviderRow>`INSERT INTO identity_providers (id, provider, sealed) VALUES (${id}, ${JSON.stringify(wanted)}, ${first})
      ON CONFLICT (id) DO UPDATE SET provider = excluded.provider, sealed = ${sealed}, version = identity_providers.version + 1 RETURNING ${COLUMNS}`,
  );
  if (saved === undefined) throw new Error('an identity provider was not saved');
  // Who speaks in another name, or of another tenant, speaks of other people.
  if (before !== undefined && (before.issuer !== wanted.issuer || before.tenant !== wanted.tenant || before.type !== wanted.type))
    await sql`DELETE FROM provider_users WHERE provider_id = ${id}`.execute(tx);
  const value = toStored(saved);
  const entry = adminChange({
    kind: 'identity provider',
    id,
    tenant: wanted.tenant,
    by,
    before: before && shown(before, 'set'),
    after: shown(value, fresh && before?.hasSecret === true ? 'set anew' : 'set'),
  });
  return ok({
    outcome: before === undefined ? 'created' : 'changed',
    value,
    entries: [entry],
    changed: [{ kind: 'identity_provider', key: id }],
  });
}

/** As it would be read back: with everything that was left out filled in. */
function configOf(wanted: Provider): ProviderConfig {
  return toProviderConfig({ ...wanted, hasSecret: false, version: 0, createdAt: 0 });
}

function keepsSecret(of: Provider): boolean {
  if (of.type === 'oidc') return of.clientAuth === 'client_secret_basic' || of.clientAuth === 'client_secret_post';
  return of.jwks === undefined && of.jwksUri === undefined;
}

const MIN_SHARED = 32;

function secretObstacle(wanted: Provider, before: StoredProvider | undefined, given: string | undefined): string | undefined {
  if (!keepsSecret(wanted)) return undefined;
  if (given === undefined && before?.hasSecret !== true)
    return wanted.type === 'oidc'
      ? `with ${wanted.clientAuth} there is one`
      : 'its answers are signed with it, unless jwks or jwksUri is given';
  // RFC 7518 §3.2: a key shorter than the hash can be guessed from one answer.
  if (wanted.type === 'external' && given !== undefined && given.length < MIN_SHARED) return `at least ${MIN_SHARED} characters`;
  // Who may change a provider must not thereby learn its secret: pointed elsewhere, it would be sent there.
  if (given === undefined && wanted.type === 'oidc' && before?.issuer !== wanted.issuer)
    return 'it would go somewhere else now, so it has to be given again';
  return undefined;
}

/** That there is a secret is said, what it is is not. */
function shown(provider: StoredProvider, secret: string): object {
  return { ...toProviderConfig(provider), ...(provider.hasSecret ? { clientSecret: secret } : {}) };
}

/** Nobody comes in by it from the next request on; who was known by it goes on as a user, and its links go with it. */
export async function removeProvider(tx: Tx, id: string, by: Author): Promise<PutOutcome<StoredProvider> | undefined> {
  const before = await findProvider(tx, id);
  if (before === undefined || (await touched(tx, sql`DELETE FROM identity_providers WHERE id = ${id}`)) === 0) return undefined;
  const entry = adminChange({ kind: 'identity provider', id, tenant: before.tenant, by, before: shown(before, 'set'), after: undefined });
  return { outcome: 'removed', value: before, entries: [entry], changed: [{ kind: 'identity_provider', key: id }] };
}
