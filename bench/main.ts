// npm run bench: the token endpoint beside its floor and a peer, in one run, interleaved. Writes docs/bench.md.
//   -- --rounds 5 --seconds 8   how often, and how long each time
//   -- --only floor,hub,peer    some of the cases (then nothing is written)
//   -- --connections 1          one request after the other: what a call takes, not how many
//   -- --only policy            the policy engine alone, beside Cedar and casbin. Writes docs/bench-policy.md.
//   -- --only rotation          the vault's keys change under load (`--credentials 100000`). Writes docs/bench-rotation.md.
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CASES, runCase, type Case, type Subjects, type Taken } from './cases.ts';
import { startDatabase } from './database.ts';
import { entriesOf, startHub, type HubSubject } from './hub.ts';
import { chooseLoad } from './load.ts';
import { coresOf, machineWords, residentMb } from './machine.ts';
import { startFloor, startHttpProxy, startOidcExchange, startOidcProvider, startService } from './peers.ts';
import { benchPolicies } from './policy.ts';
import { pageOf, tableOf, type Report } from './report.ts';
import { benchRotation } from './rotation.ts';
import type { World } from './world.ts';

const PAGE = fileURLToPath(new URL('../docs/bench.md', import.meta.url));
/** Each run loses up to one token per connection: those that were under way when it ended. */
const FAMILIES = 2048;

const WARM_REQUESTS = 50_000;
const WARM_STEPS = 6;

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '8' },
    only: { type: 'string' },
    flags: { type: 'string' },
    connections: { type: 'string', default: '64' },
    credentials: { type: 'string', default: '100000' },
  },
});
const rounds = Number(options.rounds);
const seconds = Number(options.seconds);
const CONNECTIONS = Number(options.connections);
const say = (sentence: string): void => void process.stdout.write(`${sentence}\n`);

const cores = coresOf();
const load = chooseLoad(cores?.load);
const stops: (() => Promise<void>)[] = [];
try {
  if (options.only === undefined || options.only === 'policy') await benchPolicies(say);
  if (options.only === 'rotation') await benchRotation(Number(options.credentials), say);
  else if (options.only !== 'policy') await main();
} finally {
  for (const stop of stops.toReversed()) await stop();
}

async function main(): Promise<void> {
  say('Starting …');
  const database = await startDatabase(cores?.load);
  stops.push(() => database.stop());
  const hubs: HubSubject[] = [];
  const kept = async <T extends { stop(): Promise<void> }>(one: Promise<T>): Promise<T> => {
    const subject = await one;
    stops.push(() => subject.stop());
    return subject;
  };
  const hub = (name: string, world: World, flags: readonly string[] = []) =>
    once(async () => {
      const subject = await kept(startHub(database, name, world, cores?.server, flags));
      hubs.push(subject);
      return subject;
    });
  const subjects: Subjects = {
    floor: once(() => kept(startFloor(cores?.server))),
    peer: once(() => kept(startOidcProvider(database, FAMILIES, cores?.server))),
    wide: hub('wide', { clients: 10_000, tenants: 10, families: FAMILIES }, options.flags?.split(' ')),
    small: hub('small', { clients: 10, tenants: 10, families: 0 }),
    peerExchange: once(() => kept(startOidcExchange(cores?.server))),
    service: once(() => kept(startService(cores?.load))),
    peerProxy: once(() => kept(startHttpProxy(cores?.server))),
    tenants: hub('tenants', { clients: 10_000, tenants: 10_000, families: 0 }),
  };
  const wanted = options.only?.split(',');
  const cases: Case[] = [];
  // Nothing was asked of it yet.
  const isWide = wanted?.some((key) => key.startsWith('hub')) ?? true;
  const idleMb = isWide ? await atRest((await subjects.wide()).pid, 30_000) : 0;
  for (const { key, make } of CASES) if (wanted?.includes(key) ?? true) cases.push({ key, ...(await make(subjects)) });
  const taken = await measure(cases, () => database.micros());
  const busyMb = hubs[0] === undefined ? 0 : residentMb(hubs[0].pid);
  await mustBeRecorded(hubs, taken);
  const report: Report = {
    taken,
    cases,
    rounds,
    seconds,
    connections: CONNECTIONS,
    load: load.name,
    pinned: cores !== undefined,
    machine: machineWords(),
    database: database.words,
    memory: { started: idleMb, busy: busyMb, resting: isWide && hubs[0] !== undefined ? await atRest(hubs[0].pid, 150_000) : 0 },
  };
  say(`\n${tableOf(report)}`);
  if (options.only === undefined) {
    writeFileSync(PAGE, pageOf(report));
    say(`\nWritten to docs/bench.md.`);
  }
}

/** So long nobody asks, milliseconds: after its start a hub gives back what it does not need within twenty seconds, later within two minutes and a bit. Resident memory, MB. */
async function atRest(pid: number, quiet: number): Promise<number> {
  await sleep(quiet);
  return residentMb(pid);
}

/** Started at the first call; later ones get the same. */
function once<T>(start: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => (running ??= start());
}

/** Every case once per round, in turn: what else the machine does meanwhile falls on all of them alike. */
async function measure(cases: readonly Case[], databaseMicros: () => number): Promise<Taken[]> {
  const run = { load, connections: CONNECTIONS, databaseMicros };
  for (const one of cases) {
    await one.warm();
    // Until the compiler has seen it all: its threads count as the server's CPU time.
    let answered = 0;
    for (let step = 0; answered < WARM_REQUESTS && step < WARM_STEPS; step += 1)
      answered += (await runCase(one, { ...run, seconds: 5, round: -1 })).answered;
  }
  const taken: Taken[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const one of cases) {
      const found = await runCase(one, { ...run, seconds, round });
      taken.push(found);
      say(
        `${round + 1}/${rounds} ${one.name.padEnd(52)} ${found.perSecond.toFixed(0).padStart(6)}/s ${found.cpu.toFixed(0).padStart(5)} µs, foreign ${(found.foreign * 100).toFixed(0)} %`,
      );
      if (found.failed > 0) say(`    ${found.failed} requests failed`);
    }
  }
  return taken;
}

/** No answer without its entry: there are at least as many entries as answers. */
async function mustBeRecorded(hubs: readonly HubSubject[], taken: readonly Taken[]): Promise<void> {
  for (const hub of hubs) {
    const answered = taken.filter((one) => one.pid === hub.pid).reduce((sum, one) => sum + one.answered - one.failed, 0);
    let entries = 0;
    for (const type of ['token.issued', 'token.refreshed', 'token.exchanged', 'credential.issued', 'credential.used'])
      entries += await entriesOf(hub.databaseUrl, type);
    if (entries < answered) throw new Error(`${answered} requests were answered, but only ${entries} are in the audit log`);
  }
}
