import { describe, expect, it } from 'vitest';
import { appCode } from '../authenticator-app.ts';
import { FORM, header, jsonOf, textIn } from './ask.ts';
import type { Answer } from './ask.ts';
import { PASSWORD } from './furniture.ts';
import { P, S } from './outcome.ts';
import { attacks, checkNothingLeaked, entriesSince, honestWork, inWorld, photograph } from './runner.ts';
import type { Attack, Entry } from './runner.ts';
import { atSecond, withApp } from './second.ts';
import { fieldOf, formOf } from './visitor.ts';
import type { Changes, Shown, Visitor } from './visitor.ts';
import { authorizePath } from './requests.ts';
import type { World } from './world.ts';

const world = inWorld();
const PATH = authorizePath({ client_id: 'cli', redirect_uri: 'http://127.0.0.1:4000/callback' });

async function atConsent(at: World, user = 'ann', path = PATH): Promise<{ visitor: Visitor; page: Shown }> {
  const visitor = await at.signedIn(user);
  return { visitor, page: await visitor.open(path) };
}

const post = (
  visitor: Visitor,
  { page, url }: Shown,
  action: string,
  changes: Changes = {},
  headers: Record<string, string> = {},
): Promise<Answer> =>
  visitor.send(url, { method: 'POST', headers: { ...FORM, ...headers }, body: formOf(page, action, changes).toString() });

const DENIED: Entry[] = [{ type: 'consent.denied', reason: 'csrf' }];
const REFUSED: Entry[] = [{ type: 'journey.refused' }];

describe('pages: 037 to 042, a consent page that somebody else sends, or that was changed on the way', () => {
  const changed = (
    number: string,
    title: string,
    changes: Changes,
    status: number,
    entries: readonly Entry[],
    action = 'allow',
  ): Attack => ({
    number,
    title,
    async arrange(at) {
      const { visitor, page } = await atConsent(at);
      return () => post(visitor, page, action, changes);
    },
    outcome: S(status),
    entries,
  });
  const foreign = (title: string, whose: (at: World) => Promise<Visitor> | Visitor): Attack => ({
    number: '039',
    title,
    async arrange(at) {
      const { page } = await atConsent(at);
      const thief = await whose(at);
      return () => post(thief, page, 'allow');
    },
    outcome: S(403),
    entries: [{ type: 'journey.refused', reason: 'foreign_browser' }],
  });
  attacks(world, [
    changed('037', 'without the token', { token: null }, 403, DENIED),
    changed('037', 'with a made-up token', { token: 'A'.repeat(43) }, 403, DENIED),
    {
      number: '038',
      title: 'with the token of another session',
      async arrange(at) {
        const [mine, other] = [await atConsent(at), await atConsent(at, 'bob')];
        return () => post(mine.visitor, mine.page, 'allow', { token: fieldOf(other.page, 'token') });
      },
      outcome: S(403),
      entries: DENIED,
    },
    foreign('from a browser without cookies (CVE-2026-7507)', (at) => at.visitor()),
    foreign('from a browser of the same user', (at) => at.signedIn()),
    foreign('from a browser of another user', (at) => at.signedIn('bob')),
    changed('042', 'another client_id (CVE-2026-7571)', { client_id: 'web' }, 400, REFUSED),
    changed('042', 'another redirect_uri', { redirect_uri: 'https://evil.example/cb' }, 400, REFUSED),
    changed('042', 'another resource', { resource: 'https://other.example' }, 400, REFUSED),
    changed('042', 'a scope that was not asked for', { scope: ['incidents:read', 'incidents:delete'] }, 400, REFUSED),
    changed('042', 'a scope that does not exist', { scope: ['admin'] }, 400, REFUSED),
    changed('042', 'a user', { user: 'bob' }, 400, REFUSED),
    changed('042', 'a button of another page', { email: 'ann@acme.test' }, 400, REFUSED, 'email_code'),
    changed('058', 'a password of 1 MB, before any hashing', { password: 'x'.repeat(1_000_000) }, 400, REFUSED),
  ]);

  it('041 allowed twice: one grant, one code, the second is told that it is over', async () => {
    const { visitor, page } = await atConsent(world());
    const before = await photograph(world());
    const answers = [await post(visitor, page, 'allow'), await post(visitor, page, 'allow')];
    expect(answers[0]?.location).toMatch(/^http:\/\/127\.0\.0\.1:4000\/callback\?code=/);
    expect([400, 403]).toContain(answers[1]?.status);
    expect((await photograph(world())).counts['codes']).toBe((before.counts['codes'] ?? 0) + 1);
    world().secrets.add(new URL(answers[0]?.location ?? '').searchParams.get('code') ?? 'none');
  });

  it('040 consent for one client is nothing to another (GHSA-c2jp-c369-7pvx)', async () => {
    const at = world();
    await at.code();
    const visitor = await at.signedIn();
    const { page } = await visitor.open(authorizePath({ client_id: 'other', redirect_uri: 'https://other.example/cb' }));
    expect(page.forms.flatMap(({ buttons }) => buttons.map(({ value }) => value))).toContain('allow');
  });

  it('045 every scope that will be granted stands on the page, also for a client that registered by itself (Quackback 304)', async () => {
    const at = world();
    at.moveOn();
    const body = JSON.stringify({ client_name: 'Quiet', redirect_uris: ['https://quiet.example/cb'] });
    const made = jsonOf(await at.ask('/oauth/register', { method: 'POST', headers: { 'content-type': 'application/json' }, body }));
    at.secrets.add(textIn(made, 'registration_access_token')).add(textIn(made, 'client_secret'));
    const of = {
      client_id: textIn(made, 'client_id'),
      redirect_uri: 'https://quiet.example/cb',
      scope: 'incidents:read incidents:write offline_access',
    };
    const { page } = await atConsent(at, 'ann', authorizePath(of));
    const shown = page.page.forms.flatMap(({ fields }) => fields.filter(({ name }) => name === 'scope').map(({ value }) => value));
    expect(shown).toEqual(expect.arrayContaining(['incidents:read', 'incidents:write']));
    expect(page.page.forms.flatMap(({ fields }) => fields.map(({ name }) => name))).toContain('persistent');
  });
});

describe('pages: 043 headers', () => {
  it.each([
    '/oauth/authorize',
    PATH,
    '/account',
    '/console/',
    '/join/aaaaaaaaaaaaaaaaaaaaaaaa',
    '/reset/aaaaaaaaaaaaaaaaaaaaaaaa',
    '/console/enter/aaaaaaaaaaaaaaaaaaaaaaaa',
    '/oauth/logout',
    '/dev/mail',
  ])('043 %s may not be framed, sniffed, or told to others', async (path) => {
    const { answer } = await world().visitor().open(path);
    expect(header(answer, 'content-type')).toMatch(/^text\/html/);
    expect(header(answer, 'content-security-policy')).toMatch(/frame-ancestors 'none'/);
    expect(header(answer, 'content-security-policy')).not.toMatch(/unsafe-inline|unsafe-eval/);
    expect(header(answer, 'x-frame-options')).toBe('DENY');
    expect(header(answer, 'x-content-type-options')).toBe('nosniff');
    expect(header(answer, 'referrer-policy')).toBe('no-referrer');
  });

  it('159 pages and the authorization endpoint say nothing to other origins (CVE-2024-41657)', async () => {
    const { page, visitor } = await atConsent(world());
    for (const path of [page.url, PATH, '/account', '/admin/v1/users', '/console/']) {
      const answer = await visitor.send(path, { headers: { origin: 'https://evil.example' } });
      expect(header(answer, 'access-control-allow-origin')).toBe('');
      expect(header(answer, 'access-control-allow-credentials')).toBe('');
    }
  });
});

describe('pages: 044 what a client says of itself', () => {
  it('044 markup in its name is text, and its links are no scripts (CVE-2026-44429, CVE-2026-5468)', async () => {
    const at = world();
    at.moveOn();
    const name = '"><img src=x onerror=alert(1)>';
    const applied = await at.hub.admin('PUT', 'clients/evil', {
      id: 'evil',
      name,
      public: true,
      redirectUris: ['https://evil.example/cb'],
    });
    expect(applied.status).toBe(201);
    const { page } = await atConsent(at, 'ann', authorizePath({ client_id: 'evil', redirect_uri: 'https://evil.example/cb' }));
    expect(page.answer.text).not.toMatch(/<img|<script|href="javascript:/i);
    expect(page.page.text).toContain(name);
  });
});

describe('pages: 046 cookies', () => {
  it('046 what was planted before the login is dead after it (CVE-2024-28197)', async () => {
    const at = world();
    const victim = at.visitor();
    const first = await victim.open(PATH);
    const planted = victim.jar
      .all()
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
    const consent = await victim.submit(first, 'continue', { email: 'ann@acme.test', password: PASSWORD });
    const attacker = await at.ask(consent.url, { headers: { cookie: planted } });
    expect([400, 403]).toContain(attacker.status);
    for (const cookie of victim.jar.all())
      expect(cookie.attributes.map((one) => one.toLowerCase())).toEqual(expect.arrayContaining(['httponly', 'samesite=lax', 'path=/']));
    const before = victim.jar.all().find(({ name }) => name === 'writ_session')?.value;
    await victim.submit(await victim.open(authorizePath({ prompt: 'login' })), 'continue', { email: 'ann@acme.test', password: PASSWORD });
    expect(victim.jar.all().find(({ name }) => name === 'writ_session')?.value).not.toBe(before);
    const old = await at.ask('/account', { headers: { cookie: `writ_session=${before}` } });
    expect(old.text).not.toContain('ann@acme.test');
  });
});

describe('pages: 047 host names', () => {
  const forged: [string, Record<string, string>, number | undefined][] = [
    ['Host of somebody else', { host: 'evil.example' }, 421],
    ['X-Forwarded-Host', { 'x-forwarded-host': 'evil.example' }, undefined],
    ['X-Forwarded-Proto and Host', { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' }, undefined],
    ['Forwarded', { forwarded: 'host=evil.example;proto=https' }, undefined],
    ['x_forwarded_host (CVE-2025-64484)', { x_forwarded_host: 'evil.example' }, undefined],
  ];
  it.each(forged)('047 %s moves no link and no issuer (CVE-2025-64101, GHSA-93m4-mfpg-c3xf)', async (_, headers, status) => {
    const at = world();
    const answer = await at.ask('/.well-known/oauth-authorization-server', { headers });
    if (status === undefined) expect(jsonOf(answer)['issuer']).toBe(at.origin);
    else expect(answer.status).toBe(status);
    expect(answer.text).not.toContain('evil.example');
    const invited = await at.hub.admin('POST', 'users/invite', { email: 'new@acme.test', tenant: 'acme' });
    expect(await invited.text()).not.toContain('evil.example');
  });
});

describe('pages: 048 where a sign-in leads', () => {
  const payloads = [
    '//evil.example',
    'https://evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/%2fevil.example',
    ' //evil.example',
    '\t//evil.example',
    'javascript:alert(1)',
    '/account/../../evil',
    'https:evil.example',
    '@evil.example',
    '/.evil.example',
  ];
  it.each(payloads)('048 return_to %j leads nowhere outside (CVE-2026-44427, CVE-2026-5467, GHSA-j7px-6hwj-hpjg)', async (payload) => {
    for (const name of ['return_to', 'returnTo', 'redirect_to', 'next', 'rd', 'post_logout_redirect_uri']) {
      for (const path of ['/account', '/oauth/logout', '/console/']) {
        const answer = await world().ask(`${path}?${name}=${encodeURIComponent(payload)}`);
        const to = answer.location === undefined ? undefined : new URL(answer.location, world().origin).origin;
        expect([undefined, world().origin]).toContain(to);
      }
    }
  });
});

async function signInPage(at: World): Promise<{ visitor: Visitor; page: Shown }> {
  const visitor = at.visitor();
  return { visitor, page: await visitor.open(PATH) };
}

describe('pages: guessing', () => {
  it('052 spelling an address differently does not open a second counter (CVE-2025-6004, CVE-2025-54998, CVE-2025-24806)', async () => {
    const at = world();
    const spellings = ['cyd@acme.test', 'CYD@acme.test', ' cyd@acme.test ', 'cyd@ACME.TEST', 'ｃｙｄ@acme.test', 'Cyd@Acme.Test'];
    for (const email of spellings) {
      at.moveOn();
      const { visitor, page } = await signInPage(at);
      await visitor.submit(page, 'continue', { email, password: 'a-wrong-password-of-cyd' });
    }
    at.moveOn();
    const { visitor, page } = await signInPage(at);
    const shown = await visitor.submit(page, 'continue', { email: 'cyd@acme.test', password: PASSWORD });
    expect(visitor.jar.all().some(({ name }) => name === 'writ_session')).toBe(false);
    expect(shown.page.text.toLowerCase()).toMatch(/wait|later|too many/);
    const found = await at.database.query(`SELECT body FROM audit_events WHERE type = 'login.failed' ORDER BY id DESC LIMIT 1`);
    expect(JSON.parse(String(found[0]?.['body']))).toMatchObject({ reason: 'too many failures on this account' });
    await at.database.query('DELETE FROM attempts');
    await honestWork(at);
  });

  it('049 a code of the app counts once, and no code before it (CVE-2025-6014, CVE-2025-6015, CVE-2025-55000, CVE-2025-55003, CVE-2025-64103)', async () => {
    const at = world();
    at.moveOn();
    const { email, key } = await withApp(at, 'tot1');
    const [before, code] = [appCode(key, 0), appCode(key, 1)];
    const [one, two] = [await atSecond(at, email), await atSecond(at, email)];
    for (const { visitor: nobody } of [one, two]) expect(isSignedIn(nobody)).toBe(false);
    await one.visitor.submit(one.shown, 'continue', { code });
    expect(isSignedIn(one.visitor)).toBe(true);
    for (const used of [code, before]) {
      const again = await two.visitor.submit(two.shown, 'continue', { code: used });
      expect(again.page.text).toMatch(/used already|not right/);
      two.shown = again;
    }
    expect(isSignedIn(two.visitor)).toBe(false);
    const found = await at.database.query(`SELECT body FROM audit_events WHERE type = 'login.failed' ORDER BY id DESC LIMIT 2`);
    expect(found.map(({ body }) => JSON.parse(String(body)).data.method)).toEqual(['totp', 'totp']);
    await honestWork(at);
  });

  it('049 a second factor is not gone around by another page, another way in or another mail (CVE-2024-32868, CVE-2026-9091, GHSA-hp74-gm6m-2qm5)', async () => {
    const at = world();
    at.moveOn();
    const { email } = await withApp(at, 'tot2');
    const { visitor, shown: second } = await atSecond(at, email);
    for (const action of ['skip', 'allow', 'continue', 'accountKept', 'password']) {
      await visitor.submit(second, action, { code: '' });
      expect(isSignedIn(visitor), action).toBe(false);
    }
    const other = await signInPage(at);
    const code = await other.visitor.submit(other.page, 'email_code', { email });
    const mailed = await other.visitor.submit(code, 'continue', { code: await at.hub.mailedCode(email) });
    expect(isSignedIn(other.visitor)).toBe(false);
    expect(mailed.page.text).toContain('One more step');
    for (let guess = 0; guess < 6; guess += 1) await other.visitor.submit(mailed, 'continue', { code: String(guess).repeat(6) });
    expect(isSignedIn(other.visitor)).toBe(false);
    await at.database.query('DELETE FROM attempts');
    await honestWork(at);
  });

  it('051 a code from the mailbox is not found by trying: after a few guesses the right one is no good either (CVE-2025-64102)', async () => {
    const at = world();
    at.moveOn();
    const { visitor, page } = await signInPage(at);
    let shown = await visitor.submit(page, 'email_code', { email: 'bob@acme.test' });
    const code = await at.hub.mailedCode('bob@acme.test');
    expect(code).toMatch(/^\d{6,8}$/);
    for (let guess = 0; guess < 12; guess += 1) {
      const wrong = String((Number(code) + 1 + guess) % 10 ** code.length).padStart(code.length, '0');
      shown = await visitor.submit(shown, 'continue', { code: wrong });
    }
    await visitor.submit(shown, 'continue', { code });
    expect(visitor.jar.all().some(({ name }) => name === 'writ_session')).toBe(false);
    await at.database.query('DELETE FROM attempts');
  });

  it('053 a forged X-Forwarded-For from a peer that is not trusted moves no counter (CVE-2025-64526, CVE-2024-47070)', async () => {
    const at = world();
    // The trusted proxy appends the peer it saw: what stands before it is the guesser's own invention.
    for (const forgedHop of ['1.2.3.4', 'garbage', "' OR 1=1", '::1', '']) {
      const { visitor, page } = await signInPage(at);
      await visitor.send(page.url, {
        method: 'POST',
        headers: { ...FORM, 'x-forwarded-for': `${forgedHop}, 198.51.100.7` },
        body: formOf(page.page, 'continue', { email: 'nobody@acme.test', password: 'x' }).toString(),
      });
    }
    const found = await at.database.query(`SELECT body FROM audit_events WHERE type = 'login.failed' ORDER BY id DESC LIMIT 5`);
    expect(new Set(found.map(({ body }) => JSON.parse(String(body)).ip))).toEqual(new Set(['198.51.100.7']));
    await at.database.query('DELETE FROM attempts');
  });

  it('054 a known and an unknown address get the same page, to the letter (CVE-2025-6011, CVE-2026-23511)', async () => {
    const at = world();
    const pages: string[] = [];
    for (const email of ['bob@acme.test', 'nobody@acme.test']) {
      at.moveOn();
      const { visitor, page } = await signInPage(at);
      const shown = await visitor.submit(page, 'continue', { email, password: 'a-wrong-password-indeed' });
      pages.push(`${shown.answer.status} ${withoutNonces(shown.answer.text, email)}`);
      const codes = await visitor.submit(shown, 'email_code', { email });
      pages.push(`${codes.answer.status} ${withoutNonces(codes.answer.text, email)}`);
    }
    expect(pages.slice(2)).toEqual(pages.slice(0, 2));
  });
});

/** CVE-2026-40575, and CVE-2026-76835 that undid its fix by a default: nobody is a trusted proxy who was not named. */
describe('pages: 053 without a trusted proxy', () => {
  const alone = inWorld({ env: { WRIT_TRUST_PROXY: '' } });
  it('053 no header says where a request comes from', async () => {
    const at = alone();
    const { visitor, page } = await signInPage(at);
    await visitor.submit(page, 'continue', { email: 'nobody@acme.test', password: 'x' });
    const found = await at.database.query(
      `SELECT DISTINCT body::jsonb ->> 'ip' AS ip FROM audit_events WHERE body::jsonb ->> 'ip' IS NOT NULL`,
    );
    expect(found).toEqual([{ ip: '127.0.0.1' }]);
  });
});

/** A page without what is different each time. */
function withoutNonces(text: string, email: string): string {
  return text
    .replaceAll(email, 'EMAIL')
    .replaceAll(/req_[0-9a-v]{26}/g, 'REQ')
    .replaceAll(/[\w-]{43}/g, 'SECRET')
    .replaceAll(/jny_[0-9a-v]{26}/g, 'JOURNEY');
}

describe('pages: mailed links', () => {
  async function invited(at: World, email: string): Promise<string> {
    const answer: unknown = await (await at.hub.admin('POST', 'users/invite', { email, tenant: 'acme', roles: [] })).json();
    const { pathname } = new URL(textIn(Object.fromEntries(Object.entries(answer ?? {})), 'link'));
    at.secrets.add(pathname.split('/')[2] ?? 'none');
    return pathname;
  }

  it('057 a mail scanner that opens a link does not use it; 056 a second use is refused', async () => {
    const at = world();
    const path = await invited(at, 'new1@acme.test');
    for (let times = 0; times < 3; times += 1) expect((await at.ask(path)).status).toBe(200);
    expect((await at.ask(path, { method: 'HEAD' })).status).toBe(200);
    const visitor = at.visitor();
    const page = await visitor.open(path);
    expect((await visitor.submit(page, 'continue', { password: 'a-fresh-passphrase-77' })).page.text).toContain('joined');
    P('over').check((await visitor.submit(page, 'continue', { password: 'another-passphrase-78' })).answer, at.origin);
    at.secrets.add('a-fresh-passphrase-77').add('another-passphrase-78');
  });

  it('037 a mailed link is not used by a page of somebody else', async () => {
    const at = world();
    const path = await invited(at, 'new2@acme.test');
    const before = await photograph(at);
    const answer = await at.ask(path, { method: 'POST', headers: FORM, body: 'password=a-fresh-passphrase-77&action=continue' });
    expect(answer.status).toBe(403);
    expect((await photograph(at)).counts).toEqual(before.counts);
    expect(await entriesSince(at, before)).toEqual([]);
  });
});

checkNothingLeaked(world);

const isSignedIn = (visitor: Visitor): boolean => visitor.jar.all().some(({ name, value }) => name === 'writ_session' && value !== '');
