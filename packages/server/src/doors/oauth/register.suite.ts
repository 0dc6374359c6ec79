import { sql } from 'kysely';
import { createDispatch } from '../../base/http/dispatch.ts';
import { fetchHandler } from '../../base/http/fetch.ts';
import { createRouter } from '../../base/http/router.ts';
import { createLog } from '../../base/log.ts';
import type { Resource } from '../../rooms/resources/resource.ts';
import { createRegistrations } from '../../rooms/clients/registration.store.ts';
import { openRoom, type Room } from '../../rooms/clients/room.suite.ts';
import { createWorld, ISSUER, openDesk, resourceWith, type Desk, type World } from '../../rooms/clients/world.suite.ts';
import { registerRoutes } from './register.ts';

export type Answer = { status: number; body: Record<string, unknown>; headers: Headers };
type Node = (request: Request, ip?: string) => Promise<Response>;

/** The registration endpoint on two nodes of one database. `ended`: clients whose end was told to the rooms below. */
export type Rig = {
  room: Room;
  world: World;
  desk: Desk;
  resources: Resource[];
  ended: string[];
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>, ip?: string, node?: 0 | 1): Promise<Answer>;
  register(body: unknown, headers?: Record<string, string>, ip?: string, node?: 0 | 1): Promise<Answer>;
  countClients(): Promise<number | undefined>;
};

export const REDIRECTS = ['https://app.example/cb'];
export const good = { client_name: 'Example', redirect_uris: REDIRECTS };
export const REDIRECT = 'invalid_redirect_uri';
export const METADATA = 'invalid_client_metadata';
export const OPEN = { cimd: { enabled: true, hosts: [] }, dcr: { enabled: true } };
const LIMITS = { bucket: { size: 30, refillMs: 2_000 }, caps: { perHour: 50, unconsented: 300 } };

export async function openRig(): Promise<Rig> {
  const room = await openRoom();
  const world = createWorld();
  const desk = await openDesk(room, room, world);
  const resources = [resourceWith(OPEN)];
  const ended: string[] = [];
  const node = (at: ReturnType<Room['node']>): Node => serve(room, desk, { ...at, catalogue: { all: () => resources }, ended });
  const nodes = [node(room), node(room.node())] as const;
  const call: Rig['call'] = async (method, path, body, headers = {}, ip, at = 0) => {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const sent = text === undefined ? { headers } : { headers: { 'content-type': 'application/json', ...headers }, body: text };
    const response = await nodes[at](new Request(`${ISSUER}${path}`, { method, ...sent }), ip);
    const answered = await response.text();
    return { status: response.status, body: answered === '' ? {} : JSON.parse(answered), headers: response.headers };
  };
  return {
    room,
    world,
    desk,
    resources,
    ended,
    call,
    register: (body, headers, ip, at) => call('POST', '/oauth/register', body, headers, ip, at),
    async countClients() {
      return (await sql<{ count: number }>`SELECT count(*) AS count FROM clients`.execute(room.database.db)).rows[0]?.count;
    },
  };
}

function serve(
  room: Room,
  desk: Desk,
  { ended, ...at }: ReturnType<Room['node']> & { catalogue: { all(): Resource[] }; ended: string[] },
): Node {
  const registrations = createRegistrations({
    ...at,
    clock: room.clock,
    settings: desk.settings,
    issuer: ISSUER,
    allowLoopback: false,
    limits: LIMITS,
    async endOf(_, id) {
      ended.push(id);
      return { entries: [], changed: [] };
    },
  });
  const dispatch = createDispatch({
    router: createRouter(registerRoutes({ issuer: ISSUER, registrations })),
    clock: room.clock,
    log: createLog('silent'),
    clientAddress: (peer) => peer,
    hostAllowed: () => true,
    isUnavailable: () => false,
    observe: () => {},
  });
  return (request, ip = '203.0.113.1') => fetchHandler(dispatch, ip)(request);
}
