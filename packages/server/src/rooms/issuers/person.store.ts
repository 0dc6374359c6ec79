import { sql } from 'kysely';
import { canonical } from '../../base/canonical.ts';
import { row, type Db, type Tx } from '../../base/db.ts';
import { newId } from '../../base/ids.ts';
import { holdName } from '../../base/lock.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Author } from '../audit/author.ts';
import { commitDeed, type Done } from '../audit/deed.store.ts';
import type { EventDraft } from '../audit/event.ts';
import type { Audit } from '../audit/store.ts';
import type { Tenant } from '../tenants/tenant.ts';
import { findTenant } from '../tenants/store.ts';
import { toUserConfig, userConfig } from '../users/config.ts';
import { findUser, findUserByEmail, putUser, userObstacle } from '../users/store.ts';
import type { User } from '../users/user.ts';
import type { Obstacle } from './issuer.ts';
import { describe, merged, type Described, type Voucher } from './person.ts';

/** Where it is kept who a subject is here. By the id of the trust, not by its issuer's name: two may have one name and other keys. */
export type Links = {
  /** Of the object that vouches: `issuer`, `identity provider`. */
  kind: string;
  find(db: Db, of: { voucher: string; subject: string }): Promise<string | undefined>;
  add(tx: Tx, of: { voucher: string; subject: string; userId: string; now: number }): Promise<void>;
};

const issuerLinks: Links = {
  kind: 'issuer',
  async find(db, { voucher, subject }) {
    const link = await row(
      db,
      sql<{ user_id: string }>`SELECT user_id FROM issuer_users WHERE issuer_id = ${voucher} AND subject = ${subject}`,
    );
    return link?.user_id;
  },
  async add(tx, { voucher, subject, userId, now }) {
    await sql`INSERT INTO issuer_users (issuer_id, subject, user_id, created_at) VALUES (${voucher}, ${subject}, ${userId}, ${new Date(now)})`.execute(
      tx,
    );
  },
};

/** Whom an assertion speaks of, and from whom; `now` in milliseconds. */
export type Asserted = {
  issuer: Voucher;
  subject: string;
  claims: Readonly<Record<string, unknown>>;
  now: number;
  by: Author;
  /** Default: those of issuers. */
  links?: Links;
};

/** What became of it: the user was there, was found by address, was made, or is to be as the assertion says now. */
export type Provisioned = Done & { user: User; deed: 'known' | 'linked' | 'created' | 'updated'; described: Described };

/**
 * The user behind an assertion. Nothing is written when the user is known and is what the assertion says. `rehearse`: done and undone, for the preview.
 */
export async function userBehind(
  deps: { db: Db; audit: Audit },
  asserted: Asserted,
  rehearse = false,
): Promise<Result<Provisioned, Obstacle>> {
  const tenant = await tenantOf(deps.db, asserted.issuer);
  if (!tenant.ok) return tenant;
  const described = describe(asserted.issuer, asserted.subject, asserted.claims, tenant.value);
  if (!described.ok) return described;
  const known = await linkedUser(deps.db, asserted);
  if (known !== undefined && isCurrent(asserted.issuer, known, described.value))
    return ok({ user: known, deed: 'known', described: described.value, entries: [], changed: [] });
  return commitDeed(deps.audit, (tx) => provision(tx, asserted, described.value), !rehearse);
}

async function tenantOf(db: Db, { tenant }: Voucher): Promise<Result<Tenant | undefined, Obstacle>> {
  const found = tenant === undefined ? undefined : await findTenant(db, tenant);
  if (tenant !== undefined && found?.state !== 'active')
    return fail({ reason: 'tenant_unknown', sentence: `The tenant ${tenant} is not there, or not active.` });
  return ok(found);
}

/** Who the subject is here, whatever became of them. */
export async function linkedUser(
  db: Db,
  { issuer, subject, links = issuerLinks }: Pick<Asserted, 'issuer' | 'subject' | 'links'>,
): Promise<User | undefined> {
  const userId = await links.find(db, { voucher: issuer.id, subject });
  return userId === undefined ? undefined : findUser(db, userId);
}

/** Somebody frozen or removed is left as they are: the pipeline refuses them. */
function isCurrent(issuer: Voucher, user: User, described: Described): boolean {
  if (user.state !== 'active') return true;
  const { name, attributes, tenants } = merged(issuer, user, described);
  const shown = (of: Pick<User, 'attributes' | 'tenants'> & { name?: string }) =>
    canonical({ name: of.name ?? null, attributes: of.attributes, tenants: toUserConfig({ ...user, ...of }).tenants });
  return shown({ ...(name === undefined ? {} : { name }), attributes, tenants }) === shown(user);
}

/** In one transaction, one at a time per subject: two requests at once make one user. */
async function provision(tx: Tx, asserted: Asserted, described: Described): Promise<Result<Provisioned, Obstacle>> {
  const { issuer, subject } = asserted;
  await holdName(tx, `person ${asserted.links?.kind ?? 'issuer'} ${issuer.id} ${subject}`);
  const linked = await linkedUser(tx, asserted);
  if (linked !== undefined) return updated(tx, asserted, linked, described, isCurrent(issuer, linked, described) ? 'known' : 'updated');
  if (described.email !== undefined) await holdName(tx, `address ${described.email.key}`);
  const same = described.email === undefined ? undefined : await findUserByEmail(tx, described.email.key);
  if (same !== undefined) {
    const obstacle = linkObstacle(issuer, same, described);
    if (obstacle !== undefined) return fail(obstacle);
    const entry = await link(tx, asserted, same.id);
    const done = await updated(tx, asserted, same, described, 'linked');
    return done.ok ? ok({ ...done.value, entries: [entry, ...done.value.entries] }) : done;
  }
  return created(tx, asserted, described);
}

/** An address alone makes nobody a known user, unless the trust says so, the address is proven, and the user is of this tenant already. */
function linkObstacle({ users, tenant }: Voucher, user: User, { email }: Described): Obstacle | undefined {
  const taken = (sentence: string): Obstacle => ({ reason: 'user_address_taken', sentence });
  if (users?.link !== 'email') return taken(`User ${user.id} has this address, and this issuer does not link by address.`);
  if (email?.verified !== true) return taken(`User ${user.id} has this address, and the assertion does not prove it.`);
  if (tenant !== undefined && !user.tenants.some(({ id }) => id === tenant)) return taken('Somebody outside the tenant has this address.');
  return undefined;
}

/** From now on the subject is this user: an entry of its own, because it opens an account. */
async function link(tx: Tx, { issuer, subject, now, by, links = issuerLinks }: Asserted, userId: string): Promise<EventDraft> {
  await links.add(tx, { voucher: issuer.id, subject, userId, now });
  return {
    tenant: issuer.tenant,
    type: 'user.changed',
    initiator: by.initiator,
    actor: by.actor,
    target: { type: 'user', id: userId },
    outcome: 'success',
    origin: by.origin,
    data: { deed: 'linked', [links.kind === 'issuer' ? 'issuer' : 'provider']: issuer.id, subject },
  };
}

async function updated(
  tx: Tx,
  { issuer, by }: Asserted,
  user: User,
  described: Described,
  deed: Provisioned['deed'],
): Promise<Result<Provisioned, Obstacle>> {
  if (user.state !== 'active') return ok({ user, deed, described, entries: [], changed: [] });
  const put = await putUser(
    tx,
    userConfig.omit({ password: true }).parse(toUserConfig({ ...user, ...merged(issuer, user, described) })),
    by,
  );
  return ok({ user: put.value, deed, described, entries: put.entries, changed: put.changed });
}

async function created(tx: Tx, asserted: Asserted, described: Described): Promise<Result<Provisioned, Obstacle>> {
  const { issuer, now, by } = asserted;
  const { email, name, attributes, roles } = described;
  if (issuer.users?.jit !== true)
    return fail({ reason: 'user_unknown', sentence: 'Nobody is known by this subject, and this issuer makes no users.' });
  if (email === undefined)
    return fail({ reason: 'assertion_email', sentence: `The claim ${issuer.users.email} is missing: a user needs an address.` });
  const input = userConfig.omit({ password: true }).safeParse({
    id: newId('usr', now),
    email: email.address,
    ...(name === undefined ? {} : { name }),
    emailVerified: email.verified,
    tenants: issuer.tenant === undefined ? [] : [{ id: issuer.tenant, roles: [...roles] }],
    attributes,
  });
  if (!input.success) return fail({ reason: 'assertion_person', sentence: 'The claims make no user that could be stored.' });
  const obstacle = await userObstacle(tx, input.data);
  if (obstacle !== undefined) return fail({ reason: 'user_obstacle', sentence: `The user cannot be made: ${obstacle.message}.` });
  const put = await putUser(tx, input.data, by);
  await link(tx, asserted, put.value.id);
  return ok({ user: put.value, deed: 'created', described, entries: put.entries, changed: put.changed });
}
