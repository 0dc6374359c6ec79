import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { testHouse, type TestHouse } from '../../../testing/house.ts';
import { hubAuthor } from '../../rooms/audit/author.ts';
import { consoleClient } from '../../rooms/clients/built-in.ts';
import type { SessionScopes } from '../../rooms/users/user.ts';
import { openSite } from './site.ts';

const PASSWORD = 'correct-horse-7-battery';

let hub: TestHouse;
beforeAll(async () => {
  hub = await testHouse();
  await hub.apply({
    tenants: [{ id: 'acme', name: 'Acme' }],
    users: [
      {
        id: 'ann',
        email: 'ann@acme.test',
        emailVerified: true,
        password: { value: PASSWORD },
        attributes: { hub: 'admin' },
        tenants: [{ id: 'acme' }],
      },
      { id: 'bob', email: 'bob@acme.test', emailVerified: true, password: { value: PASSWORD }, tenants: [{ id: 'acme' }] },
      { id: 'cid', email: 'cid@acme.test' },
    ],
    policies: [
      {
        id: 'console-readers',
        effect: 'allow',
        subject: { conditions: [{ key: 'user.attributes.hub', operator: 'equals', value: 'admin' }] },
        target: { resources: ['writ-admin'] },
        grants: ['authorization_code'],
        scopes: ['admin:policies:read', 'admin:events:read'],
      },
    ],
  });
});
afterAll(() => hub.close());

/** A browser without pages: keeps cookies, follows nothing by itself. */
function browser() {
  const jar = new Map<string, string>();
  const keep = (answer: Response): Response => {
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
      if (/max-age=0/i.test(line)) jar.delete(pair.slice(0, pair.indexOf('=')));
    }
    return answer;
  };
  const cookie = (): string => [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
  const pathOf = (location: string): string => location.replace(hub.issuer, '');
  return {
    jar,
    cookie,
    get: async (path: string, headers: Record<string, string> = {}) => keep(await hub.get(path, { cookie: cookie(), ...headers })),
    /** Follows redirects until a page or an end. */
    async open(path: string): Promise<{ path: string; answer: Response }> {
      let at = path;
      for (;;) {
        const answer = keep(await hub.get(at, { cookie: cookie() }));
        const next = answer.headers.get('location');
        if (next === null) return { path: at, answer };
        at = pathOf(next);
      }
    },
    async send(path: string, fields: Record<string, string>): Promise<string> {
      const page = await (await this.get(path)).text();
      const hidden = Object.fromEntries(
        [...page.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
      );
      const answer = keep(await hub.post(path, { ...hidden, ...fields }, { cookie: cookie(), origin: hub.issuer }));
      return pathOf(answer.headers.get('location') ?? '');
    },
  };
}

async function signIn(email: string, to?: string) {
  const visitor = browser();
  const { path } = await visitor.open(`/console/login${to === undefined ? '' : `?to=${encodeURIComponent(to)}`}`);
  const next = await visitor.send(path, { action: 'continue', email, password: PASSWORD });
  return { visitor, next };
}

const SESSION = z.object({
  user: z.object({ id: z.string() }),
  scopes: z.union([z.literal('all'), z.array(z.string())]),
  csrf: z.string(),
});
type Visitor = ReturnType<typeof browser>;

async function sessionOf(visitor: Visitor) {
  const answer = await visitor.get('/console/session');
  return answer.status === 200 ? SESSION.parse(await answer.json()) : undefined;
}

/** As a link of the hub opens it. */
async function started(
  user: string,
  scopes: SessionScopes,
  of = { amr: ['link'], acr: '1', madeBy: ['hub'] },
): Promise<{ cookie: string; csrf: string }> {
  const { origin } = hubAuthor('test');
  const begun = await hub.house.rooms.sessions.start({
    user: { id: user },
    ...of,
    purpose: 'admin',
    scopes,
    origin,
  });
  const cookie = begun.cookie.split(';')[0] ?? '';
  return { cookie, csrf: SESSION.parse(await (await hub.get('/console/session', { cookie })).json()).csrf };
}

const asks = (path: string, { cookie, csrf }: { cookie: string; csrf: string }, method = 'GET', body?: unknown): Promise<Response> =>
  hub.house.fetch(
    new Request(`${hub.issuer}${path}`, {
      method,
      headers: { cookie, 'x-writ-csrf': csrf, origin: hub.issuer, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  );

describe('signing in to the console by the hub itself', () => {
  it('gives a person the rights that policy gives them, in no tenant, and leads back to where they were', async () => {
    const { visitor, next } = await signIn('ann@acme.test', '/console/policies?state=shadow');
    const { path } = await visitor.open(next);
    expect(path).toBe('/console/policies?state=shadow');
    const session = await sessionOf(visitor);
    expect(session).toMatchObject({ user: { id: 'ann' }, scopes: ['admin:policies:read', 'admin:events:read'] });
    const who = { cookie: visitor.cookie(), csrf: session?.csrf ?? '' };
    expect((await asks('/admin/v1/policies', who)).status).toBe(200);
    expect((await asks('/admin/v1/users', who)).status).toBe(403);
    expect((await asks('/admin/v1/policies/x', who, 'DELETE')).status).toBe(403);
  });

  it('leaves out whom no policy gives anything, and says so', async () => {
    const { visitor, next } = await signIn('bob@acme.test');
    const { path } = await visitor.open(next);
    const { answer } = await visitor.open(await visitor.send(path, { action: 'cancel' }));
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain('The console stays closed');
    expect(await sessionOf(visitor)).toBeUndefined();
  });

  it.each([
    ['another site', 'https://evil.example/'],
    ['another site without a scheme', '//evil.example/'],
    ['another site behind the path', '/console//evil.example'],
    ['a backslash', '/console/\\evil.example'],
    ['a line break', '/console/\r\nset-cookie: a=b'],
    ['another page of the hub', '/account'],
  ])('leads to the first page instead of %s', async (_, to) => {
    const { visitor, next } = await signIn('ann@acme.test', to);
    expect((await visitor.open(next)).path).toBe('/console/');
  });

  it('begins at the address that the hub goes by, whatever else leads to this computer', async () => {
    const moved = await hub.get('/console/login?to=/console/agents', { host: '127.0.0.1:8787' });
    expect(moved.headers.get('location')).toBe(`${hub.issuer}/console/login?to=%2Fconsole%2Fagents&moved=yes`);
    const again = await hub.get('/console/login?to=/console/agents&moved=yes', { host: '127.0.0.1:8787' });
    expect(again.headers.get('location')).toMatch(/^\/oauth\/authorize\?/);
  });

  it('refuses a callback that this browser did not begin, and one that comes twice', async () => {
    const stranger = browser();
    expect((await stranger.get('/console/callback?code=abc&state=def')).status).toBe(403);
    const { visitor, next } = await signIn('ann@acme.test');
    let at = next;
    while (!at.startsWith('/console/callback')) at = ((await visitor.get(at)).headers.get('location') ?? '').replace(hub.issuer, '');
    expect((await stranger.get(at)).status).toBe(403);
    expect((await visitor.get(at.replace(/state=[^&]+/, 'state=x'))).status).toBe(403);
    const attempt = visitor.cookie();
    expect((await visitor.get(at, { cookie: attempt })).status).toBe(403);
    expect(await sessionOf(visitor)).toBeUndefined();
  });

  it('takes a code once, however many windows bring it at the same moment', async () => {
    const { visitor, next } = await signIn('ann@acme.test');
    let at = next;
    while (!at.startsWith('/console/callback')) at = ((await visitor.get(at)).headers.get('location') ?? '').replace(hub.issuer, '');
    const cookie = visitor.cookie();
    const all = await Promise.all(Array.from({ length: 8 }, () => hub.get(at, { cookie })));
    expect(all.filter((answer) => answer.status === 303).length).toBeLessThanOrEqual(1);
  });

  it('ends at once for a person who is frozen, and with a sign-out everywhere', async () => {
    const ann = await started('ann', 'all');
    const cid = await started('cid', 'all');
    await hub.admin('POST', '/admin/v1/users/cid/freeze', { reason: 'a test' });
    expect((await asks('/admin/v1/policies', cid)).status).toBe(401);
    await hub.admin('POST', '/admin/v1/users/ann/sign-out');
    expect((await asks('/admin/v1/policies', ann)).status).toBe(401);
  });

  it('ends with the console as a client, and with what it is for this person, but not where a link opened it', async () => {
    const { visitor, next } = await signIn('ann@acme.test');
    await visitor.open(next);
    const who = { cookie: visitor.cookie(), csrf: (await sessionOf(visitor))?.csrf ?? '' };
    const opened = await hub.admin('POST', '/admin/v1/users/ann/console-link');
    const guest = browser();
    await guest.open(
      await guest.send(
        z
          .object({ link: z.string() })
          .parse(await opened.json())
          .link.replace(hub.issuer, ''),
        { action: 'continue' },
      ),
    );
    const byLink = { cookie: guest.cookie(), csrf: (await sessionOf(guest))?.csrf ?? '' };
    const list = z.object({ items: z.array(z.object({ id: z.string() })) });
    const agents = list.parse(await (await hub.admin('GET', '/admin/v1/agents?client=writ-console&user=ann')).json());
    const what = ['clients/writ-console', `agents/${agents.items[0]?.id ?? ''}`];
    for (const path of what) {
      expect((await asks('/admin/v1/policies', who)).status).toBe(200);
      expect((await hub.admin('POST', `/admin/v1/${path}/freeze`, { reason: 'a test' })).status).toBe(200);
      expect((await asks('/admin/v1/policies', who)).status).toBe(401);
      expect((await asks('/admin/v1/policies', byLink)).status).toBe(200);
      expect((await hub.admin('POST', `/admin/v1/${path}/unfreeze`, { reason: 'a test' })).status).toBe(200);
    }
  });

  it('has no more than policy gives at the moment, and gets back nothing that it did not begin with', async () => {
    const { visitor, next } = await signIn('ann@acme.test');
    await visitor.open(next);
    const who = { cookie: visitor.cookie(), csrf: (await sessionOf(visitor))?.csrf ?? '' };
    const policy = async (id: string, change: object): Promise<void> => hub.apply({ policies: [{ id, effect: 'deny', ...change }] });
    const narrower = { target: { resources: ['writ-admin'] }, scopes: ['admin:policies:read'] };
    const anns = { subject: { conditions: [{ key: 'user.attributes.hub', operator: 'equals', value: 'admin' }] } };
    expect((await asks('/admin/v1/policies', who)).status).toBe(200);
    await policy('not-now', { ...anns, ...narrower });
    expect((await asks('/admin/v1/policies', who)).status).toBe(403);
    expect((await asks('/admin/v1/events', who)).status).toBe(200);
    expect((await sessionOf(visitor))?.scopes).toEqual(['admin:events:read']);
    expect((await hub.admin('DELETE', '/admin/v1/policies/not-now')).status).toBe(204);
    expect((await asks('/admin/v1/policies', who)).status).toBe(200);
    const ann = { id: 'ann', email: 'ann@acme.test', emailVerified: true, tenants: [{ id: 'acme' }] };
    await hub.apply({ users: [{ ...ann, attributes: {} }] });
    expect((await asks('/admin/v1/events', who)).status).toBe(403);
    await hub.apply({ users: [{ ...ann, attributes: { hub: 'admin' } }] });
    expect((await asks('/admin/v1/events', who)).status).toBe(200);
  });

  it('ends when the console is removed as a client, also where somebody makes it again by signing in', async () => {
    const { visitor, next } = await signIn('ann@acme.test');
    await visitor.open(next);
    const who = { cookie: visitor.cookie(), csrf: (await sessionOf(visitor))?.csrf ?? '' };
    expect((await hub.admin('DELETE', '/admin/v1/clients/writ-console')).status).toBe(204);
    expect((await asks('/admin/v1/policies', who)).status).toBe(401);
    await signIn('bob@acme.test');
    expect((await asks('/admin/v1/policies', who)).status).toBe(401);
  });

  it('ends eight hours after the person proved who they are', async () => {
    const ann = await started('ann', 'all');
    hub.clock.advance(8 * 3_600_000 - 1_000);
    expect((await asks('/admin/v1/policies', ann)).status).toBe(200);
    hub.clock.advance(2_000);
    expect((await asks('/admin/v1/policies', ann)).status).toBe(401);
  });

  it('ends by leaving, which another site cannot cause', async () => {
    const ann = await started('ann', 'all');
    expect((await hub.post('/console/logout', {}, { cookie: ann.cookie })).status).toBe(403);
    expect((await asks('/admin/v1/policies', ann)).status).toBe(200);
    expect((await asks('/console/logout', ann, 'POST')).status).toBe(204);
    expect((await asks('/admin/v1/policies', ann)).status).toBe(401);
  });
});

describe('a console link', () => {
  it('gives no more than its maker has', async () => {
    const maker = await started('ann', ['admin:console:write', 'admin:events:read']);
    const made = await asks('/admin/v1/users/ann/console-link', maker, 'POST');
    const { link } = z.object({ link: z.string() }).parse(await made.json());
    const visitor = browser();
    await visitor.open(await visitor.send(link.replace(hub.issuer, ''), { action: 'continue' }));
    const session = await sessionOf(visitor);
    expect(session?.scopes).toEqual(['admin:console:write', 'admin:events:read']);
  });
});

describe('a session by a link that somebody made', () => {
  const CONSOLE_RULE = {
    id: 'ann-links',
    effect: 'allow',
    subject: { conditions: [{ key: 'user.attributes.hub', operator: 'equals', value: 'admin' }] },
    target: { resources: ['writ-admin'] },
    scopes: ['admin:console:write'],
  };

  /** Ann, signed in with both factors, makes a link; whoever opens it. */
  async function opened() {
    await hub.admin('DELETE', `/admin/v1/policies/${CONSOLE_RULE.id}`);
    const { visitor, next } = await signIn('ann@acme.test');
    await visitor.open(next);
    // Only now: the right to make links takes a second factor, and the sign-in would ask for one.
    await hub.apply({ policies: [CONSOLE_RULE] });
    const maker = await started('ann', ['admin:console:write', 'admin:policies:read', 'admin:events:read'], {
      amr: ['pwd', 'otp'],
      acr: '2',
      madeBy: [],
    });
    const made = await asks('/admin/v1/users/bob/console-link', maker, 'POST');
    const { link } = z.object({ link: z.string() }).parse(await made.json());
    const guest = browser();
    await guest.open(await guest.send(link.replace(hub.issuer, ''), { action: 'continue' }));
    return { cookie: guest.cookie(), csrf: (await sessionOf(guest))?.csrf ?? '' };
  }

  it('has at every request what its maker has then', async () => {
    const guest = await opened();
    expect((await asks('/admin/v1/policies', guest)).status).toBe(200);
    await hub.apply({
      policies: [{ id: 'not-now', effect: 'deny', subject: { any: true }, target: CONSOLE_RULE.target, scopes: ['admin:policies:read'] }],
    });
    expect((await asks('/admin/v1/policies', guest)).status).toBe(403);
    expect((await asks('/admin/v1/events', guest)).status).toBe(200);
    expect((await hub.admin('DELETE', '/admin/v1/policies/not-now')).status).toBe(204);
    expect((await asks('/admin/v1/policies', guest)).status).toBe(200);
  });

  it('ends with its maker, and with the console as the client by which they made it', async () => {
    const guest = await opened();
    for (const who of ['users/ann', 'clients/writ-console']) {
      expect((await asks('/admin/v1/policies', guest)).status).toBe(200);
      await hub.admin('POST', `/admin/v1/${who}/freeze`, { reason: 'a test' });
      expect((await asks('/admin/v1/policies', guest)).status).toBe(401);
      await hub.admin('POST', `/admin/v1/${who}/unfreeze`, { reason: 'a test' });
    }
  });
});

describe('the console as a client', () => {
  it('cannot be written by config or by hand, and is in no export', async () => {
    const input = { ...consoleClient(hub.issuer), redirectUris: ['https://evil.example/cb'] };
    const { id, ...rest } = input;
    expect((await hub.admin('PUT', `/admin/v1/clients/${id}`, rest)).status).toBe(400);
    await expect(hub.apply({ clients: [input] })).rejects.toThrow('hub’s own');
    const exported = await (await hub.admin('GET', '/admin/v1/export')).text();
    expect(exported).not.toContain('writ-console"');
  });
});

describe('the built console', () => {
  const folder = mkdtempSync(join(tmpdir(), 'writ-site-'));
  const script = 'console.log("hello")';
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<title>Writ</title>');
  writeFileSync(join(folder, 'assets', 'main-1.js'), script);
  writeFileSync(join(folder, 'assets', 'main-1.js.br'), 'packed');
  writeFileSync(join(folder, 'secret.txt'), 'no');
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is what was built, and nothing beside it', () => {
    const site = openSite(folder);
    expect(Buffer.from(site?.asset('main-1.js')?.plain ?? '').toString()).toBe(script);
    expect(site?.asset('main-1.js')?.etag).toBe(`"${hash('sha256', script, 'base64url')}"`);
    for (const name of ['../secret.txt', '..%2fsecret.txt', 'secret.txt', 'main-1.js.br', 'main-2.js', ''])
      expect(site?.asset(name)).toBeUndefined();
    expect(openSite(join(folder, 'nowhere'))).toBeUndefined();
  });

  it('is read anew in development when it was built again', () => {
    const [fixed, watched] = [openSite(folder), openSite(folder, true)];
    writeFileSync(join(folder, 'assets', 'main-2.js'), script);
    writeFileSync(join(folder, 'index.html'), '<title>Writ 2</title>');
    expect(Buffer.from(watched?.index().plain ?? '').toString()).toContain('Writ 2');
    expect(watched?.asset('main-2.js')).toBeDefined();
    expect(Buffer.from(fixed?.index().plain ?? '').toString()).not.toContain('Writ 2');
  });
});
