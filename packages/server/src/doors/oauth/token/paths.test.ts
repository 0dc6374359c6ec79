import { readdirSync, readFileSync } from 'node:fs';
import { GRANT_TYPES } from '@writ/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_TOKEN } from '../../../../testing/house.ts';
import type { AuditEvent } from '../../../rooms/audit/event.ts';
import type { ExchangeWorld } from './token-exchange.suite.ts';
import { openWaysWorld, WAYS, type Way } from './ways.suite.ts';
import { basic, claimsOf, OPS, type Answer } from './world.suite.ts';

/**
 * Whatever issues here rests on a decision that is on record. The tables below name every way; these tests fail when the house has a way
 * that no table names, when something leaves without an entry whose decision explains it, and when a way does not ask policy.
 */

let world: ExchangeWorld;
beforeAll(async () => {
  world = await openWaysWorld();
});
afterAll(() => world.close());

const ISSUED = new Set(['token.issued', 'token.refreshed', 'token.exchanged']);

type Explained = {
  explanation: { scopes: { scope: string; granted: boolean }[] };
  recorded: { granted: string[] };
};

/** The decision behind an entry, as the hub explains it by its id. */
async function explained(entry: AuditEvent | undefined): Promise<Explained> {
  const answer = await world.admin('GET', `/admin/v1/decisions/${entry?.decision ?? 'none'}/explain`);
  expect(answer.status).toBe(200);
  return answer.json();
}

const DENY = { id: 'nobody', effect: 'deny', subject: { any: true }, target: { resources: 'all' }, scopes: 'all' };

async function denying<T>(deed: () => Promise<T>): Promise<T> {
  await world.apply({ policies: [DENY] });
  try {
    return await deed();
  } finally {
    await world.admin('DELETE', `/admin/v1/policies/${DENY.id}`);
  }
}

describe('every way to a token', () => {
  it('stands in the table: no more and no fewer than the token endpoint takes', async () => {
    const metadata: { grant_types_supported: string[] } = await (await world.get('/.well-known/oauth-authorization-server')).json();
    expect(metadata.grant_types_supported.toSorted()).toEqual(
      [...new Set(Object.keys(WAYS).map((name) => name.split(' ')[0] ?? ''))].toSorted(),
    );
  });

  it('of an exchange is in the table for whatever comes out of it', async () => {
    const [, type = ''] = /export type ExchangeOutput =([\s\S]+?);\n\n/.exec(text('doors/oauth/token/token-exchange-request.ts')) ?? [];
    const kinds = [...type.matchAll(/kind: '(\w+)'/g)].map(([, kind]) => kind);
    expect(kinds).toEqual(['access_token', 'id_jag', 'connection']);
    // What comes of a connection is in credential-paths.test.ts.
    expect(Object.keys(WAYS).filter((name) => name.startsWith(GRANT_TYPES.token_exchange))).toEqual([
      GRANT_TYPES.token_exchange,
      `${GRANT_TYPES.token_exchange} id_jag`,
    ]);
  });

  it('has one file that makes a grant, and every such file is in the table', () => {
    const makers = sources().filter(
      ({ name, text }) => !name.startsWith('rooms/') && /^export function \w+\([^)]*\): Grant \{/m.test(text),
    );
    const names = makers.map(({ name }) => name.replace('doors/oauth/token/', '')).filter((name) => name !== 'polled.ts');
    expect(names.toSorted()).toEqual([...new Set(Object.values(WAYS).map(({ file }) => file))].toSorted());
    for (const { name, text } of makers) expect(`${name}: ${String(/\bsettle\b|\bpolledGrant\b/.test(text))}`).toBe(`${name}: true`);
  });

  it.each(Object.entries(WAYS))('%s: one entry, whose decision explains every scope of the token', async (_, way) => {
    const ask = await way.prepare(world);
    const { result, entries } = await world.during(ask);
    expect(result.status).toBe(200);
    const claims = claimsOf(result.body['access_token']);
    const told = entries.filter(({ type }) => ISSUED.has(type));
    expect(told).toHaveLength(1);
    expect(told[0]?.data['jti']).toBe(claims['jti']);
    expect(told[0]?.decision).toMatch(/^dec_/);
    const scopes = String(claims['scope']).split(' ');
    expect(scopes.length).toBeGreaterThan(0);
    const { explanation, recorded } = await explained(told[0]);
    for (const scope of scopes) {
      expect(recorded.granted).toContain(scope);
      expect(explanation.scopes).toContainEqual(expect.objectContaining({ scope, granted: true }));
    }
  });

  it.each(Object.entries(WAYS))('%s: nothing when policy denies, and the refusal names its decision', async (_, way) => {
    const ask = await way.prepare(world);
    const { result, entries } = await denying(() => world.during(ask));
    expect(result.status).toBe(400);
    expect(result.body).not.toHaveProperty('access_token');
    expect(entries.filter(({ type }) => ISSUED.has(type))).toEqual([]);
    const refused = entries.filter(({ type }) => type === 'token.refused');
    expect(refused).toHaveLength(1);
    expect(result.body['decision_id']).toBe(refused[0]?.decision);
    // The rule is gone by now: what counts is what was recorded.
    expect((await explained(refused[0])).recorded.granted).toEqual([]);
  });

  it.each(Object.entries(WAYS))('%s: what a requirement holds back is not in the token, whichever way', async (_, way) => {
    const ask = await way.prepare(world);
    const rule = { ...DENY, id: 'keys-only', effect: 'require', require: { proofOfPossession: true } };
    await world.apply({ policies: [rule] });
    const { result, entries } = await world.during(ask);
    await world.admin('DELETE', '/admin/v1/policies/keys-only');
    expect(result).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect(entries.find(({ type }) => type === 'token.refused')?.data['policy']).toMatchObject({
      unmet: [expect.objectContaining({ needs: 'proofOfPossession', rule: 'keys-only' })],
    });
  });
});

describe('a budget', () => {
  const spend = async (name: string, way: Way, budget: Record<string, number>): Promise<Answer[]> => {
    // One user is asked so often in a minute and no more.
    world.clock.advance(60_000);
    const asks = [await way.prepare(world), await way.prepare(world)];
    const id = `once-${name.replaceAll(/[^a-z]/g, '-')}-${Object.keys(budget).join('')}`;
    await world.apply({ policies: [{ ...DENY, id, effect: 'require', require: { budget } }] });
    const answers: Answer[] = [];
    for (const ask of asks) answers.push(await ask());
    await world.admin('DELETE', `/admin/v1/policies/${id}`);
    return answers;
  };

  it.each(Object.entries(WAYS))('of calls counts %s', async (name, way) => {
    const [first, second] = await spend(name, way, { calls: 1, window: 3_600 });
    expect(first?.status).toBe(200);
    expect(second).toMatchObject({ status: 400, body: { error: 'access_denied' } });
  });

  it.each(Object.entries(WAYS))('of exchanges counts what %s is', async (name, way) => {
    const answers = await spend(name, way, { exchanges: 1, window: 3_600 });
    expect(answers.map(({ status }) => status)).toEqual(name.startsWith(GRANT_TYPES.token_exchange) ? [200, 400] : [200, 200]);
  });
});

/** Pages of the hub that lead through sign-in, whose end is an entry as well. */
const OWN_PAGES = [
  '/account',
  '/account/agents/:id',
  '/account/approvals/:id',
  '/account/connections',
  '/account/organisations',
  '/account/security',
  '/account/security/app',
  '/account/security/codes',
  '/account/security/passkey',
  '/connect/:token',
  '/device',
]
  .flatMap((path) => ['GET', 'POST'].map((method) => `${method} ${path}`))
  .filter((road) => !['POST /account', 'POST /account/security/codes'].includes(road));

/** Routes that declare an entry for something handed out. Whoever adds one says here where it is shown to rest on a decision. */
const ROADS: Readonly<Record<string, string>> = {
  'POST /oauth/token': 'the table above',
  'GET /oauth/authorize': 'doors/journey/journey.test.ts: the code is a promise; what it becomes is decided again when it is redeemed',
  'POST /oauth/authorize': 'as GET',
  'GET /journey/:id': 'as GET /oauth/authorize',
  'POST /journey/:id': 'as GET /oauth/authorize',
  'GET /journey/callback/:provider': 'as GET /oauth/authorize: back from whoever vouches for the person, into the same journey',
  ...Object.fromEntries(OWN_PAGES.map((road) => [road, 'sign-in at the hub itself: a session is no token, and opens pages only'])),
  'GET /console/callback': 'doors/console: redeems a code of its own at the token endpoint, as any client',
  ...Object.fromEntries(
    ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].flatMap((method) =>
      ['/proxy/:connection', '/proxy/:connection/*'].map((path) => [`${method} ${path}`, 'credential-paths.test.ts']),
    ),
  ),
};
const HANDED_OUT = new Set([
  'token.issued',
  'token.refreshed',
  'token.exchanged',
  'credential.issued',
  'credential.used',
  'journey.finished',
]);

/** Files that sign something with a key of the hub, and what. A new one must say what policy has to do with it. */
const SIGNS: Readonly<Record<string, string>> = {
  'doors/oauth/token/settle.ts': 'access and id tokens, after the decision',
  'doors/oauth/introspect-jwt.ts': 'what the hub says of a token, to who may ask',
  'doors/ssf/poll.ts': 'security event tokens, which open nothing, to the stream’s own receiver',
  'house/evidence.ts': 'checkpoints of the audit chain',
  'rooms/streams/push.store.ts': 'as doors/ssf/poll.ts',
};

describe('every other road', () => {
  it('that hands something out is named, with where its decision is shown', () => {
    const roads = world.house.routes.filter(({ audit }) => !('none' in audit) && audit.some((type) => HANDED_OUT.has(type)));
    expect(roads.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual(Object.keys(ROADS).toSorted());
  });

  it('to a signature of the hub is named: nobody else signs', () => {
    const signing = sources().filter(({ text }) => /\b(signer|keys\.signer\([^)]*\))\.sign\(/.test(text));
    expect(signing.map(({ name }) => name).toSorted()).toEqual(Object.keys(SIGNS).toSorted());
  });

  it('to a credential leads through the hand-out: nobody else writes such an entry, and the vault is opened for whoever keeps it', () => {
    const writers = sources().filter(({ text }) => /type: 'credential\.(issued|used)'/.test(text));
    expect(writers.map(({ name }) => name).toSorted()).toEqual(['doors/proxy/routes.ts', 'rooms/connections/hand-out-entry.ts']);
    const openers = sources().filter(({ name, text }) => !name.startsWith('rooms/connections/') && /\bvault\.open\(/.test(text));
    expect(openers.map(({ name }) => name)).toEqual(['house/hand-out.ts']);
  });

  it('to the commit of an issuance leads through settle: nobody else writes such an entry', () => {
    const writers = sources().filter(({ text }) => /type: (of\.as\b|'token\.(issued|refreshed|exchanged)')/.test(text));
    expect(writers.map(({ name }) => name)).toEqual(['doors/oauth/token/settle.ts']);
  });
});

function text(name: string): string {
  return readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8');
}

/** Sources of the hub, tests aside. */
function sources(): { name: string; text: string }[] {
  const root = new URL('../../../', import.meta.url);
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/\.(test|suite)\.ts$/.test(name))
    .map((name) => ({ name, text: readFileSync(new URL(name, root), 'utf8') }));
}

describe('an administrator', () => {
  const bearer = { authorization: `Bearer ${ADMIN_TOKEN}` };

  it("gets no token by the admin token: it is no client's secret", async () => {
    const forms: Record<string, string>[] = [
      { grant_type: 'client_credentials', resource: OPS },
      { grant_type: 'client_credentials', client_id: 'worker', resource: OPS },
    ];
    for (const form of forms) {
      const { result, entries } = await world.during(() => world.token(form, bearer));
      expect(result.status).toBe(401);
      expect(entries.filter(({ type }) => ISSUED.has(type))).toEqual([]);
    }
  });

  it('is judged as everybody is: their own client is refused where no rule lets it', async () => {
    const { result, entries } = await denying(() =>
      world.during(() => world.token({ grant_type: 'client_credentials', resource: OPS }, basic('worker'))),
    );
    expect(result.body['error']).toBe('invalid_scope');
    expect(entries.map(({ type }) => type)).toContain('token.refused');
  });

  it('does not reach the admin API by "all resources": only a rule that names it hands its scopes out', async () => {
    const everything = { id: 'everything', effect: 'allow', subject: { any: true }, target: { resources: 'all' }, scopes: 'all' };
    await world.apply({ policies: [everything] });
    const ask = () =>
      world.token(
        { grant_type: 'client_credentials', resource: `${world.issuer}/admin/v1`, scope: 'admin:policies:write' },
        basic('worker'),
      );
    expect(await ask()).toMatchObject({ status: 400, body: { error: 'invalid_target', decision_id: expect.stringMatching(/^dec_/) } });
    await world.admin('DELETE', '/admin/v1/policies/everything');
  });

  it('cannot be rid of a decision by deleting the rule that refused: it stays explained as it was', async () => {
    const { result } = await denying(() =>
      world.during(() => world.token({ grant_type: 'client_credentials', resource: OPS }, basic('worker'))),
    );
    const told: { recorded: { outcome: string; refused: { by: string }[] }; current: boolean } = await (
      await world.admin('GET', `/admin/v1/decisions/${result.body['decision_id'] ?? ''}/explain`)
    ).json();
    expect(told).toMatchObject({ current: false, recorded: { outcome: 'deny' } });
    expect(told.recorded.refused.every(({ by }) => by === 'deny')).toBe(true);
  });
});
