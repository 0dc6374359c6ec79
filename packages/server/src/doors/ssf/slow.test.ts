import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startReceiver, type Receiver } from '../../rooms/sinks/receiver.suite.ts';
import { ssfWorld, type World } from './world.suite.ts';

let hub: World;
let upstream: Receiver;
beforeAll(async () => {
  hub = await ssfWorld();
  upstream = await startReceiver();
});
afterAll(async () => {
  await hub.close();
  await upstream.close();
});

const health = z.looseObject({ health: z.looseObject({ failures: z.number() }) });
/** How often the hub has given up on the two slow ones. */
const failuresOf = async (stream: string): Promise<string> => {
  const [told, asked] = [await hub.admin('GET', `/admin/v1/streams/${stream}`), await hub.admin('GET', '/admin/v1/transmitters/slow')];
  return `${health.parse(await told.json()).health.failures} ${health.parse(await asked.json()).health.failures}`;
};
describe('a transmitter that is asked', () => {
  it('is told of everything that is no good, and fills no record with it', async () => {
    let asked = 0;
    upstream.answer(() => {
      asked += 1;
      const sets = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`set-${asked}-${n}`, 'no.set.atall']));
      return { status: 200, body: JSON.stringify({ sets, moreAvailable: true }) };
    });
    const noisy = { id: 'noisy', issuer: upstream.url, domains: ['acme.test'], delivery: 'poll', pollUrl: `${upstream.url}/poll` };
    expect((await hub.admin('PUT', '/admin/v1/transmitters/noisy', noisy)).status).toBe(201);
    await hub.deliver();
    expect(asked).toBe(20);
    expect(Object.keys(Object(JSON.parse(upstream.received[1]?.body ?? '{}')).setErrs)).toHaveLength(100);
    const written = await (await hub.admin('GET', '/admin/v1/events?type=transmitter.refused&limit=200')).json();
    expect(z.object({ items: z.array(z.unknown()) }).parse(written).items).toHaveLength(20);
    expect((await hub.admin('DELETE', '/admin/v1/transmitters/noisy')).status).toBe(204);
  });
});

describe('whoever takes their time', () => {
  it('keeps no other receiver waiting: neither one that is told, nor a transmitter that is asked', async () => {
    const waiting: (() => void)[] = [];
    const hold = (): Promise<{ status: number }> => new Promise((resolve) => waiting.push(() => resolve({ status: 202 })));
    upstream.answer(hold);
    const slow = await hub.pushed('wide');
    const fast = await hub.pushed('wide-too');
    slow.receiver.answer(hold);
    const asked = { id: 'slow', issuer: upstream.url, domains: ['acme.test'], delivery: 'poll', pollUrl: `${upstream.url}/poll` };
    expect((await hub.admin('PUT', '/admin/v1/transmitters/slow', asked)).status).toBe(201);
    hub.house.rooms.streams.start();

    const heard = (event: string, times: number): Promise<void> =>
      expect.poll(async () => (await hub.heard(fast.receiver, 'wide-too')).filter((one) => one.event === event)).toHaveLength(times);
    // On a machine that is busy the hub may have given up on the slow ones before anybody else was served: then once more. A hub that waits
    // for them never serves anybody meanwhile.
    let served = false;
    for (let tries = 1; !served; tries += 1) {
      for (const answer of waiting.splice(0)) answer();
      await hub.admin('POST', '/admin/v1/users/bob/freeze', {});
      const held = (): number => {
        hub.clock.advance(60_000);
        return waiting.length;
      };
      await expect.poll(held).toBeGreaterThanOrEqual(2);
      await heard('account-disabled', tries);
      const failures = await failuresOf(slow.id);
      await hub.admin('POST', '/admin/v1/users/bob/unfreeze', {});
      await heard('account-enabled', tries);
      served = (await failuresOf(slow.id)) === failures;
    }
    expect(served).toBe(true);
    for (const answer of waiting) answer();
    await Promise.all([slow.receiver.close(), fast.receiver.close()]);
  });
});
