import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sql } from 'kysely';
import { z } from 'zod';
import { temporaryFolder } from '../../../testing/temporary.ts';
import { startReceiver, type Receiver } from './receiver.suite.ts';
import { SECRET, sinkWorld, type World } from './world.suite.ts';

const CANARY = SECRET.slice('whsec_'.length);

/** Each test says what it expects. */
const parsed = (text: string): unknown => JSON.parse(text);

describe('sinks in the admin API', () => {
  let world: World;
  let receiver: Receiver;
  let folder: ReturnType<typeof temporaryFolder>;
  const seen: string[] = [];
  const ask = async (method: string, path: string, body?: unknown, headers?: Record<string, string>) => {
    const answer = await world.admin(method, `/admin/v1/${path}`, body, headers);
    const text = await answer.text();
    seen.push(text);
    return { status: answer.status, etag: answer.headers.get('etag'), body: text === '' ? undefined : parsed(text) };
  };
  const hook = (of: Record<string, unknown> = {}) => ({
    id: 'siem',
    type: 'webhook',
    url: `${receiver.url}/in`,
    secret: { value: SECRET },
    ...of,
  });
  beforeAll(async () => {
    receiver = await startReceiver();
    folder = temporaryFolder();
    world = await sinkWorld({ env: { WRIT_DATA_DIR: folder.path } });
  });
  afterAll(async () => {
    await world.close();
    await receiver.close();
    folder.remove();
  });
  afterEach(() => receiver.answer(() => ({ status: 204 })));

  it('are put, read, listed, changed under their version, and removed', async () => {
    const put = await ask('PUT', 'sinks/siem', hook({ filter: { types: ['token.*'] } }));
    expect(put).toMatchObject({
      status: 201,
      body: {
        id: 'siem',
        type: 'webhook',
        hasSecret: true,
        state: 'active',
        health: { status: 'healthy', sentence: null },
        filter: { types: ['token.*'] },
      },
    });
    expect((await ask('PUT', 'sinks/siem', hook(), { 'if-match': '"99"' })).status).toBe(412);
    expect(await ask('PUT', 'sinks/siem', hook({ name: 'SIEM' }), { 'if-match': put.etag ?? '' })).toMatchObject({
      status: 200,
      body: { name: 'SIEM', filter: { types: [] } },
    });
    expect(await ask('GET', 'sinks')).toMatchObject({ status: 200, body: { items: [{ id: 'siem' }], next: null } });
    expect((await ask('DELETE', 'sinks/siem')).status).toBe(204);
    expect((await ask('GET', 'sinks/siem')).status).toBe(404);
    for (const path of ['test', 'replay', 'pause', 'resume', 'dead-letters/retry', 'dead-letters/discard'])
      expect(
        (await ask('POST', `sinks/siem/${path}`, path === 'test' ? undefined : path === 'replay' ? { from: 'beginning' } : {})).status,
      ).toBe(404);
    expect((await ask('GET', 'sinks/siem/dead-letters')).status).toBe(404);
  });

  it('say in plan and apply that one which is there goes on where it is, whatever the file says of its start', async () => {
    await ask('PUT', 'sinks/early', hook({ id: 'early' }));
    const document = { sinks: [hook({ id: 'early', start: 'beginning' })] };
    const told = {
      status: 200,
      body: {
        changes: [{ kind: 'sink', id: 'early', change: 'change', fields: [{ field: 'start', from: 'now', to: 'beginning' }] }],
        warnings: [{ kind: 'sink', id: 'early', message: expect.stringContaining('writ sink replay early') }],
      },
    };
    expect(await ask('POST', 'plan', document)).toMatchObject(told);
    expect(await ask('POST', 'apply', document)).toMatchObject(told);
    expect((await ask('GET', 'sinks/early')).body).toMatchObject({ start: 'beginning' });
    expect(await ask('POST', 'plan', document)).toMatchObject({ status: 200, body: { changes: [{ change: 'none' }], warnings: [] } });
    expect((await ask('DELETE', 'sinks/early')).status).toBe(204);
  });

  it.each([
    [{ id: 'a', type: 'webhook', url: 'https://siem.test' }, 'secret'],
    [{ id: 'a', type: 'splunk', url: 'https://siem.test' }, 'secret'],
    [{ id: 'a', type: 'webhook', url: 'https://siem.test', secret: { value: 'short' } }, 'secret'],
    [{ id: 'a', type: 'webhook', url: 'https://siem.test', secret: { value: 'whsec_%%%' } }, 'secret'],
    [{ id: 'a', type: 'splunk', url: 'https://siem.test', secret: { value: 'a\nb: c' } }, 'secret'],
    [{ id: 'a', type: 'webhook', url: 'http://siem.test', secret: { value: SECRET } }, 'url'],
    [{ id: 'a', type: 'webhook', url: 'https://siem.test', secret: { env: 'WRIT_KEK' } }, 'secret'],
  ])('are refused by field: %o', async (body, field) => {
    expect(await ask('PUT', 'sinks/a', body)).toMatchObject({
      status: 400,
      body: { type: expect.stringContaining('invalid_input'), field },
    });
  });

  it('keep their secret when it is left out, but not for another host', async () => {
    await ask('PUT', 'sinks/siem', hook());
    const { secret: _secret, ...without } = hook();
    expect((await ask('PUT', 'sinks/siem', { ...without, name: 'Renamed' })).status).toBe(200);
    expect(await ask('PUT', 'sinks/siem', { ...without, url: 'https://thief.test/in' })).toMatchObject({
      status: 400,
      body: { field: 'secret' },
    });
    expect(await ask('PUT', 'sinks/siem', { ...without, type: 'splunk' })).toMatchObject({ status: 400, body: { field: 'type' } });
    expect(await ask('POST', 'sinks/siem/test')).toMatchObject({ status: 200, body: { ok: true, sentence: 'It took the test event.' } });
    expect(receiver.received.at(-1)?.headers).toMatchObject({ 'webhook-signature': expect.stringMatching(/^v1,/) });
  });

  it('go through export, plan and apply without change, and without their secret', async () => {
    await ask('PUT', 'sinks/siem', hook({ mask: { user: 'hash' }, filter: { types: ['token.*', 'login.failed'], outcomes: ['refused'] } }));
    await ask('PUT', 'sinks/logs', { id: 'logs', type: 'syslog', url: 'tls://logs.test:6514', format: 'cef' });
    await ask('PUT', 'sinks/disk', { id: 'disk', type: 'file', keep: 3 });
    const exported = await ask('GET', 'export');
    expect(exported.body).toMatchObject({ sinks: [{ id: 'disk' }, { id: 'logs', format: 'cef' }, { id: 'siem', mask: { user: 'hash' } }] });
    const planned = await ask('POST', 'plan', exported.body);
    const changes = z.object({ changes: z.array(z.object({ kind: z.string(), change: z.string() })) }).parse(planned.body).changes;
    expect(changes.filter(({ change }) => change !== 'none')).toEqual([]);
    const renamed = { sinks: [{ id: 'logs', type: 'syslog', url: 'tls://other.test:6514' }] };
    expect(await ask('POST', 'plan', renamed)).toMatchObject({
      status: 200,
      body: { changes: [{ kind: 'sink', id: 'logs', change: 'change' }] },
    });
    expect((await ask('POST', 'apply', { sinks: [{ id: 'new', type: 'webhook', url: 'https://a.test' }] })).status).toBe(400);
    for (const id of ['logs', 'disk']) expect((await ask('DELETE', `sinks/${id}`)).status).toBe(204);
  });

  it('say what a failing sink answered, and nothing of what stood in the answer', async () => {
    receiver.answer(() => ({ status: 500, body: 'inner-secret-of-another-service' }));
    await ask('PUT', 'sinks/siem', hook());
    expect(await ask('POST', 'sinks/siem/test')).toMatchObject({ body: { ok: false, sentence: 'It answered 500.' } });
    await world.happen('acme', 1);
    await world.deliver();
    expect(await ask('GET', 'sinks/siem')).toMatchObject({ body: { health: { status: 'failing', sentence: 'It answered 500.' } } });
    const events = await ask('GET', 'events?type=sink.failed');
    expect(events).toMatchObject({ body: { items: [{ target: { type: 'sink', id: 'siem' }, reason: 'It answered 500.' }] } });
    expect(seen.join('\n')).not.toContain('inner-secret');
  });

  it('show their lag in the metrics while something waits', async () => {
    receiver.answer(() => ({ status: 500 }));
    await ask('PUT', 'sinks/siem', hook());
    await world.happen('acme', 3);
    world.clock.advance(90_000);
    const text = await (await world.get('/metrics')).text();
    expect(Number(/writ_sink_lag_seconds\{sink="siem"\} (\S+)/.exec(text)?.[1])).toBeGreaterThanOrEqual(90);
    expect(Number(/writ_sink_pending\{sink="siem"\} (\S+)/.exec(text)?.[1])).toBeGreaterThanOrEqual(3);
    receiver.answer(() => ({ status: 204 }));
    await world.deliver(4);
    expect(await (await world.get('/metrics')).text()).toMatch(/writ_sink_lag_seconds\{sink="siem"\} 0\n/);
  });

  it('never show a secret in an answer, an event, the database or a delivery', async () => {
    await world.deliver(2);
    const events = await (await world.admin('GET', '/admin/v1/events?limit=200')).text();
    const stored = await sql<{ row: string }>`SELECT s::text AS row FROM sinks s`.execute(world.house.rooms.database.db);
    const everything = [...seen, events, ...stored.rows.map(({ row }) => row), ...receiver.received.map((one) => JSON.stringify(one))].join(
      '\n',
    );
    expect(everything).not.toContain(CANARY);
    expect(everything).not.toContain(Buffer.from(CANARY, 'base64').toString('hex'));
  });
});
