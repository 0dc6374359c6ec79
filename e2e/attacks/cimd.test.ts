import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { document, openDocumentSite } from './document-site.ts';
import type { DocumentSite } from './document-site.ts';
import { P } from './outcome.ts';
import { attacks, checkNothingLeaked, inWorld } from './runner.ts';
import type { Attack } from './runner.ts';
import { authorizePath } from './requests.ts';
import type { World } from './world.ts';

const env: Record<string, string> = {};
let site: DocumentSite;
beforeAll(async () => {
  site = await openDocumentSite();
  env['NODE_EXTRA_CA_CERTS'] = site.caFile;
});
afterAll(() => site.close());
const world = inWorld({ env });

const asksAs = (at: World, clientId: string) => at.ask(authorizePath({ client_id: clientId, redirect_uri: 'https://doc.example/cb' }));
const refused: Attack['entries'] = [{ type: 'journey.refused', reason: /^(unknown_client|url_|cimd_)/ }];

describe('CIMD: 147 client ids that are no address of a document', () => {
  const names = [
    'http://evil.example/c',
    'https://evil.example/c#f',
    'https://user@evil.example/c',
    'https://evil.example/a/../c',
    'https://evil.example/./c',
    'https://evil.example',
    'https://evil.example/',
    'https:\\\\evil.example\\c',
    'https://evil.example/c ',
    ' https://evil.example/c',
    'HTTPS://evil.example/c',
    'https://evil.example/%2e%2e/c',
    'https:///c',
    'ftp://evil.example/c',
    'javascript:alert(1)',
  ];
  attacks(
    world,
    names.map((name): Attack => ({
      number: '147',
      title: JSON.stringify(name),
      send: (at) => asksAs(at, name),
      outcome: P('invalid_client'),
      entries: refused,
    })),
  );
});

describe('CIMD: 150 to 152 documents that are not in order', () => {
  let count = 0;
  const documents = (number: string, title: string, handler: Parameters<DocumentSite['at']>[1]): Attack => ({
    number,
    title,
    send(at) {
      count += 1;
      return asksAs(at, site.at(`/doc-${count}`, handler));
    },
    outcome: P('invalid_client'),
    entries: refused,
  });
  const whole = (_: unknown, url: string) =>
    JSON.stringify({ client_id: url, client_name: 'D', redirect_uris: ['https://doc.example/cb'] });
  attacks(world, [
    documents(
      '150',
      'a redirect to a good one (draft issue 44)',
      (_, response, url) => void response.writeHead(302, { location: `${url}-else` }).end(),
    ),
    documents(
      '150',
      'a redirect to the metadata service',
      (_, response) => void response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
    ),
    documents('151', 'client_id of another', document({ client_id: 'https://localhost/other' })),
    documents('151', 'client_id in other letters', (_, response, url) => document({ client_id: url.toUpperCase() })(_, response, url)),
    documents('151', 'client_id with a slash more', (_, response, url) => document({ client_id: `${url}/` })(_, response, url)),
    documents('151', 'no client_id', document({ client_id: undefined })),
    documents('151', 'client_id as a list', (_, response, url) => document({ client_id: [url] })(_, response, url)),
    documents('152', 'more than 5 KB', document({ padding: 'a'.repeat(6_000) })),
    documents('152', 'chunks without end', (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const timer = setInterval(() => response.write('{"a":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"'.repeat(20)), 5);
      response.once('close', () => clearInterval(timer));
    }),
    documents('152', 'a byte now and then', (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const timer = setInterval(() => response.write(' '), 300);
      response.once('close', () => clearInterval(timer));
    }),
    documents('152', 'a gzip bomb', (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.end(gzipSync(Buffer.alloc(10_000_000, 0x20)));
    }),
    documents('152', 'HTML', (_, response, url) => void response.writeHead(200, { 'content-type': 'text/html' }).end(whole(_, url))),
    documents('152', 'client_secret', document({ client_secret: 'a-secret-in-the-open' })),
    documents('152', 'client_secret_basic', document({ token_endpoint_auth_method: 'client_secret_basic' })),
    documents('152', 'no JSON', (_, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{')),
    documents(
      '152',
      'a name twice',
      (_, response, url) =>
        void response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(`{"client_id":"https://evil.example/c",${whole(_, url).slice(1)}`),
    ),
    documents('152', '500', (_, response) => void response.writeHead(500).end()),
    documents('152', 'nothing at all', (request) => void request.socket.destroy()),
    documents('136', 'redirect_uris that are javascript:', document({ redirect_uris: ['javascript:alert(1)'] })),
    documents('138', 'a name with bidi marks', document({ client_name: 'a\u202eb' })),
  ]);

  it('147 the same document in order is a client, once it is asked for', async () => {
    const url = site.at('/good', document());
    const { answer } = await world()
      .visitor()
      .open(authorizePath({ client_id: url, redirect_uri: 'https://doc.example/cb' }));
    expect(answer.status).toBe(200);
    expect(site.asked.filter((path) => path === '/good')).toHaveLength(1);
  });
});

/** CVE-2025-67494, CVE-2024-49753, CVE-2026-55671, CVE-2026-27945: deny-lists that forgot a spelling. CVE-2026-44430, CVE-2026-42449: IPv6 in disguise. */
describe('CIMD: 148 and 149 addresses inside', () => {
  const inside = inWorld({ env: { WRIT_ALLOW_LOOPBACK: '0' } });
  let trap: Server;
  let connections = 0;
  let port = 0;
  beforeAll(async () => {
    trap = createServer((socket) => {
      connections += 1;
      socket.destroy();
    }).listen(0, '127.0.0.1');
    await once(trap, 'listening');
    const address = trap.address();
    port = address !== null && typeof address === 'object' ? address.port : 0;
  });
  afterAll(() => void trap.close());

  const hosts = [
    '127.0.0.1',
    'localhost',
    '127.1',
    '0x7f000001',
    '2130706433',
    '0177.0.0.1',
    '0.0.0.0',
    '10.0.0.1',
    '192.168.0.1',
    '172.16.0.1',
    '169.254.169.254',
    '100.64.0.1',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:a9fe:a9fe]',
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
    '[fe80::1]',
    '[fc00::1]',
    '[fec0::1]',
    'metadata.google.internal',
    'localhost.localdomain',
  ];
  attacks(
    inside,
    hosts.map((host): Attack => ({
      number: host.startsWith('[') ? '149' : '148',
      title: host,
      send: (at) => asksAs(at, `https://${host}:${port}/client.json`),
      outcome: P('invalid_client'),
      entries: refused,
    })),
  );
  it('148 nobody knocked', () => {
    expect(connections).toBe(0);
  });
  checkNothingLeaked(inside);
});

checkNothingLeaked(world);
