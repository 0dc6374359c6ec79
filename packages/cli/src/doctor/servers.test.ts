import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { startSample } from '@writ/sample-mcp';
import { afterEach, expect, test } from 'vitest';
import { askHub, judgeHub } from './hub.ts';
import { askServer, hubNamedBy, judgeServer } from './server.ts';

const HUB = 'http://localhost:8787';

let stop: () => void = () => undefined;
afterEach(() => stop());

async function listen(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  stop = () => {
    server.close();
    server.closeAllConnections();
  };
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

test('nothing is wrong with the sample server', async () => {
  const sample = await startSample({ port: 0, issuer: HUB });
  try {
    const facts = await askServer(sample.url);
    expect(judgeServer(facts, HUB).filter(({ level }) => level !== 'good')).toEqual([]);
    expect(hubNamedBy(facts)).toBe(HUB);
    expect(judgeServer(facts, 'http://localhost:8788')).toContainEqual(
      expect.objectContaining({ level: 'wrong', says: expect.stringContaining(HUB) }),
    );
    const other = sample.url.replace('localhost', '127.0.0.1').replace('/mcp', '/mcp/');
    expect(judgeServer(await askServer(other), HUB)[0]).toMatchObject({ level: 'wrong' });
  } finally {
    await sample.close();
  }
});

test.each<[string, RequestListener, string, string]>([
  ['is open to everybody', (_, response) => void response.end('{}'), 'open to everybody', 'SDK'],
  ['is not there', (_, response) => void response.writeHead(404).end(), '404', 'path'],
  ['redirects', (_, response) => void response.writeHead(307, { location: 'https://elsewhere.test/' }).end(), 'redirects', 'final address'],
  ['only forbids', (_, response) => void response.writeHead(403).end(), '403', '401 only'],
  ['does not say how to log in', (_, response) => void response.writeHead(401).end(), 'without saying how', 'WWW-Authenticate'],
  ['describes itself without a name', (_, response) => void response.end('{}'), 'names no resource', 'RFC 9728'],
  [
    'checks no token',
    ({ headers }, response) =>
      void response.writeHead(headers.authorization === undefined ? 401 : 200, { 'www-authenticate': 'Bearer' }).end('{}'),
    '200 to a token that is none',
    'does not check',
  ],
  [
    'points to nothing',
    ({ headers, method }, response) =>
      void response
        .writeHead(method === 'POST' ? 401 : 404, { 'www-authenticate': `Bearer resource_metadata="http://${headers.host ?? ''}/gone"` })
        .end(),
    '/gone, which answers 404',
    'metadata',
  ],
])('a server that %s is told so, with the fix', async (_, handler, says, fix) => {
  const url = await listen(handler);
  const findings = judgeServer(await askServer(`${url}/mcp`), HUB);
  const wrong = findings.filter(({ level }) => level === 'wrong');
  expect(wrong).toContainEqual({ level: 'wrong', says: expect.stringContaining(says), fix: expect.stringContaining(fix) });
});

test('where nothing listens, that is what is said', async () => {
  const url = await listen(() => undefined);
  stop();
  expect(judgeServer(await askServer(`${url}/mcp`), HUB)).toMatchObject([
    { level: 'wrong', says: expect.stringContaining('ECONNREFUSED') },
  ]);
  expect(judgeHub(await askHub(url))).toMatchObject([{ level: 'wrong', says: expect.stringContaining('Nothing answers') }]);
});

test('an authorization server with another name, no PKCE, no keys and a wrong clock is told so', async () => {
  const url = await listen((request, response) => {
    if (request.url?.startsWith('/.well-known/') !== true) return void response.writeHead(503).end();
    response.writeHead(200, { date: 'Sat, 21 Nov 2020 12:00:00 GMT', 'content-type': 'application/json' });
    response.end(
      JSON.stringify({
        issuer: `http://localhost:${request.socket.localPort ?? 0}`,
        jwks_uri: `http://127.0.0.1:${request.socket.localPort ?? 0}/keys`,
      }),
    );
  });
  const said = judgeHub(await askHub(url))
    .filter(({ level }) => level === 'wrong')
    .map(({ says }) => says)
    .join('\n');
  for (const word of ['not ready', 'two names to a client', 'PKCE', 'keys cannot be read', 'browser', 'clock'])
    expect(said).toContain(word);
});
