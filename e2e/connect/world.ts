import { freshDatabase } from '../attacks/database.ts';
import type { TestDatabase } from '../attacks/database.ts';
import { freePort, startHub } from '../harness.ts';
import type { Hub } from '../harness.ts';
import { newPerson } from './person.ts';
import type { Person, Seen } from './person.ts';
import { CLIENT, SCOPES, startProvider } from './provider.ts';
import type { Provider } from './provider.ts';

export const PASSWORD = 'correct-horse-9-battery';

export type World = {
  hub: Hub;
  database: TestDatabase;
  provider: Provider;
  /** A signed-in person. */
  person(id: string): Promise<Person>;
  /** A connect link; by default for ann and the calendar. */
  link(of?: { connection?: string } & Record<string, unknown>): Promise<string>;
  /** Ann connects the calendar; answers the credential. */
  connect(
    of?: { connection?: string } & Record<string, unknown>,
    who?: string,
  ): Promise<{ seen: Seen; credential: Record<string, unknown> }>;
  credentials(filter?: string): Promise<Record<string, unknown>[]>;
  events(type: string): Promise<Record<string, unknown>[]>;
  /** Waits until something is so. */
  until(isSo: () => Promise<boolean>): Promise<void>;
  refresh(id: unknown, hub?: string): Promise<Record<string, unknown>>;
  close(): Promise<void>;
};

/** A hub on a database of its own, and a provider. */
export async function openWorld(
  options: { env?: Record<string, string>; accessTokenTtl?: number; robot?: Parameters<typeof startProvider>[1]['robot'] } = {},
): Promise<World> {
  const database = await freshDatabase();
  const port = await freePort();
  const hub = await startHub({
    port,
    env: { WRIT_DATABASE_URL: database.url, WRIT_KEK: Buffer.alloc(32, 7).toString('base64'), ...options.env },
  });
  const provider = await startProvider(await freePort(), {
    redirectUris: ['calendar', 'twin', 'strict'].map((id) => `${hub.issuer}/connect/callback/${id}`),
    ...(options.accessTokenTtl === undefined ? {} : { accessTokenTtl: options.accessTokenTtl }),
    ...(options.robot === undefined ? {} : { robot: options.robot }),
  });
  await hub.apply(furniture(provider));
  const world: World = {
    hub,
    database,
    provider,
    async person(id) {
      const person = newPerson();
      const at = await person.signIn(hub.issuer, `${id}@acme.test`, PASSWORD);
      if (!at.url.endsWith('/account')) throw new Error(`${id} could not sign in: ${at.page.text}`);
      return person;
    },
    async link({ connection = 'calendar', ...rest } = {}) {
      const asked = Object.keys(rest).length === 0 ? { user: 'ann' } : rest;
      const answer = await hub.admin('POST', `connections/${connection}/connect`, asked);
      const body: unknown = await answer.json();
      if (typeof body !== 'object' || body === null || !('connect_url' in body)) throw new Error(`no link: ${JSON.stringify(body)}`);
      return String(body.connect_url);
    },
    async connect(of, who = 'ann') {
      const person = await world.person(who);
      const seen = await person.press(await person.open(await world.link(of)), 'continue');
      if (seen.status !== 200) throw new Error(`not connected: ${seen.status} ${seen.page.text}`);
      const [credential] = (await world.credentials(`connection=${of?.connection ?? 'calendar'}`)).toSorted(
        (a, b) => Number(b['connectedAt']) - Number(a['connectedAt']),
      );
      if (credential === undefined) throw new Error('no credential');
      return { seen, credential };
    },
    credentials: (filter = '') => hub.items(`credentials?${filter}`),
    events: async (type) => hub.items(`events?type=${type}`),
    async until(isSo) {
      while (!(await isSo())) await new Promise((wake) => setTimeout(wake, 50));
    },
    async refresh(id, at = hub.issuer) {
      const answer = await fetch(`${at}/admin/v1/credentials/${String(id)}/refresh`, {
        method: 'POST',
        headers: { authorization: `Bearer ${hub.adminToken}`, host: new URL(hub.issuer).host },
      });
      const body: unknown = await answer.json();
      return typeof body === 'object' && body !== null ? { ...body } : {};
    },
    async close() {
      await provider.close();
      await hub.stop();
      await database.drop();
    },
  };
  return world;
}

export function furniture(provider: Pick<Provider, 'issuer'>): Record<string, unknown> {
  const oauth = {
    type: 'oauth',
    authorizationUrl: `${provider.issuer}/auth`,
    tokenUrl: `${provider.issuer}/token`,
    revocationUrl: `${provider.issuer}/token/revocation`,
    clientId: CLIENT.id,
    clientSecret: { value: CLIENT.secret },
    scopes: SCOPES,
    alwaysScopes: ['openid', 'offline_access'],
    // This provider forgets to ask for offline access otherwise.
    authorizationParams: { prompt: 'consent' },
  };
  return {
    tenants: [
      { id: 'acme', name: 'Acme' },
      { id: 'globex', name: 'Globex' },
    ],
    roles: [{ name: 'IT', permissions: ['connections.manage'] }],
    users: [
      { id: 'ann', email: 'ann@acme.test', name: 'Ann Archer', password: { value: PASSWORD }, tenants: [{ id: 'acme', roles: [] }] },
      { id: 'bob', email: 'bob@acme.test', name: 'Bob', password: { value: PASSWORD }, tenants: [{ id: 'acme', roles: [] }] },
      { id: 'ida', email: 'ida@acme.test', name: 'Ida of IT', password: { value: PASSWORD }, tenants: [{ id: 'acme', roles: ['IT'] }] },
    ],
    connections: [
      { id: 'calendar', name: 'Calendar', issuer: provider.issuer, ...oauth },
      { id: 'twin', name: 'Twin', ...oauth },
      { id: 'strict', name: 'Strict', issuer: 'http://localhost:1', ...oauth },
    ],
  };
}
