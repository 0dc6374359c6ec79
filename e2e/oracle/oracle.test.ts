import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, header } from '../attacks/ask.ts';
import type { Answer } from '../attacks/ask.ts';
import { challengeOf, VERIFIER } from '../attacks/requests.ts';
import { openWorld } from '../attacks/world.ts';
import type { World } from '../attacks/world.ts';
import { freePort } from '../harness.ts';
import { CASES as PLAIN_CASES } from './cases.ts';
import type { Side } from './cases.ts';
import { startOracle } from './oracle.ts';
import { PROOF_CASES } from './proof-cases.ts';
import type { Oracle } from './oracle.ts';

const CASES = [...PLAIN_CASES, ...PROOF_CASES];

/** What the two say where they differ, and why that is right. Read when the tests start; `WRIT_TEST_WRITE=1` writes what is there now. */
const FILE = new URL('differences.json', import.meta.url);
type Difference = { hub: string; oracle: string; because: string };
const explained: Record<string, Difference> = existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : {};

let world: World;
let oracle: Oracle;
const found: Record<string, Difference> = {};
beforeAll(async () => {
  world = await openWorld();
  oracle = await startOracle(await freePort());
});
afterAll(async () => {
  if (process.env['WRIT_TEST_WRITE'] === '1') writeFileSync(FILE, `${JSON.stringify(found, undefined, 2)}\n`);
  await oracle.close();
  await world.close();
});

const hubSide = (): Side => ({
  issuer: world.origin,
  code: async () => (await world.code()).code,
  refresh: async () => (await world.tokens()).refresh,
});
const oracleSide = (): Side => ({ issuer: oracle.issuer, code: () => oracle.code(challengeOf(VERIFIER)), refresh: () => oracle.refresh() });

describe('the same request to the hub and to node-oidc-provider', () => {
  it.each(CASES)('$name', async ({ name, make }) => {
    world.moveOn();
    const ours = await make(hubSide());
    const theirs = await make(oracleSide());
    const hub = summary(await world.ask(ours.path, ours.asked));
    const other = summary(await ask(oracle.issuer, theirs.path, theirs.asked));
    expect(hub).not.toMatch(/^5/);
    if (hub !== other) found[name] = { hub, oracle: other, because: explained[name]?.because ?? '' };
    const difference = explained[name];
    if (process.env['WRIT_TEST_WRITE'] === '1') return;
    expect({ hub, oracle: other }).toEqual(
      difference === undefined ? { hub: other, oracle: other } : { hub: difference.hub, oracle: difference.oracle },
    );
    expect(difference?.because ?? 'the same').not.toBe('');
  });

  it('every explained difference is one that there is', () => {
    expect(Object.keys(explained).filter((name) => !CASES.some((one) => one.name === name))).toEqual([]);
    expect(Object.values(explained).filter(({ hub, oracle: theirs }) => hub === theirs)).toEqual([]);
  });
});

/** An answer in a word or two: where it went, and what it says. */
function summary(answer: Answer): string {
  if (answer.location !== undefined) return redirected(answer.location);
  if (header(answer, 'content-type').startsWith('text/html'))
    return `${answer.status} page ${/\b(invalid_[a-z_]+|unsupported_[a-z_]+|unauthorized_client|[a-z_]+_not_supported)\b/.exec(answer.text)?.[0] ?? ''}`.trim();
  return `${answer.status} ${wordIn(answer.text)}`.trim();
}

function redirected(location: string): string {
  if (!URL.canParse(location)) return 'goes on';
  const { origin, searchParams, hash } = new URL(location);
  if (origin.startsWith('http://localhost')) return 'goes on';
  const error = searchParams.get('error') ?? new URLSearchParams(hash.slice(1)).get('error') ?? 'no error';
  return `to the client: ${error}`;
}

function wordIn(text: string): string {
  if (!text.startsWith('{')) return '';
  const body = JSON.parse(text);
  if (typeof body.error === 'string') return body.error;
  return body.active === false ? 'inactive' : '';
}
