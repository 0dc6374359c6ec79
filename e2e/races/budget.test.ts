import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic, encode, FORM, jsonOf } from '../attacks/ask.ts';
import type { Answer } from '../attacks/ask.ts';
import { SECRETS } from '../attacks/furniture.ts';
import { openTwoHubs } from './two-hubs.ts';
import type { TwoHubs } from './two-hubs.ts';

let hubs: TwoHubs;
beforeAll(async () => {
  hubs = await openTwoHubs();
});
afterAll(() => hubs.close());

async function require(id: string, client: string, budget: Record<string, number>): Promise<void> {
  const rule = {
    id,
    effect: 'require',
    subject: { clients: [client] },
    target: { resources: ['ops'] },
    scopes: 'all',
    require: { budget },
  };
  const put = await hubs.first.hub.admin('PUT', `policies/${id}`, rule);
  expect(put.status).toBeLessThan(300);
  await hubs.heard();
}

const race = (times: number, client: 'worker' | 'elsewhere'): Promise<Answer[]> =>
  hubs.race(times, '/oauth/token', {
    method: 'POST',
    headers: { ...FORM, ...basic(client, SECRETS[client]) },
    body: encode({ grant_type: 'client_credentials', scope: 'incidents:read' }),
  });

const entries = async (type: string, reason?: string): Promise<number> => {
  const found = await hubs.first.database.query(
    `SELECT count(*) AS count FROM audit_events WHERE type = $1 AND client_id = 'worker' AND ($2::text IS NULL OR body::json->>'reason' = $2)`,
    [type, reason ?? null],
  );
  return Number(found[0]?.['count']);
};

describe('two nodes, many at once: budgets', () => {
  it('two hundred ask for what sixty may have: exactly sixty tokens, and an entry for each answer', async () => {
    await require('sixty', 'worker', { calls: 60, window: 3_600 });
    const answers = await race(200, 'worker');
    const issued = answers.filter(({ status }) => status === 200);
    const refused = answers.filter(({ status }) => status === 400);
    expect([issued.length, refused.length]).toEqual([60, 140]);
    for (const answer of refused) {
      expect(jsonOf(answer)).toMatchObject({ error: 'access_denied', decision_id: expect.stringMatching(/^dec_/) });
      expect(jsonOf(answer)['retry_after']).toBeGreaterThan(0);
    }
    expect(await entries('token.issued')).toBe(60);
    expect(await entries('token.refused', 'budget_spent')).toBe(140);
    const usage = await (await hubs.first.hub.admin('GET', 'policies/sixty/budget')).json();
    expect(usage).toMatchObject({ items: [{ kind: 'calls', limit: 60, used: 60, left: 0 }] });
  });

  it('a request under two budgets is stopped by the smaller one, and waits for no other', async () => {
    await require('ten', 'elsewhere', { calls: 10, window: 3_600 });
    await require('twenty', 'elsewhere', { calls: 20, window: 3_600 });
    const answers = await race(80, 'elsewhere');
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    expect(answers.every(({ status }) => [200, 400].includes(status))).toBe(true);
  });
});
