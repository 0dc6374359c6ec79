import type { Decision, PolicyRule } from '@writ/policy';
import type { Grant } from '../consent/grant.ts';
import type { Resource } from '../resources/resource.ts';
import type { Role, Tenant } from '../tenants/tenant.ts';
import type { Membership } from '../users/membership.ts';
import type { User } from '../users/user.ts';
import type { Cause } from './graph.ts';
import type { Judge } from './judge.ts';

/** The enforced rules that allow some of these scopes, each with those that it allows. */
export function allowCauses(judge: Judge, { rules }: Pick<Decision, 'rules'>, scopes: readonly string[], target: string): Cause[] {
  return rules.flatMap((id): Cause[] => {
    const rule = judge.rule(id);
    if (rule === undefined)
      return id === SIGN_IN
        ? [{ kind: 'policy', id, scopes, sentence: 'Any client may learn who its user is, when the user lets it.' }]
        : [];
    if (rule.effect !== 'allow') return [];
    const given = rule.scopes === 'all' ? scopes : scopes.filter((name) => rule.scopes.includes(name));
    if (given.length === 0) return [];
    return [{ kind: 'policy', id, scopes: given, sentence: `Policy ${nameOf(rule)} allows ${wordsOf(given)} at ${target}.` }];
  });
}

const SIGN_IN = 'writ:sign-in';

/** Scopes in a sentence; the whole of what has none. */
export function wordsOf(scopes: readonly string[], most = 6): string {
  if (scopes.length === 0 || (scopes.length === 1 && scopes[0] === 'whole')) return 'its use';
  const rest = scopes.length - most;
  return rest > 0 ? `${scopes.slice(0, most).join(', ')} and ${rest} more` : scopes.join(', ');
}

export function nameOf({ id, name }: Pick<PolicyRule, 'id' | 'name'>): string {
  return name === undefined || name === '' || name === id ? id : `“${name}”`;
}

/** Roles without which it would not be: those whose permissions open a scope, and those that a rule asks for by name. */
export function roleCauses(
  of: { user: User | undefined; tenant: Tenant | undefined; membership: Membership; roles: readonly Role[]; declared: ReadonlySet<string> },
  resource: Pick<Resource, 'scopes'> | undefined,
  scopes: readonly string[],
  rules: readonly PolicyRule[],
): Cause[] {
  const { user, tenant, membership, roles, declared } = of;
  if (user === undefined || tenant === undefined) return [];
  const named = new Set(rules.flatMap(({ subject }) => valuesOf(subject)));
  return membership.roles.flatMap((name): Cause[] => {
    const permissions = roles.find((role) => role.name === name)?.permissions ?? [];
    const opened = (resource?.scopes ?? [])
      .filter(
        (scope) =>
          scope.kind === 'permission' && declared.has(scope.name) && scopes.includes(scope.name) && permissions.includes(scope.name),
      )
      .map((scope) => scope.name);
    const isAsked = named.has(`user.roles ${name}`) || permissions.some((permission) => named.has(`user.permissions ${permission}`));
    if (opened.length === 0 && !isAsked) return [];
    const sentence =
      opened.length === 0
        ? `A policy asks for the role ${name}, which ${user.name ?? user.id} has in ${tenant.name}.`
        : `The role ${name} gives ${user.name ?? user.id} the permission ${opened.join(', ')} in ${tenant.name}.`;
    return [{ kind: 'role', id: name, sentence, ...(opened.length === 0 ? {} : { scopes: opened }) }];
  });
}

/** Every comparison of a subject, however deep: which way it compares is the engine's matter. */
export function comparisonsIn(value: unknown): { key: unknown; value: unknown }[] {
  if (Array.isArray(value)) return value.flatMap(comparisonsIn);
  if (typeof value !== 'object' || value === null) return [];
  return 'key' in value && 'value' in value ? [{ key: value.key, value: value.value }] : Object.values(value).flatMap(comparisonsIn);
}

/** `user.roles SRE` for each value that a comparison of the subject names. */
function valuesOf(subject: PolicyRule['subject']): string[] {
  return comparisonsIn(subject).flatMap(({ key, value }) => [value].flat().map((one) => `${String(key)} ${String(one)}`));
}

export function consentCauses(grant: Grant, who: { user: string; client: string; target: string }): Cause[] {
  const { id, under, scopes, tenantId } = grant;
  const own: Cause = { kind: 'consent', id, scopes, sentence: `${who.user} allowed ${who.client} ${wordsOf(scopes)} at ${who.target}.` };
  if (under === undefined) return [own];
  return [
    {
      kind: 'tenant-consent',
      id: under,
      scopes,
      sentence: `An administrator of ${tenantId ?? 'the tenant'} allowed ${who.client} ${wordsOf(scopes)} for everybody in it.`,
    },
    own,
  ];
}
