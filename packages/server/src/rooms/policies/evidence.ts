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
function keysIn(value: unknown): string[] {
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
  const { client, user, tenant, agent, token, delegation } = request;
  return {
    policies: of.policies,
    outcome: decision.outcome,
    granted: decision.granted,
    ...(decision.refused.length === 0
      ? {}
      : { refused: decision.refused.map(({ scope, by, rule }) => ({ scope, by, ...(rule === undefined ? {} : { rule }) })) }),
    rules: decision.rules,
    ...(decision.requirements.length === 0 ? {} : { requirements: decision.requirements.map((one) => one.rule) }),
    ...(decision.shadow.length === 0 ? {} : { shadow: decision.shadow.map(({ rule, effect, scopes }) => ({ rule, effect, scopes })) }),
    request: {
      grant: request.grant,
      target: { kind: request.target.kind, id: request.target.id, type: request.target.type, tags: request.target.tags },
      scopes: request.scopes,
      client: {
        id: client.id,
        name: client.name,
        registrationType: client.registrationType,
        status: client.status,
        owner: client.owner,
        tags: client.tags,
      },
      ...(user === undefined
        ? {}
        : {
            user: {
              id: user.id,
              roles: user.roles,
              tenantIds: user.tenantIds,
              permissions: user.permissions,
              attributes: kept(user.attributes, of.named['user.attributes.']),
            },
          }),
      ...(request.jwtClaims === undefined ? {} : { jwtClaims: kept(request.jwtClaims, of.named['jwtClaims.']) }),
      ...(tenant === undefined ? {} : { tenant: { id: tenant.id, attributes: kept(tenant.attributes, of.named['tenant.attributes.']) } }),
      ...(agent === undefined ? {} : { agent: { id: agent.id, state: agent.state } }),
      request: { ip: request.request.ip, time: request.request.time },
      ...(token === undefined ? {} : { token: { acr: token.acr, amr: token.amr } }),
      delegation: { depth: delegation.depth, actors: delegation.actors },
    },
  };
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
