import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { row } from '../../base/db.ts';
import { sql } from 'kysely';
import type { Browser, Shown } from './browser.suite.ts';
import { authorizePath, furnish, openHub, PASSWORD, type Hub } from './hub.suite.ts';

const DAY = 86_400_000;
const ANN = { email: 'ann@acme.test', password: PASSWORD };

let hub: Hub;
let browser: Browser;
let asked: Shown;
beforeAll(async () => {
  hub = await openHub();
  await furnish(hub);
  browser = hub.browser();
  asked = await browser.submit(await browser.open(authorizePath()), 'continue', ANN);
});
afterAll(() => hub.close());

const live = async () =>
  row(
    hub.house.rooms.database.db,
    sql<{
      id: string;
      expires_at: number | null;
    }>`SELECT id, expires_at FROM grants WHERE client_id = 'web' AND user_id = 'ann' AND state <> 'revoked'`,
  );
const choices = (page: Shown): string[] => {
  const select = /<select id="until"[^>]*>([\s\S]*?)<\/select>/.exec(page.html)?.[1] ?? '';
  return [...select.matchAll(/<option value="([^"]*)"/g)].map(([, value]) => value ?? '');
};
const chosen = (page: Shown): string | undefined => /<option value="([^"]*)"\s+selected/.exec(page.html)?.[1];
const askAgain = () => browser.open(authorizePath({ prompt: 'consent' }));
const set = (value: object) => hub.admin('PUT', '/admin/v1/settings/grants', value);

describe('until when', () => {
  it('is offered in days and without an end, and what nobody chose is as it always was', async () => {
    expect([choices(asked), chosen(asked)]).toEqual([['1', '7', '30', '90', '365', 'open'], 'open']);
    await browser.submit(asked, 'allow');
    expect(await live()).toMatchObject({ expires_at: null });
  });

  it('is kept with the grant and said in the entry', async () => {
    await browser.submit(await askAgain(), 'allow', { until: '7' });
    const expiresAt = hub.clock.now() + 7 * DAY;
    expect(await live()).toMatchObject({ expires_at: expiresAt });
    expect((await hub.events('consent.granted')).at(-1)?.data).toMatchObject({ expiresAt });
  });

  it('takes nothing that was not offered', async () => {
    for (const until of ['8', '0', '-1', '1e3', 'never']) {
      const page = await browser.submit(await askAgain(), 'allow', { until });
      expect(page.location ?? '').not.toContain('code=');
    }
  });

  it('is bounded and chosen beforehand by the setting, and a page from before the bound gives no more', async () => {
    const before = await askAgain();
    expect((await set({ defaultDays: 14, maxDays: 60 })).status).toBe(200);
    const page = await askAgain();
    expect([choices(page), chosen(page)]).toEqual([['1', '7', '14', '30', '60'], '14']);
    expect((await browser.submit(before, 'allow', { until: 'open' })).location ?? '').not.toContain('code=');
    await browser.submit(await askAgain(), 'allow');
    expect(await live()).toMatchObject({ expires_at: hub.clock.now() + 14 * DAY });
    expect((await set({ defaultDays: 61, maxDays: 60 })).status).toBe(400);
  });

  it('once it is over the person is asked again, and their yes is a new grant', async () => {
    const first = await live();
    hub.clock.advance(14 * DAY);
    const signIn = await browser.open(authorizePath());
    const page = signIn.buttons.includes('allow') ? signIn : await browser.submit(signIn, 'continue', ANN);
    expect(page.buttons).toContain('allow');
    await browser.submit(page, 'allow');
    const second = await live();
    expect(second?.id).not.toBe(first?.id);
    const ended = (await hub.events('grant.expired')).map(({ target }) => target?.id);
    expect(ended.filter((id) => id === first?.id)).toHaveLength(1);
  });
});
