// A service that lets in who shows a certificate: tried when it is typed in, shown by the proxy, handed out to nobody else.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { selfSigned } from '../certificate.ts';
import { temporaryFolder } from '../harness.ts';
import { openWorld } from './world.ts';
import type { World } from './world.ts';

const SECRET = 'a-long-secret-of-the-worker';
const [site, good, stranger] = [selfSigned(), selfSigned(), selfSigned()];
const folder = temporaryFolder();

let world: World;
let origin: string;
/** Fingerprints of who came in, and where to. */
const seen: { by: string; url: string; headers: object }[] = [];
const server = createServer({ key: site.key, cert: site.certificate, ca: [good.certificate], requestCert: true, rejectUnauthorized: true });

beforeAll(async () => {
  server.on('request', (request, response) => {
    const by = request.socket instanceof TLSSocket ? request.socket.getPeerCertificate().fingerprint256 : 'nobody';
    seen.push({ by, url: request.url ?? '', headers: request.headers });
    response.writeHead(request.url === '/v1/forbidden' ? 403 : 200, { 'content-type': 'text/plain' }).end(`hello ${request.url ?? ''}`);
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  origin = `https://localhost:${typeof address === 'object' && address !== null ? address.port : 0}`;
  const caFile = join(folder.path, 'ca.pem');
  writeFileSync(caFile, site.certificate);
  world = await openWorld({ env: { NODE_EXTRA_CA_CERTS: caFile } });
  const base = { type: 'certificate', baseUrl: `${origin}/v1` };
  await world.hub.apply({
    clients: [{ id: 'worker', name: 'Worker', kind: 'service', auth: { secrets: [{ value: SECRET }] }, tenants: ['acme'] }],
    connections: [
      { id: 'ledger', name: 'Ledger', ...base, test: { method: 'GET', path: '/me' } },
      { id: 'locked', name: 'Locked', ...base, test: { method: 'GET', path: '/forbidden' } },
    ],
    policies: [
      {
        id: 'worker',
        effect: 'allow',
        grants: ['token_exchange'],
        subject: { clients: ['worker'] },
        target: { connections: ['ledger'] },
        scopes: 'all',
      },
    ],
  });
});
afterAll(async () => {
  await world?.close();
  server.closeAllConnections();
  server.close();
  folder.remove();
});

async function fill(connection: string, { certificate, key }: { certificate: string; key: string }) {
  const ida = await world.person('ida');
  const page = await ida.open(await world.link({ connection, tenant: 'acme' }));
  return ida.press(page, 'continue', { certificate, private_key: key });
}

async function call(path: string): Promise<Response> {
  const answer = await fetch(`${world.hub.issuer}/oauth/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`worker:${SECRET}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource: `${world.hub.issuer}/proxy/ledger` }),
  });
  const body: unknown = await answer.json();
  const token = typeof body === 'object' && body !== null && 'access_token' in body ? String(body.access_token) : '';
  return fetch(`${world.hub.issuer}/proxy/ledger${path}`, { headers: { authorization: `Bearer ${token}` } });
}

describe('a certificate', () => {
  it('that the service does not take is not kept, whether it breaks off or answers no', async () => {
    const broken = await fill('ledger', { certificate: stranger.certificate, key: stranger.key });
    expect([broken.status, broken.page.text]).toEqual([400, expect.stringContaining('No connection to the service came about')]);
    const refused = await fill('locked', { certificate: good.certificate, key: good.key });
    expect([refused.status, refused.page.text]).toEqual([400, expect.stringContaining('it answered 403')]);
    expect(await world.credentials()).toEqual([]);
    expect(seen.map(({ url }) => url)).toEqual(['/v1/forbidden']);
  });

  it('is tried by the call that the connection names, and kept', async () => {
    seen.length = 0;
    const end = await fill('ledger', { certificate: good.certificate, key: good.key });
    expect(end.page.title).toBe('Ledger is connected');
    expect(seen.map(({ url }) => url)).toEqual(['/v1/me']);
    expect(await world.credentials('connection=ledger')).toMatchObject([{ kind: 'certificate', owner: { tenant: 'acme' } }]);
  });

  it('is shown by the proxy, so that a program calls without ever holding it', async () => {
    const before = seen.length;
    const answer = await call('/books?year=2026');
    expect([answer.status, await answer.text()]).toEqual([200, 'hello /v1/books?year=2026']);
    expect(seen.slice(before)).toMatchObject([{ url: '/v1/books?year=2026' }]);
    expect(seen.slice(before)[0]?.headers).not.toHaveProperty('authorization');
    expect(new Set(seen.map(({ by }) => by)).size).toBe(1);
    const text = JSON.stringify(await world.hub.items('events?limit=200')) + world.hub.said();
    expect(text).not.toContain(good.key.split('\n')[1]);
  });

  it('is not shown once it is locked', async () => {
    const before = seen.length;
    const [held] = await world.credentials('connection=ledger');
    await world.hub.admin('POST', `credentials/${String(held?.['id'])}/lock`, { reason: 'test' });
    expect((await call('/books')).status).toBe(403);
    expect(seen.length).toBe(before);
  });
});
