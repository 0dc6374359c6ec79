import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../harness.ts';
import { basic, header, jsonOf, textIn } from './ask.ts';
import type { Answer, Asked, Params } from './ask.ts';
import { J, mustBe, T, U } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { attacks, checkNothingLeaked, entriesSince, inWorld, photograph } from './runner.ts';
import type { Attack } from './runner.ts';
import type { World } from './world.ts';

const world = inWorld({ env: { WRIT_ALLOW_LOOPBACK: 'true' } });
const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS = 'urn:ietf:params:oauth:token-type:access_token';
const SECRET = 'a-long-secret-of-those-who-are-handed-things';
const KEY = 'canary-key-that-only-the-service-may-see';
const TOKEN = 'canary-token-of-the-calendar-of-ann';
const REFUSED = [{ type: 'credential.refused' }];

/** The service behind the connections, and a place where nobody must come. */
const seen: { url: string; key: string | undefined }[] = [];
const strays: string[] = [];
let service: Server;
let stranger: Server;

const service_ = (id: string, more: object = {}): object => ({
  id,
  name: id,
  kind: 'service',
  grants: ['client_credentials', GRANT],
  auth: { secrets: [{ value: SECRET }] },
  tags: ['resource-server:ops'],
  ...more,
});
const allow = (id: string, client: string, connections: string[], scopes: string[] | 'all' = 'all'): object => ({
  id,
  effect: 'allow',
  grants: ['token_exchange'],
  subject: { clients: [client] },
  target: { connections },
  scopes,
});

beforeAll(async () => {
  const [port, elsewhere] = [await freePort(), await freePort()];
  service = createServer((request, response) => {
    const { url = '', headers } = request;
    seen.push({ url, key: headers['x-api-key']?.toString() });
    if (url.startsWith('/away')) response.writeHead(302, { location: `http://127.0.0.1:${elsewhere}/caught` }).end();
    else if (url.startsWith('/echo')) response.writeHead(200, { 'x-echo': String(headers['x-api-key']) }).end(JSON.stringify(headers));
    else response.end('{}');
  }).listen(port, '127.0.0.1');
  stranger = createServer((request, response) => {
    strays.push(request.url ?? '');
    response.end();
  }).listen(elsewhere, '127.0.0.1');
  await Promise.all([once(service, 'listening'), once(stranger, 'listening')]);
  const base = `http://127.0.0.1:${port}`;
  const key = (id: string, more: object = {}): object => ({ id, type: 'api_key', header: 'x-api-key', baseUrl: base, ...more });
  await world().hub.apply({
    clients: [service_('ops-server'), service_('reader'), service_('bystander')],
    connections: [
      key('search', { allowedHosts: ['127.0.0.1'], allowedPaths: ['/*'] }),
      key('globex-search', { tenants: ['globex'] }),
      {
        id: 'calendar',
        type: 'oauth',
        authorizationUrl: 'https://p.example/a',
        tokenUrl: 'https://p.example/t',
        clientId: 'hub',
        scopes: ['events:read', 'events:write'],
        baseUrl: base,
      },
    ],
    credentials: [
      { connection: 'search', owner: { tenant: 'acme' }, value: { value: KEY } },
      { connection: 'globex-search', owner: { tenant: 'globex' }, value: { value: KEY } },
      { connection: 'calendar', owner: { user: 'ann' }, accessToken: { value: TOKEN }, scopes: ['events:read', 'events:write'] },
    ],
    policies: [
      allow('search', 'ops-server', ['search', 'globex-search']),
      allow('web-search', 'web', ['search', 'globex-search']),
      allow('calendar', 'ops-server', ['calendar']),
      allow('calendar-read', 'reader', ['calendar'], ['events:read']),
    ],
  });
  for (const secret of [SECRET, KEY, TOKEN]) world().secrets.add(secret);
});
afterAll(async () => {
  for (const one of [service, stranger]) one?.close();
});

const exchange = (at: World, who: string, subject: string, params: Params = {}): Promise<Answer> =>
  at.post(
    '/oauth/token',
    { grant_type: GRANT, subject_token: subject, subject_token_type: ACCESS, resource: 'urn:writ:connection:search', ...params },
    basic(who, SECRET),
  );

/** Ann's token, exchanged for a credential by a server that has exchanged before. */
function handsOut(
  number: string,
  title: string,
  params: Params,
  outcome: Outcome,
  more: { who?: string; entries?: Attack['entries'] } = {},
): Attack {
  const { who = 'ops-server' } = more;
  return {
    number,
    title,
    async arrange(at) {
      const { access } = await at.tokens();
      await exchange(at, who, access);
      return () => exchange(at, who, access, params);
    },
    outcome,
    entries: more.entries ?? REFUSED,
  };
}

/** A token for Ann by which `web` may call through the proxy of a connection, and nothing else. */
async function callable(at: World, connection: string): Promise<string> {
  const { access } = await at.tokens();
  const answer = await exchange(at, 'ops-server', access, { resource: `${at.hub.issuer}/proxy/${connection}` });
  return textIn(jsonOf(mustBe(200, answer)), 'access_token');
}

/** A call through the proxy with a token for the proxy of `search`, exactly as written. The service must not hear of it. */
function calls(
  number: string,
  title: string,
  path: string,
  outcome: Outcome,
  more: { asked?: Asked; entries?: Attack['entries']; by?: (at: World) => Promise<string> } = {},
): Attack {
  return {
    number,
    title,
    async arrange(at) {
      const access = more.by === undefined ? await callable(at, 'search') : await more.by(at);
      const before = seen.length;
      const { headers, ...asked } = more.asked ?? {};
      return async () => {
        const answer = await at.ask(path, { ...asked, headers: { authorization: `Bearer ${access}`, ...headers } });
        expect(seen.slice(before)).toEqual([]);
        return answer;
      };
    },
    outcome,
    entries: more.entries ?? REFUSED,
  };
}

describe('connections: hand-out', () => {
  attacks(world, [
    handsOut('178', 'a connection of another tenant, by exchange', { resource: 'urn:writ:connection:globex-search' }, T('invalid_target'), {
      entries: [{ type: 'credential.refused', reason: 'unknown_connection' }],
    }),
    handsOut('178', 'a connection that is not there, by exchange', { resource: 'urn:writ:connection:nowhere' }, T('invalid_target'), {
      entries: [{ type: 'credential.refused', reason: 'unknown_connection' }],
    }),
    handsOut('178', 'an account by a label that is not ours', { account: "home' OR '1'='1" }, T('connection_required')),
    handsOut('178', 'the owner of the account in the request', { user: 'bob', owner: 'globex', tenant: 'globex' }, T('invalid_request')),
    handsOut('181', 'no rule for this client', {}, J(403, 'access_denied'), {
      who: 'bystander',
      entries: [{ type: 'credential.refused', reason: 'policy_no_reach' }],
    }),
    handsOut(
      '181',
      'a scope beyond the rule',
      { resource: 'urn:writ:connection:calendar', scope: 'events:read events:write' },
      J(403, 'access_denied'),
      { who: 'reader', entries: [{ type: 'credential.refused', reason: 'policy_refused' }] },
    ),
    handsOut(
      '181',
      'a scope that the connection does not have',
      { resource: 'urn:writ:connection:calendar', scope: 'admin' },
      T('invalid_scope'),
    ),
    handsOut('181', 'a key by scopes that it does not have', { scope: 'read' }, T('invalid_scope')),
    handsOut(
      '181',
      'two connections at once',
      { resource: ['urn:writ:connection:search', 'urn:writ:connection:calendar'] },
      T('invalid_target'),
      {
        entries: [{ type: 'token.refused' }],
      },
    ),
    handsOut(
      '181',
      'a connection and a resource at once',
      { resource: ['urn:writ:connection:search', 'http://localhost:9000/mcp'] },
      T('invalid_target'),
      {
        entries: [{ type: 'token.refused' }],
      },
    ),
  ]);

  it('181 a rule that was taken away since: the next hand-out is refused', async () => {
    const at = world();
    const { access } = await at.tokens();
    mustBe(200, await exchange(at, 'ops-server', access));
    await at.hub.apply({ policies: [{ ...allow('no-search', 'ops-server', ['search']), effect: 'deny' }] });
    const refused = await exchange(at, 'ops-server', access);
    await at.hub.admin('DELETE', 'policies/no-search');
    expect([refused.status, jsonOf(refused)['error']]).toEqual([403, 'access_denied']);
  });

  it('181 a token for the proxy of a connection that no rule gives to the client: there is none', async () => {
    const at = world();
    const { access } = await at.tokens();
    const refused = await exchange(at, 'bystander', access, { resource: `${at.hub.issuer}/proxy/calendar` });
    expect([refused.status, jsonOf(refused)['error']]).toEqual([400, 'invalid_target']);
  });

  it('181 a rule that was taken away since: the next call through the proxy is refused', async () => {
    const at = world();
    const token = await callable(at, 'search');
    const call = (): Promise<Answer> => at.ask('/proxy/search/x', { headers: { authorization: `Bearer ${token}` } });
    expect((await call()).status).toBe(200);
    await at.hub.apply({ policies: [{ ...allow('no-search', 'ops-server', ['search']), effect: 'deny' }] });
    const refused = await call();
    await at.hub.admin('DELETE', 'policies/no-search');
    expect([refused.status, jsonOf(refused)['error']]).toEqual([403, 'access_denied']);
  });

  it('184 an account that was removed: nothing is handed out from then on, and its row is gone', async () => {
    const at = world();
    const { access } = await at.tokens();
    const ask = (): Promise<Answer> =>
      exchange(at, 'ops-server', access, { resource: 'urn:writ:connection:calendar', scope: 'events:read' });
    expect(textIn(jsonOf(mustBe(200, await ask())), 'access_token')).toBe(TOKEN);
    const [stored] = await at.hub.items('credentials?connection=calendar');
    expect((await at.hub.admin('DELETE', `credentials/${String(stored?.['id'])}`)).status).toBeLessThan(300);
    const answer = await ask();
    expect([answer.status, jsonOf(answer)['error']]).toEqual([400, 'connection_required']);
    expect(header(answer, 'cache-control')).toContain('no-store');
  });
});

describe('connections: proxy', () => {
  attacks(world, [
    calls('178', 'a connection of another tenant, by proxy', '/proxy/globex-search/x', J(404, 'invalid_target'), {
      entries: [{ type: 'credential.refused', reason: 'unknown_connection' }],
    }),
    calls('178', 'a connection that is not there, by proxy', '/proxy/nowhere/x', J(404, 'invalid_target'), {
      entries: [{ type: 'credential.refused', reason: 'unknown_connection' }],
    }),
    calls('181', "a token for another connection's proxy", '/proxy/calendar/x', U('invalid_token'), {
      entries: [{ type: 'credential.refused', reason: 'token_of_another_audience' }],
    }),
    calls('181', 'a token that a resource server was sent, brought here by it', '/proxy/search/x', U('invalid_token'), {
      by: async (at) => (await at.tokens()).access,
      entries: [{ type: 'credential.refused', reason: 'token_of_another_audience' }],
    }),
    calls('179', 'a second slash, as if another host stood there (CVE-2026-42226)', '/proxy/search//evil.example/x', T('invalid_request')),
    calls('179', 'a host behind an at sign', '/proxy/search@evil.example/x', J(404, 'invalid_target')),
    calls('179', 'a whole address for a path', '/proxy/search/http://evil.example/x', T('invalid_request')),
    calls('179', 'dots', '/proxy/search/a/../../x', T('invalid_request')),
    calls('179', 'encoded dots (CVE-2024-39315)', '/proxy/search/a/%2E%2e/%2e%2e/x', T('invalid_request')),
    calls('179', 'dots encoded twice', '/proxy/search/a/%252e%252e/x', T('invalid_request')),
    calls('179', 'dots with a parameter', '/proxy/search/a/..;/x', T('invalid_request')),
    calls('179', 'an encoded slash', '/proxy/search/a%2f..%2fx', T('invalid_request')),
    calls('179', 'a backslash', '/proxy/search/a\\..\\x', T('invalid_request')),
    calls('179', 'an encoded backslash', '/proxy/search/a%5c..%5cx', T('invalid_request')),
    calls('179', 'an encoded line break', '/proxy/search/x%0d%0ahost:%20evil.example', T('invalid_request')),
    calls('179', 'an encoded NUL', '/proxy/search/x%00', T('invalid_request')),
    calls('179', 'a control character in the query', '/proxy/search/x?a=%0d%0a"<', T('invalid_request')),
    calls('181', 'no token for a proxied call', '/proxy/search/x', U('invalid_token'), {
      asked: { headers: { authorization: 'Bearer a.b.c' } },
    }),
  ]);

  const call = async (at: World, path: string, headers: Record<string, string> = {}): Promise<Answer> =>
    at.ask(path, { headers: { authorization: `Bearer ${await callable(at, 'search')}`, ...headers } });

  it('179 a redirect to another origin: nobody follows, and the key is not sent there (CVE-2026-4525)', async () => {
    const at = world();
    const answer = await call(at, '/proxy/search/away');
    expect([answer.status, answer.location]).toEqual([302, expect.stringContaining('/caught')]);
    expect(strays).toEqual([]);
    expect(JSON.stringify(answer)).not.toContain(KEY);
  });

  it('179 headers that would lead elsewhere or speak as somebody else do not reach the service', async () => {
    const at = world();
    const before = await photograph(at);
    const names = {
      'x-original-url': '/admin',
      'x-http-method-override': 'DELETE',
      'x-api-key': 'mine',
      'x-forwarded-host': 'evil.example',
      cookie: 'a=b',
    };
    const answer = await call(at, '/proxy/search/echo', names);
    const heard: Record<string, string> = JSON.parse(answer.text);
    for (const name of Object.keys(names).filter((one) => one !== 'x-api-key')) expect(heard).not.toHaveProperty(name);
    expect(seen.at(-1)?.key).toBe(KEY);
    expect(answer.text).not.toContain(KEY);
    expect(header(answer, 'x-echo')).toBe('');
    expect((await entriesSince(at, before)).filter(({ type }) => type === 'credential.used')).toHaveLength(1);
  });

  it('186 neither key nor token stands in any admin answer', async () => {
    const at = world();
    for (const place of ['connections', 'credentials', 'events?limit=500', 'decisions']) {
      const text = await (await at.hub.admin('GET', place)).text();
      for (const secret of [KEY, TOKEN]) expect(text).not.toContain(secret);
    }
  });
});

describe('connections: 186', () => {
  checkNothingLeaked(world);
});
