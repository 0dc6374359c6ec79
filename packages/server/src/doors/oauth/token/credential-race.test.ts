import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { House } from '../../../house.ts';
import { openExchangeWorld, type ExchangeWorld } from './token-exchange.suite.ts';

/** An account that goes while it is being handed out on two nodes: what the record says is what happened. */

const KEY = 'a-key-that-goes';
let world: ExchangeWorld;
let second: House;
let token: string;
beforeAll(async () => {
  world = await openExchangeWorld();
  await world.apply({
    connections: [{ id: 'search', type: 'api_key', baseUrl: 'https://search.test' }],
    policies: [
      {
        id: 'search',
        effect: 'allow',
        grants: ['token_exchange'],
        subject: { clients: ['ops-server'] },
        target: { connections: ['search'] },
        scopes: 'all',
      },
    ],
  });
  second = await world.secondNode();
  token = (await world.userToken()).access;
});
afterAll(() => world.close());

const stored = z.object({ id: z.string() });
const entry = z.looseObject({ seq: z.number(), type: z.string(), target: z.looseObject({ id: z.string() }).optional() });
const handedOut = z.looseObject({ credential: z.string() });

async function put(): Promise<string> {
  const answer = await world.admin('POST', '/admin/v1/credentials', {
    connection: 'search',
    owner: { tenant: 'acme' },
    value: { value: KEY },
  });
  return stored.parse(await answer.json()).id;
}

const handOut = (node?: House) => world.exchange('ops-server', token, { resource: 'urn:writ:connection:search' }, node);

/** Entries of this account: places in the chain of its removal (or lock), and of what was handed out of it. */
async function order(id: string, type: string): Promise<{ gone: number; issued: number[] }> {
  const answer = await world.admin('GET', '/admin/v1/events?limit=200&tenant=acme');
  const all = z.object({ items: z.array(entry) }).parse(await answer.json()).items;
  const gone = all.find((one) => one.type === type && one.target?.id === id)?.seq ?? -1;
  const issued = all.filter((one) => one.type === 'credential.issued' && handedOut.safeParse(one['data']).data?.credential === id);
  return { gone, issued: issued.map(({ seq }) => seq) };
}

const WAYS = [
  ['removed', 'credential.removed', (id: string) => world.admin('DELETE', `/admin/v1/credentials/${id}`)],
  ['locked', 'credential.locked', (id: string) => world.admin('POST', `/admin/v1/credentials/${id}/lock`, { reason: 'test' })],
] as const;

describe.each(WAYS)('an account that is %s', (state, type, deed) => {
  it('is not handed out afterwards, however many ask on two nodes; who came too late is told so', async () => {
    let before = 0;
    for (let round = 0; round < 12; round += 1) {
      const id = await put();
      const asks = Array.from({ length: 30 }, (_, at) => handOut(at % 2 === 0 ? undefined : second));
      // In the midst of them, each time elsewhere.
      await Promise.race([asks[round], asks[round + 1]]);
      expect((await deed(id)).status).toBeLessThan(300);
      const late = await Promise.all([handOut(), handOut(second)]);
      const refused = state === 'locked' ? { status: 403 } : { status: 400, body: { error: 'connection_required' } };
      expect(late).toMatchObject([refused, refused]);
      const answers = await Promise.all(asks);
      expect(answers.filter(({ status }) => status !== 200 && status !== refused.status)).toEqual([]);
      const { gone, issued } = await order(id, type);
      expect(issued.filter((seq) => seq > gone)).toEqual([]);
      expect(issued.length).toBe(answers.filter(({ status }) => status === 200).length);
      before += issued.length;
      if (state === 'locked') await world.admin('DELETE', `/admin/v1/credentials/${id}`);
    }
    expect(before).toBeGreaterThan(0);
  });
});
