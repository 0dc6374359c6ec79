import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createOutbound, type OutboundResult } from '../../base/outbound/outbound.ts';
import { hubAuthor } from '../audit/author.ts';
import { registrationFault } from './admit.ts';
import type { Client } from './client.ts';
import { readDocument } from './document.ts';
import { fetchDocument } from './fetch.store.ts';
import { isVendorUrl, PINNED_URLS, pinnedDocument } from './pack.ts';
import { registrationSetting } from './setting.ts';
import { NOON, openRoom, type Room } from './room.suite.ts';
import { createWorld, jsonAnswer, openDesk, resourceWith, type Desk, type World } from './world.suite.ts';

let room: Room;
let world: World;
let desk: Desk;
let other: Desk;
let count = 0;

beforeAll(async () => {
  room = await openRoom();
  world = createWorld();
  desk = await openDesk(room, room, world);
  other = await openDesk(room, room.node(), world);
});
afterAll(() => room.close());
beforeEach(() => {
  room.clock.advance(3 * 86_400_000);
});

/** A URL nobody used before, at a host of its own. */
const newUrl = (): string => `https://c${(count += 1)}.example/oauth/client.json`;
const documentAt = (url: string, more: object = {}) => ({ client_id: url, client_name: 'Example', redirect_uris: ['http://127.0.0.1/callback'], ...more });
const publish = (url: string, answer: OutboundResult = jsonAnswer(documentAt(url))): void => void world.answers.set(url, () => answer);
const find = (url: string, at: Desk = desk) => at.directory.find(url);
const found = async (url: string): Promise<Client> => {
  const outcome = await find(url);
  if (!outcome.ok) throw new Error(`${outcome.error.reason}: ${outcome.error.detail}`);
  return outcome.value;
};
const eventsOf = async (url: string) => (await room.events()).filter((event) => event.target?.id === url).map(({ type, reason, data }) => ({ type, reason, data }));
const asked = (url: string): number => world.asked.filter((one) => one === url).length;

describe('a client that is described by its own document', () => {
  it('is registered on first sight, unverified, and asked for again only when the document is stale', async () => {
    const url = newUrl();
    publish(url, jsonAnswer(documentAt(url), { 'cache-control': 'max-age=600' }));
    expect(await found(url)).toMatchObject({ id: url, name: 'Example', registrationType: 'cimd', status: 'unverified', public: true, authMethod: 'none', grants: ['authorization_code', 'refresh_token'] });
    await Promise.all(Array.from({ length: 20 }, () => find(url)));
    await find(url, other);
    room.clock.advance(599_999);
    await find(url);
    expect(asked(url)).toBe(1);
    room.clock.advance(1);
    await Promise.all(Array.from({ length: 20 }, () => find(url)));
    expect(asked(url)).toBe(2);
    expect(await eventsOf(url)).toMatchObject([{ type: 'client.registered', reason: 'first_sight' }]);
  });

  it('is fetched once and registered once when many ask two nodes at the same moment', async () => {
    const url = newUrl();
    publish(url);
    const outcomes = await Promise.all(Array.from({ length: 40 }, (_, n) => find(url, n % 2 === 0 ? desk : other)));
    expect(outcomes.every(({ ok }) => ok)).toBe(true);
    expect(asked(url)).toBeLessThanOrEqual(2);
    expect((await eventsOf(url)).filter(({ type }) => type === 'client.registered')).toHaveLength(1);
  });

  it('changes with its document, and the entry says how', async () => {
    const url = newUrl();
    publish(url);
    await find(url);
    publish(url, jsonAnswer(documentAt(url, { client_name: 'Renamed', redirect_uris: ['https://new.example/cb'], unknown_member: 1 })));
    room.clock.advance(3_600_000);
    expect(await found(url)).toMatchObject({ name: 'Renamed', redirectUris: ['https://new.example/cb'] });
    const entries = await eventsOf(url);
    expect(entries.map(({ type }) => type)).toEqual(['client.registered', 'client.changed']);
    expect(JSON.stringify(entries[1]?.data)).toContain('"field":"redirect_uris","from":"[\\"http://127.0.0.1/callback\\"]","to":"[\\"https://new.example/cb\\"]"');
    // Another order and other unknown members are no change.
    publish(url, jsonAnswer({ redirect_uris: ['https://new.example/cb'], client_name: 'Renamed', client_id: url, other_member: 2 }));
    room.clock.advance(3_600_000);
    await find(url);
    expect(await eventsOf(url)).toHaveLength(2);
  });

  it('keeps its state when its document changes, and hears of a freeze on another node', async () => {
    const url = newUrl();
    publish(url);
    await find(url);
    await sql`UPDATE clients SET state = 'frozen', tags = ${['seen']} WHERE id = ${url}`.execute(room.database.db);
    publish(url, jsonAnswer(documentAt(url, { client_name: 'Renamed' })));
    room.clock.advance(3_600_000);
    expect(await found(url)).toMatchObject({ name: 'Renamed', state: 'frozen', tags: ['seen'] });
  });

  it('stays what it was while its host does not answer, and is asked again within a minute', async () => {
    const url = newUrl();
    publish(url);
    await find(url);
    for (const failure of [jsonAnswer('x'), challenge(), { ok: false, reason: 'timeout', detail: '' } as const]) {
      publish(url, failure.ok && failure.status === 200 ? { ...failure, status: 503 } : failure);
      room.clock.advance(86_400_000);
      expect(await found(url)).toMatchObject({ name: 'Example' });
    }
    const before = asked(url);
    room.clock.advance(29_000);
    await find(url);
    await find(url, other);
    expect(asked(url)).toBe(before);
    room.clock.advance(1_000);
    publish(url);
    await find(url);
    expect(asked(url)).toBe(before + 1);
  });

  it('is nobody after thirty days without an answer', async () => {
    const url = newUrl();
    publish(url);
    await find(url);
    world.answers.delete(url);
    room.clock.advance(31 * 86_400_000);
    expect(await find(url)).toMatchObject({ ok: false, error: { reason: 'cimd_unavailable' } });
  });

  it('is nobody while its host says something that is no client, with one entry, and comes back with the document', async () => {
    const url = newUrl();
    publish(url);
    await find(url);
    publish(url, jsonAnswer(documentAt(url, { client_id: `${url}x` })));
    for (let n = 0; n < 4; n += 1) {
      room.clock.advance(3_600_000);
      expect(await find(url)).toMatchObject({ ok: false, error: { reason: 'cimd_document_invalid' } });
      expect(await find(url, other)).toMatchObject({ ok: false, error: { reason: 'cimd_document_invalid' } });
    }
    expect((await eventsOf(url)).map(({ type }) => type)).toEqual(['client.registered', 'client.refused']);
    publish(url);
    room.clock.advance(60_000);
    expect(await find(url)).toMatchObject({ ok: true });
  });

  it('is not remembered as bad for longer than a minute', async () => {
    const url = newUrl();
    expect(await find(url)).toMatchObject({ ok: false, error: { reason: 'cimd_unavailable' } });
    await Promise.all(Array.from({ length: 10 }, () => find(url)));
    expect(asked(url)).toBe(1);
    publish(url);
    expect(await find(url)).toMatchObject({ ok: false });
    room.clock.advance(60_000);
    expect(await find(url)).toMatchObject({ ok: true });
  });

  it('shares its host with few newcomers at a time, and a flood of those does not hurt one that is known', async () => {
    const known = 'https://crowd.example/oauth/known.json';
    publish(known);
    await find(known);
    let fetched = 0;
    for (let n = 0; n < 100; n += 1) {
      const url = `https://crowd.example/oauth/${n}.json`;
      world.answers.set(url, () => ((fetched += 1), jsonAnswer(documentAt(url))));
      await find(url);
    }
    expect(fetched).toBe(29);
    room.clock.advance(3_600_000);
    expect(await find(known)).toMatchObject({ ok: true });
  });
});

function challenge(): OutboundResult {
  return { ok: true, status: 403, headers: new Headers({ 'content-type': 'text/html' }), body: Buffer.from('<html>Just a moment…</html>') };
}

describe('a URL that cannot be a client', () => {
  it.each([
    ['http', 'http://c.example/client.json'],
    ['an upper-case scheme', 'HTTPS://c.example/client.json'],
    ['a fragment', 'https://c.example/client.json#x'],
    ['an empty fragment', 'https://c.example/client.json#'],
    ['user information', 'https://user@c.example/client.json'],
    ['an empty user name', 'https://@c.example/client.json'],
    ['dot segments', 'https://c.example/a/../client.json'],
    ['encoded dot segments', 'https://c.example/a/%2e%2e/client.json'],
    ['no path', 'https://c.example'],
    ['only a slash', 'https://c.example/'],
    ['backslashes', 'https:\\\\c.example\\client.json'],
    ['one backslash', 'https:\\x'],
    ['a blank at the end', 'https://c.example/client.json '],
    ['a line break', 'https://c.example/\nclient.json'],
    ['an upper-case host', 'https://C.example/client.json'],
    ['the default port', 'https://c.example:443/client.json'],
    ['a dot after the host', 'https://c.example./client.json'],
    ['an internal name', 'https://metadata.google.internal/client.json'],
    ['a single label', 'https://intranet/client.json'],
    ['localhost', 'https://localhost/client.json'],
    ['a loopback address', 'https://127.0.0.1/client.json'],
    ['a decimal address', 'https://2130706433/client.json'],
    ['another scheme', 'ftp://c.example/client.json'],
    ['a URN', 'urn:example:client'],
    ['600 characters', `https://c.example/${'a'.repeat(600)}`],
    ['an address in Unicode', 'https://ｃ.example/client.json'],
  ])('147 is refused for %s, and nothing is fetched', async (_, url) => {
    const before = world.asked.length;
    expect(await find(url)).toMatchObject({ ok: false });
    expect(world.asked.length).toBe(before);
  });
});

describe('a document that is not one', () => {
  it.each<[string, (url: string) => OutboundResult, string]>([
    ['151 another client_id', (url) => jsonAnswer(documentAt(`${url}/`)), 'cimd_document_invalid'],
    ['151 the client_id in upper case', (url) => jsonAnswer(documentAt(url.replace('https', 'HTTPS'))), 'cimd_document_invalid'],
    ['151 the client_id with its port', (url) => jsonAnswer(documentAt(url.replace('.example/', '.example:443/'))), 'cimd_document_invalid'],
    ['151 a client_id in a list', (url) => jsonAnswer(documentAt(url, { client_id: [url] })), 'cimd_document_invalid'],
    ['151 two client_ids', (url) => jsonAnswer(`{"client_id":"https://evil.example/c","client_id":"${url}","client_name":"x","redirect_uris":["https://a.example/cb"]}`), 'cimd_document_invalid'],
    ['152 a client_secret', (url) => jsonAnswer(documentAt(url, { client_secret: 'x' })), 'cimd_document_invalid'],
    ['152 a shared-secret method', (url) => jsonAnswer(documentAt(url, { token_endpoint_auth_method: 'client_secret_post' })), 'cimd_document_invalid'],
    ['152 HTML', (url) => ({ ok: true, status: 200, headers: new Headers({ 'content-type': 'text/html' }), body: Buffer.from(JSON.stringify(documentAt(url))) }), 'cimd_unavailable'],
    ['152 no media type', (url) => ({ ok: true, status: 200, headers: new Headers(), body: Buffer.from(JSON.stringify(documentAt(url))) }), 'cimd_unavailable'],
    ['status 201', (url) => ({ ok: true, status: 201, headers: new Headers({ 'content-type': 'application/json' }), body: Buffer.from(JSON.stringify(documentAt(url))) }), 'cimd_unavailable'],
    ['no JSON', () => jsonAnswer('{'), 'cimd_document_invalid'],
    ['a list', () => jsonAnswer([]), 'cimd_document_invalid'],
    ['no name', (url) => jsonAnswer({ client_id: url, redirect_uris: ['https://a.example/cb'] }), 'cimd_document_invalid'],
    ['no redirect URIs', (url) => jsonAnswer({ client_id: url, client_name: 'x' }), 'cimd_document_invalid'],
    ['a redirect URI that may not be', (url) => jsonAnswer(documentAt(url, { redirect_uris: ['https://a.example/cb', 'javascript:alert(1)'] })), 'cimd_document_invalid'],
    ['a logo at an inner address', (url) => jsonAnswer(documentAt(url, { logo_uri: 'https://169.254.169.254/x.png' })), 'cimd_document_invalid'],
    ['the name of the hub', (url) => jsonAnswer(documentAt(url, { client_name: 'Writ' })), 'cimd_document_invalid'],
    ['a NUL in it', (url) => jsonAnswer(documentAt(url, { software_id: 'a\u0000' })), 'cimd_document_invalid'],
  ])('is refused for %s, and leaves nothing behind', async (_, answer, reason) => {
    const url = newUrl();
    publish(url, answer(url));
    expect(await find(url)).toMatchObject({ ok: false, error: { reason } });
    const left = await sql`SELECT id FROM clients WHERE id = ${url} UNION ALL SELECT url FROM cimd_documents WHERE url = ${url}`.execute(room.database.db);
    expect(left.rows).toEqual([]);
  });
});

describe('documents as vendors write them', () => {
  it('may list grants that nobody may have (claude.ai lists jwt-bearer)', async () => {
    const url = newUrl();
    publish(url, jsonAnswer(documentAt(url, { grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:jwt-bearer', 'client_credentials'] })));
    expect(await found(url)).toMatchObject({ grants: ['authorization_code', 'refresh_token'] });
  });

  it('may list none beside private_key_jwt (ChatGPT), and then either will do', async () => {
    const url = newUrl();
    const methods = { token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'], jwks_uri: 'https://keys.example/jwks.json' };
    publish(url, jsonAnswer(documentAt(url, methods), { 'content-type': 'application/oauth-client+json; charset=utf-8' }));
    expect(await found(url)).toMatchObject({ authMethod: 'private_key_jwt', public: true, settings: { alsoPublic: true }, jwksUri: 'https://keys.example/jwks.json' });
    const form = { get: (name: string) => (name === 'client_id' ? url : undefined) };
    expect(await desk.authentication.authenticate({ form, now: room.clock.now() })).toMatchObject({ ok: true, value: { method: 'none' } });
  });

  it('are believed alone for private_key_jwt when they do not list none', async () => {
    const url = newUrl();
    publish(url, jsonAnswer(documentAt(url, { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://keys.example/jwks.json' })));
    expect(await found(url)).toMatchObject({ public: false });
    const form = { get: (name: string) => (name === 'client_id' ? url : undefined) };
    expect(await desk.authentication.authenticate({ form, now: room.clock.now() })).toMatchObject({ ok: false, error: { error: 'invalid_client' } });
  });
});

describe('pinned copies', () => {
  it.each(PINNED_URLS)('are documents that would pass: %s', (url) => {
    const rules = { channel: 'cimd', hubHost: 'hub.example', urlFault: () => undefined, redirectHosts: [] } as const;
    expect(readDocument(url, pinnedDocument(url)?.document ?? {}, rules)).toMatchObject({ ok: true });
    expect(isVendorUrl(url)).toBe(true);
  });

  it('stand in while the vendor challenges servers, and the live document wins as soon as it can be had', async () => {
    const url = 'https://claude.ai/oauth/claude-code-client-metadata';
    publish(url, challenge());
    expect(await found(url)).toMatchObject({ name: 'Claude Code', status: 'verified', redirectUris: ['http://localhost/callback', 'http://127.0.0.1/callback'] });
    publish(url, jsonAnswer(documentAt(url, { client_name: 'Claude Code 3' })));
    room.clock.advance(600_000);
    expect(await found(url)).toMatchObject({ name: 'Claude Code 3' });
    expect((await eventsOf(url)).map(({ type, data }) => [type, data['source']])).toEqual([['client.registered', 'pinned'], ['client.changed', 'live']]);
  });

  it('raise an entry with the difference when the live document says something else at first sight', async () => {
    const url = 'https://zed.dev/oauth/client-metadata.json';
    publish(url, jsonAnswer(documentAt(url, { client_name: 'Zed', redirect_uris: ['http://127.0.0.1/other'] })));
    await found(url);
    const entries = await eventsOf(url);
    expect(entries.map(({ type, reason }) => [type, reason])).toEqual([['client.registered', 'first_sight'], ['client.changed', 'differs_from_pinned_copy']]);
    expect(JSON.stringify(entries[1]?.data)).toContain('redirect_uris');
  });

  it('vouch for the places where a vendor publishes, not for whole hosts', () => {
    expect([isVendorUrl('https://vscode.dev/oauth/x.json'), isVendorUrl('https://vscode.dev/github/user/x.json'), isVendorUrl('https://claude.ai.evil.example/oauth/x')]).toEqual([true, false, false]);
  });
});

describe('allow-lists', () => {
  const setCimd = (of: object) => desk.settings.put(registrationSetting.parse({ cimd: of }), hubAuthor('test'));

  it('of the hub keep a host from being fetched, and verify hosts that an administrator named', async () => {
    const url = newUrl();
    publish(url);
    await setCimd({ hosts: ['*.allowed.example'] });
    expect(await find(url)).toMatchObject({ ok: false, error: { reason: 'cimd_host_not_listed' } });
    await setCimd({ enabled: false });
    expect(await find(url)).toMatchObject({ ok: false, error: { reason: 'cimd_disabled' } });
    expect(asked(url)).toBe(0);
    await setCimd({ hosts: [new URL(url).host], verifiedHosts: ['*.example'] });
    expect(await found(url)).toMatchObject({ status: 'verified' });
    await setCimd({});
  });

  it('of resources keep out what no resource would let in, and each resource is asked for itself', async () => {
    const url = newUrl();
    publish(url);
    const closed = resourceWith({ cimd: { enabled: true, hosts: ['*.partner.test'] }, dcr: { enabled: false } });
    const strict = await openDesk(room, room.node(), world, [closed]);
    expect(await find(url, strict)).toMatchObject({ ok: false, error: { reason: 'cimd_no_resource_admits' } });
    expect(asked(url)).toBe(0);
    const client = await found(url);
    expect(registrationFault(closed.registration, client)).toBe('cimd_host_not_listed');
    expect(registrationFault({ cimd: { enabled: false, hosts: [] }, dcr: { enabled: true } }, client)).toBe('cimd_disabled');
    expect(registrationFault({ cimd: { enabled: true, hosts: [] }, dcr: { enabled: false } }, client)).toBeUndefined();
    expect(registrationFault(closed.registration, { ...client, id: 'dcr_1', registrationType: 'dcr' })).toBe('dcr_disabled');
    expect(registrationFault(closed.registration, { ...client, id: 'own', registrationType: 'manual' })).toBeUndefined();
  });
});

describe('through the real way out', () => {
  let server: Server;
  let hits = 0;
  beforeAll(async () => {
    server = createServer((request, response) => {
      hits += 1;
      if (request.url === '/redirect') return void response.writeHead(302, { location: '/client.json' }).end();
      if (request.url === '/big') return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(documentAt('x', { pad: 'x'.repeat(5_200) })));
      return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(documentAt('x')));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  });
  afterAll(() => new Promise((done) => server.close(done)));

  it('148 an address inside is never connected to', async () => {
    const outbound = createOutbound({ allowLoopback: false, resolve: async () => ['127.0.0.1'] });
    const { port } = server.address() as AddressInfo; // reason: it listens on a port
    const guarded = await openDesk(room, room.node(), { ...world, get: (url) => outbound.get(url, { maxBytes: 5_120, timeoutMs: 5_000 }) });
    for (const url of [`https://rebind.example:${port}/client.json`, `https://10.0.0.1:${port}/client.json`, `https://[::ffff:127.0.0.1]:${port}/client.json`]) {
      expect(await find(url, guarded)).toMatchObject({ ok: false });
    }
    expect(hits).toBe(0);
    await outbound.close();
  });

  it('150 and 152 a redirect is not followed, and five kilobytes are enough', async () => {
    const outbound = createOutbound({ allowLoopback: true });
    const { port } = server.address() as AddressInfo; // reason: it listens on a port
    const rules = { channel: 'cimd', hubHost: 'hub.example', urlFault: () => undefined, redirectHosts: [] } as const;
    const look = (path: string) => fetchDocument(outbound, `http://127.0.0.1:${port}${path}`, rules, NOON);
    expect(await look('/redirect')).toMatchObject({ outcome: 'unavailable', detail: 'redirect: status 302' });
    expect(await look('/big')).toMatchObject({ outcome: 'unavailable', detail: expect.stringContaining('too_large') });
    expect(await look('/client.json')).toMatchObject({ outcome: 'invalid' });
    expect(hits).toBe(3);
    await outbound.close();
  });
});
