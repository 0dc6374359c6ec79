import type { ClientSecret } from './client.ts';

/** A secret that the config file lists, as digest. */
export type ListedSecret = { name: string; digest: string; expiresAt?: number };

/** What a put does to the secrets of a client. */
export type SecretPlan = { add: readonly ListedSecret[]; change: readonly (ListedSecret & { id: string })[]; revoke: readonly string[] };

const NOTHING: SecretPlan = { add: [], change: [], revoke: [] };

/**
 * Compares what is listed with what is there. A listed secret that was revoked or rotated stays so: an old config file must not bring back
 * what somebody threw away in a hurry. Secrets that the hub issued are not the config file's to drop.
 */
export function planSecrets(there: readonly ClientSecret[], listed: readonly ListedSecret[] | undefined): SecretPlan {
  if (listed === undefined) return NOTHING;
  const known = new Map(there.map((secret) => [secret.digest, secret]));
  const change = listed.flatMap((secret) => {
    const before = known.get(secret.digest);
    const same = before?.name === secret.name && before.expiresAt === secret.expiresAt;
    return before === undefined || before.state === 'revoked' || before.origin !== 'config' || same ? [] : [{ ...secret, id: before.id }];
  });
  const wanted = new Set(listed.map((secret) => secret.digest));
  return {
    add: listed.filter((secret) => !known.has(secret.digest)),
    change,
    revoke: there
      .filter((secret) => secret.origin === 'config' && secret.state === 'active' && !wanted.has(secret.digest))
      .map((secret) => secret.id),
  };
}

export function changesNothing(plan: SecretPlan): boolean {
  return plan.add.length + plan.change.length + plan.revoke.length === 0;
}

/** For the audit entry: which secrets, never what they are. */
export function describePlan(plan: SecretPlan): {
  secretsAdded?: readonly string[];
  secretsChanged?: readonly string[];
  secretsRevoked?: readonly string[];
} {
  return {
    ...(plan.add.length === 0 ? {} : { secretsAdded: plan.add.map((secret) => secret.name) }),
    ...(plan.change.length === 0 ? {} : { secretsChanged: plan.change.map((secret) => secret.name) }),
    ...(plan.revoke.length === 0 ? {} : { secretsRevoked: plan.revoke }),
  };
}
