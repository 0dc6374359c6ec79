import fc from 'fast-check';
import { sql } from 'kysely';
import { canonicalFlow, exportFlow, type FlowGraph } from '@writ/flow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { likelyGraph, wildGraph } from '../../../../flow/src/graph/random.suite.ts';
import { digest } from '../../base/digest.ts';
import { hubAuthor } from '../../rooms/audit/author.ts';
import type { AuditEvent } from '../../rooms/audit/event.ts';
import { addVersion } from '../../rooms/flows/version.store.ts';
import type { Browser, Shown } from './browser.suite.ts';
import { CONSENT, DONE, drawn, SIGN_IN, undrawn } from './drawn.suite.ts';
import { authorizePath, furnish, openHub, PASSWORD, type Hub } from './hub.suite.ts';
import { claimsOf, codeOf, enrol, type Owner } from './second.suite.ts';

/**
 * Random graphs in the real hub, and somebody who presses whatever is on the page. Whatever is drawn: no code without a yes that was pressed
 * in this very journey, none without the factors that stood on the way, none twice; every page answers, and every journey can be ended.
 */

let hub: Hub;
let ann: Owner;
beforeAll(async () => {
  hub = await openHub();
  await furnish(hub);
  await drawn(hub, 'app', { nodes: [SIGN_IN, { id: 'more', kind: 'stepUp', methods: ['totp'] }, CONSENT, DONE] }, 'web');
  const browser = hub.browser();
  const page = await browser.submit(await browser.open(authorizePath()), 'continue', { email: 'ann@acme.test', password: PASSWORD });
  ann = (await enrol(hub, browser, page, 'ann@acme.test')).owner;
  await undrawn(hub, 'app', 'web');
});
afterAll(() => hub.close());

/** In force for `web` whatever the lints say: what an older program let through runs too. */
async function inForce(graph: FlowGraph): Promise<string> {
  const body = canonicalFlow(graph);
  const version = digest(body);
  await hub.house.rooms.audit.commit(async (tx) => {
    await sql`DELETE FROM flow_assignments WHERE flow_id = 'random'`.execute(tx);
    await sql`INSERT INTO flow_bodies (digest, body) VALUES (${version}, ${body}) ON CONFLICT DO NOTHING`.execute(tx);
    await addVersion(tx, 'random', { digest: version, source: exportFlow(graph), body }, hubAuthor('test'));
    await sql`INSERT INTO flows (id, draft, published) SELECT 'random', ${exportFlow(graph)}, max(version) FROM flow_versions WHERE flow_id = 'random'
      ON CONFLICT (id) DO UPDATE SET published = excluded.published`.execute(tx);
    await sql`INSERT INTO flow_assignments (purpose, kind, target, flow_id) VALUES ('authorize', 'client', 'web', 'random')`.execute(tx);
    const entry = { type: 'flow.published', initiator: 'hub', actor: {}, outcome: 'success', origin: { request: 'test' } } as const;
    return { value: undefined, entries: [entry], changed: [{ kind: 'flow', key: 'random' }] };
  });
  await hub.house.rooms.flows.ready();
  expect(hub.house.rooms.flows.choose({ purpose: 'authorize', clientId: 'web' }).digest).toBe(version);
  return version;
}

type Walk = { browser: Browser; page: Shown; allowed: (readonly string[])[]; seen: Shown[] };

const PEOPLE = ['ann@acme.test', 'ann@acme.test', 'bob@acme.test', 'eve@else.test'];
const pick = <T>(from: readonly T[], number: number): T | undefined => from[number % Math.max(1, from.length)];

/** What somebody fills in: mostly what is asked for, sometimes anything. */
function filledIn({ fields }: Shown, number: number): Record<string, string | readonly string[]> {
  const has = (name: string): boolean => fields.some((field) => field.name === name);
  const right = number % 10 < 9;
  const values: Record<string, string | readonly string[]> = {};
  if (has('email')) values['email'] = pick(PEOPLE, number) ?? '';
  if (has('password')) values['password'] = right ? PASSWORD : 'not-the-password-of-anybody';
  if (has('code')) values['code'] = right ? codeOf(ann, hub.clock.now()) : '000000';
  if (has('tenant'))
    values['tenant'] = pick([...fields.filter(({ name }) => name === 'tenant').map(({ value }) => value), 'globex'], number) ?? '';
  const scopes = fields.filter(({ name, disabled }) => name === 'scope' && !disabled).map(({ value }) => value);
  if (scopes.length > 0 && number % 3 === 0) values['scope'] = scopes.slice(0, 1 + (number % scopes.length));
  return values;
}

const ENDS = new Set(['cancel', 'deny']);

async function step(walk: Walk, number: number): Promise<void> {
  const old = number % 13 === 0 ? pick(walk.seen, number) : undefined;
  const page = old ?? walk.page;
  // Cancelling is one button of many, or no journey would get far.
  const buttons = page.buttons.filter((one) => one !== '' && one !== 'passkey' && (number % 17 === 0 || !ENDS.has(one)));
  const action = pick(buttons, Math.floor(number / 7));
  if (action === undefined) return;
  const changes = filledIn(page, number);
  const next = await walk.browser.submit(page, action, changes);
  if (action === 'allow') {
    const sent = changes['scope'] ?? page.fields.filter(({ name, checked }) => name === 'scope' && checked).map(({ value }) => value);
    walk.allowed.push(typeof sent === 'string' ? [sent] : sent);
  }
  if ('code' in changes) hub.clock.advance(30_000);
  walk.seen.push(page);
  // An older page that is dead answers with a page of its own; the person goes back to where they were.
  walk.page = old !== undefined && next.status >= 400 ? walk.page : next;
}

const isOver = ({ page }: Walk): boolean => page.location !== undefined || page.status >= 400 || page.buttons.length === 0;
const trailOf = (event: AuditEvent | undefined): string[] => (Array.isArray(event?.data?.['trail']) ? event.data['trail'].map(String) : []);

/** A code was issued: what stands behind it. */
async function checkCode(graph: FlowGraph, { page, allowed }: Walk): Promise<void> {
  const finished = (await hub.events('journey.finished')).at(-1);
  const trail = trailOf(finished);
  const kinds = trail.map((one) => ({ node: graph.nodes[one.split(':')[0] ?? ''], branch: one.split(':')[1] ?? 'next' }));
  const consents = kinds.filter(({ node, branch }) => (node?.kind === 'consent' || node?.kind === 'tenantConsent') && branch === 'next');
  expect(consents.length, trail.join(' ')).toBeGreaterThan(0);
  // prompt=consent: a yes of another day is not taken, so each node was answered by a press.
  if (kinds.some(({ node }) => node?.kind === 'consent')) expect(allowed.length, trail.join(' ')).toBeGreaterThan(0);
  const claims = await claimsOf(hub, page);
  for (const { node, branch } of kinds) if (node?.kind === 'stepUp' && branch === 'next') expect(node.acr).toContain(claims['acr']);
  expect(kinds.some(({ node }) => node?.kind === 'authenticate')).toBe(true);
  const granted = String(claims['scope'])
    .split(' ')
    .filter((one) => one !== '');
  const required = ['incidents:list'];
  for (const scope of granted) expect([...allowed.flat(), ...required], trail.join(' ')).toContain(scope);
}

async function walked(graph: FlowGraph, numbers: readonly number[]): Promise<'code' | 'error' | 'gone'> {
  hub.clock.advance(3_600_000);
  await inForce(graph);
  const browser = hub.browser();
  const first = await browser.open(
    authorizePath({
      prompt: 'consent',
      scope: pick(['incidents:read incidents:write', 'incidents:delete incidents:read'], numbers[0] ?? 0) ?? null,
    }),
  );
  const walk: Walk = { browser, page: first, allowed: [], seen: [] };
  for (const number of numbers) {
    if (isOver(walk)) break;
    const codes = await hub.count('codes');
    const { page } = walk;
    await step(walk, number);
    if (new URL(walk.page.location ?? 'about:blank').searchParams.has('code')) {
      await checkCode(graph, walk);
      // The page that got it gets nothing more.
      expect((await browser.submit(page, 'allow')).location).toBeUndefined();
      expect(await hub.count('codes')).toBe(codes + 1);
      return 'code';
    }
    expect(await hub.count('codes')).toBe(codes);
  }
  // "Cancel" is an answer to every page, and leads back to the client.
  if (!isOver(walk)) walk.page = await walk.browser.submit(walk.page, 'cancel');
  const { location } = walk.page;
  expect(location === undefined ? undefined : new URL(location).searchParams.get('code')).toBeFalsy();
  return location === undefined ? 'gone' : 'error';
}

const numbers = fc.array(fc.nat(100_000), { minLength: 6, maxLength: 22 });

describe('random graphs in the hub, and somebody who presses what is there', () => {
  it('graphs as people draw them: no code without a yes and without the factors on the way', async () => {
    const ends: string[] = [];
    const walks = fc.asyncProperty(likelyGraph, numbers, async (graph, presses) => {
      ends.push(await walked(graph, presses));
    });
    await fc.assert(walks, { numRuns: 40 });
    // A run in which nobody got through, or nobody was turned away, would show half of it.
    while (!ends.includes('code') || !ends.includes('error')) await fc.assert(walks, { numRuns: 1 });
  });

  it('anything that can be drawn: the same', async () => {
    await fc.assert(
      fc.asyncProperty(wildGraph, numbers, async (graph, presses) => {
        await walked(graph, presses);
      }),
      { numRuns: 20 },
    );
  });
});
