// An auditor takes the record home: exported in one call, signed by the hub, checked without it. Whatever was done to the file is found, and where.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startHub, temporaryFolder } from '../harness.ts';
import type { Hub } from '../harness.ts';

const PROGRAM = fileURLToPath(new URL('../../packages/cli/bin/writ.mjs', import.meta.url));

let hub: Hub;
let home: ReturnType<typeof temporaryFolder>;
let keys: string;
let trail: string;
let lines: string[];

function writ(...words: string[]): { status: number | null; answer: { ok?: boolean; firstBroken?: unknown; manifest?: unknown } } {
  const run = spawnSync(process.execPath, [PROGRAM, ...words, '--json'], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], WRIT_ISSUER: hub.issuer, WRIT_ADMIN_TOKEN: hub.adminToken },
  });
  return { status: run.status, answer: run.stdout.trim() === '' ? {} : JSON.parse(run.stdout) };
}

/** Checks these lines as a file of their own. */
function check(text: readonly string[], ...more: string[]) {
  const file = join(home.path, 'changed.ndjson');
  writeFileSync(file, `${text.join('\n')}\n`);
  return writ('audit', 'verify', file, '--keys', keys, ...more);
}

beforeAll(async () => {
  hub = await startHub();
  home = temporaryFolder();
  for (const name of ['Acme', 'Acme Inc', 'Acme Ltd']) await hub.apply({ tenants: [{ id: 'acme', name }] });
  [trail, keys] = [join(home.path, 'trail.ndjson'), join(home.path, 'keys.json')];
  writ('audit', 'export', '-o', trail, '--keys', keys);
  lines = readFileSync(trail, 'utf8').trimEnd().split('\n');
});
afterAll(async () => {
  await hub?.stop();
  home?.remove();
});

describe('an export of the record', () => {
  test('is whole, and signed by the hub for whoever took it', () => {
    const { status, answer } = writ('audit', 'verify', trail, '--keys', keys);
    expect(status).toBe(0);
    expect(answer).toMatchObject({ ok: true, manifest: { by: expect.any(String) } });
  });

  test('tells of an entry that was changed', () => {
    const at = lines.findIndex((line) => line.includes('Acme Inc'));
    const { seq, tenant } = JSON.parse(lines[at] ?? '{}');
    const changed = lines.with(at, (lines[at] ?? '').replaceAll('Acme Inc', 'Evil Inc'));
    expect(check(changed)).toMatchObject({
      status: 1,
      answer: { firstBroken: { line: at + 1, chain: tenant ?? '', seq, fault: 'altered' } },
    });
  });

  test('tells of an entry that was dropped, and of two that changed places', () => {
    const [, , third, fourth] = lines;
    const { seq, tenant } = JSON.parse(third ?? '{}');
    expect(check(lines.toSpliced(2, 1)).answer.firstBroken).toMatchObject({ chain: tenant ?? '', seq, fault: 'missing' });
    const other = JSON.parse(fourth ?? '{}');
    const swapped = lines.with(2, JSON.stringify({ ...JSON.parse(third ?? '{}'), seq: other.seq }));
    expect(check(swapped).answer.firstBroken).toMatchObject({ line: 3, fault: 'altered' });
  });

  test('tells that its end was cut', () => {
    expect(check(lines.slice(0, -3)).answer.firstBroken).toMatchObject({ fault: 'cut' });
  });

  test('tells that a whole chain was taken out, though what is left fits together', () => {
    const left = lines.filter((line) => !line.includes('"tenant":"acme"'));
    const end = { end: { ...JSON.parse(lines.at(-2) ?? '{}').end } };
    delete end.end.chains.acme;
    expect(check(left.with(left.length - 2, JSON.stringify(end))).answer.firstBroken).toMatchObject({ fault: 'manifest' });
  });

  test('is not believed under another signature', () => {
    const forged = { manifest: (JSON.parse(lines.at(-1) ?? '{}').manifest ?? '').replace(/.{8}$/, 'AAAAAAAA') };
    expect(check(lines.with(lines.length - 1, JSON.stringify(forged))).answer.firstBroken).toMatchObject({ fault: 'manifest' });
  });

  test('of one tenant and of a stretch of time is as good', () => {
    const until = new Date(Date.now() - 1).toISOString();
    const part = join(home.path, 'part.ndjson');
    expect(writ('audit', 'export', '-o', part, '--tenant', 'acme', '--until', until).status).toBe(0);
    expect(writ('audit', 'verify', part, '--keys', keys)).toMatchObject({ status: 0, answer: { ok: true } });
    const tenants = readFileSync(part, 'utf8').trimEnd().split('\n').slice(0, -2);
    expect(tenants.every((line) => JSON.parse(line).tenant === 'acme')).toBe(true);
  });
});
