import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { row, rows } from '../../base/db.ts';
import { httpPeer, type Peer } from '../../base/outbound/peer.suite.ts';
import { createBrowser, filled, type Browser, type Shown } from './browser.suite.ts';
import { CONSENT, DONE, drawn, SIGN_IN, undrawn, type Drawing } from './drawn.suite.ts';
import { authorizePath, furnish, ISSUER, openHub, PASSWORD, type Hub } from './hub.suite.ts';

/** A flow has another system make a key for the person, and puts it into the vault: where the key is meanwhile, and how often it is made. */

const KEY = 'sk-canary-8d1f0b';
let hub: Hub;
let service: Peer;
let asked: string[];
beforeAll(async () => {
  asked = [];
  service = await httpPeer((request, response) => {
    asked.push(String(request.headers['idempotency-key']));
    // Slow enough for others to come in between.
    void pause(100).then(() =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ key: `${KEY}-${crypto.randomUUID()}` })),
    );
  });
  hub = await openHub({ env: { WRIT_ALLOW_LOOPBACK: 'true' } });
  await furnish(hub);
  const made = await hub.admin('PUT', '/admin/v1/connections/search', { type: 'api_key', header: 'x-api-key' });
  if (made.status > 201) throw new Error(await made.text());
});
afterEach(async () => {
  await undrawn(hub, 'test', 'web');
  asked.length = 0;
});
afterAll(async () => {
  await service.close();
  await hub.close();
});

const ANN = { email: 'ann@acme.test', password: PASSWORD };
const provision = () => ({
  id: 'provision',
  kind: 'http',
  method: 'POST',
  url: `http://127.0.0.1:${String(service.port)}/keys`,
  timeout: 5000,
  outputs: { key: { type: 'secret', from: 'response.body.key' } },
});
const STORE = { id: 'store', kind: 'storeCredential', connection: 'search', value: 'provision.key' };
const NO = { id: 'no', kind: 'deny', message: 'No key could be made.' };
const failed = { from: 'provision', branch: 'failed', to: 'no' };
/** Made first, asked then: the key waits in the journey while the page is open. */
const early = (): Drawing => ({ nodes: [SIGN_IN, provision(), CONSENT, STORE, DONE, NO], also: [failed] });
/** Made by the very press that allows it. */
const late = (): Drawing => ({ nodes: [SIGN_IN, CONSENT, provision(), STORE, DONE, NO], also: [failed] });

async function atConsent(drawing: Drawing): Promise<{ browser: Browser; page: Shown; id: string }> {
  await drawn(hub, 'test', drawing, 'web');
  const browser = hub.browser();
  const page = await browser.submit(await browser.open(authorizePath({ prompt: 'consent' })), 'continue', ANN);
  expect(page.buttons).toContain('allow');
  return { browser, page, id: page.url.slice('/journey/'.length) };
}

async function rowOf(id: string): Promise<{ secrets: string | null; rest: string }> {
  const { db } = hub.house.rooms.database;
  const found = await row(
    db,
    sql<{ secrets: string | null; rest: string }>`SELECT secrets, state::text || request::text AS rest FROM journeys WHERE id = ${id}`,
  );
  return found ?? { secrets: null, rest: '' };
}
const stored = async (): Promise<number> => (await hub.events('credential.stored')).length;

describe('a secret that a call brought', () => {
  it('waits sealed beside the state, goes into the vault, and is gone from the journey', async () => {
    const { browser, page, id } = await atConsent(early());
    const waiting = await rowOf(id);
    expect(waiting.secrets).toMatch(/^[A-Za-z0-9+/=]{40,}$/);
    expect(`${waiting.rest}${waiting.secrets ?? ''}${Buffer.from(waiting.secrets ?? '', 'base64').toString('latin1')}`).not.toContain(KEY);
    const before = await stored();
    expect((await browser.submit(page, 'allow')).location).toContain('code=');
    expect(await stored()).toBe(before + 1);
    expect((await rowOf(id)).secrets).toBeNull();
    const said = await rows(hub.house.rooms.database.db, sql<{ body: string }>`SELECT body FROM audit_events`);
    expect(said.map(({ body }) => body).join('\n')).not.toContain(KEY);
  });

  it('opens in no other journey', async () => {
    const [one, other] = [await atConsent(early()), await atConsent(early())];
    const { db } = hub.house.rooms.database;
    await sql`UPDATE journeys SET secrets = (SELECT secrets FROM journeys WHERE id = ${other.id}) WHERE id = ${one.id}`.execute(db);
    const before = await stored();
    await expect(one.browser.submit(one.page, 'allow')).rejects.toThrow('500');
    expect(await stored()).toBe(before);
  });

  it('is dropped when somebody else takes over, who gets one of their own', async () => {
    const { browser, page, id } = await atConsent(early());
    const again = await browser.submit(page, 'switch');
    expect(again.html).toContain('<h1>Sign in</h1>');
    expect((await rowOf(id)).secrets).toBeNull();
    await browser.submit(await browser.submit(again, 'continue', { email: 'eve@else.test', password: PASSWORD }), 'allow');
    expect((await hub.events('credential.stored')).at(-1)).toMatchObject({ actor: { user: 'eve' } });
    expect(asked).toHaveLength(2);
  });

  it('is dropped when the journey is cancelled', async () => {
    const { browser, page, id } = await atConsent(early());
    await browser.submit(page, 'cancel');
    expect((await rowOf(id)).secrets).toBeNull();
  });
});

describe('a call to another system', () => {
  it('is made once when the page is sent ten times at once, on two nodes', async () => {
    const node = await hub.secondNode();
    const { browser, page } = await atConsent(late());
    const other = createBrowser((request) => node.fetch(request), ISSUER);
    for (const [name, value] of browser.cookies) other.cookies.set(name, value);
    const [codes, before] = [await hub.count('codes'), await stored()];
    const both = [browser, other];
    const ends = await Promise.all(
      Array.from({ length: 10 }, (_, at) => (both[at % 2] ?? browser).send('POST', page.url, filled(page, 'allow'))),
    );
    expect(asked).toHaveLength(1);
    expect(ends.filter(({ location }) => location?.includes('code=') === true)).toHaveLength(1);
    expect(await hub.count('codes')).toBe(codes + 1);
    expect(await stored()).toBe(before + 1);
  });

  it('is made again, under the same key, where the one that took the step died before it could say what came of it', async () => {
    const { browser, page, id } = await atConsent(late());
    const first = browser.send('POST', page.url, filled(page, 'allow'));
    while (asked.length === 0) await pause(5);
    // What it did is never written down: for the row it is as if it were no more.
    await sql`UPDATE journeys SET version = version + 1 WHERE id = ${id}`.execute(hub.house.rooms.database.db);
    expect((await first).location).toBeUndefined();
    const early = await browser.submit(page, 'allow');
    expect(early.buttons).toContain('allow');
    expect(asked).toHaveLength(1);
    hub.clock.advance(60_000);
    expect((await browser.submit(page, 'allow')).location).toContain('code=');
    expect(asked).toHaveLength(2);
    expect(asked[1]).toBe(asked[0]);
  });
});
