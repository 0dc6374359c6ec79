import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { engines } from '../../../testing/database.ts';
import { ADMIN_TOKEN, testHouse, type TestHouse } from '../../../testing/house.ts';
import { nodeListener } from '../../base/http/listener.ts';
import type { House } from '../../house.ts';

const SECRET = 'a-long-secret-of-the-server';
const basic = (id: string): Record<string, string> => ({ authorization: `Basic ${Buffer.from(`${id}:${SECRET}`).toString('base64')}` });
const frameData = z.object({ seq: z.number(), kind: z.string(), subject: z.string(), state: z.string(), reason: z.string() });

/** A stream over a real socket, read until `count` signals have come. Whoever waits in vain waits long: how soon they come is measured, not tested. */
async function read(base: string, count: number, headers: Record<string, string>, act: () => Promise<unknown> = () => Promise.resolve()) {
  const stop = new AbortController();
  const patience = setTimeout(() => stop.abort(), 90_000);
  const answer = await fetch(`${base}/signals/v1/stream`, { headers, signal: stop.signal });
  expect(answer.headers.get('content-type')).toBe('text/event-stream');
  const signals: z.infer<typeof frameData>[] = [];
  let text = '';
  let acted: Promise<unknown> | undefined;
  try {
    for await (const chunk of answer.body ?? []) {
      text += Buffer.from(chunk).toString('utf8');
      acted ??= text.includes('event: open') ? act() : undefined;
      const frames = text.split('\n\n').filter((frame) => frame.includes('event: signal'));
      signals.splice(0, signals.length, ...frames.map((frame) => frameData.parse(JSON.parse(/^data: (.*)$/m.exec(frame)?.[1] ?? ''))));
      if (signals.length >= count && acted !== undefined) break;
    }
  } catch {
    // It waited in vain: what came is what there is.
  }
  clearTimeout(patience);
  stop.abort();
  await acted;
  return signals;
}

for (const engine of engines()) {
  describe(`the signal stream on ${engine}`, () => {
    let hub: TestHouse;
    let other: House;
    const servers: Server[] = [];
    let bases: string[];

    beforeAll(async () => {
      hub = await testHouse({ engine });
      other = await hub.secondNode();
      await hub.apply({
        tenants: [
          { id: 'acme', name: 'Acme' },
          { id: 'globex', name: 'Globex' },
        ],
        clients: [
          { id: 'server', name: 'Server', kind: 'service', auth: { secrets: [{ value: SECRET }] } },
          { id: 'globex-server', name: 'Globex server', kind: 'service', tenants: ['globex'], auth: { secrets: [{ value: SECRET }] } },
        ],
      });
      bases = await Promise.all(
        [hub.house, other].map(async (house) => {
          const server = createServer(nodeListener(house.dispatch));
          servers.push(server);
          await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
          const address: AddressInfo | string | null = server.address();
          return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
        }),
      );
    });
    afterAll(async () => {
      hub.house.endStreams();
      other.endStreams();
      for (const server of servers) server.closeAllConnections();
      await hub.close();
    });

    const freeze = (kind: string, id: string) => hub.admin('POST', `/admin/v1/${kind}/${id}/freeze`, { reason: 'test' });
    const unfreeze = (kind: string, id: string) => hub.admin('POST', `/admin/v1/${kind}/${id}/unfreeze`, { reason: 'test' });

    it('shows a kill on another node', async () => {
      const [signal] = await read(bases[1] ?? '', 1, { ...basic('server'), 'last-event-id': '0' }, () => freeze('tenants', 'acme'));
      expect(signal).toMatchObject({ kind: 'tenant', subject: 'acme', state: 'frozen' });
    });

    it('resumes after Last-Event-ID without a gap and without a repeat', async () => {
      await unfreeze('tenants', 'acme');
      await freeze('tenants', 'acme');
      await unfreeze('tenants', 'acme');
      const all = await read(bases[0] ?? '', 4, { ...basic('server'), 'last-event-id': '0' });
      expect(all.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
      const rest = await read(bases[1] ?? '', 2, { ...basic('server'), 'last-event-id': '2' });
      expect(rest.map(({ seq }) => seq)).toEqual([3, 4]);
    });

    it('tells a server of one tenant nothing of another', async () => {
      const heard = await read(bases[0] ?? '', 1, { ...basic('globex-server'), 'last-event-id': '0' }, () => freeze('tenants', 'globex'));
      expect(heard.map(({ subject }) => subject)).toEqual(['globex']);
      await unfreeze('tenants', 'globex');
    });

    it('tells a server of one tenant that a user is stopped, and not why', async () => {
      await hub.apply({ users: [{ id: 'ann', email: 'ann@acme.test', tenants: [{ id: 'acme' }] }] });
      const heard = await read(bases[0] ?? '', 3, { ...basic('globex-server'), 'last-event-id': '4' }, () => freeze('users', 'ann'));
      expect(heard.at(-1)).toMatchObject({ kind: 'user', subject: 'ann', state: 'frozen', reason: 'not told' });
      await unfreeze('users', 'ann');
    });

    it('is for clients of the hub and the admin token only', async () => {
      for (const headers of [{}, basic('nobody'), { authorization: 'Bearer wrong' }, { authorization: `Bearer ${ADMIN_TOKEN}x` }]) {
        const answer = await hub.get('/signals/v1/stream', headers);
        expect(answer.status).toBe(401);
      }
      const answer = await hub.get('/signals/v1/stream', { authorization: `Bearer ${ADMIN_TOKEN}` });
      expect(answer.status).toBe(200);
      await answer.body?.cancel();
    });

    it('is not for a client that registered itself', async () => {
      const body = JSON.stringify({ redirect_uris: ['https://a.example/cb'], token_endpoint_auth_method: 'client_secret_basic' });
      const asked = new Request(`${hub.issuer}/oauth/register`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      const made = z.object({ client_id: z.string(), client_secret: z.string() }).parse(await (await hub.house.fetch(asked)).json());
      const authorization = `Basic ${Buffer.from(`${made.client_id}:${made.client_secret}`).toString('base64')}`;
      expect((await hub.get('/signals/v1/stream', { authorization })).status).toBe(401);
      const ack = new Request(`${hub.issuer}/signals/v1/ack`, { method: 'POST', headers: { authorization }, body: '{"seq":1}' });
      expect((await hub.house.fetch(ack)).status).toBe(401);
    });

    it('ends for a client that is frozen while it listens, on whichever node', async () => {
      await hub.apply({ clients: [{ id: 'turned', name: 'Turned', kind: 'service', auth: { secrets: [{ value: SECRET }] } }] });
      const answer = await fetch(`${bases[1]}/signals/v1/stream`, { headers: basic('turned') });
      await freeze('clients', 'turned');
      expect(await answer.text()).toContain('retry:');
      expect((await fetch(`${bases[1]}/signals/v1/stream`, { headers: basic('turned') })).status).toBe(401);
    });

    it('refuses a Last-Event-ID that is no number, and an acknowledgement that is no number', async () => {
      expect((await hub.get('/signals/v1/stream', { ...basic('server'), 'last-event-id': 'x' })).status).toBe(400);
      const ack = new Request(`${hub.issuer}/signals/v1/ack`, { method: 'POST', headers: basic('server'), body: '{"seq":"1; drop"}' });
      expect((await hub.house.fetch(ack)).status).toBe(400);
    });

    it('records an acknowledgement once it covers something, never beyond what was sent, never backwards', async () => {
      const ack = async (seq: number): Promise<number> => {
        const answer = await hub.house.fetch(
          new Request(`${hub.issuer}/signals/v1/ack`, { method: 'POST', headers: basic('server'), body: JSON.stringify({ seq }) }),
        );
        return answer.status;
      };
      expect(await ack(999_999)).toBe(200);
      expect(await ack(1)).toBe(200);
      const events = z
        .object({ items: z.array(z.object({ type: z.string(), data: z.object({ covered: z.number() }) })) })
        .parse(await (await hub.admin('GET', '/admin/v1/events?type=signal.acknowledged')).json());
      // The second said nothing new: nothing changed, and nothing is written.
      expect(events.items.map(({ data }) => data.covered > 0)).toEqual([true]);
    });
  });
}
