// What the soak of scale fills a hub with: agents, people, clients, and a record of three months.
import pg from 'pg';

export type Scale = { events: number; agents: number; tell(sentence: string): void };

const TENANTS = 200;
const CLIENTS = 2_000;
const DAYS = 90;
const STEP = 250_000;

/**
 * Entries of the sizes and kinds that a hub in service has, spread over three months; the chains of the soak are not linked, because nothing here verifies them.
 * Loaded by the database itself, without its indexes, which are made again at the end: over the wire and into them it would take hours.
 */
export async function load(url: string, { events, agents, tell }: Scale): Promise<void> {
  const client = new pg.Client({ connectionString: url, statement_timeout: 0 });
  await client.connect();
  try {
    await client.query(`SET synchronous_commit = off; SET maintenance_work_mem = '512MB'; SET work_mem = '64MB'`);
    await client.query(`SELECT audit_make_month(now() - n * interval '1 month') FROM generate_series(1, 4) AS n`);
    const making = await withoutIndexes(client);
    for (const statement of FLEET) await client.query(statement, statement.includes('$1') ? [agents] : []);
    tell(`${agents} agents.`);
    for (let from = 0; from < events; from += STEP) {
      await client.query(ENTRIES, [from, Math.min(events, from + STEP), events, agents]);
      tell(`${Math.min(events, from + STEP)} entries.`);
    }
    await client.query(
      'INSERT INTO audit_heads SELECT tenant, max(seq), max(hash) FROM audit_events WHERE tenant LIKE $1 GROUP BY tenant',
      ['tenant-%'],
    );
    // What agents did is written by FLEET, and not counted from the entries again: theirs were used alike, and not for months.
    await client.query(`INSERT INTO audit_counted SELECT tenant, seq FROM audit_heads WHERE tenant LIKE 'tenant-%'`);
    await client.query(`INSERT INTO audit_counts SELECT coalesce(tenant, '*'), hour, type, outcome, count(*) FROM (
      SELECT tenant, date_trunc('hour', time, 'UTC') AS hour, type, outcome FROM audit_events WHERE tenant LIKE 'tenant-%') AS entries
      GROUP BY GROUPING SETS ((tenant, hour, type, outcome), (hour, type, outcome))
      ON CONFLICT (tenant, hour, type, outcome) DO UPDATE SET n = audit_counts.n + EXCLUDED.n`);
    for (const statement of making) await client.query(statement);
    tell(`${making.length} indexes.`);
    await client.query('VACUUM ANALYZE');
    await client.query('CHECKPOINT').catch(() => undefined);
  } finally {
    await client.end();
  }
}

/** Takes the indexes of the large tables away, but for primary keys; answers the statements that make them again. */
async function withoutIndexes(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string; made: string }>(
    `SELECT c.oid::regclass::text AS name, pg_get_indexdef(c.oid) AS made FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     WHERE NOT i.indisprimary AND NOT c.relispartition AND
       (i.indrelid::regclass::text LIKE 'audit\\_events%' OR i.indrelid IN ('agents'::regclass, 'agent_use'::regclass, 'users'::regclass))
       AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = c.oid)`,
  );
  for (const { name } of rows) await client.query(`DROP INDEX ${name}`);
  // Of a partitioned table it is spelled as an index of the parent only.
  return rows.map(({ made }) => made.replace(' ON ONLY ', ' ON '));
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
  `INSERT INTO agents (id, client_id, principal_kind, principal_id, tenant_id, state, state_reason, created_at, owner_id, verified, risk)
   SELECT 'agt_soak_' || n, 'client-' || (n % ${CLIENTS}), 'user', 'user-' || n, 'tenant-' || (n % ${TENANTS}),
     CASE WHEN n % 5000 = 0 THEN 'frozen' ELSE 'active' END, CASE WHEN n % 10000 = 0 THEN 'owner_left' WHEN n % 5000 = 0 THEN 'by an administrator' END,
     now() - interval '${DAYS} days', CASE WHEN n % 100 <> 7 THEN 'user-' || n END, n % ${CLIENTS} % 10 = 0, CASE WHEN n % 20 = 3 THEN 3 WHEN n % 4 = 0 THEN 2 WHEN n % 2 = 1 THEN 1 END
   FROM generate_series(1, $1::int) AS n`,
  `UPDATE agent_use SET calls = n % 5000, denials = CASE WHEN n % 50 = 0 THEN n % 300 ELSE 0 END, first_used_at = now() - interval '${DAYS} days',
     last_used_at = now() - (CASE WHEN n % 5 = 0 THEN 1500 ELSE n % 600 END) * interval '1 hour' - n * interval '1 millisecond',
     idle_since = now() - (CASE WHEN n % 5 = 0 THEN 1500 ELSE n % 600 END) * interval '1 hour' - n * interval '1 millisecond'
   FROM (SELECT agent_id AS id, substr(agent_id, 10)::int AS n FROM agent_use WHERE agent_id LIKE 'agt_soak_%') AS known WHERE agent_id = id AND n % 20 <> 11`,
  `INSERT INTO agent_scope_use (agent_id, resource_id, scope, count, last_used_at)
   SELECT agent_id, 'ops', 'incidents:read', calls, last_used_at FROM agent_use WHERE last_used_at IS NOT NULL ON CONFLICT DO NOTHING`,
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
