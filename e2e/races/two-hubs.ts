import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, startHub } from '../harness.ts';
import type { Hub } from '../harness.ts';
import { ask } from '../attacks/ask.ts';
import type { Answer, Asked } from '../attacks/ask.ts';
import { freshDatabase } from '../attacks/database.ts';
import { furniture } from '../attacks/furniture.ts';
import { worldOf } from '../attacks/world.ts';
import type { World } from '../attacks/world.ts';

/** Two hubs, each a process of its own, behind one issuer and on one database. `first` is the one that the issuer's port leads to. */
export type TwoHubs = {
  first: World;
  /** The same request to both, `times` in all, at once; every second one to the second node. */
  race(times: number, path: string, asked: Asked): Promise<Answer[]>;
  /** Different requests at once, to the nodes in turn. */
  each(requests: readonly { path: string; asked: Asked }[]): Promise<Answer[]>;
  /** Waits until the second node goes by every policy that the first was told of. */
  heard(): Promise<void>;
  close(): Promise<void>;
};

export async function openTwoHubs(): Promise<TwoHubs> {
  const database = await freshDatabase();
  const ports = [await freePort(), await freePort()] as const;
  const env = {
    WRIT_DATABASE_URL: database.url,
    WRIT_KEK: randomBytes(32).toString('base64'),
    WRIT_TRUST_PROXY: '127.0.0.1',
    WRIT_ISSUER: `http://localhost:${ports[0]}`,
  };
  const hubs: Hub[] = [];
  for (const port of ports) hubs.push(await startHub({ port, env }));
  const [hub, second] = hubs;
  if (hub === undefined || second === undefined) throw new Error('two hubs were to start');
  const first = worldOf(hub, database);
  const each: TwoHubs['each'] = (requests) =>
    Promise.all(
      requests.map(({ path, asked }, index) =>
        ask(index % 2 === 0 ? hub.issuer : second.issuer, path, {
          ...asked,
          headers: { host: new URL(hub.issuer).host, ...asked.headers },
        }),
      ),
    );
  let told = 0;
  const heard = async (): Promise<void> => {
    const id = `told-${(told += 1)}`;
    const nobody = { subject: { clients: ['cosigner'] }, target: { resources: ['ops'] }, scopes: 'all' };
    await hub.apply({ policies: [{ id, effect: 'deny', ...nobody }] });
    const asked = { client: 'cosigner', resource: 'ops' };
    // A node reads all policies at once: with this one it has every one before.
    while (!(await (await second.admin('POST', 'policies/simulate', asked)).text()).includes(`"${id}"`)) await sleep(20);
    await hub.admin('DELETE', `policies/${id}`);
  };
  await hub.apply(furniture());
  await heard();
  return {
    first,
    each,
    heard,
    race: (times, path, asked) => each(Array.from({ length: times }, () => ({ path, asked }))),
    async close() {
      await Promise.all(hubs.map((one) => one.stop()));
      await database.drop();
    },
  };
}
