import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePolicies, decide, matchedBy, rulesFor } from './index.ts';
import type { Coverage, Who } from './index.ts';
import { PLAIN, ruleOf } from './fixtures.suite.ts';

const rules = [
  { id: 'any', effect: 'allow', subject: { any: true }, target: { resources: 'all' }, scopes: ['read'] },
  { id: 'by-client', effect: 'allow', subject: { clients: ['agent'] }, target: { resources: ['ops'] }, grants: ['ciba'], scopes: 'all' },
  {
    id: 'by-role',
    effect: 'allow',
    subject: { conditions: [{ key: 'user.roles', operator: 'contains', value: 'SRE' }] },
    target: { resources: 'all' },
    scopes: 'all',
  },
  {
    id: 'by-time-or-tag',
    effect: 'deny',
    subject: {
      conditions: [
        {
          any: [
            { key: 'client.tags', operator: 'contains', value: 'red' },
            { key: 'request.time', operator: 'between', value: ['22:00', '06:00'] },
          ],
        },
      ],
    },
    target: { resources: 'all' },
  },
  {
    id: 'not-in-tenant',
    effect: 'deny',
    subject: { conditions: [{ not: { key: 'tenant.id', operator: 'equals', value: 'acme' } }] },
    target: { resources: 'all' },
  },
  { id: 'off', effect: 'deny', state: 'off', subject: { any: true }, target: { resources: 'all' } },
].map(ruleOf);
const set = compilePolicies(rules);

function about(who: Who): Record<string, Coverage> {
  return Object.fromEntries(rulesFor(set, who).map((one) => [one.rule, one]));
}

describe('the rules for somebody', () => {
  it('are certain where everything they ask for is known', () => {
    const found = about({ client: PLAIN.client, user: null });
    expect(found['any']).toMatchObject({ covers: 'yes', depends: [], scopes: ['read'] });
    expect(found['off']).toMatchObject({ covers: 'no', obstacle: { at: 'state', message: 'the rule is off' } });
  });

  it('are open where it hangs on something that is not known yet, and say on what', () => {
    const found = about({ client: PLAIN.client });
    expect(found['by-client']).toMatchObject({ covers: 'open', depends: ['grant', 'target'] });
    expect(found['by-role']).toMatchObject({ covers: 'open', depends: ['user.roles'] });
    expect(found['by-time-or-tag']).toMatchObject({ covers: 'open', depends: ['request.time'] });
    expect(found['not-in-tenant']).toMatchObject({ covers: 'open', depends: ['tenant.id'] });
  });

  it('hang on nothing once a part that is known settles it', () => {
    expect(about({ client: { ...PLAIN.client, tags: ['red'] } })['by-time-or-tag']).toMatchObject({ covers: 'yes', depends: [] });
  });

  it('name what rules the others out', () => {
    const found = about({ client: { ...PLAIN.client, id: 'other' }, user: null, tenant: null, target: { ...PLAIN.target, id: 'crm' } });
    expect(found['by-client']?.obstacle?.message).toBe('client "other" is not one of ["agent"]');
    expect(found['by-role']).toMatchObject({ covers: 'no', obstacle: { missing: ['user.roles'] } });
    expect(found['not-in-tenant']?.obstacle?.message).toContain('tenant.id is missing: no tenant is selected');
    expect(about({ target: { ...PLAIN.target, id: 'crm' } })['by-client']).toMatchObject({ covers: 'no', obstacle: { at: 'target' } });
    expect(about({ grant: 'jwt_bearer' })['by-client']).toMatchObject({ covers: 'no', obstacle: { at: 'grants' } });
  });

  it('agree with the engine when a whole request is known, and never rule out what may still match', () => {
    const whole = fc.record({
      client: fc.record({ id: fc.constantFrom('agent', 'x'), tags: fc.subarray(['red']) }).map((one) => ({ ...PLAIN.client, ...one })),
      user: fc.option(fc.subarray(['SRE']).map((roles) => ({ id: 'u', roles, tenantIds: [], permissions: [], attributes: {} }))),
      tenant: fc.option(fc.constantFrom('acme', 'umbrella').map((id) => ({ id, attributes: {} }))),
      request: fc.constantFrom(0, 12 * 3_600_000).map((time) => ({ time })),
      grant: fc.constantFrom('ciba' as const, 'client_credentials' as const),
      target: fc.constantFrom('ops', 'crm').map((id) => ({ ...PLAIN.target, id })),
    });
    const parts = ['client', 'user', 'tenant', 'request', 'grant', 'target'] as const;
    fc.assert(
      fc.property(whole, fc.subarray([...parts]), (who, known) => {
        const { user, tenant, ...rest } = who;
        const decision = decide(set, {
          ...PLAIN,
          ...rest,
          user: user ?? undefined,
          tenant: tenant ?? undefined,
          scopes: ['read', 'write'],
        });
        const certain = rulesFor(set, who);
        expect(certain.filter((one) => one.covers === 'yes').map((one) => one.rule)).toEqual(decision.rules);
        expect(certain.filter((one) => one.covers === 'open')).toEqual([]);
        const partly = rulesFor(set, Object.fromEntries(known.map((part) => [part, who[part]])));
        for (const [at, one] of partly.entries()) {
          if (one.covers !== 'open') expect(one.covers).toBe(certain[at]?.covers);
          else expect(one.depends.length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('who is matched by a rule', () => {
  it('is told for each subject, in the order given', () => {
    const [, , byRole] = rules;
    if (!byRole) throw new Error('no rule');
    const user = { id: 'ann', roles: ['SRE'], tenantIds: [], permissions: [], attributes: {} };
    const found = matchedBy(byRole, [
      { id: 1, who: { user } },
      { id: 2, who: { user: { ...user, roles: [] } } },
      { id: 3, who: { client: PLAIN.client } },
      { id: 4, who: { user: null } },
    ]);
    expect(found.map(({ id, covers }) => [id, covers])).toEqual([
      [1, 'yes'],
      [2, 'no'],
      [3, 'open'],
      [4, 'no'],
    ]);
    expect(found[1]?.obstacle?.message).toBe('user.roles does not contain "SRE"');
  });
});
