import { describe, expect, it } from 'vitest';
import type { AuthorizationFacts } from './facts.ts';
import { GRACE_MS, judgePresented, liveWord, readLive, splitRefreshToken, type Family } from './family.ts';

const NOW = 1_800_000_000_000;
const facts: AuthorizationFacts = {
  userId: 'ann',
  agentId: 'agt_1',
  grantId: 'grt_1',
  resourceId: 'ops',
  scopes: ['a'],
  identityScopes: [],
  persistent: true,
  sessionId: 'ses_1',
  authTime: 1,
  acr: 'pwd',
  amr: ['pwd'],
  txn: 'txn_1',
};
const family: Family = {
  id: 'fam_1',
  clientId: 'cli',
  agentId: 'agt_1',
  grantId: 'grt_1',
  userId: 'ann',
  tenantId: undefined,
  facts,
  hash: 'current',
  previousHash: 'parent',
  generation: 7,
  rotatedAt: NOW,
  idleExpiresAt: NOW + 1_000_000,
  expiresAt: NOW + 2_000_000,
  revokedAt: undefined,
  grantScopes: ['a'],
  grantExpiresAt: undefined,
  grantConsentedAt: undefined,
  fence: 0,
  states: { client: 'active', agent: 'active', grant: 'active', user: 'active' },
};

const judge = (digest: string, of: { family?: Partial<Family>; clientId?: string; now?: number; steps?: number } = {}) =>
  judgePresented(
    { ...family, ...of.family },
    { digest, clientId: of.clientId ?? 'cli', now: of.now ?? NOW, same: (a, b) => a === b, stepsToCurrent: () => of.steps },
  );

describe('a presented refresh token', () => {
  it.each([
    ['the current one', 'current', {}, { kind: 'current' }],
    ['its parent, at once', 'parent', {}, { kind: 'repeated' }],
    ['its parent, just within the grace', 'parent', { now: NOW + GRACE_MS - 1 }, { kind: 'repeated' }],
    ['its parent, when the grace is over', 'parent', { now: NOW + GRACE_MS }, { kind: 'replayed', generation: 6 }],
    ['an ancestor', 'older', { steps: 5 }, { kind: 'replayed', generation: 2 }],
    ['one that was never of the family', 'stranger', {}, { kind: 'refused', reason: 'not_of_family' }],
    ['the current one of another client', 'current', { clientId: 'other' }, { kind: 'refused', reason: 'client_mismatch' }],
    ['an ancestor, by another client', 'older', { clientId: 'other', steps: 5 }, { kind: 'refused', reason: 'client_mismatch' }],
    ['the current one of an ended family', 'current', { family: { revokedAt: NOW - 1 } }, { kind: 'refused', reason: 'revoked' }],
    ['an ancestor of an ended family', 'older', { family: { revokedAt: NOW - 1 }, steps: 5 }, { kind: 'refused', reason: 'revoked' }],
    ['the current one at the very end of its idle time', 'current', { now: NOW + 1_000_000 }, { kind: 'refused', reason: 'expired_idle' }],
    [
      'the current one at the very end of its life',
      'current',
      { family: { idleExpiresAt: NOW + 9_000_000 }, now: NOW + 2_000_000 },
      { kind: 'refused', reason: 'expired' },
    ],
    [
      'the current one when the grant is over',
      'current',
      { family: { grantExpiresAt: NOW } },
      { kind: 'refused', reason: 'grant_expired' },
    ],
    [
      'the first one of a family that never rotated, forged',
      'stranger',
      { family: { previousHash: undefined, generation: 0 } },
      { kind: 'refused', reason: 'not_of_family' },
    ],
  ])('%s', (_name, digest, of, wanted) => {
    expect(judge(digest, of)).toEqual(wanted);
  });
});

describe('the form of a refresh token', () => {
  it('is the family and 43 characters, and nothing around it', () => {
    const good = `fam_${'0'.repeat(26)}.${'A'.repeat(43)}`;
    expect(splitRefreshToken(good)).toEqual({ familyId: `fam_${'0'.repeat(26)}`, secret: 'A'.repeat(43) });
    for (const bad of [
      '',
      '.',
      ` ${good}`,
      `${good} `,
      `${good}\n`,
      good.slice(1),
      `${good}A`,
      good.replace('.', ''),
      good.replace('fam_', 'FAM_'),
      `${good}.${'A'.repeat(43)}`,
    ]) {
      expect(splitRefreshToken(bad)).toBeUndefined();
    }
  });
});

it('the list of live tokens reads as it was written', () => {
  const tokens = [
    { jti: 'tok_1', expiresAt: NOW },
    { jti: 'tok_2', expiresAt: NOW + 1_000 },
  ];
  expect(readLive(tokens.map(liveWord).join(' '))).toEqual(tokens);
  expect(readLive('')).toEqual([]);
});
