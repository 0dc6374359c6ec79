import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { mayLeadTo } from './form-action.ts';
import { CookieJar } from './jar.ts';
import { readPage } from './page.ts';
import { story, walk } from './walk.ts';

const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close()));

async function serve(answer: (request: IncomingMessage, response: ServerResponse, body: string) => void): Promise<string> {
  const server = createServer(async (request, response) => {
    const parts: Uint8Array[] = [];
    for await (const part of request) parts.push(part);
    answer(request, response, Buffer.concat(parts).toString());
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

const SIGN_IN = `<title>Sign in</title><main><form method="post" action="/in"><input type="hidden" name="t" value="1">
<label for="e">E-mail</label><input id="e" name="email"><label>Password <input type="password" name="password"></label>
<button name="action" value="continue">Continue</button><button name="action" value="cancel">Cancel</button></form></main>`;
const CONSENT = `<title>Allow?</title><main><form method="post"><input type="hidden" name="t" value="2">
<label><input type="checkbox" name="scope" value="read" checked> Read</label><label><input type="checkbox" name="scope" value="write"> Write</label>
<label><input type="radio" name="tenant" value="acme" checked> Acme</label><label><input type="radio" name="tenant" value="beta"> Beta</label>
<button name="action" value="deny">Deny</button><button name="action" value="allow">Allow</button></form></main>`;

/** A small hub of two pages; `policy` is what its pages send along. Answers what was posted. */
async function twoPages(client: string, policy: string): Promise<{ start: string; posts: string[] }> {
  const posts: string[] = [];
  const hub = await serve((request, response, body) => {
    if (request.method === 'POST') posts.push(body);
    const html = { 'content-type': 'text/html', 'content-security-policy': policy };
    if (request.url === '/in' && request.method === 'POST')
      response.writeHead(303, { location: '/ask', 'set-cookie': 's=1; Path=/' }).end();
    else if (request.url === '/ask' && request.method === 'POST')
      response.writeHead(303, { location: `${client}/cb?code=c&state=s` }).end();
    else if (request.url === '/ask' && request.headers.cookie === 's=1') response.writeHead(200, html).end(CONSENT);
    else response.writeHead(200, html).end(SIGN_IN);
  });
  return { start: `${hub}/authorize`, posts };
}

test('a walk signs in, ticks what the person allows and calls the client back', async () => {
  const client = await serve((_, response) => response.end('thanks'));
  const { start, posts } = await twoPages(client, `form-action 'self' ${client}`);
  const walked = await walk(start, { email: 'ann@acme.test', password: 'p w', tenant: 'beta', allow: ['write'] });
  expect(posts).toEqual(['t=1&email=ann%40acme.test&password=p+w&action=continue', 't=2&scope=write&tenant=beta&action=allow']);
  expect(walked.end).toMatchObject({ kind: 'callback', params: { code: 'c', state: 's' }, status: 200, body: 'thanks' });
  expect(story(walked).at(-1)).toBe(`back at ${client}/cb with code state (200)`);
});

test('a person may deny, allow everything, or leave the page as it is', async () => {
  const { start, posts } = await twoPages('http://client.test', `form-action 'self' http://client.test`);
  for (const allow of ['deny', 'all', 'offered'] as const) await walk(start, { email: 'a', password: 'p', allow });
  const consents = posts.filter((post) => post.includes('t=2'));
  expect(consents.map((post) => new URLSearchParams(post).getAll('scope').join(' '))).toEqual(['read', 'read write', 'read']);
  expect(consents.map((post) => new URLSearchParams(post).get('action'))).toEqual(['deny', 'allow', 'allow']);
});

test('a page whose policy forgets the client stops the walk as it would stop a browser', async () => {
  const { start } = await twoPages('http://client.test', `form-action 'self'`);
  await expect(walk(start, { email: 'a', password: 'p', allow: 'all' })).rejects.toThrow('form-action');
});

test('a wrong password ends at the page that says so', async () => {
  const hub = await serve((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(`${SIGN_IN}<p>Wrong.</p>`));
  const walked = await walk(`${hub}/authorize`, { email: 'a', password: 'no', allow: 'all' });
  expect(walked.end).toMatchObject({ kind: 'page', why: 'the same page came back three times' });
});

test('controls without words and scripts are noticed', () => {
  const page = readPage(`<script>x</script><form method="post"><input name="email"><label>Code <input name="code"></label></form>`);
  expect(page).toMatchObject({ unlabelled: ['email'], scripts: 1, text: 'Code' });
});

test('cookies follow host and path, and end with Max-Age 0', () => {
  const jar = new CookieJar();
  const url = new URL('http://localhost:1/a');
  jar.take(url, ['one=1; Path=/', 'two=2; Path=/a; HttpOnly', 'three=3; Path=/b']);
  expect(jar.header(new URL('http://localhost:2/a/b'))).toBe('two=2; one=1');
  expect(jar.header(new URL('http://localhost/ab'))).toBe('one=1');
  expect(jar.header(new URL('http://127.0.0.1/a'))).toBe('');
  jar.take(url, ['one=; Path=/; Max-Age=0']);
  expect(jar.header(new URL('http://localhost:2/a'))).toBe('two=2');
});

test.each([
  [`form-action 'self'`, 'http://hub.test/x', true],
  [`form-action 'self'`, 'http://hub.test:81/x', false],
  [`default-src 'none'`, 'http://other.test/', true],
  [`form-action 'self' https:`, 'https://other.test/', true],
  [`form-action 'self' https:`, 'http://other.test/', false],
  [`form-action http://127.0.0.1:*`, 'http://127.0.0.1:4000/cb', true],
  [`form-action http://127.0.0.1:*`, 'http://localhost:4000/cb', false],
  [`form-action cursor:`, 'cursor://a/b', true],
])('%s lets a form lead to %s: %s', (policy, target, expected) => {
  expect(mayLeadTo(policy, new URL('http://hub.test/page'), new URL(target))).toBe(expected);
});
