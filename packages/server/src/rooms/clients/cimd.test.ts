import { createServer, type Server } from 'node:http';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createOutbound } from '../../base/outbound/outbound.ts';
import { hubAuthor } from '../audit/author.ts';
import { registrationFault } from './admit.ts';
import { readDocument } from './document.ts';
import { challenge, documentAt, openDocumentRig, type DocumentRig } from './documents.suite.ts';
import { fetchDocument } from './fetch.store.ts';
import { isVendorUrl, PINNED_URLS, pinnedDocument } from './pack.ts';
import { NOON } from './room.suite.ts';
import { registrationSetting } from './setting.ts';
import { jsonAnswer, openDesk, resourceWith } from './world.suite.ts';

let rig: DocumentRig;
beforeAll(async () => {
  rig = await openDocumentRig();
});
afterAll(() => rig.room.close());
// Whatever a test before this one left behind is stale.
beforeEach(() => rig.room.clock.advance(3 * 86_400_000));

describe('a client that is described by its own document', () => {
  it('is registered on first sight, unverified, and asked for again only when the document is stale', async () => {
    const url = rig.newUrl();
    rig.publish(url, jsonAnswer(documentAt(url), { 'cache-control': 'max-age=600' }));
    expect(await rig.found(url)).toMatchObject({
      id: url,
      name: 'Example',
      registrationType: 'cimd',
      status: 'unverified',
      public: true,
      authMethod: 'none',
      grants: ['authorization_code', 'refresh_token'],
    });
    await Promise.all(Array.from({ length: 20 }, () => rig.find(url)));
    await rig.find(url, rig.other);
    rig.room.clock.advance(599_999);
    await rig.find(url);
    expect(rig.asked(url)).toBe(1);
    rig.room.clock.advance(1);
    await Promise.all(Array.from({ length: 20 }, () => rig.find(url)));
    expect(rig.asked(url)).toBe(2);
    expect(await rig.eventsOf(url)).toMatchObject([{ type: 'client.registered', reason: 'first_sight' }]);
  });

  it('is fetched once and registered once when many ask two nodes at the same moment', async () => {
    const url = rig.newUrl();
    rig.publish(url);
    const outcomes = await Promise.all(Array.from({ length: 40 }, (_, n) => rig.find(url, n % 2 === 0 ? rig.desk : rig.other)));
    expect(outcomes.every(({ ok }) => ok)).toBe(true);
    expect(rig.asked(url)).toBeLessThanOrEqual(2);
    expect((await rig.eventsOf(url)).filter(({ type }) => type === 'client.registered')).toHaveLength(1);
  });

  it('changes with its document, and the entry says how', async () => {
    const url = rig.newUrl();
    rig.publish(url);
    await rig.find(url);
    rig.publish(url, jsonAnswer(documentAt(url, { client_name: 'Renamed', redirect_uris: ['https://new.example/cb'], unknown_member: 1 })));
    rig.room.clock.advance(3_600_000);
    expect(await rig.found(url)).toMatchObject({ name: 'Renamed', redirectUris: ['https://new.example/cb'] });
    const entries = await rig.eventsOf(url);
    expect(entries.map(({ type }) => type)).toEqual(['client.registered', 'client.changed']);
    expect(JSON.stringify(entries[1]?.data)).toContain(
      '"field":"redirect_uris","from":"[\\"http://127.0.0.1/callback\\"]","to":"[\\"https://new.example/cb\\"]"',
    );
    // Another order and other unknown members are no change.
    rig.publish(url, jsonAnswer({ redirect_uris: ['https://new.example/cb'], client_name: 'Renamed', client_id: url, other_member: 2 }));
    rig.room.clock.advance(3_600_000);
    await rig.find(url);
    expect(await rig.eventsOf(url)).toHaveLength(2);
  });

  it('keeps its state when its document changes, and hears of a freeze on another node', async () => {
    const url = rig.newUrl();
    rig.publish(url);
    await rig.find(url);
    await sql`UPDATE clients SET state = 'frozen', tags = ${['seen']} WHERE id = ${url}`.execute(rig.room.database.db);
    rig.publish(url, jsonAnswer(documentAt(url, { client_name: 'Renamed' })));
    rig.room.clock.advance(3_600_000);
    expect(await rig.found(url)).toMatchObject({ name: 'Renamed', state: 'frozen', tags: ['seen'] });
  });

  it('stays what it was while its host does not answer, and is asked again within a minute', async () => {
    const url = rig.newUrl();
    rig.publish(url);
    await rig.find(url);
    for (const failure of [jsonAnswer('x'), challenge(), { ok: false, reason: 'timeout', detail: '' } as const]) {
      rig.publish(url, failure.ok && failure.status === 200 ? { ...failure, status: 503 } : failure);
      rig.room.clock.advance(86_400_000);
      expect(await rig.found(url)).toMatchObject({ name: 'Example' });
    }
    const before = rig.asked(url);
    rig.room.clock.advance(29_000);
    await rig.find(url);
    await rig.find(url, rig.other);
    expect(rig.asked(url)).toBe(before);
    rig.room.clock.advance(1_000);
    rig.publish(url);
    await rig.find(url);
    expect(rig.asked(url)).toBe(before + 1);
  });

  it('is nobody after thirty days without an answer', async () => {
    const url = rig.newUrl();
    rig.publish(url);
    await rig.find(url);
    rig.world.answers.delete(url);
    rig.room.clock.advance(31 * 86_400_000);
    expect(await rig.find(url)).toMatchObject({ ok: false, error: { reason: 'cimd_unavailable' } });
  });

  it('is nobody while its host says something that is no client, with one entry, and comes back with the document', async () => {
    const url = rig.newUrl();
    rig.publish(url);
    await rig.find(url);
    rig.publish(url, jsonAnswer(documentAt(url, { client_id: `${url}x` })));
    for (let n = 0; n < 4; n += 1) {
      rig.room.clock.advance(3_600_000);
      expect(await rig.find(url)).toMatchObject({ ok: false, error: { reason: 'cimd_document_invalid' } });
      expect(await rig.find(url, rig.other)).toMatchObject({ ok: false, error: { reason: 'cimd_document_invalid' } });
    }
    expect((await rig.eventsOf(url)).map(({ type }) => type)).toEqual(['client.registered', 'client.refused']);
    rig.publish(url);
    rig.room.clock.advance(60_000);
    expect(await rig.find(url)).toMatchObject({ ok: true });
  });

  it('is not remembered as bad for longer than a minute', async () => {
    const url = rig.newUrl();
    expect(await rig.find(url)).toMatchObject({ ok: false, error: { reason: 'cimd_unavailable' } });
    await Promise.all(Array.from({ length: 10 }, () => rig.find(url)));
    expect(rig.asked(url)).toBe(1);
    rig.publish(url);
    expect(await rig.find(url)).toMatchObject({ ok: false });
    rig.room.clock.advance(60_000);
    expect(await rig.find(url)).toMatchObject({ ok: true });
  });

  it('shares its host with few newcomers at a time, and a flood of those does not hurt one that is known', async () => {
    const known = 'https://crowd.example/oauth/known.json';
    rig.publish(known, jsonAnswer(documentAt(known), { 'cache-control': 'max-age=60' }));
    await rig.find(known);
    rig.room.clock.advance(60_000);
    let fetched = 0;
    for (let n = 0; n < 100; n += 1) {
      const url = `https://crowd.example/oauth/${n}.json`;
      rig.world.answers.set(url, () => ((fetched += 1), jsonAnswer(documentAt(url))));
      await rig.find(url);
    }
    expect(fetched).toBe(30);
    expect(await rig.find(known)).toMatchObject({ ok: true });
    expect(rig.asked(known)).toBe(2);
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
    rig.publish(url, challenge());
    expect(await rig.found(url)).toMatchObject({
      name: 'Claude Code',
      status: 'verified',
      redirectUris: ['http://localhost/callback', 'http://127.0.0.1/callback'],
    });
    rig.publish(url, jsonAnswer(documentAt(url, { client_name: 'Claude Code 3' })));
    rig.room.clock.advance(600_000);
    expect(await rig.found(url)).toMatchObject({ name: 'Claude Code 3' });
    expect((await rig.eventsOf(url)).map(({ type, data }) => [type, data['source']])).toEqual([
      ['client.registered', 'pinned'],
      ['client.changed', 'live'],
    ]);
  });

  it('raise an entry with the difference when the live document says something else at first sight', async () => {
    const url = 'https://zed.dev/oauth/client-metadata.json';
    rig.publish(url, jsonAnswer(documentAt(url, { client_name: 'Zed', redirect_uris: ['http://127.0.0.1/other'] })));
    await rig.found(url);
    const entries = await rig.eventsOf(url);
    expect(entries.map(({ type, reason }) => [type, reason])).toEqual([
      ['client.registered', 'first_sight'],
      ['client.changed', 'differs_from_pinned_copy'],
    ]);
    expect(JSON.stringify(entries[1]?.data)).toContain('redirect_uris');
  });

  it('vouch for the places where a vendor publishes, not for whole hosts', () => {
    expect([
      isVendorUrl('https://vscode.dev/oauth/x.json'),
      isVendorUrl('https://vscode.dev/github/user/x.json'),
      isVendorUrl('https://claude.ai.evil.example/oauth/x'),
    ]).toEqual([true, false, false]);
  });
});

describe('allow-lists', () => {
  const setCimd = (of: object) => rig.desk.settings.put(registrationSetting.parse({ cimd: of }), hubAuthor('test'));

  it('of the hub keep a host from being fetched, and verify hosts that an administrator named', async () => {
    const url = rig.newUrl();
    rig.publish(url);
    await setCimd({ hosts: ['*.allowed.example'] });
    expect(await rig.find(url)).toMatchObject({ ok: false, error: { reason: 'cimd_host_not_listed' } });
    await setCimd({ enabled: false });
    expect(await rig.find(url)).toMatchObject({ ok: false, error: { reason: 'cimd_disabled' } });
    expect(rig.asked(url)).toBe(0);
    await setCimd({ hosts: [new URL(url).host], verifiedHosts: ['*.example'] });
    expect(await rig.found(url)).toMatchObject({ status: 'verified' });
    await setCimd({});
  });

  it('of resources keep out what no resource would let in, and each resource is asked for itself', async () => {
    const url = rig.newUrl();
    rig.publish(url);
    const closed = resourceWith({ cimd: { enabled: true, hosts: ['*.partner.test'] }, dcr: { enabled: false } });
    const strict = await openDesk(rig.room, rig.room.node(), rig.world, [closed]);
    expect(await rig.find(url, strict)).toMatchObject({ ok: false, error: { reason: 'cimd_no_resource_admits' } });
    expect(rig.asked(url)).toBe(0);
    const client = await rig.found(url);
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
      if (request.url === '/big')
        return void response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify(documentAt('x', { pad: 'x'.repeat(5_200) })));
      return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(documentAt('x')));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  });
  afterAll(() => new Promise((done) => server.close(done)));

  const listening = (): number => {
    const at = server.address();
    if (at === null || typeof at === 'string') throw new Error('it listens on no port');
    return at.port;
  };

  it('148 an address inside is never connected to', async () => {
    const outbound = createOutbound({ allowLoopback: false, resolve: async () => ['127.0.0.1'] });
    const port = listening();
    const guarded = await openDesk(rig.room, rig.room.node(), {
      ...rig.world,
      get: (url) => outbound.get(url, { maxBytes: 5_120, timeoutMs: 5_000 }),
    });
    for (const url of [
      `https://rebind.example:${port}/client.json`,
      `https://10.0.0.1:${port}/client.json`,
      `https://[::ffff:127.0.0.1]:${port}/client.json`,
    ]) {
      expect(await rig.find(url, guarded)).toMatchObject({ ok: false });
    }
    expect(hits).toBe(0);
    await outbound.close();
  });

  it('150 and 152 a redirect is not followed, and five kilobytes are enough', async () => {
    const outbound = createOutbound({ allowLoopback: true });
    const port = listening();
    const rules = { channel: 'cimd', hubHost: 'hub.example', urlFault: () => undefined, redirectHosts: [] } as const;
    const look = (path: string) => fetchDocument(outbound, `http://127.0.0.1:${port}${path}`, rules, NOON);
    expect(await look('/redirect')).toMatchObject({ outcome: 'unavailable', detail: 'redirect: status 302' });
    expect(await look('/big')).toMatchObject({ outcome: 'unavailable', detail: expect.stringContaining('too_large') });
    expect(await look('/client.json')).toMatchObject({ outcome: 'invalid' });
    expect(hits).toBe(3);
    await outbound.close();
  });
});
