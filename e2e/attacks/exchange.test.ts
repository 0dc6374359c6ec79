import { beforeAll, describe, expect, it } from 'vitest';
import { basic, jsonOf, textIn } from './ask.ts';
import type { Answer, Params } from './ask.ts';
import { OTHER_RESOURCE, RESOURCE, SECRETS } from './furniture.ts';
import { mustBe, ok, T, U } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { attacks, checkNothingLeaked, entriesSince, inWorld, photograph } from './runner.ts';
import type { Attack } from './runner.ts';
import type { World } from './world.ts';

const world = inWorld();
const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';
const TYPE = 'urn:ietf:params:oauth:token-type:';
const ACCESS = `${TYPE}access_token`;
const SECRET = 'a-long-secret-of-all-who-exchange';
const REFUSED = [{ type: 'token.refused' }];
const BEYOND = 'https://beyond.example/';

const service = (id: string, more: object): object => ({
  id,
  name: id,
  kind: 'service',
  grants: ['client_credentials', GRANT],
  auth: { secrets: [{ value: SECRET }] },
  ...more,
});
const allow = (id: string, client: string, resource: string): object => ({
  id,
  effect: 'allow',
  grants: ['token_exchange'],
  subject: { clients: [client] },
  target: { resources: [resource] },
  scopes: 'all',
});

beforeAll(async () => {
  await world().hub.apply({
    resources: [{ id: 'beyond', type: 'api', uri: BEYOND, scopes: [{ name: 'beyond:read' }] }],
    clients: [
      service('ops-server', { tags: ['resource-server:ops'] }),
      service('ledger-server', { tags: ['resource-server:ledger'] }),
      service('globex-server', { tags: ['resource-server:ops'], tenants: ['globex'] }),
      service('bystander', {}),
      service('unregistered', { tags: ['resource-server:ops'], grants: ['client_credentials'] }),
    ],
    policies: [
      allow('ops-to-ledger', 'ops-server', 'ledger'),
      allow('ops-to-ops', 'ops-server', 'ops'),
      allow('ledger-to-ops', 'ledger-server', 'ops'),
      allow('globex-to-ledger', 'globex-server', 'ledger'),
      allow('bystander-to-ledger', 'bystander', 'ledger'),
      { ...allow('bystander-himself', 'bystander', 'ops'), grants: ['client_credentials'] },
    ],
  });
  world().secrets.add(SECRET);
});

const exchange = (at: World, who: string, subject: string, params: Params = {}): Promise<Answer> =>
  at.post(
    '/oauth/token',
    { grant_type: GRANT, subject_token: subject, subject_token_type: ACCESS, resource: OTHER_RESOURCE, scope: 'ledger:read', ...params },
    basic(who, SECRET),
  );
const claimsIn = (token: string): Record<string, unknown> => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
const tokenIn = (answer: Answer): string => textIn(jsonOf(mustBe(200, answer)), 'access_token');

async function contain(at: World, plural: string, id: string, deed: string): Promise<void> {
  expect((await at.hub.admin('POST', `${plural}/${id}/${deed}`, { reason: 'attack test' })).status).toBeLessThan(300);
}

/** Ann's token for ops, exchanged by `who` with these changes. Whoever exchanges has done so before: its agent is there. */
function exchanges(
  number: string,
  title: string,
  params: Params | ((at: World, tokens: Awaited<ReturnType<World['tokens']>>) => Promise<Params>),
  outcome: Outcome,
  more: { who?: string; entries?: Attack['entries'] } = {},
): Attack {
  return {
    number,
    title,
    async arrange(at) {
      const tokens = await at.tokens();
      mustBe(200, await exchange(at, 'ops-server', tokens.access));
      const changes = typeof params === 'function' ? await params(at, tokens) : params;
      return () => exchange(at, more.who ?? 'ops-server', tokens.access, changes);
    },
    outcome,
    entries: more.entries ?? REFUSED,
  };
}

const issuedFor = (claims: object): Outcome =>
  ok('200', (answer) => {
    expect(answer.status).toBe(200);
    expect(jsonOf(answer)).not.toHaveProperty('refresh_token');
    expect(claimsIn(textIn(jsonOf(answer), 'access_token'))).toMatchObject(claims);
  });

/** An answer of this kind, where a row of the table would not do. */
async function expectAnswer(at: World, outcome: Outcome, answer: Promise<Answer>): Promise<void> {
  const came = await answer;
  expect(came.status).toBeGreaterThanOrEqual(400);
  outcome.check(came, at.origin);
}

describe('token: exchange', () => {
  attacks(world, [
    exchanges('099', 'no subject_token', { subject_token: null }, T('invalid_request')),
    exchanges('099', 'no subject_token_type', { subject_token_type: null }, T('invalid_request')),
    exchanges('100', 'actor_token without its type', { actor_token: 'a.b.c' }, T('invalid_request')),
    exchanges('100', 'actor_token_type without its token', { actor_token_type: ACCESS }, T('invalid_request')),
    exchanges(
      '101',
      'a resource that no policy lets the server reach (CVE-2022-1245, GHSA-7qjx-gp9h-65qj)',
      { resource: BEYOND, scope: 'beyond:read' },
      T('invalid_target'),
      {
        entries: [{ type: 'token.refused', reason: 'policy_no_reach' }],
      },
    ),
    exchanges('101', 'a resource that does not exist', { resource: 'https://nowhere.example' }, T('invalid_target')),
    exchanges('101', 'a token that was made for somebody else', {}, T('invalid_request'), { who: 'bystander' }),
    exchanges(
      '102',
      'scopes wider than those of the token (CVE-2026-33132)',
      { resource: RESOURCE, scope: 'incidents:read incidents:delete' },
      T('invalid_scope'),
    ),
    exchanges('102', 'another tenant', { tenant: 'globex' }, T('invalid_request')),
    exchanges('104', 'an id token as subject', async (_, { id = '' }) => ({ subject_token: id }), T('invalid_request')),
    exchanges(
      '104',
      'an id token that is called one',
      async (_, { id = '' }) => ({ subject_token: id, subject_token_type: `${TYPE}id_token` }),
      T('invalid_request'),
    ),
    exchanges('104', 'a refresh token as subject', async (_, { refresh }) => ({ subject_token: refresh }), T('invalid_request')),
    exchanges('104', 'a code as subject', async (at) => ({ subject_token: (await at.code()).code }), T('invalid_request')),
    exchanges('105', 'a token of another tenant (CVE-2026-9094)', {}, T('invalid_request'), {
      who: 'globex-server',
      entries: [{ type: 'token.refused', reason: 'subject_cross_tenant' }],
    }),
    exchanges(
      '107',
      'a token with a key of its own in the header',
      async (_, { access }) => ({ subject_token: withHeader(access, { jku: 'https://evil.example/jwks' }) }),
      T('invalid_request'),
    ),
    exchanges(
      '107',
      'a token of alg none',
      async (_, { access }) => ({ subject_token: withHeader(access, { alg: 'none' }) }),
      T('invalid_request'),
    ),
    exchanges(
      '110',
      'an act of its own making',
      { act: '{"sub":"root"}', may_act: '{"sub":"root"}' },
      issuedFor({ sub: 'ann', act: { sub: 'ops-server', act: { sub: 'web' } } }),
      {
        entries: [{ type: 'token.exchanged' }],
      },
    ),
    exchanges('112', 'a refresh token for an answer', { requested_token_type: `${TYPE}refresh_token` }, T('invalid_request')),
    exchanges('112', 'a type that nobody knows', { requested_token_type: 'urn:example:anything' }, T('invalid_request')),
    exchanges('114', 'no actor_token: who acts is named all the same', {}, issuedFor({ sub: 'ann', act: { sub: 'ops-server' } }), {
      entries: [{ type: 'token.exchanged' }],
    }),
    exchanges('097', 'a server that is not registered for the grant', {}, T('unauthorized_client'), { who: 'unregistered' }),
  ]);

  it('106 a token that was taken back, or whose user, client, agent or grant is frozen (CVE-2026-9097)', async () => {
    const at = world();
    const { access } = await at.tokens();
    const { agent, grant_id: grant } = claimsIn(access);
    for (const [plural, id] of [
      ['users', 'ann'],
      ['clients', 'web'],
      ['agents', String(agent)],
      ['grants', String(grant)],
      ['tenants', 'acme'],
    ] as const) {
      await contain(at, plural, id, 'freeze');
      const before = await photograph(at);
      await expectAnswer(at, T('invalid_request'), exchange(at, 'ops-server', access));
      expect((await entriesSince(at, before)).map(({ type, reason }) => [type, reason])).toEqual([['token.refused', 'subject_not_alive']]);
      await contain(at, plural, id, 'unfreeze');
      mustBe(200, await exchange(at, 'ops-server', access));
    }
    mustBe(200, await at.post('/oauth/revoke', { token: access, client_id: 'web' }));
    await expectAnswer(at, T('invalid_request'), exchange(at, 'ops-server', access));
  });

  it('095 a server that is frozen, or whose agent is', async () => {
    const at = world();
    const { access } = await at.tokens();
    const agent = String(claimsIn(tokenIn(await exchange(at, 'ops-server', access)))['agent']);
    for (const [plural, id] of [
      ['clients', 'ops-server'],
      ['agents', agent],
    ] as const) {
      await contain(at, plural, id, 'freeze');
      await expectAnswer(at, U('invalid_client'), exchange(at, 'ops-server', access));
      await contain(at, plural, id, 'unfreeze');
    }
  });

  it('111 a chain that is longer than the hub lets it be', async () => {
    const at = world();
    let { access: token } = await at.tokens();
    for (let hop = 0; hop < 5; hop += 1) {
      const [who, more] =
        hop % 2 === 0 ? (['ops-server', {}] as const) : (['ledger-server', { resource: RESOURCE, scope: 'incidents:read' }] as const);
      token = tokenIn(await exchange(at, who, token, more));
    }
    await expectAnswer(at, T('invalid_request'), exchange(at, 'ledger-server', token, { resource: RESOURCE, scope: 'incidents:read' }));
  });

  it('108 an actor of another delegation is not spliced into the chain', async () => {
    const at = world();
    const { access } = await at.tokens();
    const form = { grant_type: 'client_credentials', resource: RESOURCE, scope: 'incidents:read' };
    const other = tokenIn(await at.post('/oauth/token', form, basic('worker', SECRETS.worker)));
    for (const actor of [other, access, tokenIn(await exchange(at, 'ops-server', access))])
      await expectAnswer(at, T('invalid_request'), exchange(at, 'ops-server', access, { actor_token: actor, actor_token_type: ACCESS }));
  });
});

/** The same token with another header, and the signature of the old one. */
function withHeader(token: string, more: object): string {
  const [header = '', payload, signature] = token.split('.');
  const changed = { ...JSON.parse(Buffer.from(header, 'base64url').toString()), ...more };
  return `${Buffer.from(JSON.stringify(changed)).toString('base64url')}.${payload}.${signature}`;
}

checkNothingLeaked(world);
