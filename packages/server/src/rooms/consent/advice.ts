import { isIdentityScope } from '@writ/protocol';
import type { Drift } from '../resources/drift.ts';
import type { Risk } from '../resources/resource.ts';

/** What somebody should look at, worst first. */
export const ADVICE_KINDS = [
  'drift',
  'dormant_with_write',
  'unverified_high_risk',
  'no_owner',
  'unused_scopes',
  'never_used',
  'dormant',
  'no_end',
] as const;
export type AdviceKind = (typeof ADVICE_KINDS)[number];

type AdvisedGrant = {
  id: string;
  resource: string;
  resourceName: string;
  scopes: readonly string[];
  consentedAt: number;
  expiresAt?: number;
  persistent: boolean;
  /** Who said yes: the person, or whoever did for the tenant. */
  user?: string;
  under?: string;
};

/** All that advice about one agent goes by. Times in milliseconds since the epoch. */
export type AdviceFacts = {
  agent: string;
  client: string;
  clientName: string;
  verified: boolean;
  principal: string;
  active: boolean;
  owner?: string;
  risk?: Risk;
  createdAt: number;
  lastUsedAt?: number;
  idleSince: number;
  calls: number;
  grants: readonly AdvisedGrant[];
  /** By resource and scope. */
  used: ReadonlyMap<string, { count: number; lastUsedAt: number }>;
  scopes: ReadonlyMap<string, { title: string; risk: Risk }>;
  drifts: readonly {
    id: string;
    sentence: string;
    at: number;
    froze: boolean;
    resource?: string;
    before: readonly string[];
    after: readonly string[];
    times: number;
  }[];
};

/** A request to the admin API that would settle it, for somebody to look at and send. */
export type AdviceDeed = { label: string; method: 'POST' | 'PUT'; path: string; body?: Readonly<Record<string, unknown>> };

export type Advice = {
  id: string;
  kind: AdviceKind;
  /** 0 to 100; only for the order. */
  weight: number;
  sentence: string;
  /** Since when it is so. */
  at: number;
  client?: string;
  /** Absent: it is about all agents of the client, or at the resource. */
  agent?: string;
  resource?: string;
  grant?: string;
  drift?: string;
  evidence: Readonly<Record<string, unknown>>;
  deed: AdviceDeed;
};

export type AdviceRules = { now: number; dormantDays: number };

const DAY = 86_400_000;
/** What was allowed so long ago and never used since is not needed. */
export const UNUSED_DAYS = 30;
/** What was used once is given longer. */
export const STALE_DAYS = 90;
/** How long a yes without an end goes unmentioned. */
export const OPEN_DAYS = 90;

export function keyOf(resource: string, scope: string): string {
  return `${resource} ${scope}`;
}

/** Everything there is to say about one agent, worst first. What is stopped needs no advice but on why it changed. */
export function adviceOn(facts: AdviceFacts, rules: AdviceRules): Advice[] {
  const found = [
    ...drifting(facts),
    ...(facts.active ? [...about(facts, rules), ...facts.grants.flatMap((one) => aboutGrant(facts, one, rules))] : []),
  ];
  return found.toSorted((a, b) => b.weight - a.weight || (a.id < b.id ? -1 : 1));
}

/** The same for the whole hub: once for each change, however many agents there are behind it. */
export function adviceOnDrift({ id, client, resource, sentence, at, froze, before, after, times }: Drift): Advice {
  return {
    id: `drift:${id}`,
    kind: 'drift',
    weight: froze ? 95 : 90,
    sentence: `“${client ?? resource ?? ''}”: ${sentence}`,
    at,
    ...(client === undefined ? {} : { client }),
    ...(resource === undefined ? {} : { resource }),
    drift: id,
    evidence: { before, after, froze },
    deed: accept(id, times),
  };
}

/** As it is told of here: what changes until somebody sends this is not accepted with it. */
function accept(id: string, times: number): AdviceDeed {
  return { label: 'Accept it as it is now', method: 'POST', path: `/admin/v1/drifts/${id}/accept`, body: { times } };
}

function drifting(facts: AdviceFacts): Advice[] {
  return facts.drifts.map(({ id, sentence, at, froze, resource, before, after, times }) => ({
    ...base(facts, 'drift', id),
    weight: froze ? 95 : 90,
    sentence: `${nameOf(facts)}: ${resource === undefined ? '' : `what it reaches changed. `}${sentence}`,
    at,
    ...(resource === undefined ? {} : { resource }),
    drift: id,
    evidence: { before, after, froze },
    deed: accept(id, times),
  }));
}

function about(facts: AdviceFacts, { now, dormantDays }: AdviceRules): Advice[] {
  const { agent, lastUsedAt, idleSince, createdAt, calls, risk } = facts;
  const found: Advice[] = [];
  const idleDays = Math.floor((now - idleSince) / DAY);
  const writes = risk === 'high' || risk === 'elevated';
  if (lastUsedAt === undefined) {
    if (now - createdAt >= UNUSED_DAYS * DAY)
      found.push({
        ...base(facts, 'never_used', agent),
        weight: writes ? 55 : 45,
        sentence: `${nameOf(facts)} was allowed to act ${ago(createdAt, now)} and has never done anything.`,
        at: createdAt,
        evidence: { createdAt, calls, risk: risk ?? null },
        deed: revoke(agent, 'never used'),
      });
  } else if (idleDays >= dormantDays) {
    found.push({
      ...base(facts, writes ? 'dormant_with_write' : 'dormant', agent),
      weight: writes ? 80 : 40,
      sentence: `${nameOf(facts)} was last used ${ago(lastUsedAt, now)}${writes ? ` and may still do what is of ${risk} risk` : ''}.`,
      at: lastUsedAt,
      evidence: { lastUsedAt, calls, risk: risk ?? null },
      deed: { label: 'Freeze it', method: 'POST', path: `/admin/v1/agents/${agent}/freeze`, body: { reason: 'dormant' } },
    });
  }
  if (!facts.verified && risk === 'high')
    found.push({
      ...base(facts, 'unverified_high_risk', agent),
      weight: 75,
      sentence: `${nameOf(facts)} may do what is of high risk, and nobody has verified who runs “${facts.clientName}”.`,
      at: createdAt,
      evidence: { verified: false, risk, calls, lastUsedAt: lastUsedAt ?? null },
      deed: { label: 'Freeze it', method: 'POST', path: `/admin/v1/agents/${agent}/freeze`, body: { reason: 'unverified with high risk' } },
    });
  if (facts.owner === undefined)
    found.push({
      ...base(facts, 'no_owner', agent),
      weight: 60,
      sentence: `Nobody answers for ${nameOf(facts)}.`,
      at: createdAt,
      evidence: { owner: null, createdAt },
      deed: { label: 'Say who answers for it', method: 'PUT', path: `/admin/v1/agents/${agent}/owner`, body: { owner: '' } },
    });
  return found;
}

function aboutGrant(facts: AdviceFacts, grant: AdvisedGrant, { now }: AdviceRules): Advice[] {
  const unused = facts.lastUsedAt === undefined ? [] : unusedOf(facts, grant, now);
  const own = grant.scopes.filter((name) => !isIdentityScope(name));
  const found: Advice[] = [];
  if (unused.length > 0) {
    const high = unused.some((name) => facts.scopes.get(keyOf(grant.resource, name))?.risk === 'high');
    found.push({
      ...base(facts, 'unused_scopes', grant.id),
      weight: high ? 58 : 50,
      sentence: unusedSentence(facts, grant, unused, now),
      at: grant.consentedAt,
      resource: grant.resource,
      grant: grant.id,
      evidence: {
        grantedAt: grant.consentedAt,
        grantedBy: grant.user ?? null,
        scopes: unused.map((scope) => ({ scope, ...(facts.used.get(keyOf(grant.resource, scope)) ?? { count: 0, lastUsedAt: null }) })),
      },
      deed:
        unused.length === own.length
          ? { label: 'Revoke the grant', method: 'POST', path: `/admin/v1/grants/${grant.id}/revoke`, body: { reason: 'not used' } }
          : {
              label: unused.length === 1 ? 'Take this scope away' : `Take these ${unused.length} scopes away`,
              method: 'POST',
              path: `/admin/v1/grants/${grant.id}/narrow`,
              body: { remove: unused, reason: 'not used' },
            },
    });
  }
  if (grant.expiresAt === undefined && grant.under === undefined && grant.persistent && now - grant.consentedAt >= OPEN_DAYS * DAY)
    found.push({
      ...base(facts, 'no_end', grant.id),
      weight: 20,
      sentence: `${nameOf(facts)} was allowed to use ${grant.resourceName} ${ago(grant.consentedAt, now)}, without an end.`,
      at: grant.consentedAt,
      resource: grant.resource,
      grant: grant.id,
      evidence: { grantedAt: grant.consentedAt, grantedBy: grant.user ?? null, expiresAt: null },
      deed: {
        label: 'Let it end in 90 days',
        method: 'POST',
        path: `/admin/v1/grants/${grant.id}/end`,
        body: { expiresAt: now + 90 * DAY, reason: 'no end was set' },
      },
    });
  return found;
}

/** Scopes that were allowed long enough ago and not used since, or not lately. */
function unusedOf({ used }: AdviceFacts, { scopes, resource, consentedAt }: AdvisedGrant, now: number): readonly string[] {
  if (now - consentedAt < UNUSED_DAYS * DAY) return [];
  return scopes.filter((name) => {
    const last = used.get(keyOf(resource, name))?.lastUsedAt;
    return !isIdentityScope(name) && (last === undefined || now - last >= STALE_DAYS * DAY);
  });
}

function unusedSentence(
  facts: AdviceFacts,
  { resource, resourceName, consentedAt }: AdvisedGrant,
  unused: readonly string[],
  now: number,
): string {
  const [first = '', ...others] = unused;
  const title = facts.scopes.get(keyOf(resource, first))?.title ?? first;
  const what = others.length === 0 ? `“${title}”` : `“${title}” and ${others.length} more`;
  const never = unused.every((name) => !facts.used.has(keyOf(resource, name)));
  return `${nameOf(facts)} was allowed ${what} at ${resourceName} ${ago(consentedAt, now)} and has ${never ? 'never used' : 'not used for long'} ${others.length === 0 ? 'it' : 'them'}.`;
}

function base({ agent, client }: AdviceFacts, kind: AdviceKind, subject: string) {
  return { id: `${kind}:${agent}:${subject}`, kind, client, agent };
}

function nameOf({ clientName, principal }: AdviceFacts): string {
  return principal === '' ? `“${clientName}”` : `“${clientName}” for ${principal}`;
}

function revoke(agent: string, reason: string): AdviceDeed {
  return { label: 'Revoke it', method: 'POST', path: `/admin/v1/agents/${agent}/revoke`, body: { reason } };
}

function ago(at: number, now: number): string {
  const days = Math.floor((now - at) / DAY);
  return days < 1 ? 'today' : days === 1 ? 'yesterday' : `${days} days ago`;
}
