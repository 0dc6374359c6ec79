import { parsePolicy } from './parse.ts';
import { isFields } from './faults.ts';
import type { Fields } from './faults.ts';
import type { PolicyRequest } from './request.ts';
import type { PolicyRule } from './rule.ts';

/** A rule as parsePolicy returns it; fails the test with the faults otherwise. */
export function ruleOf(input: unknown): PolicyRule {
  const parsed = parsePolicy(input);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.rule;
}

/** A plain request in which a user drives a verified client. */
export const PLAIN: PolicyRequest = {
  grant: 'client_credentials',
  target: { kind: 'resource', id: 'ops', type: 'mcp', tags: [] },
  scopes: ['read'],
  client: { id: 'agent', name: 'Agent', registrationType: 'manual', status: 'verified', tags: [] },
  user: { id: 'ann', roles: ['staff'], tenantIds: ['acme'], permissions: [], attributes: {} },
  request: { ip: '192.0.2.1', time: 1_767_268_800_000 },
  delegation: { depth: 0, actors: [] },
};

function merged(base: unknown, change: unknown): unknown {
  if (change === null) return undefined;
  if (!isFields(base) || !isFields(change)) return change;
  const names = new Set([...Object.keys(base), ...Object.keys(change)]);
  return Object.fromEntries([...names].map((name) => [name, Object.hasOwn(change, name) ? merged(base[name], change[name]) : base[name]]));
}

/** PLAIN with changes laid over it, member by member; null removes a member, and `request` replaces as a whole. */
export function requestWith(change: Fields): PolicyRequest {
  const base = { ...PLAIN, ...(change.request === undefined ? {} : { request: { time: PLAIN.request.time } }) };
  return JSON.parse(JSON.stringify(merged(base, change)));
}
