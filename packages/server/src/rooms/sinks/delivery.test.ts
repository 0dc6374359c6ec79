import { sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import { engines } from '../../../testing/database.ts';
import { startReceiver, type Receiver } from './receiver.suite.ts';
import { eventsIn, SECRET, sinkWorld, type World } from './world.suite.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

async function setUp(
  engine?: Parameters<typeof sinkWorld>[0],
  sink: Record<string, unknown> = {},
): Promise<{ world: World; receiver: Receiver }> {
  const receiver = await startReceiver();
  open.push(receiver);
  const world = await sinkWorld(engine);
  open.push(world);
  const answer = await world.put({ id: 'siem', type: 'webhook', url: `${receiver.url}/in`, secret: { value: SECRET }, ...sink });
  expect(answer.status).toBe(201);
  return { world, receiver };
}

/** The order in which a tenant's events came, each the first time. */
function firsts(receiver: Receiver, tenant: string | null): string[] {
  return [...new Set(eventsIn(receiver.received).flatMap((event) => (event.tenant === tenant ? [event.id] : [])))];
}

for (const engine of engines()) {
  describe(`delivery on ${engine}`, () => {
    it('brings every entry of every chain once, in the order of its chain', async () => {
      const { world, receiver } = await setUp({ engine });
      await Promise.all([world.happen('acme', 150), world.happen('globex', 70), world.happen(undefined, 5)]);
      await world.deliver();
      expect(firsts(receiver, 'acme')).toEqual(await world.recorded('acme'));
      expect(firsts(receiver, 'globex')).toEqual(await world.recorded('globex'));
      const ids = eventsIn(receiver.received).map(({ id }) => id);
      expect(ids).toHaveLength(new Set(ids).size);
      expect(await world.sink('siem')).toMatchObject({ health: { status: 'healthy' }, deadLetters: 0 });
    });

    it('delivers an entry whose transaction committed after later ones of other chains (F18)', async () => {
      const { world, receiver } = await setUp({ engine });
      const { audit, database } = world.house.rooms;
      let finish = (): void => undefined;
      const held = new Promise<void>((resolve) => (finish = resolve));
      let begun = (): void => undefined;
      const started = new Promise<void>((resolve) => (begun = resolve));
      const draft = (tenant: string, n: number) =>
        ({
          tenant,
          type: 'client.changed',
          initiator: 'admin',
          actor: {},
          outcome: 'success',
          origin: { request: 'r' },
          data: { n },
        }) as const;
      // Holds the head of its chain, with its id and its seq, until the others are long delivered.
      const late = database.db.transaction().execute(async (tx) => {
        await audit.within(tx, [draft('slow', 1)]);
        begun();
        await held;
      });
      await started;
      await world.happen('quick', 20);
      await world.deliver();
      expect(firsts(receiver, 'quick')).toHaveLength(20);
      expect(firsts(receiver, 'slow')).toEqual([]);
      finish();
      await late;
      await world.deliver();
      expect(firsts(receiver, 'slow')).toEqual(await world.recorded('slow'));
      expect(firsts(receiver, 'slow')).toHaveLength(1);
    });

    it('repeats what was sent when the cursor was not moved, under the same ids, and loses nothing', async () => {
      const { world, receiver } = await setUp({ engine });
      await world.happen('acme', 10);
      // The node loses the sink between sending and writing down: as a crash there would look to the database.
      receiver.answer(async (_, count) => {
        if (count === 5)
          await sql`UPDATE sinks SET fence = fence + 1, runner = 'another', runner_until = ${new Date(world.clock.now() + 1_000)}`.execute(
            world.house.rooms.database.db,
          );
        return { status: 204 };
      });
      await world.deliver(2);
      const ids = eventsIn(receiver.received).flatMap((event) => (event.tenant === 'acme' ? [event.id] : []));
      expect(ids.length).toBeGreaterThan(10);
      expect([...new Set(ids)]).toEqual(await world.recorded('acme'));
      expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(
        new Set(eventsIn(receiver.received).map(({ id }) => id)).size,
      );
    });

    it('lets one of two nodes deliver, and the other go on when it is gone', async () => {
      const { world, receiver } = await setUp({ engine });
      const second = await world.secondNode();
      await world.happen('acme', 60);
      await Promise.all([world.house.rooms.sinks.run(), second.rooms.sinks.run()]);
      const ids = eventsIn(receiver.received).map(({ id }) => id);
      expect(ids).toHaveLength(new Set(ids).size);
      // The first node vanishes without a word: its lease runs out.
      await world.happen('acme', 20);
      const { rows: held } = await sql<{ runner: string }>`SELECT runner FROM sinks`.execute(world.house.rooms.database.db);
      expect(held).toHaveLength(1);
      world.clock.advance(120_000);
      await second.rooms.sinks.run();
      expect(firsts(receiver, 'acme')).toEqual(await world.recorded('acme'));
    });

    it('waits for a sink that is away, tells once, and brings everything when it is back', async () => {
      const { world, receiver } = await setUp({ engine });
      receiver.answer(() => ({ status: 503 }));
      await world.happen('acme', 30);
      await world.deliver(4);
      expect(await world.sink('siem')).toMatchObject({
        health: { status: 'failing', sentence: 'It answered 503.', failures: 4 },
        delivered: 0,
      });
      receiver.received.length = 0;
      receiver.answer(() => ({ status: 204 }));
      await world.deliver(2);
      expect(firsts(receiver, 'acme')).toEqual(await world.recorded('acme'));
      const types = eventsIn(receiver.received).map(({ type }) => type);
      expect(types.filter((type) => type === 'sink.failed')).toHaveLength(1);
      expect(types.filter((type) => type === 'sink.recovered')).toHaveLength(1);
      expect(await world.sink('siem')).toMatchObject({ health: { status: 'healthy', sentence: null, failures: 0 } });
    });

    it('sets one poisonous event aside after some tries and goes on behind it, in order', async () => {
      const { world, receiver } = await setUp({ engine }, { batch: { events: 50 } });
      await world.happen('acme', 40);
      const [poison = ''] = (await world.recorded('acme')).slice(17);
      receiver.answer(({ body }) => ({ status: body.includes(`"id":"${poison}"`) ? 400 : 204 }));
      await world.deliver(10);
      const letters = await (await world.admin('GET', '/admin/v1/sinks/siem/dead-letters')).json();
      expect(letters).toMatchObject({
        items: [{ id: poison, tenant: 'acme', tries: 5, reason: expect.stringContaining('400') }],
        next: null,
      });
      const taken = receiver.received.filter(({ body }) => !body.includes(poison)).flatMap(({ body }) => listIn(body));
      expect([...new Set(taken)]).toEqual((await world.recorded('acme')).filter((id) => id !== poison));
      expect(await world.sink('siem')).toMatchObject({ deadLetters: 1, health: { status: 'healthy' } });

      receiver.received.length = 0;
      receiver.answer(() => ({ status: 204 }));
      expect(await (await world.admin('POST', '/admin/v1/sinks/siem/dead-letters/retry', {})).json()).toEqual({ id: 'siem', letters: 1 });
      await world.deliver(2);
      expect(receiver.received.filter(({ body }) => body.includes(poison))).not.toEqual([]);
      expect(await world.sink('siem')).toMatchObject({ deadLetters: 0 });
    });

    it('sets nothing aside when a sink refuses everything for an hour', async () => {
      const { world, receiver } = await setUp({ engine }, { batch: { events: 50 } });
      receiver.answer(() => ({ status: 400 }));
      await world.happen('acme', 30);
      await world.deliver(60);
      expect(await world.sink('siem')).toMatchObject({
        deadLetters: 0,
        delivered: 0,
        health: { status: 'failing', sentence: expect.stringContaining('test event') },
      });
      receiver.received.length = 0;
      receiver.answer(() => ({ status: 204 }));
      await world.deliver(6);
      expect([...new Set(receiver.received.flatMap(({ body }) => listIn(body)))]).toEqual(
        expect.arrayContaining(await world.recorded('acme')),
      );
    });
  });
}

/** Ids in a message of one event or of many, without those of the hub's own chain. */
function listIn(body: string): string[] {
  const { data }: { data: unknown } = JSON.parse(body);
  const list: unknown[] = Array.isArray(data) ? data : [data];
  return list.flatMap((one) =>
    typeof one === 'object' && one !== null && 'id' in one && 'tenant' in one && one.tenant === 'acme' ? [String(one.id)] : [],
  );
}

describe('what a sink does not get', () => {
  it('is what its filter leaves out, and the cursor passes over it', async () => {
    const { world, receiver } = await setUp({}, { filter: { types: ['token.*'], tenants: ['acme'], outcomes: ['refused'] } });
    await world.happen('acme', 6_000);
    await world.happen('acme', 3, { type: 'token.refused', outcome: 'refused' });
    await world.happen('acme', 3, { type: 'login.failed', outcome: 'refused' });
    await world.happen('globex', 3, { type: 'token.refused', outcome: 'refused' });
    await world.happen('acme', 2_000);
    await world.deliver(2);
    expect(eventsIn(receiver.received).map(({ tenant, type }) => [tenant, type])).toEqual([
      ['acme', 'token.refused'],
      ['acme', 'token.refused'],
      ['acme', 'token.refused'],
    ]);
    expect(await world.sink('siem')).toMatchObject({ pending: 0, delivered: 3 });
  });

  it('is what happened before it was there, unless it begins at the beginning', async () => {
    const { world, receiver } = await setUp();
    await world.happen('acme', 5);
    await world.put({ id: 'late', type: 'webhook', url: `${receiver.url}/late`, secret: { value: SECRET } });
    await world.put({ id: 'whole', type: 'webhook', url: `${receiver.url}/whole`, secret: { value: SECRET }, start: 'beginning' });
    await world.happen('acme', 2);
    await world.deliver(2);
    const to = (path: string) => eventsIn(receiver.received.filter((one) => one.path === path)).filter(({ tenant }) => tenant === 'acme');
    expect(to('/late')).toHaveLength(2);
    expect(to('/whole')).toHaveLength(7);
  });
});

describe('a sink that this hub cannot work on', () => {
  it('does not keep the others from theirs', async () => {
    const { world, receiver } = await setUp();
    await world.put({ id: 'broken', type: 'webhook', url: `${receiver.url}/broken`, secret: { value: SECRET } });
    await sql`UPDATE sinks SET sealed = '\\x0102' WHERE id = 'broken'`.execute(world.house.rooms.database.db);
    await world.happen('acme', 5);
    await world.deliver(2);
    expect(firsts(receiver, 'acme')).toEqual(await world.recorded('acme'));
    expect(receiver.received.filter(({ path }) => path === '/broken')).toEqual([]);
    expect(await world.sink('broken')).toMatchObject({ delivered: 0, pending: expect.any(Number) });
  });
});

describe('replay, pause and resume', () => {
  it('delivers again from a point, and never leaves anything out', async () => {
    const { world, receiver } = await setUp();
    await world.happen('acme', 10);
    await world.deliver();
    const since = new Date(world.clock.now()).toISOString();
    world.clock.advance(1_000);
    await world.happen('acme', 10);
    await world.deliver();
    receiver.received.length = 0;
    expect(await (await world.admin('POST', '/admin/v1/sinks/siem/replay', { since })).json()).toMatchObject({
      id: 'siem',
      entries: expect.any(Number),
    });
    await world.deliver();
    expect(firsts(receiver, 'acme')).toEqual((await world.recorded('acme')).slice(10));
    receiver.received.length = 0;
    await world.admin('POST', '/admin/v1/sinks/siem/replay', { tenant: 'acme', seq: 16 });
    await world.deliver();
    expect(firsts(receiver, 'acme')).toEqual((await world.recorded('acme')).slice(15));
    receiver.received.length = 0;
    await world.admin('POST', '/admin/v1/sinks/siem/replay', { from: 'beginning' });
    await world.deliver();
    expect(firsts(receiver, 'acme')).toEqual(await world.recorded('acme'));
    await world.happen('acme', 3);
    await world.admin('POST', '/admin/v1/sinks/siem/replay', { tenant: 'acme', seq: 900 });
    await world.deliver();
    expect(firsts(receiver, 'acme')).toEqual(await world.recorded('acme'));
  });

  it('holds everything back while paused', async () => {
    const { world, receiver } = await setUp();
    expect(await (await world.admin('POST', '/admin/v1/sinks/siem/pause', { reason: 'maintenance' })).json()).toEqual({
      id: 'siem',
      state: 'paused',
      moved: true,
    });
    await world.happen('acme', 5);
    await world.deliver(2);
    expect(receiver.received).toEqual([]);
    expect(await world.sink('siem')).toMatchObject({ state: 'paused' });
    await world.admin('POST', '/admin/v1/sinks/siem/resume', {});
    await world.deliver();
    expect(firsts(receiver, 'acme')).toEqual(await world.recorded('acme'));
    expect(eventsIn(receiver.received).map(({ type }) => type)).toEqual(expect.arrayContaining(['sink.paused', 'sink.resumed']));
  });
});
