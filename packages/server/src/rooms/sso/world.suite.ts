import { sql } from 'kysely';
import { testHouse, type TestHouse } from '../../../testing/house.ts';
import { rows } from '../../base/db.ts';
import { digest } from '../../base/digest.ts';
import { newSecret } from '../../base/ids.ts';
import type { House } from '../../house.ts';
import type { SignInAsk } from './ask.ts';
import type { Callback, Returned } from './sign-in.store.ts';
import { upstream, type Upstream } from './upstream.suite.ts';

export const ORIGIN = { request: 'req_test', ip: '192.0.2.7', userAgent: 'Test/1' };
export const ASK: SignInAsk = { login: false, chooseAccount: false };

export type SsoWorld = TestHouse & {
  there: Upstream;
  /** Sets out as a browser with a journey does. */
  setOut(way: string, of?: { ask?: Partial<SignInAsk>; node?: House }): Promise<Way>;
  failures(): Promise<{ reason: string; tenant: string; body: Record<string, unknown> }[]>;
  counts(): Promise<Record<string, number>>;
};

export type Way = {
  location: string;
  notice: string | undefined;
  journeyId: string;
  secret: string;
  /** Signs in there and comes back; what is given replaces what the browser would bring. */
  comeBack(of?: {
    callback?: Partial<Callback>;
    provider?: string;
    secret?: string | undefined;
    node?: House;
    code?: string;
  }): Promise<Returned>;
};

/** A house with a tenant, two people and a provider that can lie. */
export async function ssoWorld(config: (issuer: string) => Record<string, unknown>[]): Promise<SsoWorld> {
  const house = await testHouse({ env: { WRIT_ALLOW_LOOPBACK: 'true' } });
  const there = await upstream();
  await house.apply({
    tenants: [
      { id: 'acme', name: 'Acme', domains: ['acme.test'] },
      { id: 'globex', name: 'Globex', domains: ['globex.test'] },
    ],
    roles: [{ name: 'SRE' }, { name: 'Owner' }],
    users: [
      { id: 'ann', email: 'ann@acme.test', emailVerified: true, tenants: [{ id: 'acme', roles: [] }] },
      { id: 'gus', email: 'gus@globex.test', emailVerified: true, tenants: [{ id: 'globex', roles: [] }] },
    ],
    identityProviders: config(there.issuer),
  });
  const { db } = house.house.rooms.database;
  return {
    ...house,
    there,
    async setOut(way, { ask = {}, node = house.house } = {}) {
      const [journeyId, secret] = [`jny_${newSecret().slice(0, 12)}`, newSecret()];
      const begun = await node.rooms.federation.begin(way, {
        journeyId,
        browserDigest: digest(secret),
        turn: 3,
        ask: { ...ASK, ...ask },
        origin: ORIGIN,
      });
      const location = 'location' in begun ? begun.location : '';
      const providerId = way.replace(/^.*[:/]/, '');
      return {
        location,
        notice: 'notice' in begun ? begun.notice : undefined,
        journeyId,
        secret,
        async comeBack(of = {}) {
          const { state, code } = there.visit(location);
          return (of.node ?? node).rooms.federation.finish({
            providerId: of.provider ?? providerId,
            callback: { state, code: of.code ?? code, iss: there.issuer, ...of.callback },
            secretOf: (id) => ('secret' in of ? of.secret : id === journeyId ? secret : undefined),
            origin: ORIGIN,
            mayRecord: true,
          });
        },
      };
    },
    async failures() {
      const found = await rows(
        db,
        sql<{ tenant: string; body: string }>`SELECT tenant, body FROM audit_events WHERE type = 'login.failed' ORDER BY tenant = '', seq`,
      );
      return found.map(({ tenant, body }) => {
        const read: Record<string, unknown> = JSON.parse(body);
        return { tenant, reason: String(read['reason']), body: read };
      });
    },
    async counts() {
      const [found] = await rows(
        db,
        sql<
          Record<string, number>
        >`SELECT (SELECT count(*) FROM users) AS users, (SELECT count(*) FROM provider_users) AS links, (SELECT count(*) FROM sessions) AS sessions`,
      );
      return found ?? {};
    },
    async close() {
      await there.close();
      await house.close();
    },
  };
}
