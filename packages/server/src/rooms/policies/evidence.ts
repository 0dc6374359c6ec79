import type { Decision, PolicyRequest, PolicyRule } from '@writ/policy';
import type { EventData } from '../audit/event.ts';

/** Families of attributes: a request may carry hundreds of these, about people, and most rules name none. */
const FAMILIES = ['user.attributes.', 'tenant.attributes.', 'jwtClaims.'] as const;
type Family = (typeof FAMILIES)[number];

/** Attribute names that some rule looks at, by family. */
export type NamedAttributes = Readonly<Record<Family, ReadonlySet<string>>>;

/** Reads which attributes the rules name, wherever in their conditions. */
export function attributesNamedBy(rules: readonly PolicyRule[]): NamedAttributes {
  const named = { 'user.attributes.': new Set<string>(), 'tenant.attributes.': new Set<string>(), 'jwtClaims.': new Set<string>() };
  for (const rule of rules) {
    for (const key of keysIn(rule.subject)) {
      const family = FAMILIES.find((prefix) => key.startsWith(prefix));
      if (family !== undefined) named[family].add(key.slice(family.length));
    }
  }
  return named;
}

/** Every `key` of the comparisons below a value of the rule language. Depth is bounded by the parser. */
export function keysIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(keysIn);
  if (typeof value !== 'object' || value === null) return [];
  if ('key' in value && typeof value.key === 'string') return [value.key];
  return Object.values(value).flatMap(keysIn);
}

/**
 * What the entry of a decision keeps: what it was asked, redacted, and what came out. Of attributes and claims only those that a rule
 * names are kept (none other can have mattered), so that audit does not become a copy of everybody's profile; scalar values and short lists
 * only. `explain` and replay rebuild the request from it.
 */
export function evidenceOf(request: PolicyRequest, decision: Decision, of: { named: NamedAttributes; policies: string }): EventData {
  return {
    granted: decision.granted,
    outcome: decision.outcome,
    policies: of.policies,
    refused: some(decision.refused, ({ scope, by, rule }) => ({ by, rule, scope })),
    request: askedOf(request, of.named),
    requirements: some(decision.requirements, ({ rule }) => rule),
    rules: decision.rules,
    shadow: some(decision.shadow, ({ rule, effect, scopes }) => ({ effect, rule, scopes })),
  };
}

/** An empty list is left out. */
function some<T, U>(list: readonly T[], shown: (one: T) => U): readonly U[] | undefined {
  return list.length === 0 ? undefined : list.map(shown);
}

/** Names in the order of the canonical text, here and above: an entry that stands in order is written three times as fast. */
function askedOf(
  { grant, target, scopes, client, user, jwtClaims, tenant, agent, request, token, delegation }: PolicyRequest,
  named: NamedAttributes,
): EventData {
  const { id, name, owner, registrationType, status, tags } = client;
  return {
    agent: agent === undefined ? undefined : { id: agent.id, state: agent.state },
    client: { id, name, owner, registrationType, status, tags },
    delegation: { actors: delegation.actors, depth: delegation.depth },
    grant,
    jwtClaims: jwtClaims === undefined ? undefined : kept(jwtClaims, named['jwtClaims.']),
    request: { ip: request.ip, time: request.time },
    scopes,
    target: { id: target.id, kind: target.kind, tags: target.tags, type: target.type },
    tenant: tenant === undefined ? undefined : { attributes: kept(tenant.attributes, named['tenant.attributes.']), id: tenant.id },
    token: token === undefined ? undefined : { acr: token.acr, amr: token.amr },
    user:
      user === undefined
        ? undefined
        : {
            attributes: kept(user.attributes, named['user.attributes.']),
            id: user.id,
            permissions: user.permissions,
            roles: user.roles,
            tenantIds: user.tenantIds,
          },
  };
}

/** Of somebody's attributes those that a rule names. */
export function onlyNamed(attributes: Readonly<Record<string, unknown>>, named: ReadonlySet<string>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => named.has(name)));
}

const MAX_VALUE = 256;
const MAX_LIST = 50;

function kept(attributes: Readonly<Record<string, unknown>>, named: ReadonlySet<string>): EventData {
  const found: Record<string, EventData[string]> = {};
  for (const name of named) {
    const value = Object.hasOwn(attributes, name) ? plain(attributes[name]) : undefined;
    if (value !== undefined) found[name] = value;
  }
  return found;
}

/** The values that operators can judge; anything longer is left out, and an explanation then names it as missing. */
function plain(value: unknown): string | number | boolean | readonly string[] | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') return value.length <= MAX_VALUE ? value.toWellFormed() : undefined;
  if (!Array.isArray(value) || value.length > MAX_LIST) return undefined;
  return value.every((item) => typeof item === 'string' && item.length <= MAX_VALUE)
    ? value.map((item: string) => item.toWellFormed())
    : undefined;
}
