// npm run interop: real clients log in to the sample server through the hub, one after the other; docs/interop.md says how it went.
// `npm run interop -- codex` runs those whose name or way contains the word, prints all they said, and leaves the report alone.
import { writeFileSync } from 'node:fs';
import { arch, platform, release } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { protectSample, startHub, temporaryFolder } from '../harness.ts';
import { installPackages } from '../packages.ts';
import { startSite } from '../site.ts';
import { agents } from './agents.ts';
import { startModel } from './model.ts';
import { report } from './report.ts';
import type { Outcome, Verdict } from './report.ts';
import type { Scenario } from './scenario.ts';
import { tools, WORKER } from './tools.ts';
import { HERE, newMachine } from './world.ts';
import type { Ran, World } from './world.ts';

/** Events of the harness itself. */
const NOT_THE_CLIENT = /^($|acme-incidents$|writ:)/;
const words = process.argv.slice(2).map((word) => word.toLowerCase());
const chosen = [...agents, ...tools].filter(({ client, way }) => words.every((word) => `${client} ${way}`.toLowerCase().includes(word)));

process.stdout.write('Installing the pinned clients where they are missing …\n');
installPackages(HERE);
const folder = temporaryFolder();
const site = await startSite(folder.path);
const model = await startModel('whoami');
const hub = await startHub({ env: { NODE_EXTRA_CA_CERTS: site.caFile } });
const guarded = await protectSample(hub, {
  clients: [{ id: WORKER.clientId, name: 'Interop worker', kind: 'service', auth: { secrets: [{ value: WORKER.clientSecret }] } }],
  policies: [
    {
      id: 'interop-worker',
      effect: 'allow',
      grants: ['client_credentials'],
      subject: { clients: [WORKER.clientId] },
      target: { resources: ['acme-incidents'] },
      scopes: 'all',
    },
    {
      id: 'interop-device',
      effect: 'allow',
      grants: ['device_code'],
      subject: { any: true },
      target: { resources: ['acme-incidents'] },
      scopes: 'all',
    },
  ],
});
const outcomes: Outcome[] = [];
try {
  for (const scenario of chosen) {
    process.stdout.write(`${scenario.client} ${scenario.version}, ${scenario.way} … `);
    const outcome = await perform(scenario, { hub, guarded, site, model });
    outcomes.push(outcome);
    process.stdout.write(`${outcome.verdict} (${outcome.seconds.toFixed(0)} s)\n`);
    if (words.length > 0 || outcome.verdict === 'fails') explain(outcome);
  }
} finally {
  await guarded.close();
  await hub.stop();
  await model.close();
  await site.close();
  folder.remove();
}
if (words.length === 0) {
  const about = `${new Date().toISOString().slice(0, 10)}, ${platform()} ${release()} ${arch()}, Node ${process.version}`;
  writeFileSync(join(HERE, '..', '..', 'docs', 'interop.md'), report(outcomes, about));
}
const failed = outcomes.filter((one) => one.verdict === 'fails').length;
process.stdout.write(`${outcomes.length - failed} of ${outcomes.length} as expected, ${failed} failed\n`);
process.exit(failed === 0 ? 0 : 1);

async function perform(scenario: Scenario, world: World): Promise<Outcome> {
  const started = performance.now();
  const since = await lastEvent();
  const machine = newMachine(`${scenario.client} ${scenario.way}`);
  let ran: Ran[] = [];
  let broke: string | undefined;
  try {
    await lifetimes(world, scenario.shortTokens === undefined ? undefined : 30);
    ran = await scenario.run(machine, world);
  } catch (error) {
    broke = String(error);
  }
  const { events, clientIds, documents } = await eventsSince(since);
  const faults = [
    ...(broke === undefined ? [] : [broke]),
    ...(scenario.reached(ran) ? [] : ['the client did not print the answer of the protected tool']),
    ...(scenario.shortTokens === undefined || events.has(scenario.shortTokens) ? [] : [`no ${scenario.shortTokens} in the audit`]),
    ...(clientIds.some((id) => scenario.clientId.test(id)) ? [] : [`no client ${scenario.clientId.source} in the audit`]),
  ];
  const verdict: Verdict = faults.length === 0 ? 'works' : scenario.notBuilt === undefined ? 'fails' : 'not built';
  const seconds = (performance.now() - started) / 1000;
  return { scenario, verdict, faults, ran, visits: machine.visits(), events, clientIds, documents, seconds };
}

/** How long access tokens for the sample live, in seconds; undefined: the hub's default. */
function lifetimes({ guarded, hub }: World, accessTokenTtl: number | undefined): Promise<void> {
  return hub.apply({ resources: [{ ...guarded.resource, settings: accessTokenTtl === undefined ? {} : { accessTokenTtl } }] });
}

/** Ids of events sort by time. */
function idOf(event: Record<string, unknown>): string {
  return String(event['id']);
}

async function lastEvent(): Promise<string> {
  const answer = await hub.admin('GET', 'events?limit=1');
  const page: unknown = await answer.json();
  return typeof page === 'object' && page !== null && 'items' in page && Array.isArray(page.items) ? idOf(page.items[0] ?? {}) : '';
}

/** What the hub wrote down since that event, without the reading of this very report. */
async function eventsSince(last: string): Promise<Pick<Outcome, 'events' | 'clientIds' | 'documents'>> {
  const fresh = (await hub.items('events?limit=200')).filter((event) => idOf(event) > last && !String(event['type']).startsWith('admin.'));
  const events = new Map<string, number>();
  for (const { type } of fresh.toReversed()) events.set(String(type), (events.get(String(type)) ?? 0) + 1);
  const documents = fresh.flatMap(({ type, data }) => (type === 'client.registered' ? sourcesOf(data) : []));
  const ids = fresh.map(({ actor }) => (typeof actor === 'object' && actor !== null && 'client' in actor ? String(actor.client) : ''));
  return { events, clientIds: [...new Set(ids)].filter((id) => !NOT_THE_CLIENT.test(id)), documents };
}

function sourcesOf(data: unknown): string[] {
  return typeof data === 'object' && data !== null && 'source' in data ? [String(data.source)] : [];
}

function explain({ ran, visits, events, faults }: Outcome): void {
  for (const one of ran)
    process.stdout.write(`  $ ${one.command}\n  → ${one.status}\n${one.output.trim().slice(-3000).replaceAll(/^/gm, '    ')}\n`);
  for (const visit of visits) process.stdout.write(`  browser ${JSON.stringify(visit)}\n`);
  process.stdout.write(`  events ${[...events].map(([type, count]) => `${type} ×${count}`).join(', ')}\n`);
  for (const fault of faults) process.stdout.write(`  fault: ${fault}\n`);
}
