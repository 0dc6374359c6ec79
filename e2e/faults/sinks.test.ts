import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startMortalHub } from './mortal-hub.ts';
import type { MortalHub } from './mortal-hub.ts';

const SECRET = 'a-long-secret-of-the-worker';
const PATIENCE_MS = 120_000;

let hub: MortalHub;
let server: ReturnType<typeof createServer>;
/** Ids in the order of their arrival, and what the next message is to come to. */
const arrived: string[] = [];
let onMessage: (() => Promise<number | undefined>) | undefined;

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on(
      'end',
      () =>
        void answer(Buffer.concat(chunks).toString('utf8')).then((status) =>
          status === undefined ? request.socket.destroy() : response.writeHead(status).end(),
        ),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  hub = await startMortalHub();
  await applied({
    resources: [{ id: 'ops', type: 'mcp', uri: 'http://localhost:9000/mcp', scopes: [{ name: 'read' }] }],
    clients: [{ id: 'worker', name: 'Worker', kind: 'service', auth: { secrets: [{ value: SECRET }] } }],
    policies: [{ id: 'all', effect: 'allow', subject: { any: true }, target: { resources: ['ops'] }, scopes: 'all' }],
  });
}, 180_000);
afterAll(async () => {
  await hub.stop();
  server.closeAllConnections();
  server.close();
});

async function answer(body: string): Promise<number | undefined> {
  const message: { data: { id: string } | { id: string }[] } = JSON.parse(body);
  const status = onMessage === undefined ? 204 : await onMessage();
  if (status === 204 || status === undefined) arrived.push(...[message.data].flat().map(({ id }) => id));
  return status;
}

async function applied(config: Record<string, unknown>): Promise<void> {
  const done = await hub.admin('POST', 'apply', config);
  expect([done.status, done.ok ? '' : await done.text()]).toEqual([200, '']);
}

const portOf = (): number => {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};

/** How many of them were had. */
async function tokens(count: number): Promise<number> {
  const asked = Array.from({ length: count }, async () => {
    const answered = await fetch(`${hub.issuer}/oauth/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`worker:${SECRET}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', resource: 'http://localhost:9000/mcp' }),
    }).catch(() => undefined);
    return answered?.status === 200 ? 1 : 0;
  });
  return (await Promise.all(asked)).reduce<number>((sum, one) => sum + one, 0);
}

const recorded = async (): Promise<string[]> =>
  (await hub.query("SELECT id FROM audit_events WHERE tenant = '' AND type = 'token.issued' ORDER BY seq")).map(({ id }) => String(id));

async function everythingArrived(): Promise<void> {
  const until = Date.now() + PATIENCE_MS;
  const all = new Set(await recorded());
  while ([...all].some((id) => !arrived.includes(id))) {
    if (Date.now() > until)
      throw new Error(`${[...all].filter((id) => !arrived.includes(id)).length} of ${all.size} events did not arrive`);
    await sleep(200);
  }
}

it(
  'a hub killed after sending and before writing down sends again under the same ids, in order, and loses nothing',
  { timeout: 400_000 },
  async () => {
    await applied({
      sinks: [
        {
          id: 'siem',
          type: 'webhook',
          url: `http://127.0.0.1:${portOf()}/`,
          secret: { value: 'whsec_c2luay1jYW5hcnktc2VjcmV0LTAxMjM0NTY3ODk=' },
          batch: { events: 20 },
          filter: { types: ['token.issued'] },
        },
      ],
    });
    for (let round = 0; round < 3; round += 1) {
      let killed: Promise<void> | undefined;
      onMessage = async () => {
        // The receiver has it; the hub will never hear so.
        killed ??= hub.killHub();
        await killed;
        return undefined;
      };
      expect(await tokens(30)).toBeGreaterThan(0);
      while (killed === undefined) await sleep(50);
      await killed;
      onMessage = undefined;
      await hub.recover();
      await everythingArrived();
    }
    const all = await recorded();
    expect([...new Set(arrived)]).toEqual(all);
    expect(arrived.length).toBeGreaterThan(all.length);
  },
);

it(
  'a sink that is away, answers garbage or does not answer at all costs no token, and gets everything when it is well',
  { timeout: 400_000 },
  async () => {
    const open: (() => void)[] = [];
    for (const how of [
      () => Promise.resolve(503),
      () => Promise.resolve(200 + 200),
      () => new Promise<number>((resolve) => open.push(() => resolve(500))),
    ]) {
      onMessage = how;
      expect(await tokens(50)).toBe(50);
      await sleep(1_500);
      expect(await tokens(50)).toBe(50);
    }
    onMessage = undefined;
    for (const finish of open) finish();
    await everythingArrived();
    const all = await recorded();
    expect([...new Set(arrived)]).toEqual(all);
  },
);
