import { hash } from 'node:crypto';
import { expect, test } from 'vitest';
import { anchorsOf, placesOf } from './anchors.ts';
import { canonicalText } from './canonical.ts';
import { checkExport } from './check.ts';
import type { ReadCheckpoint } from './signed.ts';

/** Signed for by saying so: who signs is the matter of signed.test.ts. */
const read: ReadCheckpoint = async (jws) => (jws === 'of another key' ? 'unknown' : jws === 'of nobody' ? 'forged' : JSON.parse(jws));
const keys = { checkpoint: read, manifest: async () => 'unknown' as const };

function chain(length: number, word: string) {
  const entries: { seq: number; hash: string }[] = [];
  for (let seq = 1; seq <= length; seq += 1) {
    const event = { seq, tenant: 'acme', type: 'token.issued', data: { word, seq }, prev: entries.at(-1)?.hash ?? '0'.repeat(43) };
    entries.push({ ...event, hash: hash('sha256', canonicalText(event), 'base64url') });
  }
  const last = entries.at(-1);
  return {
    entries,
    lines: [...entries, { end: { events: length, chains: { acme: { from: 1, seq: length, hash: last?.hash } } } }].map((one) =>
      JSON.stringify(one),
    ),
  };
}

async function* kept(...jws: string[]) {
  for (const one of jws) yield JSON.stringify({ id: 'evt_1', type: 'audit.checkpoint', data: { jws: one } });
  yield JSON.stringify({ id: 'evt_2', type: 'token.issued' });
}

const truth = chain(5, 'true');
const at = (seq: number) => JSON.stringify({ chain: 'acme', seq, hash: truth.entries[seq - 1]?.hash });

test('a record that is as the hub signed it elsewhere is good', async () => {
  const anchors = await anchorsOf(kept(at(2), at(5), 'of another key'), read, 'kept.ndjson');
  expect(anchors.count).toBe(2);
  expect(await checkExport(truth.lines, { read: keys, anchors: [anchors] })).toMatchObject({ ok: true });
});

test('one that was rewritten from its first entry fits together, and not with what was kept elsewhere', async () => {
  const other = chain(5, 'false');
  expect(await checkExport(other.lines, { read: keys })).toMatchObject({ ok: true });
  const anchors = await anchorsOf(kept(at(3)), read, 'kept.ndjson');
  expect(await checkExport(other.lines, { read: keys, anchors: [anchors] })).toMatchObject({
    ok: false,
    firstBroken: { chain: 'acme', seq: 3, fault: 'contradicted' },
  });
});

test('one that ends before what was kept elsewhere was cut', async () => {
  const anchors = await anchorsOf(kept(at(5)), read, 'kept.ndjson');
  expect(await checkExport(chain(4, 'true').lines, { read: keys, anchors: [anchors] })).toMatchObject({
    firstBroken: { seq: 5, fault: 'cut' },
  });
});

test('a file of checkpoints that nobody signed, or that holds none, is refused', async () => {
  await expect(anchorsOf(kept('of nobody'), read, 'kept.ndjson')).rejects.toThrow(/did not sign/);
  await expect(anchorsOf(kept('of another key'), read, 'kept.ndjson')).rejects.toThrow(/no checkpoint/);
});

test('one that was rewritten with the stolen key, without its checkpoints, does not fit what lies outside, and no key is needed to see it', async () => {
  const other = chain(5, 'false');
  const anchors = await placesOf([at(2), at(4)], 'outside.ndjson');
  expect(await checkExport(truth.lines, { anchors: [anchors] })).toMatchObject({ ok: true });
  expect(await checkExport(other.lines, { anchors: [anchors] })).toMatchObject({
    ok: false,
    firstBroken: { chain: 'acme', seq: 2, fault: 'contradicted' },
  });
  expect(await checkExport(chain(3, 'true').lines, { anchors: [anchors] })).toMatchObject({ firstBroken: { seq: 4, fault: 'cut' } });
});

test('a file from outside that holds nothing, something else, or two pasts is refused', async () => {
  await expect(placesOf([''], 'outside.ndjson')).rejects.toThrow(/no checkpoint/);
  await expect(placesOf(['{"seq": 1}'], 'outside.ndjson')).rejects.toThrow(/is no checkpoint/);
  await expect(placesOf([at(2), at(2).replace(/"hash":"./, '"hash":"_')], 'outside.ndjson')).rejects.toThrow(/contradict each other/);
});
