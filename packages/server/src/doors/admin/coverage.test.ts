import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { testHouse, type TestHouse } from '../../../testing/house.ts';
import { routeCoverage } from '../../base/http/coverage.ts';
import type { Route } from '../../base/http/route.ts';
import { hubAuthor } from '../../rooms/audit/author.ts';
import { EVENT_TYPES } from '../../rooms/audit/event.ts';
import { ADMIN_ROOMS } from '../../rooms/resources/built-in.ts';
import { sessionCookieName } from '../../rooms/users/cookie.ts';
import type { SessionScopes } from '../../rooms/users/user.ts';

const committed = (name: string): string => fileURLToPath(new URL(`../../../../../coverage/${name}.txt`, import.meta.url));
const SECRET = 'a-long-secret-of-the-worker';

let hub: TestHouse;
let table: readonly Route[];
/** Tokens of the worker by what they hold; a user's own session; sessions of the console, with what a page of it sends along. */
let bearers: { elsewhere: string; signals: string; sinks: string };
let cookies: { user: string; admin: string };
let pages: {
  admin: Record<string, string>;
  signals: Record<string, string>;
  sinks: Record<string, string>;
  nothing: Record<string, string>;
};

async function bearerFor(resource: string, scope: string): Promise<string> {
  const form = { grant_type: 'client_credentials', resource, scope };
  const answer = await hub.post('/oauth/token', form, { authorization: `Basic ${Buffer.from(`worker:${SECRET}`).toString('base64')}` });
  return `Bearer ${z.object({ access_token: z.string(), scope: z.literal(scope) }).parse(await answer.json()).access_token}`;
}

async function cookieFor(purpose: 'user' | 'admin', scopes: SessionScopes = []): Promise<string> {
  const { origin } = hubAuthor('test');
  // As a link opens it: no policy has to give what is tried here.
  const { cookie } = await hub.house.rooms.sessions.start({ user: { id: 'ann' }, amr: ['link'], acr: '1', purpose, scopes, origin });
  return cookie.split(';')[0] ?? '';
}

/** What a page of the console sends, in a session that holds these scopes. */
async function pageFor(scopes: SessionScopes): Promise<Record<string, string>> {
  const cookie = await cookieFor('admin', scopes);
  const told = await hub.get('/console/session', { cookie });
  return { cookie, origin: hub.issuer, 'x-writ-csrf': z.object({ csrf: z.string() }).parse(await told.json()).csrf };
}

beforeAll(async () => {
  hub = await testHouse();
  table = hub.house.routes;
  await hub.apply({
    users: [{ id: 'ann', email: 'ann@acme.test' }],
    resources: [{ id: 'ops', type: 'mcp', uri: 'http://localhost:9000/mcp', scopes: [{ name: 'read' }] }],
    clients: [{ id: 'worker', name: 'Worker', kind: 'service', auth: { secrets: [{ value: SECRET }] } }],
    policies: [{ id: 'all', effect: 'allow', subject: { any: true }, target: { resources: ['ops', 'writ-admin'] }, scopes: 'all' }],
  });
  const admin = `${hub.issuer}/admin/v1`;
  bearers = {
    elsewhere: await bearerFor('http://localhost:9000/mcp', 'read'),
    signals: await bearerFor(admin, 'admin:signals:read'),
    sinks: await bearerFor(admin, 'admin:sinks:write'),
  };
  cookies = { user: await cookieFor('user'), admin: await cookieFor('admin', 'all') };
  pages = {
    admin: await pageFor('all'),
    signals: await pageFor(['admin:signals:read']),
    sinks: await pageFor(['admin:sinks:write']),
    nothing: await pageFor([]),
  };
});
afterAll(() => hub.close());

const adminRoutes = (): Route[] => table.filter((route) => route.access.startsWith('admin:'));

async function knock({ method, path }: Route, headers: Record<string, string>): Promise<number> {
  const place = path.replaceAll(/:[A-Za-z]+/g, 'x');
  const body = method === 'GET' || method === 'DELETE' ? {} : { body: '{}', headers: { ...headers, 'content-type': 'application/json' } };
  const answer = await hub.house.fetch(new Request(`${hub.issuer}${place}`, { method, headers, ...body }));
  await answer.body?.cancel();
  return answer.status;
}

describe('the route table', () => {
  it('is the committed one: who may call what, and what is written (update with vitest -u and review it)', async () => {
    const { access, audit } = routeCoverage(table);
    await expect(access).toMatchFileSnapshot(committed('access'));
    await expect(audit).toMatchFileSnapshot(committed('audit'));
  });

  it('is described by the committed OpenAPI document (vitest -u, then node tools/gen-api.mjs)', async () => {
    const served = await hub.house.fetch(new Request(`${hub.issuer}/admin/v1/openapi.json`));
    await expect(`${JSON.stringify(await served.json(), undefined, 2)}\n`).toMatchFileSnapshot(
      fileURLToPath(new URL('../../../../admin-api/openapi.json', import.meta.url)),
    );
  });

  it('has not shrunk', () => {
    expect(table.length).toBeGreaterThanOrEqual(90);
    expect(adminRoutes().length).toBeGreaterThanOrEqual(60);
  });

  it('names only events that exist, and only rooms that have scopes', () => {
    const types = new Set<string>(EVENT_TYPES);
    const rooms = new Set<string>(ADMIN_ROOMS);
    const events = table.flatMap(({ audit }) => ('none' in audit ? [] : [...audit]));
    expect(events.filter((type) => !types.has(type))).toEqual([]);
    const words = adminRoutes().map((route) => route.access.split(':'));
    expect(words.filter(([, room = '', verb = '']) => !rooms.has(room) || !['read', 'write'].includes(verb))).toEqual([]);
  });

  it('leaves nothing below /admin/v1 to everybody but what describes the API', () => {
    const open = table.filter((route) => route.path.startsWith('/admin/') && !route.access.startsWith('admin:')).map((route) => route.path);
    expect(open.sort()).toEqual(['/admin/v1/config.schema.json', '/admin/v1/openapi.json']);
  });

  it('opens the console, which reads everything, by no right over users', () => {
    expect(table.find(({ path }) => path.endsWith('/console-link'))?.access).toBe('admin:console:write');
  });

  it('asks for write where something changes and for read where nothing does', () => {
    for (const { method, path, access, audit } of adminRoutes()) {
      // A question may be too long for a URL; one that is posted writes nothing but that it was asked. A plan confirms guessed passwords.
      const asks = method === 'POST' && path !== '/admin/v1/plan' && !('none' in audit) && audit.join(' ') === 'admin.read';
      expect([path, access.endsWith(method === 'GET' || asks ? ':read' : ':write')]).toEqual([path, true]);
    }
  });
});

describe('every admin route', () => {
  const expectRefusal = async (principal: (route: Route) => Record<string, string>, status: number): Promise<void> => {
    const wrong: string[] = [];
    for (const route of adminRoutes()) {
      const got = await knock(route, principal(route));
      if (got !== status) wrong.push(`${route.method} ${route.path}: ${got}`);
    }
    expect(wrong).toEqual([]);
  };

  it('refuses nobody', () => expectRefusal(() => ({}), 401));
  it('refuses a wrong admin token', () => expectRefusal(() => ({ authorization: `Bearer ${'x'.repeat(40)}` }), 401));
  it('refuses the admin token as a cookie', () =>
    expectRefusal(() => ({ cookie: `${sessionCookieName(hub.issuer, 'admin')}=${'x'.repeat(43)}` }), 401));
  it('refuses a client that shows its secret', () =>
    expectRefusal(() => ({ authorization: `Basic ${Buffer.from(`worker:${SECRET}`).toString('base64')}` }), 401));
  it('refuses a token for another resource', () => expectRefusal(() => ({ authorization: bearers.elsewhere }), 401));
  it('refuses a token with the scope of another room', () =>
    expectRefusal(({ access }) => ({ authorization: access.startsWith('admin:signals:') ? bearers.sinks : bearers.signals }), 403));
  it('refuses the session of a user', () => expectRefusal(() => ({ cookie: cookies.user }), 401));
  it('refuses the session of a user in the cookie of an administrator', () =>
    expectRefusal(() => ({ cookie: cookies.user.replace(sessionCookieName(hub.issuer), sessionCookieName(hub.issuer, 'admin')) }), 401));

  it('refuses the cookie of the console alone, as another site would make a browser send it', () =>
    expectRefusal(() => ({ cookie: cookies.admin }), 401));
  it('refuses the console with the token of another of its sessions', () =>
    expectRefusal(() => ({ ...pages.admin, 'x-writ-csrf': pages.nothing['x-writ-csrf'] ?? '' }), 401));
  it('refuses the console from another site that learned the token', () =>
    expectRefusal(() => ({ ...pages.admin, origin: 'https://evil.example' }), 401));
  it('refuses a session of the console that holds nothing', () => expectRefusal(() => pages.nothing, 403));
  it('refuses a session of the console with the scope of another room', () =>
    expectRefusal(({ access }) => (access.startsWith('admin:signals:') ? pages.sinks : pages.signals), 403));
  it('refuses the token of a page without its cookie', () =>
    expectRefusal(() => ({ origin: hub.issuer, 'x-writ-csrf': pages.admin['x-writ-csrf'] ?? '' }), 401));

  it('lets the admin token and a console session that may do everything past the door', async () => {
    for (const route of adminRoutes().filter(({ method }) => method === 'GET')) {
      const bySession = await knock(route, pages.admin);
      expect([route.path, bySession === 401 || bySession === 403]).toEqual([route.path, false]);
    }
    const byToken = (await hub.admin('GET', '/admin/v1/agents')).status;
    expect(byToken).toBe(200);
  });
});
