// Rules and requests for the benchmark of policies: the same for our engine, Cedar and casbin.
import { parsePolicy, parsePolicyRequest, type PolicyRequest, type PolicyRule } from '@writ/policy';

export type Chance = () => number;

/** Mulberry32: the same rules and requests in every run. */
export function chanceFrom(seed: number): Chance {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const below = (chance: Chance, end: number): number => Math.floor(chance() * end);

export function ruleOf(input: unknown): PolicyRule {
  const parsed = parsePolicy(input);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.rule;
}

export function requestOf(input: unknown): PolicyRequest {
  const parsed = parsePolicyRequest(input);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.request;
}

export type World = { name: string; rules: readonly PolicyRule[]; requests: readonly PolicyRequest[] };

const verified = { key: 'client.status', operator: 'equals', value: 'verified' };
const desk = (at: number): unknown => ({ key: 'user.attributes.desk', operator: 'equals', value: `desk-${at}` });
const holds = (role: string): unknown => ({ key: 'user.roles', operator: 'contains', value: role });

function openRule(at: number, conditions: readonly unknown[]): PolicyRule {
  const effect = at % 10 === 9 ? 'deny' : 'allow';
  return ruleOf({ id: `rule-${at}`, effect, subject: { conditions }, target: { resources: 'all' }, scopes: ['read'] });
}

/** Every rule is for the target that is asked for; two conditions of each are those of its neighbours too, the third is its own. */
export function candidatesWorld(count: number): World {
  const rules = Array.from({ length: count }, (_, at) => openRule(at, [verified, holds('staff'), desk(at)]));
  const requests = Array.from({ length: 64 }, (_, at) => personAt(`desk-${at * 13}`, 'ops'));
  return { name: 'every rule is for this target, three conditions of text', rules, requests };
}

/** As before, but no index helps and all conditions of all rules must run: no two rules share one, and only the last of each fails. */
export function worstWorld(count: number): World {
  const less = (name: string, value: number): unknown => ({ key: `user.attributes.${name}`, operator: 'lessThan', value });
  const rules = Array.from({ length: count }, (_, at) =>
    openRule(at, [less('height', 1000 + at), less('width', 2000 + at), less('depth', -at)]),
  );
  // Rules with a smaller number than the depth match: a few allows, a few allows and a deny, or none.
  const requests = Array.from({ length: 64 }, (_, at) => personWith({ height: 5, width: at, depth: [1, -5.5, -10.5][at % 3] ?? 1 }, 'ops'));
  return { name: 'worst case: every rule is a candidate, every condition runs', rules, requests };
}

function personAt(place: string, resource: string): PolicyRequest {
  return personWith({ desk: place }, resource);
}

function personWith(attributes: Readonly<Record<string, unknown>>, resource: string): PolicyRequest {
  return requestOf({
    client: { id: 'client', status: 'verified' },
    user: { id: 'ann', roles: ['guest', 'staff', 'lead'], attributes },
    resource,
    scopes: ['read'],
  });
}

/** As many rules over fifty resources: what most sets look like, and what an index is for. */
export function spreadWorld(count: number): World {
  const chance = chanceFrom(1);
  const rules = Array.from({ length: count }, (_, at) =>
    ruleOf({
      id: `rule-${at}`,
      effect: at % 10 === 9 ? 'deny' : 'allow',
      subject: {
        conditions: [verified, holds(at % 10 === 9 ? 'banned' : 'staff'), desk(below(chance, 20))],
      },
      target: { resources: [`resource-${at % 50}`] },
      scopes: ['read'],
    }),
  );
  const requests = Array.from({ length: 64 }, () => personAt(`desk-${below(chance, 20)}`, `resource-${below(chance, 50)}`));
  return { name: 'rules over 50 resources', rules, requests };
}

/** One tenant with very many rules: most pinned to a client, some by role or tag, a few denies and requirements for all. */
export function largeWorld(count: number): World {
  const chance = chanceFrom(2);
  const clients = Math.ceil(count / 5);
  const resources = 500;
  const subject = (at: number): unknown => {
    const client = { key: 'client.clientid', operator: 'equals', value: `client-${below(chance, clients)}` };
    const role = { key: 'user.roles', operator: 'contains', value: `role-${below(chance, 200)}` };
    const tenant = { key: 'tenant.id', operator: 'equals', value: 'acme' };
    if (at % 10 < 8) return { conditions: [client, role, tenant] };
    return { conditions: [tenant, role, { key: 'client.tags', operator: 'contains', value: `tag-${below(chance, 20)}` }] };
  };
  const target = (at: number): unknown => {
    if (at % 100 === 0) return { resources: { tags: [`group-${below(chance, 20)}`] } };
    return at % 1000 === 1 ? { resources: 'all' } : { resources: [`resource-${below(chance, resources)}`] };
  };
  const rules = Array.from({ length: count }, (_, at) =>
    ruleOf({
      id: `rule-${at}`,
      effect: at % 20 === 19 ? 'deny' : 'allow',
      subject: subject(at),
      target: target(at),
      scopes: at % 3 === 0 ? 'all' : ['read', 'write'],
    }),
  );
  const requests = Array.from({ length: 20_000 }, () =>
    requestOf({
      client: { id: `client-${below(chance, clients)}`, tags: [`tag-${below(chance, 20)}`] },
      user: { id: 'ann', roles: Array.from({ length: 5 }, () => `role-${below(chance, 200)}`) },
      tenant: 'acme',
      agent: `agent-${below(chance, 5000)}`,
      target: { id: `resource-${below(chance, resources)}`, type: 'mcp', tags: [`group-${below(chance, 20)}`] },
      scopes: ['read', 'write'],
    }),
  );
  return { name: 'one tenant', rules, requests };
}
