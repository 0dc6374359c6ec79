import type { Db } from '../../base/db.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Author } from '../audit/author.ts';
import type { Audit } from '../audit/store.ts';
import type { Obstacle } from '../issuers/issuer.ts';
import { linkedUser, userBehind, type Asserted, type Provisioned } from '../issuers/person.store.ts';
import { parseEmail } from '../users/email.ts';
import { proveMailbox } from '../users/verify.store.ts';
import type { Claims } from './answer.store.ts';
import { providerLinks } from './links.store.ts';
import { addressObstacle, claimsOf } from './person.ts';
import { voucherOf, type Provider } from './provider.ts';

export type WhoDeps = { db: Db; audit: Audit; domainsOf(tenant: string): readonly string[] };

/**
 * Who a subject is here. Known by the provider's id and the subject alone; an address makes nobody a known user, unless the provider links by
 * address, the address is proven, and (for a tenant's) of the tenant's own domain and the user in the tenant already. `rehearse`: done and undone.
 */
export async function whoIs(
  deps: WhoDeps,
  of: { provider: Provider; claims: Claims; now: number; by: Author },
  rehearse = false,
): Promise<Result<Provisioned, Obstacle>> {
  const { provider, now, by } = of;
  const claims = claimsOf(provider, of.claims);
  const subject = typeof claims['sub'] === 'string' ? claims['sub'] : '';
  const asserted: Asserted = { issuer: voucherOf(provider), subject, claims, now, by, links: providerLinks };
  const known = await linkedUser(deps.db, asserted);
  const obstacle =
    known === undefined
      ? addressObstacle(provider, claims, provider.tenant === undefined ? [] : deps.domainsOf(provider.tenant))
      : memberObstacle(provider, known);
  if (obstacle !== undefined) return fail(obstacle);
  const found = await userBehind(deps, asserted, rehearse);
  return found.ok && !rehearse ? ok(await withMailbox(deps, found.value, by)) : found;
}

/** Who was taken out of the tenant comes back by its provider only where that may make members. */
function memberObstacle({ tenant, users }: Provider, user: Provisioned['user']): Obstacle | undefined {
  if (tenant === undefined || users.jit || user.state !== 'active' || user.tenants.some(({ id }) => id === tenant)) return undefined;
  return { reason: 'not_in_tenant', sentence: 'The user is no member of the tenant any more, and this provider makes none.' };
}

/**
 * The provider proves the address of somebody who never had to: then whoever set a password there before may have been a stranger, and what they
 * left is worth nothing (attack 169).
 */
async function withMailbox({ audit }: WhoDeps, found: Provisioned, by: Author): Promise<Provisioned> {
  const { user, described } = found;
  const same = described.email?.verified === true && parseEmail(user.email)?.key === described.email.key;
  if (!same || user.state !== 'active' || user.emailVerifiedAt !== undefined) return found;
  return { ...found, user: await proveMailbox({ audit }, user, { ...by, actor: { user: user.id } }) };
}
