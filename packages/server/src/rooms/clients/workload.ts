import { isExact, claimObstacle, fits, shown } from '../issuers/patterns.ts';
import type { ClaimPatterns, Issuer, Obstacle, Pattern, Vouched } from '../issuers/issuer.ts';

/** Which workload is this client: whoever the issuer vouches for under this subject and with these claims. All that is said must fit. */
export type WorkloadRule = { issuer: string; subject?: Pattern | undefined; claims?: ClaimPatterns | undefined };

/** A client and how its workload is known. */
export type WorkloadClient = { id: string; tenants: readonly string[]; rules: readonly WorkloadRule[] };

/** Why this rule does not mean whom the issuer vouches for; undefined when it does. */
export function ruleObstacle({ subject, claims }: WorkloadRule, of: Pick<Vouched, 'subject' | 'claims'>): Obstacle | undefined {
  if (subject !== undefined && !fits(subject, of.subject))
    return { reason: 'workload_subject', sentence: `The subject is ${shown(of.subject)}, which does not fit ${shown(subject)}.` };
  return claimObstacle(claims ?? {}, of.claims);
}

/**
 * A tenant's own issuer speaks for that tenant alone: it may not vouch for a client that serves others as well, whatever the client's rule says.
 */
export function tenantObstacle(
  { tenant }: Pick<Issuer, 'tenant'>,
  { id, tenants }: Pick<WorkloadClient, 'id' | 'tenants'>,
): Obstacle | undefined {
  if (tenant === undefined || (tenants.length === 1 && tenants[0] === tenant)) return undefined;
  return {
    reason: 'workload_tenant',
    sentence: `The issuer is trusted for the tenant ${tenant} alone, and client ${id} serves ${tenants.length === 0 ? 'no tenant' : tenants.join(', ')}.`,
  };
}

/** All workload clients, by issuer, and those with one exact subject by that: a cluster has thousands, and every assertion asks. */
export type WorkloadIndex = ReadonlyMap<
  string,
  { exact: ReadonlyMap<string, readonly WorkloadClient[]>; others: readonly WorkloadClient[] }
>;

export function indexed(clients: readonly WorkloadClient[]): WorkloadIndex {
  const index = new Map<string, { exact: Map<string, WorkloadClient[]>; others: WorkloadClient[] }>();
  for (const client of clients) {
    for (const rule of client.rules) {
      const at = index.get(rule.issuer) ?? { exact: new Map<string, WorkloadClient[]>(), others: [] };
      index.set(rule.issuer, at);
      const one = { ...client, rules: [rule] };
      if (typeof rule.subject !== 'string' || !isExact(rule.subject)) at.others.push(one);
      else at.exact.set(rule.subject, [...(at.exact.get(rule.subject) ?? []), one]);
    }
  }
  return index;
}

export type Meant = { clientId: string; vouched: Vouched };

/**
 * Which client is vouched for. `only`: the one that the request names. Two that fit are refused: to choose among them would be to guess who
 * somebody is.
 */
export function meantBy(
  index: WorkloadIndex,
  vouchers: readonly Vouched[],
  only: string | undefined,
): { ok: true; value: Meant } | { ok: false; error: Obstacle } {
  const found = new Map<string, Vouched>();
  for (const vouched of vouchers) {
    const at = index.get(vouched.issuer.id);
    for (const client of [...(at?.exact.get(vouched.subject) ?? []), ...(at?.others ?? [])]) {
      if (only !== undefined && client.id !== only) continue;
      const meant =
        client.rules.some((rule) => ruleObstacle(rule, vouched) === undefined) && tenantObstacle(vouched.issuer, client) === undefined;
      if (meant && !found.has(client.id)) found.set(client.id, vouched);
    }
  }
  const [first, second] = found;
  if (first === undefined)
    return { ok: false, error: { reason: 'workload_unknown', sentence: 'No client has a trust rule that fits this workload.' } };
  if (second !== undefined)
    return {
      ok: false,
      error: {
        reason: 'workload_ambiguous',
        sentence: `Several clients fit: ${[...found.keys()].slice(0, 5).join(', ')}. Name one with client_id, or narrow their rules.`,
      },
    };
  const [clientId, vouched] = first;
  return { ok: true, value: { clientId, vouched } };
}

/** Where repositories are owned by strangers, a star in the wrong place trusts them: `repo:acme/app*` is also acme/app-of-somebody. */
export function hostedRuleFault({ subject, claims = {} }: WorkloadRule, preset: Issuer['preset']): string | undefined {
  const [prefix, owners] =
    preset === 'github'
      ? (['repo:', ['repository', 'repository_id', 'repository_owner', 'repository_owner_id']] as const)
      : preset === 'gitlab'
        ? (['project_path:', ['project_path', 'project_id', 'namespace_path', 'namespace_id']] as const)
        : ([undefined, []] as const);
  if (prefix === undefined) return undefined;
  const listed = (pattern: Pattern): readonly string[] => (typeof pattern === 'string' ? [pattern] : pattern);
  if (owners.some((name) => claims[name] !== undefined && listed(claims[name]).every(isExact))) return undefined;
  const whole = subject === undefined ? [] : listed(subject);
  const names = whole.map((one) => (one.startsWith(prefix) ? one.slice(prefix.length).split(':')[0] : undefined));
  const exact =
    whole.length > 0 &&
    names.every(
      (name, at) => name !== undefined && isExact(name) && (isExact(whole[at] ?? '') || whole[at]?.startsWith(`${prefix}${name}:`)),
    );
  return exact
    ? undefined
    : `anybody can have a repository there: write its whole name (subject ${prefix}owner/name:…, or one of the claims ${owners.join(', ')}) without * and ?`;
}
