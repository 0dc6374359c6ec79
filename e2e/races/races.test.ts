import { setTimeout as sleep } from 'node:timers/promises';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic, encode, FORM, jsonOf, textIn } from '../attacks/ask.ts';
import type { Answer, Asked, Params } from '../attacks/ask.ts';
import { KEYS, SECRETS } from '../attacks/furniture.ts';
import { prover } from '../attacks/proof.ts';
import { formOf } from '../attacks/visitor.ts';
import type { Changes, Shown, Visitor } from '../attacks/visitor.ts';
import { authorizeParams, authorizePath, redeemForm } from '../attacks/requests.ts';
import type { World } from '../attacks/world.ts';
import { openTwoHubs } from './two-hubs.ts';
import type { TwoHubs } from './two-hubs.ts';

let hubs: TwoHubs;
let world: World;
beforeAll(async () => {
  hubs = await openTwoHubs();
  world = hubs.first;
});
afterAll(() => hubs.close());

const form = (params: Params, headers: Record<string, string> = {}): Asked => ({
  method: 'POST',
  headers: { ...FORM, ...headers },
  body: encode(params),
});
const won = (answers: readonly Answer[]): Answer[] => answers.filter(({ status }) => status === 200);
const tally = (answers: readonly Answer[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { status, text } of answers) {
    const word = status === 200 || !text.startsWith('{') ? String(status) : `${status} ${String(JSON.parse(text).error)}`;
    counts[word] = (counts[word] ?? 0) + 1;
  }
  return counts;
};
const count = async (statement: string, values: readonly unknown[] = []): Promise<number> =>
  Number((await world.database.query(`SELECT count(*) AS count FROM ${statement}`, values))[0]?.['count']);

/** One page sent by one browser, many times at once. */
function sends(visitor: Visitor, { page, url }: Shown, action: string, changes: Changes = {}): { path: string; asked: Asked } {
  const cookie = visitor.jar.header(new URL(url, world.origin));
  return {
    path: new URL(url, world.origin).pathname,
    asked: { method: 'POST', headers: { ...FORM, cookie }, body: formOf(page, action, changes).toString() },
  };
}

const raceOf = (visitor: Visitor, shown: Shown, action: string, changes: Changes = {}, times = 20): Promise<Answer[]> => {
  const { path, asked } = sends(visitor, shown, action, changes);
  return hubs.race(times, path, asked);
};

/** GHSA-7w99-5wm4-3g79: a code was redeemed by several at once. CVE-2026-1035, CVE-2026-53517: check and mark were two steps. */
describe('two nodes, many at once: codes and refresh tokens', () => {
  it('084 fifty redeem one code: one gets tokens, and because the others came back with it, it is taken away again', async () => {
    for (let round = 0; round < 3; round += 1) {
      const { code } = await world.code({ prompt: 'consent' });
      const families = await count('families');
      const answers = await hubs.race(50, '/oauth/token', form(redeemForm(code)));
      expect(tally(answers)).toEqual({ '200': 1, '400 invalid_grant': 49 });
      expect(await count('families')).toBe(families + 1);
      const refresh = textIn(jsonOf(won(answers)[0] ?? answers[0] ?? fail()), 'refresh_token');
      expect(await count('families WHERE id = $1 AND revoked_at IS NOT NULL', [refresh.split('.')[0]])).toBe(1);
    }
  });

  it('093 fifty refresh one token: one rotation, and everybody holds the same child', async () => {
    for (let round = 0; round < 3; round += 1) {
      const { refresh, family } = await world.tokens();
      const answers = await hubs.race(50, '/oauth/token', form({ grant_type: 'refresh_token', client_id: 'web', refresh_token: refresh }));
      expect(tally(answers)).toEqual({ '200': 50 });
      expect(new Set(answers.map((answer) => jsonOf(answer)['refresh_token'])).size).toBe(1);
      const [row] = await world.database.query('SELECT generation, revoked_at FROM families WHERE id = $1', [family]);
      expect(row).toEqual({ generation: 1, revoked_at: null });
      const jtis = answers.map((answer) => jtiOf(jsonOf(answer)['access_token']));
      expect(new Set(jtis).size).toBe(50);
      expect(await recorded(jtis)).toBe(50);
    }
  });

  it('093 a token and its child at once: one line, one live leaf', async () => {
    const { refresh, family } = await world.tokens();
    const child = textIn(
      jsonOf(await world.post('/oauth/token', { grant_type: 'refresh_token', client_id: 'web', refresh_token: refresh })),
      'refresh_token',
    );
    const of = (token: string) => ({
      path: '/oauth/token',
      asked: form({ grant_type: 'refresh_token', client_id: 'web', refresh_token: token }),
    });
    const answers = await hubs.each(Array.from({ length: 30 }, (_, index) => of(index % 3 === 0 ? refresh : child)));
    expect(Object.keys(tally(answers)).every((word) => ['200', '400 invalid_grant'].includes(word))).toBe(true);
    const [row] = await world.database.query('SELECT generation, revoked_at FROM families WHERE id = $1', [family]);
    expect(row?.['generation']).toBe(2);
    const leaves = new Set(won(answers).map((answer) => jsonOf(answer)['refresh_token']));
    leaves.delete(child);
    expect(leaves.size).toBe(1);
    // Who comes with the first token only when its child has moved on brings a grandparent: that ends the line (087), and no leaf is left.
    const [leaf = ''] = leaves;
    const again = await world.post('/oauth/token', { grant_type: 'refresh_token', client_id: 'web', refresh_token: String(leaf) });
    expect(again.status).toBe(row?.['revoked_at'] === null ? 200 : 400);
  });

  it('067 twenty show one client assertion: one is believed', async () => {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: 'signer', sub: 'signer', aud: world.origin, iat: now, exp: now + 60, jti: `race-${process.pid}` };
    const assertion = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 's-1' }).sign(KEYS.signer.privateKey);
    const params = {
      grant_type: 'client_credentials',
      scope: 'incidents:read',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    };
    expect(tally(await hubs.race(20, '/oauth/token', form(params)))).toEqual({ '200': 1, '401 invalid_client': 19 });
  });

  it('forty first requests of a service: one agent', async () => {
    const answers = await hubs.race(
      40,
      '/oauth/token',
      form({ grant_type: 'client_credentials', scope: 'incidents:read' }, basic('elsewhere', SECRETS.elsewhere)),
    );
    expect(tally(answers)).toEqual({ '200': 40 });
    expect(await count(`agents WHERE client_id = 'elsewhere'`)).toBe(1);
    expect(await count(`audit_events WHERE type = 'agent.created' AND client_id = 'elsewhere'`)).toBe(1);
  });
});

describe('two nodes, many at once: pages', () => {
  const PATH = authorizePath({ client_id: 'cli', redirect_uri: 'http://127.0.0.1:4000/callback' });

  it('041 one consent page sent twenty times: one grant, one code', async () => {
    for (let round = 0; round < 3; round += 1) {
      const visitor = await world.signedIn(round === 0 ? 'ann' : 'bob');
      const page = await visitor.open(
        authorizePath({ client_id: 'cli', redirect_uri: `http://127.0.0.1:400${round}/callback`, prompt: 'consent' }),
      );
      const [codes, grants] = [await count('codes'), await count('grants')];
      const answers = await raceOf(visitor, page, 'allow');
      expect(answers.filter(({ location }) => location?.includes('code=') === true)).toHaveLength(1);
      expect(answers.every(({ status }) => [303, 400, 403].includes(status))).toBe(true);
      expect(await count('codes')).toBe(codes + 1);
      expect(await count('grants')).toBeLessThanOrEqual(grants + 1);
    }
  });

  it('030 one pushed request, twelve browsers at its end: one code', async () => {
    const params = authorizeParams({ client_id: 'backend', redirect_uri: 'https://back.example/cb', prompt: 'consent' });
    const uri = textIn(jsonOf(await world.post('/oauth/par', params, basic('backend', SECRETS.backend))), 'request_uri');
    const ready: { path: string; asked: Asked }[] = [];
    for (let index = 0; index < 12; index += 1) {
      world.moveOn();
      const visitor = await world.signedIn(index % 2 === 0 ? 'ann' : 'bob');
      ready.push(sends(visitor, await visitor.open(`/oauth/authorize?${encode({ client_id: 'backend', request_uri: uri })}`), 'allow'));
    }
    const codes = await count('codes');
    const answers = await hubs.each(ready);
    expect(answers.filter(({ location }) => location?.includes('code=') === true)).toHaveLength(1);
    expect(await count('codes')).toBe(codes + 1);
  });

  it('056 one e-mail code sent twenty times: one session', async () => {
    const visitor = world.visitor();
    const asked = await visitor.submit(await visitor.open(PATH), 'email_code', { email: 'cyd@acme.test' });
    const code = await world.hub.mailedCode('cyd@acme.test');
    expect(code).toMatch(/^\d{6,8}$/);
    const sessions = await count('sessions');
    const answers = await raceOf(visitor, asked, 'continue', { code });
    expect(answers.every(({ status }) => status < 500)).toBe(true);
    expect((await count('sessions')) - sessions).toBe(1);
  });

  const link = async (path: string, body: object | undefined, member = 'link'): Promise<string> => {
    const answer: unknown = await (await world.hub.admin('POST', path, body)).json();
    return new URL(textIn(Object.fromEntries(Object.entries(answer ?? {})), member)).pathname;
  };

  it('056 one invitation accepted twenty times: one user', async () => {
    const visitor = world.visitor();
    const page = await visitor.open(await link('users/invite', { email: 'racer@acme.test', tenant: 'acme' }));
    const answers = await raceOf(visitor, page, 'continue', { password: 'a-fresh-passphrase-77' });
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.every(({ status }) => [200, 400].includes(status))).toBe(true);
    expect(await count(`users WHERE email_key = 'racer@acme.test'`)).toBe(1);
    expect(await count(`audit_events WHERE type = 'user.created' AND body LIKE '%racer@acme.test%'`)).toBe(1);
  });

  it('056 one link to choose a password used twenty times, each with another password: one of them counts', async () => {
    const visitor = world.visitor();
    const page = await visitor.open(await link('users/bob/password-link', undefined));
    const requests = Array.from({ length: 20 }, (_, index) => sends(visitor, page, 'continue', { password: `the-passphrase-no-${index}` }));
    const answers = await hubs.each(requests);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.every(({ status }) => [200, 400].includes(status))).toBe(true);
  });

  it('the console link opens the console once (first administrator)', async () => {
    const visitor = world.visitor();
    const page = await visitor.open(await link('users/ann/console-link', undefined));
    const sessions = await count(`sessions WHERE purpose = 'admin'`);
    const answers = await raceOf(visitor, page, 'continue');
    expect(answers.filter(({ status }) => status === 303)).toHaveLength(1);
    expect((await count(`sessions WHERE purpose = 'admin'`)) - sessions).toBe(1);
  });
});

describe('two nodes, many at once: registrations and the admin API', () => {
  const JSON_TYPE = { 'content-type': 'application/json' };
  const GOOD = { client_name: 'Racer', redirect_uris: ['https://racer.example/cb'] };
  const registered = async () => {
    world.moveOn();
    const body = jsonOf(await world.ask('/oauth/register', { method: 'POST', headers: JSON_TYPE, body: JSON.stringify(GOOD) }));
    const id = textIn(body, 'client_id');
    return {
      id,
      path: `/oauth/register/${id}`,
      headers: { ...JSON_TYPE, authorization: `Bearer ${textIn(body, 'registration_access_token')}` },
    };
  };

  it('146 twenty remove one registration: one does', async () => {
    const { path, headers } = await registered();
    expect(tally(await hubs.race(20, path, { method: 'DELETE', headers }))).toEqual({ '204': 1, '401 invalid_token': 19 });
  });

  it('146 some change it while one removes it: it is gone, and every change came before', async () => {
    const { id, path, headers } = await registered();
    const put = (name: string): { path: string; asked: Asked } => ({
      path,
      asked: { method: 'PUT', headers, body: JSON.stringify({ ...GOOD, client_name: name, client_id: id }) },
    });
    const requests = [
      ...Array.from({ length: 10 }, (_, index) => put(`Racer ${index}`)),
      { path, asked: { method: 'DELETE', headers } },
      ...Array.from({ length: 10 }, (_, index) => put(`Late ${index}`)),
    ];
    const answers = await hubs.each(requests);
    expect(answers.every(({ status }) => [200, 204, 401].includes(status))).toBe(true);
    const types = (
      await world.database.query(
        `SELECT type FROM audit_events WHERE client_id = $1 AND type LIKE 'client.%' AND type <> 'client.refused' ORDER BY tenant, seq`,
        [id],
      )
    ).map(({ type }) => type);
    expect(types.at(-1)).toBe('client.removed');
    expect((await world.ask(path, { headers })).status).toBe(401);
    expect((await world.hub.admin('GET', `clients/${id}`)).status).not.toBe(200);
  });

  it('146 thirty registrations at once: thirty clients', async () => {
    const before = await count(`clients WHERE registration_type = 'dcr'`);
    const requests = Array.from({ length: 30 }, (_, index) => ({
      path: '/oauth/register',
      asked: { method: 'POST', headers: { ...JSON_TYPE, 'x-forwarded-for': `198.51.100.${index}` }, body: JSON.stringify(GOOD) },
    }));
    const answers = await hubs.each(requests);
    expect(answers.map(({ status }) => status)).toEqual(requests.map(() => 201));
    expect(await count(`clients WHERE registration_type = 'dcr'`)).toBe(before + 30);
  });

  it('twenty administrators change one tenant that they all have read: one does, the others hear that it changed', async () => {
    const tag = (await world.hub.admin('GET', 'tenants/globex')).headers.get('etag') ?? '';
    const requests = Array.from({ length: 20 }, (_, index) => ({
      path: '/admin/v1/tenants/globex',
      asked: {
        method: 'PUT',
        headers: { ...JSON_TYPE, authorization: `Bearer ${world.hub.adminToken}`, 'if-match': tag },
        body: JSON.stringify({ id: 'globex', name: `Globex ${index}` }),
      },
    }));
    // The second node has an admin token of its own: all twenty go to the first, which is where the gate has to hold as well.
    const answers = await Promise.all(requests.map(({ path, asked }) => world.ask(path, asked)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 412)).toHaveLength(19);
  });

  it('a client frozen while fifty refresh: whatever came before, nothing comes after', async () => {
    const { refresh, family } = await world.tokens();
    const asked = form({ grant_type: 'refresh_token', client_id: 'web', refresh_token: refresh });
    const racing = hubs.race(50, '/oauth/token', asked);
    const frozen = await world.hub.admin('POST', 'clients/web/freeze', { reason: 'race' });
    expect(frozen.status).toBe(200);
    const after = await hubs.race(20, '/oauth/token', asked);
    expect(won(after)).toEqual([]);
    const during = await racing;
    expect(during.every(({ status }) => [200, 400, 401].includes(status))).toBe(true);
    const [row] = await world.database.query('SELECT generation FROM families WHERE id = $1', [family]);
    expect(Number(row?.['generation'])).toBeLessThanOrEqual(1);
    expect((await world.hub.admin('POST', 'clients/web/unfreeze', { reason: 'race' })).status).toBe(200);
  });

  it('a service frozen on one node is refused by the other once that has heard of it, and let in again once that has heard', async () => {
    const asked = form({ grant_type: 'client_credentials', scope: 'incidents:read' }, basic('worker', SECRETS.worker));
    expect(tally(await hubs.race(4, '/oauth/token', asked))).toEqual({ '200': 4 });
    expect((await world.hub.admin('POST', 'clients/worker/freeze', { reason: 'race' })).status).toBe(200);
    while (won(await hubs.race(2, '/oauth/token', asked)).length > 0) await sleep(20);
    expect(tally(await hubs.race(10, '/oauth/token', asked))).toEqual({ '401 invalid_client': 10 });
    expect((await world.hub.admin('POST', 'clients/worker/unfreeze', { reason: 'race' })).status).toBe(200);
    while (won(await hubs.race(2, '/oauth/token', asked)).length < 2) await sleep(20);
    expect(tally(await hubs.race(10, '/oauth/token', asked))).toEqual({ '200': 10 });
  });
});

/** RFC 9449 §11.1: a node that remembers by itself takes on each node what another has taken. */
describe('two nodes, many at once: DPoP proofs', () => {
  it('035 fifty bring one proof: one gets a token', async () => {
    const ann = await prover();
    for (let round = 0; round < 3; round += 1) {
      const dpop = await ann.proof({ url: `${world.origin}/oauth/token` });
      const asked = form({ grant_type: 'client_credentials', scope: 'incidents:read' }, { ...basic('worker', SECRETS.worker), dpop });
      expect(tally(await hubs.race(50, '/oauth/token', asked))).toEqual({ '200': 1, '400 invalid_dpop_proof': 49 });
    }
  });

  it('035 fifty proofs of one key: all get tokens', async () => {
    const ann = await prover();
    const requests = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const dpop = await ann.proof({ url: `${world.origin}/oauth/token` });
        const headers = { ...basic('worker', SECRETS.worker), dpop };
        return { path: '/oauth/token', asked: form({ grant_type: 'client_credentials', scope: 'incidents:read' }, headers) };
      }),
    );
    expect(tally(await hubs.each(requests))).toEqual({ '200': 50 });
  });
});

describe('after all of it', () => {
  it('every chain verifies, every token has its entry, no one-time thing was used twice', async () => {
    const verified = await (await world.hub.admin('GET', 'events/verify')).json();
    expect(verified).toMatchObject({ ok: true });
    const twice = await world.database.query(`SELECT tenant, seq, count(*) FROM audit_events GROUP BY tenant, seq HAVING count(*) > 1`);
    expect(twice).toEqual([]);
    const live = await world.database.query(
      `SELECT grant_id, redirect FROM (SELECT grant_id, facts->>'txn' AS redirect, count(*) AS n FROM families WHERE revoked_at IS NULL GROUP BY 1, 2) f WHERE n > 1`,
    );
    expect(live).toEqual([]);
    expect(await count('codes WHERE family_id IS NOT NULL AND used_at IS NULL')).toBe(0);
  });
});

function jtiOf(token: unknown): string {
  return textIn(JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString()), 'jti');
}

/** How many of these tokens stand in entries. */
async function recorded(jtis: readonly string[]): Promise<number> {
  const found = await world.database.query(
    `SELECT DISTINCT body::jsonb #>> '{data,jti}' AS jti FROM audit_events WHERE type IN ('token.issued', 'token.refreshed')`,
  );
  const known = new Set(found.map(({ jti }) => String(jti)));
  return jtis.filter((jti) => known.has(jti)).length;
}

function fail(): never {
  throw new Error('nobody won');
}
