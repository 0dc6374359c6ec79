// npm run soak -- scale [events [agents [folder]]]: how the record and the directory answer when they are long: a hub on a Postgres that holds so many entries and agents,
// asked over HTTP as the console asks, and whether tokens still come as fast as of an empty hub beside it. In a folder the database is kept, and found again by the next run.
// With the full numbers it writes docs/scale.md.
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import process from 'node:process';
import { query, startDatabase, type Database } from './database.ts';
import { cpuMicros, machineWords } from './machine.ts';
import { freePort, startProgram } from './program.ts';
import { median } from './report.ts';
import { load } from './scale-load.ts';

const PAGE = fileURLToPath(new URL('../docs/scale.md', import.meta.url));
const FULL = { events: 10_000_000, agents: 1_000_000 };
const ASKS = 21;
const LIMIT_MS = 300;
const ROUNDS = 4;
const RATE_SECONDS = 5;
const SECRET = 'a-long-secret-of-the-soak';
/** The same in every run, so that a database that was kept opens again. It seals nothing but what the soak makes. */
const KEK = createHash('sha256').update('soak').digest('base64');

/** What is asked: a name to print, and a path below /admin/v1/; with a body it is a POST. */
const QUESTIONS: readonly (readonly [name: string, path: string, body?: object])[] = [
  ['newest entries', 'events?limit=50'],
  ['of a frequent type', 'events?type=token.issued&limit=50'],
  ['of a rare type', 'events?type=policy.changed&limit=50'],
  ['refusals', 'events?outcome=refused&limit=50'],
  ['of one tenant', 'events?tenant=tenant-7&limit=50'],
  ['of one client', 'events?client=client-77&limit=50'],
  ['of one agent', 'events?agent=agt_soak_4711&limit=50'],
  ['a rare type of one tenant', 'events?tenant=tenant-7&type=policy.changed&limit=50'],
  ['of one day', `events?since=${day(40)}&until=${day(39)}&limit=50`],
  ['figures of everything', 'events/facets'],
  ['figures of one day', `events/facets?since=${day(40)}&until=${day(39)}`],
  ['figures of refusals', 'events/facets?outcome=refused'],
  ['figures of one tenant', 'events/facets?tenant=tenant-7'],
  ['figures of one client', 'events/facets?client=client-77'],
  ['agents', 'agents?limit=50'],
  ...['created', 'last_used', 'calls', 'denials'].flatMap((by) =>
    [by, `-${by}`].map((sort) => [`agents by ${sort}`, `agents?sort=${sort}&limit=50`] as const),
  ),
  ['agents of one client', 'agents?client=client-77&limit=50'],
  ['… most calls first', 'agents?client=client-77&sort=-calls&limit=50'],
  ['agents of one tenant', 'agents?tenant=tenant-7&limit=50'],
  ['… last used first', 'agents?tenant=tenant-7&sort=-last_used&limit=50'],
  ['agents of one person', 'agents?user=user-4711&limit=50'],
  ['agents of one owner', 'agents?owner=user-77&limit=50'],
  ['agents of nobody', 'agents?owner=none&limit=50'],
  ['frozen agents', 'agents?state=frozen&limit=50'],
  ['… for one reason', 'agents?reason=owner_left&sort=-calls&limit=50'],
  ['dormant agents', 'agents?dormant=true&limit=50'],
  ['… that can write', 'agents?dormant=true&risk=high&sort=-calls&limit=50'],
  ['agents never used', 'agents?used=never&limit=50'],
  ['unverified agents that can write', 'agents?verified=false&risk=high&limit=50'],
  ['… that most was refused', 'agents?verified=false&risk=high&sort=-denials&limit=50'],
  ['drifting agents', 'agents?drift=true&limit=50'],
  ['agents of a person by name', 'agents?q=surname4711&limit=50'],
  ['agents of a client by name', 'agents?q=assistant%2077&limit=50'],
  ['agents by a frequent word', 'agents?q=person&sort=-calls&limit=50'],
  ['one agent', 'agents/agt_soak_4711'],
  ['figures of agents', 'agents/facets'],
  ['figures of one tenant’s agents', 'agents/facets?tenant=tenant-7'],
  ['what one agent reaches', 'graph?agent=agt_soak_4711'],
  ['what one person reaches', 'graph?user=user-4711'],
  ['what one client reaches', 'graph?client=client-77'],
  ['who reaches a resource', 'graph?resource=ops'],
  ['what breaks without a policy', 'graph/without', { policy: 'all' }],
  ['figures of dormant agents', 'agents/facets?dormant=true'],
];

type Run = { events: number; agents: number; folder?: string | undefined; tell(sentence: string): void };
type Answered = { name: string; cold: number; p50: number; p95: number };
type Rate = { perSecond: number; cpu: number };

/** Returns what was not as it should be. */
async function runScale({ events, agents, folder, tell }: Run): Promise<string[]> {
  const database = await startDatabase(undefined, folder);
  const stops: (() => Promise<void>)[] = [() => database.stop()];
  try {
    const url = await database.create('scale');
    const hub = await startHub(url);
    stops.push(() => hub.stop());
    const [known] = await query(url, `SELECT 1 FROM settings WHERE name = 'soak.loaded'`);
    if (known === undefined) {
      await load(url, { events, agents, tell });
      await query(url, `INSERT INTO settings (name, value) VALUES ('soak.loaded', 'true')`);
    }
    await untilCounted(hub, tell);
    const answers: Answered[] = [];
    for (const [name, path, body] of QUESTIONS) answers.push(await answered(name, () => hub.ask(path, body), database));
    for (const { name, cold, p50, p95 } of answers)
      tell(
        `${name.padEnd(34)} cold ${cold.toFixed(0).padStart(5)} ms   p50 ${p50.toFixed(0).padStart(5)}   p95 ${p95.toFixed(0).padStart(5)}`,
      );
    const empty = await startHub(await database.create(`empty_${randomBytes(4).toString('hex')}`));
    stops.push(() => empty.stop());
    const rates = await ratesOf([hub, empty], database);
    const [full, beside] = rates;
    tell(
      `Tokens: ${full.perSecond.toFixed(0)} a second and ${full.cpu.toFixed(0)} µs each; of an empty hub ${beside.perSecond.toFixed(0)} and ${beside.cpu.toFixed(0)} µs.`,
    );
    const size = await sizeOf(url);
    if (events >= FULL.events && agents >= FULL.agents) writeFileSync(PAGE, pageOf({ answers, rates, size, words: database.words }));
    return [
      ...answers.filter(({ p50 }) => p50 > LIMIT_MS).map(({ name, p50 }) => `${name} took ${p50.toFixed(0)} ms`),
      ...(full.cpu > 1.1 * beside.cpu
        ? [`a token takes ${((100 * full.cpu) / beside.cpu).toFixed(0)} % of the CPU that it takes of an empty hub`]
        : []),
    ];
  } finally {
    for (const stop of stops.toReversed()) await stop();
  }
}

/** Chains of which the hub's jobs have not counted all; what the hub writes meanwhile is not waited for. */
const BEHIND = `SELECT 1 FROM audit_heads h LEFT JOIN audit_counted c USING (tenant) WHERE h.tenant LIKE 'tenant-%' AND h.seq > coalesce(c.seq, 0) LIMIT 1`;

async function untilCounted(hub: Hub, tell: Run['tell']): Promise<void> {
  const began = performance.now();
  await hub.ask('events/facets');
  while ('counting' in (await hub.ask('events/facets'))) await hub.ask('events/facets');
  tell(`Counted up after ${((performance.now() - began) / 1000).toFixed(0)} s.`);
  while ((await query(hub.databaseUrl, BEHIND)).length > 0) await new Promise((resolve) => setTimeout(resolve, 1_000));
  tell(`What agents did is counted after ${((performance.now() - began) / 1000).toFixed(0)} s.`);
}

function day(ago: number): string {
  return new Date(Math.floor(Date.now() / 86_400_000 - ago) * 86_400_000).toISOString();
}

/** First with the files of the database dropped from the system's cache, then as often as it takes for a 95th percentile. Milliseconds. */
async function answered(name: string, once: () => Promise<unknown>, database: Database): Promise<Answered> {
  const take = async (): Promise<number> => {
    const began = performance.now();
    await once();
    return performance.now() - began;
  };
  dropFromCache(database.folder);
  const cold = await take();
  const times: number[] = [];
  for (let n = 0; n < ASKS; n += 1) times.push(await take());
  const sorted = times.toSorted((one, other) => one - other);
  return { name, cold, p50: sorted[Math.floor(ASKS / 2)] ?? 0, p95: sorted[Math.floor(ASKS * 0.95)] ?? 0 };
}

/** GNU dd tells the system that a file's pages are not needed any more. Where there is none, cold is what the system makes of it. */
function dropFromCache(folder: string | undefined): void {
  if (folder === undefined || !existsSync('/usr/bin/dd')) return;
  try {
    execFileSync('find', [folder, '-type', 'f', '-size', '+256k', '-exec', 'dd', 'if={}', 'iflag=nocache', 'count=0', 'status=none', ';'], {
      stdio: 'ignore',
    });
  } catch {
    // Files come and go while the database works.
  }
}

type Hub = Awaited<ReturnType<typeof startHub>>;

async function startHub(databaseUrl: string) {
  const [port, token] = [await freePort(), randomBytes(32).toString('base64url')];
  const url = `http://127.0.0.1:${port}`;
  const env = {
    WRIT_ISSUER: url,
    WRIT_DATABASE_URL: databaseUrl,
    WRIT_KEK: KEK,
    WRIT_ADMIN_TOKEN: token,
    WRIT_LOG_LEVEL: 'warn',
    SOAK_SECRET: SECRET,
  };
  const program = fileURLToPath(new URL('../packages/cli/bin/writ.mjs', import.meta.url));
  const args = [program, 'serve', '--allow-http-loopback', '--port', String(port)];
  const running = await startProgram({ args, core: undefined, env, ready: /Writ serves/ });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const ask = async (path: string, body?: object): Promise<object> => {
    const sent = body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) };
    const answer = await fetch(`${url}/admin/v1/${path}`, sent);
    const found: unknown = await answer.json();
    if (!answer.ok || typeof found !== 'object' || found === null)
      throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(found)}`);
    return found;
  };
  await ask('apply', config());
  return { url, databaseUrl, pid: running.pid, ask, stop: () => running.stop() };
}

function config(): object {
  return {
    resources: [{ id: 'ops', type: 'api', uri: 'http://127.0.0.1:9000/api', scopes: [{ name: 'read' }] }],
    clients: [
      {
        id: 'worker',
        name: 'Worker',
        kind: 'service',
        grants: ['client_credentials'],
        auth: { method: 'client_secret_basic', secrets: [{ env: 'SOAK_SECRET' }] },
      },
    ],
    policies: [{ id: 'all', effect: 'allow', subject: { any: true }, target: { resources: 'all' }, scopes: 'all' }],
  };
}

/** Tokens of each hub in turn, so that whatever else the machine does falls on all alike: a second, and what one takes of server and Postgres. */
async function ratesOf(hubs: readonly [Hub, Hub], database: Database): Promise<[Rate, Rate]> {
  const taken: [Rate[], Rate[]] = [[], []];
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [index, hub] of hubs.entries()) {
      const before = cpuMicros([hub.pid]) + database.micros();
      const count = await tokensOf(hub.url);
      const cpu = (cpuMicros([hub.pid]) + database.micros() - before) / count;
      // The first of each warms it.
      if (round > 0) taken[index]?.push({ perSecond: count / RATE_SECONDS, cpu });
    }
  }
  const middle = (rates: readonly Rate[]): Rate => ({
    perSecond: median(rates.map((one) => one.perSecond)),
    cpu: median(rates.map((one) => one.cpu)),
  });
  return [middle(taken[0]), middle(taken[1])];
}

async function tokensOf(url: string): Promise<number> {
  const [authorization, until] = [`Basic ${btoa(`worker:${SECRET}`)}`, performance.now() + RATE_SECONDS * 1000];
  const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded' };
  const body = 'grant_type=client_credentials&resource=http%3A%2F%2F127.0.0.1%3A9000%2Fapi';
  let count = 0;
  const loop = async (): Promise<void> => {
    while (performance.now() < until) {
      const answer = await fetch(`${url}/oauth/token`, { method: 'POST', headers, body });
      if (!answer.ok) throw new Error(`a token was refused: ${await answer.text()}`);
      await answer.arrayBuffer();
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: 16 }, loop));
  return count;
}

/** Bytes of the record's table and of its indexes. */
async function sizeOf(url: string): Promise<{ table: number; indexes: number; entries: number }> {
  const [found] = await query(
    url,
    `SELECT sum(pg_table_size(inhrelid)) AS table, sum(pg_indexes_size(inhrelid)) AS indexes FROM pg_inherits WHERE inhparent = 'audit_events'::regclass`,
  );
  const [counted] = await query(url, `SELECT sum(seq) AS entries FROM audit_heads`);
  return { table: Number(found?.['table']), indexes: Number(found?.['indexes']), entries: Number(counted?.['entries']) };
}

function pageOf(of: {
  answers: readonly Answered[];
  rates: readonly [Rate, Rate];
  size: Awaited<ReturnType<typeof sizeOf>>;
  words: string;
}): string {
  const { answers, size, words } = of;
  const [full, beside] = of.rates;
  const each = (bytes: number): string => (bytes / size.entries).toFixed(0);
  return `# Answers of a long record

Written by \`npm run soak -- scale\`: a hub with 10,000,000 entries of three months in 200 tenants and 1,000,000 agents of as many people, asked over HTTP for what the
console asks. *Cold*: once, after the files of the database were dropped from the system's cache. p50 and p95 of ${ASKS} answers after it.

Machine: ${machineWords()}. ${words}, 64 MB of shared buffers.

An entry takes ${each(size.table)} bytes of the table and ${each(size.indexes)} of its indexes. A token takes ${full.cpu.toFixed(0)} µs of CPU (server and Postgres) where the record is that long and ${beside.cpu.toFixed(0)} µs at an empty
hub on the same Postgres: ${((100 * full.cpu) / beside.cpu).toFixed(0)} % of it; ${full.perSecond.toFixed(0)} and ${beside.perSecond.toFixed(0)} came a second, asked for on the same machine.

| | cold, ms | p50, ms | p95, ms |
| --- | ---: | ---: | ---: |
${answers.map(({ name, cold, p50, p95 }) => `| ${name} | ${cold.toFixed(0)} | ${p50.toFixed(0)} | ${p95.toFixed(0)} |`).join('\n')}
`;
}

const [events = FULL.events, agents = FULL.agents] = process.argv.slice(3, 5).map(Number);
const tell = (sentence: string): void => void process.stdout.write(`${sentence}\n`);
tell(`${events} entries, ${agents} agents`);
const problems = await runScale({ events, agents, folder: process.argv[5], tell });
tell(problems.length === 0 ? 'Everything within its bounds.' : problems.join('\n'));
process.exitCode = problems.length === 0 ? 0 : 1;
