import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ADMIN_TOKEN, testHouse, type TestHouse } from '../../../testing/house.ts';
import { nodeListener } from '../../base/http/listener.ts';

const SECRET = 'a-long-secret-of-the-server';
const basic = (id: string): string => `Basic ${Buffer.from(`${id}:${SECRET}`).toString('base64')}`;
const server = (id: string, more: object = {}) => ({ id, name: id, kind: 'service', auth: { secrets: [{ value: SECRET }] }, ...more });

const heardShape = z.object({
  signal: z.object({ seq: z.number(), subject: z.string() }),
  spread: z.object({ acknowledged: z.number(), silent: z.number(), away: z.number(), p95: z.number().nullable() }),
  servers: z.array(
    z.object({ client: z.string(), instance: z.string(), resources: z.array(z.string()), state: z.string(), ms: z.number().nullable() }),
  ),
});

let hub: TestHouse;
let listening: Server;
let base: string;
beforeAll(async () => {
  hub = await testHouse();
  await hub.apply({
    tenants: [
      { id: 'acme', name: 'Acme' },
      { id: 'globex', name: 'Globex' },
    ],
    resources: [{ id: 'ops', type: 'mcp', uri: 'http://localhost:9000/mcp', scopes: [{ name: 'read' }] }],
    clients: [
      server('ops-server', { tags: ['resource-server:ops'] }),
      server('mute'),
      server('globex-server', { tenants: ['globex'] }),
      server('late'),
    ],
  });
  listening = createServer(nodeListener(hub.house.dispatch));
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = listening.address();
  base = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
});
afterAll(async () => {
  hub.house.endStreams();
  listening.closeAllConnections();
  await hub.close();
});

/** A stream that is held until `end`; resolves once the hub has said all that there was. */
async function listen(id: string, instance?: string): Promise<() => Promise<void>> {
  const stop = new AbortController();
  const headers = { authorization: basic(id), ...(instance === undefined ? {} : { 'writ-instance': instance }) };
  const answer = await fetch(`${base}/signals/v1/stream`, { headers, signal: stop.signal });
  expect(answer.status).toBe(200);
  const reader = answer.body?.getReader();
  let text = '';
  while (reader !== undefined && !text.includes('event: open')) text += Buffer.from((await reader.read()).value ?? []).toString('utf8');
  return async () => {
    stop.abort();
    await reader?.closed.catch(() => undefined);
  };
}

const ack = async (id: string, seq: number, instance?: string): Promise<number> => {
  const body = JSON.stringify({ seq, ...(instance === undefined ? {} : { instance }) });
  const headers = { authorization: basic(id), 'content-type': 'application/json' };
  return (await fetch(`${base}/signals/v1/ack`, { method: 'POST', headers, body })).status;
};
const freeze = (id: string) => hub.admin('POST', `/admin/v1/tenants/${id}/freeze`, { reason: 'a test' });
const unfreeze = (id: string) => hub.admin('POST', `/admin/v1/tenants/${id}/unfreeze`, { reason: 'a test' });
const newest = async (id: string) =>
  heardShape.parse((await (await hub.admin('GET', `/admin/v1/signals/newest?kind=tenant&subject=${id}`)).json()).newest);
const states = ({ servers }: z.infer<typeof heardShape>) =>
  Object.fromEntries(servers.map((one) => [`${one.client}/${one.instance}`, one.state]));

describe('who acted on a signal', () => {
  it('is told for each process that listens: in what time, or that it is silent, or away', async () => {
    const ends = [
      await listen('ops-server', 'pod-1'),
      await listen('ops-server', 'pod-2'),
      await listen('mute'),
      await listen('globex-server'),
    ];
    const leave = await listen('late', 'gone');
    await leave();
    await freeze('acme');
    const { signal } = await newest('acme');
    hub.clock.advance(40);
    expect(await ack('ops-server', signal.seq, 'pod-1')).toBe(200);
    hub.clock.advance(400);
    expect(await ack('ops-server', signal.seq, 'pod-2')).toBe(200);
    await expect
      .poll(async () => states(await newest('acme')))
      .toEqual({ 'ops-server/pod-1': 'acknowledged', 'ops-server/pod-2': 'acknowledged', 'mute/': 'silent', 'late/gone': 'away' });
    const told = await newest('acme');
    expect(told.servers.map(({ client, resources, ms }) => [client, resources, ms]).slice(0, 2)).toEqual([
      ['ops-server', ['ops'], 40],
      ['ops-server', ['ops'], 440],
    ]);
    expect(told.spread).toMatchObject({ acknowledged: 2, silent: 1, away: 1, p95: 440 });
    // By its number it is the same, and a server that begins later has no part in it.
    ends.push(await listen('late', 'new'));
    const byNumber = heardShape.parse(await (await hub.admin('GET', `/admin/v1/signals/${signal.seq}`)).json());
    expect(Object.keys(states(byNumber))).not.toContain('late/new');
    await unfreeze('acme');
    for (const end of ends) await end();
  });

  it('is asked for by number, and of none there is none', async () => {
    expect((await hub.admin('GET', '/admin/v1/signals/999999')).status).toBe(404);
    expect((await hub.admin('GET', '/admin/v1/signals/x')).status).toBe(404);
    expect(await (await hub.admin('GET', '/admin/v1/signals/newest?kind=tenant&subject=nobody')).json()).toEqual({ newest: null });
  });

  it('is put together over all signals, with who listens', async () => {
    const propagation = await (await hub.admin('GET', '/admin/v1/signals/propagation')).json();
    expect(propagation).toMatchObject({ p50: 40, p95: 440, slowest: 440, signals: 2 });
    expect(propagation.histogram.find(({ to }: { to: number | null }) => to === 50)).toEqual({ to: 50, count: 1 });
    const pod = propagation.servers.find(({ instance }: { instance: string }) => instance === 'pod-1');
    expect(pod).toMatchObject({ client: 'ops-server', resources: ['ops'], signals: 1, p50: 40 });
  });

  it('is in the metrics: how long it took, and how many are silent', async () => {
    const end = await listen('mute');
    await hub.admin('POST', '/admin/v1/clients/late/freeze', { reason: 'a test' });
    hub.clock.advance(20_000);
    const text = await (await hub.get('/metrics', { authorization: `Bearer ${ADMIN_TOKEN}` })).text();
    expect(text).toMatch(/^writ_signal_propagation_seconds_bucket\{le="0\.05"\} 1$/m);
    expect(text).toMatch(/^writ_signal_propagation_seconds_count 2$/m);
    expect(text).toMatch(/^writ_signal_silent [1-9]/m);
    await end();
  });

  it('takes no name of a process that is none', async () => {
    const named = (name: string) =>
      fetch(`${base}/signals/v1/stream`, { headers: { authorization: basic('mute'), 'writ-instance': name } });
    expect((await named('a b')).status).toBe(400);
    expect((await named('x'.repeat(65))).status).toBe(400);
    expect(await ack('mute', 1, 'a b')).toBe(400);
  });
});

describe('a hundred thousand signals', () => {
  it('reach a listener that comes late in order and without a gap, and the hub holds a page of them at a time', async () => {
    const { db } = hub.house.rooms.database;
    await sql`WITH head AS (SELECT seq FROM signal_head), made AS (
        INSERT INTO signals (seq, id, at, kind, subject, state, reason)
        SELECT head.seq + n, 'sig_many_' || n, now(), 'token', 'tok_' || n, 'revoked', 'many' FROM head, generate_series(1, 100000) AS n RETURNING 1)
      UPDATE signal_head SET seq = seq + 100000`.execute(db);
    const stop = new AbortController();
    const answer = await fetch(`${base}/signals/v1/stream`, {
      headers: { authorization: basic('mute'), 'last-event-id': '0' },
      signal: stop.signal,
    });
    const seen: number[] = [];
    let rest = '';
    for await (const chunk of answer.body ?? []) {
      rest += Buffer.from(chunk).toString('utf8');
      const end = rest.lastIndexOf('\n\n');
      for (const [, seq] of rest.slice(0, end + 2).matchAll(/^id: (\d+)$/gm)) seen.push(Number(seq));
      rest = rest.slice(end + 2);
      if (seen.length >= 100_000 && (seen.at(-1) ?? 0) >= 100_000) break;
    }
    stop.abort();
    expect(seen.every((seq, index) => seq === index + 1)).toBe(true);
    expect(seen.length).toBeGreaterThanOrEqual(100_000);
  });
});
