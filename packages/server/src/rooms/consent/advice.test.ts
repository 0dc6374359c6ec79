import { describe, expect, it } from 'vitest';
import { adviceOn, keyOf, type AdviceFacts } from './advice.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const DAY = 86_400_000;
const RULES = { now: NOW, dormantDays: 30 };

const facts: AdviceFacts = {
  agent: 'agt_1',
  client: 'bot',
  clientName: 'Bot',
  verified: true,
  principal: 'Ann',
  active: true,
  owner: 'ann',
  risk: 'high',
  createdAt: NOW - 45 * DAY,
  lastUsedAt: NOW - DAY,
  idleSince: NOW - DAY,
  calls: 12,
  grants: [
    {
      id: 'grt_1',
      resource: 'crm',
      resourceName: 'CRM',
      scopes: ['openid', 'read', 'write'],
      consentedAt: NOW - 45 * DAY,
      persistent: true,
      user: 'ann',
    },
  ],
  used: new Map([
    [keyOf('crm', 'read'), { count: 10, lastUsedAt: NOW - DAY }],
    [keyOf('crm', 'write'), { count: 2, lastUsedAt: NOW - DAY }],
  ]),
  scopes: new Map([
    [keyOf('crm', 'read'), { title: 'Read', risk: 'low' }],
    [keyOf('crm', 'write'), { title: 'Write', risk: 'high' }],
  ]),
  drifts: [],
};
const adviceFor = (changes: Partial<AdviceFacts>) => adviceOn({ ...facts, ...changes }, RULES);
const kinds = (changes: Partial<AdviceFacts>) => adviceFor(changes).map(({ kind }) => kind);
const [grant] = facts.grants;
if (grant === undefined) throw new Error('no grant');
const onlyRead = new Map([[keyOf('crm', 'read'), { count: 10, lastUsedAt: NOW - DAY }]]);

describe('advice', () => {
  it('is none for an agent that somebody owns and that uses what it has', () => expect(adviceFor({})).toEqual([]));

  it('names what was allowed and never used, with the deed that takes just that', () => {
    expect(adviceFor({ used: onlyRead })).toMatchObject([
      {
        kind: 'unused_scopes',
        grant: 'grt_1',
        sentence: '“Bot” for Ann was allowed “Write” at CRM 45 days ago and has never used it.',
        evidence: { grantedBy: 'ann', scopes: [{ scope: 'write', count: 0, lastUsedAt: null }] },
        deed: { method: 'POST', path: '/admin/v1/grants/grt_1/narrow', body: { remove: ['write'] } },
      },
    ]);
  });

  it('gives what was used once ninety days, and what was allowed lately thirty', () => {
    const once = (days: number) => new Map([...onlyRead, [keyOf('crm', 'write'), { count: 1, lastUsedAt: NOW - days * DAY }] as const]);
    expect([kinds({ used: once(89) }), kinds({ used: once(90) })]).toEqual([[], ['unused_scopes']]);
    expect(kinds({ used: onlyRead, grants: [{ ...grant, consentedAt: NOW - 29 * DAY }] })).toEqual([]);
  });

  it('says to revoke where nothing of a grant is used', () =>
    expect(adviceFor({ used: new Map() })).toMatchObject([{ deed: { path: '/admin/v1/grants/grt_1/revoke' } }]));

  it.each<[string, Partial<AdviceFacts>, string[]]>([
    ['nobody owns', { owner: undefined }, ['no_owner']],
    ['nobody verified and that may do much', { verified: false }, ['unverified_high_risk']],
    ['nobody verified and that may do little', { verified: false, risk: 'low' }, []],
    ['rests with rights to write', { lastUsedAt: NOW - 40 * DAY, idleSince: NOW - 40 * DAY }, ['dormant_with_write']],
    ['rests with rights to read', { lastUsedAt: NOW - 40 * DAY, idleSince: NOW - 40 * DAY, risk: 'low' }, ['dormant']],
    ['was never used', { lastUsedAt: undefined, idleSince: NOW - 45 * DAY, used: new Map() }, ['never_used']],
    ['may go on for ever', { grants: [{ ...grant, consentedAt: NOW - 90 * DAY }] }, ['no_end']],
    ['goes on for as long as its tenant’s', { grants: [{ ...grant, consentedAt: NOW - 90 * DAY, under: 'grt_0' }] }, []],
    ['was stopped', { active: false, owner: undefined, verified: false }, []],
  ])('about an agent that %s', (_, changes, expected) => {
    const { owner, lastUsedAt, ...rest } = { ...facts, ...changes };
    const whole = { ...rest, ...(owner === undefined ? {} : { owner }), ...(lastUsedAt === undefined ? {} : { lastUsedAt }) };
    expect(adviceOn(whole, RULES).map(({ kind }) => kind)).toEqual(expected);
  });

  it('puts what changed first, also of an agent that was stopped for it', () => {
    const drifts = [
      { id: 'drf_1', sentence: 'It called itself “A” and now “B”.', at: NOW, froze: true, before: ['A'], after: ['B'], times: 2 },
    ];
    expect(kinds({ drifts, owner: undefined, active: true })[0]).toBe('drift');
    expect(adviceFor({ drifts, active: false })).toMatchObject([
      { drift: 'drf_1', deed: { path: '/admin/v1/drifts/drf_1/accept', body: { times: 2 } } },
    ]);
  });
});
