import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONSENT, DONE, drawn, SIGN_IN } from './drawn.suite.ts';
import { authorizePath, furnish, openHub, PASSWORD, type Hub } from './hub.suite.ts';

let hub: Hub;
beforeAll(async () => {
  hub = await openHub();
  await furnish(hub);
});
afterAll(() => hub.close());

type Listed = { id: string; node: string; state: string; user: string | null; flow: { id: string; version: number } | null };
const list = async (query = ''): Promise<{ items: Listed[]; next: string | null }> =>
  (await hub.admin('GET', `/admin/v1/journeys?${query}`)).json();

describe('the journeys that an administrator sees', () => {
  it('are where they stand, by which version, and which way they took; none of it opens anything', async () => {
    await drawn(hub, 'test', { nodes: [SIGN_IN, { id: 'claims', kind: 'setClaims', claims: { tier: '"pro"' } }, CONSENT, DONE] }, 'web');
    const browser = hub.browser();
    const page = await browser.open(authorizePath());
    expect((await list('client=web')).items).toMatchObject([
      { purpose: 'authorize', node: 'signIn', state: 'running', user: null, flow: { id: 'test', version: 1 } },
    ]);
    const consent = await browser.submit(page, 'continue', { email: 'ann@acme.test', password: PASSWORD });
    const [one] = (await list('user=ann&state=running')).items;
    const { status, ...answer } = await hub
      .admin('GET', `/admin/v1/journeys/${one?.id ?? ''}`)
      .then(async (got) => ({ status: got.status, text: await got.text() }));
    expect([status, JSON.parse(answer.text)]).toMatchObject([
      200,
      {
        node: 'consent',
        claims: { tier: 'pro' },
        acr: '1',
        trail: [
          { node: 'signIn', branch: 'next' },
          { node: 'claims', branch: 'next' },
        ],
      },
    ]);
    for (const secret of [...browser.cookies.values(), 'ann@acme.test', PASSWORD]) expect(answer.text).not.toContain(secret);
    await browser.submit(consent, 'allow');
    expect((await list('flow=test&state=ended')).items).toHaveLength(1);
    expect((await list('flow=test&state=running')).items).toEqual([]);
    expect((await list('flow=authorize')).items).toEqual([]);
  });

  it('are listed newest first, page by page, and are expired after half an hour', async () => {
    for (let at = 0; at < 3; at += 1) {
      await hub.browser().open(authorizePath({ client_id: 'cli', redirect_uri: 'http://127.0.0.1/callback' }));
      hub.clock.advance(1_000);
    }
    const first = await list('client=cli&limit=2');
    const second = await list(`client=cli&limit=2&cursor=${first.next ?? ''}`);
    const ids = [...first.items, ...second.items].map(({ id }) => id);
    expect([ids, second.next]).toEqual([ids.toSorted().toReversed(), null]);
    expect(ids).toHaveLength(3);
    expect(first.items[0]?.flow).toMatchObject({ id: 'authorize', version: 0 });
    hub.clock.advance(31 * 60_000);
    expect((await list('client=cli&state=expired')).items).toHaveLength(3);
    expect((await hub.admin('GET', '/admin/v1/journeys/jny_nothing')).status).toBe(404);
    expect((await hub.admin('GET', '/admin/v1/journeys?state=lost')).status).toBe(400);
  });
});
