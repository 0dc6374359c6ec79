import { createServer } from 'node:http';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDev, workFolder, writ } from './hub.suite.ts';
import type { Dev, Ran } from './hub.suite.ts';
import { listAt, numberAt, parseJson, textAt } from './json.ts';

const SECRET = 'a-long-secret-of-the-gateway';
let folder: ReturnType<typeof workFolder>;
let dev: Dev;
let hub: string;
let stream: string;

const run = (...args: string[]): Promise<Ran> => writ(folder.path, args);

async function post(path: string, headers: Record<string, string>, body: string): Promise<unknown> {
  const answer = await fetch(`${hub}${path}`, { method: 'POST', headers, body });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

beforeAll(async () => {
  folder = workFolder();
  dev = await startDev(folder.path, ['--empty']);
  hub = textAt(dev.said, 'url') ?? '';
  const file = join(folder.path, 'gateway.json');
  writeFileSync(
    file,
    JSON.stringify({
      clients: [{ id: 'gateway', name: 'Gateway', kind: 'service', auth: { secrets: [{ value: SECRET }] } }],
      policies: [{ id: 'hears', effect: 'allow', subject: { clients: ['gateway'] }, target: { resources: ['writ-ssf'] }, scopes: 'all' }],
    }),
  );
  const applied = await run('apply', file);
  if (applied.status !== 0) throw new Error(applied.err);
  const form = new URLSearchParams({ grant_type: 'client_credentials', resource: `${hub}/ssf`, scope: 'ssf.manage' }).toString();
  const basic = `Basic ${Buffer.from(`gateway:${SECRET}`).toString('base64')}`;
  const token = await post('/oauth/token', { authorization: basic, 'content-type': 'application/x-www-form-urlencoded' }, form);
  const bearer = `Bearer ${textAt(token, 'access_token') ?? ''}`;
  const made = await post(
    '/ssf/v1/stream',
    { authorization: bearer, 'content-type': 'application/json' },
    '{"description": "The gateway"}',
  );
  stream = textAt(made, 'stream_id') ?? '';
});
afterAll(async () => {
  await dev.stop();
  folder.remove();
});

describe('writ stream', () => {
  test('lists streams and how they do, and shows one', async () => {
    const listed = await run('stream', 'ls');
    expect([listed.status, listed.out]).toEqual([0, expect.stringMatching(new RegExp(`${stream}.*gateway.*the whole hub.*poll.*healthy`))]);
    const shown = await run('stream', 'show', stream);
    expect([shown.status, shown.out]).toEqual([0, expect.stringContaining(`it is polled at ${hub}/ssf/v1/poll/${stream}`)]);
    expect((await run('stream', 'show', 'str_nobody')).status).toBe(1);
  });

  test('holds a stream and lets it go on', async () => {
    expect((await run('stream', 'pause', stream, '--reason', 'looking into it')).out).toContain('is paused');
    expect((await run('stream', 'ls')).out).toMatch(/paused.*looking into it/);
    expect((await run('stream', 'resume', stream)).out).toContain('goes on');
  });

  test('sends a verification event', async () => {
    expect(await run('stream', 'verify', stream)).toMatchObject({ status: 0, out: expect.stringContaining('gets a verification event') });
  });

  test('removes a stream', async () => {
    expect(await run('stream', 'rm', stream, '--json')).toMatchObject({ status: 0, out: expect.stringContaining('"removed": true') });
    expect((await run('stream', 'ls')).out + (await run('stream', 'ls')).err).toContain('No streams.');
  });
});

describe('writ audit verify --anchor', () => {
  /** What lies outside: where the hub's own chain stood, a line for each checkpoint. */
  async function outside(change: (hash: string) => string = (hash) => hash): Promise<string> {
    const trail = join(folder.path, 'trail.ndjson');
    expect(await run('audit', 'export', '-o', trail)).toMatchObject({ status: 0 });
    const entries = readFileSync(trail, 'utf8').split('\n').filter(Boolean).map(parseJson);
    const third = entries.find((one) => numberAt(one, 'seq') === 3 && textAt(one, 'tenant') === undefined);
    return JSON.stringify({ issuer: hub, chain: '', seq: 3, hash: change(textAt(third, 'hash') ?? ''), jws: 'x.y.z', at: 0 });
  }
  const file = (line: string): string => {
    const path = join(folder.path, 'checkpoints.ndjson');
    writeFileSync(path, `${line}\n`);
    return path;
  };

  test('holds a running hub and an export to what lies outside', async () => {
    const path = file(await outside());
    expect(await run('audit', 'verify', '--anchor', path)).toMatchObject({ status: 0, out: expect.stringContaining('Unbroken') });
    expect(await run('audit', 'verify', join(folder.path, 'trail.ndjson'), '--anchor', path)).toMatchObject({ status: 0 });
  });

  test('finds the entry from which on another past was written, without any key', async () => {
    const path = file(await outside((hash) => hash.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))));
    const checked = await run('audit', 'verify', '--anchor', path, '--json');
    expect(checked.status).toBe(1);
    expect(listAt({ of: [parseJson(checked.out)] }, 'of')).toMatchObject([
      { ok: false, firstBroken: { chain: '', seq: 3, fault: 'contradicted' } },
    ]);
  });

  test('reads what lies behind an address, over https or on this machine only', async () => {
    const line = await outside();
    const server = createServer((request, response) => void response.writeHead(request.url === '/kept' ? 200 : 404).end(`${line}\n`));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
    expect(await run('audit', 'verify', '--anchor', `${url}/kept`)).toMatchObject({ status: 0 });
    expect(await run('audit', 'verify', '--anchor', `${url}/none`)).toMatchObject({
      status: 1,
      err: expect.stringContaining('answers 404'),
    });
    expect(await run('audit', 'verify', '--anchor', 'http://keep.example/kept')).toMatchObject({
      status: 1,
      err: expect.stringContaining('by https'),
    });
    server.close();
  });
});
