import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { sql } from 'kysely';
import { testHouse, type TestHouse } from '../../../../testing/house.ts';
import type { House } from '../../../house.ts';
import type { Engine } from '../../../../testing/database.ts';
import { ensureAgent } from '../../../rooms/agents/store.ts';
import type { AuditEvent } from '../../../rooms/audit/event.ts';
import { saveGrant } from '../../../rooms/consent/store.ts';
import { issueCode } from '../../../rooms/tokens/code.store.ts';

export const OPS = 'http://localhost:9000/mcp';
export const BOOKS = 'https://books.test/api';
export const SECRET = 'a-long-secret-of-the-worker';
export const REDIRECT = 'http://127.0.0.1/callback';
export const VERIFIER = 'v'.repeat(43);

const CONFIG = {
  tenants: [
    { id: 'acme', name: 'Acme' },
    { id: 'globex', name: 'Globex' },
    { id: 'strict', name: 'Strict', settings: { allowedGrants: ['authorization_code'], accessTokenTtl: 120 } },
  ],
  roles: [{ name: 'SRE', permissions: ['incidents:write'] }],
  users: [
    { id: 'ann', email: 'ann@acme.test', name: 'Ann', tenants: [{ id: 'acme', roles: ['SRE'] }] },
    { id: 'bob', email: 'bob@acme.test', tenants: [{ id: 'acme' }] },
  ],
  resources: [
    {
      id: 'ops',
      type: 'mcp',
      uri: OPS,
      scopes: [{ name: 'incidents:read' }, { name: 'incidents:write', risk: 'high' }, { name: 'runbooks:read' }],
    },
    {
      id: 'books',
      type: 'api',
      uri: BOOKS,
      aliases: ['https://ledger.test'],
      scopes: [{ name: 'ledger:read' }, { name: 'ledger:write' }],
      settings: { onExcess: 'reject' },
    },
  ],
  clients: [
    { id: 'worker', name: 'Worker', kind: 'service', auth: { secrets: [{ value: SECRET }] }, tenants: ['acme'] },
    { id: 'loner', name: 'Loner', kind: 'service', auth: { secrets: [{ value: SECRET }] }, scopes: ['incidents:read', 'ledger:read'] },
    { id: 'many', name: 'Many', kind: 'service', auth: { secrets: [{ value: SECRET }] }, tenants: ['acme', 'globex', 'strict'] },
    { id: 'outsider', name: 'Outsider', kind: 'service', auth: { secrets: [{ value: SECRET }] } },
    { id: 'cli', name: 'CLI', kind: 'cli', public: true, redirectUris: [REDIRECT] },
    { id: 'other', name: 'Other CLI', kind: 'cli', public: true, redirectUris: [REDIRECT] },
    { id: 'web', name: 'Web', redirectUris: ['https://web.test/cb'], auth: { secrets: [{ value: SECRET }] } },
  ],
  policies: [
    { id: 'people', effect: 'allow', grants: ['authorization_code'], subject: { any: true }, target: { resources: 'all' }, scopes: 'all' },
    {
      id: 'workers',
      effect: 'allow',
      grants: ['client_credentials'],
      subject: { clients: ['worker', 'loner', 'many'] },
      target: { resources: ['ops'] },
      scopes: ['incidents:read', 'incidents:write'],
    },
    {
      id: 'books',
      effect: 'allow',
      grants: ['client_credentials'],
      subject: { clients: ['worker'] },
      target: { resources: ['books'] },
      scopes: ['ledger:read'],
    },
  ],
};

export type Answer = { status: number; body: Record<string, string> & { expires_in?: number }; headers: Headers };
export type Login = {
  client?: string;
  user?: string;
  tenant?: string | null;
  resource?: string;
  scopes?: readonly string[];
  identity?: readonly string[];
  persistent?: boolean;
  nonce?: string;
  redirectUri?: string;
  acr?: string;
  amr?: readonly string[];
  /** The person saw the page in this journey; false: what they allowed before was good enough. */
  asked?: boolean;
};

export type World = TestHouse & {
  token(form: Record<string, string> | URLSearchParams, headers?: Record<string, string>, node?: House): Promise<Answer>;
  /** What the end of a journey leaves: agent, grant and a code for it. */
  login(of?: Login): Promise<{ code: string; grantId: string; agentId: string }>;
  /** Redeems a code as the client would. */
  redeem(code: string, more?: Record<string, string>, node?: House): Promise<Answer>;
  refresh(token: string | undefined, more?: Record<string, string>, node?: House): Promise<Answer>;
  events(type?: string): Promise<AuditEvent[]>;
  /** Entries written while `deed` ran. */
  during<T>(deed: () => Promise<T>): Promise<{ result: T; entries: AuditEvent[] }>;
  /** Rows of the tables that an issuance touches: O1 compares them before and after an attack. */
  counts(): Promise<Record<string, number>>;
};

/** Read by another hand than the one that wrote: what stands there is the canonical text. */
function readEntry(body: string): AuditEvent {
  const event: AuditEvent = JSON.parse(body);
  if (canonicalize(event) !== body) throw new Error(`not the canonical text (RFC 8785) of an entry: ${body}`);
  return event;
}

export async function openWorld(engine?: Engine): Promise<World> {
  const hub = await testHouse(engine === undefined ? {} : { engine });
  await hub.apply(CONFIG);
  const { db } = hub.house.rooms.database;

  const token: World['token'] = async (form, headers = {}, node = hub.house) => {
    const request = new Request(`${hub.issuer}/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams(form).toString(),
    });
    return answerOf(await node.fetch(request));
  };
  const events: World['events'] = async (type) => {
    const found = await sql<{
      body: string;
    }>`SELECT body FROM audit_events ${type === undefined ? sql`` : sql`WHERE type = ${type}`} ORDER BY id`.execute(db);
    return found.rows.map(({ body }) => readEntry(body));
  };

  return {
    ...hub,
    token,
    events,
    login: (of) => loggedIn(hub, of),
    redeem: (code, more = {}, node) =>
      token(
        { grant_type: 'authorization_code', code, redirect_uri: REDIRECT, code_verifier: VERIFIER, client_id: 'cli', ...more },
        {},
        node,
      ),
    refresh: (refreshToken, more = {}, node) =>
      token({ grant_type: 'refresh_token', refresh_token: refreshToken ?? '', client_id: 'cli', ...more }, {}, node),
    async during(deed) {
      // What follows from the deeds before, on whichever node, is not of this one.
      await hub.settle();
      const before = new Set((await events()).map(({ id }) => id));
      const result = await deed();
      return { result, entries: (await events()).filter(({ id }) => !before.has(id)) };
    },
    async counts() {
      const found = await sql<
        Record<string, number>
      >`SELECT (SELECT count(*) FROM codes WHERE family_id IS NOT NULL OR access_jti IS NOT NULL) AS redeemed, (SELECT count(*) FROM families) AS families,
        (SELECT sum(generation) FROM families) AS generations, (SELECT count(*) FROM families WHERE revoked_at IS NOT NULL) AS ended, (SELECT count(*) FROM grants) AS grants,
        (SELECT count(*) FROM sessions) AS sessions, (SELECT count(*) FROM clients) AS clients, (SELECT count(*) FROM revoked_tokens) AS revoked`.execute(
        db,
      );
      return found.rows[0] ?? {};
    },
  };
}

async function answerOf(response: Response): Promise<Answer> {
  return { status: response.status, body: JSON.parse(await response.text()), headers: response.headers };
}

async function loggedIn(hub: TestHouse, of: Login = {}): Promise<{ code: string; grantId: string; agentId: string }> {
  const {
    client = 'cli',
    user = 'ann',
    tenant = 'acme',
    resource = 'ops',
    scopes = ['incidents:read', 'incidents:write'],
    identity = [],
    persistent = true,
    redirectUri = REDIRECT,
  } = of;
  const now = hub.clock.now();
  const tenantId = tenant ?? undefined;
  return hub.house.rooms.database.db.transaction().execute(async (tx) => {
    const { agent } = await ensureAgent(tx, { clientId: client, principal: { kind: 'user', id: user }, tenantId, now });
    const grant = await saveGrant(tx, {
      clientId: client,
      userId: user,
      tenantId,
      resourceId: resource,
      redirectUri,
      agentId: agent.id,
      scopes,
      persistent,
      now,
    });
    const facts = {
      clientId: client,
      userId: user,
      ...(tenantId === undefined ? {} : { tenantId }),
      agentId: agent.id,
      grantId: grant.id,
      resourceId: resource,
      scopes,
      identityScopes: identity,
      persistent,
      sessionId: 'ses_1',
      authTime: Math.floor(now / 1000),
      acr: of.acr ?? 'pwd',
      amr: of.amr ?? ['pwd'],
      txn: 'txn_1',
      redirectUri,
      codeChallenge: hash('sha256', VERIFIER, 'base64url'),
      ...(of.nonce === undefined ? {} : { nonce: of.nonce }),
      ...(of.asked === false ? {} : { asked: true }),
    };
    return { code: await issueCode(tx, facts, now), grantId: grant.id, agentId: agent.id };
  });
}

export function basic(id: string, secret: string = SECRET): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` };
}

/** The claims of a JWT, unverified. */
export function claimsOf(jwt: string | undefined): Record<string, unknown> {
  return JSON.parse(Buffer.from((jwt ?? '').split('.')[1] ?? '', 'base64url').toString('utf8'));
}
