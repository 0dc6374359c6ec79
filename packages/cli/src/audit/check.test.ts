import { hash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { canonicalText } from './canonical.ts';
import { checkExport, faultSentence } from './check.ts';

type Entry = { seq: number; tenant: string | null; type: string; prev: string; data: object; hash: string };

/** A chain as the hub writes it. */
function chain(tenant: string | null, length: number): Entry[] {
  const entries: Entry[] = [];
  for (let seq = 1; seq <= length; seq += 1) {
    const event = {
      seq,
      tenant,
      type: 'token.issued',
      prev: entries.at(-1)?.hash ?? '0'.repeat(43),
      data: { amount: seq / 3, ä: 'é', a: null },
    };
    entries.push({ ...event, hash: hash('sha256', canonicalText(event), 'base64url') });
  }
  return entries;
}

function end(entries: readonly Entry[]): object {
  const names = [...new Set(entries.map(({ tenant }) => tenant))];
  const reach = names.map((name) => {
    const own = entries.filter(({ tenant }) => tenant === name).toSorted((a, b) => a.seq - b.seq);
    return [name ?? '', { from: own[0]?.seq, seq: own.at(-1)?.seq, hash: own.at(-1)?.hash }] as const;
  });
  return { end: { events: entries.length, chains: Object.fromEntries(reach) } };
}
const lines = (entries: readonly object[]): string[] => entries.map((entry) => JSON.stringify(entry));
const whole = (entries: readonly Entry[]): string[] => lines([...entries, end(entries)]);

test('the canonical form is the one of RFC 8785', () => {
  const values = `{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],
    "string":"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}`;
  expect(canonicalText(JSON.parse(values))).toBe(
    `{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA'B\\"\\\\\\\\\\"/"}`,
  );
  const names = { '\u20ac': 5, '\r': 1, '\ufb33': 7, '1': 2, '\u{1f600}': 6, '\u0080': 3, '\u00f6': 4 };
  expect(canonicalText(names)).toBe('{"\\r":1,"1":2,"\u0080":3,"\u00f6":4,"\u20ac":5,"\u{1f600}":6,"\ufb33":7}');
  expect(canonicalText(JSON.parse('{"b":{},"__proto__":[],"a":""}'))).toBe('{"__proto__":[],"a":"","b":{}}');
});

describe('an export', () => {
  const hub = chain(null, 3);
  const acme = chain('acme', 4);
  const mixed = [hub[0], acme[0], acme[1], hub[1], acme[2], hub[2], acme[3]].filter((one) => one !== undefined);

  test('of several chains is whole', async () => {
    expect(await checkExport(whole(mixed))).toMatchObject({
      ok: true,
      checked: 7,
      chains: [
        { chain: '', from: 1, to: 3 },
        { chain: 'acme', from: 1, to: 4 },
      ],
    });
  });

  test('in which clocks that differ put lines out of order is whole', async () => {
    const shuffled = [acme[1], acme[0], acme[3], acme[2]].filter((one) => one !== undefined);
    expect(await checkExport(whole(shuffled))).toMatchObject({ ok: true, checked: 4 });
    const part = [acme[2], acme[1], acme[3]].filter((one) => one !== undefined);
    expect(await checkExport(whole(part))).toMatchObject({ ok: true, chains: [{ from: 2, to: 4 }] });
  });

  test('of a part says where it begins', async () => {
    expect(await checkExport(whole(acme.slice(2)))).toMatchObject({ ok: true, chains: [{ chain: 'acme', from: 3, to: 4 }] });
  });

  test.each<[string, string, Entry[], number]>([
    ['with a changed entry', 'altered', acme.map((one) => (one.seq === 2 ? { ...one, type: 'token.refused' } : one)), 2],
    ['with a changed detail', 'altered', acme.map((one) => (one.seq === 3 ? { ...one, data: { ...one.data, a: 0 } } : one)), 3],
    ['without an entry', 'missing', acme.filter(({ seq }) => seq !== 3), 3],
    [
      'with the numbers of two entries swapped',
      'altered',
      acme.map((one) => (one.seq === 2 ? { ...one, seq: 3 } : one.seq === 3 ? { ...one, seq: 2 } : one)),
      3,
    ],
    ['without its first entry, as its end tells', 'missing', acme.slice(1), 1],
    ['with an entry twice', 'broken', [acme[0], acme[0], acme[1]].filter((one) => one !== undefined), 1],
    ['with an entry rewritten and hashed anew', 'broken', acme.map((one) => (one.seq === 2 ? rehashed(one) : one)), 3],
    [
      'with a first entry that begins nothing',
      'broken',
      acme.map((one) => (one.seq === 1 ? rehashed({ ...one, prev: 'x'.repeat(43) }) : one)),
      1,
    ],
  ])('%s is found out, and where', async (_, fault, entries, seq) => {
    const { ok, firstBroken } = await checkExport(lines([...entries, end(acme)]));
    expect({ ok, firstBroken }).toMatchObject({ ok: false, firstBroken: { chain: 'acme', fault, seq } });
  });

  test('that was cut is found out', async () => {
    expect(await checkExport(lines(acme))).toMatchObject({ ok: false, firstBroken: { fault: 'cut' } });
    expect(await checkExport(lines([...acme.slice(0, 2), end(acme)]))).toMatchObject({ ok: false, firstBroken: { fault: 'cut', seq: 3 } });
    expect(await checkExport(lines([...mixed.filter(({ tenant }) => tenant === null), end(mixed)]))).toMatchObject({
      firstBroken: { fault: 'cut', chain: 'acme' },
    });
    expect(await checkExport([])).toMatchObject({ ok: false });
  });

  test('that lacks its last line is said to be cut, without naming an entry that nobody can know', async () => {
    const { firstBroken } = await checkExport(lines(acme));
    expect(faultSentence(firstBroken ?? {})).toMatch(/^line 4: the file ends here/);
  });

  test('with something else in it is unreadable there', async () => {
    for (const odd of ['{', '7', '{"seq": "1"}', 'null'])
      expect(await checkExport([...lines(acme), odd])).toMatchObject({ ok: false, firstBroken: { fault: 'unreadable', line: 5 } });
    expect(await checkExport([...whole(acme), ...lines(hub)])).toMatchObject({ firstBroken: { fault: 'unreadable' } });
  });
});

function rehashed({ hash: _, ...event }: Entry): Entry {
  const changed = { ...event, type: 'token.refused' };
  return { ...changed, hash: hash('sha256', canonicalText(changed), 'base64url') };
}

test('a fault is told in words', () => {
  expect(faultSentence({ line: 4, chain: 'acme', seq: 17, fault: 'altered' })).toBe(
    'line 4: entry 17 of tenant acme was changed after it was written',
  );
  expect(faultSentence({ chain: '', seq: 3, fault: 'truncated' })).toContain("hub's own chain");
});
