import { describe, expect, it } from 'vitest';
import { basic, jsonOf } from './ask.ts';
import type { Params } from './ask.ts';
import { OTHER_RESOURCE, SECRETS } from './furniture.ts';
import { mustBe, T, U } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { attacks, checkNothingLeaked, honestWork, inWorld, photograph } from './runner.ts';
import type { Attack } from './runner.ts';
import { redeemForm } from './requests.ts';
import type { World } from './world.ts';

const world = inWorld();
const REFUSED = [{ type: 'token.refused' }];
const WRONG = 'b'.repeat(43);

/** A fresh code, redeemed in a way that is wrong in one respect. */
function redeems(number: string, title: string, changes: Params, outcome: Outcome, headers: Record<string, string> = {}): Attack {
  return {
    number,
    title,
    async arrange(at) {
      const { code } = await at.code();
      return () => at.post('/oauth/token', redeemForm(code, changes), headers);
    },
    outcome,
    entries: REFUSED,
  };
}

describe('token: authorization_code', () => {
  attacks(world, [
    {
      number: '075',
      title: 'garbage',
      send: (at) => at.post('/oauth/token', redeemForm('garbage')),
      outcome: T('invalid_grant'),
      entries: REFUSED,
    },
    {
      number: '075',
      title: 'no code',
      send: (at) => at.post('/oauth/token', redeemForm('', { code: null })),
      outcome: T('invalid_request'),
      entries: REFUSED,
    },
    {
      number: '075',
      title: 'an empty code',
      send: (at) => at.post('/oauth/token', redeemForm('')),
      outcome: T('invalid_request'),
      entries: REFUSED,
    },
    {
      number: '076',
      title: 'after its minute',
      async arrange(at) {
        const { code } = await at.code();
        await at.database.query(`UPDATE codes SET expires_at = now() - interval '1 second' WHERE used_at IS NULL`);
        return () => at.post('/oauth/token', redeemForm(code));
      },
      outcome: T('invalid_grant'),
      entries: [{ type: 'token.refused', reason: 'expired' }],
    },
    redeems('077', 'no code_verifier (CVE-2023-48228)', { code_verifier: null }, T('invalid_grant')),
    redeems('077', 'an empty code_verifier', { code_verifier: '' }, T('invalid_grant')),
    redeems('077', 'a verifier too short to be one', { code_verifier: 'short' }, T('invalid_grant')),
    redeems('080', 'another redirect_uri', { redirect_uri: 'https://app.example/cb2?x=1' }, T('invalid_grant')),
    redeems('080', 'no redirect_uri', { redirect_uri: null }, T('invalid_grant')),
    redeems('081', 'a resource that is not in the grant (GHSA-p2fr-6hmx-4528)', { resource: OTHER_RESOURCE }, T('invalid_target')),
    redeems('081', 'an unknown resource', { resource: 'https://nowhere.example' }, T('invalid_target')),
    redeems('082', 'another public client (CVE-2026-28513, CVE-2026-55672)', { client_id: 'other' }, T('invalid_grant')),
    redeems('082', 'another confidential client', { client_id: null }, T('invalid_grant'), basic('backend', SECRETS.backend)),
    redeems('082', 'an unknown client', { client_id: 'nobody' }, U('invalid_client')),
    ...['grant_type', 'code', 'code_verifier', 'redirect_uri'].map((name): Attack => ({
      number: '071',
      title: `${name} twice`,
      async arrange(at) {
        const { code } = await at.code();
        const form = redeemForm(code);
        return () => at.post('/oauth/token', { ...form, [name]: [String(form[name]), String(form[name])] });
      },
      outcome: T('invalid_request'),
      entries: [],
    })),
    {
      number: '079',
      title: 'a wrong verifier, then the right one: the code is burned',
      async arrange(at) {
        const { code } = await at.code();
        T('invalid_grant').check(await at.post('/oauth/token', redeemForm(code, { code_verifier: WRONG })), at.origin);
        return () => at.post('/oauth/token', redeemForm(code));
      },
      outcome: T('invalid_grant'),
      entries: [{ type: 'token.replayed' }],
    },
    {
      number: '084',
      title: 'what was issued for a code stays issued when another client brings the code',
      async arrange(at) {
        const { code } = await at.code();
        mustBe(200, await at.post('/oauth/token', redeemForm(code)));
        return () => at.post('/oauth/token', redeemForm(code, { client_id: 'other' }));
      },
      outcome: T('invalid_grant'),
      entries: [{ type: 'token.replayed', reason: 'code_replayed_by_other_client' }],
    },
  ]);

  /** Each binding alone: client × redirect URI × verifier × time; all but the one good combination fail (CVE-2026-28513: AND where OR was needed). */
  const flags = [0, 1, 2, 3, 4, 5, 6, 7].map((bits) => ({
    client: (bits & 1) === 0,
    redirect: (bits & 2) === 0,
    verifier: (bits & 4) === 0,
  }));
  it.each(flags)(
    '082 right client $client, right redirect URI $redirect, right verifier $verifier: only all three together work',
    async (right) => {
      const { code } = await world().code();
      const answer = await world().post(
        '/oauth/token',
        redeemForm(code, {
          ...(right.client ? {} : { client_id: 'other' }),
          ...(right.redirect ? {} : { redirect_uri: 'https://other.example/cb' }),
          ...(right.verifier ? {} : { code_verifier: WRONG }),
        }),
      );
      const all = right.client && right.redirect && right.verifier;
      expect({ status: answer.status, error: jsonOf(answer)['error'] }).toEqual(
        all ? { status: 200, error: undefined } : { status: 400, error: 'invalid_grant' },
      );
    },
  );

  it('083 codes are 256 random bits, and no two begin alike (GHSA-9g98-5mj6-f9mv)', async () => {
    const codes: string[] = [];
    for (let count = 0; count < 10; count += 1) codes.push((await world().code()).code);
    for (const code of codes) expect(code).toMatch(/^[\w-]{43}$/);
    expect(new Set(codes.map((code) => code.slice(0, 6))).size).toBe(codes.length);
  });

  it('084 a code that comes back takes away what it brought (RFC 6749 §4.1.2)', async () => {
    const at = world();
    const { code } = await at.code({ prompt: 'consent' });
    const issued = jsonOf(await at.post('/oauth/token', redeemForm(code)));
    const before = await photograph(at);
    T('invalid_grant').check(await at.post('/oauth/token', redeemForm(code)), at.origin);
    const after = await photograph(at);
    expect((after.counts['families_alive'] ?? 0) - (before.counts['families_alive'] ?? 0)).toBe(-1);
    const again = await at.post('/oauth/token', {
      grant_type: 'refresh_token',
      client_id: 'web',
      refresh_token: String(issued['refresh_token']),
    });
    T('invalid_grant').check(again, at.origin);
    const seen = await at.post('/oauth/introspect', { token: String(issued['access_token']) }, basic('server', SECRETS.server));
    expect(jsonOf(seen)).toEqual({ active: false });
    await honestWork(at);
  });
});

/** CVE-2026-4282: one store without types let another artefact pass as a code. Every artefact goes to every redeemer but its own. */
describe('token: 083 each artefact only where it belongs', () => {
  const artefacts: Record<string, (at: World) => Promise<string>> = {
    code: async (at) => (await at.code()).code,
    'refresh token': async (at) => (await at.tokens()).refresh,
    'refresh secret alone': async (at) => (await at.tokens()).refresh.split('.')[1] ?? '',
    'access token': async (at) => (await at.tokens()).access,
    'id token': async (at) => (await at.tokens()).id ?? '',
    'registration access token': async (at) => String((await registered(at))['registration_access_token']),
    'session cookie': async (at) => (await at.signedIn()).jar.all().find(({ name }) => name.includes('session'))?.value ?? '',
    'jti of a token': async (at) =>
      String(JSON.parse(Buffer.from((await at.tokens()).access.split('.')[1] ?? '', 'base64url').toString())['jti']),
  };
  const registered = async (at: World) => {
    at.moveOn();
    const body = JSON.stringify({ client_name: 'Reg', redirect_uris: ['https://reg.example/cb'] });
    return jsonOf(await at.ask('/oauth/register', { method: 'POST', headers: { 'content-type': 'application/json' }, body }));
  };
  const rows = Object.entries(artefacts).flatMap(([name, make]): Attack[] => {
    const asCode: Attack = {
      number: '083',
      title: `${name} as a code`,
      async arrange(at) {
        const value = await make(at);
        return () => at.post('/oauth/token', redeemForm(value));
      },
      outcome: T('invalid_grant'),
      entries: REFUSED,
    };
    const asRefresh: Attack = {
      number: '085',
      title: `${name} as a refresh token`,
      async arrange(at) {
        const value = await make(at);
        return () => at.post('/oauth/token', { grant_type: 'refresh_token', client_id: 'web', refresh_token: value });
      },
      outcome: T('invalid_grant'),
      entries: REFUSED,
    };
    return [...(name === 'code' ? [] : [asCode]), ...(name === 'refresh token' ? [] : [asRefresh])];
  });
  attacks(world, rows);
});

checkNothingLeaked(world);
