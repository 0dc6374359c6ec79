import { afterAll, beforeAll, expect, it } from 'vitest';
import { appCode, keyOn } from '../authenticator-app.ts';
import { FORM } from '../attacks/ask.ts';
import type { Asked } from '../attacks/ask.ts';
import { PASSWORD } from '../attacks/furniture.ts';
import { atSecond, withApp } from '../attacks/second.ts';
import { formOf } from '../attacks/visitor.ts';
import type { Changes, Shown, Visitor } from '../attacks/visitor.ts';
import { openTwoHubs } from './two-hubs.ts';
import type { TwoHubs } from './two-hubs.ts';

let hubs: TwoHubs;
beforeAll(async () => {
  hubs = await openTwoHubs();
});
afterAll(() => hubs.close());

function sent(visitor: Visitor, { page, url }: Shown, changes: Changes): { path: string; asked: Asked } {
  const at = new URL(url, hubs.first.origin);
  const headers = { ...FORM, cookie: visitor.jar.header(at) };
  return { path: at.pathname, asked: { method: 'POST', headers, body: formOf(page, 'continue', changes).toString() } };
}

/** The same code from twelve journeys at once, to both nodes in turn; how many sessions came of it. */
async function sessionsBy(email: string, changes: Changes): Promise<number> {
  const journeys = await Promise.all(Array.from({ length: 12 }, () => atSecond(hubs.first, email)));
  const answers = await hubs.each(journeys.map(({ visitor, shown }) => sent(visitor, shown, changes)));
  return answers.filter(({ headers }) => JSON.stringify(headers['set-cookie'] ?? '').includes('writ_session=')).length;
}

it('049 a code of the app, shown on twelve pages at two nodes, signs one of them in', async () => {
  const { email, key } = await withApp(hubs.first, 'rae');
  expect(await sessionsBy(email, { code: appCode(key, 1) })).toBe(1);
  await hubs.first.database.query('DELETE FROM attempts');
});

it('049 a recovery code, likewise', async () => {
  const { email, recovery } = await withApp(hubs.first, 'roy');
  expect(await sessionsBy(email, { recovery: recovery[0] ?? '' })).toBe(1);
  await hubs.first.database.query('DELETE FROM attempts');
});

it('an app that is confirmed many times at once is set up once, with one batch of recovery codes', async () => {
  const email = 'ron@acme.test';
  await hubs.first.hub.apply({ users: [{ id: 'ron', email, password: { value: PASSWORD } }] });
  const visitor = hubs.first.visitor();
  const page = await visitor.submit(await visitor.open('/account/security/app'), 'continue', { email, password: PASSWORD });
  const { path, asked } = sent(visitor, page, { code: appCode(keyOn(page.answer.text), 0) });
  await hubs.race(12, path, asked);
  const enrolled = await hubs.first.database.query(
    `SELECT body FROM audit_events WHERE type = 'factor.enrolled' AND body::jsonb #>> '{actor,user}' = 'ron'`,
  );
  expect(enrolled).toHaveLength(1);
});
