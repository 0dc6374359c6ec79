import { hash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import { canonicalText } from './canonical.ts';
import { checkExport } from './check.ts';
import type { Checked } from './check.ts';
import { readerOf } from './keys.ts';

type Draft = { type: string; data: Record<string, unknown> };
type Entry = Draft & { seq: number; tenant: string; prev: string; hash: string };

let sign: (claims: Record<string, unknown>, typ?: string) => Promise<string>;
let stranger: (claims: Record<string, unknown>) => Promise<string>;
let keys: string;
beforeAll(async () => {
  const [own, other] = [await generateKeyPair('ES256', { extractable: true }), await generateKeyPair('ES256')];
  sign = (claims, typ = 'audit-checkpoint+jwt') =>
    new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'k1', typ }).sign(own.privateKey);
  stranger = (claims) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'k0', typ: 'audit-checkpoint+jwt' }).sign(other.privateKey);
  keys = join(mkdtempSync(join(tmpdir(), 'writ-keys-')), 'keys.json');
  writeFileSync(keys, JSON.stringify({ keys: [{ ...(await exportJWK(own.publicKey)), kid: 'k1', alg: 'ES256' }] }));
});

/** A chain of `length` entries; a draft may be made from what stands before it. */
async function chain(length: number, draft: (seq: number, before: readonly Entry[]) => Promise<Draft | undefined>): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (let seq = 1; seq <= length; seq += 1) {
    const { type, data } = (await draft(seq, entries)) ?? { type: 'token.issued', data: { seq } };
    const event = { seq, tenant: 'acme', type, data, prev: entries.at(-1)?.hash ?? '0'.repeat(43) };
    entries.push({ ...event, hash: hash('sha256', canonicalText(event), 'base64url') });
  }
  return entries;
}

const checkpoint = (jws: string): Draft => ({ type: 'audit.checkpoint', data: { jws } });
const at = (entries: readonly Entry[], seq: number) => ({ chain: 'acme', seq, hash: entries[seq - 1]?.hash });

function check(entries: readonly Entry[]): Promise<Checked> {
  const [first, last] = [entries[0], entries.at(-1)];
  const end = {
    end: {
      events: entries.length,
      chains: { acme: { from: Math.min(...entries.map(({ seq }) => seq)), seq: last?.seq, hash: last?.hash } },
    },
  };
  return checkExport(
    [...entries, end].map((line) => JSON.stringify(line)),
    first && { read: readerOf(keys) },
  );
}

test('checkpoints that say what is in the file are counted', async () => {
  const entries = await chain(6, async (seq, before) => (seq === 3 || seq === 6 ? checkpoint(await sign(at(before, seq - 1))) : undefined));
  expect(await check(entries)).toMatchObject({ ok: true, checkpoints: { signed: 2, unknown: 0, beyond: 0 } });
});

test('a chain that was rewritten as a whole does not fit what the hub signed', async () => {
  const honest = await chain(2, async () => undefined);
  const rewritten = await chain(3, async (seq) =>
    seq === 3 ? checkpoint(await sign(at(honest, 2))) : { type: 'token.refused', data: {} },
  );
  expect(await check(rewritten)).toMatchObject({ ok: false, firstBroken: { fault: 'contradicted', chain: 'acme', seq: 3 } });
});

test.each<[string, (before: readonly Entry[]) => Promise<string>]>([
  ['for another chain', (before) => sign({ ...at(before, 1), chain: 'globex' })],
  ['for what comes after it', (before) => sign({ ...at(before, 1), seq: 9 })],
  ['as another kind of token', (before) => sign(at(before, 1), 'at+jwt')],
  ['by nobody', async () => 'not-signed'],
  ['without a hash', () => sign({ chain: 'acme', seq: 1 })],
])('a checkpoint that is signed %s is found out', async (_, jws) => {
  const entries = await chain(2, async (seq, before) => (seq === 2 ? checkpoint(await jws(before)) : undefined));
  expect(await check(entries)).toMatchObject({ ok: false, firstBroken: { fault: 'contradicted', seq: 2 } });
});

test('one by a key that is gone proves nothing, and one about what was not exported is counted apart', async () => {
  const entries = await chain(4, async (seq, before) =>
    seq === 2 ? checkpoint(await stranger(at(before, 1))) : seq === 4 ? checkpoint(await sign(at(before, 1))) : undefined,
  );
  expect(await check(entries)).toMatchObject({ ok: true, checkpoints: { signed: 1, unknown: 1, beyond: 0 } });
  expect(await check(entries.slice(2))).toMatchObject({ ok: true, checkpoints: { signed: 0, unknown: 0, beyond: 1 } });
});

test('entries that clocks put after their checkpoint are still held to it', async () => {
  const entries = await chain(4, async (seq, before) => (seq === 4 ? checkpoint(await sign(at(before, 3))) : undefined));
  const [one, two, three, four] = entries;
  const shuffled = [one, two, four, three].filter((entry) => entry !== undefined);
  const end = { end: { events: 4, chains: { acme: { from: 1, seq: 4, hash: four?.hash } } } };
  const checked = await checkExport(
    [...shuffled, end].map((line) => JSON.stringify(line)),
    { read: readerOf(keys) },
  );
  expect(checked).toMatchObject({ ok: true, checkpoints: { signed: 1 } });
});
