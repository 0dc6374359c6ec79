import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OutboundResult } from '../../base/outbound/outbound.ts';
import { documentAt, openDocumentRig, type DocumentRig } from './documents.suite.ts';
import { jsonAnswer } from './world.suite.ts';

let rig: DocumentRig;
beforeAll(async () => {
  rig = await openDocumentRig();
});
afterAll(() => rig.room.close());
// Whatever a test before this one left behind is stale.
beforeEach(() => rig.room.clock.advance(3 * 86_400_000));

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
    const before = rig.world.asked.length;
    expect(await rig.find(url)).toMatchObject({ ok: false });
    expect(rig.world.asked.length).toBe(before);
  });
});

describe('a document that is not one', () => {
  it.each<[string, (url: string) => OutboundResult, string]>([
    ['151 another client_id', (url) => jsonAnswer(documentAt(`${url}/`)), 'cimd_document_invalid'],
    ['151 the client_id in upper case', (url) => jsonAnswer(documentAt(url.replace('https', 'HTTPS'))), 'cimd_document_invalid'],
    [
      '151 the client_id with its port',
      (url) => jsonAnswer(documentAt(url.replace('.example/', '.example:443/'))),
      'cimd_document_invalid',
    ],
    ['151 a client_id in a list', (url) => jsonAnswer(documentAt(url, { client_id: [url] })), 'cimd_document_invalid'],
    [
      '151 two client_ids',
      (url) =>
        jsonAnswer(
          `{"client_id":"https://evil.example/c","client_id":"${url}","client_name":"x","redirect_uris":["https://a.example/cb"]}`,
        ),
      'cimd_document_invalid',
    ],
    ['152 a client_secret', (url) => jsonAnswer(documentAt(url, { client_secret: 'x' })), 'cimd_document_invalid'],
    [
      '152 a shared-secret method',
      (url) => jsonAnswer(documentAt(url, { token_endpoint_auth_method: 'client_secret_post' })),
      'cimd_document_invalid',
    ],
    [
      '152 HTML',
      (url) => ({
        ok: true,
        status: 200,
        headers: new Headers({ 'content-type': 'text/html' }),
        body: Buffer.from(JSON.stringify(documentAt(url))),
      }),
      'cimd_unavailable',
    ],
    [
      '152 no media type',
      (url) => ({ ok: true, status: 200, headers: new Headers(), body: Buffer.from(JSON.stringify(documentAt(url))) }),
      'cimd_unavailable',
    ],
    [
      'status 201',
      (url) => ({
        ok: true,
        status: 201,
        headers: new Headers({ 'content-type': 'application/json' }),
        body: Buffer.from(JSON.stringify(documentAt(url))),
      }),
      'cimd_unavailable',
    ],
    ['no JSON', () => jsonAnswer('{'), 'cimd_document_invalid'],
    ['a list', () => jsonAnswer([]), 'cimd_document_invalid'],
    ['no name', (url) => jsonAnswer({ client_id: url, redirect_uris: ['https://a.example/cb'] }), 'cimd_document_invalid'],
    ['no redirect URIs', (url) => jsonAnswer({ client_id: url, client_name: 'x' }), 'cimd_document_invalid'],
    [
      'a redirect URI that may not be',
      (url) => jsonAnswer(documentAt(url, { redirect_uris: ['https://a.example/cb', 'javascript:alert(1)'] })),
      'cimd_document_invalid',
    ],
    [
      'a logo at an inner address',
      (url) => jsonAnswer(documentAt(url, { logo_uri: 'https://169.254.169.254/x.png' })),
      'cimd_document_invalid',
    ],
    ['the name of the hub', (url) => jsonAnswer(documentAt(url, { client_name: 'Writ' })), 'cimd_document_invalid'],
    ['a NUL in it', (url) => jsonAnswer(documentAt(url, { software_id: 'a\u0000' })), 'cimd_document_invalid'],
  ])('is refused for %s, and leaves nothing behind', async (_, answer, reason) => {
    const url = rig.newUrl();
    rig.publish(url, answer(url));
    expect(await rig.find(url)).toMatchObject({ ok: false, error: { reason } });
    const left = await sql`SELECT id FROM clients WHERE id = ${url} UNION ALL SELECT url FROM cimd_documents WHERE url = ${url}`.execute(
      rig.room.database.db,
    );
    expect(left.rows).toEqual([]);
  });
});

describe('documents as vendors write them', () => {
  it('may list grants that it does not get, and jwt-bearer, which it does (claude.ai lists it)', async () => {
    const url = rig.newUrl();
    rig.publish(
      url,
      jsonAnswer(
        documentAt(url, {
          grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:jwt-bearer', 'client_credentials'],
        }),
      ),
    );
    expect(await rig.found(url)).toMatchObject({
      grants: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:jwt-bearer'],
    });
  });

  it('may list none beside private_key_jwt (ChatGPT), and then either will do', async () => {
    const url = rig.newUrl();
    const methods = {
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
      jwks_uri: 'https://keys.example/jwks.json',
    };
    rig.publish(url, jsonAnswer(documentAt(url, methods), { 'content-type': 'application/oauth-client+json; charset=utf-8' }));
    expect(await rig.found(url)).toMatchObject({
      authMethod: 'private_key_jwt',
      public: true,
      settings: { alsoPublic: true },
      jwksUri: 'https://keys.example/jwks.json',
    });
    const form = { get: (name: string) => (name === 'client_id' ? url : undefined) };
    expect(await rig.desk.authentication.authenticate({ form, now: rig.room.clock.now() })).toMatchObject({
      ok: true,
      value: { method: 'none' },
    });
  });

  it('are believed alone for private_key_jwt when they do not list none', async () => {
    const url = rig.newUrl();
    rig.publish(
      url,
      jsonAnswer(documentAt(url, { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://keys.example/jwks.json' })),
    );
    expect(await rig.found(url)).toMatchObject({ public: false });
    const form = { get: (name: string) => (name === 'client_id' ? url : undefined) };
    expect(await rig.desk.authentication.authenticate({ form, now: rig.room.clock.now() })).toMatchObject({
      ok: false,
      error: { error: 'invalid_client' },
    });
  });
});
