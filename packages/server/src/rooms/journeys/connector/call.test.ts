import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json, SECRETS, service, type Service } from './service.suite.ts';

let at: Service;
beforeAll(async () => {
  at = await service();
});
afterAll(() => at.close());

const REQUEST = { method: 'POST', body: { kind: 'json', value: { user: 'ann' } } } as const;

describe('what a service answers', () => {
  it('is JSON where it says so, with its status and headers, and without its cookies', async () => {
    at.on('/plan', (response) => {
      response.setHeader('set-cookie', 'sid=1');
      response.setHeader('x-request-cost', '3');
      json(response, { tier: 'pro' }, 201);
    });
    const { answer } = await at.call('/plan?user=ann%40acme.test', REQUEST);
    expect(answer).toMatchObject({ kind: 'answered', status: 201, body: { tier: 'pro' }, headers: { 'x-request-cost': '3' } });
    expect(JSON.stringify(answer)).not.toContain('sid=1');
    expect(at.heard.at(-1)).toMatchObject({
      method: 'POST',
      path: '/plan?user=ann%40acme.test',
      body: '{"user":"ann"}',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'jny_1-plan-3' },
    });
  });

  it.each([
    ['/html', 'text/html', '<p>hello</p>', '<p>hello</p>'],
    ['/untyped', undefined, 'yes', 'yes'],
    ['/problem', 'application/problem+json', '{"title":"x"}', { title: 'x' }],
    ['/empty', 'application/json', '', null],
  ])('%s is read as what it is', async (path, type, body, expected) => {
    at.on(path, (response) => response.writeHead(200, type === undefined ? {} : { 'content-type': type }).end(body));
    expect((await at.call(path)).answer).toMatchObject({ kind: 'answered', body: expected });
  });

  it.each([
    ['cut off', '{"tier":'],
    ['a name twice', '{"tier":"free","tier":"pro"}'],
    ['a prototype', '{"__proto__":{"tier":"pro"}}'],
    ['too deep', `${'['.repeat(200)}${']'.repeat(200)}`],
  ])('JSON that is none (%s) fails', async (_, body) => {
    at.on('/bad', (response) => response.writeHead(200, { 'content-type': 'application/json' }).end(body));
    expect((await at.call('/bad')).answer).toEqual({ kind: 'failed', reason: 'malformed' });
  });

  it('an error in HTML is still an answer of that status', async () => {
    at.on('/down', (response) => response.writeHead(503, { 'content-type': 'application/json' }).end('<html>sorry</html>'));
    expect((await at.call('/down')).answer).toMatchObject({ kind: 'answered', status: 503, body: null });
  });

  it.each([
    ['a redirect', 'redirect', (r: Parameters<typeof json>[0]) => r.writeHead(302, { location: '/plan' }).end()],
    ['more than 256 KB', 'too_large', (r: Parameters<typeof json>[0]) => r.end('x'.repeat(256 * 1024 + 1))],
    [
      'an announced gigabyte',
      'too_large',
      (r: Parameters<typeof json>[0]) => r.writeHead(200, { 'content-length': '1000000000' }).flushHeaders(),
    ],
    ['bytes that are no HTTP', 'unreachable', (r: Parameters<typeof json>[0]) => r.socket?.destroy()],
  ] as const)('%s is no answer', async (_, reason, answer) => {
    const before = at.heard.length;
    at.on('/odd', (response) => answer(response));
    expect((await at.call('/odd')).answer).toEqual({ kind: 'failed', reason });
    expect(at.heard.length).toBe(before + 1);
  });

  it('in 256 KB to the byte is taken', async () => {
    at.on('/full', (response) => response.end('x'.repeat(256 * 1024)));
    expect((await at.call('/full')).answer).toMatchObject({ kind: 'answered', status: 200 });
  });
});

describe('time', () => {
  it.each([
    ['never answers', () => undefined],
    [
      'drips bytes for ever',
      (response: Parameters<typeof json>[0]) => {
        const timer = setInterval(() => response.write('x'), 20);
        response.on('close', () => clearInterval(timer));
      },
    ],
    ['is slow in the middle of its headers', (response: Parameters<typeof json>[0]) => response.socket?.write('HTTP/1.1 200 OK\r\nx: ')],
  ] as const)('is limited for a service that %s', async (_, answer) => {
    const own = await service();
    own.on('/slow', (response) => answer(response));
    expect((await own.call('/slow', { timeout: 150 })).answer).toEqual({ kind: 'failed', reason: 'timeout' });
    expect(own.observed).toEqual(['timeout']);
    await own.close();
  });

  it('is limited for all tries together', async () => {
    const own = await service();
    own.on('/busy', (response) => setTimeout(() => json(response, {}, 503), 80));
    const { answer, traffic } = await own.call('/busy', { timeout: 300, retries: 3 });
    // The third try could not begin any more: what there is to say is said.
    expect(answer.kind === 'answered' ? answer.status : answer.reason).toSatisfy((one) => one === 503 || one === 'timeout');
    expect(traffic?.tries).toBeLessThan(4);
    await own.close();
  });
});

describe('trying again', () => {
  it('sends a request that may be repeated once more, with the same key', async () => {
    const own = await service();
    own.on('/flaky', (response, _heard, nth) => (nth < 3 ? json(response, {}, nth === 1 ? 500 : 429) : json(response, { tier: 'pro' })));
    const { answer, traffic } = await own.call('/flaky', { ...REQUEST, retries: 3 });
    expect(answer).toMatchObject({ kind: 'answered', status: 200 });
    expect(traffic?.tries).toBe(3);
    expect(new Set(own.heard.map(({ headers }) => headers['idempotency-key']))).toEqual(new Set(['jny_1-plan-3']));
    await own.close();
  });

  it('does it after a connection that broke, and no more often than it was told to', async () => {
    const own = await service();
    own.on('/reset', (response) => response.socket?.destroy());
    const { answer, traffic } = await own.call('/reset', { retries: 2 });
    expect(answer).toEqual({ kind: 'failed', reason: 'unreachable' });
    expect(traffic?.tries).toBe(3);
    await own.close();
  });

  it.each([400, 401, 403, 404, 409])('does not after %i', async (status) => {
    const own = await service();
    own.on('/no', (response) => json(response, {}, status));
    const { answer, traffic } = await own.call('/no', { retries: 3 });
    expect(answer).toMatchObject({ status });
    expect(traffic?.tries).toBe(1);
    await own.close();
  });

  it('waits as long as the service says, unless that is too long', async () => {
    const own = await service();
    own.on('/later', (response) => {
      response.setHeader('retry-after', '60');
      json(response, {}, 503);
    });
    const { answer, traffic } = await own.call('/later', { retries: 3 });
    expect(answer).toMatchObject({ kind: 'answered', status: 503 });
    expect(traffic?.tries).toBe(1);
    await own.close();
  });

  it('leaves a service alone that was silent five times, and asks again later', async () => {
    const own = await service();
    own.on('/gone', (response) => response.socket?.destroy());
    for (let time = 0; time < 5; time += 1) await own.call('/gone');
    expect((await own.call('/gone')).answer).toEqual({ kind: 'failed', reason: 'breaker' });
    expect(own.heard.length).toBe(5);
    own.clock.advance(60_000);
    own.on('/gone', (response) => json(response, {}));
    expect((await own.call('/gone')).answer).toMatchObject({ kind: 'answered' });
    expect((await own.call('/gone')).answer).toMatchObject({ kind: 'answered' });
    await own.close();
  });
});

describe('where it goes', () => {
  it.each(['http://10.0.0.1/x', 'http://169.254.169.254/latest', 'https://127.0.0.1:22/x', 'gopher://x', 'nonsense'])(
    'is not %s',
    async (url) => {
      const own = await service();
      expect((await own.call('', { url, timeout: 500 })).answer).toEqual({ kind: 'failed', reason: 'blocked' });
      await own.close();
    },
  );

  it('does not let a header of the author steer the connection', async () => {
    const before = at.heard.length;
    expect((await at.call('/plan', { headers: { host: 'other.test' } })).answer).toEqual({ kind: 'failed', reason: 'bad_request' });
    expect(at.heard.length).toBe(before);
  });
});

it('shows an inspector what went over the wire, and nothing that is secret', async () => {
  at.on('/inspected', (response) => {
    response.setHeader('x-api-key', 'k-other-secret');
    json(response, { tier: 'pro', key: 'sk_live_51Habc', note: `you sent ${SECRETS.plain}`, opaque: 'eyJhbGciOiJFUzI1NiJ9abc123', n: 7 });
  });
  const { answer, traffic } = await at.call('/inspected', { ...REQUEST, auth: { kind: 'bearer', secret: 'plain' } });
  // The flow itself is given the answer as it was.
  expect(answer).toMatchObject({ body: { key: 'sk_live_51Habc' } });
  expect(traffic).toMatchObject({
    request: { method: 'POST', headers: { authorization: '…' }, body: '{"user":"ann"}' },
    tries: 1,
    response: { status: 200, headers: { 'x-api-key': '…' }, body: { tier: 'pro', key: '…', note: 'you sent …', opaque: '…', n: 7 } },
  });
  expect(JSON.stringify(traffic)).not.toContain(SECRETS.plain);
});
