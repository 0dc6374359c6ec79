// Three engines under one name: each takes the same rules and gives a yes or no to the same requests.
import { preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs';
import { compilePolicies, decide, toCedar, toCedarRequest, type PolicyRule } from '@writ/policy';
import { newEnforcer, newModelFromString, StringAdapter } from 'casbin';
import type { World } from './policy-rules.ts';

/** `ask(n)`: whether the n-th request is granted. What can be made ready beforehand, is. */
export type Engine = { name: string; ask(at: number): boolean };

export function ourEngine({ rules, requests }: World): Engine {
  const set = compilePolicies(rules);
  return {
    name: 'writ',
    ask(at) {
      const request = requests[at];
      return request !== undefined && decide(set, request).outcome === 'allow';
    },
  };
}

/** The rules as their export, parsed once; requests in Cedar's JSON, made beforehand. */
export function cedarEngine({ name, rules, requests }: World): Engine {
  const text = toCedar(rules);
  if (!text.ok) throw new Error(JSON.stringify(text.errors));
  const loaded = preparsePolicySet(name, { staticPolicies: text.text });
  if (loaded.type === 'failure') throw new Error(JSON.stringify(loaded.errors));
  const calls = requests.map((request) => {
    const { principal, actions, resource, context, entities } = toCedarRequest(request);
    const [first] = actions;
    if (first === undefined) throw new Error('a request without a scope');
    return { principal, action: first.action, resource, context, entities, preparsedPolicySetId: name };
  });
  return {
    name: 'Cedar (wasm)',
    ask(at) {
      const call = calls[at];
      if (call === undefined) return false;
      const answer = statefulIsAuthorized(call);
      if (answer.type === 'failure') throw new Error(JSON.stringify(answer.errors));
      return answer.response.decision === 'allow';
    },
  };
}

const MODEL = `
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub_rule, obj, act, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = (p.obj == "all" || r.obj == p.obj) && r.act == p.act && eval(p.sub_rule)
`;

/** One line for a rule of these worlds: three conditions, one resource or all, one scope. */
function casbinLine({ subject, target, scopes, effect }: PolicyRule): string {
  const conditions = 'conditions' in subject ? subject.conditions : [];
  const parts = conditions.map((one) => {
    if (!('key' in one)) throw new Error('no groups here');
    if (one.operator === 'contains') return `has(r.sub.roles, '${String(one.value)}')`;
    const name = one.key.slice(one.key.lastIndexOf('.') + 1);
    return one.operator === 'lessThan' ? `r.sub.${name} < ${String(one.value)}` : `r.sub.${name} == '${String(one.value)}'`;
  });
  const resources = 'resources' in target ? target.resources : [];
  const resource = Array.isArray(resources) ? String(resources[0]) : 'all';
  return `p, ${parts.join(' && ')}, ${resource}, ${scopes[0]}, ${effect}`;
}

/** Attributes by expressions in the policy lines, as its documentation does it for rules that differ. */
export async function casbinEngine({ rules, requests }: World): Promise<Engine> {
  const enforcer = await newEnforcer(newModelFromString(MODEL), new StringAdapter(rules.map(casbinLine).join('\n')));
  await enforcer.addFunction('has', (list: readonly string[], one: string) => list.includes(one));
  const calls = requests.map(({ client, user, target, scopes }) => {
    const sub = { status: client.status, roles: user?.roles ?? [], ...user?.attributes };
    return [sub, target.id, scopes[0]] as const;
  });
  return {
    name: 'casbin',
    ask(at) {
      const call = calls[at];
      return call !== undefined && enforcer.enforceSync(...call);
    },
  };
}
