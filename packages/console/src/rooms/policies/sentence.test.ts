import { parsePolicy } from '@writ/policy';
import { describe, expect, it } from 'vitest';
import { sentenceOf } from './sentence.ts';

function said(input: object): string {
  const parsed = parsePolicy({ id: 'r', ...input });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return sentenceOf(parsed.rule);
}

describe('a rule in plain words', () => {
  it('says who may get what, and how', () => {
    expect(
      said({
        effect: 'allow',
        subject: { clients: ['worker'] },
        target: { resources: ['ledger'] },
        grants: ['client_credentials'],
        scopes: ['ledger:read', 'ledger:write'],
      }),
    ).toBe('The client worker, acting for itself, may get ledger:read and ledger:write of the resource ledger.');
  });

  it('says conditions with their groups', () => {
    const subject = {
      conditions: [
        { key: 'user.roles', operator: 'contains', value: 'sre' },
        {
          not: {
            any: [
              { key: 'client.status', operator: 'equals', value: 'unverified' },
              { key: 'tenant.id', operator: 'in', value: ['a', 'b'] },
            ],
          },
        },
      ],
    };
    expect(said({ effect: 'deny', subject, target: { connections: { tags: ['money'] } } })).toBe(
      'Whoever fits: user.roles contains sre, and not (client.status is unverified or tenant.id is one of a or b), never gets every scope of connections tagged money.',
    );
  });

  it.each([
    [{ stepUp: true }, 'a sign-in with a second factor'],
    [{ stepUp: { acr: ['2'], amr: ['otp', 'pwd'] } }, 'a sign-in of level 2 and by otp and pwd'],
    [{ reconsent: { maxAge: 86_400 } }, 'consent not older than 1 day'],
    [
      { approval: { from: { users: ['ann'], roles: ['sre'], owner: true }, count: 2, expiresIn: 5_400 } },
      'the approval of 2 of ann, the role sre or the owner, within 90 minutes',
    ],
    [{ maxLifetime: 90, proofOfPossession: 'dpop' }, 'tokens that live 90 seconds at most and tokens bound to a key (dpop)'],
    [{ maxDelegationDepth: 0 }, 'that nothing is handed on'],
    [{ budget: { calls: 100, exchanges: 5, window: 3_600 } }, 'at most 100 calls and 5 exchanges in 1 hour'],
  ])('says what %j asks for', (require, words) => {
    expect(said({ effect: 'require', subject: { any: true }, target: { resources: 'all' }, require })).toBe(
      `Any client gets every scope of every resource only with ${words}.`,
    );
  });

  it('says when it does nothing yet', () => {
    const rule = { effect: 'allow', subject: { any: true }, target: { resources: 'all' }, scopes: 'all' };
    expect(said({ ...rule, state: 'shadow' })).toBe('Only written down, not enforced: any client may get every scope of every resource.');
    expect(said({ ...rule, state: 'off' })).toBe('Switched off. It would say: Any client may get every scope of every resource.');
  });
});
