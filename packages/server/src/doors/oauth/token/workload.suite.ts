import { GRANT_TYPES } from '@writ/protocol';
import { decodeJwt } from 'jose';
import { testHouse, type TestHouse } from '../../../../testing/house.ts';
import type { AuditEvent } from '../../../rooms/audit/event.ts';
import { searchEvents } from '../../../rooms/audit/search.store.ts';
import { openPlatform, type Platform } from '../../../rooms/issuers/platform.suite.ts';

export const OPS = 'http://localhost:9000/mcp';
export const BOOKS = 'https://books.test/api';
export const SECRET = 'a-long-secret-of-the-broker';

export type Answered = { status: number; body: Record<string, unknown>; text: string };

/** A hub, a platform that issues tokens to workloads (`cluster`), and an identity provider of the tenant acme (`idp`). */
export type WorkloadWorld = TestHouse & {
  cluster: Platform;
  idp: Platform;
  /** Claims of a service account of the cluster. */
  pod(more?: Record<string, unknown>): Record<string, unknown>;
  /** Claims of a person of the identity provider, for client `desk`. */
  person(more?: Record<string, unknown>): Record<string, unknown>;
  token(form: Record<string, string>, headers?: Record<string, string>): Promise<Answered>;
  /** Client credentials with a platform's JWT as authentication. */
  asClient(assertion: string, more?: Record<string, string>): Promise<Answered>;
  /** The jwt-bearer grant without any other authentication. */
  asGrant(assertion: string, more?: Record<string, string>): Promise<Answered>;
  /** The jwt-bearer grant brought by client `desk`. */
  asDesk(assertion: string, more?: Record<string, string>): Promise<Answered>;
  last(type: AuditEvent['type']): Promise<AuditEvent | undefined>;
};

export const basic = (id: string, secret = SECRET): string => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
export const claimsIn = (answer: Answered): Record<string, unknown> => decodeJwt(String(answer.body['access_token']));

const CONFIG = {
  tenants: [
    { id: 'acme', name: 'Acme', domains: ['acme.test'] },
    { id: 'globex', name: 'Globex' },
  ],
  roles: [{ name: 'SRE', permissions: ['incidents:write'] }],
  users: [
    { id: 'ann', email: 'ann@acme.test', name: 'Ann', tenants: [{ id: 'acme' }] },
    { id: 'gil', email: 'gil@globex.test', tenants: [{ id: 'globex' }] },
  ],
  resources: [
    { id: 'ops', type: 'mcp', uri: OPS, scopes: [{ name: 'incidents:read' }, { name: 'incidents:write', risk: 'high' }] },
    { id: 'books', type: 'api', uri: BOOKS, scopes: [{ name: 'ledger:read' }] },
  ],
  policies: [{ id: 'all', effect: 'allow', subject: { any: true }, target: { resources: 'all' }, scopes: 'all' }],
};

/** The cluster is trusted for the whole hub, the identity provider for people of acme. */
function configOf(cluster: string, idp: string): Record<string, unknown> {
  return {
    ...CONFIG,
    issuers: [
      { id: 'cluster', issuer: cluster, preset: 'kubernetes', purposes: ['client_assertion', 'jwt_bearer'] },
      {
        id: 'acme-idp',
        issuer: idp,
        tenant: 'acme',
        purposes: ['id_jag', 'jwt_bearer'],
        users: {
          link: 'email',
          attributes: { department: 'dept' },
          roles: [{ claim: 'groups', value: 'sre-*', role: 'SRE' }],
          believeLogin: true,
        },
      },
    ],
    clients: [
      {
        id: 'payer',
        name: 'Payer',
        kind: 'service',
        workload: [
          { issuer: 'cluster', subject: 'system:serviceaccount:prod:*', claims: { 'kubernetes.io/serviceaccount/name': 'payer' } },
        ],
      },
      {
        id: 'nightly',
        name: 'Nightly',
        kind: 'service',
        workload: [{ issuer: 'cluster', subject: 'system:serviceaccount:batch:nightly' }],
      },
      { id: 'twin-a', name: 'Twin A', kind: 'service', workload: [{ issuer: 'cluster', subject: 'system:serviceaccount:twins:*' }] },
      { id: 'twin-b', name: 'Twin B', kind: 'service', workload: [{ issuer: 'cluster', subject: 'system:serviceaccount:twins:b*' }] },
      { id: 'desk', name: 'Desk', kind: 'agent', grants: ['jwt_bearer', 'client_credentials'], auth: { secrets: [{ value: SECRET }] } },
      { id: 'other', name: 'Other', kind: 'agent', grants: ['jwt_bearer'], auth: { secrets: [{ value: SECRET }] } },
      {
        id: 'foreign',
        name: 'Foreign',
        kind: 'agent',
        grants: ['jwt_bearer'],
        auth: { secrets: [{ value: SECRET }] },
        tenants: ['globex'],
      },
      { id: 'open', name: 'Open', kind: 'agent', public: true, grants: ['jwt_bearer'] },
    ],
  };
}

export async function openWorkloads(): Promise<WorkloadWorld> {
  const hub = await testHouse();
  const [cluster, idp] = [await openPlatform('/cluster'), await openPlatform()];
  await hub.apply(configOf(cluster.issuer, idp.issuer));
  const token: WorkloadWorld['token'] = async (form, headers) => {
    const answer = await hub.post('/oauth/token', form, headers);
    const text = await answer.text();
    return { status: answer.status, text, body: text.startsWith('{') ? JSON.parse(text) : {} };
  };
  const now = (): number => Math.floor(hub.clock.now() / 1000);
  let count = 0;
  const times = () => ({ iat: now(), exp: now() + 600, jti: `id-${(count += 1)}` });
  return {
    ...hub,
    cluster,
    idp,
    pod: (more = {}) => ({
      iss: cluster.issuer,
      sub: 'system:serviceaccount:prod:payer',
      aud: hub.issuer,
      'kubernetes.io': { namespace: 'prod', serviceaccount: { name: 'payer', uid: 'u-1' } },
      ...times(),
      ...more,
    }),
    person: (more = {}) => ({
      iss: idp.issuer,
      sub: 'idp-ann',
      aud: hub.issuer,
      client_id: 'desk',
      resource: OPS,
      scope: 'incidents:read incidents:write',
      email: 'ann@acme.test',
      ...times(),
      exp: now() + 300,
      ...more,
    }),
    token,
    asClient: (assertion, more = {}) =>
      token({
        grant_type: 'client_credentials',
        resource: OPS,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: assertion,
        ...more,
      }),
    asGrant: (assertion, more = {}) => token({ grant_type: GRANT_TYPES.jwt_bearer, resource: OPS, assertion, ...more }),
    asDesk: (assertion, more = {}) => token({ grant_type: GRANT_TYPES.jwt_bearer, assertion, ...more }, { authorization: basic('desk') }),
    last: async (type) => (await searchEvents(hub.house.rooms.database.db, { type, limit: 1 }))[0],
    async close() {
      await hub.close();
      await Promise.all([cluster.close(), idp.close()]);
    },
  };
}
