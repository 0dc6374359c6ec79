// npm run soak -- scale [events [agents]]: how the record answers when it is long: a hub on a Postgres that holds so many entries and agents, asked over HTTP as the console asks. And whether tokens still come as fast.
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import process from 'node:process';
import { query, startDatabase } from './database.ts';
import { freePort, startProgram } from './program.ts';

type Scale = { events: number; agents: number; tell(sentence: string): void };

const TENANTS = 200;
const CLIENTS = 2_000;
const DAYS = 90;
const STEP = 500_000;
const ASKS = 15;
const SECRET = 'a-long-secret-of-the-soak';

/** What is asked: a name to print, and a path below /admin/v1/. */
const QUESTIONS: readonly (readonly [string, string])[] = [
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
  ['figures of dormant agents', 'agents/facets?dormant=true'],
];

/** Returns what was not as it should be. */
async function runScale({ events, agents, tell }: Scale): Promise<string[]> {
  const database = await startDatabase(undefined);
  const hub = await startHub(await database.create('scale'));
  const problems: string[] = [];
  try {
    const before = await rate(hub.url);
    tell(`Empty: ${before.toFixed(0)} tokens a second.`);
    await load(hub.databaseUrl, { events, agents, tell });
    const counting = performance.now();
    await hub.get('events/facets');
    while ('counting' in (await hub.get('events/facets'))) await hub.get('events/facets');
    tell(`Counted up after ${((performance.now() - counting) / 1000).toFixed(0)} s.`);
    const counted = performance.now();
    while ((await query(hub.databaseUrl, BEHIND)).length > 0) await new Promise((resolve) => setTimeout(resolve, 1_000));
    tell(`What agents did is counted after another ${((performance.now() - counted) / 1000).toFixed(0)} s.`);
    for (const [name, path] of QUESTIONS) {
      const { median, worst } = await ask(() => hub.get(path));
      tell(`${name.padEnd(28)} median ${median.toFixed(0).padStart(5)} ms   worst of ${ASKS} ${worst.toFixed(0).padStart(5)} ms`);
      if (median > 300) problems.push(`${name} took ${median.toFixed(0)} ms`);
    }
    const after = await rate(hub.url);
    tell(`Full: ${after.toFixed(0)} tokens a second, ${((100 * after) / before).toFixed(0)} % of before.`);
    if (after < 0.9 * before) problems.push(`tokens come at ${((100 * after) / before).toFixed(0)} % of the rate of an empty hub`);
    return problems;
  } finally {
    await hub.stop();
    await database.stop();
  }
}

/** Chains of which the hub's job has not counted what agents did; what the hub writes meanwhile is not waited for. */
const BEHIND = `SELECT 1 FROM audit_heads h LEFT JOIN agent_use_counted c USING (tenant) WHERE h.tenant LIKE 'tenant-%' AND h.seq > coalesce(c.seq, 0) LIMIT 1`;

function day(ago: number): string {
  return new Date(Math.floor(Date.now() / 86_400_000 - ago) * 86_400_000).toISOString();
}

async function ask(once: () => Promise<unknown>): Promise<{ median: number; worst: number }> {
  const times: number[] = [];
  for (let n = 0; n < ASKS; n += 1) {
    const started = performance.now();
    await once();
    times.push(performance.now() - started);
  }
  const sorted = times.toSorted((one, other) => one - other);
  return { median: sorted[Math.floor(ASKS / 2)] ?? 0, worst: sorted.at(-1) ?? 0 };
}

async function startHub(databaseUrl: string) {
  const [port, token] = [await freePort(), randomBytes(32).toString('base64url')];
  const url = `http://127.0.0.1:${port}`;
  const env = {
    WRIT_ISSUER: url,
    WRIT_DATABASE_URL: databaseUrl,
    WRIT_KEK: randomBytes(32).toString('base64'),
    WRIT_ADMIN_TOKEN: token,
    WRIT_LOG_LEVEL: 'warn',
    SOAK_SECRET: SECRET,
  };
  const program = fileURLToPath(new URL('../packages/cli/bin/writ.mjs', import.meta.url));
  const args = [program, 'serve', '--allow-http-loopback', '--port', String(port)];
  const running = await startProgram({ args, core: undefined, env, ready: /Writ serves/ });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const applied = await fetch(`${url}/admin/v1/apply`, { method: 'POST', headers, body: JSON.stringify(config()) });
  if (!applied.ok) throw new Error(`apply answered ${applied.status}: ${await applied.text()}`);
  return {
    url,
    databaseUrl,
    stop: () => running.stop(),
    async get(path: string): Promise<object> {
      const answer = await fetch(`${url}/admin/v1/${path}`, { headers });
      const body: unknown = await answer.json();
      if (!answer.ok || typeof body !== 'object' || body === null) throw new Error(`${path} answered ${answer.status}`);
      return body;
    },
  };
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

/** Tokens a second over ten seconds, sixteen at once. Only to be held against itself: the asking is done on the same machine. */
async function rate(url: string): Promise<number> {
  const [authorization, until] = [`Basic ${btoa(`worker:${SECRET}`)}`, performance.now() + 10_000];
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
  return count / 10;
}

/**
 * Entries of the sizes and kinds that a hub in service has, spread over three months; the chains of the soak are not linked, because nothing here verifies them.
 * Loaded by the database itself: over the wire it would take an hour.
 */
async function load(url: string, { events, agents, tell }: Scale): Promise<void> {
  await query(url, `SELECT audit_make_month(now() - n * interval '1 month') FROM generate_series(1, 4) AS n`);
  for (const statement of FLEET) await query(url, statement, statement.includes('$1') ? [agents] : []);
  tell(`${agents} agents.`);
  for (let from = 0; from < events; from += STEP) {
    await query(url, ENTRIES, [from, Math.min(events, from + STEP), events, agents]);
    tell(`${Math.min(events, from + STEP)} entries.`);
  }
  await query(url, 'INSERT INTO audit_heads SELECT tenant, max(seq), max(hash) FROM audit_events WHERE tenant LIKE $1 GROUP BY tenant', [
    'tenant-%',
  ]);
  await query(url, 'VACUUM ANALYZE');
}

/**
 * Each person has one agent. One client in ten is verified; one agent in a hundred has no owner, one in 5,000 is frozen, one in twenty can write and half may read only.
 * A twentieth was used never, and a fifth not for months.
 */
const FLEET = [
  `INSERT INTO clients (id, name, registration_type, status, public, grants, auth_method)
   SELECT 'client-' || n, 'Assistant ' || n, 'manual', CASE WHEN n % 10 = 0 THEN 'verified' ELSE 'unverified' END, true, '{authorization_code}', 'none'
   FROM generate_series(0, ${CLIENTS - 1}) AS n`,
  `INSERT INTO users (id, email, email_key, name) SELECT 'user-' || n, 'p' || n || '@tenant-' || (n % ${TENANTS}) || '.test', 'p' || n || '@tenant-' || (n % ${TENANTS}) || '.test',
     'Person Surname' || n FROM generate_series(0, $1::int) AS n`,
  `INSERT INTO agents (id, client_id, principal_kind, principal_id, tenant_id, state, state_reason, created_at, last_used_at, owner_id, verified, risk)
   SELECT 'agt_soak_' || n, 'client-' || (n % ${CLIENTS}), 'user', 'user-' || n, 'tenant-' || (n % ${TENANTS}),
     CASE WHEN n % 5000 = 0 THEN 'frozen' ELSE 'active' END, CASE WHEN n % 10000 = 0 THEN 'owner_left' WHEN n % 5000 = 0 THEN 'by an administrator' END,
     now() - interval '${DAYS} days', NULL, CASE WHEN n % 100 <> 7 THEN 'user-' || n END, n % ${CLIENTS} % 10 = 0, CASE WHEN n % 20 = 3 THEN 3 WHEN n % 4 = 0 THEN 2 WHEN n % 2 = 1 THEN 1 END
   FROM generate_series(1, $1::int) AS n`,
  `UPDATE agent_use SET calls = n % 5000, denials = CASE WHEN n % 50 = 0 THEN n % 300 ELSE 0 END, first_used_at = now() - interval '${DAYS} days',
     last_used_at = now() - (CASE WHEN n % 5 = 0 THEN 1500 ELSE n % 600 END) * interval '1 hour' - n * interval '1 millisecond',
     idle_since = now() - (CASE WHEN n % 5 = 0 THEN 1500 ELSE n % 600 END) * interval '1 hour' - n * interval '1 millisecond'
   FROM (SELECT agent_id AS id, substr(agent_id, 10)::int AS n FROM agent_use WHERE agent_id LIKE 'agt_soak_%') AS known WHERE agent_id = id AND n % 20 <> 11`,
];

const ENTRIES = `
INSERT INTO audit_events (tenant, seq, id, time, type, outcome, user_id, agent_id, client_id, txn, body, hash)
SELECT tenant, seq, id, moment, type, outcome, user_id, agent, client, NULL,
  format('{"actor":{"agent":"%s","chain":[],"client":"%s","user":"%s"},"data":{"audience":"https://api.acme.test/mcp","scopes":["incidents:read"],"decision":"%s","grant":"authorization_code","policy":{"client":{"id":"%s","registrationType":"cimd","status":"verified","tags":["production"]},"matched":["ops-autonomous","ops-readers"],"request":{"ip":"10.0.0.1","time":"%s"},"scopes":["incidents:read","incidents:write"],"target":{"resource":"ops","tags":["internal"]},"tenant":{"attributes":{"plan":"pro"},"id":"%s"}}},"id":"%s","initiator":"agent-for-human","ip":"10.0.0.1","outcome":"%s","prev":"%s","reason":%s,"request":"req_%s","seq":%s,"target":{"id":"ops","type":"resource"},"tenant":"%s","time":"%s","type":"%s","userAgent":"agent/1.0"}',
    agent, client, user_id, md5(n::text), client, moment, tenant, id, outcome, md5(n::text) || '00000000000', CASE outcome WHEN 'refused' THEN '"no_rule_reaches"' ELSE 'null' END, n, seq, tenant, to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), type),
  md5(n::text) || '00000000000'
FROM (
  SELECT n, 'tenant-' || (n % ${TENANTS}) AS tenant, n / ${TENANTS} + 1 AS seq, audit_id_at(moment) || lpad(to_hex(n), 16, '0') AS id, moment,
    CASE WHEN n % 50000 = 7 THEN 'policy.changed' WHEN n % 20 < 9 THEN 'token.issued' WHEN n % 20 < 14 THEN 'token.refreshed' WHEN n % 20 < 17 THEN 'token.exchanged'
      WHEN n % 20 = 17 THEN 'token.refused' WHEN n % 20 = 18 THEN 'credential.issued' ELSE 'admin.read' END AS type,
    CASE WHEN n % 20 = 17 THEN 'refused' ELSE 'success' END AS outcome,
    'user-' || (n * 7919 % $4) AS user_id, 'agt_soak_' || (n * 7919 % $4) AS agent, 'client-' || (n * 7919 % ${CLIENTS}) AS client
  FROM (SELECT n, now() - interval '${DAYS} days' + (n::float8 / $3) * interval '${DAYS} days' AS moment FROM generate_series($1::bigint, $2::bigint - 1) AS n) AS times
) AS drawn`;

const [events = 10_000_000, agents = 1_000_000] = process.argv.slice(3).map(Number);
const tell = (sentence: string): void => void process.stdout.write(`${sentence}\n`);
tell(`${events} entries, ${agents} agents`);
const problems = await runScale({ events, agents, tell });
tell(problems.length === 0 ? 'Everything within its bounds.' : problems.join('\n'));
process.exitCode = problems.length === 0 ? 0 : 1;
