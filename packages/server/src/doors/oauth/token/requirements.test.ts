import { readFileSync } from 'node:fs';
import { generateKeyPair, exportJWK, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { basic, OPS, openWorld, type Answer, type World } from './world.suite.ts';

/** One requirement at the token endpoint: what is asked, what comes back, what the entry keeps and what the explanation says. */
type Case = {
  name: string;
  require: Record<string, unknown>;
  state?: string;
  target?: string;
  scopes?: string[];
  grant: 'client_credentials' | 'code' | 'refresh';
  login?: Record<string, unknown>;
  form?: Record<string, string>;
  /** Seconds between the login and the request. */
  later?: number;
  /** Requests like this one before it, without a proof. */
  before?: number;
  dpop?: boolean;
  status: number;
  body: Record<string, unknown>;
  description?: string;
  retryAfter?: boolean;
  entry: Record<string, unknown>;
  explanation: Record<string, string>;
};

const CASES: Case[] = JSON.parse(readFileSync(new URL('cases/requirements.json', import.meta.url), 'utf8'));

let world: World;
beforeAll(async () => {
  world = await openWorld();
  await world.apply({
    policies: [
      {
        id: 'ledger-writers',
        effect: 'allow',
        grants: ['client_credentials'],
        subject: { clients: ['worker'] },
        target: { resources: ['books'] },
        scopes: ['ledger:write'],
      },
    ],
  });
});
afterAll(() => world.close());

/** Each case has a rule, and so a budget, of its own. */
function named(one: Case, index: number): Case {
  return JSON.parse(JSON.stringify(one).replaceAll('"case"', `"case-${index}"`).replaceAll('(rule case)', `(rule case-${index})`));
}

async function proofHeader(): Promise<Record<string, string>> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const now = Math.floor(world.clock.now() / 1000);
  const claims = { htm: 'POST', htu: `${world.issuer}/oauth/token`, iat: now, jti: crypto.randomUUID() };
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: await exportJWK(publicKey) };
  return { dpop: await new SignJWT(claims).setProtectedHeader(header).sign(privateKey) };
}

/** What a case asks with, and how it asks: a code is taken out anew for each request, a refresh token goes on. */
async function asking({ grant, login, form }: Case): Promise<(headers?: Record<string, string>) => Promise<Answer>> {
  if (grant === 'client_credentials')
    return (headers) => world.token({ grant_type: 'client_credentials', ...form }, { ...basic('worker'), ...headers });
  if (grant === 'code') return async () => world.redeem((await world.login(login)).code, form);
  let refresh = (await world.redeem((await world.login(login)).code)).body['refresh_token'];
  return async () => {
    const answer = await world.refresh(refresh, form);
    refresh = answer.body['refresh_token'] ?? refresh;
    return answer;
  };
}

describe('a requirement of policy at the token endpoint', () => {
  it.each(CASES.map((one, index) => [one.name, named(one, index), `case-${index}`] as const))('%s', async (_, one, rule) => {
    const ask = await asking(one);
    await world.apply({
      policies: [
        {
          id: rule,
          effect: 'require',
          state: one.state ?? 'enforce',
          subject: { any: true },
          target: { resources: [one.target ?? 'ops'] },
          scopes: one.scopes ?? 'all',
          require: one.require,
        },
      ],
    });
    try {
      world.clock.advance((one.later ?? 0) * 1000);
      for (let times = 0; times < (one.before ?? 0); times += 1) await ask();
      const proof = one.dpop === true ? await proofHeader() : {};
      const { result, entries } = await world.during(() => ask(proof));

      expect(result).toMatchObject({ status: one.status, body: one.body });
      if (one.description !== undefined) expect(result.body['error_description']).toContain(one.description);
      if (one.retryAfter === true) {
        expect(Number(result.headers.get('retry-after'))).toBeGreaterThan(0);
        expect(result.body['retry_after']).toBe(Number(result.headers.get('retry-after')));
      }
      const told = entries.filter(({ type }) => type.startsWith('token.'));
      expect(told).toHaveLength(1);
      expect(told[0]).toMatchObject(one.entry);
      const decision = told[0]?.decision ?? '';
      if (one.status !== 200) expect(result.body['decision_id']).toBe(decision);
      const explained: { recorded: { unmet: unknown }; explanation: { scopes: { scope: string; sentence: string }[] } } = await (
        await world.admin('GET', `/admin/v1/decisions/${decision}/explain`)
      ).json();
      // The decision as administrators see it says what held scopes back.
      const { unmet = [] } = z.looseObject({ unmet: z.unknown().optional() }).parse(told[0]?.data['policy']);
      expect(explained.recorded.unmet).toEqual(unmet);
      for (const [scope, words] of Object.entries(one.explanation))
        expect(explained.explanation.scopes.find((found) => found.scope === scope)?.sentence).toContain(words);
    } finally {
      expect((await world.admin('DELETE', `/admin/v1/policies/${rule}`)).status).toBeLessThan(300);
    }
  });
});

it('leaves the chain of entries whole', async () => {
  expect(await (await world.admin('GET', '/admin/v1/events/verify')).json()).toMatchObject({ ok: true });
});

describe('a budget', () => {
  const rule = (id: string, budget: Record<string, number>) => ({
    policies: [
      { id, effect: 'require', subject: { any: true }, target: { resources: ['ops'] }, scopes: ['incidents:read'], require: { budget } },
    ],
  });
  const ask = (client = 'worker', more: Record<string, string> = {}) =>
    world.token({ grant_type: 'client_credentials', scope: 'incidents:read', ...more }, basic(client));

  it('is never more than its limit in any window, wherever the window begins', async () => {
    await world.apply(rule('sliding', { calls: 5, window: 600 }));
    const issued: number[] = [];
    for (let tries = 0; tries < 120; tries += 1) {
      if ((await ask()).status === 200) issued.push(world.clock.now());
      world.clock.advance(17_000);
    }
    for (const start of issued) expect(issued.filter((at) => at >= start && at < start + 600_000).length).toBeLessThanOrEqual(5);
    // Conservative, but not by more than a slot: 2040 seconds are three windows and a bit.
    expect(issued.length).toBeGreaterThanOrEqual(15);
    await world.admin('DELETE', '/admin/v1/policies/sliding');
  });

  it('says exactly when to come back', async () => {
    await world.apply(rule('back', { calls: 1, window: 60 }));
    expect((await ask()).status).toBe(200);
    const refused = await ask();
    const wait = Number(refused.headers.get('retry-after'));
    world.clock.advance(wait * 1000 - 1_001);
    expect((await ask()).status).toBe(400);
    world.clock.advance(1_001);
    expect((await ask()).status).toBe(200);
    await world.admin('DELETE', '/admin/v1/policies/back');
  });

  it('is counted for each agent, shown to administrators, and begins anew with another window', async () => {
    await world.apply(rule('each', { calls: 2, window: 3600 }));
    for (const client of ['worker', 'worker', 'worker', 'loner']) await ask(client);
    expect((await ask('loner')).status).toBe(200);
    const usage: { items: Record<string, unknown>[] } = await (await world.admin('GET', '/admin/v1/policies/each/budget')).json();
    expect(usage.items.map(({ used, left, limit, kind }) => ({ used, left, limit, kind }))).toEqual([
      { used: 2, left: 0, limit: 2, kind: 'calls' },
      { used: 2, left: 0, limit: 2, kind: 'calls' },
    ]);
    const first = await (await world.admin('GET', '/admin/v1/policies/each/budget?limit=1')).json();
    const second = await (await world.admin('GET', `/admin/v1/policies/each/budget?limit=1&cursor=${String(first.next)}`)).json();
    expect([...first.items, ...second.items]).toEqual(usage.items);
    await world.apply(rule('each', { calls: 2, window: 7200 }));
    expect((await ask()).status).toBe(200);
    await world.admin('DELETE', '/admin/v1/policies/each');
  });

  it('says of a policy without one that it has none', async () => {
    expect((await world.admin('GET', '/admin/v1/policies/workers/budget')).status).toBe(409);
    expect((await world.admin('GET', '/admin/v1/policies/nobody/budget')).status).toBe(404);
  });

  it('two nodes give out exactly what there is, however many ask at once', async () => {
    await world.apply(rule('race', { calls: 10, window: 3600 }));
    const other = await world.secondNode();
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        world.token({ grant_type: 'client_credentials', scope: 'incidents:read' }, basic('worker'), index % 2 === 0 ? undefined : other),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    await world.admin('DELETE', '/admin/v1/policies/race');
  });

  it('is counted inside the transaction that redeems a code, without a second connection', async () => {
    const codes = await Promise.all(Array.from({ length: 24 }, async () => (await world.login()).code));
    await world.apply(rule('codes', { calls: 5, window: 3600 }));
    const answers = await Promise.all(codes.map((code) => world.redeem(code)));
    expect(answers.filter(({ body }) => body['scope']?.includes('incidents:read'))).toHaveLength(5);
    await world.admin('DELETE', '/admin/v1/policies/codes');
  });

  it('that is spent asks no person for an approval, and takes what else is counted', async () => {
    const care = (id: string, scopes: string[], require: Record<string, unknown>) => ({
      id,
      effect: 'require',
      subject: { any: true },
      target: { resources: ['ops'] },
      scopes,
      require,
    });
    await world.apply({ policies: [care('few', ['incidents:write'], { budget: { calls: 1, window: 3600 } })] });
    const both = () => world.token({ grant_type: 'client_credentials', scope: 'incidents:read incidents:write' }, basic('worker'));
    expect((await both()).body['scope']).toBe('incidents:read incidents:write');
    await world.apply({
      policies: [
        care('asked', ['incidents:write'], { approval: { from: { users: ['bob'] } } }),
        care('reads', ['incidents:read'], { budget: { calls: 9, window: 3600 } }),
      ],
    });
    const { result, entries } = await world.during(both);
    expect(result.body['scope']).toBe('incidents:read');
    expect(entries.map(({ type }) => type)).toEqual(['token.issued']);
    const usage = await (await world.admin('GET', '/admin/v1/policies/reads/budget')).json();
    expect(usage.items).toMatchObject([{ used: 1 }]);
    for (const id of ['few', 'asked', 'reads']) await world.admin('DELETE', `/admin/v1/policies/${id}`);
  });

  it('is not spent by who may not ask: another client, a frozen agent, a wrong secret', async () => {
    await world.apply(rule('bystander', { calls: 1, window: 3600 }));
    expect((await ask('outsider')).status).toBe(400);
    expect(
      (await world.token({ grant_type: 'client_credentials', scope: 'incidents:read' }, basic('loner', 'not-the-secret-of-it'))).status,
    ).toBe(401);
    expect((await ask('loner', { resource: OPS })).status).toBe(200);
    expect((await ask('loner', { resource: OPS })).status).toBe(400);
    const agents: { items: { id: string; client: string }[] } = await (await world.admin('GET', '/admin/v1/agents?client=loner')).json();
    await world.admin('POST', `/admin/v1/agents/${agents.items[0]?.id ?? ''}/freeze`, { reason: 'test' });
    const usage = async () => (await (await world.admin('GET', '/admin/v1/policies/bystander/budget')).json()).items;
    const before = await usage();
    expect((await ask('loner', { resource: OPS })).body['error']).toBe('invalid_client');
    expect(await usage()).toEqual(before);
    await world.admin('POST', `/admin/v1/agents/${agents.items[0]?.id ?? ''}/unfreeze`, { reason: 'test' });
    await world.admin('DELETE', '/admin/v1/policies/bystander');
  });
});
