import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditEvent } from '../../../rooms/audit/event.ts';
import { CREDENTIAL_WAYS, openCredentialWorld } from './credential-ways.suite.ts';
import type { ExchangeWorld } from './token-exchange.suite.ts';

/** As paths.test.ts, for what is handed out of the vault: whatever leaves rests on a decision that is on record, whichever way it leaves. */

let world: ExchangeWorld;
beforeAll(async () => {
  world = await openCredentialWorld();
});
afterAll(() => world.close());

/** The decision behind an entry, as the hub explains it by its id. */
async function explained(entry: AuditEvent | undefined): Promise<{ recorded: { granted: string[] } }> {
  const answer = await world.admin('GET', `/admin/v1/decisions/${entry?.decision ?? 'none'}/explain`);
  expect(answer.status).toBe(200);
  return answer.json();
}

const DENY_CREDENTIALS = { id: 'no-credentials', effect: 'deny', subject: { any: true }, target: { connections: 'all' }, scopes: 'all' };

describe('every way to a credential', () => {
  // The address of the service is one that nobody answers at: what a proxied call comes to is 502, and that it was allowed to be made is the point.
  const ways = Object.entries(CREDENTIAL_WAYS).map(([name, prepare]) => ({ name, prepare, done: name === 'proxy' ? 502 : 200 }));
  const HANDED = new Set(['credential.issued', 'credential.used']);

  it.each(ways)('$name: one entry, whose decision explains it', async ({ prepare, done }) => {
    const ask = await prepare(world);
    const { result, entries } = await world.during(ask);
    expect(result.status).toBe(done);
    const told = entries.filter(({ type }) => HANDED.has(type));
    expect(told).toHaveLength(1);
    expect(told[0]?.target).toEqual({ type: 'connection', id: 'calendar' });
    expect((await explained(told[0])).recorded.granted).toEqual(['whole']);
  });

  it.each(ways)('$name: nothing when policy denies, and the refusal names its decision', async ({ prepare }) => {
    const ask = await prepare(world);
    await world.apply({ policies: [DENY_CREDENTIALS] });
    const { result, entries } = await world.during(ask);
    await world.admin('DELETE', '/admin/v1/policies/no-credentials');
    expect(result).toMatchObject({ status: 403, body: { error: 'access_denied' } });
    expect(entries.filter(({ type }) => HANDED.has(type))).toEqual([]);
    const refused = entries.filter(({ type }) => type === 'credential.refused');
    expect(refused).toHaveLength(1);
    expect(result.body['decision_id']).toBe(refused[0]?.decision);
    expect((await explained(refused[0])).recorded.granted).toEqual([]);
  });

  it.each(ways)('$name: what a requirement holds back is not handed out', async ({ prepare }) => {
    const ask = await prepare(world);
    await world.apply({ policies: [{ ...DENY_CREDENTIALS, id: 'keys-only', effect: 'require', require: { proofOfPossession: true } }] });
    const { result, entries } = await world.during(ask);
    await world.admin('DELETE', '/admin/v1/policies/keys-only');
    expect(result).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect(entries.find(({ type }) => type === 'credential.refused')?.data['policy']).toMatchObject({
      unmet: [expect.objectContaining({ needs: 'proofOfPossession', rule: 'keys-only' })],
    });
  });

  it.each(ways)('$name counts against budgets of calls and of exchanges', async ({ name, prepare, done }) => {
    for (const budget of [{ calls: 1 }, { exchanges: 1 }]) {
      world.clock.advance(3_600_000);
      const asks = [await prepare(world), await prepare(world)];
      const id = `once-${name.replaceAll(/[^a-z]/g, '-')}-${Object.keys(budget).join('')}`;
      await world.apply({ policies: [{ ...DENY_CREDENTIALS, id, effect: 'require', require: { budget: { ...budget, window: 600 } } }] });
      const statuses: number[] = [];
      for (const ask of asks) statuses.push((await ask()).status);
      await world.admin('DELETE', `/admin/v1/policies/${id}`);
      expect(statuses).toEqual([done, 403]);
    }
  });
});
