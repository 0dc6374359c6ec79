import { expect, test } from 'vitest';
import type { Caller } from './caller.ts';
import { createRevocations } from './revocations.ts';
import type { Signal } from './signal.ts';

const caller = (agent: string, issuedAt: number): Caller => ({
  subject: 'ann',
  clientId: 'claude',
  agent,
  tenant: undefined,
  scopes: new Set(),
  actors: [],
  chain: [],
  lineage: ['ancestor'],
  grantId: undefined,
  txn: undefined,
  jti: 'j',
  issuedAt,
  expiresAt: issuedAt + 600,
  acr: undefined,
  authTime: undefined,
  jkt: undefined,
  claims: {},
});
const frozen = (seq: number, subject: string, at: number, state: Signal['state'] = 'frozen'): Signal => ({
  id: `s${seq}`,
  seq,
  at,
  kind: 'agent',
  subject,
  state,
  reason: undefined,
});
const bounds = { maxEntries: 3, maxTokenLifetime: 600, skew: 5 };

test('an entry is forgotten when the last token it could concern has expired', () => {
  const dead = createRevocations(bounds);
  dead.apply(frozen(1, 'a', 1_000_000), 1_000_000);
  expect(dead.count(1_600_000)).toBe(1);
  expect(dead.count(1_606_000)).toBe(0);
});

test('a signal too old to concern any token pushes nothing out of memory', () => {
  const dead = createRevocations(bounds);
  for (let at = 0; at < 3; at += 1) dead.apply(frozen(at + 1, `a${at}`, 10_000_000), 10_000_000);
  dead.apply(frozen(9, 'old', 0), 10_000_000);
  expect(dead.count(10_000_000)).toBe(3);
});

test('an older freeze that arrives again after the restore does not kill', () => {
  const dead = createRevocations(bounds);
  dead.apply(frozen(1, 'a', 1_000_000), 1_000_000);
  dead.apply(frozen(2, 'a', 1_001_000, 'restored'), 1_001_000);
  dead.apply(frozen(1, 'a', 1_000_000), 1_002_000);
  expect(dead.kills(caller('a', 999), 1_002_000)).toBe(false);
});

test('a token that was taken back takes with it what was exchanged from it', () => {
  const dead = createRevocations(bounds);
  dead.apply({ ...frozen(1, 'ancestor', 1_000_000, 'revoked'), kind: 'token' }, 1_000_000);
  expect(dead.kills(caller('a', 999), 1_002_000)).toBe(true);
  expect(dead.kills({ ...caller('a', 999), lineage: [] }, 1_002_000)).toBe(false);
});

test('a full memory refuses everything as old as what it forgot, so that nobody comes back to life', () => {
  const dead = createRevocations(bounds);
  for (let at = 0; at < 5; at += 1) dead.apply(frozen(at + 1, `a${at}`, 1_000_000 + at * 60_000), 1_000_000 + at * 60_000);
  const now = 1_300_000;
  expect(dead.count(now)).toBe(3);
  expect(dead.kills(caller('a0', 990), now)).toBe(true);
  expect(dead.kills(caller('innocent', 990), now)).toBe(true);
  expect(dead.kills(caller('innocent', 1_200), now)).toBe(false);
  expect(dead.kills(caller('a4', 1_200), now)).toBe(true);
});

test('a token issued within the clock difference of hub nodes is still killed', () => {
  const dead = createRevocations(bounds);
  dead.apply(frozen(1, 'a', 1_000_000), 1_000_000);
  expect(dead.kills(caller('a', 1_004), 1_010_000)).toBe(true);
  expect(dead.kills(caller('a', 1_006), 1_010_000)).toBe(false);
});

test('a full memory that only forgets what has ended refuses nobody for it', () => {
  const dead = createRevocations(bounds);
  for (let at = 0; at < 3; at += 1) dead.apply(frozen(at + 1, `a${at}`, 1_000_000), 1_000_000);
  const now = 2_000_000;
  for (let at = 3; at < 6; at += 1) dead.apply(frozen(at + 1, `a${at}`, now), now);
  expect(dead.kills(caller('innocent', 1_500), now)).toBe(false);
});

test('a hundred thousand signals beyond what fits are taken one by one, each at the price of one', () => {
  const dead = createRevocations({ ...bounds, maxEntries: 50_000 });
  for (let at = 0; at < 150_000; at += 1) dead.apply(frozen(at + 1, `a${at}`, 1_000_000 + at), 1_000_000 + at);
  expect(dead.count(1_150_000)).toBe(50_000);
  expect(dead.kills(caller('a149999', 1_100), 1_150_000)).toBe(true);
});
