import { sql } from 'kysely';
import { beginJourney, type JourneyProof, type JourneyState } from '@writ/flow';
import { createChangeFeed } from '../../../base/changes.ts';
import { rows } from '../../../base/db.ts';
import { createLog } from '../../../base/log.ts';
import { fail } from '../../../base/result.ts';
import type { AuditEvent } from '../../audit/event.ts';
import { createDeciding, type Deciding } from '../../approvals/decide.store.ts';
import { createAllowances } from '../../approvals/limits.store.ts';
import { createWant } from '../../approvals/want.store.ts';
import { createConnectionBook } from '../../connections/book.store.ts';
import { START, vaultWorld, type VaultWorld } from '../../connections/vault.suite.ts';
import { findUser } from '../../users/store.ts';
import type { User } from '../../users/user.ts';
import type { Journey, JourneyRequest } from '../journey.ts';
import type { Standing, World } from '../world.ts';
import { requestApproval } from './approval.store.ts';
import { findConnection, storeCredential } from './credential.store.ts';
import { recordEvent, updateUser } from './record.store.ts';

export type Deeds = Pick<World, 'findConnection' | 'storeCredential' | 'requestApproval' | 'updateUser' | 'recordEvent'>;

export type EffectsWorld = VaultWorld & {
  /** A node of the hub on this database: what a flow can have done there. */
  deeds(): Promise<Deeds>;
  deciding: Deciding;
  /** Where a journey of that person stands. `secrets`: what calls brought. */
  at(of?: Partial<At>): Promise<Standing & { secrets: Map<string, string> }>;
  events(type?: string): Promise<AuditEvent[]>;
  user(id: string): Promise<User>;
  announced: string[];
};

type At = {
  id: string;
  user: string | undefined;
  tenant: string;
  secrets: Record<string, string>;
  request: JourneyRequest;
  holder: string;
  by: readonly string[];
};

const ASK = { silent: false, login: false, consent: false, chooseAccount: false };
const REQUEST: JourneyRequest = {
  kind: 'authorize',
  clientId: 'web',
  redirectUri: 'https://app.example/cb',
  codeChallenge: '',
  resourceId: 'ops',
  scopes: ['incidents:read'],
  identityScopes: [],
  ask: ASK,
  withIss: true,
  txn: 'txn_1',
};

/** The vault's world (ann and bob, both in acme and globex; an API-key connection `search`), with roles and journeys. */
export async function effectsWorld(): Promise<EffectsWorld> {
  const world = await vaultWorld();
  const { database, clock } = world;
  const { db } = database;
  const announced: string[] = [];
  await sql`UPDATE user_tenants SET roles = '{lead}' WHERE user_id = 'bob' AND tenant_id = 'acme'`.execute(db);
  const clients = { find: () => Promise.resolve(fail('unknown')) };
  const { audit } = world.node();
  const deeds = async (): Promise<Deeds> => {
    const node = world.node();
    const connections = createConnectionBook({ db, feed: createChangeFeed(database, createLog('silent')), onError() {} });
    await connections.ready();
    const want = createWant({
      database,
      audit: node.audit,
      allowances: createAllowances({ db, key: Buffer.alloc(32) }),
      announce: (id) => void announced.push(id),
    });
    const deps = {
      database,
      audit: node.audit,
      vault: node.vault,
      connections,
      want,
      clients,
      announce: (id: string) => void announced.push(id),
    };
    return {
      findConnection: (of, at) => findConnection(deps, of, at),
      storeCredential: (of, at) => storeCredential(deps, of, at),
      requestApproval: (of, at) => requestApproval(deps, of, at),
      updateUser: (of, at) => updateUser(deps, of, at),
      recordEvent: (of, at) => recordEvent(deps, of, at),
    };
  };
  const user = async (id: string): Promise<User> => {
    const found = await findUser(db, id);
    if (found === undefined) throw new Error(`no user ${id}`);
    return found;
  };
  return {
    ...world,
    deeds,
    user,
    announced,
    deciding: createDeciding({ database, audit, clock, clients }),
    async at({
      id = 'jny_1',
      user: userId,
      tenant,
      secrets = {},
      request = REQUEST,
      holder = userId,
      by = ['password'],
    }: Partial<At> = {}) {
      const held = new Map(Object.entries(secrets));
      return {
        journey: journeyOf({ id, request, by }, userId, tenant),
        origin: { request: 'req_1', ip: '203.0.113.9' },
        user: holder === undefined ? undefined : await user(holder),
        now: clock.now(),
        secret: (name) => Promise.resolve(held.get(name)),
        forget: (name) => Promise.resolve(void held.delete(name)),
        secrets: held,
      };
    },
    async events(type) {
      const found = await rows(
        db,
        sql<{ body: string }>`SELECT body FROM audit_events ${type === undefined ? sql`` : sql`WHERE type = ${type}`} ORDER BY id`,
      );
      return found.map(({ body }) => JSON.parse(body));
    },
  };
}

function journeyOf(
  { id, request, by }: Pick<At, 'id' | 'request' | 'by'>,
  userId: string | undefined,
  tenant: string | undefined,
): Journey {
  const facts = {
    request: { scopes: [], identityScopes: [], risk: 'low' as const, risks: {}, acrValues: [], tenant: '', email: '', ip: '' },
    client: {
      id: 'web',
      name: 'Web',
      host: '',
      status: '',
      registrationType: '',
      owner: '',
      tags: [],
      firstParty: false,
      redirectHosts: [],
    },
    ...(tenant === undefined ? {} : { tenant: { id: tenant, name: tenant, sso: false, attributes: {} } }),
  };
  const proof: JourneyProof | undefined =
    userId === undefined ? undefined : { userId, sessionId: `ses_${userId}`, authTime: START, amr: ['pwd'], acr: '1', by };
  const state: JourneyState = { ...beginJourney('start', ASK, facts), ...(proof === undefined ? {} : { proof }) };
  return { id, browserDigest: '', request, flow: 'sha256-of-the-flow', state, version: 1, createdAt: START, expiresAt: START + 60_000 };
}
