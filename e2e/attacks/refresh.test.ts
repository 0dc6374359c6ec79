import { describe, expect, it } from 'vitest';
import { basic, jsonOf, textIn } from './ask.ts';
import type { Answer, Params } from './ask.ts';
import { OTHER_RESOURCE, SECRETS } from './furniture.ts';
import { T, U } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { attacks, checkNothingLeaked, honestWork, inWorld, photograph } from './runner.ts';
import type { Attack } from './runner.ts';
import type { World } from './world.ts';

const world = inWorld();
const REFUSED = [{ type: 'token.refused' }];

const refresh = (at: World, token: string, changes: Params = {}, headers: Record<string, string> = {}): Promise<Answer> =>
  at.post('/oauth/token', { grant_type: 'refresh_token', client_id: 'web', refresh_token: token, ...changes }, headers);

type Tokens = Awaited<ReturnType<World['tokens']>>;

function refreshes(
  number: string,
  title: string,
  send: (at: World, tokens: Tokens) => Promise<Answer>,
  outcome: Outcome,
  more: { before?: (at: World, tokens: Tokens) => Promise<unknown>; entries?: Attack['entries']; changes?: Attack['changes'] } = {},
): Attack {
  return {
    number,
    title,
    async arrange(at) {
      const tokens = await at.tokens();
      await more.before?.(at, tokens);
      return () => send(at, tokens);
    },
    outcome,
    entries: more.entries ?? REFUSED,
    ...(more.changes === undefined ? {} : { changes: more.changes }),
  };
}

const age =
  (column: string) =>
  (at: World, { family }: Tokens) =>
    at.database.query(`UPDATE families SET ${column} = now() - interval '1 second' WHERE id = $1`, [family]);

/** CVE-2026-43983, CVE-2024-46999, CVE-2024-47000, CVE-2024-47060: each level behind a token may fall after it was issued. */
const falls: [string, (at: World, tokens: Tokens) => Promise<unknown>, Outcome][] = [
  ['user frozen', (at) => contain(at, 'users', 'ann', 'freeze'), T('invalid_grant')],
  ['tenant frozen', (at) => contain(at, 'tenants', 'acme', 'freeze'), T('invalid_grant')],
  ['client frozen', (at) => contain(at, 'clients', 'web', 'freeze'), U('invalid_client')],
  ['agent frozen', async (at, tokens) => contain(at, 'agents', agentOf(tokens.access), 'freeze'), T('invalid_grant')],
  ['grant frozen', async (at, tokens) => contain(at, 'grants', claimOf(tokens.access, 'grant_id'), 'freeze'), T('invalid_grant')],
];

const claimOf = (access: string, name: string): string =>
  textIn(JSON.parse(Buffer.from(access.split('.')[1] ?? '', 'base64url').toString()), name);
const agentOf = (access: string): string => claimOf(access, 'agent');

async function contain(at: World, plural: string, id: string, deed: string): Promise<void> {
  const answer = await at.hub.admin('POST', `${plural}/${id}/${deed}`, { reason: 'attack test' });
  if (!answer.ok) throw new Error(`${plural}/${id}/${deed}: ${answer.status} ${await answer.text()}`);
}

describe('token: refresh_token', () => {
  attacks(world, [
    { number: '085', title: 'garbage', send: (at) => refresh(at, 'garbage'), outcome: T('invalid_grant'), entries: REFUSED },
    {
      number: '085',
      title: 'none at all',
      send: (at) => refresh(at, '', { refresh_token: null }),
      outcome: T('invalid_request'),
      entries: REFUSED,
    },
    refreshes('086', 'idle too long', (at, { refresh: token }) => refresh(at, token), T('invalid_grant'), {
      before: age('idle_expires_at'),
    }),
    refreshes('086', 'absolutely expired', (at, { refresh: token }) => refresh(at, token), T('invalid_grant'), {
      before: age('expires_at'),
    }),
    refreshes(
      '089',
      'by another public client (CVE-2026-55672)',
      (at, { refresh: token }) => refresh(at, token, { client_id: 'other' }),
      T('invalid_grant'),
      {
        entries: [{ type: 'token.refused', reason: 'client_mismatch' }],
      },
    ),
    refreshes(
      '089',
      'by another confidential client',
      (at, { refresh: token }) => refresh(at, token, { client_id: null }, basic('backend', SECRETS.backend)),
      T('invalid_grant'),
      { entries: [{ type: 'token.refused', reason: 'client_mismatch' }] },
    ),
    refreshes(
      '090',
      'for a wider scope',
      (at, { refresh: token }) => refresh(at, token, { scope: 'incidents:read incidents:delete' }),
      T('invalid_scope'),
    ),
    refreshes(
      '091',
      'for a resource that was not granted (GHSA-pw9m-5jxm-xr6h)',
      (at, { refresh: token }) => refresh(at, token, { resource: OTHER_RESOURCE }),
      T('invalid_target'),
    ),
    refreshes(
      '071',
      'refresh_token twice',
      (at, { refresh: token }) => refresh(at, token, { refresh_token: [token, token] }),
      T('invalid_request'),
      { entries: [] },
    ),
  ]);

  /** CVE-2026-27840: a truncated token was still good. Every proper prefix would take long; the ends and the middle stand for them. */
  it('088 every prefix, and every token with one letter changed, is refused, and the real one goes on', async () => {
    const at = world();
    const { refresh: token, access } = await at.tokens();
    const cuts = [1, 4, token.indexOf('.'), token.indexOf('.') + 1, token.length - 10, token.length - 1];
    const changed = [0, 5, 20, token.indexOf('.') + 1, token.length - 2].map(
      (place) => token.slice(0, place) + (token[place] === 'A' ? 'B' : 'A') + token.slice(place + 1),
    );
    for (const bad of [...cuts.map((end) => token.slice(0, end)), ...changed, `${token}A`, ` ${token}`, token.toUpperCase()]) {
      T('invalid_grant').check(await refresh(at, bad), at.origin);
    }
    for (const end of [access.length - 1, access.length - 20, access.lastIndexOf('.'), 20]) {
      const seen = await at.post('/oauth/introspect', { token: access.slice(0, end) }, basic('server', SECRETS.server));
      expect(jsonOf(seen)).toEqual({ active: false });
    }
    expect((await refresh(at, token)).status).toBe(200);
  });

  it('087 a rotated token after its grace ends the family, and the entry says which generation came back (GHSA-392p-2q2v-4372)', async () => {
    const at = world();
    const { refresh: first, family } = await at.tokens();
    const second = textIn(jsonOf(await refresh(at, first)), 'refresh_token');
    at.secrets.add(second.split('.')[1] ?? '');
    await at.database.query(`UPDATE families SET rotated_at = now() - interval '2 minutes' WHERE id = $1`, [family]);
    T('invalid_grant').check(await refresh(at, first), at.origin);
    T('invalid_grant').check(await refresh(at, second), at.origin);
    const found = await at.database.query(`SELECT body FROM audit_events WHERE type = 'token.replayed' ORDER BY id DESC LIMIT 1`);
    expect(JSON.parse(String(found[0]?.['body']))).toMatchObject({
      reason: 'refresh_token_replayed',
      data: { family, generation: 0, currentGeneration: 1 },
    });
    await honestWork(at);
  });

  it('087 inside the grace the same client gets the same child, and the family goes on (CVE-2026-53517: one line, never two)', async () => {
    const at = world();
    const { refresh: first, family } = await at.tokens();
    const answers = [jsonOf(await refresh(at, first)), jsonOf(await refresh(at, first))];
    expect(answers[1]?.['refresh_token']).toBe(answers[0]?.['refresh_token']);
    const [row] = await at.database.query('SELECT generation FROM families WHERE id = $1', [family]);
    expect(row?.['generation']).toBe(1);
    expect((await refresh(at, textIn(answers[0] ?? {}, 'refresh_token'))).status).toBe(200);
  });

  it('090 narrower works, and the next refresh may return to all of it', async () => {
    const at = world();
    const { refresh: first } = await at.tokens();
    const less = jsonOf(await refresh(at, first, { scope: 'incidents:read' }));
    const all = jsonOf(await refresh(at, textIn(less, 'refresh_token')));
    expect([less['scope'], all['scope']]).toEqual(['incidents:read', 'incidents:read incidents:write openid']);
  });

  it.each(falls)('094 %s after the issue: no refresh', async (_, fall, outcome) => {
    const own = world();
    own.moveOn();
    const tokens = await own.tokens();
    await fall(own, tokens);
    const before = await photograph(own);
    outcome.check(await refresh(own, tokens.refresh), own.origin);
    expect((await photograph(own)).counts).toEqual(before.counts);
    await restore(own, tokens);
    await honestWork(own);
  });

  it('094 a scope that the policy no longer allows is not refreshed (GHSA-7qjx-gp9h-65qj)', async () => {
    const at = world();
    const { refresh: token } = await at.tokens();
    const {
      createdAt: _made,
      updatedAt: _changed,
      version: _version,
      ...policy
    } = await (await at.hub.admin('GET', 'policies/people')).json();
    const narrowed = await at.hub.admin('PUT', 'policies/people', { ...policy, scopes: ['incidents:delete'] });
    expect(await narrowed.text()).toContain('incidents:delete');
    T('invalid_scope').check(await refresh(at, token), at.origin);
    const back = await at.hub.admin('PUT', 'policies/people', policy);
    expect(back.status).toBe(200);
    await honestWork(at);
  });
});

async function restore(at: World, { access }: Tokens): Promise<void> {
  await contain(at, 'grants', claimOf(access, 'grant_id'), 'unfreeze').catch(() => undefined);
  await contain(at, 'agents', agentOf(access), 'unfreeze').catch(() => undefined);
  for (const [plural, id] of [
    ['users', 'ann'],
    ['tenants', 'acme'],
    ['clients', 'web'],
  ] as const)
    await contain(at, plural, id, 'unfreeze').catch(() => undefined);
}

checkNothingLeaked(world);
